"""The other side of each comparison: other CORS libraries, each as its own documentation sets it up.

A module holds one framework, or a gateway interface with no framework over it, and its ``SETUPS``. The application
gives the same small answer everywhere, and the policy is the same one everywhere.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench.micro._floor import AsgiFloor, RsgiFloor, WsgiFloor  # type: ignore[import-not-found]
from bench.micro.inputs import origin
from bench.micro.policies import policy_class
from bench.micro.rows import Peer, UnavailableError

__all__ = [
    "BODY",
    "HEADERS",
    "MAX_AGE",
    "METHODS",
    "ORIGINS",
    "PARAMETERS",
    "Setup",
    "need",
    "own_policy",
]

ORIGINS = [origin(i) for i in range(10)]
METHODS = ["GET", "PUT", "DELETE"]
HEADERS = ["Authorization", "Content-Type"]
MAX_AGE = 600
PARAMETERS: dict[str, Any] = {
    "allow_origins": ORIGINS,
    "allow_methods": METHODS,
    "allow_headers": HEADERS,
    "max_age": MAX_AGE,
}
"""The policy of every comparison, in fastcors' words; no credentials."""

BODY = b'{"ok": true}'
"""What the application of every comparison answers to ``GET /items``, as ``application/json``."""


FLOORS = {"asgi": AsgiFloor, "rsgi": RsgiFloor, "wsgi": WsgiFloor}
"""What is N, by gateway interface."""


@dataclass(frozen=True)
class Setup:
    """One framework, or none, without CORS and with it: ``make(side)`` makes the application of a side.

    ``bare`` is the application alone, ``native`` has fastcors, the others that ``make`` knows are peers. Where
    fastcors wraps the application, it wraps the very object that is timed as ``bare``: two that are made in the same
    way differ by more than fastcors costs.
    """

    group: str
    """The table."""
    title: str
    """What is set up."""
    gateway: str
    """``"asgi"``, ``"rsgi"`` or ``"wsgi"``."""
    make: Callable[[str], Any]
    peers: tuple[Peer, ...]
    preflights: tuple[Peer, ...]
    """The peers that answer preflights."""
    twin: Callable[[], Any] | None = None
    """Makes the application with the twin; the gateway interfaces have it."""
    floor: Callable[[], Any] | None = None
    """Makes N where it is a middleware or a hook of the framework's, which does nothing but to append a header."""

    def application(self, side: str) -> Any:
        """Make the application of any side."""
        if side == "twin" and self.twin:
            return self.twin()
        if side == "N" and self.floor:
            return self.floor()
        if side == "N":
            return FLOORS[self.gateway](self.make("bare"))
        return self.make(side)


def need(module: str) -> Any:
    """Import what a side needs; :class:`UnavailableError` where it cannot be."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UnavailableError(f"{module} cannot be imported: {error}") from None


@lru_cache
def own_policy(side: str = "native") -> Any:
    """Make the policy of every comparison, over one of the two engines."""
    return policy_class(side)(**PARAMETERS)
