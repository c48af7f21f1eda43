"""What a browser would send for a script's request, and what the policy says to each of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from fastcors import Decision, Policy

__all__ = ["Step", "examine", "facts", "report"]

# Fetch, "normalize a method": these six are upper-cased, every other method is sent as it is written.
_NORMALISED = frozenset(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"])
# Fetch, "CORS-safelisted method".
_SAFELISTED = frozenset(["GET", "HEAD", "POST"])


class Step(NamedTuple):
    """One request of a browser, and the decision about it."""

    method: str
    headers: list[tuple[str, str]]
    """The request headers that the decision is made from."""
    decision: Decision


def examine(
    policy: Policy,
    method: str,
    origin: str | None,
    headers: Iterable[str] = (),
    *,
    preflight: bool = False,
    private_network: bool = False,
) -> list[Step]:
    """Decide what a browser sends for a script's ``fetch``: a preflight if it needs one, the actual request.

    ``headers`` are the names of the request headers that are not safelisted. The list ends with the
    actual request, which a browser sends only where the preflight before it was allowed. Without an
    ``origin`` there is no CORS, and so no preflight.
    """
    method = method.upper() if method.upper() in _NORMALISED else method
    names = sorted({name.lower() for name in headers})
    steps = []
    if origin is not None and (preflight or names or private_network or method not in _SAFELISTED):
        lines = [("Origin", origin), ("Access-Control-Request-Method", method)]
        if names:
            # Fetch, "CORS-preflight fetch", step 5: sorted, lower-case, without a space after the comma.
            lines.append(("Access-Control-Request-Headers", ",".join(names)))
        if private_network:
            lines.append(("Access-Control-Request-Private-Network", "true"))
        decision = policy.decide(
            "OPTIONS",
            origin,
            method,
            ",".join(names) if names else None,
            request_private_network="true" if private_network else None,
        )
        steps.append(Step("OPTIONS", lines, decision))
    lines = [] if origin is None else [("Origin", origin)]
    steps.append(Step(method, lines, policy.decide(method, origin)))
    return steps


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
        "explanation": decision.explain(),
    }


def report(policy: Policy, steps: list[Step]) -> dict[str, Any]:
    """The first step's facts, with the actual request's as ``actual`` where a preflight comes first."""
    first, *rest = [facts(step) for step in steps]
    return {**first, "actual": rest[0] if rest else None, "policy": policy.to_dict()}
