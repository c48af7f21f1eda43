"""Patterns, by which origins, header names and paths are given: literal strings and regular expressions."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from fastcors.compat.flask_cors.constants import ResourcePattern

_HINTS = frozenset("*\\]?$^[]()")
# The parser has had two names, and no stub for type checkers.
_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")


def probably_regex(maybe_regex: ResourcePattern) -> bool:
    """Return whether a pattern is a regular expression: it is compiled, or holds a character of one."""
    return isinstance(maybe_regex, re.Pattern) or not _HINTS.isdisjoint(maybe_regex)


def re_fix(reg: ResourcePattern) -> ResourcePattern:
    """Return ``.*`` for ``*``, which is no regular expression, and anything else as it is."""
    return ".*" if reg == "*" else reg


def get_regexp_pattern(regexp: ResourcePattern) -> str:
    """Return a pattern's text."""
    return regexp.pattern if isinstance(regexp, re.Pattern) else str(regexp)


def ensure_iterable(inst: Any) -> Iterable[Any]:
    """Return an iterable as it is, and anything else, strings included, in a list."""
    if isinstance(inst, Iterable) and not isinstance(inst, str):
        return inst
    return [inst]


def sanitize_regex_param(param: Any) -> list[ResourcePattern]:
    """Return an option that holds one or more patterns as a list of them."""
    return [re_fix(pattern) for pattern in ensure_iterable(param)]


def resolve(option: str, pattern: object, ignore_case: bool) -> ResourcePattern:
    """Return a literal as ``str`` and a regular expression compiled. Raises ValueError for what is neither."""
    if isinstance(pattern, re.Pattern):
        if isinstance(pattern.pattern, str):
            return pattern
    elif isinstance(pattern, str):
        if not probably_regex(pattern):
            return pattern
        try:
            return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"{option}: {pattern!r} is no regular expression: {error}") from None
    raise ValueError(f"{option}: {pattern!r} is neither a string nor a compiled regular expression of one")


def try_match_pattern(value: Any, pattern: ResourcePattern, caseSensitive: bool = True) -> bool:  # noqa: N803
    """Return whether a value matches a pattern.

    ``caseSensitive`` is for literals, and says what the value is: a path is case-sensitive, and a regular expression
    need only match its beginning; an origin or a header name is not, and must be matched whole.
    """
    if isinstance(pattern, str) and probably_regex(pattern):
        pattern = re.compile(pattern, 0 if caseSensitive else re.IGNORECASE)
    if isinstance(pattern, re.Pattern):
        return (pattern.match(value) if caseSensitive else pattern.fullmatch(value)) is not None
    literal, text = str(pattern), str(value)
    return literal == text if caseSensitive else literal.casefold() == text.casefold()


def try_match_any_pattern(inst: str, patterns: Iterable[ResourcePattern], caseSensitive: bool = True) -> bool:  # noqa: N803
    """Return whether a value matches one of the patterns, as ``try_match_pattern`` does."""
    return any(try_match_pattern(inst, pattern, caseSensitive) for pattern in patterns)


def flexible_str(obj: Any) -> str | None:
    """Return the elements of an iterable as one header value, sorted; anything but None as a string."""
    if obj is None or isinstance(obj, str):
        return obj
    return ", ".join(map(str, sorted(obj))) if isinstance(obj, Iterable) else str(obj)


def parse_resources(resources: Any) -> list[tuple[ResourcePattern, dict[str, Any]]]:
    """Return the paths of the option ``resources`` with the options of each, those that come first deciding first.

    A mapping's paths are sorted, the most specific ones first: literal ones, then by how many characters of the path
    are certain, so that the rule of a part of the site goes before one that is for more than it. Raises ValueError for
    another type, and for what is no regular expression.
    """
    pairs: Sequence[tuple[Any, dict[str, Any]]]
    if isinstance(resources, dict):
        pairs = sorted(((re_fix(path), options) for path, options in resources.items()), key=_specificity)
    elif isinstance(resources, (str, re.Pattern)):
        pairs = [(re_fix(resources), {})]
    elif isinstance(resources, Iterable):
        pairs = [(re_fix(path), {}) for path in resources]
    else:
        raise ValueError(f"resources: expected a path, a list of paths or a mapping, not {type(resources).__name__}")
    return [(resolve("resources", path, ignore_case=False), options) for path, options in pairs]


def _specificity(pair: tuple[Any, Any]) -> tuple[bool, int, int, int]:
    path = pair[0]
    text = get_regexp_pattern(path)
    regex = not isinstance(path, str) or probably_regex(path)
    return regex, -fixed_characters(path) if regex else 0, -text.count("/"), -len(text)


def fixed_characters(regex: ResourcePattern) -> int:
    """Return how many characters are the same in all that a regular expression matches; 0 for an invalid one."""
    flags = regex.flags if isinstance(regex, re.Pattern) else 0
    try:
        return _fixed(_parser.parse(get_regexp_pattern(regex), flags))
    except (re.error, OverflowError, RecursionError):
        return 0  # resolve() says what is wrong with it


def _fixed(nodes: Iterable[tuple[Any, Any]]) -> int:
    """Return the same for an expression that is parsed into nodes."""
    number = 0
    for kind, value in nodes:
        name = str(kind)
        if name == "LITERAL":
            number += 1
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            number += _fixed(value[-1] if name == "SUBPATTERN" else value)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            number += int(value[0]) * _fixed(value[2])
        elif name == "BRANCH":
            number += min(map(_fixed, value[1]))
    return number
