"""Litestar with its own CORS, and with fastcors around it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, Setup, need, own_policy

__all__ = ["SETUPS"]


@lru_cache
def litestar_app(cors: bool = False) -> Any:
    """Make an application of one handler."""
    litestar = need("litestar")

    @litestar.route("/items", http_method=["GET", "PUT"], media_type="application/json")  # type: ignore[untyped-decorator]
    async def items() -> bytes:
        return BODY

    config = need("litestar.config.cors").CORSConfig(
        allow_origins=ORIGINS, allow_methods=METHODS, allow_headers=HEADERS, max_age=MAX_AGE
    )
    return litestar.Litestar([items], cors_config=config if cors else None, openapi_config=None, logging_config=None)


@lru_cache
def whole() -> tuple[Any, Any]:
    """Make an application with CORS; and what stands behind its CORS, the application alone."""
    app = litestar_app()
    bare = type(app).__call__.__get__(app)
    need("fastcors.litestar").CORS(app, own_policy())
    return bare, app


def make(side: str) -> Any:
    return litestar_app(cors=True) if side == "litestar" else whole()[side == "native"]


SETUPS = (
    Setup(
        "Litestar",
        "Litestar",
        "asgi",
        make,
        (Peer("litestar", 15),),
        (Peer("litestar"),),
    ),
)
