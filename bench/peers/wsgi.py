"""WSGI: an application with no framework, and the library that wraps any."""

from __future__ import annotations

from typing import Any

from bench.micro.policies import engine_module
from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, Setup, need, own_policy
from bench.peers.asgi import over
from fastcors.wsgi import CORSMiddleware

__all__ = ["SETUPS", "bare"]


def bare(environ: Any, start_response: Any) -> list[bytes]:
    """Answer with five headers and a small body."""
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", "12"),
            ("Cache-Control", "no-store"),
            ("ETag", '"33a64df5"'),
            ("X-Total-Count", "1"),
        ],
    )
    return [BODY]


def make(side: str) -> Any:
    if side == "native":
        return CORSMiddleware(bare, own_policy())
    if side == "profiled":
        return over(CORSMiddleware, engine_module(side))(bare, own_policy(side))
    if side in ("wsgicors", "as wsgicors"):
        return need("wsgicors" if side == "wsgicors" else "fastcors.compat.wsgicors").CORS(
            bare,
            origin=" ".join(ORIGINS),
            methods=",".join(METHODS),
            headers=",".join(HEADERS),
            maxage=str(MAX_AGE),
        )
    return bare


SETUPS = (
    Setup(
        "WSGI",
        "WSGI application",
        "wsgi",
        make,
        (Peer("wsgicors", 4), Peer("as wsgicors", at_most=1.5)),
        (Peer("wsgicors"), Peer("as wsgicors", at_most=1.5)),
        lambda: over(CORSMiddleware)(bare, own_policy("twin")),
    ),
)
