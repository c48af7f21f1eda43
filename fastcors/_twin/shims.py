"""The shims' hot paths in pure Python: there is none, so every request takes the general way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from fastcors._twin.routes import Router

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fastcors._twin.engine import Engine
    from fastcors._types import ASGIApp, Receive, RSGIApp, Scope, Send
    from fastcors.decision import Outcome

__all__ = ["ASGIShim", "RSGIShim", "WSGIShim"]


class ASGIShim:
    """The base of ``fastcors.asgi.CORSMiddleware``."""

    app: ASGIApp
    _policies: Engine | Router | None
    _router = Router
    _guarded: bool
    _keep: bool
    _continue: bool
    _notes = False
    _tells = False
    _counts = False
    _also_tell: Callable[[Any, Outcome], None] | None = None

    @classmethod
    def _adopt(cls) -> None:
        """Do nothing: calls of a class in Python are what they are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request, as the ASGI specification has it."""
        await self._respond(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to any request: the subclass does."""
        raise TypeError(f"{type(self).__name__} does not respond to requests")


class RSGIShim:
    """The base of ``fastcors.rsgi.CORSMiddleware``."""

    app: RSGIApp
    _callback: Callable[[Any, Any], Awaitable[object]]
    _policies: Engine | Router | None
    _router = Router
    _guarded: bool
    _keep: bool
    _continue: bool
    _counts = False

    @classmethod
    def _adopt(cls) -> None:
        """Do nothing: calls of a class in Python are what they are."""

    async def __call__(self, scope: Any, proto: Any) -> None:
        """Answer a request, as the RSGI specification has it."""
        await self._respond(scope, proto)

    async def _respond(self, scope: Any, proto: Any) -> None:
        """Answer any request: the subclass's."""
        raise TypeError(f"{type(self).__name__} does not answer requests")


class WSGIShim:
    """The base of ``fastcors.wsgi.CORSMiddleware``."""

    app: WSGIApplication
    _policies: Engine | Router | None
    _router = Router
    _guarded: bool
    _keep: bool
    _continue: bool
    _notes = False
    _tells = False
    _counts = False
    _also_tell: Callable[[Any, Outcome], None] | None = None
    _policy_of_view: Callable[[WSGIEnvironment, Engine | None], Engine | None] | None

    @classmethod
    def _adopt(cls) -> None:
        """Do nothing: calls of a class in Python are what they are."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to a request, as PEP 3333 has it."""
        return self._respond(environ, start_response)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to any request: the subclass does."""
        raise TypeError(f"{type(self).__name__} does not respond to requests")
