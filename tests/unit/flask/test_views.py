"""``cross_origin`` and ``cors_exempt``: views of every kind, with the extension and without."""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any

import pytest
from flask import Flask, Response, abort, make_response, request
from flask.views import MethodView

from fastcors.flask import CORS, cors_exempt, cross_origin
from tests.unit.flask.apps import (
    ACAH,
    ACAM,
    ACAO,
    APP,
    APP_POLICY,
    EVIL,
    KINDS,
    VIEW,
    VIEW_POLICY,
    Item,
    allowed_only_from,
    any_view,
    call,
    cors,
    make_app,
    plain,
    preflight,
)


@pytest.fixture(params=KINDS)
def app(request: pytest.FixtureRequest) -> Flask:
    return make_app(request.param)


class TestCrossOrigin:
    @any_view
    def test_a_view_has_its_own_policy(self, app: Flask, add: Any) -> None:
        add(app, "/own", cross_origin(VIEW_POLICY))
        allowed_only_from(app, "/own", VIEW)
        assert call(app, "/own").data == b"the view"
        assert cors(call(app, "/own", None)) == {"Vary": "Origin"}

    @any_view
    def test_preflights_for_a_view_are_answered_by_its_own_policy(self, app: Flask, add: Any) -> None:
        add(app, "/own", cross_origin(VIEW_POLICY))
        response = preflight(app, "/own", headers="x-view")
        assert (response.status_code, response.data) == (204, b"")
        vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        assert cors(response) == {ACAO: VIEW, ACAM: "PUT", ACAH: "x-view", "Vary": vary}
        for refused in (
            preflight(app, "/own", origin=APP),
            preflight(app, "/own", headers="x-app"),
            preflight(app, "/own", "PATCH"),
        ):
            assert (refused.status_code, refused.data, cors(refused)) == (403, b"", {"Vary": vary})

    @any_view
    def test_a_plain_options_gets_flasks_answer(self, app: Flask, add: Any) -> None:
        add(app, "/own", cross_origin(VIEW_POLICY))
        response = call(app, "/own", VIEW, "OPTIONS")
        assert (response.status_code, response.data) == (200, b"")
        assert set(response.allow) >= {"GET", "PUT", "OPTIONS"}
        assert cors(response) == {ACAO: VIEW, "Vary": "Origin"}

    @any_view
    def test_parameters_make_the_policy(self, app: Flask, add: Any) -> None:
        add(app, "/own", cross_origin(allow_origins=[VIEW], allow_methods=["PUT"]))
        allowed_only_from(app, "/own", VIEW)
        assert preflight(app, "/own").status_code == 204

    def test_aborting_and_raising_keep_the_headers(self, app: Flask) -> None:
        class KnownError(Exception):
            pass

        @app.errorhandler(KnownError)
        def known(error: KnownError) -> tuple[str, int]:
            return "known", 409

        @app.get("/own/<what>")
        @cross_origin(VIEW_POLICY)
        def view(what: str) -> str:
            if what == "abort":
                abort(418)
            raise KnownError if what == "known" else ZeroDivisionError

        for path, status in (("/own/abort", 418), ("/own/known", 409), ("/own/raise", 500)):
            assert call(app, path).status_code == status
            allowed_only_from(app, path, VIEW)

    @pytest.mark.parametrize("kind", ["extension", "extension-off"])
    def test_what_is_answered_in_its_place_keeps_its_policy(self, kind: str) -> None:
        app = make_app(kind)

        @app.before_request
        def authenticate() -> None:
            if request.path == "/before":
                abort(401)

        def login_required(view: Any) -> Any:
            @functools.wraps(view)
            def wrapper() -> Any:
                abort(401)

            return wrapper

        app.add_url_rule("/before", "before", cross_origin(VIEW_POLICY)(lambda: "x"), methods=["PUT", "GET"])
        app.add_url_rule(
            "/above", "above", login_required(cross_origin(VIEW_POLICY)(lambda: "x")), methods=["GET", "PUT"]
        )
        for path in ("/before", "/above"):
            assert call(app, path).status_code == 401
            allowed_only_from(app, path, VIEW)
            assert preflight(app, path).status_code == 204

    def test_what_the_view_returns_reaches_the_decorators_above(self, app: Flask) -> None:
        def shout(view: Any) -> Any:
            @functools.wraps(view)
            def wrapper() -> str:
                returned = view()
                assert returned == "quiet"
                return str(returned.upper())

            return wrapper

        app.add_url_rule("/own", "own", shout(cross_origin(VIEW_POLICY)(lambda: "quiet")))
        assert call(app, "/own").data == b"QUIET"
        allowed_only_from(app, "/own", VIEW)

    def test_a_decorator_that_hides_the_view_does_not_hide_its_policy(self, app: Flask) -> None:
        def hide(view: Any) -> Any:
            return lambda: view()

        view = hide(cross_origin(VIEW_POLICY)(lambda: "x"))
        app.add_url_rule("/own", "own", view, methods=["GET", "PUT", "OPTIONS"])
        allowed_only_from(app, "/own", VIEW)
        if "fastcors" not in app.extensions:
            assert preflight(app, "/own").status_code == 204

    def test_each_method_of_a_url_has_the_policy_of_its_view(self, app: Flask) -> None:
        @app.get("/both")
        @cross_origin(allow_origins=[VIEW], allow_headers=["X-Get"])
        def read() -> str:
            return "read"

        @app.put("/both")
        @cross_origin(allow_origins=[VIEW], allow_methods=["PUT"], allow_headers=["X-Put"])
        def write() -> str:
            return "write"

        assert cors(preflight(app, "/both", "GET"))[ACAH] == "x-get"
        assert cors(preflight(app, "/both", "PUT"))[ACAH] == "x-put"
        assert cors(call(app, "/both", VIEW, "PUT"))[ACAO] == VIEW

    def test_a_view_without_cors_is_not_opened_by_another_one_at_its_url(self) -> None:
        app = make_app()

        @app.get("/both")
        @cross_origin(VIEW_POLICY)
        def read() -> str:
            return "read"

        @app.put("/both")
        def write() -> str:
            return "write"

        assert preflight(app, "/both", "GET").status_code == 204
        for method in ("PUT", "put"):
            assert cors(preflight(app, "/both", method)) == {}

    @pytest.mark.parametrize("kind", ["extension", "extension-off"])
    def test_a_method_of_a_class_may_have_its_own(self, kind: str) -> None:
        app = make_app(kind)

        class Mixed(MethodView):
            def get(self) -> str:
                return "read"

            @cross_origin(VIEW_POLICY)
            def put(self) -> str:
                return f"written by {type(self).__name__}"

        app.add_url_rule("/mixed", view_func=Mixed.as_view("mixed"))
        assert preflight(app, "/mixed", "PUT").status_code == 204
        response = call(app, "/mixed", VIEW, "PUT")
        assert (response.data, cors(response)) == (b"written by Mixed", {ACAO: VIEW, "Vary": "Origin"})
        assert ACAO not in cors(call(app, "/mixed", VIEW))
        assert ACAO not in cors(preflight(app, "/mixed", "GET"))

    @pytest.mark.parametrize("kind", ["extension", "extension-off"])
    def test_other_decorators_of_a_class_may_be_outside(self, kind: str) -> None:
        app = make_app(kind)

        class Own(Item):
            decorators = [cross_origin(VIEW_POLICY), plain]

        app.add_url_rule("/own", view_func=Own.as_view("own"))
        allowed_only_from(app, "/own", VIEW)
        assert preflight(app, "/own").status_code == 204

    def test_flask_may_be_told_to_answer_options(self, app: Flask) -> None:
        class Own(Item):
            decorators = [cross_origin(VIEW_POLICY)]
            provide_automatic_options = True

        app.add_url_rule("/own", view_func=Own.as_view("own"))
        assert set(call(app, "/own", VIEW, "OPTIONS").allow) == {"GET", "HEAD", "PUT", "OPTIONS"}

    def test_the_outer_of_two_wins(self, app: Flask) -> None:
        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(cross_origin(allow_origins=[EVIL])(lambda: "x")))
        allowed_only_from(app, "/own", VIEW)

    def test_a_view_that_calls_another_keeps_its_own(self, app: Flask) -> None:
        other = cross_origin(allow_origins=[EVIL])(lambda: "other")
        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(lambda: other()))
        allowed_only_from(app, "/own", VIEW)

    def test_one_function_may_be_two_views(self, app: Flask) -> None:
        def view() -> str:
            return "x"

        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(view))
        app.add_url_rule("/exempt", "exempt", cors_exempt(view))
        app.add_url_rule("/plain", "plain", view)
        allowed_only_from(app, "/own", VIEW)
        assert cors(call(app, "/exempt", APP)) == {}
        assert (ACAO in cors(call(app, "/plain", APP))) == (
            app.extensions.get("fastcors") is not None and app.extensions["fastcors"].policy is not None
        )

    def test_what_the_view_set_stays_and_vary_is_merged(self, app: Flask) -> None:
        @app.get("/own")
        @cross_origin(VIEW_POLICY)
        def view() -> Response:
            response = make_response("x")
            response.vary.update(["Cookie"])
            response.headers["X-Own"] = "1"
            response.headers[ACAO] = "*"
            response.set_cookie("a", "1")
            response.set_cookie("b", "2")
            return response

        response = call(app, "/own")
        assert cors(response) == {ACAO: VIEW, "Vary": "Cookie, Origin"}
        assert response.headers["X-Own"] == "1"
        assert len(response.headers.getlist("Set-Cookie")) == 2

    def test_a_redirect_to_the_views_canonical_url_is_the_applications(self) -> None:
        app = make_app("extension")
        app.add_url_rule("/own/", "own", cross_origin(VIEW_POLICY)(lambda: "x"), methods=["PUT"])
        response = call(app, "/own", APP, "PUT")
        assert (response.status_code, cors(response)[ACAO]) == (308, APP)
        assert cors(preflight(app, "/own", origin=APP))[ACAO] == APP
        assert cors(preflight(app, "/own/", origin=VIEW))[ACAO] == VIEW

    def test_hosts_choose_the_view_as_in_flask(self) -> None:
        app = Flask(__name__, host_matching=True, static_host="static.example")
        CORS(app, APP_POLICY)
        app.add_url_rule("/x", "a", cross_origin(VIEW_POLICY)(lambda: "a"), methods=["PUT"], host="a.example")
        app.add_url_rule("/x", "b", lambda: "b", methods=["PUT"], host="b.example")

        def answer(host: str, origin: str) -> int:
            fields = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
            return app.test_client().options("/x", base_url=f"http://{host}", headers=fields).status_code

        assert [answer("a.example", VIEW), answer("a.example", APP)] == [204, 403]
        assert [answer("b.example", VIEW), answer("b.example", APP)] == [403, 204]
        assert answer("c.example", APP) == 204

    @pytest.mark.parametrize("method", ["", "é", "PUT PUT", "-" * 65, "-" * (1 << 20), "CONNECT", "put", "__class__"])
    @pytest.mark.parametrize("path", ["/own", "/nowhere", "/\udcff", "/%00"])
    def test_strange_preflights_are_refused(self, app: Flask, method: str, path: str) -> None:
        app.add_url_rule("/own", "own", cross_origin(VIEW_POLICY)(lambda: "x"), methods=["PUT"])
        environ = {
            "REQUEST_METHOD": "OPTIONS",
            "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "HTTP_ORIGIN": VIEW,
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method,
        }
        response = app.test_client().open("/", environ_overrides=environ)
        assert response.status_code in (403, 404)
        assert not set(cors(response)) - {"Vary"}


