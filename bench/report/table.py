"""The tables, one for each group of rows: for the terminal here, for the documents in ``readme.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from rich.console import Console

from bench.report.terminal import Line, print_grid

__all__ = [
    "LEGEND",
    "OURS",
    "Comparison",
    "Grid",
    "comparisons",
    "grids",
    "missed",
    "print_tables",
    "quantity",
    "relation",
    "times",
]

OF = {"bare": "app", "bytes": "B", "few": "× few"}
"""What the sides and units that a target may be in are called, where it is not by their own name."""

WHOLE = ("kB", "modules")
"""Units whose parts nobody wants to know."""

OURS = {
    "drop-in": "fastcors' drop-in",
    "as asgi-cors": "fastcors' drop-in for asgi-cors",
    "as wsgicors": "fastcors' drop-in for wsgicors",
    "as falcon": "fastcors' drop-in for falcon",
    "guarded": "fastcors, handle_errors=True",
}
"""Sides in the place of a peer that are fastcors' own, and what a plot calls them."""

LEGEND = (
    "F: an empty call · N: a native wrapper that copies and appends · app: an application that answers the same\n"
    "alone: the application without CORS · ×: so many times fastcors\n"
    "±: what processes differ by · null: the same of the application alone · ~: within the noise · ?: so no ratio\n"
    "drop-in, as …: fastcors.compat · guarded: with handle_errors=True, which answers for an application that raises"
)


HEADLINE = (
    "Flask, CORS(app)",
    "Django, middleware",
    "FastAPI, CORS(app)",
    "Starlette, CORS(app)",
    "Litestar",
    "Falcon, CORS(app)",
    "aiohttp",
    "Sanic",
)
"""What a README shows: of each framework the way that its page shows, against the library that people use there."""


class Comparison(NamedTuple):
    """What fastcors and a library of a framework add to an allowed request, in nanoseconds."""

    title: str
    own: float
    library: str
    cost: float
    ratio: float


def comparisons(rows: Sequence[Mapping[str, Any]]) -> list[Comparison]:
    """Return the comparisons of ``HEADLINE`` that were measured and that are sure."""
    found = {row["section"].partition(":")[0]: row for row in rows if row["name"] == "allowed" and row["sure"]}
    return [
        Comparison(title.partition(",")[0], row["best"], peer["side"], peer["cost"], peer["ratio"])
        for title, row in ((title, found[title]) for title in HEADLINE if title in found)
        for peer in row["peers"]
        if peer["side"] not in OURS and peer["ratio"] is not None
    ]


class Grid(NamedTuple):
    """One table, as texts."""

    group: str
    headings: Sequence[str]
    """The headings of the columns after the first."""
    rows: Sequence[tuple[str, str, Sequence[str], bool]]
    """Section, name, cells, and whether a target is missed."""


def quantity(value: float, unit: str = "ns") -> str:
    """Write nanoseconds in the unit that suits them, with three digits; other figures in the unit that they have."""
    if unit in WHOLE:
        return f"{value:,.0f} {unit}"
    if unit != "ns":
        return f"{value:.1f} {OF.get(unit, unit)}"
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.1f} ns"


def relation(target: Mapping[str, Any]) -> str:
    """Write what a row comes to in the unit of its target: of an application alone, of the floor, in seconds."""
    if target["reached"] is None:
        return "?"
    if target["of"] in WHOLE:
        return quantity(target["reached"], target["of"])
    return f"{target['reached']:.2f} {OF.get(target['of'], target['of'])}"


def times(peer: Mapping[str, Any]) -> str:
    """Write how many times cheaper than a peer fastcors is."""
    if peer["ratio"] is None:
        return "?"
    return f"{'> ' if peer['bound'] else ''}{peer['ratio']:.3g} ×"


def missed(row: Mapping[str, Any]) -> bool:
    """Whether a target of the row is not met. One that cannot be told is not."""
    target = row["target"]
    return (target is not None and target["met"] is False) or any(peer["met"] is False for peer in row["peers"])


def grids(rows: Sequence[Mapping[str, Any]]) -> Iterator[Grid]:
    """Make the tables. A column is there where a row of the group has something in it."""
    for group in dict.fromkeys(row["group"] for row in rows):
        members = [row for row in rows if row["group"] == group]
        columns = [(heading, cell) for heading, cell in _columns(members) if any(cell(row) for row in members)]
        yield Grid(
            group,
            [heading for heading, _ in columns],
            [(row["section"], row["name"], [cell(row) for _, cell in columns], missed(row)) for row in members],
        )


def _columns(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Callable[[Mapping[str, Any]], str]]]:
    def number(key: str, form: str) -> Callable[[Mapping[str, Any]], str]:
        return lambda row: "" if row[key] is None else form.format(row[key])

    sides = list(dict.fromkeys(peer["side"] for row in rows for peer in row["peers"]))
    yield "alone", lambda row: "" if row["base"] is None else quantity(row["base"])
    yield "fastcors", lambda row: ("" if row["sure"] else "~") + quantity(max(row["best"], 0), row["unit"])
    yield "±", lambda row: "" if row["base"] is None or row["noise"] is None else quantity(row["noise"])
    yield "null", _null
    yield "spread", number("spread", "{:.2f}")
    if not sides:
        yield "× F", number("floors", "{:.1f}")
    else:
        yield "× N", lambda row: "" if row["target"] or row["natives"] is None else f"{row['natives']:.2f}"
    yield "target", lambda row: _target(row["target"])
    for side in sides:
        yield side, partial(_peer, side)
    if not sides:
        yield "twin", lambda row: "" if row["twin"] is None else quantity(row["twin"])
    yield "twin", number("twin_ratio", "{:.0f} ×")


def _null(row: Mapping[str, Any]) -> str:
    if not row.get("null"):
        return ""
    value, noise = row["null"]
    return f"{value:.0f} ± {noise:.0f} ns"


def _target(target: Mapping[str, Any] | None) -> str:
    if target is None:
        return ""
    if target["reached"] is None:
        return f"? {target['of']}, {target['at_most']:g}"
    return f"{relation(target)} {'≤' if target['met'] else '>'} {target['at_most']:g}"


def _sign(peer: Mapping[str, Any]) -> str:
    if peer["at_least"] is not None:
        return "≥" if peer["met"] else "<"
    return "≤" if peer["met"] else ">"


def _peer(side: str, row: Mapping[str, Any]) -> str:
    for peer in row["peers"]:
        if peer["side"] == side:
            goal = ""
            if peer["met"] is not None:
                goal = f" {_sign(peer)} {peer['at_least'] or peer['at_most']:g}"
            return f"{quantity(peer['cost'])}\n{times(peer)}{goal}"
    return ""


def print_tables(results: Mapping[str, Any], console: Console) -> None:
    """Print every row; what misses a target is red."""
    for grid in grids(results["rows"]):
        print_grid(console, grid.group, grid.headings, [Line(*row) for row in grid.rows])
    machine = results["machine"]
    console.print(f"{results['date']} · {machine['cpu']} · {machine['python']} · {machine['compiler']}\n{LEGEND}")
    for reason in results["skipped"]:
        console.print(f"not measured: {reason}", style="yellow", markup=False)
