"""CORS for BlackSheep applications: ``CORS(app, …)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from blacksheep import Application, Content, Request, Response
except ImportError as error:
    raise ImportError(
        'fastcors.blacksheep needs BlackSheep, which pip install "fastcors[blacksheep]" brings'
    ) from error

from fastcors._shims.attach import INSTEAD, check_kind, check_no_shim, put_before_asgi_calls, shim_before_calls
from fastcors._shims.options import NOT_GIVEN
from fastcors.asgi import CORSMiddleware

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.routes import Routes
    from fastcors._types import ASGIApp, Message, Receive, Scope, Send
    from fastcors.policy import Policy

__all__ = ["CORS"]

_BEHIND = "fastcors.behind"
"""Where a scope says that its request came through the shim."""


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Application,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ASGIArguments],
) -> CORSMiddleware:
    """Put CORS in front of a BlackSheep application, and return the shim.

    The shim stands outside of BlackSheep's middlewares, exception handlers and mounted applications, so that every
    response has the headers. ``app`` stays the object that it was: servers get it, and routes, middlewares, handlers
    and mounted applications may still be added to it. ``blacksheep.testing.TestClient``, which does not call it as a
    server does, sees the headers too.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware`. Of the shim that is returned, ``policy`` and
    ``routes`` may be replaced while requests run.

    Raises TypeError where ``app`` is no BlackSheep application or nothing is allowed, RuntimeError where it has CORS
    already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Application, "blacksheep.Application")
    check_no_shim(f"the application {app!r:.100}", [shim_before_calls(app)], INSTEAD)
    shim = CORSMiddleware(_not_there, policy, routes=routes, **arguments)
    _put_before(app, shim)
    return shim


async def _not_there(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("never called")


def _put_before(app: Application, shim: CORSMiddleware) -> None:
    """Put the shim before all calls of the application, and before those of its ``handle`` that no call makes."""

    def with_behind(behind: ASGIApp) -> CORSMiddleware:
        def call(scope: Scope, receive: Receive, send: Send) -> Any:
            run = scope.setdefault(_BEHIND, behind)
            return run(scope, receive, send)

        shim.app = call
        return shim

    put_before_asgi_calls(app, with_behind, handle=_handle, extend=_extend)


def _extend(self: Any, mixin: type) -> None:
    """Extend the application behind the shim: BlackSheep puts a class over that of the application."""
    shim: Any = shim_before_calls(self)
    self.__class__ = type(self).__base__
    try:
        self.extend(mixin)
    finally:
        _put_before(self, shim)


async def _handle(self: Any, request: Request) -> Response:
    """Answer a request; one that did not come through the shim, as from BlackSheep's test client, goes through it."""
    kind: Any = type(self).__base__
    scope: Any = request.scope
    if scope is None or _BEHIND in scope:
        response: Response = await kind.handle(self, request)
        return response
    answered: list[Response] = []
    sent: list[Message] = []

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        answered.append(await kind.handle(self, request))
        headers = list(answered[0].headers)
        await send({"type": "http.response.start", "status": answered[0].status, "headers": headers})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    names = [(name.lower(), value) for name, value in scope["headers"]]
    shim: Any = shim_before_calls(self)
    await shim({**scope, "type": "http", "headers": names, _BEHIND: run}, receive, send)
    return _with_headers(answered[0], sent[0]["headers"]) if answered else _answer(*sent)


def _with_headers(response: Response, headers: list[tuple[bytes, bytes]]) -> Response:
    """Return the application's response with the headers that the shim made of its own."""
    for name in [name for name, _ in response.headers]:
        response.remove_header(name)
    for name, value in headers:
        response.add_header(name, value)
    return response


def _answer(start: Message, body: Message) -> Response:
    """Return the shim's own answer as BlackSheep has a response: what describes the body is in its content."""
    headers = [(name, value) for name, value in start["headers"] if not name.startswith(b"content-")]
    content = Content(b"text/plain; charset=utf-8", body["body"]) if body["body"] else None
    return Response(start["status"], headers, content)
