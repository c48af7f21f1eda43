"""CORS for RSGI applications, which granian runs with ``--interface rsgi``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from fastcors._engine import Decision, RSGIShim
from fastcors._shims.messages import respond_to_failure, sets_origin
from fastcors._shims.options import CLOSED, NOT_GIVEN, OnConflict, ShimConfig, check_app, check_flags
from fastcors._shims.routes import Routes
from fastcors._types import RSGIApp
from fastcors.decision import Reason

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters
    from fastcors._engine import Engine
    from fastcors.policy import Policy

__all__ = ["CORSMiddleware"]


class CORSMiddleware(ShimConfig, RSGIShim):
    """An RSGI application that puts CORS in front of another one.

    ``app`` is a coroutine function ``app(scope, proto)``, or an object with the method ``__rsgi__``. The loop hooks of
    an application, ``__rsgi_init__`` and ``__rsgi_del__``, are called as without this.

    What is allowed is said in one of three ways: a ``policy``; the parameters of one
    (``CORSMiddleware(app, allow_origins=[...])``), which raise :class:`fastcors.PolicyError`; or ``routes``, a mapping
    of paths and of prefixes that end in ``/`` to policies (see :attr:`routes`). Two of them raise ``TypeError``, and so
    does none of them; ``policy=None`` turns CORS off. ``policy`` and ``routes`` may be assigned while requests run.

    Preflights are answered here, whatever their path, and do not reach ``app``; every other request does, and its
    response gets the policy's headers, whatever its status and whichever method of ``proto`` it is given to.

    An exception of ``app`` passes as it is. ``handle_errors=True`` responds for one that comes before the response has
    started, with a 500 that has the policy's headers, and then raises it again. ``preflight_continue=True`` lets
    ``app`` respond to preflights, and puts the headers into the response. ``on_conflict="keep"`` leaves a response as
    it is where ``app`` itself set ``Access-Control-Allow-Origin``, but for ``Vary``; ``"replace"`` makes the policy the
    one authority. With both, a preflight that ``app`` responds to without that header gets the policy's answer instead.

    ``count_decisions=True`` counts what is decided by its reason, for ``policy.counts()``.

    ``check_websocket_origin=True`` refuses a WebSocket handshake from an origin that is not allowed with the status
    403, as browsers let every site open one (RFC 6455, section 10.2). The site's own origin must be listed too. A
    handshake with no ``Origin`` comes from no browser, and passes; one on a path that no route has does not.
    """

    _gateway = "RSGI"
    _options = (
        *("routes", "handle_errors", "preflight_continue", "on_conflict"),
        *("count_decisions", "check_websocket_origin"),
    )

    def __init__(
        self,
        app: RSGIApp,
        policy: Policy | None = NOT_GIVEN,
        *,
        routes: Routes | None = None,
        handle_errors: bool = False,
        preflight_continue: bool = False,
        on_conflict: OnConflict = "replace",
        count_decisions: bool = False,
        check_websocket_origin: bool = False,
        **policy_parameters: Unpack[PolicyParameters],
    ) -> None:
        check_app(app, "RSGI")
        self._configure(
            policy,
            routes,
            policy_parameters,
            handle_errors,
            preflight_continue,
            on_conflict,
            count_decisions=count_decisions,
        )
        self.app = app
        self._callback = cast("Any", getattr(app, "__rsgi__", None) or app)
        (self._check_websocket_origin,) = check_flags(check_websocket_origin=check_websocket_origin)

    def __rsgi_init__(self, loop: AbstractEventLoop) -> None:
        """Call the application's hook for the start of a worker, where it has one."""
        _call_hook(self.app, "__rsgi_init__", loop)

    def __rsgi_del__(self, loop: AbstractEventLoop) -> None:
        """Call the application's hook for the end of a worker, where it has one."""
        _call_hook(self.app, "__rsgi_del__", loop)

    def _policy_of(self, scope: Any) -> Policy | None:
        policies = self._policies
        if isinstance(policies, self._router):
            return policies.find(scope.path)
        return cast("Policy | None", policies)

    async def _respond(self, scope: Any, proto: Any) -> None:
        """Respond to any request. The native engine comes here only with what is not an ordinary one."""
        if scope.proto != "http":
            await self._open_websocket(scope, proto)
            return
        policy = self._policy_of(scope)
        if policy is None:
            await self._callback(scope, proto)
            return
        decision = await self._decide(policy, scope)
        if decision.kind == "preflight" and not self._continue:
            _answer_preflight(decision, proto)
            return
        merging = _Protocol(proto, decision, keep=self._keep)
        try:
            await self._callback(scope, merging)
        except Exception as error:
            if merging._started or not self._guarded:
                raise
            merging._replaces = False
            await respond_to_failure(error, merging)  # which puts the policy's headers in, and raises the error

    async def _decide(self, policy: Engine, scope: Any) -> Decision:
        """Return the decision, after it has been counted."""
        decision = await _decide(policy, scope)
        if self._counts:
            decision.policy._count(decision.reason)
        return decision

    async def _open_websocket(self, scope: Any, proto: Any) -> None:
        """Let the application have a handshake, or refuse it where a browser sent it for a page of another site."""
        if self._check_websocket_origin and self._policies is not None:
            decision = await self._decide(self._policy_of(scope) or CLOSED, scope)
            if decision.reason not in (Reason.OK, Reason.NOT_CORS):
                proto.close(403)  # before it was accepted: that is the status of the response
                return
        await self._callback(scope, proto)


