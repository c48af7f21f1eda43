"""The application of Bottle's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bottle
from bottle import Bottle, response
from webtest import TestApp

from fastcors.bottle import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, chunks
from tests.integration.wire import Response


def home() -> str:
    response.set_header("X-Id", "7")
    return "hello"


def item(number: int) -> str:
    return str(number)


def error() -> str:
    raise BrokenError


def crash() -> str:
    raise CrashError


def redirect() -> None:
    bottle.redirect("/", 302)


def stream() -> Iterator[bytes]:
    response.content_type = "text/plain"
    return chunks()


def answer(error: Any) -> str:
    """Answer for an exception, as ``@app.error(500)``."""
    return "it is broken" if isinstance(error.exception, BrokenError) else "no idea"


def make(cors: bool) -> Bottle:
    """Make the application."""
    app = Bottle()
    if cors:
        CORS(app, **ARGUMENTS)
    app.get("/", callback=home)
    app.get("/items/<number:int>", callback=item)
    for view in (error, crash, redirect, stream):
        app.get(f"/{view.__name__}", callback=view)
    app.error(500, callback=answer)
    mounted = Bottle()
    mounted.get("/items/<number:int>", callback=item)
    app.mount("/mounted/", mounted)
    return app


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The test client that Bottle's documentation has."""
    test_app = TestApp(app)

    def send(method: str, path: str, headers: dict[str, str]) -> Response:
        found = test_app.request(path, method=method, headers=headers, expect_errors=True)
        return Response(found.status_int, [(name.lower(), value) for name, value in found.headerlist], found.body)

    yield send


def opentelemetry(app: Bottle, provider: Any) -> Any:
    """Instrument the application."""
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, tracer_provider=provider)
