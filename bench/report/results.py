"""From the report of pytest-benchmark to the rows of the table, and to the JSON that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from statistics import median
from typing import Any, NamedTuple

from bench.report.estimate import estimate
from bench.report.machine import machine

__all__ = ["AGAIN", "Cost", "against", "aim", "summarize", "with_rows"]

COUNTED = ("bytes", "kB", "ms", "modules")
"""The units of figures that are no times of rounds."""

AGAIN = "bare again"
"""The side that is the application alone once more: what the method makes of no difference."""
FLOOR_INFO = {
    "group": "Engine",
    "section": "the floor",
    "row": "F: an empty call of a Cython function",
    "subtract": "empty",
    "target": None,
}
PARTS = 3
"""Into so many parts, each of every so-manieth turn, a run is cut to see how well it agrees with itself."""

Turn = tuple[int, int]
"""The process, and the turn in it."""
Times = dict[str, dict[Turn, list[float]]]
"""Nanoseconds of one operation, in each round, by side and turn."""


def summarize(report: Mapping[str, Any], skipped: Sequence[str] = ()) -> dict[str, Any]:
    """Make ``{"date", "machine", "rows", "skipped"}`` of a report.

    What a side costs is its best round, less the best one of the empty loop; or what it adds to the application alone,
    by the rounds next to each other: see :class:`Cost`. A row has:

    - ``group``, ``section``, ``name``, ``point`` as in ``rows.py``; ``unit``, ``"ns"`` or one of ``COUNTED``
    - ``best``, what fastcors costs; ``base``, the median of the application alone, where that is subtracted
    - ``noise``: how sure that is; ``sure``: whether ``best`` is more
    - ``null``: what comes out where the application alone takes the place of fastcors, and its noise
    - ``spread``: the median round / the best round
    - ``floors``: ``best`` / F; ``natives``: ``best`` / N
    - ``target``: ``at_most``, ``of``, ``reached``, ``met``
    - ``twin``, what it costs, and ``twin_ratio``, twin / native
    - ``peers``: a list of ``side``, ``cost``, ``ratio`` (to ``best``), ``at_least``, ``at_most``, ``met``, and
      ``bound``: whether the ratio is the least that it can be, as ``best`` is not sure

    ``None`` where there is no such figure.
    """
    merged: dict[tuple[str, str], tuple[dict[str, Any], Times]] = {}
    floor: Times = {"F": {}, "F loop": {}}
    missing = set(skipped)
    for benchmark in report["benchmarks"]:
        info = benchmark["extra_info"]
        _, times = merged.setdefault((info["section"], info["row"]), (info, {}))
        missing.update(info.get("missing", ()))
        scale = 1e9 / info.get("operations", 1)
        turn = (info.get("process", 0), info.get("turn", 0))
        for side, time in zip(info.get("sides") or [info["side"]], benchmark["stats"]["data"], strict=True):
            (floor if side in floor else times).setdefault(side, {}).setdefault(turn, []).append(time * scale)
    unit = _best(floor["F"]) - _best(floor["F loop"]) if floor["F"] else None
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine(report["machine_info"].get("cpu", {})),
        "rows": [
            *([_row(FLOOR_INFO, {"native": floor["F"], "empty": floor["F loop"]}, unit)] if unit else []),
            *(_row(info, times, unit) for info, times in merged.values() if "native" in times),
        ],
        "skipped": sorted(missing),
    }


def with_rows(results: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return results with rows of another run in them, in the place of those of the same name.

    A row is made of ratios within its own run. Raises SystemExit where the runs are of two machines or days, which one
    table would hide.
    """
    for key in ("machine", "date"):
        if results[key] != new[key]:
            raise SystemExit(f"the results that there are have another {key}: {results[key]}, not {new[key]}")
    rows = list(results["rows"])
    places = {(row["section"], row["name"]): at for at, row in enumerate(rows)}
    for row in new["rows"]:
        at = places.get((row["section"], row["name"]))
        if at is None:
            rows.append(row)
        else:
            rows[at] = row
    groups = {row["group"]: None for row in rows}
    rows = [row for group in groups for row in rows if row["group"] == group]
    return {**results, "rows": rows}


def _best(turns: Mapping[Turn, Sequence[float]], part: int | None = None) -> float:
    return min(min(rounds) for (_, turn), rounds in turns.items() if part is None or turn % PARTS == part)


def _all(turns: Mapping[Turn, Sequence[float]]) -> list[float]:
    return [time for rounds in turns.values() for time in rounds]


