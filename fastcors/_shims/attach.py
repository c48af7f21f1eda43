"""What every framework's ``CORS(app, …)`` shares: what it refuses, and the arguments that go to the shim.

A framework's module finds the place outside of all that responds in the application, puts the shim there, and leaves
the application the object that it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastcors._config.parameters import PolicyParameters
from fastcors._engine import ASGIShim
from fastcors._shims.options import OnConflict, ShimConfig

__all__ = ["ASGIArguments", "ShimArguments", "check_kind", "check_no_shim"]


class ShimArguments(PolicyParameters, total=False):
    """The keyword arguments of every shim but ``routes``: its options, and the parameters of a policy."""

    handle_errors: bool
    preflight_continue: bool
    on_conflict: OnConflict


class ASGIArguments(ShimArguments, total=False):
    """The keyword arguments of ``fastcors.asgi.CORSMiddleware`` but ``routes``."""

    check_websocket_origin: bool


def check_kind(app: object, kind: type, name: str) -> None:
    """Raise TypeError where ``app`` is no application of the framework; ``name`` is what people call its class."""
    if not isinstance(app, kind):
        raise TypeError(f"app must be a {name}, not {app!r:.100}; for a part of one use routes={{'/path/': policy}}")


def check_no_shim(name: str, found: Iterable[object], instead: str) -> None:
    """Raise RuntimeError where a shim is among the objects and classes that were ``found`` in an application.

    ``name`` is what the message calls the application, and ``instead`` says what to do.
    """
    shims = (ShimConfig, ASGIShim)
    if any(issubclass(each if isinstance(each, type) else type(each), shims) for each in found):
        raise RuntimeError(f"{name} has CORS already: there is one policy for a request. {instead}")
