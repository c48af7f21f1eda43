"""Starlette and FastAPI with their own CORS, and with fastcors around it."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, Setup, need, own_policy

__all__ = ["SETUPS"]


async def items(request: Any) -> Any:
    """Answer with a small body."""
    return need("starlette.responses").Response(BODY, media_type="application/json")


def make_app(kind: str) -> Any:
    """Make an application of one view."""
    app = need(f"{kind}.applications" if kind == "starlette" else kind)
    app = app.Starlette() if kind == "starlette" else app.FastAPI(openapi_url=None)
    app.add_route("/items", items, methods=["GET", "PUT"])
    return app


@lru_cache
def plain(kind: str) -> Any:
    return make_app(kind)


def make(kind: str, side: str) -> Any:
    if side in ("bare", "N"):
        return plain(kind)
    app = make_app(kind)
    if side == "native":
        need("fastcors.starlette").CORS(app, own_policy())
    else:
        middleware = need("starlette.middleware.cors").CORSMiddleware
        app.add_middleware(
            middleware, allow_origins=ORIGINS, allow_methods=METHODS, allow_headers=HEADERS, max_age=MAX_AGE
        )
    return app


SETUPS = tuple(
    Setup(
        "Starlette",
        f"{title}, CORS(app)",
        "asgi",
        partial(make, title.lower()),
        (Peer("Starlette"),),
        (Peer("Starlette"),),
    )
    for title in ("Starlette", "FastAPI")
)
