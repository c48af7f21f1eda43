"""What the settings say: ``FASTCORS``, or ``FASTCORS_POLICY``; compiled once, and anew where a setting has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from fastcors._config.checks import check_bool, quote, unknown_parameter
from fastcors._config.readable import PARAMETERS
from fastcors._engine import Router
from fastcors._shims.routes import check_routes, is_policy
from fastcors.errors import PolicyError, PolicyIssue
from fastcors.policy import Policy

__all__ = ["POLICY_SETTING", "SETTING", "Rules", "current", "read"]

SETTING = "FASTCORS"
POLICY_SETTING = "FASTCORS_POLICY"

_FLAGS = ("preflight_continue", "tell_application", "count_decisions")
_OPTIONS = ("policy", "routes", "on_conflict", *_FLAGS)
_KNOWN = (*PARAMETERS, *_OPTIONS)
_EXAMPLE = '"allow_origins": ["https://app.example.com"]'
_ELSEWHERE = {
    "handle_errors": "no such option here: Django answers for exceptions, and its answers get the headers",
    "check_websocket_origin": "no such option here; fastcors.asgi.CORSMiddleware has it",
}


class Rules(NamedTuple):
    """The settings at one moment, compiled."""

    policy: Policy | None
    """The policy for every path; None where there is none, or a table of routes."""
    routes: Router | None = None
    keep: bool = False
    """``on_conflict="keep"``"""
    continues: bool = False
    """``preflight_continue=True``"""
    tells: bool = False
    """``tell_application=True``"""
    counts: bool = False
    """``count_decisions=True``"""
    notes: bool = False
    """Whether each decision is told or counted."""


_rules: Rules | None = None


def current() -> Rules:
    """Return the settings as they are now, compiled. PolicyError with everything that is wrong with them."""
    global _rules
    rules = _rules
    if rules is None:
        rules = _rules = read()
    return rules


def _forget(*, setting: str, **_: object) -> None:
    global _rules
    if setting in (SETTING, POLICY_SETTING):
        _rules = None


setting_changed.connect(_forget, dispatch_uid="fastcors.django")


def read() -> Rules:
    """Compile the settings. PolicyError with everything that is wrong with them."""
    given = getattr(settings, SETTING, None)  # None takes it away again, in a test say
    if hasattr(settings, POLICY_SETTING):
        policy, issues = _policy(settings.FASTCORS_POLICY, POLICY_SETTING)
        if given is not None:
            message = f"{SETTING} and {POLICY_SETTING} are both set; keep one of them"
            issues = [PolicyIssue("settings-several", SETTING, given, message), *issues]
        if issues:
            raise PolicyError(issues)
        return Rules(policy)
    if given is None:
        message = f"set {SETTING} = {{{_EXAMPLE}}}, or {POLICY_SETTING} (None if only single views have CORS)"
        raise PolicyError([PolicyIssue("settings-missing", SETTING, None, message)])
    return _read(given)


def _read(given: object) -> Rules:
    if not isinstance(given, Mapping):
        instead = f"; a policy is given as {POLICY_SETTING}" if is_policy(given) or isinstance(given, str) else ""
        message = f"expected a mapping with the parameters of a policy, not {type(given).__name__}{instead}"
        raise PolicyError([PolicyIssue("settings-type", SETTING, given, message)])
    issues = [
        unknown_parameter(name, value, _KNOWN, _ELSEWHERE.get(name, "") if isinstance(name, str) else "")
        for name, value in given.items()
        if name not in _KNOWN
    ]
    flags = []
    for name in _FLAGS:
        flag, found = check_bool(name, given.get(name, False))
        flags.append(flag)
        issues += found
    on_conflict = given.get("on_conflict", "replace")
    if on_conflict not in ("replace", "keep"):
        message = f'expected "replace" or "keep", not {on_conflict!r:.100}'
        issues.append(PolicyIssue("on-conflict-unknown", "on_conflict", on_conflict, message))
    policy, routes, found = _what_is_allowed(given)
    issues += found
    if issues:
        raise PolicyError(issues)
    continues, tells, counts = flags
    return Rules(policy, routes, on_conflict == "keep", continues, tells, counts, tells or counts)


def _what_is_allowed(given: Mapping[str, Any]) -> tuple[Policy | None, Router | None, list[PolicyIssue]]:
    """Return the policy or the table of routes that ``FASTCORS`` has, and what is wrong with them."""
    parameters = {name: value for name, value in given.items() if name in PARAMETERS}
    ways = [*(name for name in ("policy", "routes") if name in given), *(["parameters"] if parameters else [])]
    issues: list[PolicyIssue] = []
    policy: Policy | None = None
    routes: Router | None = None
    if len(ways) > 1:
        message = f"give only one of a policy, routes and parameters of a policy, not {' and '.join(ways)}"
        issues.append(PolicyIssue("settings-several", SETTING, given, message))
    elif not ways:
        message = f'nothing is allowed: give {_EXAMPLE}, routes, or "policy": None where only views have CORS'
        issues.append(PolicyIssue("settings-missing", SETTING, given, message))
    if "policy" in given:
        policy, found = _policy(given["policy"], "policy")
        issues += found
    if "routes" in given:
        try:
            routes = Router(check_routes(given["routes"]))
        except PolicyError as error:
            issues += error.issues
    if parameters:
        try:
            policy = Policy(**parameters)
        except PolicyError as error:
            alone = len(ways) == 1  # or else the policy or the routes beside them have the origins
            issues += [issue for issue in error.issues if alone or issue.code != "origins-missing"]
    return policy, routes, issues


def _policy(value: object, field: str) -> tuple[Policy | None, list[PolicyIssue]]:
    """Return a policy that is given as one, as the dotted path to one, or as None for no CORS; and what is wrong."""
    if value is None or is_policy(value):
        return cast("Policy | None", value), []
    if not isinstance(value, str):
        instead = f"; parameters are given as {SETTING}" if isinstance(value, Mapping) else ""
        message = f"expected a Policy, the dotted path to one, or None, not {type(value).__name__}{instead}"
        return None, [PolicyIssue("settings-type", field, value, message)]
    try:
        found = import_string(value)
    except ImportError as error:
        message = f"{quote(value)} cannot be imported: {error}"
        return None, [PolicyIssue("settings-import", field, value, message)]
    if is_policy(found):
        return found, []
    message = f"{quote(value)} is no Policy, but of the type {type(found).__name__}"
    return None, [PolicyIssue("settings-type", field, value, message)]
