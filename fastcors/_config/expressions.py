"""``allow_origin_regex``: what may be configured, and how it is matched.

``google-re2`` takes time in proportion to the origin and is used where it is installed. What is taken without it
is taken with it, and the other way round, but for expressions over which the module ``re`` could take too long.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastcors._config.checks import plain_str, quote, wrong_type
from fastcors._config.danger import OriginRules
from fastcors._config.expression_cost import SLOW, UnsupportedError, ways
from fastcors._config.expression_danger import judge_expression
from fastcors.errors import PolicyIssue

__all__ = ["ERRORS", "check_origin_regex", "has_re2", "matcher", "with_flags"]

_re2: Any = None
with suppress(ImportError):
    _re2 = importlib.import_module("re2")
# A warning is raised where the process makes errors of them.
ERRORS: tuple[type[Exception], ...] = (re.error, OverflowError, RecursionError, Warning)
if _re2 is not None:
    ERRORS += (_re2.error,)
"""What the two engines raise for what they do not take."""

_FIELD = "allow_origin_regex"
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_INLINE = re.compile(r"\(\?([a-zA-Z]+)\)")


def has_re2() -> bool:
    """Whether google-re2 is installed."""
    return _re2 is not None


def matcher(regex: str) -> Callable[[str], object]:
    """A function that says whether the whole of a string matches: a true or a false value.

    Raises what the engine raises for a regex that :func:`check_origin_regex` would refuse.
    """
    if _re2 is None:
        return re.compile(regex).fullmatch
    options = _re2.Options()
    options.log_errors = False
    fullmatch: Callable[[str], object] = _re2.compile(regex, options).fullmatch
    return fullmatch


def check_origin_regex(value: object, rules: OriginRules) -> tuple[str | None, list[PolicyIssue]]:
    """The regex as a string that says everything, flags included; ``None`` for none."""
    if value is None:
        return None, []
    if isinstance(value, str):
        regex = with_flags(plain_str(value), 0)
    elif isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        regex = with_flags(plain_str(value.pattern), value.flags)
    else:
        expected = "None, a str or a compiled pattern of str, with | between several"
        return None, [wrong_type(_FIELD, value, expected, None)]
    if not regex:
        message = "an empty regex matches no origin; for no regex, give None"
        return None, [PolicyIssue("origin-regex-empty", _FIELD, value, message, "None")]
    try:
        slow = _ways(regex) >= SLOW and _re2 is None
        matches = matcher(regex)
    except UnsupportedError as error:
        message = f"{quote(regex)} has {error}, which google-re2 does not support"
        return None, [PolicyIssue("origin-regex-unsupported", _FIELD, value, message)]
    except ERRORS as error:
        message = f"{quote(regex)} is not a valid regular expression: {_said(error)}"
        return None, [PolicyIssue("origin-regex-syntax", _FIELD, value, message)]
    if slow:
        message = (
            f"{quote(regex)} can take very long for an origin that an attacker chooses; install fastcors[re2], which"
            ' takes time in proportion to the length, or list patterns with "*." and ":*" in allow_origins'
        )
        return None, [PolicyIssue("origin-regex-slow", _FIELD, value, message)]
    dangers = judge_expression(re.compile(regex), matches, value, rules)
    return (None, [danger.issue(_FIELD) for danger in dangers]) if dangers else (regex, [])


def _ways(regex: str) -> int:
    """The number of ways in which ``re`` may try to match. Raises what ``re`` raises, and UnsupportedError.

    ``[[:alpha:]]`` is a class for google-re2 and a set of eight characters for ``re``, which warns of it: what would
    be judged by the one must not be matched by the other.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        re.compile(regex)
        number = ways(regex)
    if any(issubclass(warning.category, FutureWarning) for warning in caught):
        raise UnsupportedError("a set in a set")
    return number


def with_flags(text: str, flags: int) -> str:
    """A regex with the flags that were given beside it in front of it."""
    letters = {letter for letter, flag in _FLAGS.items() if flags & flag}
    inline = _INLINE.match(text)
    if inline:
        letters |= set(inline[1]) - {"a", "u"}  # which make no difference in an origin, and google-re2 has not
        text = text[inline.end() :]
    return f"(?{''.join(sorted(letters))}){text}" if letters else text


def _said(error: BaseException) -> str:
    said: Any = error.args[0] if error.args else type(error).__name__
    return quote(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)).strip('"')
