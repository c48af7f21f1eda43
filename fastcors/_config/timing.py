"""``timing_allow_origin`` at configuration time: a switch, or the origins that may read detailed timings."""

from __future__ import annotations

from collections.abc import Iterable

from fastcors._config.checks import check_bool, elements
from fastcors._config.danger import OriginRules
from fastcors._config.origins import Sift, check_origins
from fastcors.errors import PolicyIssue

__all__ = ["check_timing"]

MAX_TIMING_BYTES = 2048
"""Bytes of a list that goes into every response; proxies take 4096 for all headers together."""

_FIELD = "timing_allow_origin"
_RULES = OriginRules()  # no credentials go with timings


def check_timing(value: object, sift: Sift) -> tuple[bool | tuple[str, ...], list[PolicyIssue]]:
    """``True``, ``False``, ``("*",)``, or the origins, sorted and without duplicates."""
    text = isinstance(value, str) and value != "*" and "://" not in value
    if text or isinstance(value, bool) or not isinstance(value, Iterable):
        switch, issues = check_bool(_FIELD, value)
        expected = f'expected True, False, "*" or an iterable of origins, not {type(value).__name__}'
        return switch, [issue._replace(message=expected) for issue in issues]
    items, issues = elements(_FIELD, "origin", value, _RULES.advise)
    if issues or not items:
        return False, issues
    origins, issues = check_origins(items, _RULES, sift)
    issues = [issue._replace(field=_FIELD) for issue in issues]
    if not issues and origins != ["*"]:
        issues = [_wildcard(origin) for origin in origins if "*" in origin] or _too_long(origins)
    return (False if issues else tuple(sorted(set(origins)))), issues


def _wildcard(origin: str) -> PolicyIssue:
    message = 'Timing-Allow-Origin has no patterns (Fetch, "TAO check"); list each origin, or "*" for any'
    return PolicyIssue("timing-origin-wildcard", _FIELD, origin, message)


def _too_long(origins: list[str]) -> list[PolicyIssue]:
    size = len(", ".join(set(origins)))
    if size <= MAX_TIMING_BYTES:
        return []
    message = f"is {size} bytes in every response, more than {MAX_TIMING_BYTES}; True names only the request's origin"
    return [PolicyIssue("timing-origins-too-long", _FIELD, f"{len(origins)} origins", message, "True")]
