"""From the report of pytest-benchmark to the rows of the table, and to the JSON that is kept."""

from __future__ import annotations

import platform
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from statistics import median
from typing import Any

__all__ = ["summarize"]

FLOOR_INFO = {
    "section": "the floor",
    "row": "F: an empty call of a Cython function",
    "subtract": "empty",
    "target": None,
}

Times = dict[str, list[float]]
"""Nanoseconds of one operation, in each round, by side."""


def summarize(report: Mapping[str, Any]) -> dict[str, Any]:
    """Make ``{"date", "machine", "rows"}`` of a report.

    A row has ``section``, ``name``, ``unit`` (``"ns"`` or ``"bytes"``), ``best``, ``spread`` (median round / best
    round), ``floors`` (best / F), ``target`` (``at_most``, ``of``, ``reached``, ``met``), ``twin`` (its best) and
    ``twin_ratio`` (twin / native); ``None`` where there is no such figure.
    """
    merged: dict[tuple[str, str], tuple[dict[str, Any], Times]] = {}
    floor: Times = {"F": [], "F loop": []}
    for benchmark in report["benchmarks"]:
        info = benchmark["extra_info"]
        _, times = merged.setdefault((info["section"], info["row"]), (info, {}))
        scale = 1e9 / info.get("operations", 1)
        rounds = [time * scale for time in benchmark["stats"]["data"]]
        (floor if info["side"] in floor else times).setdefault(info["side"], []).extend(rounds)
    unit = min(floor["F"]) - min(floor["F loop"]) if floor["F"] else None
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": _machine(report["machine_info"]),
        "rows": [
            *([_row(FLOOR_INFO, {"native": floor["F"], "empty": floor["F loop"]}, unit)] if unit else []),
            *(_row(info, times, unit) for info, times in merged.values()),
        ],
    }


def _row(info: Mapping[str, Any], times: Times, floor: float | None) -> dict[str, Any]:
    best = {side: min(rounds) for side, rounds in times.items()}

    def cost(side: str) -> float:
        return best[side] - (best[info["subtract"]] if info.get("subtract") else 0.0)

    timed = "value" not in info
    own = cost("native") if timed else info["value"]
    twin = cost("twin") if "twin" in best else None
    target = None
    if info["target"]:
        of = info["target"]["of"]
        unit = {"s": 1e9, "bytes": 1.0, "F": floor}.get(of) or cost(of)
        reached = own / unit
        target = {**info["target"], "reached": round(reached, 3), "met": reached <= info["target"]["at_most"]}
    return {
        "section": info["section"],
        "name": info["row"],
        "unit": "ns" if timed else info["unit"],
        "best": round(own, 2),
        "spread": round(median(times["native"]) / best["native"], 2) if timed else None,
        "floors": round(own / floor, 2) if floor and timed and info["subtract"] else None,
        "target": target,
        "twin": None if twin is None else round(twin, 1),
        "twin_ratio": None if twin is None else round(twin / own, 1),
    }


def _machine(info: Mapping[str, Any]) -> dict[str, str]:
    cpu = info.get("cpu", {})
    return {
        "cpu": f"{cpu.get('brand_raw', 'unknown')}, {cpu.get('count', '?')} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": _first_line([*(sysconfig.get_config_var("CC") or "cc").split()[:1], "--version"]),
    }


def _first_line(command: Sequence[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.splitlines()[0]
