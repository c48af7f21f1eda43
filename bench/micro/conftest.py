"""Runs the rows: every side of a row in turn, many turns.

A turn of a side is one benchmark of pytest-benchmark. Where a row says what is added to an application, it is the turn
of all its sides: they take rounds one by one, each cycle in another order, so that those that are compared are next to
each other. The difference is a hundredth of either there, and the machine changes by more within seconds.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple

import pytest

from bench.micro.build import build

build()

from bench.micro.rows import FLOOR, Row, Side, UnavailableError  # noqa: E402 - needs what was just built

TURNS = {"full": 30, "quick": 6}
ALL = "all sides"
ROUNDS = {"twin": 4, ALL: 40}
"""Rounds in one turn; the sides that are not named here: ROUNDS_ELSE."""
ROUNDS_ELSE = 12
TURNS_ONCE = {"full": 2, "quick": 1}
ROUNDS_ONCE = 2


class Case(NamedTuple):
    """One side of a row, in one turn."""

    row: Row
    turn: int
    side: str
    """ALL: each of the row's, round by round."""

    def __str__(self) -> str:
        return f"{self.row.section}: {self.row.name} [{self.side} {self.turn}]"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="fewer turns, and no twin where it takes long")
    parser.addoption("--turns", type=int, help="how many turns, where other processes have the rest")
    parser.addoption("--process", type=int, default=0, help="the number of this process among them")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    quick = metafunc.config.getoption("--quick")
    if "listed" in metafunc.fixturenames:
        metafunc.parametrize("listed", metafunc.module.LONG[:1] if quick else metafunc.module.LONG)
    if "case" not in metafunc.fixturenames:
        return
    kind = "quick" if quick else "full"
    turns = metafunc.config.getoption("--turns") or TURNS[kind]
    # The turn is the outermost: a machine is slow for seconds at a time, and no row is to lie in one such stretch.
    cases = [
        Case(row, turn, side)
        for turn in range(turns)
        for row in metafunc.module.ROWS
        if not (row.slow and quick)
        if not (row.once and turn >= TURNS_ONCE[kind])
        for side in ([ALL] if row.subtract == "bare" else [*row.sides, *FLOOR])
        if not (side == "twin" and row.heavy and (quick or turn >= TURNS_ONCE[kind]))
        if not (side in FLOOR and (row.once or row.subtract is None))
    ]
    metafunc.parametrize("case", cases, ids=str)


@pytest.fixture(scope="session", autouse=True)
def _no_collector() -> Iterator[None]:
    # pytest-benchmark turns it off while it times; it is not to go through a million inputs in between either.
    gc.disable()
    yield
    gc.enable()


@cache
def prepare(row: Row, side: str) -> Side | str:
    """Make a side, once for all turns of its row, and check that it does what the row says; or say why it is not."""
    try:
        made = FLOOR[side] if side in FLOOR else row.make(side)
    except UnavailableError as error:
        return f"{side}: {error}"
    made.check()
    return made


@pytest.fixture
def measure(benchmark: Any, request: pytest.FixtureRequest) -> Callable[[Case], None]:
    """Time a case, and leave in the report what the table needs to know."""

    def run(case: Case) -> None:
        row = case.row
        made = {name: prepare(row, name) for name in (row.sides if case.side == ALL else [case.side])}
        sides = {name: side for name, side in made.items() if isinstance(side, Side)}
        missing = [reason for reason in made.values() if isinstance(reason, str)]
        if not sides:
            pytest.skip(missing[0])
        (operations,) = {side.operations for side in sides.values()}
        rounds = ROUNDS_ONCE if row.once else ROUNDS.get(case.side, ROUNDS_ELSE)
        process = request.config.getoption("--process")
        order = in_turn(list(sides), rounds, seed=process * 1000 + case.turn)
        benchmark.group = row.name
        benchmark.extra_info.update(
            group=row.group,
            section=row.section,
            row=row.name,
            sides=order,
            process=process,
            turn=case.turn,
            operations=operations,
            subtract=row.subtract,
            target=asdict(row.target) if row.target else None,
            peers=[asdict(peer) for peer in row.peers],
            point=asdict(row.point) if row.point else None,
            missing=missing,
        )

        previous: dict[str, list[Any]] = {name: [] for name in sides}
        ahead = iter(order)

        def setup() -> tuple[tuple[object, ...], dict[str, object]]:
            name = next(ahead)
            side = sides[name]
            inputs = side.inputs()
            if isinstance(inputs, list) and not row.once:
                # To make them, and another side, has pushed the code out of the near caches: some of the last round's
                # bring it back.
                side.loop(previous[name][:2])
                previous[name][:] = inputs
            return (side.loop, inputs), {}

        benchmark.pedantic(run_round, setup=setup, rounds=len(order))

    return run


def run_round(loop: Callable[[Any], object], inputs: Any) -> None:
    """What is timed."""
    loop(inputs)


def in_turn(sides: list[str], rounds: int, seed: int) -> list[str]:
    """Whose the rounds are: every side once in a cycle, each cycle in an order of its own, so that none always follows
    the same other one.
    """
    draw = random.Random(seed)
    return [side for _ in range(rounds) for side in draw.sample(sides, len(sides))]
