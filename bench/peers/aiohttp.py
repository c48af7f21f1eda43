"""aiohttp with aiohttp-cors, and with fastcors in front of it.

aiohttp has no gateway interface: what stands here in the place of its server makes a request of an ASGI scope, lets
the application handle it, and prepares the response, which is where headers are written.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, Setup, need, own_policy

__all__ = ["SETUPS"]


@lru_cache
def aiohttp_app(cors: str = "") -> Any:
    """Make an application of one handler, with CORS of a library's, or with the hook that does nothing else."""
    web = need("aiohttp.web")

    async def items(request: Any) -> Any:
        return web.Response(body=BODY, content_type="application/json", headers={"Cache-Control": "no-store"})

    app = web.Application()
    routes = [app.router.add_route(method, "/items", items) for method in ("GET", "PUT")]
    if cors == "aiohttp-cors":
        module = need("aiohttp_cors")
        allowed = module.ResourceOptions(allow_headers=HEADERS, allow_methods=METHODS, max_age=MAX_AGE)
        resources = module.setup(app, defaults=dict.fromkeys(ORIGINS, allowed))
        for route in routes:
            resources.add(route)
    elif cors == "native":
        need("fastcors.aiohttp").CORS(app, own_policy())
    elif cors == "N":
        vars(app)["_make_request"] = partial(app._make_request, _cls=_copying(web.Request))
    return app


def _copying(kind: Any) -> Any:
    """Return the class of a request whose responses get a copy of their headers, with a pair more."""

    class Copying(kind):  # type: ignore[misc]
        async def _prepare_hook(self, response: Any) -> None:
            await super()._prepare_hook(response)
            response._headers = response.headers.copy()
            response._headers.add("X-N", "1")

    return Copying


class Writer:
    """Takes a response, as the server's writer does, and keeps nothing of it."""

    length = None
    output_size = 0

    async def write_headers(self, status_line: str, headers: Any) -> None:
        pass

    def send_headers(self) -> None:
        pass


WRITER = Writer()


def served(app: Any) -> Any:
    """Return an ASGI application that is the server of an aiohttp application."""
    loop = _loop()
    server = app._make_handler(loop=loop)
    protocol = SimpleNamespace(ssl_context=None, peername=None, sockname=None)
    message_of, multidict, url, version = (
        need("aiohttp.http_parser").RawRequestMessage,
        need("multidict"),
        need("yarl").URL,
        need("aiohttp").HttpVersion11,
    )
    empty = need("aiohttp.streams").EMPTY_PAYLOAD

    async def call(scope: Any, receive: Any, send: Any) -> None:
        raw = tuple(scope["headers"])
        names = multidict.CIMultiDict([(name.decode(), value.decode()) for name, value in raw])
        headers = multidict.CIMultiDictProxy(names)
        path = scope["path"]
        message = message_of(
            scope["method"], path, version, headers, raw, False, None, False, False, url.build(path=path, encoded=True)
        )
        request = server.request_factory(message, empty, protocol, WRITER, None)
        response = await server.request_handler(request)
        await response.prepare(request)
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers.items()})
        await send({"type": "http.response.body", "body": response.body or b""})

    return call


@lru_cache
def _loop() -> Any:
    """Return the loop of every application here, which never runs: nothing waits."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


@lru_cache
def make(side: str) -> Any:
    return served(aiohttp_app(side if side in ("native", "aiohttp-cors", "N") else ""))


SETUPS = (
    Setup(
        "aiohttp",
        "aiohttp",
        "asgi",
        make,
        (Peer("aiohttp-cors"),),
        (Peer("aiohttp-cors"),),
        floor=lambda: make("N"),
    ),
)