def _differences(times: Times, side: str, subtract: str) -> list[list[float]]:
    """What a side's rounds take more than their neighbours of another side, by process; by turn, if there is one."""
    several = len({process for process, _ in times[side]}) > 1
    groups: dict[int, list[float]] = {}
    for (process, turn), rounds in times[side].items():
        other = times[subtract][process, turn]
        groups.setdefault(process if several else turn, []).extend(
            own - alone for own, alone in zip(rounds, other, strict=True)
        )
    return list(groups.values())


class Cost(NamedTuple):
    """What a side costs, and how sure that is; None where there are not enough turns to tell."""

    best: float
    noise: float | None = None

    @classmethod
    def of(cls, times: Times, side: str, subtract: str | None) -> Cost:
        """Take it from the times of a row.

        What is added to an application is a small difference: the median of those between neighbours, which share what
        the machine does at the moment; the noise is what processes differ by (``estimate.py``). Elsewhere, what
        disturbs a round makes it longer, never shorter. So the best round is good where another part of the run has
        one as good; the noise is by how much it has not, of both sides together.
        """
        if subtract == "bare":
            found = estimate(_differences(times, side, subtract))
            return cls(found.value, found.noise)
        sides = (side, subtract) if subtract else (side,)
        bests = [_best(times[name]) for name in sides]
        cost = bests[0] - sum(bests[1:])
        if any({turn % PARTS for _, turn in times[name]} != set(range(PARTS)) for name in sides):
            return cls(cost)
        again = [sorted(_best(times[name], part) for part in range(PARTS))[1] for name in sides]
        return cls(cost, sum(again) - sum(bests))

    @property
    def sure(self) -> bool:
        """Whether it is more than the noise."""
        return self.best > (self.noise or 0.0)


def _row(info: Mapping[str, Any], times: Times, floor: float | None) -> dict[str, Any]:
    subtract = info.get("subtract")
    timed = "value" not in info
    own = Cost.of(times, "native", subtract) if timed else Cost(info["value"])
    costs = {side: Cost.of(times, side, subtract) for side in times if side != "native"}
    twin = costs["twin"].best if "twin" in costs else None
    target = None
    if info["target"]:
        units = {"s": Cost(1e9), "ns": Cost(1.0), "F": Cost(floor or 0.0), **dict.fromkeys(COUNTED, Cost(1.0))}
        target = aim(info["target"], own, units.get(info["target"]["of"]) or costs[info["target"]["of"]])
    rounds = _all(times["native"])
    null = costs.get(AGAIN)
    return {
        "group": info["group"],
        "section": info["section"],
        "name": info["row"],
        "unit": "ns" if timed else info["unit"],
        "best": round(own.best, 2),
        "base": round(median(_all(times["bare"])), 1) if subtract == "bare" else None,
        "noise": None if own.noise is None else round(own.noise, 2),
        "sure": own.sure,
        "null": None if null is None else [round(null.best, 2), round(null.noise or 0.0, 2)],
        "spread": round(median(rounds) / min(rounds), 2) if timed and subtract != "bare" else None,
        "floors": round(own.best / floor, 2) if floor and timed and subtract else None,
        "natives": round(own.best / costs["N"].best, 2) if "N" in costs and costs["N"].sure else None,
        "target": target,
        "twin": None if twin is None else round(twin, 1),
        "twin_ratio": None if twin is None else round(twin / own.best, 1),
        "peers": [against(peer, own, costs[peer["side"]]) for peer in info.get("peers", ()) if peer["side"] in costs],
        "point": info.get("point"),
    }


def aim(target: Mapping[str, Any], own: Cost, unit: Cost) -> dict[str, Any]:
    """Say what was reached, in the unit of the target. None where one of the two is lost in the noise."""
    if not (own.sure and unit.sure):
        return {**target, "reached": None, "met": None}
    reached = own.best / unit.best
    return {**target, "reached": round(reached, 3), "met": reached <= target["at_most"]}


def against(peer: Mapping[str, Any], own: Cost, other: Cost) -> dict[str, Any]:
    """Hold what fastcors costs against what a peer costs. No ratio where the peer's own cost is lost in the noise."""
    ratio: float | None = None
    if other.sure:
        if own.sure:
            ratio = other.best / own.best
        else:
            ratio = (other.best - (other.noise or 0.0)) / (max(own.best, 0.0) + (own.noise or 0.0))
    at_least, at_most = peer["at_least"], peer["at_most"]
    met = None
    if ratio is not None and at_least is not None:
        met = ratio >= at_least
    elif ratio is not None and at_most is not None and own.sure:
        met = ratio <= at_most
    return {
        "side": peer["side"],
        "cost": round(other.best, 1),
        "ratio": None if ratio is None else round(ratio, 2),
        "bound": not own.sure,
        "at_least": at_least,
        "at_most": at_most,
        "met": met,
    }