class TestAutomaticOptions:
    def add(self, app: Flask) -> None:
        @app.route("/own", methods=["PUT"])
        @cross_origin(VIEW_POLICY, automatic_options=False)
        def view() -> tuple[str, int, dict[str, str]]:
            return f"the view's {request.method}", 207, {"X-Own": "1"}

    def test_the_view_answers_preflights_and_gets_the_headers(self, app: Flask) -> None:
        self.add(app)
        response = preflight(app, "/own", headers="x-view")
        assert (response.status_code, response.data) == (207, b"the view's OPTIONS")
        assert response.headers["X-Own"] == "1"
        assert {ACAO: VIEW, ACAM: "PUT", ACAH: "x-view"}.items() <= cors(response).items()
        refused = preflight(app, "/own", origin=APP)
        assert refused.status_code == 207
        assert set(cors(refused)) == {"Vary"}

    def test_the_view_answers_a_plain_options(self, app: Flask) -> None:
        self.add(app)
        response = call(app, "/own", VIEW, "OPTIONS")
        assert (response.data, cors(response)) == (b"the view's OPTIONS", {ACAO: VIEW, "Vary": "Origin"})

    @pytest.mark.parametrize("automatic", [True, False])
    def test_a_class_answers_with_its_method_for_options(self, app: Flask, automatic: bool) -> None:
        class Own(Item):
            decorators = [cross_origin(VIEW_POLICY, automatic_options=automatic)]

            def options(self) -> str:
                return "options"

        app.add_url_rule("/own", view_func=Own.as_view("own"))
        assert call(app, "/own", VIEW, "OPTIONS").data == b"options"
        response = preflight(app, "/own")
        assert (response.status_code, response.data) == ((204, b"") if automatic else (200, b"options"))
        assert cors(response)[ACAM] == "PUT"

    def test_a_class_without_one_gets_flasks_answer(self, app: Flask) -> None:
        class Own(Item):
            decorators = [cross_origin(VIEW_POLICY, automatic_options=False)]

        app.add_url_rule("/own", view_func=Own.as_view("own"))
        response = preflight(app, "/own")
        assert (response.status_code, cors(response)[ACAM]) == (200, "PUT")
        assert set(response.allow) >= {"GET", "PUT", "OPTIONS"}


