"""The arithmetic of the benchmarks: what a side costs, what a ratio says, and what is lost in the noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rich", reason="prints the tables")

from bench.counting.lines import grown, touched
from bench.load import gateway_servers, gateway_service, gateway_speed
from bench.load.table import TARGET, Load, cell, verdict
from bench.load.table import summarize as summarize_load
from bench.report.estimate import Estimate, estimate
from bench.report.results import Cost, against, aim, summarize, with_rows
from bench.report.table import times
from fastcors import Policy
from tools import documents

PEER = {"side": "peer", "at_least": 10, "at_most": None}


def benchmark(turn: int, process: int = 0, subtract: str = "empty", **seconds: float) -> dict[str, Any]:
    row = {"group": "G", "section": "S", "row": "R", "subtract": subtract, "target": None, "operations": 1}
    info = {**row, "sides": list(seconds), "turn": turn, "process": process}
    return {"extra_info": info, "stats": {"data": list(seconds.values())}}


def test_a_cost_is_the_best_round_less_the_best_of_what_is_subtracted() -> None:
    turns = {
        "own": {(0, 0): [130.0, 120.0], (0, 1): [121.0], (0, 2): [190.0]},
        "empty": {(0, 0): [100.0], (0, 1): [103.0], (0, 2): [180.0]},
    }
    assert Cost.of(turns, "own", "empty") == Cost(20.0, 4.0)
    assert Cost.of(turns, "own", None) == Cost(120.0, 1.0)


def test_what_is_added_is_the_median_difference_of_neighbours() -> None:
    turns = {
        "own": {(0, 0): [130.0, 130.0, 180.0], (1, 0): [120.0], (2, 0): [190.0]},
        "bare": {(0, 0): [100.0, 90.0, 160.0], (1, 0): [101.0], (2, 0): [100.0]},
    }
    assert Cost.of(turns, "own", "bare") == Cost(30.0, (90.0 - 19.0) / 2)


def test_within_one_process_its_turns_are_compared() -> None:
    turns = {"own": {(0, 0): [12.0], (0, 1): [14.0]}, "bare": {(0, 0): [10.0], (0, 1): [10.0]}}
    assert Cost.of(turns, "own", "bare") == Cost(3.0, 1.0)


def test_one_turn_says_nothing_about_noise() -> None:
    assert Cost.of({"own": {(0, 0): [7.0]}}, "own", None) == Cost(7.0, None)
    assert Cost.of({"own": {(0, 0): [7.0]}, "bare": {(0, 0): [5.0]}}, "own", "bare") == Cost(2.0, None)


def test_an_interval_leaves_out_what_five_of_a_hundred_are() -> None:
    assert estimate([[3.0]]) == Estimate(3.0, None)
    assert estimate([[1.0], [9.0, 2.0, 1.0]]) == Estimate(1.5, (1.0, 2.0))
    assert estimate([[float(i)] for i in range(8)]) == Estimate(3.5, (0.0, 7.0))
    assert estimate([[float(i)] for i in range(9)]) == Estimate(4.0, (1.0, 7.0))
    assert estimate([[float(i)] for i in range(12)]) == Estimate(5.5, (2.0, 9.0))


def test_throughput_is_held_against_the_turns_around_it() -> None:
    rates = {"bare": 100.0, "same bytes": 100.0, "fastcors": 99.0, "peer": 50.0, "bare again": 121.0}
    row = summarize_load("server", "peer", [[{side: Load(rate, None) for side, rate in rates.items()}]] * 6)
    assert row["ratio"] == 0.9  # of 110, the geometric mean
    assert row["met"] is False
    assert row["sides"]["null"]["throughput"]["ratio"] == 1.21
    assert cell(row, "peer", "throughput") == "peer 0.455 (0.455 to 0.455)"
    assert cell(row, "peer", "processor") == ""


def test_a_target_within_the_interval_is_neither_met_nor_missed() -> None:
    assert verdict(TARGET + 0.005, 1.01) is True
    assert verdict(TARGET, 1.0) is True
    assert verdict(0.93, TARGET - 0.01) is False
    assert verdict(0.97, TARGET) is None


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
    sides = {"bare": 1e-6, "native": 1.2e-6, "N": 1.1e-6, "peer": 5e-6, "bare again": 1.01e-6}
    benchmarks = [benchmark(turn, subtract="bare", **sides) for turn in range(3)]
    for one in benchmarks:
        one["extra_info"].update(target={"at_most": 1.3, "of": "N"}, peers=[PEER], missing=["c"])
    report = {"machine_info": {}, "benchmarks": benchmarks}
    results = summarize(report, ["b", "a", "b"])
    (row,) = results["rows"]
    assert results["skipped"] == ["a", "b", "c"]
    assert row["null"] == pytest.approx([10, 0])
    assert row["best"] == pytest.approx(200)
    assert row["base"] == pytest.approx(1000)
    assert row["target"] == {"at_most": 1.3, "of": "N", "reached": 2.0, "met": False}
    assert row["peers"] == [
        {"side": "peer", "cost": 4000.0, "ratio": 20.0, "bound": False, "at_least": 10, "at_most": None, "met": True}
    ]


def test_a_row_without_our_side_is_left_out() -> None:
    report = {"machine_info": {}, "benchmarks": [benchmark(0, bare=1.0, peer=2.0)]}
    results = summarize(report, ["b", "a", "b"])
    assert results["rows"] == []
    assert results["skipped"] == ["a", "b"]


def results_of(*rows: tuple[str, str, float], date: str = "2026-01-02") -> dict[str, Any]:
    made = [{"group": group, "section": group, "name": name, "best": best} for group, name, best in rows]
    return {"date": date, "machine": {"cpu": "M"}, "rows": made, "skipped": [], "e2e": []}


def test_rows_of_another_run_take_the_place_of_their_names_and_new_ones_follow_their_group() -> None:
    old = results_of(("A", "one", 1.0), ("B", "two", 2.0))
    new = results_of(("A", "one", 3.0), ("A", "three", 4.0), ("C", "four", 5.0))
    rows = with_rows(old, new)["rows"]
    assert [(row["name"], row["best"]) for row in rows] == [("one", 3.0), ("three", 4.0), ("two", 2.0), ("four", 5.0)]


def test_rows_of_another_day_are_not_mixed_in() -> None:
    with pytest.raises(SystemExit, match="another date"):
        with_rows(results_of(), results_of(date="2026-01-03"))


DUMP = """events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw

