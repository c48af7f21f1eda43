"""A closer look at what stands in ``allow_origins``: patterns, pruned where another one covers them, and mistakes.

The grammar is in ``patterns``, what is wrong with a string that does not follow it in ``diagnosis``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fastcors._config.checks import element_type, hint_list, plain_str, quote
from fastcors._config.danger import OriginRules, judge_null, judge_pattern
from fastcors._config.diagnosis import diagnose, is_exact_shell, is_regex, say_regex
from fastcors._config.patterns import Pattern, parse, split
from fastcors._grammar import is_strict_domain
from fastcors.errors import PolicyIssue

__all__ = ["check_items", "say_where"]

_FIELD = "allow_origins"


def check_items(
    items: list[object], odd: Iterable[int], rules: OriginRules, issues: list[PolicyIssue]
) -> tuple[bool, list[str]]:
    """Whether ``*`` is among the elements, and the other ones; ``odd`` are the places to look at, ``issues`` grows."""
    star = False
    dropped: set[int] = set()
    wildcards = _Wildcards()
    for i in odd:
        item = items[i]
        if not isinstance(item, str):
            issues.append(say_where(element_type(_FIELD, "origin", item, rules.advise)))
            continue
        items[i] = text = plain_str(item)
        if text == "*":
            star = True
            dropped.add(i)
        elif text == "null" and rules.null:
            dropped.add(i)
        elif not (text == "file://" and rules.null):
            pattern = parse(text)
            if pattern is None:
                if not is_exact_shell(text):
                    issues.append(_malformed(text, rules))
            else:
                issues += [danger.issue(_FIELD) for danger in judge_pattern(text, pattern, rules)]
                if (pattern.subdomains or pattern.port == "*") and not wildcards.add(text, pattern, i):
                    dropped.add(i)
    dropped.update(wildcards.redundant())
    if dropped:
        items = [item for i, item in enumerate(items) if i not in dropped]
    return star, items  # type: ignore[return-value]  # all str, or else there are issues


def say_where(issue: PolicyIssue) -> PolicyIssue:
    """The issue of a value that another parameter takes, with the name of that."""
    value = issue.value
    if isinstance(value, str):
        text = plain_str(value)
        return issue._replace(message=f"{quote(text)} {say_regex(text)}") if is_regex(text) else issue
    if isinstance(value, re.Pattern):
        where = "allow_origin_regex takes a compiled regular expression, with | between several"
    elif callable(value) and not isinstance(value, type):
        where = "allow_origin_func takes a function of an origin"
    else:
        return issue
    return issue._replace(message=f"{issue.message}; {where}")


def _malformed(text: str, rules: OriginRules) -> PolicyIssue:
    for danger in judge_null(text, rules):
        return danger.issue(_FIELD)
    code, message = diagnose(text)
    hint = hint_list(text, rules.advise) if code == "origin-list" else rules.advise(text)
    return PolicyIssue(code, _FIELD, text, message, hint)


class _Wildcards:
    """The patterns with ``*.`` or ``:*``, to find those that another one of them covers.

    One walk up the labels of each host, so the time grows with the number of labels and not with the
    square of the number of patterns. Strings alone are kept, as a hundred thousand tuples would keep the
    garbage collector busy. (The engine drops the exact origins that are covered.)
    """

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        """The patterns, and where each stands in the list."""
        self.domains: set[str] = set()
        """The hosts of those with ``*.``."""

    def add(self, text: str, pattern: Pattern, place: int) -> bool:
        """Take a pattern in; ``False`` where it is known already."""
        if text in self.places:
            return False
        self.places[text] = place
        if pattern.subdomains:
            self.domains.add(pattern.host)
        return True

    def redundant(self) -> list[int]:
        """The places of the patterns that another one covers."""
        return [place for text, place in self.places.items() if self._is_covered(split(text))]

    def _is_covered(self, pattern: Pattern) -> bool:
        scheme, subdomains, host, port = pattern
        colon_port = f":{port}" if port else ""
        if subdomains:
            if port != "*" and f"{scheme}://*.{host}:*" in self.places:
                return True
        elif not is_strict_domain(host):  # an address, or a name that "*." does not match
            return False
        _, dot, parent = host.partition(".")
        while dot:
            if parent in self.domains:
                wider = f"{scheme}://*.{parent}"
                if wider + colon_port in self.places or wider + ":*" in self.places:
                    return True
            _, dot, parent = parent.partition(".")
        return False
