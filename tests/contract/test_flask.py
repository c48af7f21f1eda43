"""The contract's rows about the application's own headers, its errors and reloading, through Flask.

The other rows go through Flask in test_rows.py, by its doors in doors.py.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response, abort

from fastcors import PolicyError
from fastcors.flask import CORS, cors_exempt, cross_origin
from tests.contract import policies
from tests.support.exchange import FlaskApp, Req, call_wsgi, pre

LOCAL = policies.LOCAL.encode()
ACTUALS = {"allowed": Req(b"GET", (LOCAL,)), "refused": Req(b"GET", (b"https://evil.example",)), "not-cors": Req()}
POLICYS_OWN = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
)

Make = Callable[[Any], FlaskApp]


def by_extension(policy: Any) -> FlaskApp:
    app = FlaskApp()
    CORS(app.flask, policy)
    return app


def by_view(policy: Any) -> FlaskApp:
    return FlaskApp(cross_origin(policy))


def by_view_extended(policy: Any) -> FlaskApp:
    app = by_view(policy)
    CORS(app.flask, allow_origins="*", expose_headers="*")
    return app


@pytest.fixture(params=[by_extension, by_view, by_view_extended], ids=lambda make: make.__name__)
def make(request: pytest.FixtureRequest) -> Make:
    return request.param  # type: ignore[no-any-return]


def lines(app: Flask, req: Req) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in call_wsgi(app, req.environ()).headers]


def cors_of(policy: Any, req: Req) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in policy.decide_wsgi(req.environ()).headers_str)


def row_01(decorate: Callable[[Any], Any]) -> None:
    app = FlaskApp(decorate)
    CORS(app.flask, policy=None)
    for req in (*ACTUALS.values(), Req(b"OPTIONS"), pre(b"PUT", origin=LOCAL)):
        assert app.answer(req) == FlaskApp().answer(req)


def test_row_01_without_a_policy_everything_is_the_applications() -> None:
    row_01(lambda view: view)


def test_row_01_an_exempt_view_is_untouched_under_any_policy(policy_class: Any) -> None:
    row_01(cors_exempt)
    app = FlaskApp(cors_exempt)
    CORS(app.flask, policies.built(policy_class, "K4"))
    for req in (*ACTUALS.values(), Req(b"OPTIONS"), pre(b"PUT", origin=LOCAL)):
        assert app.answer(req) == FlaskApp().answer(req)


@pytest.mark.parametrize("kind", ACTUALS)
@pytest.mark.parametrize("own", [["foo"], ["Accept-Encoding, Cookie"], ["accept", "cookie"]], ids=repr)
def test_row_21_vary_is_merged(policy_class: Any, make: Make, kind: str, own: list[str]) -> None:
    app = make(policies.built(policy_class, "K7"))
    app.headers = [("Vary", value) for value in own]
    found = [value for name, value in lines(app.flask, ACTUALS[kind]) if name == "vary"]
    assert ", ".join(found) == ", ".join([*own, "Origin"])


@pytest.mark.parametrize("own", ["Origin", "accept, ORIGIN", "*"])
def test_row_21_vary_is_left_alone_where_it_says_enough(policy_class: Any, make: Make, own: str) -> None:
    app = make(policies.built(policy_class, "K7"))
    app.headers = [("Vary", own)]
    assert [value for name, value in lines(app.flask, ACTUALS["allowed"]) if name == "vary"] == [own]


def failing(make: Make, policy: Any) -> Flask:
    """The application of ``make`` with other views, which fail; they are decorated as its own is."""
    app = make(policy).flask
    app.logger.disabled = True
    decorate = (lambda view: view) if make is by_extension else cross_origin(policy)

    @app.route("/<what>", methods=["GET"])
    @decorate
    def view(what: str) -> Response:
        if what == "raise":
            raise ZeroDivisionError
        if what == "stream":
            return Response((str(1 / number) for number in (1, 0)), 200)
        return abort(int(what))

    return app


@pytest.mark.parametrize("kind", ACTUALS)
@pytest.mark.parametrize(("path", "status"), [("/404", 404), ("/418", 418), ("/503", 503), ("/raise", 500)])
@pytest.mark.parametrize("name", ["K1", "K4"])
def test_row_35_errors_get_the_same_headers(
    policy_class: Any, make: Make, name: str, path: str, status: int, kind: str
) -> None:
    policy = policies.built(policy_class, name)
    req = ACTUALS[kind]
    result = call_wsgi(failing(make, policy), {**req.environ(), "PATH_INFO": path})
    assert result.status.startswith(f"{status} ")
    found = sorted((key.lower(), value) for key, value in result.headers)
    assert [pair for pair in found if pair[0] in ("vary", *POLICYS_OWN)] == cors_of(policy, req)


def test_row_35_a_stream_that_fails_has_had_its_headers(policy_class: Any, make: Make) -> None:
    policy = policies.built(policy_class, "K1")
    started: list[Any] = []
    app = failing(make, policy)
    environ = {**ACTUALS["allowed"].environ(), "PATH_INFO": "/stream"}
    body = app(environ, lambda status, headers: started.append(headers))
    with pytest.raises(ZeroDivisionError):
        list(body)
    body.close()  # type: ignore[attr-defined]
    assert ("Access-Control-Allow-Origin", policies.LOCAL) in started[0]


@pytest.mark.parametrize("kind", ACTUALS)
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("name", ["K1", "K4", "K7", "expose-all-credentials"])
def test_row_36_only_the_policys_headers_leave(
    policy_class: Any, make: Make, name: str, spell: Callable[[str], str], kind: str
) -> None:
    policy = policies.built(policy_class, name)
    app = make(policy)
    own = [
        ("access-control-allow-origin", "https://evil.example"),
        ("access-control-allow-origin", "*"),
        ("x-between", "1"),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "x-secret"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]
    app.headers = [(spell(name), value) for name, value in own]
    req = ACTUALS[kind]
    found = lines(app.flask, req)
    expected = [(name.lower(), value) for name, value in policy.decide_wsgi(req.environ()).merge_wsgi(app.headers)]
    assert [pair for pair in found if pair[0] in POLICYS_OWN] == [pair for pair in expected if pair[0] in POLICYS_OWN]
    assert [value for name, value in found if name in ("x-between", "set-cookie")] == ["1", "a=1", "b=2"]


@pytest.mark.parametrize("req", [*ACTUALS.values(), pre(b"GET", origin=LOCAL), pre(b"PUT", origin=LOCAL)], ids=str)
def test_row_37_a_changed_list_does_not_reach_the_next_response(policy_class: Any, make: Make, req: Req) -> None:
    app = make(policies.built(policy_class, "K1"))
    call_wsgi(app.flask, Req().environ())  # a view's first answer has the same headers in another order
    first = call_wsgi(app.flask, req.environ()).headers
    before = list(first)
    first.append(("x", "y"))
    first.reverse()
    assert call_wsgi(app.flask, req.environ()).headers == before


def test_row_38_an_invalid_reload_leaves_the_old_policy(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K7")
    app = by_extension(policy)
    shim = app.flask.extensions["fastcors"]
    for attribute, wrong, error in (
        ("policy", "https://a.example", TypeError),
        ("policy", policy_class, TypeError),
        ("routes", {"api": policy}, PolicyError),
    ):
        with pytest.raises(error):
            setattr(shim, attribute, wrong)
        assert shim.policy is policy
    assert ("access-control-allow-origin", policies.LOCAL) in lines(app.flask, ACTUALS["allowed"])


def test_row_38_under_load_each_request_sees_one_policy_whole(policy_class: Any) -> None:
    one = policy_class(allow_origins=[policies.LOCAL], expose_headers=["X-One"])
    two = policy_class(allow_origins=[policies.LOCAL], expose_headers=["X-Two"], allow_credentials=True)
    app = by_extension(one)
    shim = app.flask.extensions["fastcors"]
    whole = [cors_of(policy, ACTUALS["allowed"]) for policy in (one, two)]

    def ask(_number: int) -> bool:
        found = lines(app.flask, ACTUALS["allowed"])
        return sorted(pair for pair in found if pair[0] in ("vary", *POLICYS_OWN)) in whole

    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(ask, range(200))
        for number in range(200):
            shim.policy = (one, two)[number % 2]
        assert all(answers)


def test_the_views_policy_is_seen_by_what_lies_inside_of_flask_only(policy_class: Any) -> None:
    """What a client sends cannot choose a policy: the key is not the form of a header's."""
    app = by_view_extended(policies.built(policy_class, "K7"))
    environ = ACTUALS["refused"].environ() | {"HTTP_FASTCORS_POLICY": "*", "HTTP_FASTCORS.POLICY": "*"}
    assert not [name for name, _ in call_wsgi(app.flask, environ).headers if name.lower() in POLICYS_OWN]
