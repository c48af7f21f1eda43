"""The shims' hot paths in pure Python: there is none, so every request takes the general way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from fastcors._twin.routes import Router

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fastcors._twin.engine import Engine

__all__ = ["ASGIApp", "ASGIShim", "Message", "PolicyOfView", "Receive", "Scope", "Send", "WSGIShim"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
PolicyOfView = Callable[["WSGIEnvironment", "Engine | None"], "Engine | None"]
"""Returns the policy that a response gets, or None for no CORS. It is given the policy that the request is under."""
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class ASGIShim:
    """The base of ``fastcors.asgi.CORSMiddleware``."""

    app: ASGIApp
    _rules: Engine | Router | None
    _router = Router
    _guarded: bool
    _keep: bool
    _continue: bool

    @classmethod
    def _adopt(cls) -> None:
        """Do nothing: calls of a class in Python are what they are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as the ASGI specification has it."""
        await self._respond(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer any request: the subclass's."""
        raise TypeError(f"{type(self).__name__} does not answer requests")


class WSGIShim:
    """The base of ``fastcors.wsgi.CORSMiddleware``."""

    app: WSGIApplication
    _rules: Engine | Router | None
    _router = Router
    _guarded: bool
    _keep: bool
    _continue: bool
    _policy_of_view: PolicyOfView | None

    @classmethod
    def _adopt(cls) -> None:
        """Do nothing: calls of a class in Python are what they are."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, as PEP 3333 has it."""
        return self._respond(environ, start_response)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer any request: the subclass's."""
        raise TypeError(f"{type(self).__name__} does not answer requests")