ob=(1) /site/fastcors/_core.cpython-311.so
fn=(1) decide
10 7 2 1 3 2 1 2 1 1
calls=1 20
11 900 90 90 90 90 90 90 90 90
+1 5 1
ob=(2) /lib/libpython3.11.so
fn=(2) PyDict_Copy
20 30 4 4 4 4 4 3 2
ob=(1)
fn=(3) merge
30 4
"""


def test_cache_lines_are_told_apart_by_whose_code_touches_them_and_counted_where_they_are(tmp_path: Path) -> None:
    dump = tmp_path / "dump.1"
    dump.write_text(DUMP, encoding="utf-8")
    assert touched(dump) == {"own code": 2, "other code": 3, "data": 4, "instructions": 46}


def test_a_request_may_touch_a_few_lines_more_than_its_budget() -> None:
    budget = {"asgi, allowed, native": {"own code": 70, "other code": 20, "data": 80}}
    assert not list(grown({"asgi, allowed, native": {"own code": 71, "other code": 20, "data": 87}}, budget))
    more = {"own code": 79, "other code": 20, "data": 80}
    assert list(grown({"asgi, allowed, native": more, "wsgi, allowed, native": more}, budget)) == [
        "asgi, allowed, native: 179 lines, budget 170"
    ]


def test_the_service_of_the_gateway_sends_the_same_bytes_as_the_policy_makes_of_its_answer() -> None:
    policy = Policy.from_dict(gateway_servers.policies(True))
    decision = policy.decide_pairs("GET", [("Origin", gateway_servers.PAGE)])
    assert decision.merge_head(gateway_service.HEAD + b"\r\n") == gateway_service.SAME_BYTES + b"\r\n"


def test_a_gateway_is_held_against_its_turns_without_a_policy_and_meets_the_target_with_its_whole_interval() -> None:
    def processes(*ratios: float) -> list[list[dict[str, Load]]]:
        bare = {"bare": Load(1000.0, 2000.0), "bare again": Load(1000.0, 2000.0)}
        sides = [{"same bytes": Load(999.0, 1998.0), "fastcors": Load(1000 * one, 2000 * one)} for one in ratios]
        return [[{**bare, **side}] for side in sides]

    found = gateway_speed.summary(processes(*[0.995] * 9))
    assert found["bare, requests/s"] == 1000
    assert found["sides"]["same_bytes"]["throughput"]["ratio"] == 0.999
    assert found["sides"]["fastcors"]["processor"] == {"ratio": 0.995, "interval": [0.995, 0.995]}
    assert found["met"] is True
    assert gateway_speed.summary(processes(*[0.98] * 4, *[0.995] * 5))["met"] is None
    assert gateway_speed.summary(processes(*[0.98] * 9))["met"] is False


def test_the_page_of_the_gateway_has_the_figures_that_were_measured() -> None:
    (part,) = (part for part in documents.PARTS if part.mark == "gateway")
    text = (documents.TOP / part.document).read_text(encoding="utf-8")
    assert documents.as_written(part, text) == text


def test_the_gateway_has_answered_everything_as_it_should() -> None:
    found = documents.measured("gateway.json")["answers"]
    assert found["requests"] >= 200_000
    assert found["reloads"] > 1_000
    assert [found[name] for name in ("wrong", "connect", "read", "write", "status", "timeout")] == [0] * 6
    assert found["memory after, KiB"] < 1.1 * found["memory before, KiB"]
