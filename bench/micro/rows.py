"""A row of the table, and how it is timed.

A row has sides, which are timed in turn: ``native`` and mostly ``twin``; ``empty``, the loop with nothing in it, or
``bare``, the application alone; peers, other libraries in the place of fastcors; and what else the row is held against.
The two sides of the floor F are timed between those of every row. A round goes once through a list of inputs, which are
made afresh before its clock starts. ``results.py`` says what a side costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench.micro import _floor
from bench.micro.policies import policy

__all__ = [
    "EMPTY",
    "FLOOR",
    "Peer",
    "Point",
    "Row",
    "Side",
    "Target",
    "UnavailableError",
    "engine_row",
    "python_loop",
    "python_side",
    "unroll",
]

UNROLLED = 8
"""Operations in one turn of a loop, so that the loop itself weighs little."""

EMPTY = "pass"
"""The statement that leaves the loop alone."""


@dataclass(frozen=True)
class Side:
    """One side of a row."""

    loop: Callable[[Any], object]
    """What is timed: goes through the inputs."""
    inputs: Callable[[], Any]
    """Makes them."""
    operations: int
    """How many operations that is."""
    check: Callable[[], None] = lambda: None
    """Asserts once, before anything is timed, that the right thing is."""


@dataclass(frozen=True)
class Target:
    """At most so many times the cost of another side of the row; or so many ``"s"``, ``"ns"`` or ``"bytes"``."""

    at_most: float
    of: str


@dataclass(frozen=True)
class Peer:
    """Another side of a row, and so many times what fastcors costs: another library at least, a drop-in at most."""

    side: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Point:
    """Where a row stands in the plot of cost against size."""

    curve: str
    size: int


class UnavailableError(Exception):
    """A side cannot be measured here, and why: its library is not installed, say. The row goes without it."""


@dataclass(frozen=True)
class Row:
    """One row: ``make(side)`` makes a side, when it is its turn."""

    section: str
    name: str
    make: Callable[[str], Side]
    sides: Sequence[str] = ("empty", "native", "twin")
    subtract: str | None = "empty"
    target: Target | None = None
    heavy: bool = False
    """Whether the twin takes so long to set up that a quick run does without it."""
    once: bool = False
    """Whether one operation takes long enough for a few rounds to do."""
    group: str = "Engine"
    """The table that the row is in."""
    peers: Sequence[Peer] = ()
    slow: bool = False
    """Whether a quick run leaves the row out."""
    point: Point | None = None


@lru_cache
def python_loop(statement: str, unrolled: int = UNROLLED) -> Callable[[Any, Any], object]:
    """Make a loop over tuples of inputs, with the statement for each; ``{it}`` is the input, ``call`` what was bound.

    A statement that awaits makes a coroutine function.
    """
    names = [f"it{i}" for i in range(unrolled)]
    lines = [
        f"{'async ' if statement.startswith('await') else ''}def loop(call, inputs):",
        f"    for {', '.join(names)}, in inputs:",
        *(f"        {statement.format(it=name)}" for name in names),
    ]
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)  # noqa: S102 - as timeit does
    loop: Callable[[Any, Any], object] = scope["loop"]
    return loop


def unroll(inputs: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Cut a list of inputs into the tuples that a loop takes."""
    return [tuple(inputs[i : i + UNROLLED]) for i in range(0, len(inputs), UNROLLED)]


def python_side(
    statement: str, call: Any, fresh: Callable[[], list[Any]], expect: Callable[[Any], object] | None = None
) -> Side:
    """A side that runs a Python statement once for each input, which must give what is expected."""
    loop = python_loop(statement)

    def check() -> None:
        if expect is None:
            return
        single: Any = eval("lambda call, it: " + statement.format(it="it"))
        for it in fresh():
            answer = single(call, it)
            assert expect(answer), f"{statement} gave {answer!r}"

    return Side(
        loop=lambda inputs: loop(call, inputs),
        inputs=lambda: unroll(fresh()),
        operations=len(fresh()),
        check=check,
    )


FLOOR = {
    side: python_side(statement, _floor.empty, lambda: [None] * 256)
    for side, statement in (("F loop", EMPTY), ("F", "call()"))
}
"""F, and the loop around it."""


def engine_row(
    section: str,
    name: str,
    statement: str,
    fresh: Callable[[Any], list[Any]],
    expect: Callable[[Any], object],
    *,
    bind: Callable[[Any], Any] = lambda made: made,
    listed: str = "1,000",
    target: Target | None = None,
    slow: bool = False,
) -> Row:
    """A row over both engines: from a policy, ``bind`` takes what the statement names ``call``, and ``fresh`` makes
    the inputs.
    """

    def make(side: str) -> Side:
        made = policy("twin" if side == "twin" else "native", listed)
        if side == "empty":
            return python_side(EMPTY, None, lambda: fresh(made))
        return python_side(statement, bind(made), lambda: fresh(made), expect)

    return Row(section, name, make, target=target, heavy=slow, slow=slow)
