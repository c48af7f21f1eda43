"""Views with a policy of their own and no ``CORS(app)``: where their headers are put in, and that it is always done."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response

from fastcors.flask import CORS, cross_origin
from tests.unit.flask.apps import ACAO, APP_POLICY, EVIL, VIEW, VIEW_POLICY, call, cors, make_app, preflight

ALLOWED = {ACAO: VIEW, "Vary": "Origin"}


def make(app: Flask | None = None, path: str = "/own") -> Flask:
    app = app or make_app()
    app.add_url_rule(path, f"own{path}", cross_origin(VIEW_POLICY)(lambda: "x"), methods=["GET", "PUT"])
    return app


def three(app: Flask, **fields: str) -> list[Any]:
    """Three answers: the first is the one that shows the view to be this application's."""
    return [call(app, "/own", **fields) for _ in range(3)]


class Between:
    """A middleware that copies the environ, and keeps what it saw leave the application."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.seen: list[dict[str, str]] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: Any, *rest: Any) -> Any:
            self.seen.append(dict(headers))
            return start_response(status, headers, *rest)

        return self.app(dict(environ), start)


def test_the_first_answer_is_as_the_later_ones() -> None:
    app = make()

    @app.after_request
    def last_word(response: Response) -> Response:
        assert ACAO not in response.headers
        response.headers[ACAO] = "*"
        response.vary.update(["Cookie"])
        return response

    for response in three(app):
        assert cors(response) == {ACAO: VIEW, "Vary": "Cookie, Origin"}


def test_the_answer_for_a_failing_after_request_is_as_any_other() -> None:
    app = make()

    @app.after_request
    def fail(response: Response) -> Response:
        raise ZeroDivisionError

    for response in three(app):
        assert (response.status_code, cors(response)) == (500, ALLOWED)


def test_a_response_that_after_request_replaces_has_the_headers() -> None:
    app = make()
    app.after_request(lambda _response: Response("other"))
    for response in three(app):
        assert (response.data, cors(response)) == (b"other", ALLOWED)


def test_what_wraps_the_application_already_sees_the_headers() -> None:
    app = make()
    app.wsgi_app = between = Between(app.wsgi_app)  # type: ignore[method-assign]
    for response in three(app):
        assert cors(response) == ALLOWED
    assert [headers[ACAO] for headers in between.seen] == [VIEW] * 3
    assert app.wsgi_app is between


def test_what_wraps_the_application_later_sees_them_too() -> None:
    app = make()
    three(app)
    app.wsgi_app = between = Between(app.wsgi_app)  # type: ignore[method-assign]
    three(app)
    assert [headers[ACAO] for headers in between.seen] == [VIEW] * 3


def test_wsgi_app_may_be_overridden_and_put_back() -> None:
    class Own(Flask):
        def wsgi_app(self, environ: Any, start_response: Any) -> Any:
            return super().wsgi_app(dict(environ), start_response)

    for response in three(make(Own(__name__))):
        assert cors(response) == ALLOWED

    app = make()
    bare = app.wsgi_app
    three(app)
    app.wsgi_app = bare  # type: ignore[method-assign]
    for response in three(app):
        assert cors(response) == ALLOWED


def test_process_response_may_be_overridden_and_replaced() -> None:
    class Own(Flask):
        def process_response(self, response: Response) -> Response:
            response.headers["X-Own"] = "1"
            return super().process_response(response)

    app = make(Own(__name__))
    for response in three(app):
        assert (response.headers["X-Own"], cors(response)) == ("1", ALLOWED)
    for _ in range(2):
        app.process_response = lambda response: response  # type: ignore[method-assign]
        for response in three(app):
            assert cors(response) == ALLOWED
        with app.test_request_context("/own", headers={"Origin": VIEW}):
            assert cors(app.full_dispatch_request()) == ALLOWED


def test_flask_alone_has_the_headers_before_and_after_the_first_request() -> None:
    app = make()
    for _ in range(2):
        for origin, expected in ((VIEW, ALLOWED), (EVIL, {"Vary": "Origin"})):
            with app.test_request_context("/own", headers={"Origin": origin}):
                assert cors(app.full_dispatch_request()) == expected
        three(app)


def test_the_extension_may_come_after_the_first_request() -> None:
    app = make()
    app.add_url_rule("/other", "other", lambda: "x", methods=["GET", "PUT"])
    three(app)
    CORS(app, APP_POLICY)
    for response in three(app):
        assert cors(response) == ALLOWED
    assert cors(call(app, "/other")) == {"Vary": "Origin"}
    assert preflight(app, "/own").status_code == 204
    assert preflight(app, "/other").status_code == 403
    with pytest.raises(RuntimeError, match="CORS already"):
        CORS(app, APP_POLICY)


def test_the_extension_may_come_around_what_wraps_the_application() -> None:
    app = make()
    three(app)
    wrapped = app.wsgi_app
    app.wsgi_app = lambda *arguments: wrapped(*arguments)  # type: ignore[method-assign]
    CORS(app, APP_POLICY)
    for response in three(app):
        assert cors(response) == ALLOWED


def test_other_views_stay_as_they_are() -> None:
    app = make()
    app.add_url_rule("/other", "other", lambda: ("x", {ACAO: "https://own.example"}))
    for _ in range(2):
        assert cors(call(app, "/other")) == {ACAO: "https://own.example"}
        assert cors(call(app, "/nowhere")) == {}
        three(app)


def test_a_view_of_several_applications_has_its_headers_in_each() -> None:
    view = cross_origin(VIEW_POLICY)(lambda: "x")
    for _ in range(3):
        app = make_app()
        app.add_url_rule("/own", "own", view)
        for response in three(app):
            assert cors(response) == ALLOWED


def test_first_requests_at_once_all_have_their_headers_and_wrap_once() -> None:
    app = make_app()
    at_once = threading.Barrier(8)

    @app.route("/wait")
    @cross_origin(VIEW_POLICY)
    def wait() -> str:
        return "x"

    @app.before_request
    def gather() -> None:
        at_once.wait(10)

    bare = app.wsgi_app
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _number: cors(call(app, "/wait")), range(16)))
    assert answers == [ALLOWED] * 16
    assert app.wsgi_app.app == bare  # type: ignore[attr-defined]


def test_flask_is_left_as_it_was_when_requests_come_through_the_shim() -> None:
    for own in (False, True):
        app = make()
        if own:
            app.process_response = before = Flask.process_response.__get__(app)  # type: ignore[method-assign]
        for _ in range(2):
            with app.test_request_context("/own", headers={"Origin": VIEW}) as context:
                assert cors(app.full_dispatch_request()) == ALLOWED
                call(app, "/own")
                # This request is not over: its response may be made once more, for an error.
                assert cors(app.process_response(Response("again"))) == ALLOWED
            del context
            gc.collect()
            call(app, "/own")
            assert ("process_response" in vars(app)) == own
            assert not own or app.process_response is before


def test_outside_of_a_request_a_view_says_what_is_missing() -> None:
    with pytest.raises(RuntimeError, match="request context"):
        cross_origin(VIEW_POLICY)(lambda: "x")()
