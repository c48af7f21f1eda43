"""ASGI: an application with no framework, and the libraries that wrap any."""

from __future__ import annotations

from typing import Any

from bench.micro.policies import engine_module
from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, Setup, need, own_policy
from fastcors import _engine
from fastcors._twin import shims as twin
from fastcors.asgi import CORSMiddleware

__all__ = ["SETUPS", "bare", "over"]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer with five headers and a small body."""
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"12"),
                (b"cache-control", b"no-store"),
                (b"etag", b'"33a64df5"'),
                (b"x-total-count", b"1"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": BODY})


def over(shim: type, engine: Any = twin) -> Any:
    """Make the class that a shim is over another engine: the twin, or another build of the native one."""
    names = ("ASGIShim", "RSGIShim", "WSGIShim")
    twins = {getattr(_engine, name): getattr(engine, name) for name in names}
    own = {name: value for name, value in vars(shim).items() if name not in ("__dict__", "__weakref__")}
    return type(shim.__name__, tuple(twins.get(base, base) for base in shim.__bases__), own)


def make(side: str) -> Any:
    if side in ("native", "guarded"):
        return CORSMiddleware(bare, own_policy(), handle_errors=side == "guarded")
    if side == "profiled":
        return over(CORSMiddleware, engine_module(side))(bare, own_policy(side))
    if side == "drop-in":
        shim = need("fastcors.compat.starlette").CORSMiddleware
    elif side == "Starlette":
        shim = need("starlette.middleware.cors").CORSMiddleware
    elif side in ("asgi-cors", "as asgi-cors"):
        module = need("asgi_cors" if side == "asgi-cors" else "fastcors.compat.asgi_cors")
        return module.asgi_cors(bare, hosts=ORIGINS, headers=HEADERS, methods=METHODS, max_age=MAX_AGE)
    else:
        return bare
    return shim(bare, allow_origins=ORIGINS, allow_methods=METHODS, allow_headers=HEADERS, max_age=MAX_AGE)


SETUPS = (
    Setup(
        "ASGI",
        "ASGI application",
        "asgi",
        make,
        (
            Peer("Starlette", 15),
            Peer("asgi-cors", 5),
            Peer("drop-in", at_most=1.5),
            Peer("as asgi-cors", at_most=1.5),
            Peer("guarded"),
        ),
        (Peer("Starlette", 10), Peer("drop-in", at_most=1.5)),
        lambda: over(CORSMiddleware)(bare, own_policy("twin")),
    ),
)
