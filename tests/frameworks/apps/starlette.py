"""The application of Starlette's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from fastcors.starlette import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks, of_httpx


async def home(request: Request) -> Response:
    return PlainTextResponse("hello", headers={"X-Id": "7"})


async def item(request: Request) -> Response:
    return PlainTextResponse(request.path_params["number"])


async def error(request: Request) -> Response:
    raise BrokenError


async def crash(request: Request) -> Response:
    raise CrashError


async def redirect(request: Request) -> Response:
    return RedirectResponse("/")


async def stream(request: Request) -> Response:
    return StreamingResponse(async_chunks(), media_type="text/plain")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


async def answer(request: Request, error: Exception) -> Response:
    return PlainTextResponse("it is broken", 500)


def make(cors: bool) -> Starlette:
    """Make the application."""
    items = Route("/items/{number}", item)
    routes = [
        Route("/", home),
        items,
        Route("/error", error),
        Route("/crash", crash),
        Route("/redirect", redirect),
        Route("/stream", stream),
        WebSocketRoute("/ws", socket),
        Mount("/mounted", Starlette(routes=[items])),
    ]
    app = Starlette(routes=routes, exception_handlers={BrokenError: answer})
    if cors:
        CORS(app, **ARGUMENTS, check_websocket_origin=True)
    return app


@contextmanager
def client(app: Starlette) -> Iterator[Any]:
    """The framework's test client."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield lambda method, path, headers: of_httpx(client.request(method, path, headers=headers))


def opentelemetry(app: Starlette, provider: Any) -> Starlette:
    """Instrument the application."""
    from opentelemetry.instrumentation.starlette import StarletteInstrumentor

    StarletteInstrumentor.instrument_app(app, tracer_provider=provider)
    return app
