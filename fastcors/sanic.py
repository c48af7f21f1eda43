"""CORS for Sanic applications, under Sanic's own server and under ASGI: ``CORS(app, …)``."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

try:
    from sanic import Sanic
    from sanic.request import Request
    from sanic.response import BaseHTTPResponse, HTTPResponse
except ImportError as error:
    raise ImportError('fastcors.sanic needs Sanic, which pip install "fastcors[sanic]" brings') from error

from fastcors._shims.attach import INSTEAD, check_kind, check_no_shim, same_named
from fastcors._shims.messages import refuse_websocket, sets_origin
from fastcors._shims.options import NOT_GIVEN
from fastcors._shims.requests import RequestShim, is_handshake

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._engine import Decision, Engine
    from fastcors._shims.attach import RequestArguments
    from fastcors._shims.routes import Routes
    from fastcors._types import Scope
    from fastcors.decision import Outcome
    from fastcors.declared import DeclaredRequest
    from fastcors.policy import Policy

__all__ = ["CORS", "Shim"]

_TEXT = "text/plain; charset=utf-8"


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Sanic[Any, Any],
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[RequestArguments],
) -> Shim:
    """Put CORS in front of a Sanic application, and return the shim.

    The shim stands outside of the application's middlewares and its handlers of exceptions, so that every response has
    the headers. ``app`` stays the object that it was: it is what ``sanic``, servers and test clients get, and routes,
    blueprints, middlewares, signals and handlers may still be added to it.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware` but ``handle_errors``, as Sanic responds to every
    exception by itself. Of the shim that is returned, ``policy`` and ``routes`` may be replaced while requests run.

    Raises TypeError where ``app`` is no Sanic application or nothing is allowed, RuntimeError where it has CORS
    already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Sanic, "sanic.Sanic")
    check_no_shim(
        f"the application {app!r:.100}",
        [getattr(type(app), "_fastcors", None)],
        INSTEAD,
    )
    shim = Shim(app, policy, routes=routes, **arguments)
    app.request_class = _requests_of(app.request_class, shim)
    app.__class__ = _behind_the_shim(app, shim)
    return shim


class Shim(RequestShim["Request[Any, Any]", None]):
    """CORS in front of a Sanic application. Made by :func:`CORS`."""

    # Sanic compares paths as they are sent. It has its own encoded: what needs it, in upper-case digits.
    _kept = re.compile(
        "%(?:2[D-F]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE]"  # letters, digits, "-", ".", "_", "~" and the slash
        "|[0-9A-Fa-f][a-f]|[a-f][0-9A-Fa-f])"
    )

    def __init__(self, app: Sanic[Any, Any], policy: Policy | None = NOT_GIVEN, **arguments: Any) -> None:
        super().__init__(policy, **arguments)
        self.app = app
        self._kind = type(app)

    def _path_of(self, request: Request[Any, Any]) -> str:
        return request.path

    def _decide(self, policy: Engine, request: Request[Any, Any], granted: bool | None = None) -> Decision:
        path = None if policy.origin_check is None else self._seen_path(policy, request)
        return policy.decide_mapping(request.method, request.headers, origin_granted=granted, path=path)

    def _seen(self, policy: Policy, request: Request[Any, Any]) -> DeclaredRequest | None:
        assert policy.origin_check is not None  # noqa: S101 - its function is asked
        path = self._seen_path(policy, request)
        return policy.origin_check.request_of_mapping(request.method, path, request.headers)

    def _keep_decision(self, request: Request[Any, Any], decision: Decision) -> None:
        request._fastcors_decision = decision  # type: ignore[attr-defined]

    def _tell(self, request: Request[Any, Any], outcome: Outcome) -> None:
        with suppress(AttributeError):  # somebody's own context, which takes nothing else
            request.ctx.fastcors = outcome

    def _opens_websocket(self, request: Request[Any, Any]) -> bool:
        return _websocket_scope(request) is not None or is_handshake(request.headers.getall("upgrade", ()))

    def _run(self, request: Request[Any, Any]) -> Awaitable[None]:
        return self._kind.handle_request(self.app, request)

    def _run_preflight(self, request: Request[Any, Any], decision: Decision) -> Awaitable[None]:
        return self._run(request)  # what it responds with is looked at there

    async def _answer_preflight(self, request: Request[Any, Any], decision: Decision) -> None:
        await self._send(request, _preflight_response(decision))

    async def _refuse_websocket(self, request: Request[Any, Any]) -> None:
        scope = _websocket_scope(request)
        if scope is None:
            await self._send(request, HTTPResponse(status=403, content_type=_TEXT))
        else:
            transport: Any = request.transport
            await refuse_websocket(scope, transport.receive, transport.send)

    async def _send(self, request: Request[Any, Any], response: BaseHTTPResponse) -> None:
        """Send a response past the application's middlewares; the signal that ends a request's life is sent too."""
        stream: Any = request.stream
        if stream.request_body and not self.app.asgi:
            await request.receive_body()  # type: ignore[no-untyped-call]
        response = stream.respond(_with_headers(response))
        context = {"request": request, "response": response}
        await self.app.dispatch("http.lifecycle.response", inline=True, context=context, fail_not_found=False)
        await response.send(end_stream=True)

    def _finish(self, request: Request[Any, Any], response: Any, whole: bool) -> Any:
        """Return what is sent, instead of a response that the application is about to send.

        ``whole`` says that the application has given it as a whole, and so will not send parts of a body.
        """
        decision: Any = getattr(request, "_fastcors_decision", None)
        replaces = whole and self._keep and decision is not None and decision.kind == "preflight"
        if replaces and isinstance(response, BaseHTTPResponse) and not sets_origin(response.headers.items()):
            stream: Any = request.stream
            response = stream.respond(_preflight_response(decision))
        return _with_headers(response)

    def _merge(self, decision: Decision, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return decision.merge_asgi(list(headers), on_conflict=self._on_conflict)


def _websocket_scope(request: Request[Any, Any]) -> Scope | None:
    """Return the ASGI scope of a WebSocket handshake, or None."""
    scope: Scope | None = getattr(request.transport, "scope", None)
    return scope if scope is not None and scope["type"] == "websocket" else None


def _preflight_response(decision: Decision) -> HTTPResponse:
    assert decision.status is not None  # noqa: S101 - a preflight has one
    return HTTPResponse(decision.body, decision.status, content_type=_TEXT)


def _behind_the_shim(app: Sanic[Any, Any], shim: Shim) -> type[Sanic[Any, Any]]:
    """Return the class of an application whose requests go to the shim first."""
    kind = type(app)

    def handle_request(self: Sanic[Any, Any], request: Request[Any, Any]) -> Awaitable[None]:
        return shim._respond(request) if self is app else kind.handle_request(self, request)

    behind: type[Sanic[Any, Any]] = same_named(kind, {"_fastcors": shim, "handle_request": handle_request})
    return behind


def _requests_of(kind: type[Request[Any, Any]], shim: Shim) -> type[Request[Any, Any]]:
    """Return the class of a request that sends nothing without the shim."""

    async def respond(self: Any, response: Any = None, **options: Any) -> Any:
        given = _with_headers(response)
        sent = await kind.respond(self, given, **options)
        # What came back is another one where there was none yet, or where a middleware has replaced it.
        return sent if sent is given and not shim._keep else shim._finish(self, sent, whole=response is not None)

    body = {"__slots__": ("_fastcors_decision",), "_fastcors": shim, "respond": respond}
    requests: type[Request[Any, Any]] = same_named(kind, body)
    return requests


_KINDS: dict[type[BaseHTTPResponse], type[BaseHTTPResponse]] = {}
"""The classes of responses, each with the one that takes its place, which stands for itself."""


def _with_headers(response: Any) -> Any:
    """Return a response that puts the policy's headers behind its own when it is sent."""
    if isinstance(response, BaseHTTPResponse):
        kind = type(response)
        response.__class__ = _KINDS.get(kind) or _responses_of(kind)
    return response


def _responses_of(kind: type[BaseHTTPResponse]) -> type[BaseHTTPResponse]:
    """Return the class of a response that puts the policy's headers behind its own when it is sent.

    Its own are left as they are: one response may be sent again, to somebody else.
    """

    def processed_headers(self: BaseHTTPResponse) -> Iterable[tuple[bytes, bytes]]:
        headers: Iterable[tuple[bytes, bytes]] = kind.processed_headers.__get__(self)
        request = getattr(self.stream, "request", None)
        decision = getattr(request, "_fastcors_decision", None)
        if decision is None:
            return headers
        shim: Shim = request._fastcors  # type: ignore[union-attr]
        return shim._merge(decision, headers)

    responses: type[BaseHTTPResponse] = same_named(kind, {"processed_headers": property(processed_headers)})
    _KINDS[kind] = _KINDS[responses] = responses
    return responses
