"""What a browser would send for a script's request, and what the policy says to each of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from fastcors import Decision, Policy, PolicyError
from fastcors._config.names import normalized_method
from fastcors._explain.proposals import Proposal, advise
from fastcors._explain.sentences import explain
from fastcors._grammar import SAFELISTED_METHODS

__all__ = ["Step", "examine", "facts", "report"]


class Step(NamedTuple):
    """One request of a browser, and the decision about it."""

    policy: Policy
    method: str
    headers: list[tuple[str, str]]
    """The request headers that the decision is made from."""
    decision: Decision
    credentials: bool | None = None
    """Whether the page asked for credentials; ``None`` where nobody said."""
    host: str = ""
    """The host that the request is for, as a policy's function may see it."""
    path: str = "/"

    @property
    def allows_credentials(self) -> bool:
        """Whether a browser that sends credentials may read the answer (Fetch, section 4.10, "CORS check")."""
        return ("Access-Control-Allow-Credentials", "true") in self.decision.headers_str

    @property
    def passes(self) -> bool:
        """Whether a browser goes on: the policy allows the request, and the credentials if the page asked for them."""
        lacking = self.decision.kind != "none" and self.credentials is True and not self.allows_credentials
        return self.decision.allowed and not lacking

    def proposals(self) -> tuple[Proposal, ...]:
        """What to change so that the request passes; empty where it does, and where no change would help."""
        if self.decision.allowed and not self.passes:
            return () if isinstance(_with_credentials(self), str) else (Proposal("allow_credentials", True),)
        return advise(self.decision).proposals

    def explanation(self) -> str:
        """The decision in sentences, one a line, and what becomes of the page's credentials."""
        lines = [explain(self.decision, credentials=self.credentials)]
        if self.decision.allowed and not self.passes:
            obstacle = _with_credentials(self)
            lines.append(obstacle if isinstance(obstacle, str) else "Set allow_credentials to True.")
        return "\n".join(lines)


def _with_credentials(step: Step) -> str | Policy:
    """The policy with ``allow_credentials`` under which the step passes; or a sentence that says why there is none."""
    configuration = Proposal("allow_credentials", True).applied(step.policy.to_dict())
    try:
        changed = Policy.from_dict(configuration)
    except PolicyError as error:
        why = "; ".join(issue.message for issue in error.issues)
        return f"allow_credentials cannot be True beside the rest of this policy: {why}."
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in step.headers]
    headers += [(b"host", step.host.encode("latin-1"))] if step.host else []
    decision = changed.decide_asgi({"method": step.method, "path": step.path, "headers": headers})
    return changed if decision.allowed else f"With allow_credentials the policy refuses it ({decision.reason})."


def examine(
    policy: Policy,
    method: str,
    origin: str | None,
    headers: Iterable[str] = (),
    *,
    preflight: bool = False,
    private_network: bool = False,
    credentials: bool | None = None,
    host: str = "",
    path: str = "/",
) -> list[Step]:
    """Decide what a browser sends for a script's ``fetch``: a preflight if it needs one, the actual request.

    ``headers`` are the names of the request headers that are not safelisted. The list ends with the
    actual request, which a browser sends only where the preflight before it passed. Without an ``origin`` there is
    no CORS, and so no preflight. ``credentials`` says whether the page asks for them; ``None`` where nobody knows.
    ``host`` and ``path`` are for a policy whose function sees them.
    """
    method = normalized_method(method)
    names = sorted({name.lower() for name in headers})
    steps = []
    if origin is not None and (preflight or names or private_network or method not in SAFELISTED_METHODS):
        lines = [("Origin", origin), ("Access-Control-Request-Method", method)]
        if names:
            # Fetch, section 4.8, "CORS-preflight fetch", step 5: sorted, lower-case, without a space after the comma.
            lines.append(("Access-Control-Request-Headers", ",".join(names)))
        if private_network:
            lines.append(("Access-Control-Request-Private-Network", "true"))
        decision = policy.decide(
            "OPTIONS",
            origin,
            method,
            ",".join(names) if names else None,
            request_private_network="true" if private_network else None,
            request=_seen(lines, host, path),
        )
        steps.append(Step(policy, "OPTIONS", lines, decision, credentials, host, path))
    lines = [] if origin is None else [("Origin", origin)]
    decision = policy.decide(method, origin, request=_seen(lines, host, path))
    steps.append(Step(policy, method, lines, decision, credentials, host, path))
    return steps


def _seen(lines: Iterable[tuple[str, str]], host: str, path: str) -> dict[str, str]:
    """What a policy's function may see of a request with these header lines."""
    return {**dict(lines), ":authority": host, ":path": path}


def facts(step: Step) -> dict[str, Any]:
    """The step as JSON has it."""
    decision = step.decision
    return {
        "request": {"method": step.method, "headers": dict(step.headers)},
        "kind": decision.kind,
        "allowed": decision.allowed,
        "reason": decision.reason.value,
        "status": decision.status,
        "headers": dict(decision.headers_str),
        "explanation": step.explanation(),
        "proposals": [proposal._asdict() for proposal in step.proposals()],
        "credentials": {"asked": step.credentials, "allowed": step.allows_credentials},
        "passes": step.passes,
    }


def report(policy: Policy, steps: list[Step]) -> dict[str, Any]:
    """The first step's facts, with the actual request's as ``actual`` where a preflight comes first."""
    first, *rest = [facts(step) for step in steps]
    return {**first, "actual": rest[0] if rest else None, "policy": policy.to_dict()}
