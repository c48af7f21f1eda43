"""Runs the rows: every side of a row in turn, many turns, each turn one benchmark of pytest-benchmark."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple

import pytest

from bench.build import build

build()

from bench.rows import FLOOR, Row, Side, UnavailableError  # noqa: E402 - needs what was just built

TURNS = {"full": 30, "quick": 6}
ROUNDS = {"twin": 4}
"""Rounds in one turn; the sides that are not named here: ROUNDS_ELSE."""
ROUNDS_ELSE = 12
TURNS_ONCE = {"full": 2, "quick": 1}
ROUNDS_ONCE = 2


class Case(NamedTuple):
    """One side of a row, in one turn."""

    row: Row
    turn: int
    side: str

    def __str__(self) -> str:
        return f"{self.row.section}: {self.row.name} [{self.side} {self.turn}]"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="fewer turns, and no twin where it takes long")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    quick = metafunc.config.getoption("--quick")
    if "listed" in metafunc.fixturenames:
        metafunc.parametrize("listed", metafunc.module.LONG[:1] if quick else metafunc.module.LONG)
    if "case" not in metafunc.fixturenames:
        return
    kind = "quick" if quick else "full"
    # The turn is the outermost: a machine is slow for seconds at a time, and no row is to lie in one such stretch.
    cases = [
        Case(row, turn, side)
        for turn in range(TURNS[kind])
        for row in metafunc.module.ROWS
        if not (row.slow and quick)
        if not (row.once and turn >= TURNS_ONCE[kind])
        for side in (*row.sides, *FLOOR)
        if not (side == "twin" and row.heavy and (quick or turn >= TURNS_ONCE[kind]))
        if not (side in FLOOR and (row.once or row.subtract in ("bare", None)))
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
def measure(benchmark: Any) -> Callable[[Case], None]:
    """Time a case, and leave in the report what the table needs to know."""

    def run(case: Case) -> None:
        row = case.row
        side = prepare(row, case.side)
        if isinstance(side, str):
            pytest.skip(side)
        benchmark.group = row.name
        benchmark.extra_info.update(
            group=row.group,
            section=row.section,
            row=row.name,
            side=case.side,
            turn=case.turn,
            operations=side.operations,
            subtract=row.subtract,
            target=asdict(row.target) if row.target else None,
            peers=[asdict(peer) for peer in row.peers],
            point=asdict(row.point) if row.point else None,
        )

        previous: list[Any] = []

        def setup() -> tuple[tuple[object], dict[str, object]]:
            inputs = side.inputs()
            if isinstance(inputs, list) and not row.once:
                # To make them has pushed the code out of the near caches: some of the last round's bring it back.
                side.loop(previous[:2])
                previous[:] = inputs
            return (inputs,), {}

        benchmark.pedantic(
            side.loop,
            setup=setup,
            rounds=ROUNDS_ONCE if row.once else ROUNDS.get(case.side, ROUNDS_ELSE),
        )

    return run
