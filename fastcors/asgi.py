"""CORS for ASGI applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fastcors._engine import ASGIShim, Decision, Engine
from fastcors._header_list import check_header_list
from fastcors._shims.by_request import ByRequest, Unread
from fastcors._shims.messages import (
    refuse_websocket,
    send_failure,
    sets_origin,
)
from fastcors._shims.options import CLOSED, NOT_GIVEN, OnConflict, ShimConfig, check_app, check_flags
from fastcors._shims.routes import Routes
from fastcors._types import ASGIApp, Message, Receive, Scope, Send
from fastcors.decision import Reason

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters
    from fastcors.policy import Policy

__all__ = ["CORSMiddleware"]


class CORSMiddleware(ShimConfig, ASGIShim):
    """An ASGI 3 application that puts CORS in front of another one.

    What is allowed is said in one of three ways: a ``policy``; the parameters of one
    (``CORSMiddleware(app, allow_origins=[...])``), which raise :class:`fastcors.PolicyError`; or ``routes``, a mapping
    of paths and of prefixes that end in ``/`` to policies (see :attr:`routes`). Two of them raise ``TypeError``, and so
    does none of them; ``policy=None`` turns CORS off. ``policy`` and ``routes`` may be assigned while requests run.

    Preflights are answered here, whatever their path, and do not reach ``app``; every other request does, and its
    response gets the policy's headers, whatever its status. Scopes other than ``"http"`` pass untouched.

    An exception of ``app`` passes as it is. ``handle_errors=True`` responds for one that comes before the response has
    started, with a 500 that has the policy's headers, and then raises it again. ``preflight_continue=True`` lets
    ``app`` respond to preflights, and puts the headers into the response. ``on_conflict="keep"`` leaves a response as
    it is where ``app`` itself set ``Access-Control-Allow-Origin``, but for ``Vary``; ``"replace"`` makes the policy the
    one authority. With both, a preflight that ``app`` responds to without that header gets the policy's answer instead.

    ``tell_application=True`` puts the :class:`fastcors.Outcome` of each request into its scope, under ``"fastcors"``.
    ``count_decisions=True`` counts them by reason, for ``policy.counts()``.

    ``check_websocket_origin=True`` refuses a WebSocket handshake from an origin that is not allowed with the status
    403, as browsers let every site open one (RFC 6455, section 10.2). The site's own origin must be listed too. A
    handshake with no ``Origin`` comes from no browser, and passes; one on a path that no route has does not.
    """

    _gateway = "ASGI"

    def __init__(
        self,
        app: ASGIApp,
        policy: Policy | None = NOT_GIVEN,
        *,
        routes: Routes | None = None,
        handle_errors: bool = False,
        preflight_continue: bool = False,
        on_conflict: OnConflict = "replace",
        tell_application: bool = False,
        count_decisions: bool = False,
        check_websocket_origin: bool = False,
        **policy_parameters: Unpack[PolicyParameters],
    ) -> None:
        check_app(app, "ASGI")
        self._configure(
            policy,
            routes,
            policy_parameters,
            handle_errors,
            preflight_continue,
            on_conflict,
            tell_application,
            count_decisions,
        )
        self.app = app
        (self._check_websocket_origin,) = check_flags(check_websocket_origin=check_websocket_origin)

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await self(scope, receive, send)

        # Servers tell ASGI 3 from ASGI 2 by whether `__call__` is a coroutine function. The native one cannot be, so
        # they find this one; a call of the object itself goes past it.
        vars(self)["__call__"] = call

    def _policy_of(self, scope: Scope) -> Policy | None:
        policies = self._policies
        if isinstance(policies, self._router):
            policies = policies.find(scope.get("path"), root_path=scope.get("root_path"))
        return policies.policy_for(scope) if isinstance(policies, ByRequest) else cast("Policy | None", policies)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to any request. The native engine comes here only with what is not an ordinary one."""
        if scope["type"] == "websocket" and self._check_websocket_origin and self._policies is not None:
            await self._open_websocket(scope, receive, send)
            return
        if self._views is not None:
            if scope["type"] == "lifespan" and isinstance(self._policies, Unread):
                await _read_or_refuse_to_start(self._policies, receive, send)
            scope = _with_header_list(scope)
        policy = self._policy_of(scope) if scope["type"] == "http" else None
        if policy is None:
            await self.app(scope, receive, send)
            return
        scope, decision = await self._decide(policy, scope)
        if decision.kind == "preflight" and not self._continue:
            await _answer_preflight(decision, send)
            return

        replaces = self._keep and decision.kind == "preflight"
        started = replaced = False

        async def send_merged(message: Message) -> None:
            nonlocal started, replaced
            if message.get("type") == "http.response.start":
                headers = list(message.get("headers") or ())
                if replaces and not sets_origin(headers):
                    started = replaced = True
                    await _answer_preflight(decision, send)
                merged = decision.merge_asgi(headers, on_conflict="keep" if self._keep else "replace")
                message = {**message, "headers": merged}
                started = True  # only now: a strange header list raises, and gets a response
            if not replaced:
                await send(message)

        try:
            await self.app(scope, receive, send_merged)
        except Exception as error:
            if started or not self._guarded:
                raise
            replaces = False
            await send_failure(error, send_merged)  # which puts the policy's headers in, and raises the error

    async def _decide(self, policy: Engine, given: Scope) -> tuple[Scope, Decision]:
        """Return the decision, after taking note of it, and the scope for the application."""
        scope = _with_header_list(given)
        decision = await _decide(policy, scope)
        if self._notes:
            self._note(given, decision)
            if scope is not given:
                scope = {**given, "headers": scope["headers"]}
        return scope, decision

    async def _open_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application have a handshake, or refuse it where a browser sent it for a page of another site."""
        scope, decision = await self._decide(self._policy_of(scope) or CLOSED, scope)
        if decision.reason in (Reason.OK, Reason.NOT_CORS):
            await self.app(scope, receive, send)
            return
        await refuse_websocket(scope, receive, send)


async def _read_or_refuse_to_start(unread: Unread, receive: Receive, send: Send) -> None:
    """Read the views of an application that starts. What is wrong with them is said to the server, and raised."""
    try:
        unread.read()
    except Exception as error:
        await receive()  # "lifespan.startup"
        await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
        raise


def _with_header_list(scope: Scope) -> Scope:
    """Return the scope with headers that can be read twice: the specification says that they are an iterable."""
    if isinstance(scope.get("headers", ()), (list, tuple)):
        return scope
    check_header_list(scope["headers"])
    return {**scope, "headers": [_pair(item) for item in scope["headers"] or ()]}


def _pair(item: Any) -> Any:
    """Return a header that can be read twice: the specification says that it is an iterable of two items."""
    if isinstance(item, (list, tuple, str, bytes)) or not hasattr(item, "__iter__"):
        return item
    return tuple(item)


async def _decide(policy: Engine, scope: Scope) -> Decision:
    """Decide; where the policy's function is asynchronous and has to say something, wait for that."""
    check = policy.origin_check
    if check is None or not check.is_async:
        return policy.decide_asgi(scope)
    # A copy: what is decided on must be what was asked about, whatever happens to the scope meanwhile.
    scope = {**scope, "headers": list(scope.get("headers", ()))}
    decision = policy.decide_asgi(scope, origin_granted=False)
    if decision.reason is Reason.ORIGIN_NOT_ALLOWED:
        seen = check.request_of_scope(scope, scope["headers"])
        if await check.ask(decision.origin, seen):
            decision = policy.decide_asgi(scope, origin_granted=True)
    return decision


async def _answer_preflight(decision: Decision, send: Send) -> None:
    for message in decision.asgi_messages or ():
        await send(message)
