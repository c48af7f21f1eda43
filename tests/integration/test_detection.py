"""Servers and asgiref, in their default settings, take the shims for ASGI 3: as objects, and behind other layers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

import fastcors.asgi
import fastcors.compat.starlette
from tests.integration.apps import asgi_app

ORIGIN = "https://site.example"


def make_subclass() -> Any:
    class Subclass(fastcors.asgi.CORSMiddleware):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await super().__call__(scope, receive, send)

    return Subclass(asgi_app, allow_origins=[ORIGIN])


SHIMS: dict[str, Callable[[], Any]] = {
    "asgi": lambda: fastcors.asgi.CORSMiddleware(asgi_app, allow_origins=[ORIGIN]),
    "asgi-around-asgi": lambda: fastcors.asgi.CORSMiddleware(SHIMS["asgi"](), None),
    "subclass": make_subclass,
    "starlette": lambda: fastcors.compat.starlette.CORSMiddleware(asgi_app, [ORIGIN]),
    "starlette-regex": lambda: fastcors.compat.starlette.CORSMiddleware(asgi_app, allow_origin_regex=re.escape(ORIGIN)),
}


@pytest.fixture(params=SHIMS)
def shim(request: pytest.FixtureRequest) -> Any:
    return SHIMS[request.param]()


def test_uvicorn(shim: Any) -> None:
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    config = uvicorn.Config(shim, log_config=None)
    config.load()
    assert config.interface == "asgi3"


def test_hypercorn(shim: Any) -> None:
    utils = pytest.importorskip("hypercorn.utils", reason="hypercorn is not installed")
    app_wrappers = pytest.importorskip("hypercorn.app_wrappers", reason="hypercorn is not installed")
    assert isinstance(utils.wrap_app(shim, 65536, None), app_wrappers.ASGIWrapper)


def test_asgiref(shim: Any) -> None:
    compatibility = pytest.importorskip("asgiref.compatibility", reason="asgiref is not installed")
    testing = pytest.importorskip("asgiref.testing", reason="asgiref is not installed")
    assert not compatibility.is_double_callable(shim)
    assert compatibility.guarantee_single_callable(shim) is shim
    scope = {"type": "http", "method": "GET", "path": "/ok", "headers": [(b"origin", ORIGIN.encode())]}

    async def ask() -> Any:
        communicator = testing.ApplicationCommunicator(compatibility.guarantee_single_callable(shim), scope)
        await communicator.send_input({"type": "http.request"})
        start = await communicator.receive_output(10)
        await communicator.receive_output(10)
        await communicator.wait(10)
        return start

    assert (b"access-control-allow-origin", ORIGIN.encode()) in asyncio.run(ask())["headers"]
