"""The arithmetic of the benchmarks: what a side costs, what a ratio says, and what is lost in the noise."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rich", reason="prints the tables")

from bench.results import Cost, against, aim, summarize
from bench.table import times

PEER = {"side": "peer", "at_least": 10}


def benchmark(side: str, turn: int, *seconds: float, **info: Any) -> dict[str, Any]:
    row = {"group": "G", "section": "S", "row": "R", "subtract": "bare", "target": None, "operations": 1}
    return {"extra_info": {**row, "side": side, "turn": turn, **info}, "stats": {"data": list(seconds)}}


def test_a_cost_is_the_best_round_less_the_best_of_what_is_subtracted() -> None:
    turns = {"own": {0: [130.0, 120.0], 1: [121.0], 2: [190.0]}, "bare": {0: [100.0], 1: [103.0], 2: [180.0]}}
    assert Cost.of(turns, "own", "bare") == Cost(20.0, 4.0)
    assert Cost.of(turns, "own", None) == Cost(120.0, 1.0)


def test_one_turn_says_nothing_about_noise() -> None:
    assert Cost.of({"own": {0: [7.0]}}, "own", None) == Cost(7.0, None)


def test_a_ratio_is_only_a_bound_where_our_own_cost_is_in_the_noise() -> None:
    held = against(PEER, Cost(2.0, 8.0), Cost(208.0, 8.0))
    assert (held["ratio"], held["bound"], held["met"]) == (20.0, True, True)
    assert times(held) == "> 20 ×"
    assert against(PEER, Cost(-3.0, 8.0), Cost(48.0, 8.0))["ratio"] == 5.0


def test_there_is_no_ratio_where_the_peer_is_in_the_noise() -> None:
    held = against(PEER, Cost(2.0, 1.0), Cost(5.0, 8.0))
    assert (held["ratio"], held["met"]) == (None, None)
    assert times(held) == "?"


def test_a_target_is_neither_met_nor_missed_where_its_unit_is_in_the_noise() -> None:
    target = {"at_most": 1.3, "of": "N"}
    assert aim(target, Cost(100.0, 1.0), Cost(-5.0, 8.0)) == {**target, "reached": None, "met": None}
    assert aim(target, Cost(100.0, 1.0), Cost(50.0, 8.0)) == {**target, "reached": 2.0, "met": False}


def test_a_row_holds_its_peers_and_its_target_in_nanoseconds() -> None:
    sides = {"bare": 1e-6, "native": 1.2e-6, "N": 1.1e-6, "peer": 5e-6}
    report = {
        "machine_info": {},
        "benchmarks": [
            benchmark(side, turn, seconds, target={"at_most": 1.3, "of": "N"}, peers=[PEER])
            for turn in range(3)
            for side, seconds in sides.items()
        ],
    }
    (row,) = summarize(report, ["b", "a", "b"])["rows"]
    assert row["best"] == pytest.approx(200)
    assert row["base"] == pytest.approx(1000)
    assert row["target"] == {"at_most": 1.3, "of": "N", "reached": 2.0, "met": False}
    assert row["peers"] == [
        {"side": "peer", "cost": 4000.0, "ratio": 20.0, "bound": False, "at_least": 10, "met": True}
    ]


def test_a_row_without_our_side_is_left_out() -> None:
    report = {"machine_info": {}, "benchmarks": [benchmark("bare", 0, 1.0), benchmark("peer", 0, 2.0)]}
    results = summarize(report, ["b", "a", "b"])
    assert results["rows"] == []
    assert results["skipped"] == ["a", "b"]
