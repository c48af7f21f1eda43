"""How long the module ``re`` may take over a regular expression, worked out from the expression.

``re`` tries one way after the other. Where the next character of the subject says which way to go, a wrong one ends
at once. Where it does not, the ways multiply: in a repeat around such a place, with each character. So this counts
the ways; a bounded subject with few ways is fast. It also finds what only ``re`` has, and no linear-time engine.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from fastcors._grammar import MAX_ORIGIN

__all__ = ["SLOW", "UnsupportedError", "ways"]

# The parser has had two names, and no stub for type checkers.
_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

SLOW = 1_000_000
"""The number of ways from which on it is too slow. Two repeats that overlap with what follows are fine, not three."""

_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")  # "_" is in no strict origin
_ALPHABET = _WORD | frozenset("+-.:/[]")
_CATEGORIES = {
    "CATEGORY_DIGIT": frozenset("0123456789"),
    "CATEGORY_NOT_DIGIT": _ALPHABET - frozenset("0123456789"),
    "CATEGORY_SPACE": frozenset[str](),
    "CATEGORY_NOT_SPACE": _ALPHABET,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_WORD": _ALPHABET - _WORD,
}
_NOWHERE = frozenset[str]()
_Node = tuple[Any, Any]
_Chars = frozenset[str]


class UnsupportedError(ValueError):
    """The expression holds what a linear-time engine cannot have."""


def ways(regex: str) -> int:
    """The number of ways in which ``re`` may try to match an origin; never more than ``SLOW``.

    Raises what ``re.compile`` raises, and UnsupportedError.
    """
    tree = _parser.parse(regex)
    if tree.state.flags & re.VERBOSE:
        _unsupported("VERBOSE")
    return _ways_of_all(list(tree), _NOWHERE)


def _ways_of_all(nodes: Sequence[_Node], follow: _Chars) -> int:
    """The ways of nodes one after the other; `follow` is what may come after them."""
    number = 1
    for node in reversed(nodes):
        number = min(number * _ways(node, follow), SLOW)
        first, empty = _start(node)
        follow = first | follow if empty else first
    return number


def _ways(node: _Node, follow: _Chars) -> int:
    kind, value = str(node[0]), node[1]
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, body = value
        most = min(int(most), MAX_ORIGIN)
        first, empty = _start_of_all(body)
        if most > 1 and empty:
            return SLOW
        inner = _ways_of_all(list(body), first | follow if most > 1 else follow)
        number = SLOW if inner > 1 and most > 16 else min(inner**most, SLOW)
        if first & follow and least < most:
            number *= most - int(least) + 1
        return min(number, SLOW)
    if kind == "BRANCH":
        branches = [list(branch) for branch in value[1]]
        seen: set[str] = set()
        overlap = False
        number = 1
        for branch in branches:
            first, empty = _start_of_all(branch)
            first = first | follow if empty else first
            overlap = overlap or not seen.isdisjoint(first)
            seen |= first
            number = max(number, _ways_of_all(branch, follow))
        return min(number * len(branches) if overlap else number, SLOW)
    if kind == "SUBPATTERN":
        _, added, _, body = value
        if added & re.VERBOSE:
            _unsupported("VERBOSE")
        return _ways_of_all(list(body), follow)
    _start(node)  # raises where it is unsupported
    return 1


def _start_of_all(nodes: Iterable[_Node]) -> tuple[_Chars, bool]:
    """What nodes one after the other may begin with, and whether they may match nothing at all."""
    start = _NOWHERE
    for node in nodes:
        first, empty = _start(node)
        start |= first
        if not empty:
            return start, False
    return start, True


def _start(node: _Node) -> tuple[_Chars, bool]:
    kind, value = str(node[0]), node[1]
    if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return _characters(kind, value), False
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        first, empty = _start_of_all(value[2])
        return first, empty or value[0] == 0
    if kind == "BRANCH":
        starts = [_start_of_all(branch) for branch in value[1]]
        return frozenset[str]().union(*(first for first, _ in starts)), any(empty for _, empty in starts)
    if kind == "SUBPATTERN":
        return _start_of_all(value[-1])
    if kind != "AT" or str(value) == "AT_END_STRING":
        _unsupported(kind)
    return _NOWHERE, True


def _unsupported(kind: str) -> NoReturn:
    names = {
        "ASSERT": "look-around",
        "ASSERT_NOT": "look-around",
        "GROUPREF": "a back-reference",
        "GROUPREF_EXISTS": "a condition",
        "ATOMIC_GROUP": "an atomic group",
        "POSSESSIVE_REPEAT": "a possessive repeat",
        "VERBOSE": "the flag x",
        "AT": r"\Z (which is not needed: the whole origin must match)",
    }
    raise UnsupportedError(names.get(kind, "an unknown construct"))


def _characters(kind: str, value: Any) -> _Chars:
    """The characters of an origin that one node stands for, in either letter case."""
    if kind == "ANY":
        return _ALPHABET
    if kind == "NOT_LITERAL":
        return _ALPHABET - {chr(value)}
    if kind == "LITERAL":
        return _ALPHABET & {chr(value), chr(value).lower()}
    exact: set[str] = set()
    folded: set[str] = set()  # in lower case, should case not count
    negated = False
    for what, item in value:
        name = str(what)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            exact.add(chr(item))
            folded.add(chr(item).lower())
        elif name == "RANGE":
            exact |= {c for c in _ALPHABET if item[0] <= ord(c) <= item[1]}
            folded |= {c for c in _ALPHABET if item[0] <= ord(c.upper()) <= item[1]}
        else:
            exact |= _CATEGORIES.get(str(item), _NOWHERE if negated else _ALPHABET)
    # Where in doubt, more: what is thought to overlap costs no more than a refusal.
    return _ALPHABET - exact if negated else _ALPHABET & (exact | folded)
