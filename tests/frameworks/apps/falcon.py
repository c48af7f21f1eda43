"""The application of Falcon's door, for WSGI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import falcon
from falcon.testing import TestClient

from fastcors.falcon import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, chunks
from tests.integration.wire import Response


class View:
    """A resource that answers GET with a function."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def on_get(self, request: falcon.Request, response: falcon.Response, **values: Any) -> None:
        self.answer(response, **values)


def home(response: falcon.Response) -> None:
    response.set_header("X-Id", "7")
    response.text = "hello"


def item(response: falcon.Response, number: int) -> None:
    response.text = str(number)


def error(response: falcon.Response) -> None:
    raise BrokenError


def crash(response: falcon.Response) -> None:
    raise CrashError


def redirect(response: falcon.Response) -> None:
    raise falcon.HTTPFound("/")


def stream(response: falcon.Response) -> None:
    response.content_type = "text/plain"
    response.stream = chunks()


def answer(request: Any, response: falcon.Response, error: Exception, values: Any) -> None:
    response.status, response.text = "500", "it is broken"


def sink(request: falcon.Request, response: falcon.Response, **values: str) -> None:
    """Answer for all paths below a prefix: what Falcon mounts."""
    if values["rest"] != "items/7":
        raise falcon.HTTPNotFound
    response.text = "7"


def make(cors: bool) -> Any:
    """Make the application."""
    app: Any = falcon.App()
    if cors:
        CORS(app, **ARGUMENTS)
    app.add_route("/", View(home))
    app.add_route("/items/{number:int}", View(item))
    for view in (error, crash, redirect, stream):
        app.add_route(f"/{view.__name__}", View(view))
    app.add_error_handler(BrokenError, answer)
    app.add_sink(sink, r"/mounted/(?P<rest>.*)")
    return app


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The framework's test client."""
    test_client = TestClient(app)

    def send(method: str, path: str, headers: dict[str, str]) -> Response:
        found = test_client.simulate_request(method, path, headers=headers)
        return Response(
            found.status_code, [(name.lower(), value) for name, value in found.headers.items()], found.content
        )

    yield send


def opentelemetry(app: Any, provider: Any) -> Any:
    """Instrument the application."""
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, tracer_provider=provider)
