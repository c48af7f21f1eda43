"""What ``app.config`` says about CORS: ``CORS_`` and the name of an argument, in upper case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastcors._config.checks import unknown_parameter
from fastcors._config.readable import PARAMETERS
from fastcors._shims.routes import check_routes
from fastcors.errors import PolicyError, PolicyIssue
from fastcors.policy import Policy

__all__ = ["OPTIONS", "check_names", "over", "read"]

OPTIONS = ("handle_errors", "preflight_continue", "on_conflict", "tell_application", "count_decisions")
"""The arguments of the shim that are no part of a policy."""

_PREFIX = "CORS_"
_KNOWN = {f"{_PREFIX}{name.upper()}": name for name in ("policy", "routes", *OPTIONS, *PARAMETERS)}


def over(below: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in ``below`` with those in ``given`` over them.

    A given policy or given routes replace all that is said below about a policy; given parameters replace its policy,
    its routes and the same parameters.
    """
    if "policy" in given or "routes" in given:
        below = {name: value for name, value in below.items() if name in OPTIONS}
    elif not set(given) <= set(OPTIONS):
        below = {name: value for name, value in below.items() if name not in ("policy", "routes")}
    return {**below, **given}


def check_names(given: Mapping[str, Any]) -> None:
    """Raise PolicyError for arguments that do not exist."""
    known = _KNOWN.values()
    issues = [unknown_parameter(name, value, known) for name, value in given.items() if name not in known]
    if issues:
        raise PolicyError(issues)


def read(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that the configuration has. Raises PolicyError, also for names that do not exist."""
    found: dict[str, Any] = {}
    issues: list[PolicyIssue] = []
    for key, value in config.items():
        if not (isinstance(key, str) and key.startswith(_PREFIX)):
            continue
        name = _KNOWN.get(key)
        if name is None:
            issues.append(_unknown(key, value))
        elif name not in ("policy", "routes"):
            found[name] = value
        elif value is None and name == "policy":
            found[name] = None  # said like that: no CORS but that of decorated views
        elif value is not None:
            try:
                found[name] = _read_policy(value) if name == "policy" else check_routes(value)
            except PolicyError as error:
                issues.extend(error.issues)
    if issues:
        raise PolicyError(issues)
    return found


def _read_policy(value: Any) -> Any:
    """The policy of the mapping that a file has for one."""
    return Policy.from_dict(value) if isinstance(value, Mapping) else value


def _unknown(key: str, value: object) -> PolicyIssue:
    issue = unknown_parameter(key, value, [name.removeprefix(_PREFIX).lower() for name in _KNOWN])
    message = issue.message.replace("no such parameter", "no such setting")
    return issue._replace(message=message, hint=None if issue.hint is None else _PREFIX + issue.hint.upper())
