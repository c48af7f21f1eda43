"""The functions and the shim of the drop-in for Flask-CORS, and the ways past it."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask import Blueprint, Flask, Response
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fastcors import Reason
from fastcors.compat import flask_cors
from fastcors.compat.flask_cors import CORS, core
from fastcors.compat.flask_cors.patterns import fixed_characters
from tests.compat.flask_cors.apps import (
    EVIL,
    EXPOSE,
    MAX_AGE,
    METHODS,
    ORIGIN,
    A,
    B,
    bare,
    both,
    extended,
    preflight,
    send,
    with_views,
)


def test_the_modules_have_the_names_that_people_import() -> None:
    assert flask_cors.__all__ == ["CORS", "__version__", "cross_origin"]
    assert flask_cors.__version__ == "6.0.5"
    assert all(hasattr(core, name) for name in core.__all__)
    assert core.ALL_METHODS[0] == "GET"
    assert set(core.CONFIG_OPTIONS) == {f"CORS_{name.upper()}" for name in core.DEFAULT_OPTIONS}


def test_the_functions_of_core_answer_like_the_extension() -> None:
    app = bare(max_age=5)
    options = core.get_cors_options(app, {"origins": [A, B]}, {"expose_headers": ["X-B", "X-A"]})
    assert core.get_cors_origins(options, A) == [A]
    assert core.get_cors_origins(options, EVIL) is None
    asked = {"Origin": A, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Private-Network": "true"}
    assert dict(core.get_cors_headers(options, asked, "OPTIONS")) == {
        ORIGIN: A,
        EXPOSE: "X-A, X-B",
        "Access-Control-Allow-Private-Network": "false",
        MAX_AGE: "5",
        METHODS: "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "Vary": "Origin",
    }
    assert A in repr(options)
    with app.test_request_context(headers={"Origin": A}):
        response = core.set_cors_headers(core.set_cors_headers(Response(), options), options)
    assert response.headers.getlist(ORIGIN) == [A]


@pytest.mark.parametrize(
    ("regex", "number"),
    [
        ("/api/.*", 5),
        ("^/api/v1$", 7),
        ("/api/*", 4),
        (r"/a\.b\+c\d", 6),
        ("/one|/four", 4),
        ("/(api|static)/[a-z]", 5),
        ("(?i)(?:/admin)/.*", 7),
        (re.compile("/ a # b", re.VERBOSE), 2),
        ("/a+b{3}c?", 5),
        ("/.*/secret", 8),
        ("(", 0),
        ("", 0),
    ],
)
def test_how_many_characters_of_a_path_are_certain(regex: str, number: int) -> None:
    assert fixed_characters(regex) == number


@pytest.mark.parametrize(
    ("path", "runs", "allowed"),
    [
        ("/api/x", b"open", True),
        ("//api/x", b"open", True),
        ("/admin/secret", b"secret", False),
        ("//admin/secret", b"secret", False),
        ("///admin/secret", b"secret", False),
        ("admin/secret", b"secret", False),
        ("/admin//secret", None, False),
        ("/./admin/secret", None, False),
        ("/x/../admin/secret", None, False),
        ("/%2Fadmin/secret", None, False),
        ("//exact", b"secret", False),
    ],
)
def test_a_resource_is_found_by_the_path_that_flask_routes_by(path: str, runs: bytes | None, allowed: bool) -> None:
    app = bare()
    texts = {"/api/x": "open", "/admin/secret": "secret", "/exact": "secret"}
    for rule, text in texts.items():
        app.add_url_rule(rule, rule, lambda text=text: text)
    resources = {r"/admin/*": {"origins": B}, "/exact": {"origins": B}, r"/*": {"origins": A}}
    CORS(app, resources=resources)
    environ = EnvironBuilder(headers={"Origin": A}).get_environ()
    environ["PATH_INFO"] = path
    chunks, status, headers = run_wsgi_app(app, environ)
    body = b"".join(chunks)
    assert (body if status == "200 OK" else None) == runs
    assert headers.get(ORIGIN) == (A if allowed else None)


def wrapped(app: Flask) -> Flask:
    """Return an application with something else in front of it, to which ``CORS`` writes through Flask's responses."""
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    return app


class Subclass(Flask):
    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        return super().wsgi_app(environ, start_response)


