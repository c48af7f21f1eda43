"""The figures of ``make bench-peers``, as a table in the terminal and in docs/benchmarks-native.md."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from bench.report.table import quantity
from bench.report.terminal import Line, print_grid

__all__ = ["markdown", "print_table"]

OURS = ("C", "C+find", "decide().headers", "response_headers()")
TARGETS = {"jub0bs/cors": 2.0, "rs/cors": 1.0, "tower-http": 1.0, "cors": 1.0, "@fastify/cors": 1.0}
"""The peers, and how many times as long as fastcors in C they are to take, at least."""


def tools(results: Mapping[str, Any]) -> list[str]:
    """Name the runtimes, each with its version."""
    return [told if told.startswith(name) else f"{name} {told}" for name, told in results["runtimes"].items()]


def ratio(row: Mapping[str, Any], peer: str) -> float | None:
    """How many times as long as fastcors in C a peer takes; None where there is no figure."""
    sides = row["sides"]
    if peer not in sides or "C" not in sides or sides[peer]["best"] <= 0:
        return None
    return sides[peer]["best"] / sides["C"]["best"]


def missed(results: Mapping[str, Any]) -> Iterator[str]:
    """What falls short of its target, in words."""
    for row in results["rows"]:
        for peer, at_least in TARGETS.items():
            reached = ratio(row, peer)
            if reached is not None and reached < at_least:
                yield f"{row['policy']} listed, {row['name']}: {peer} takes {reached:.2f} × as long, not {at_least:g} ×"


def cell(row: Mapping[str, Any], peer: str) -> str:
    """A figure, and for a peer the ratio; ``≠``: its answer is another one, so that the work is not the same."""
    side = row["sides"].get(peer)
    if side is None:
        return ""
    text = quantity(side["best"]) if side["best"] > 0 else "?"  # less than its own empty loop: lost in the noise
    reached = ratio(row, peer) if peer in TARGETS else None
    if reached is not None:
        text += f" ({reached:.1f})"
        if side["says"] != row["sides"]["C"]["says"]:
            text += " ≠"
    return text


def present(results: Mapping[str, Any]) -> list[str]:
    """The sides that there are figures of."""
    return [side for side in (*OURS, *TARGETS) if any(side in row["sides"] for row in results["rows"])]


def print_table(results: Mapping[str, Any], console: Console) -> None:
    """Print every row; what misses a target is red."""
    sides = present(results)
    caption = (
        f"{results['date']} · {results['machine']['cpu']} · {results['machine']['python']}\n"
        + " · ".join(tools(results))
        + "\n≠: another answer than fastcors', so that the work is not the same; ?: lost in the noise"
    )

    def line(row: Mapping[str, Any]) -> Line:
        bad = any((ratio(row, peer) or at_least) < at_least for peer, at_least in TARGETS.items())
        return Line(f"{row['policy']} listed", row["name"], [cell(row, side) for side in sides], bad)

    title = "fastcors and its peers: decision and response headers, best of the rounds (times C)"
    print_grid(console, title, sides, map(line, results["rows"]), caption)
    for text in missed(results):
        console.print(f"missed: {text}", style="red", markup=False)


def markdown(*runs: Mapping[str, Any]) -> str:
    """Write the runs one after the other: where each was measured, its table, and what it missed."""
    measured = {peer for run in runs for peer in TARGETS if peer in present(run)}
    parts = list(map(_markdown, runs))
    absent = [peer for peer in TARGETS if peer not in measured]
    if absent:
        parts.append(f"Not measured, as they could not be had there: {', '.join(absent)}.")
    return "\n\n".join(parts)


def _markdown(results: Mapping[str, Any]) -> str:
    sides = present(results)
    where = results["machine"]
    told = [*tools(results), where["python"], where["compiler"]]
    text = (
        f"Measured on {results['date']}: {where['cpu']}, {where['system']}; {'; '.join(told)}. "
        f"Best of {results['rounds']} rounds; in brackets, how many times as long as fastcors in C."
    )
    lines = [
        *textwrap.wrap(text, 120),
        "",
        f"| | {' | '.join(f'`{side}`' for side in sides)} |",
        "|:--" + "|--:" * len(sides) + "|",
    ]
    policy = None
    for row in results["rows"]:
        if row["policy"] != policy:
            policy = row["policy"]
            lines.append(f"| **{policy} listed** |" + " |" * len(sides))
        lines.append(f"| {row['name']} | {' | '.join(cell(row, side) for side in sides)} |")
    short = [f"- {text}" for text in missed(results)]
    lines += ["", *(["Targets that are missed:", "", *short] if short else ["No target is missed."])]
    return "\n".join(lines)
