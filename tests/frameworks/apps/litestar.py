"""The application of Litestar's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import Litestar, MediaType, Request, Response, Router, WebSocket, get, websocket
from litestar.response import Redirect, Stream
from litestar.testing import TestClient

from fastcors.litestar import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks, of_httpx


@get("/", media_type=MediaType.TEXT)
async def home() -> Response[str]:
    return Response("hello", headers={"X-Id": "7"})


@get("/items/{number:int}")
async def item(request: Request[Any, Any, Any]) -> int:
    return int(request.path_params["number"])


@get("/error")
async def error() -> None:
    raise BrokenError


@get("/crash")
async def crash() -> None:
    raise CrashError


@get("/redirect")
async def redirect() -> Redirect:
    return Redirect("/")


@get("/stream")
async def stream() -> Stream:
    return Stream(async_chunks())


@websocket("/ws")
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    return Response("it is broken", media_type=MediaType.TEXT, status_code=500)


def make(cors: bool) -> Litestar:
    """Make the application."""
    app = Litestar(
        [home, item, error, crash, redirect, stream, socket, Router("/mounted", route_handlers=[item])],
        exception_handlers={BrokenError: answer},
    )
    if cors:
        CORS(app, **ARGUMENTS, check_websocket_origin=True)
    return app


@contextmanager
def client(app: Litestar) -> Iterator[Any]:
    """The framework's test client."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield lambda method, path, headers: of_httpx(
            client.request(method, path, headers=headers, follow_redirects=False)
        )


def opentelemetry(app: Litestar, provider: Any) -> Litestar:
    """Instrument the application, as Litestar does it where the plugin is among its own, with a hook for exceptions."""
    from litestar.plugins.opentelemetry import OpenTelemetryConfig, OpenTelemetryPlugin
    from opentelemetry import trace

    async def record(error: Exception, scope: Any) -> None:
        trace.get_current_span().record_exception(error)

    plugin = OpenTelemetryPlugin(OpenTelemetryConfig(tracer_provider=provider))
    app.asgi_handler = plugin.middleware(app=app.asgi_handler)
    app.after_exception.append(record)
    return app
