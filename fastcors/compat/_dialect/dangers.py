"""What a drop-in warns of: all that ``fastcors.Policy`` refuses as dangerous, found by the same code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache

from fastcors._config import expressions
from fastcors._config.danger import (
    Danger,
    OriginRules,
    judge_any_origin,
    judge_null,
    judge_pattern,
)
from fastcors._config.expression_cost import SLOW, UnsupportedError, ways
from fastcors._config.expression_danger import judge_expression
from fastcors._config.patterns import parse

__all__ = ["OriginRegex", "dangers_of_expression", "dangers_of_list", "origin_regex"]


class OriginRegex:
    """A regular expression over origins.

    One over which the module ``re`` can take too long is matched by google-re2 where that is installed and has all
    that is in it.
    """

    __slots__ = ("fullmatch", "pattern", "slow")

    pattern: re.Pattern[str]
    fullmatch: Callable[[str], object]
    slow: bool
    """Whether an origin that is made for it can make it slow."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.fullmatch = pattern.fullmatch
        self.slow = False
        text = expressions.with_flags(pattern.pattern, pattern.flags)
        with suppress(UnsupportedError, *expressions.ERRORS):
            self.slow = ways(text) >= SLOW
            if self.slow and expressions.has_re2():
                self.fullmatch = expressions.matcher(text)
                self.slow = False


@lru_cache(maxsize=256)
def origin_regex(pattern: re.Pattern[str]) -> OriginRegex:
    """Return the expression that is matched for a compiled one."""
    return OriginRegex(pattern)


def dangers_of_expression(regex: OriginRegex, credentials: bool) -> tuple[Danger, ...]:
    """Return what is dangerous about an expression that must match the whole of an origin.

    A slow one is not judged: to try it on examples could take for ever.
    """
    return () if regex.slow or not credentials else _judged(regex.pattern)


@lru_cache(maxsize=256)
def _judged(pattern: re.Pattern[str]) -> tuple[Danger, ...]:
    regex = OriginRegex(pattern)
    return tuple(judge_expression(pattern, regex.fullmatch, pattern.pattern, OriginRules(credentials=True)))


def dangers_of_list(texts: Iterable[str], credentials: bool) -> Iterator[Danger]:
    """Return what is dangerous about ``*``, ``null``, origins and patterns; letter case makes no difference."""
    rules = OriginRules(credentials=credentials)
    for text in texts:
        if text == "*":
            yield from judge_any_origin(text, rules)
            continue
        yield from judge_null(text, rules)
        pattern = parse(text.lower())
        if pattern is not None:
            yield from judge_pattern(text, pattern, rules)
