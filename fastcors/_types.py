"""The types of the gateway interfaces, as the signatures of the shims have them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

__all__ = ["ASGIApp", "Message", "RSGIApp", "RSGIObject", "Receive", "Scope", "Send"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class RSGIObject(Protocol):
    """An object that is an RSGI application: its method responds to a request, or serves a WebSocket."""

    def __rsgi__(self, scope: Any, proto: Any, /) -> Awaitable[object]: ...


RSGIApp = Callable[[Any, Any], Awaitable[object]] | RSGIObject
"""An RSGI application. What it is given is the server's: granian has types for both."""
