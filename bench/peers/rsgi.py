"""RSGI: an application with no framework."""

from __future__ import annotations

from typing import Any

from bench.micro._floor import RsgiReader  # type: ignore[import-not-found]
from bench.micro.policies import engine_module
from bench.micro.rows import Peer
from bench.peers import BODY, Setup, own_policy
from bench.peers.asgi import over
from fastcors.rsgi import CORSMiddleware

__all__ = ["READS", "SETUPS", "bare"]

READS = "N that reads"
"""A wrapper that does what N does, and looks at the headers of the request once: granian copies them then. That is
the least that CORS can cost here."""


async def bare(scope: Any, proto: Any) -> None:
    """Answer with five headers and a small body."""
    proto.response_bytes(
        200,
        [
            ("content-type", "application/json"),
            ("content-length", "12"),
            ("cache-control", "no-store"),
            ("etag", '"33a64df5"'),
            ("x-total-count", "1"),
        ],
        BODY,
    )


def make(side: str) -> Any:
    if side in ("native", "guarded"):
        return CORSMiddleware(bare, own_policy(), handle_errors=side == "guarded")
    if side == "profiled":
        return over(CORSMiddleware, engine_module(side))(bare, own_policy(side))
    return RsgiReader(bare) if side == READS else bare


SETUPS = (
    Setup(
        "RSGI",
        "RSGI application",
        "rsgi",
        make,
        (Peer(READS), Peer("guarded")),
        (),
        lambda: over(CORSMiddleware)(bare, own_policy("twin")),
    ),
)
