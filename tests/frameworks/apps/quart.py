"""The application of Quart's door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import quart
from quart import Blueprint, Quart, websocket

from fastcors.quart import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks
from tests.integration.wire import Response


async def home() -> Any:
    return "hello", {"X-Id": "7"}


async def item(number: int) -> str:
    return str(number)


async def error() -> str:
    raise BrokenError


async def crash() -> str:
    raise CrashError


async def redirect() -> Any:
    return quart.redirect("/")


async def stream() -> Any:
    return async_chunks(), {"Content-Type": "text/plain"}


async def socket() -> None:
    await websocket.send(await websocket.receive())


async def answer(error: Exception) -> Any:
    return "it is broken", 500


def make(cors: bool) -> Quart:
    """Make the application."""
    app = Quart("door")
    if cors:
        CORS(app, **ARGUMENTS, check_websocket_origin=True)
    app.get("/")(home)
    app.get("/items/<int:number>")(item)
    for view in (error, crash, redirect, stream):
        app.get(f"/{view.__name__}")(view)
    app.websocket("/ws")(socket)
    app.register_error_handler(BrokenError, answer)
    mounted = Blueprint("mounted", __name__, url_prefix="/mounted")
    mounted.get("/items/<int:number>")(item)
    app.register_blueprint(mounted)
    return app


@contextmanager
def client(app: Quart) -> Iterator[Any]:
    """The framework's test client."""
    test_client = app.test_client()

    async def send(method: str, path: str, headers: Any) -> Response:
        response: Any = await test_client.open(path, method=method, headers=headers)
        lines = [(name.lower(), value) for name, value in response.headers.items()]
        return Response(response.status_code, lines, await response.get_data())

    with closing(asyncio.new_event_loop()) as loop:
        yield lambda method, path, headers: loop.run_until_complete(send(method, path, headers))


def opentelemetry(app: Quart, provider: Any) -> Quart:
    """Instrument the application."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    app.asgi_app = OpenTelemetryMiddleware(app.asgi_app, tracer_provider=provider)  # type: ignore[method-assign]
    return app
