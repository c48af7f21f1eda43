"""The application of Flask's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
from flask import Blueprint, Flask

from fastcors.flask import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, chunks
from tests.integration.wire import Response


def home() -> flask.Response:
    return flask.Response("hello", headers={"X-Id": "7"})


def item(number: int) -> str:
    return str(number)


def error() -> str:
    raise BrokenError


def crash() -> str:
    raise CrashError


def redirect() -> Any:
    return flask.redirect("/")


def stream() -> flask.Response:
    return flask.Response(chunks(), mimetype="text/plain")


def make(cors: bool) -> Flask:
    """Make the application."""
    app = Flask("door")
    if cors:
        CORS(app, **ARGUMENTS)
    app.get("/")(home)
    app.get("/items/<int:number>")(item)
    for view in (error, crash, redirect, stream):
        app.get(f"/{view.__name__}")(view)
    app.register_error_handler(BrokenError, lambda error: ("it is broken", 500))
    mounted = Blueprint("mounted", __name__, url_prefix="/mounted")
    mounted.get("/items/<int:number>")(item)
    app.register_blueprint(mounted)
    return app


@contextmanager
def client(app: Flask) -> Iterator[Any]:
    """The framework's test client."""
    with app.test_client() as client:

        def ask(method: str, path: str, headers: Any) -> Response:
            response = client.open(path, method=method, headers=headers)
            return Response(response.status_code, [(k.lower(), v) for k, v in response.headers], response.data)

        yield ask


def opentelemetry(app: Flask, provider: Any) -> Flask:
    """Instrument the application."""
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
    return app
