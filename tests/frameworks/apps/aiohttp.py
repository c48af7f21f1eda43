"""The application of aiohttp's door."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from fastcors.aiohttp import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks
from tests.integration.wire import Response


async def home(request: web.Request) -> web.Response:
    return web.Response(text="hello", headers={"X-Id": "7"})


async def item(request: web.Request) -> web.Response:
    return web.Response(text=request.match_info["number"])


async def error(request: web.Request) -> web.Response:
    raise BrokenError


async def crash(request: web.Request) -> web.Response:
    raise CrashError


async def redirect(request: web.Request) -> web.Response:
    raise web.HTTPFound("/")


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    async for chunk in async_chunks():
        await response.write(chunk)
    return response


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str(await socket.receive_str())
    await socket.close()
    return socket


@web.middleware
async def answer_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except BrokenError:
        return web.Response(text="it is broken", status=500)
    return response


def make(cors: bool) -> web.Application:
    """Make the application."""
    app = web.Application(middlewares=[answer_errors])
    if cors:
        CORS(app, check_websocket_origin=True, **ARGUMENTS)
    app.add_routes([web.get("/", home), web.get("/items/{number}", item), web.get("/ws", echo)])
    app.add_routes([web.get(f"/{view.__name__}", view) for view in (error, crash, redirect, stream)])
    mounted = web.Application()
    mounted.add_routes([web.get("/items/{number}", item)])
    app.add_subapp("/mounted", mounted)
    return app


def start(arguments: list[str]) -> web.Application:
    """Make the application for ``python -m aiohttp.web``."""
    return make(os.environ["WITH_CORS"] == "1")


@contextmanager
def client(app: web.Application) -> Iterator[Any]:
    """The framework's test client."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = TestClient(TestServer(app, loop=loop), loop=loop)

    def ask(method: str, path: str, headers: Any) -> Response:
        return loop.run_until_complete(_ask(client, method, path, headers))

    loop.run_until_complete(client.start_server())
    yield ask
    loop.run_until_complete(client.close())
    loop.close()


async def _ask(client: Any, method: str, path: str, headers: Any) -> Response:
    async with client.request(method, path, headers=headers, allow_redirects=False) as response:
        found = [(name.lower(), value) for name, value in response.headers.items()]
        return Response(response.status, found, await response.read())


def opentelemetry(app: web.Application, provider: Any) -> web.Application:
    """Instrument the application, as is done for those that are made later."""
    from opentelemetry.instrumentation.aiohttp_server import AioHttpServerInstrumentor, create_aiohttp_middleware

    AioHttpServerInstrumentor().instrument(tracer_provider=provider)
    app.middlewares.insert(0, create_aiohttp_middleware(provider))
    return app
