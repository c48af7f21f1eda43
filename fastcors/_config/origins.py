"""``allow_origins`` at configuration time: what depends on the list as a whole.

Plain origins are let through by the engine's ``sift``, which the caller hands in: a million in a fraction of a second.
Only what it sets aside is looked at one by one, by ``origin_items``, which is imported then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from fastcors._config.checks import elements
from fastcors._config.danger import OriginRules, judge_any_origin
from fastcors.errors import PolicyIssue

__all__ = ["check_origins"]

_FIELD = "allow_origins"

Sift = Callable[[list[Any], bool], list[int]]
"""The engine's: the places of all but plain origins. The flag says whether plain ``http:`` origins are plain too."""


def check_origins(value: object, rules: OriginRules, sift: Sift) -> tuple[list[str], list[PolicyIssue]]:
    """The origins for the engine: patterns, ``["*"]`` for any, ``[]`` for none or for reflecting."""
    items, issues = elements(_FIELD, "origin", value, rules.advise)
    if issues:
        from fastcors._config.origin_items import say_where

        return [], [say_where(issue) for issue in issues]
    if not items and not rules.null and not rules.reflect and not rules.dynamic:
        message = 'no origin is allowed; list some, or "*" for any'
        return [], [PolicyIssue("origins-missing", _FIELD, value, message)]
    odd = sift(items, not rules.credentials or rules.insecure)
    star, patterns = _look_closer(items, odd, rules, issues) if odd else (False, cast("list[str]", items))
    if star:
        issues += _check_star(patterns, rules)
        patterns = ["*"]
    return ([] if rules.reflect else patterns), issues


def _look_closer(
    items: list[object], odd: list[int], rules: OriginRules, issues: list[PolicyIssue]
) -> tuple[bool, list[str]]:
    from fastcors._config.origin_items import check_items

    return check_items(items, odd, rules, issues)


def _check_star(others: list[str], rules: OriginRules) -> list[PolicyIssue]:
    issues = []
    if others or rules.dynamic:
        message = '"*" allows any origin, so it cannot stand beside other origins, a regex or a function'
        issues.append(PolicyIssue("origin-wildcard-mixed", _FIELD, "*", message))
    return issues + [danger.issue(_FIELD) for danger in judge_any_origin("*", rules)]
