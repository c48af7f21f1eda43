"""What a table of routes may hold in the place of a policy: something that says which one, once a request is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast

from fastcors._grammar import without_root
from fastcors._types import Scope

if TYPE_CHECKING:
    from fastcors.policy import Policy

__all__ = ["ByRequest", "Unread", "requested_method", "route_path"]


class ByRequest(ABC):
    """Stands for a policy that depends on more than the path."""

    @abstractmethod
    def policy_for(self, scope: Scope) -> Policy | None:
        """Return the policy for the request of an ASGI scope, or None for no CORS."""


class Unread(ByRequest):
    """Stands for a table of what views say that is not there yet: the first request has it made."""

    def __init__(self, shim: Any) -> None:
        self._shim = shim

    def read(self) -> None:
        """Make the table."""
        self._shim._read_views()

    def policy_for(self, scope: Scope) -> Policy | None:
        """Return the policy that the table has for a request."""
        self.read()
        return cast("Policy | None", self._shim._policy_of(scope))


def requested_method(scope: Scope) -> str | None:
    """Return the method of a request; that of a preflight is the requested one. None for a WebSocket."""
    method = scope.get("method")
    if method != "OPTIONS":
        return method if isinstance(method, str) else None
    origin = False
    requested: bytes | None = None
    for name, value in scope.get("headers") or ():
        name = name.lower()
        if name == b"origin":
            origin = True
        elif name == b"access-control-request-method" and requested is None:
            requested = value
    if not origin or requested is None:
        return "OPTIONS"
    return requested.decode("latin-1")


def route_path(scope: Scope) -> str:
    """Return the path by which an application routes: without ``root_path`` where it begins with it."""
    return without_root(scope["path"], scope.get("root_path") or "") or "/"