class TestExempt:
    @any_view
    def test_a_view_has_no_headers_at_all(self, app: Flask, add: Any) -> None:
        add(app, "/exempt", cors_exempt)
        for origin in (APP, VIEW, None):
            response = call(app, "/exempt", origin)
            assert (response.data, cors(response)) == (b"the view", {})

    @any_view
    def test_a_preflight_goes_to_the_application(self, app: Flask, add: Any) -> None:
        add(app, "/exempt", cors_exempt)
        for method in ("PUT", "PATCH"):
            response = preflight(app, "/exempt", method, origin=APP)
            assert (response.status_code, cors(response)) == (200, {})
            assert set(response.allow) >= {"GET", "PUT", "OPTIONS"}

    def test_what_it_sets_itself_stays(self, app: Flask) -> None:
        app.add_url_rule("/exempt", "exempt", cors_exempt(lambda: ("x", {ACAO: "https://own.example"})))
        assert cors(call(app, "/exempt", APP)) == {ACAO: "https://own.example"}

    def test_its_errors_and_its_authentications_answers_are_exempt_too(self, app: Flask) -> None:
        @app.before_request
        def authenticate() -> None:
            if request.args:
                abort(401)

        @app.get("/exempt")
        @cors_exempt
        def view() -> str:
            abort(418)

        assert cors(call(app, "/exempt", APP)) == {}
        assert cors(call(app, "/exempt?x", APP)) == {}

    def test_it_wins_above_cross_origin(self, app: Flask) -> None:
        app.add_url_rule("/x", "x", cors_exempt(cross_origin(VIEW_POLICY)(lambda: "x")))
        assert cors(call(app, "/x", VIEW)) == {}


def test_decorated_views_keep_their_names(app: Flask) -> None:
    @cross_origin(VIEW_POLICY)
    def named(x: int) -> str:
        """The docstring."""
        return "x"

    @cors_exempt
    async def named_too() -> str:
        """The docstring."""
        return "x"

    for view, name in ((named, "named"), (named_too, "named_too")):
        assert (view.__name__, view.__doc__, view.__module__) == (name, "The docstring.", __name__)
    assert asyncio.iscoroutinefunction(named_too) if sys.version_info < (3, 14) else True
    assert named.__wrapped__.__annotations__ == {"x": "int", "return": "str"}  # type: ignore[attr-defined]
