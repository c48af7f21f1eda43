"""The application of Pyramid's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request
from pyramid.response import Response as PyramidResponse
from webtest import TestApp

from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, chunks
from tests.integration.wire import Response


def home(request: Request) -> PyramidResponse:
    return PyramidResponse("hello", headers={"X-Id": "7"})


def item(request: Request) -> PyramidResponse:
    return PyramidResponse(request.matchdict["number"])


def error(request: Request) -> PyramidResponse:
    raise BrokenError


def crash(request: Request) -> PyramidResponse:
    raise CrashError


def redirect(request: Request) -> PyramidResponse:
    return HTTPFound("/")


def stream(request: Request) -> PyramidResponse:
    return PyramidResponse(app_iter=chunks(), content_type="text/plain")


def answer(error: Exception, request: Request) -> PyramidResponse:
    return PyramidResponse("it is broken", 500)


def mounted(config: Configurator) -> None:
    """Add the view of items at the prefix of whoever includes this."""
    config.add_route("mounted", "/items/{number}", request_method="GET")
    config.add_view(item, route_name="mounted")


def make(cors: bool) -> Any:
    """Make the application."""
    settings = {f"fastcors.{name}": value for name, value in ARGUMENTS.items()}
    return main({}, **settings, **{"pyramid.includes": "fastcors.pyramid"} if cors else {})


def main(global_config: Any, **settings: Any) -> Any:
    """Make the application, as ``pserve`` and its ini file do."""
    config = Configurator(settings=settings)
    views = {"": home, "items/{number}": item, "error": error, "crash": crash, "redirect": redirect, "stream": stream}
    for path, view in views.items():
        config.add_route(view.__name__, f"/{path}", request_method="GET")
        config.add_view(view, route_name=view.__name__)
    config.add_exception_view(answer, BrokenError)
    config.include(mounted, route_prefix="mounted")
    return config.make_wsgi_app()


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The test client that Pyramid's documentation has."""
    test_app = TestApp(app)

    def send(method: str, path: str, headers: dict[str, str]) -> Response:
        try:
            found = test_app.request(path, method=method, headers=headers, expect_errors=True)
        except CrashError:
            return Response(500, [], b"")
        return Response(found.status_int, [(name.lower(), value) for name, value in found.headerlist], found.body)

    yield send


def opentelemetry(app: Any, provider: Any) -> Any:
    """Instrument the application."""
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, tracer_provider=provider)
