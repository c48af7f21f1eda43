"""The shim of frameworks that have requests and responses of their own, and no gateway interface in front of them.

A framework's module says how to read a request, how to run the application, and how to answer instead of it; what is
done with which request is here.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import unquote

from fastcors._engine import Decision, Engine, Router
from fastcors._shims.options import CLOSED, NOT_GIVEN, OnConflict, ShimConfig, check_flags
from fastcors.decision import Outcome, Reason
from fastcors.declared import DeclaredRequest
from fastcors.errors import PolicyIssue

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters
    from fastcors._shims.routes import Routes
    from fastcors.policy import Policy

__all__ = ["RequestShim", "is_handshake", "policy_at"]

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")


def policy_at(router: Router, path: str, kept: re.Pattern[str]) -> Policy | None:
    """Return the policy of a path that is percent-encoded, as the request has it; None for no CORS.

    ``kept`` matches what a framework does not decode where it routes: an encoded slash is a part of a segment to it,
    and a slash to what stands in front of it. A path gets CORS only where both ways of reading it lead to one policy.
    """
    if "%" not in path:
        return router.find(path)
    policy = router.find(unquote(path))
    as_routed = unquote(kept.sub(lambda match: f"%25{match[0][1:]}", path))
    return policy if policy is router.find(as_routed) else None


def is_handshake(upgrades: Iterable[str]) -> bool:
    """Return whether these lines of ``Upgrade`` are those of a WebSocket handshake (RFC 6455, section 4.2.1)."""
    return any("websocket" in line.lower() for line in upgrades)


class _NoHotPath:
    """Takes the place of a gateway's shim, to which the engine adds a hot path: there is none here."""

    @classmethod
    def _adopt(cls) -> None:
        """Do nothing: nobody calls a shim of this kind."""


class RequestShim(ShimConfig, _NoHotPath, Generic[RequestT, ResultT]):
    """CORS in front of an application that is given a request of its framework, and gives what the framework wants.

    Of what ``CORS(app, …)`` returns, ``policy`` and ``routes`` may be assigned while requests run.
    """

    _router = Router
    _kept = re.compile("%2f", re.IGNORECASE)
    """What the framework does not decode in a path where it routes."""
    _options = (
        *("routes", "preflight_continue", "on_conflict", "check_websocket_origin"),
        *("tell_application", "count_decisions"),
    )

    def __init__(
        self,
        policy: Policy | None = NOT_GIVEN,
        *,
        routes: Routes | None = None,
        preflight_continue: bool = False,
        on_conflict: OnConflict = "replace",
        check_websocket_origin: bool = False,
        tell_application: bool = False,
        count_decisions: bool = False,
        **policy_parameters: Unpack[PolicyParameters],
    ) -> None:
        noting = {"tell_application": tell_application, "count_decisions": count_decisions}
        self._configure(policy, routes, policy_parameters, False, preflight_continue, on_conflict, **noting)
        (self._check_websocket_origin,) = check_flags(check_websocket_origin=check_websocket_origin)
        self._on_conflict: OnConflict = on_conflict

    @classmethod
    def _unknown(cls, name: str, value: object) -> PolicyIssue:
        if name != "handle_errors":
            return super()._unknown(name, value)
        message = "no such parameter here: the framework responds to every exception itself, with the headers"
        return PolicyIssue("unknown-parameter", name, value, message)

    # What a framework's module says.

    @abstractmethod
    def _path_of(self, request: RequestT) -> str:
        """Return the path of a request, percent-encoded as it was sent."""

    @abstractmethod
    def _decide(self, policy: Engine, request: RequestT, granted: bool | None = None) -> Decision:
        """Return the decision of a policy on a request."""

    @abstractmethod
    def _seen(self, policy: Policy, request: RequestT) -> DeclaredRequest | None:
        """Return what the function of a policy, which has one, sees of a request beside its origin."""

    @abstractmethod
    def _keep_decision(self, request: RequestT, decision: Decision) -> None:
        """Put a decision where the response's headers are written."""

    @abstractmethod
    def _tell(self, request: RequestT, outcome: Outcome) -> None:
        """Put an outcome where the application finds it."""

    @abstractmethod
    def _opens_websocket(self, request: RequestT) -> bool:
        """Return whether a request is a WebSocket handshake."""

    @abstractmethod
    def _run(self, request: RequestT) -> Awaitable[ResultT]:
        """Let the application respond."""

    @abstractmethod
    def _run_preflight(self, request: RequestT, decision: Decision) -> Awaitable[ResultT]:
        """Let the application respond to a preflight; answer it where that response says nothing of CORS."""

    @abstractmethod
    def _answer_preflight(self, request: RequestT, decision: Decision) -> Awaitable[ResultT]:
        """Answer a preflight instead of the application."""

    @abstractmethod
    def _refuse_websocket(self, request: RequestT) -> Awaitable[ResultT]:
        """Refuse a WebSocket handshake with the status 403, instead of the application."""

    # What is done with each request.

    def _seen_path(self, policy: Engine, request: RequestT) -> str | None:
        """Return the decoded path of a request where the policy's function sees that; one that is read in two ways too.

        ``//`` stands for a path that is read in two ways: nobody is asked about either.
        """
        if not policy.plan.vary:
            return None
        path = self._path_of(request)
        return "//" if self._kept.search(path) else unquote(path)

    def _respond(self, request: RequestT) -> Awaitable[ResultT]:
        """Answer a request, or let the application respond."""
        policies = self._policies
        policy = (
            policy_at(policies, self._path_of(request), self._kept) if isinstance(policies, self._router) else policies
        )
        if policy is None:
            if policies is not None and self._refuses(request, None):
                return self._refuse_websocket(request)
            return self._run(request)
        check = policy.origin_check
        if check is not None and check.is_async:
            return self._respond_later(request, policy, check)
        decision = self._decide(policy, request)
        if decision.kind == "preflight" or self._check_websocket_origin or self._notes:
            return self._respond_to(request, decision)
        self._keep_decision(request, decision)
        return self._run(request)

    async def _respond_later(self, request: RequestT, policy: Policy, check: Any) -> ResultT:
        """Ask an asynchronous function where it has to say something, and go on then."""
        decision = self._decide(policy, request, False)
        if decision.reason is Reason.ORIGIN_NOT_ALLOWED:
            granted = await check.ask(decision.origin, self._seen(policy, request))
            decision = self._decide(policy, request, granted)
        return await self._respond_to(request, decision)

    def _respond_to(self, request: RequestT, decision: Decision) -> Awaitable[ResultT]:
        """Answer a request on which a policy has decided, or let the application respond."""
        if self._counts:
            decision.policy._count(decision.reason)
        if self._tells:
            self._tell(request, decision.outcome)
        is_preflight = decision.kind == "preflight"
        answers = is_preflight and not self._continue
        if not answers and self._refuses(request, decision):
            return self._refuse_websocket(request)
        self._keep_decision(request, decision)
        if answers:
            return self._answer_preflight(request, decision)
        return self._run_preflight(request, decision) if is_preflight and self._keep else self._run(request)

    def _refuses(self, request: RequestT, decision: Decision | None) -> bool:
        """Return whether a request is a WebSocket handshake from an origin that is not allowed."""
        if not self._check_websocket_origin or not self._opens_websocket(request):
            return False
        return not (decision or self._decide(CLOSED, request)).allowed
