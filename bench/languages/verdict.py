"""What an answer of a peer comes to: what a browser makes of it, by the model that the contract tests use."""

from __future__ import annotations

from typing import Any

from bench.languages.cases import Case
from tests.support.browser import Request, cors_check, get, preflight_passes

__all__ = ["verdict_of"]


def verdict_of(case: Case, told: dict[str, Any]) -> str:
    """``allowed``, ``refused``, or ``nothing`` where there is no origin to allow.

    A request that no browser sends (``expect`` is ``None``) is allowed if the answer names its origin. RuntimeError
    where a peer hands a preflight on to the application, or does not hand on another request.
    """
    headers = [(name.encode(), value.encode()) for name, value in told["headers"]]
    preflight = case.asked_method is not None
    if told["passed"] is preflight:
        raise RuntimeError(f"{case.policy}, {case.name}: the application was {'' if preflight else 'not '}called")
    if not case.origins:
        return "nothing" if get(headers, b"access-control-allow-origin") is None else "allowed"
    names = tuple(name.encode() for line in case.lines() for name in line.split(","))
    sender = case.origins[0].encode()
    if case.asked_method is None:
        passes = cors_check(Request(sender, case.method.encode(), credentials=True), headers)
    elif case.expect is None:
        passes = get(headers, b"access-control-allow-origin") == sender
    else:
        asked = Request(sender, case.asked_method.encode(), names, credentials=True)
        passes = preflight_passes(asked, told["status"], headers)
    return "allowed" if passes else "refused"
