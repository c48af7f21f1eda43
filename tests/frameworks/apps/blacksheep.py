"""The application of BlackSheep's door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import blacksheep
from blacksheep import Application, Request, Router, StreamedContent, WebSocket, text
from blacksheep.testing import TestClient

from fastcors.blacksheep import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, asgi_client, async_chunks
from tests.integration.wire import Response


async def home() -> blacksheep.Response:
    response = text("hello")
    response.add_header(b"X-Id", b"7")
    return response


async def item(number: int) -> blacksheep.Response:
    return text(str(number))


async def error() -> blacksheep.Response:
    raise BrokenError


async def crash() -> blacksheep.Response:
    raise CrashError


async def redirect() -> blacksheep.Response:
    return blacksheep.redirect("/")


async def stream() -> blacksheep.Response:
    return blacksheep.Response(200, content=StreamedContent(b"text/plain", async_chunks))


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


async def answer(app: Any, request: Request, error: BrokenError) -> blacksheep.Response:
    return text("it is broken", 500)


def make(cors: bool) -> Application:
    """Make the application."""
    mounted = Router(prefix="/mounted")
    mounted.add_get("/items/{number}", item)
    app = Application(router=Router(sub_routers=[mounted]))
    if cors:
        CORS(app, **ARGUMENTS, check_websocket_origin=True)
    app.router.add_get("/", home)
    app.router.add_get("/items/{number}", item)
    for handler in (error, crash, redirect, stream):
        app.router.add_get(f"/{handler.__name__}", handler)
    app.router.add_ws("/ws", socket)
    app.exceptions_handlers[BrokenError] = answer
    return app


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The framework's test client."""
    if not isinstance(app, Application):
        with asgi_client(app) as send:
            yield send
        return

    async def send(method: str, path: str, headers: dict[str, str]) -> Response:
        await app.start()
        ask: Any = getattr(TestClient(app), method.lower())
        response = await ask(path, headers=headers)
        lines = [(name.decode().lower(), value.decode()) for name, value in response.headers]
        return Response(response.status, lines, await response.read() or b"")

    with closing(asyncio.new_event_loop()) as loop:
        yield lambda method, path, headers: loop.run_until_complete(send(method, path, headers))


def opentelemetry(app: Application, provider: Any) -> Any:
    """Instrument the application."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, tracer_provider=provider)