@pytest.mark.parametrize("options", [{}, {"origins": [A, B], "max_age": 5, "allow_headers": "x-.*"}])
@pytest.mark.parametrize("base", [lambda: wrapped(bare()), lambda: Subclass(__name__)])
def test_where_no_shim_can_be_in_front_the_answers_are_the_same(base: Any, options: Any) -> None:
    app = with_views(base(), "/")
    CORS(app, **options)
    usual = extended(**options)
    for origin in (A, EVIL, None):
        assert send(app, origin=origin).headers == send(usual, origin=origin).headers
        past, before = (preflight(each, origin=origin, names="x-a").headers for each in (app, usual))
        assert [item for item in past if item[0].startswith("Access-")] == [
            item for item in before if item[0].startswith("Access-")
        ]


def test_a_preflight_is_answered_before_routing_where_no_view_is_asked_about_options() -> None:
    app = extended(origins=A)
    ran = []
    app.before_request(lambda: ran.append(1))
    for path in ("/", "/missing"):
        answer = preflight(app, path=path)
        assert (answer.status_code, answer.data, answer.headers[ORIGIN]) == (200, b"", A)
        assert preflight(app, path=path, origin=EVIL).status_code == 200
        assert ORIGIN not in preflight(app, path=path, origin=EVIL).headers
    assert ran == []
    send(app)
    assert ran == [1]


def test_a_preflight_goes_to_a_view_that_is_asked_about_options() -> None:
    app = with_views(bare(), "/")
    app.add_url_rule("/own", "own", lambda: ("own", {"X-Own": "1"}), methods=["OPTIONS"])
    CORS(app, origins=A)
    answer = preflight(app, path="/own")
    assert (answer.text, answer.headers["X-Own"], answer.headers[ORIGIN]) == ("own", "1", A)
    assert "OPTIONS" in preflight(app).headers["Allow"]


def test_a_preflight_of_a_blueprint_with_options_of_its_own_gets_those() -> None:
    app = with_views(bare(), "/")
    blueprint = Blueprint("api", __name__)
    CORS(blueprint, origins=A, max_age=7)
    blueprint.add_url_rule("/api", "view", lambda: "text", methods=["PUT"])
    app.register_blueprint(blueprint)
    CORS(app, origins=B)
    assert preflight(app, path="/api").headers[MAX_AGE] == "7"
    assert ORIGIN not in preflight(app, path="/api", origin=B).headers
    assert preflight(app, path="/", origin=B).headers[ORIGIN] == B


@both
def test_a_request_for_a_private_network_is_answered_with_false_where_it_is_not_allowed(make: Any) -> None:
    network = "Access-Control-Allow-Private-Network"
    asks = {"Access_Control_Request_Private_Network": "true"}
    for allowed, said in ((True, "true"), (False, "false")):
        app = make(allow_private_network=allowed)
        assert preflight(app, **asks).headers[network] == said
        assert network not in preflight(app).headers
        assert network not in send(app).headers


def test_the_first_request_is_answered_like_those_after_it() -> None:
    asks: dict[str, str] = {"Access_Control_Request_Private_Network": "true"}
    for origin, method in ((A, "GET"), (A, "OPTIONS"), (None, "GET")):
        app = extended(origins=A, allow_headers=[re.compile("x-.*")])
        CORS(Blueprint("of", __name__))  # whatever other applications of the process have
        first, second, third = (dict(send(app, origin=origin, method=method, **asks).headers) for _ in range(3))
        assert first == second == third
        assert "Access-Control-Allow-Private-Network" not in first


def test_an_answer_explains_itself() -> None:
    options = core.get_cors_options(bare(), {"origins": [A], "methods": ["GET"]})
    decision = options.engine.decide("OPTIONS", EVIL, "GET")
    assert decision.reason is Reason.ORIGIN_NOT_ALLOWED
    assert "evil.example" in decision.explain()
    assert options.engine.decide("OPTIONS", A, "PUT").reason is Reason.METHOD_NOT_ALLOWED


def test_at_the_level_debug_every_decision_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "flask_cors"):
        app = with_views(bare(), "/", "/other")
        CORS(app, origins=A, resources="/")
        for path, origin in (("/", A), ("/", EVIL), ("/other", A)):
            send(app, path, origin=origin)
    lines = [record.getMessage() for record in caplog.records if record.name == "flask_cors.core"]
    assert any("ok" in line for line in lines)
    assert any("origin-not-allowed" in line for line in lines)
    assert any("/other" in line for line in lines)
