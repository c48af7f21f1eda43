"""Sanic under ASGI, with the CORS of Sanic Extensions, and with fastcors in front of it."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, Setup, need, own_policy

__all__ = ["SETUPS"]


@lru_cache
def sanic_app(cors: str = "") -> Any:
    """Make an application of one handler, with CORS of a library's, or with the hook that does nothing else."""
    sanic = need("sanic")
    response = need("sanic.response")

    async def items(request: Any) -> Any:
        return response.raw(BODY, content_type="application/json", headers={"cache-control": "no-store"})

    app = sanic.Sanic(f"bench-{cors or 'bare'}", configure_logging=False)
    app.config.AUTO_EXTEND = app.config.OAS = False
    app.add_route(items, "/items", methods=["GET", "PUT"])
    if cors == "sanic-ext":
        app.config.CORS_ORIGINS = ORIGINS
        app.config.CORS_METHODS = METHODS
        app.config.CORS_ALLOW_HEADERS = HEADERS
        app.config.CORS_MAX_AGE = MAX_AGE
        http = need("sanic_ext.extensions.http.extension").HTTPExtension  # which has CORS; the others do much more
        need("sanic_ext").Extend(app, extensions=[http], built_in_extensions=False)
    elif cors == "native":
        need("fastcors.sanic").CORS(app, own_policy())
    elif cors == "N":
        app.request_class = _copying(app.request_class, response.HTTPResponse)
    return _started(app)


def _started(app: Any) -> Any:
    """Return the application as it is when the lifespan has begun, but that its loop does not run: nothing waits."""
    app.asgi = True
    loop = _loop()
    type(app).test_mode = True  # as the application's methods are compiled anew for each
    loop.run_until_complete(app._startup())
    loop.run_until_complete(app._server_event("init", "before"))
    return app


@lru_cache
def _loop() -> Any:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def _copying(kind: Any, response_kind: Any) -> Any:
    """Return the class of a request whose responses get a copy of their headers, with a pair more."""

    class Response(response_kind):  # type: ignore[misc]
        __slots__ = ()

        @property
        def processed_headers(self) -> Any:
            return [*super().processed_headers, (b"x-n", b"1")]

    class Copying(kind):  # type: ignore[misc]
        async def respond(self, response: Any = None, **options: Any) -> Any:
            sent = await super().respond(response, **options)
            sent.__class__ = Response
            return sent

    return Copying


def served(app: Any) -> Any:
    """Return an application whose headers are gone through, as a server does it: Sanic's own are an iterator."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        async def send_list(message: Any) -> None:
            if "headers" in message:
                message["headers"] = list(message["headers"])
            await send(message)

        await app(scope, receive, send_list)

    return call


@lru_cache
def make(side: str) -> Any:
    return served(sanic_app(side if side in ("native", "sanic-ext", "N") else ""))


SETUPS = (Setup("Sanic", "Sanic", "asgi", make, (Peer("sanic-ext"),), (Peer("sanic-ext"),), floor=lambda: make("N")),)
