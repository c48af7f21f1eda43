"""The application of Sanic's door."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sanic import Blueprint, Request, Sanic, Websocket
from sanic.response import HTTPResponse, text
from sanic.response import redirect as redirect_to

from fastcors.sanic import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks, of_httpx
from tests.integration.wire import Response


async def home(request: Request) -> HTTPResponse:
    return text("hello", headers={"X-Id": "7"})


async def item(request: Request, number: int) -> HTTPResponse:
    return text(str(number))


async def error(request: Request) -> HTTPResponse:
    raise BrokenError


async def crash(request: Request) -> HTTPResponse:
    raise CrashError


async def redirect(request: Request) -> HTTPResponse:
    return redirect_to("/")


async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for chunk in async_chunks():
        await response.send(chunk)
    await response.eof()


async def echo(request: Request, socket: Websocket) -> None:
    received = await socket.recv()
    assert isinstance(received, str)
    await socket.send(received)


async def answer_error(request: Request, error: Exception) -> HTTPResponse:
    return text("it is broken", 500)


def make(cors: bool) -> Sanic[Any, Any]:
    """Make the application; START_METHOD says how Sanic starts its workers."""
    if "START_METHOD" in os.environ:
        Sanic.start_method = os.environ["START_METHOD"]  # type: ignore[assignment]
    app = Sanic("door")
    app.config.AUTO_EXTEND = False
    if cors:
        CORS(app, check_websocket_origin=True, **ARGUMENTS)
    app.add_route(home, "/")
    app.add_route(item, "/items/<number:int>")
    for view in (error, crash, redirect, stream):
        app.add_route(view, f"/{view.__name__}")
    app.add_websocket_route(echo, "/ws")
    app.error_handler.add(BrokenError, answer_error)
    mounted = Blueprint("mounted", url_prefix="/mounted")
    mounted.add_route(item, "/items/<number:int>")
    app.blueprint(mounted)
    return app


@contextmanager
def client(app: Sanic[Any, Any]) -> Iterator[Any]:
    """The framework's test client, which runs a server for each request; what that logs goes nowhere."""
    for name in ("sanic.root", "sanic.error", "sanic.access", "sanic.server"):
        logging.getLogger(name).handlers[:] = [logging.NullHandler()]

    def ask(method: str, path: str, headers: Any) -> Response:
        _, response = getattr(app.test_client, method.lower())(path, headers=headers, allow_redirects=False)
        return of_httpx(response)

    yield ask
