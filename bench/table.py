"""The one table, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["print_table", "quantity", "relation"]

OF = {"bare": "app", "bytes": "B", "few": "× few"}
"""What the sides and units that a target may be in are called, where it is not by their own name."""


def quantity(value: float, unit: str = "ns") -> str:
    """Write nanoseconds in the unit that suits them, with three digits; or bytes."""
    if unit == "bytes":
        return f"{value:.1f} B"
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.1f} ns"


def relation(target: Mapping[str, Any]) -> str:
    """Write what a row comes to in the unit of its target: of an application alone, of the floor, in seconds."""
    return f"{target['reached']:.2f} {OF.get(target['of'], target['of'])}"


def _target(target: Mapping[str, Any] | None) -> str:
    if target is None:
        return ""
    return f"{relation(target)} {'≤' if target['met'] else '>'} {target['at_most']:g}"


def print_table(results: Mapping[str, Any], console: Console) -> None:
    """Print every row; what misses its target is red."""
    machine = results["machine"]
    table = Table(
        box=box.SIMPLE_HEAD,
        title="fastcors: best of many rounds, the sides in turn",
        caption=f"{results['date']} · {machine['cpu']} · {machine['python']} · {machine['compiler']}\n"
        "F: an empty call · N: a native wrapper that copies and appends · app: an application that answers the same",
    )
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=max(24, console.width - 78))
    for heading, width in (("best", 8), ("spread", 6), ("× F", 6)):
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    table.add_column("target", no_wrap=True, min_width=16)
    for heading, width in (("twin", 8), ("twin/native", 11)):
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    section = None
    for row in results["rows"]:
        if row["section"] != section:
            section = row["section"]
            table.add_section()
            table.add_row(f"[bold]{section}")
        missed = row["target"] is not None and not row["target"]["met"]
        table.add_row(f"  {row['name']}", *_cells(row), style="red" if missed else None)
    console.print(table)


def _cells(row: Mapping[str, Any]) -> list[str]:
    def unless_none(value: Any, text: str) -> str:
        return "" if value is None else text.format(value)

    return [
        quantity(row["best"], row["unit"]),
        unless_none(row["spread"], "{:.2f}"),
        unless_none(row["floors"], "{:.1f}"),
        _target(row["target"]),
        "" if row["twin"] is None else quantity(row["twin"]),
        unless_none(row["twin_ratio"], "{:.1f}"),
    ]
