"""A regular expression as an automaton over the characters of an origin, read from the end to the beginning.

The automaton comes from the parse tree of the module ``re``. It says of every character whether the expression
*spells* it: written out, one by one, as in ``example``, ``(com|org)`` or ``[12]``. What a dot, a range, a category, a
negated set or a repeat stands for is not spelled; a dot that stands for ``.`` is, as that is what it was meant for.

Where an expression holds what no automaton can follow (look-around, back-references), the automaton accepts more than
the expression, never less, and ``exact`` is False.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

__all__ = ["ALPHABET", "START", "Automaton", "Positions", "TooLargeError"]

# The parser has had two names, and no stub for type checkers.
_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

WORD = "xabcdefghijklmnopqrstuvwyz1234567890"
"""Letters and digits; those come first that make the more readable examples."""
ALPHABET = WORD + "-.:/+[]"
"""All that a serialised origin is made of (Fetch, section 3.2)."""

START = 0
"""The position before the first character."""

MAX_POSITIONS = 1000
MAX_STEPS = 200_000
_UNROLLED = 32
"""How many repetitions are counted; more are taken for any number."""

_FLAGS = re.IGNORECASE | re.ASCII
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_CONDITIONS = {
    "AT_BEGINNING": "beginning",
    "AT_BEGINNING_STRING": "beginning",
    "AT_END": "end",
    "AT_END_STRING": "end",
    "AT_BOUNDARY": "edge",
    "AT_NON_BOUNDARY": "inside",
}

Positions = frozenset[int]
_Node = tuple[Any, Any]


class TooLargeError(ValueError):
    """The expression needs more positions or steps than are worth it."""


class Automaton:
    """The positions of an expression, and the way back from each to those before it."""

    __slots__ = ("_closures", "_jumps", "_moves", "_steps", "end", "exact", "spelled")

    end: Positions
    """Where reading begins: behind the last character."""
    exact: bool
    """Whether it accepts what the expression matches, and nothing else."""
    spelled: frozenset[str]
    """Every character that is spelled anywhere."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """Raises TooLargeError, and what ``re.compile`` raises."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # who compiled the pattern has been told
            tree = _parser.parse(pattern.pattern, pattern.flags)
        builder = _Builder()
        self.end = frozenset([builder.add_all(list(tree), START, tree.state.flags, True)])
        self.exact = builder.exact
        self._jumps = builder.jumps
        self._moves = builder.moves
        self.spelled = frozenset().union(*(spelled for moves in builder.moves for _, _, spelled in moves))
        self._steps: dict[tuple[Positions, str, str, bool], Positions] = {}
        self._closures: dict[tuple[Positions, str, str], Positions] = {}

    def classes(self) -> list[str]:
        """Representatives of the characters: what one of them does, all of its class do."""
        sets = {chars for moves in self._moves for _, chars, _ in moves}
        found: dict[object, str] = {}
        for char in ALPHABET:
            key: object = char if char in self.spelled or char not in WORD else frozenset(s for s in sets if char in s)
            found.setdefault((key, char.isdigit()), char)
        return list(found.values())

    def step(self, positions: Positions, right: str, char: str, spelling: bool = False) -> Positions:
        """The positions before ``char``, which stands left of ``right`` (``""``: of nothing).

        With ``spelling`` only those before a character that is spelled.
        """
        key = (positions, right, char, spelling)
        found = self._steps.get(key)
        if found is None:
            if len(self._steps) >= MAX_STEPS:
                raise TooLargeError
            here = self._before(positions, char, right)
            found = self._steps[key] = frozenset(
                source
                for position in here
                for source, chars, spelled in self._moves[position]
                if char in (spelled if spelling else chars)
            )
        return found

    def accepts(self, positions: Positions, right: str) -> bool:
        """Whether nothing need stand before ``right``."""
        return START in self._before(positions, "", right)

    def can_begin(self, text: str) -> bool:
        """Whether what is accepted can begin with a text, as far as its characters tell."""
        ahead: dict[int, list[tuple[int, frozenset[str] | None]]] = {}
        for target, (moves, jumps) in enumerate(zip(self._moves, self._jumps, strict=True)):
            for source, chars, _ in moves:
                ahead.setdefault(source, []).append((target, chars))
            for source, _ in jumps:
                ahead.setdefault(source, []).append((target, None))
        reached = {START}
        for char in text:
            open_ = list(reached)
            for position in open_:
                jumped = {target for target, chars in ahead.get(position, ()) if chars is None}
                open_ += jumped - reached
                reached |= jumped
            reached = {
                target for position in reached for target, chars in ahead.get(position, ()) if char in (chars or ())
            }
        return bool(reached)

    def _before(self, positions: Positions, left: str, right: str) -> Positions:
        """The positions that can be reached back over no character, between ``left`` and ``right``."""
        key = (positions, _kind(left), _kind(right))
        found = self._closures.get(key)
        if found is None:
            reached = set(positions)
            open_ = list(positions)
            while open_:
                for source, condition in self._jumps[open_.pop()]:
                    if source not in reached and _holds(condition, key[1], key[2]):
                        reached.add(source)
                        open_.append(source)
            found = self._closures[key] = frozenset(reached)
        return found


def _kind(char: str) -> str:
    return "" if not char else "word" if char in WORD else "other"