class _Protocol:
    """What an application gets for the server's protocol object: it writes the policy's headers into the response.

    All that is no response is the server's own.
    """

    __slots__ = ("_decision", "_inner", "_keep", "_replaces", "_started")

    def __init__(self, inner: Any, decision: Decision, *, keep: bool) -> None:
        self._inner = inner
        self._decision = decision
        self._keep = keep
        self._replaces = keep and decision.kind == "preflight"
        self._started = False

    def __call__(self) -> Any:
        return self._inner()

    def __aiter__(self) -> Any:
        return self._inner.__aiter__()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        # A later version of RSGI may have more of them; all have begun with a status and headers.
        return partial(self._respond, name) if name.startswith("response_") else found

    def response_empty(self, status: int = 200, headers: Iterable[Any] = ()) -> None:
        self._respond("response_empty", status, headers)

    def response_str(self, status: int = 200, headers: Iterable[Any] = (), body: str = "") -> None:
        self._respond("response_str", status, headers, body)

    def response_bytes(self, status: int = 200, headers: Iterable[Any] = (), body: bytes = b"") -> None:
        self._respond("response_bytes", status, headers, body)

    def response_file(self, status: int, headers: Iterable[Any], file: str) -> None:
        self._respond("response_file", status, headers, file)

    def response_file_range(self, status: int, headers: Iterable[Any], file: str, start: int, end: int) -> None:
        self._respond("response_file_range", status, headers, file, start, end)

    def response_stream(self, status: int = 200, headers: Iterable[Any] = ()) -> Any:
        return self._respond("response_stream", status, headers)

    def _respond(self, method: str, status: int = 200, headers: Iterable[Any] = (), *content: Any, **named: Any) -> Any:
        """Respond by a method of the server's; return what that returns."""
        headers = list(headers)
        if self._replaces and not sets_origin(headers):
            self._started = True
            _answer_preflight(self._decision, self._inner)
            return _Nowhere() if method == "response_stream" else None
        merged = self._decision.merge_rsgi(headers, on_conflict="keep" if self._keep else "replace")
        result = getattr(self._inner, method)(status, merged, *content, **named)
        self._started = True
        return result


class _Nowhere:
    """Takes the place of the stream of a response that is not sent."""

    async def send_bytes(self, data: bytes) -> None:
        """Send nothing."""

    async def send_str(self, data: str) -> None:
        """Send nothing."""


async def _decide(policy: Engine, scope: Any) -> Decision:
    """Decide; where the policy's function is asynchronous and has to say something, wait for that."""
    check = policy.origin_check
    if check is None or not check.is_async:
        return policy.decide_rsgi(scope)
    decision = policy.decide_rsgi(scope, origin_granted=False)
    if decision.reason is Reason.ORIGIN_NOT_ALLOWED and await check.ask(decision.origin, check.request_of_rsgi(scope)):
        granted = policy.decide_rsgi(scope, origin_granted=True)
        if granted.origin == decision.origin:  # what is decided on must be what was asked about
            return granted
    return decision


def _answer_preflight(decision: Decision, proto: Any) -> None:
    assert decision.rsgi_response is not None  # noqa: S101 - a preflight has one
    status, headers = decision.rsgi_response
    if decision.body:
        proto.response_bytes(status, headers, decision.body)
    else:
        proto.response_empty(status, headers)


def _call_hook(app: object, name: str, loop: AbstractEventLoop) -> None:
    hook = getattr(app, name, None)
    if hook is not None:
        hook(loop)
