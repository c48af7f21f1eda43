"""The figures of the servers under load: from the turns to the rows, and as a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import median
from typing import Any, NamedTuple

from rich.console import Console

from bench.report.estimate import estimate
from bench.report.terminal import Line, print_grid

__all__ = ["COLUMNS", "TARGET", "Load", "Round", "against_bare", "cell", "print_end_to_end", "summarize", "verdict"]

TARGET = 0.99
"""The least throughput with fastcors, of that of the bare application."""


class Load(NamedTuple):
    """What a turn came to."""

    rate: float
    """Requests per second."""
    busy: float | None
    """Requests per second of processor time that the server took, all its threads together; None where not known."""


Round = dict[str, Load]
"""A turn of every side, those of ``COLUMNS`` and ``bare``."""


SIGNS = {True: "≥", False: "<", None: "?"}
COLUMNS = {"null": "bare again", "same_bytes": "same bytes", "fastcors": "with fastcors", "peer": "with a peer"}
"""The sides of a row, as the tables call them."""


def against_bare(side: str, processes: Sequence[Sequence[Round]]) -> dict[str, Any]:
    """Hold a side against the two bare turns around it: ``throughput`` and ``processor``, each with ``ratio`` and
    ``interval``; None where the system does not say.
    """

    def held(what: int) -> dict[str, Any] | None:
        ratios = []
        for rounds in processes:
            ratios.append([])
            for one in rounds:
                own, before, after = (one[name][what] for name in (side, "bare", "bare again"))
                if own is None or before is None or after is None:
                    return None
                ratios[-1].append(own / (before if side == "bare again" else sqrt(before * after)))
        found = estimate(ratios)
        assert found.interval is not None
        return {"ratio": round(found.value, 4), "interval": [round(end, 4) for end in found.interval]}

    return {"throughput": held(0), "processor": held(1)}


def summarize(title: str, peer: str, processes: Sequence[Sequence[Round]]) -> dict[str, Any]:
    """Make the row: for each side ``ratio`` and ``interval``, of throughput, and the same of processor time."""
    names = {"null": "bare again", "same_bytes": "same bytes", "fastcors": "fastcors", "peer": peer}
    sides = {key: against_bare(side, processes) for key, side in names.items()}
    own = sides["fastcors"]["throughput"]
    assert own is not None
    return {
        "name": title,
        "bare": round(median(one["bare"].rate for rounds in processes for one in rounds)),
        "peer": peer,
        "sides": sides,
        "ratio": own["ratio"],
        "interval": own["interval"],
        "at_least": TARGET,
        "met": verdict(*own["interval"]),
    }


def verdict(least: float, most: float) -> bool | None:
    """Whether the target is met; None where it lies in the interval, and the run cannot tell."""
    return None if least < TARGET <= most else least >= TARGET


def cell(row: Mapping[str, Any], side: str, what: str) -> str:
    """Write a ratio and its interval, as ``throughput`` or ``processor``."""
    figures = row["sides"].get(side, {}).get(what)
    if figures is None:
        return ""
    name = f"{row['peer']} " if side == "peer" else ""
    return f"{name}{figures['ratio']:.3f} ({figures['interval'][0]:.3f} to {figures['interval'][1]:.3f})"


def print_end_to_end(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the table; what misses the target is red."""
    if rows:
        lines = [line for row in rows for line in (_throughput(row), _processor(row))]
        print_grid(console, "End to end", ("bare", *COLUMNS.values(), "target"), lines)


def _throughput(row: Mapping[str, Any]) -> Line:
    goal = f"{SIGNS[row['met']]} {row['at_least']:g}"
    cells = [f"{row['bare']:,} /s", *(cell(row, side, "throughput") for side in COLUMNS), goal]
    return Line(None, row["name"], cells, row["met"] is False)


def _processor(row: Mapping[str, Any]) -> Line:
    return Line(None, "  processor time", ["", *(cell(row, side, "processor") for side in COLUMNS), ""])
