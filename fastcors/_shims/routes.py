"""The check of a route table: paths and path prefixes, each with the policy for what lies there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from fastcors._config.checks import exact, quote
from fastcors._engine import Engine
from fastcors.errors import PolicyError, PolicyIssue
from fastcors.policy import Policy

__all__ = ["Routes", "check_routes", "is_policy"]

Routes = Mapping[str, "Engine | Mapping[str, Any] | None"]

MAX_ROUTE = 8192
"""Bytes; a longer path is in no route."""

_DOT_SEGMENT = re.compile(r"/\.\.?(?:/|$)")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def is_policy(value: object) -> bool:
    """Whether it decides: a policy of either engine."""
    return not isinstance(value, type) and hasattr(value, "decide_asgi")


def check_routes(routes: object) -> dict[str, Engine | None]:
    """The table as a new dictionary. Raises PolicyError with everything that is wrong with it."""
    if not isinstance(routes, Mapping):
        message = f"expected a mapping of paths to policies, not {type(routes).__name__}"
        raise PolicyError([PolicyIssue("routes-type", "routes", routes, message)])
    if not routes:
        message = 'there is no route; "/" stands for all paths'
        raise PolicyError([PolicyIssue("routes-empty", "routes", routes, message)])
    checked: dict[str, Engine | None] = {}
    issues: list[PolicyIssue] = []
    for path, value in routes.items():
        issue = _check_path(path)
        if issue is not None:
            issues.append(issue)
        policy, found = _check_policy(path, value)
        issues += found
        if isinstance(path, str):
            checked[exact(path)] = policy
    if issues:
        raise PolicyError(issues)
    return checked


def _check_path(path: object) -> PolicyIssue | None:
    """What is wrong with a path, or None. Paths are compared decoded, byte for byte, and hold no pattern."""
    if not isinstance(path, str):
        return PolicyIssue("route-type", "routes", path, f"a route is a str, not {type(path).__name__}")
    text = exact(path)
    shown = quote(text)

    def issue(code: str, message: str, hint: str | None = None) -> PolicyIssue:
        good = hint is not None and hint != text and _check_path(hint) is None
        return PolicyIssue(code, "routes", text, message, hint if good else None)

    if not text.startswith("/"):
        path_alone = urlsplit(text).path if "://" in text else "/" + text
        return issue("route-no-slash", f"{shown} does not begin with a slash", path_alone or "/")
    if "*" in text:
        message = f"{shown} holds a wildcard; what ends in a slash stands for all paths below it"
        return issue("route-wildcard", message, text[: text.index("*")])
    if "?" in text or "#" in text:
        message = f"{shown} holds a query or a fragment; a route is a path"
        return issue("route-query", message, re.split("[?#]", text)[0])
    if _ESCAPE.search(text):
        message = f"{shown} holds an escape; paths are compared decoded"
        return issue("route-escape", message, unquote(text))
    if _DOT_SEGMENT.search(text):
        message = f"{shown} has a dot segment; no browser sends one, and no such path gets CORS"
        return issue("route-dot-segment", message, posixpath.normpath(text) + ("/" if text.endswith("/") else ""))
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return issue("route-unicode", f"{shown} holds a lone surrogate, which is no character")
    if size > MAX_ROUTE:
        return issue("route-too-long", f"{shown} is longer than {MAX_ROUTE} bytes")
    return None


def _check_policy(path: object, value: object) -> tuple[Engine | None, list[PolicyIssue]]:
    """The policy of a route: one that is made already, its parameters, or None for no CORS."""
    if value is None:
        return None, []
    if is_policy(value):
        return value, []  # type: ignore[return-value]
    if isinstance(value, Mapping):
        try:
            return Policy.from_dict(value), []
        except PolicyError as error:
            where = f"routes[{path!r:.100}]"
            return None, [issue._replace(field=f"{where}.{issue.field}") for issue in error.issues]
    message = f"a route leads to a Policy, its parameters as a mapping, or None, not {type(value).__name__}"
    return None, [PolicyIssue("route-policy", "routes", value, message)]
