"""``crossdomain``, the decorator of the old snippet, with the extension and without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, request

from fastcors import PolicyError
from fastcors.flask import crossdomain
from tests.unit.flask.apps import (
    ACAH,
    ACAM,
    ACAO,
    ACMA,
    APP,
    EVIL,
    KINDS,
    VIEW,
    allowed_only_from,
    call,
    cors,
    make_app,
    preflight,
    some_views,
)


@pytest.fixture(params=KINDS)
def app(request: pytest.FixtureRequest) -> Flask:
    return make_app(request.param)


class TestCrossdomain:
    @some_views
    def test_several_origins_are_matched_one_by_one(self, app: Flask, add: Any) -> None:
        add(app, "/x", crossdomain(origin=[VIEW, "https://other.example"]))
        allowed_only_from(app, "/x", VIEW)
        assert cors(call(app, "/x", "https://other.example"))[ACAO] == "https://other.example"

    @pytest.mark.parametrize(
        "origin", [VIEW, [VIEW], (VIEW,), {VIEW}, iter([VIEW]), f"{VIEW}/", f" {VIEW} , {EVIL}/x"[: len(VIEW) + 3]]
    )
    def test_one_origin_in_any_form(self, origin: Any) -> None:
        app = make_app()
        app.add_url_rule("/x", "x", crossdomain(origin=origin)(lambda: "x"))
        allowed_only_from(app, "/x", VIEW)

    def test_a_string_may_list_origins(self) -> None:
        app = make_app()
        app.add_url_rule("/x", "x", crossdomain(origin=f"{VIEW}, {APP}")(lambda: "x"))
        for origin in (VIEW, APP):
            assert cors(call(app, "/x", origin)) == {ACAO: origin, "Vary": "Origin"}

    @pytest.mark.parametrize("origin", ["*", ["*"], " * "])
    def test_a_star_is_for_all(self, app: Flask, origin: Any) -> None:
        app.add_url_rule("/x", "x", crossdomain(origin=origin)(lambda: "x"))
        for sender in (VIEW, EVIL, None):
            assert cors(call(app, "/x", sender)) == {ACAO: "*"}

    @pytest.mark.parametrize(
        "origin", [None, "", [], "null", "view.example", "https://View.example", f"{VIEW}/path", 5]
    )
    def test_what_names_no_origin_is_an_error(self, origin: Any) -> None:
        with pytest.raises(PolicyError) as caught:
            crossdomain(origin=origin)
        assert {issue.field for issue in caught.value.issues} == {"allow_origins"}

    @some_views
    def test_methods_none_are_those_of_the_route(self, app: Flask, add: Any) -> None:
        add(app, "/x", crossdomain(origin=VIEW))
        response = preflight(app, "/x", "PUT")
        assert response.status_code == 204
        assert "PUT" in cors(response)[ACAM].split(", ")
        assert preflight(app, "/x", "DELETE").status_code == 403

    def test_methods_none_differ_by_route(self, app: Flask) -> None:
        view = crossdomain(origin=VIEW)(lambda: "x")
        app.add_url_rule("/a", "a", view, methods=["PUT", "TRACE"])
        app.add_url_rule("/b", "b", view, methods=["DELETE"])
        for _ in range(2):
            assert [preflight(app, path, "PUT").status_code for path in ("/a", "/b")] == [204, 403]
            assert [preflight(app, path, "DELETE").status_code for path in ("/a", "/b")] == [403, 204]

    @pytest.mark.parametrize("methods", [["put"], ("PUT",), "PUT", "put, get", {"PUT", "GET"}])
    def test_methods_in_any_form(self, app: Flask, methods: Any) -> None:
        app.add_url_rule("/x", "x", crossdomain(origin=VIEW, methods=methods)(lambda: "x"), methods=["PUT", "DELETE"])
        assert "PUT" in cors(preflight(app, "/x", "PUT"))[ACAM].split(", ")
        assert preflight(app, "/x", "DELETE").status_code == 403

    @pytest.mark.parametrize(
        "headers", [["X-One", "x-two"], "X-One, X-Two", ("x-one", "x-two"), iter(["x-one", "x-two"])]
    )
    def test_headers_in_any_form(self, headers: Any) -> None:
        app = make_app()
        app.add_url_rule("/x", "x", crossdomain(origin=VIEW, headers=headers)(lambda: "x"))
        assert cors(preflight(app, "/x", "GET", headers="x-two,x-one"))[ACAH] == "x-one, x-two"
        assert preflight(app, "/x", "GET", headers="x-three").status_code == 403

    def test_headers_none_are_none(self, app: Flask) -> None:
        app.add_url_rule("/x", "x", crossdomain(origin=VIEW)(lambda: "x"))
        assert ACAH not in cors(preflight(app, "/x", "GET"))
        assert preflight(app, "/x", "GET", headers="x-one").status_code == 403

    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            (..., "21600"),
            (60, "60"),
            (0, "0"),
            (60.0, "60"),
            ("60", "60"),
            (timedelta(hours=1), "3600"),
            (timedelta(days=1), "86400"),
            (None, None),
        ],
    )
    def test_max_age_is_an_integer(self, given: Any, sent: str | None) -> None:
        app = make_app()
        options = {} if given is ... else {"max_age": given}
        app.add_url_rule("/x", "x", crossdomain(origin=VIEW, **options)(lambda: "x"))
        assert cors(preflight(app, "/x", "GET")).get(ACMA) == sent

    @pytest.mark.parametrize("wrong", [-1, 86401, 0.5, "soon", timedelta(milliseconds=1), "\u0663"])
    def test_a_max_age_that_means_nothing_is_an_error(self, wrong: Any) -> None:
        with pytest.raises(PolicyError) as caught:
            crossdomain(origin=VIEW, max_age=wrong)
        assert [issue.field for issue in caught.value.issues] == ["max_age"]

    def test_the_signature_is_the_old_one(self, app: Flask) -> None:
        old = crossdomain(VIEW, ["PUT"], ["X-One"], 60, True, True)
        app.add_url_rule("/x", "x", old(lambda: "x"), methods=["PUT"])
        response = preflight(app, "/x", headers="x-one")
        assert {ACAM: "PUT", ACAH: "x-one", ACMA: "60"}.items() <= cors(response).items()

    def test_attach_to_all_false_leaves_other_responses_alone(self, app: Flask) -> None:
        view = crossdomain(origin=VIEW, attach_to_all=False)(lambda: ("x", {"Vary": "Cookie"}))
        app.add_url_rule("/x", "x", view, methods=["GET", "PUT"])
        assert cors(call(app, "/x", APP)) == cors(call(app, "/x")) == {"Vary": "Cookie"}
        assert cors(preflight(app, "/x"))[ACAO] == VIEW
        assert cors(call(app, "/x", VIEW, "OPTIONS"))[ACAO] == VIEW

    def test_only_preflights_say_what_preflights_say(self, app: Flask) -> None:
        app.add_url_rule("/x", "x", crossdomain(origin=VIEW, methods=["PUT"], headers=["X-One"])(lambda: "x"))
        assert cors(call(app, "/x")) == {ACAO: VIEW, "Vary": "Origin"}

    def test_automatic_options_false_lets_the_view_answer(self, app: Flask) -> None:
        view = crossdomain(origin=VIEW, automatic_options=False)(lambda: f"the view's {request.method}")
        app.add_url_rule("/x", "x", view, methods=["PUT"])
        response = preflight(app, "/x")
        assert (response.status_code, response.data) == (200, b"the view's OPTIONS")
        assert {ACAO: VIEW, ACMA: "21600"}.items() <= cors(response).items()
        assert "PUT" in cors(response)[ACAM].split(", ")

    @pytest.mark.parametrize("expose", ["X-One, ETag", ["x-one", "etag"]])
    def test_expose_headers_and_credentials(self, expose: Any) -> None:
        app = make_app()
        view = crossdomain(origin=VIEW, expose_headers=expose, credentials=True)(lambda: "x")
        app.add_url_rule("/x", "x", view)
        found = cors(call(app, "/x"))
        assert found["Access-Control-Expose-Headers"] == "etag, x-one"
        assert found["Access-Control-Allow-Credentials"] == "true"
        assert cors(preflight(app, "/x", "GET"))["Access-Control-Allow-Credentials"] == "true"

    def test_values_that_the_view_set_survive(self, app: Flask) -> None:
        @app.get("/x")
        @crossdomain(origin=VIEW)
        def view() -> tuple[str, list[tuple[str, str]]]:
            return "x", [("Vary", "Cookie"), ("X-Own", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]

        response = call(app, "/x")
        assert cors(response)["Vary"] == "Cookie, Origin"
        assert response.headers["X-Own"] == "1"
        assert response.headers.getlist("Set-Cookie") == ["a=1", "b=2"]

    def test_everything_wrong_is_reported_at_once(self) -> None:
        with pytest.raises(PolicyError) as caught:
            crossdomain("https://View.example", ["TRACE"], ["Cookie"], -1, credentials=True)
        fields = [issue.field for issue in caught.value.issues]
        assert fields == ["allow_origins", "allow_methods", "allow_headers", "max_age"]
        with pytest.raises(PolicyError) as caught:
            crossdomain("*", credentials=True)
        assert caught.value.issues[0].field == "allow_origins"
        with pytest.raises(PolicyError) as caught:
            crossdomain(VIEW, attach_to_all="no", automatic_options=1)  # type: ignore[arg-type]
        assert [issue.field for issue in caught.value.issues] == ["attach_to_all", "automatic_options"]
