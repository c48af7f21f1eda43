"""The check of a route table: paths and path prefixes, each with the policy for what lies there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastcors._config.checks import plain_str, quote
from fastcors._config.route_shapes import host_key, read_route, split_route
from fastcors.errors import PolicyError, PolicyIssue
from fastcors.policy import Policy

__all__ = ["Routes", "advise_policy", "check_routes", "is_policy"]

Routes = Mapping[str, "Policy | Mapping[str, Any] | None"]


def is_policy(value: object) -> bool:
    """Whether it decides: a policy of either engine."""
    return not isinstance(value, type) and hasattr(value, "decide_asgi")


def check_routes(routes: object, *, hosts: bool = False) -> dict[str, Policy | None]:
    """The table as a new dictionary. Raises PolicyError with everything that is wrong with it.

    ``hosts`` says whether a route may begin with a host, ``//api.example.com/``.
    """
    if not isinstance(routes, Mapping):
        message = f"expected a mapping of paths to policies, not {type(routes).__name__}"
        raise PolicyError([PolicyIssue("routes-type", "routes", routes, message)])
    if not routes:
        message = 'there is no route; "/" stands for all paths'
        raise PolicyError([PolicyIssue("routes-empty", "routes", routes, message)])
    checked: dict[str, Policy | None] = {}
    issues: list[PolicyIssue] = []
    seen: dict[tuple[bytes, bytes], str] = {}
    for path, value in routes.items():
        issue = _check_path(path, hosts)
        policy, found = _check_policy(path, value)
        if issue is None:
            issue = _check_duplicate(plain_str(cast("str", path)), seen)
        issues += [issue, *found] if issue is not None else found
        if isinstance(path, str):
            checked[plain_str(path)] = policy
    if issues:
        raise PolicyError(issues)
    return checked


def _check_path(path: object, hosts: bool) -> PolicyIssue | None:
    """Return what is wrong with a path, or None."""
    if not isinstance(path, str):
        return PolicyIssue("route-type", "routes", path, f"a route is a str, not {type(path).__name__}")
    from fastcors._config.route_syntax import find_fault

    fault = find_fault(plain_str(path), hosts=hosts)
    if fault is None:
        return None
    code, message, hint = fault
    return PolicyIssue(code, "routes", plain_str(path), message, hint)


def _check_duplicate(route: str, seen: dict[tuple[bytes, bytes], str]) -> PolicyIssue | None:
    """Return what is wrong with a second route for the same paths, or None for the first."""
    host, path = split_route(route)
    first = seen.setdefault((host_key(host), read_route(path).key), route)
    if first == route:
        return None
    message = f"{quote(route)} stands for the same paths as {quote(first)}"
    return PolicyIssue("route-duplicate", "routes", route, message)


def _check_policy(path: object, value: object) -> tuple[Policy | None, list[PolicyIssue]]:
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


def advise_policy(value: object) -> str:
    """What to write for something that is no policy, where that is known: the end of a message."""
    if isinstance(value, Mapping):
        if any(isinstance(name, str) and name.startswith("/") for name in value):
            return ": a mapping of paths is given as routes={...}"
        return ": write **mapping for parameters, or Policy.from_dict(mapping)"
    if isinstance(value, (str, list, tuple, set, frozenset)):
        return ": origins are given as allow_origins=[...]"
    return ": make an instance, Policy(...)" if value is Policy else ""
