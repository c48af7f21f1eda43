"""One Flask application with another WSGI middleware inside of ``CORS(app)``, in a process of its own.

``python -m tests.unit.flask.inner SCENARIO`` prints what each of its requests got, the first of the process included.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, abort
from werkzeug import Request, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import fastcors
from fastcors.flask import CORS, cors_exempt, cross_origin

APP = "https://app.example"
VIEW = "https://view.example"

Wsgi = Callable[[Any, Any], Iterable[bytes]]


def answering(inner: Wsgi) -> Wsgi:
    """A middleware with werkzeug's request object, which puts itself into the environ; it answers one path itself."""

    def middleware(environ: Any, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.path == "/limited":
            return Response("slow down", 429)(environ, start_response)
        return inner(environ, start_response)

    return middleware


def buffering(inner: Wsgi) -> Wsgi:
    """A middleware that makes its request object when the application has answered, and then starts the response."""

    def middleware(environ: Any, start_response: Any) -> Iterable[bytes]:
        started: list[Any] = []
        body = [b"".join(inner(environ, lambda *args: started.append(args)))]
        Request(environ)
        start_response(*started[-1])
        return body

    return middleware


def flask_app(views: bool) -> Flask:
    """Make an application, where ``views`` says so with decorated views."""
    app = Flask("inner")
    app.add_url_rule("/plain", "plain", lambda: "plain")
    if views:
        app.add_url_rule("/own", "own", cross_origin(allow_origins=[VIEW])(lambda: "own"))
        app.add_url_rule("/closed", "closed", cross_origin(allow_origins=[VIEW])(lambda: "closed"))
        app.add_url_rule("/exempt", "exempt", cors_exempt(lambda: "exempt"))

        @app.before_request
        def authenticate() -> None:
            from flask import request

            if request.path == "/closed":
                abort(401)

    return app


def plain() -> Flask:
    app = flask_app(views=False)
    app.wsgi_app = answering(app.wsgi_app)
    CORS(app, allow_origins=[APP])
    return app


def decorated() -> Flask:
    app = flask_app(views=True)
    app.wsgi_app = answering(app.wsgi_app)
    CORS(app, allow_origins=[APP])
    return app


def buffered() -> Flask:
    app = flask_app(views=True)
    app.wsgi_app = buffering(app.wsgi_app)
    CORS(app, allow_origins=[APP])
    return app


def lone_views() -> Flask:
    app = flask_app(views=True)
    app.wsgi_app = answering(app.wsgi_app)
    return app


def socketio() -> Flask:
    from flask_socketio import SocketIO

    app = flask_app(views=True)
    SocketIO(app, async_mode="threading", cors_allowed_origins=[])
    CORS(app, allow_origins=[APP])
    return app


def mounted() -> Flask:
    app, other = flask_app(views=True), flask_app(views=False)
    other.add_url_rule("/own", "own", lambda: "other")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/other": other})
    CORS(app, allow_origins=[APP])
    return app


PATHS = {
    "plain": ["/limited", "/plain", "/limited"],
    "decorated": ["/closed", "/limited", "/own", "/plain", "/exempt", "/nowhere", "/limited"],
    "buffered": ["/own", "/plain", "/exempt"],
    "lone_views": ["/limited", "/own", "/own", "/limited", "/plain"],
    "mounted": ["/own", "/other/own", "/plain"],
    "socketio": ["/socket.io/?EIO=4&transport=polling", "/own", "/plain"],
}


def main() -> None:
    """Send each request from both origins, by werkzeug's own test client, and print statuses and origins."""
    app = globals()[sys.argv[1]]()
    client = app.test_client()
    found: list[Any] = [fastcors.backend]
    for path in PATHS[sys.argv[1]]:
        for origin in (APP, VIEW):
            response = client.get(path, headers={"Origin": origin})
            found.append([path, origin, response.status_code, response.headers.get("Access-Control-Allow-Origin")])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
