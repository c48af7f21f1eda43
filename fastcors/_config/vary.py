"""Checks of ``vary``: what ``allow_origin_func`` sees of a request beside its origin.

RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9111 is https://www.rfc-editor.org/rfc/rfc9111.
"""

from __future__ import annotations

from fastcors._config.functions import takes
from fastcors._config.names import check_vary_names
from fastcors.declared import AUTHORITY, PSEUDO_NAMES
from fastcors.errors import PolicyIssue

__all__ = ["MAX_VARY_NAMES", "check_vary", "vary_tokens"]

MAX_VARY_NAMES = 8
"""So that an answer that is remembered takes at most 8 kB."""

_FIELD = "vary"


def check_vary(value: object, func: object) -> tuple[tuple[str, ...], list[PolicyIssue]]:
    """The declared names: lower-case, sorted, each once. Where there are any, ``func`` must take the request."""
    names, issues = check_vary_names(value)
    if len(names) > MAX_VARY_NAMES:
        message = f"has {len(names)} names, but at most {MAX_VARY_NAMES} are allowed"
        issues.append(PolicyIssue("vary-too-many", _FIELD, value, message))
    return names, issues or _beside(value, names, func)


def vary_tokens(names: tuple[str, ...]) -> list[str]:
    """Return what is declared as ``Vary`` has it: header names alone, as caches have the method and the path anyway.

    RFC 9110, section 12.5.5; RFC 9111, section 2.
    """
    headers = ["host" if name == AUTHORITY else name for name in names]
    return [name.title() for name in headers if name not in PSEUDO_NAMES]


def _beside(value: object, names: tuple[str, ...], func: object) -> list[PolicyIssue]:
    """Return what is wrong with the names beside the function."""
    if func is None:
        if not names:
            return []
        message = "lists what allow_origin_func looks at, but there is no allow_origin_func"
        return [PolicyIssue("vary-without-function", _FIELD, value, message, "[]")]
    if not callable(func):
        return []  # which is said of the function
    if names and not takes(func, 2) and takes(func, 1):
        message = "allow_origin_func takes only the origin; give it a second parameter, the request, or leave vary out"
        return [PolicyIssue("vary-unused", _FIELD, value, message, "[]")]
    if not names and not takes(func, 1) and takes(func, 2):
        message = "allow_origin_func takes a second argument, the request; list here what it looks at"
        return [PolicyIssue("vary-missing", _FIELD, value, message, '[":authority"]')]
    return []
