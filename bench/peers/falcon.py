"""Falcon with its own CORS, and with fastcors: around it, and by ``fastcors.falcon``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, ORIGINS, Setup, need, own_policy
from fastcors.wsgi import CORSMiddleware

__all__ = ["SETUPS"]


class Items:
    """The one resource."""

    def on_get(self, request: Any, response: Any) -> None:
        response.content_type = "application/json"
        response.data = BODY

    on_put = on_get
    on_delete = on_get


@lru_cache
def falcon_app(cors: str = "") -> Any:
    """Make an application of one resource, and CORS of a module. What a preflight allows is what the resource has."""
    app = need("falcon").App(middleware=[need(cors).CORSMiddleware(allow_origins=ORIGINS)] if cors else None)
    app.add_route("/items", Items())
    return app


@lru_cache
def whole() -> tuple[Any, Any]:
    """Make an application with ``fastcors.falcon.CORS``, and give what it is without CORS and with it."""
    app = falcon_app.__wrapped__()
    bare = type(app).__call__.__get__(app)
    need("fastcors.falcon").CORS(app, own_policy())
    return bare, app


def make_whole(side: str) -> Any:
    return whole()[side == "native"] if side in ("bare", "native") else make(side)


def make(side: str) -> Any:
    if side in ("falcon", "as falcon"):
        return falcon_app("falcon" if side == "falcon" else "fastcors.compat.falcon")
    return CORSMiddleware(falcon_app(), own_policy()) if side == "native" else falcon_app()


SETUPS = (
    Setup(
        "Falcon",
        "Falcon",
        "wsgi",
        make,
        (Peer("falcon", 2), Peer("as falcon", at_most=1.5)),
        (Peer("falcon"), Peer("as falcon", at_most=1.5)),
    ),
    Setup(
        "Falcon",
        "Falcon, CORS(app)",
        "wsgi",
        make_whole,
        (Peer("falcon", 2),),
        (Peer("falcon"),),
    ),
)