def _holds(condition: str, left: str, right: str) -> bool:
    if condition == "beginning":
        return left == ""
    if condition == "end":
        return right == ""
    if condition in ("edge", "inside"):
        return ((left == "word") != (right == "word")) == (condition == "edge")
    return True


class _Builder:
    """Makes the positions, node by node; each move and jump is kept at its target."""

    def __init__(self) -> None:
        self.moves: list[list[tuple[int, frozenset[str], frozenset[str]]]] = [[]]
        self.jumps: list[list[tuple[int, str]]] = [[]]
        self.exact = True

    def add_all(self, nodes: Iterable[_Node], at: int, flags: int, spells: bool) -> int:
        """Add nodes one after the other; return the position behind them."""
        for node in nodes:
            at = self._add(node, at, flags, spells)
        return at

    def _add(self, node: _Node, at: int, flags: int, spells: bool) -> int:
        kind, value = str(node[0]), node[1]
        if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            behind = self._position()
            self.moves[behind].append((at, *_characters(kind, value, flags, spells)))
            return behind
        if kind in _REPEATS:
            self.exact = self.exact and kind != "POSSESSIVE_REPEAT"
            return self._repeat(value, at, flags, spells)
        if kind == "SUBPATTERN":
            _, added, removed, body = value
            return self.add_all(body, at, (flags | added) & ~removed, spells)
        if kind == "BRANCH":
            return self._branch(value[1], at, flags, spells)
        if kind == "AT" and str(value) in _CONDITIONS:
            return self._jump(at, _CONDITIONS[str(value)])
        return self._approximate(kind, value, at, flags, spells)

    def _approximate(self, kind: str, value: Any, at: int, flags: int, spells: bool) -> int:
        """Add what no automaton can follow: all that it could match, and more."""
        self.exact = False
        if kind in ("ASSERT", "ASSERT_NOT"):
            return at
        if kind == "ATOMIC_GROUP":
            return self.add_all(value, at, flags, spells)
        if kind == "GROUPREF_EXISTS":
            return self._branch([value[1], value[2] or []], at, flags, spells)
        if kind == "FAILURE":
            return self._position()  # nothing leads there
        behind = self._jump(at)
        everything = frozenset(ALPHABET)
        self.moves[behind].append((behind, everything, frozenset()))
        return behind

    def _branch(self, branches: Iterable[Iterable[_Node]], at: int, flags: int, spells: bool) -> int:
        ends = [self.add_all(branch, at, flags, spells) for branch in branches]
        behind = self._position()
        self.jumps[behind] = [(end, "") for end in ends]
        return behind

    def _repeat(self, value: Any, at: int, flags: int, spells: bool) -> int:
        least, most, body = int(value[0]), int(value[1]), list(value[2])
        if most > 1 and not (least == most and all(str(node[0]) == "LITERAL" for node in body)):
            spells = False
        for _ in range(min(least, 2 * _UNROLLED)):
            at = self.add_all(body, at, flags, spells)
        if most > max(_UNROLLED, least):
            loop = self._jump(at)
            self.jumps[loop].append((self.add_all(body, loop, flags, spells), ""))
            return self._jump(loop)
        for _ in range(most - least):
            behind = self._position()
            self.jumps[behind] = [(at, ""), (self.add_all(body, at, flags, spells), "")]
            at = behind
        return at

    def _jump(self, at: int, condition: str = "") -> int:
        behind = self._position()
        self.jumps[behind].append((at, condition))
        return behind

    def _position(self) -> int:
        if len(self.moves) >= MAX_POSITIONS:
            raise TooLargeError
        self.moves.append([])
        self.jumps.append([])
        return len(self.moves) - 1


def _characters(kind: str, value: Any, flags: int, spells: bool) -> tuple[frozenset[str], frozenset[str]]:
    """The characters of an origin that a node stands for, and those of them that it spells."""
    if kind == "ANY":
        return frozenset(ALPHABET), frozenset("." if spells else "")
    if kind == "IN":
        items = list(value)
    else:
        items = [("LITERAL", value)] if kind == "LITERAL" else [("NEGATE", None), ("LITERAL", value)]
    chars = _matched("".join(map(_rendered, items)), flags & _FLAGS)
    if not spells:
        return chars, frozenset()
    if len(chars) == 1:
        return chars, chars
    literals = [] if str(items[0][0]) == "NEGATE" else [item for item in items if str(item[0]) == "LITERAL"]
    spelled = _matched("".join(map(_rendered, literals)), flags & _FLAGS) if literals else frozenset()
    return chars, spelled | (chars & {"."})


def _rendered(item: tuple[Any, Any]) -> str:
    """One item of a set, as it is written in an expression."""
    name, value = str(item[0]), item[1]
    if name == "NEGATE":
        return "^"
    if name == "LITERAL":
        return f"\\U{value:08x}"
    if name == "RANGE":
        return f"\\U{value[0]:08x}-\\U{value[1]:08x}"
    return _CATEGORIES.get(str(value), r"\d\D")


@lru_cache(maxsize=1024)
def _matched(items: str, flags: int) -> frozenset[str]:
    """The characters that are in a set, as ``re`` has it."""
    matches = re.compile(f"[{items}]", flags).match
    return frozenset(filter(matches, ALPHABET))
