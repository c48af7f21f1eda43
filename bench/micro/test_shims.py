"""What CORS adds to a request, driven in process: fastcors, its peers, and N (``_floor.pyx``) over one application.

The targets of fastcors' own are in N, the cost of a native wrapper that copies the application's headers and appends a
pair; those beside a peer say how many times cheaper than it fastcors is to be.
"""

from __future__ import annotations

from typing import Any

from bench.micro.drive import driven
from bench.micro.inputs import ACCEPTED, STRANGER, scope_of
from bench.micro.rows import Row, Side, Target
from bench.peers import Setup, aiohttp, asgi, django, falcon, flask, litestar, own_policy, rsgi, sanic, starlette, wsgi
from bench.report.results import AGAIN

KINDS = (("allowed", ACCEPTED), ("refused", STRANGER), ("no Origin", None))

MODULES = (asgi, rsgi, wsgi, flask, django, starlette, litestar, falcon, aiohttp, sanic)
SETUPS = [setup for module in MODULES for setup in module.SETUPS]

PREFLIGHT_ASGI = own_policy().decide_asgi(scope_of("OPTIONS", ACCEPTED)).headers


async def asgi_preflight(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the very bytes of an accepted preflight."""
    await send({"type": "http.response.start", "status": 204, "headers": list(PREFLIGHT_ASGI)})
    await send({"type": "http.response.body", "body": b""})


def limit_of(setup: Setup, name: str) -> float:
    """How many N a request may cost: close to N where nothing but the gateway interface is there, less close in a
    framework, whose own work blurs N; there the rows in which the peers do nothing have to be closer. Of RSGI, N is the
    one that reads.
    """
    if setup.gateway == "rsgi":
        return 1.5 if name == "no Origin" else 2.0
    if not setup.twin:
        return 1.5 if name == "allowed" else 1.3
    if setup.gateway == "asgi":
        return 1.15
    return 1.1 if name == "no Origin" else 1.3


def added_row(setup: Setup, name: str, sender: bytes | None) -> Row:
    """What CORS adds to an application."""

    def make(side: str) -> Side:
        app = setup.application("bare" if side == AGAIN else side)
        return driven(setup.gateway, app, "GET", sender, cors=side not in ("bare", AGAIN, "N", rsgi.READS))

    return Row(
        f"{setup.title}: added to a request",
        name,
        make,
        ("bare", AGAIN, "native", *(peer.side for peer in setup.peers), "N", *(["twin"] if setup.twin else [])),
        "bare",
        Target(limit_of(setup, name), rsgi.READS if setup.gateway == "rsgi" else "N"),
        group=setup.group,
        peers=setup.peers,
        slow=name != "allowed" and not setup.twin,
    )


def preflight_row(setup: Setup) -> Row:
    """A whole preflight; of ASGI, also against an application that answers with the same bytes."""
    alone = setup.twin is not None
    same = alone and setup.gateway == "asgi"

    def make(side: str) -> Side:
        app = asgi_preflight if side == "bare" else setup.application(side)
        return driven(setup.gateway, app, "OPTIONS", ACCEPTED, cors=True)

    return Row(
        f"{setup.title}: a whole preflight",
        "accepted",
        make,
        (
            *(["bare"] if same else []),
            "native",
            *(peer.side for peer in setup.preflights),
            *(["twin"] if alone else []),
        ),
        None,
        Target(1.0, "bare") if same else None,
        group=setup.group,
        peers=setup.preflights,
        slow=not alone,
    )


ROWS = [row for setup in SETUPS for row in (*(added_row(setup, *kind) for kind in KINDS), preflight_row(setup))]


def test_shims(case: Any, measure: Any) -> None:
    measure(case)
