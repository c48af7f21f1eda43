"""What CORS adds to a request that finds the caches full of other things, as behind a real server.

A loop of requests finds the code and the data of the last one in the nearest caches. A server has parsed a request in
between, and answered others. So here one request is timed at a time; before each, so many bytes of memory are walked
over, and the application alone answers once. ``profiled`` is the build with ``FASTCORS_PGO=1``.
"""

from __future__ import annotations

from typing import Any

from bench.micro.drive import chilled, driven
from bench.micro.inputs import ACCEPTED
from bench.micro.rows import Peer, Row, Side, Target, UnavailableError
from bench.peers import Setup, asgi, wsgi
from bench.report.results import AGAIN

WALKED = {"nothing walked over": 0, "1 MiB walked over": 2**20, "16 MiB walked over": 2**24}
TARGETS = {"asgi": (None, 1.15, 1.25), "wsgi": (None, 1.3, 1.5)}
"""In N, the cost of a native wrapper in the same place, for each of the amounts."""
PROFILED = Peer("profiled")


def cold_row(setup: Setup, name: str, target: float | None) -> Row:
    """What CORS adds to an allowed request after so much memory was walked over."""

    def make(side: str) -> Side:
        alone = driven(setup.gateway, setup.application("bare"), "GET", ACCEPTED, cors=False, count=1)
        try:
            app = setup.application("bare" if side == AGAIN else side)
        except ImportError as error:
            raise UnavailableError(str(error)) from None
        own = driven(setup.gateway, app, "GET", ACCEPTED, cors=side not in ("bare", AGAIN, "N"), count=1)
        return chilled(own, alone, WALKED[name])

    peers = (*setup.peers, PROFILED)
    return Row(
        f"{setup.title}, cold: added to an allowed request",
        name,
        make,
        ("bare", AGAIN, "native", "N", *(peer.side for peer in peers)),
        "bare",
        Target(target, "N") if target else None,
        group="Cold caches",
        peers=tuple(Peer(peer.side) for peer in peers),
        slow=True,
    )


ROWS = [
    cold_row(setup, name, target)
    for setup in (*asgi.SETUPS, *wsgi.SETUPS)
    for name, target in zip(WALKED, TARGETS[setup.gateway], strict=True)
]


def test_cold(case: Any, measure: Any) -> None:
    measure(case)
