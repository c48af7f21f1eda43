"""The plots, as SVG that can be read on a light and on a dark page; the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.table import OURS, comparisons, quantity

__all__ = ["draw_all"]

INK = "#7d8590"
"""Grey with about the same contrast to white and to a dark page."""
OWN = "#e8590c"
PEER = "#748ffc"
CURVES = ("#e8590c", "#4c8dff", "#2f9e44", "#c05ad6")

STYLE = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "DejaVu Sans"],
    "font.size": 10,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "fastcors",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw_all(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what there are figures for; returns the files."""
    drawn = []
    with mpl.rc_context(STYLE):
        for name, plot in {"frameworks": frameworks, "added-cost": added_cost, "scale": scale}.items():
            figure = plot(results["rows"])
            if figure is None:
                continue
            path = folder / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None, "Creator": None})
            plt.close(figure)
            # matplotlib leaves blanks at the ends of lines, and editors and diffs trip over them.
            lines = path.read_text(encoding="utf-8").splitlines()
            path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
            drawn.append(path)
    return drawn


def bars_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[tuple[str, float, str, bool]]]]:
    """For each set-up with peers: its name, and label, nanoseconds, text and whether it is fastcors', of each bar."""
    for row in rows:
        if row["name"] != "allowed" or not row["peers"]:
            continue
        own = row["best"] if row["sure"] else max(row["best"], 0) + (row["noise"] or 0)
        bars = [("fastcors", own, quantity(own) if row["sure"] else f"< {quantity(own)}", True)]
        for peer in row["peers"]:
            if peer["ratio"] is None:
                continue
            label = OURS.get(peer["side"], peer["side"])
            text = f"{quantity(peer['cost'])}  ({'> ' if peer['bound'] else ''}{peer['ratio']:.2g} ×)"
            bars.append((label, peer["cost"], text, peer["side"] in OURS))
        if len(bars) > 1:
            yield row["section"].partition(":")[0], bars


def frameworks(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """What CORS adds to an allowed request in each framework: fastcors, and the library that people use there.

    It is as small as the place beside the first lines of README.md.
    """
    found = comparisons(rows)
    if not found:
        return None
    figure, axes = plt.subplots(figsize=(4.4, 0.165 * len(found) + 0.62), layout="constrained")
    for at, one in enumerate(found):
        axes.plot([one.own, one.cost], [at, at], color=INK, linewidth=1.5, alpha=0.6)
        axes.plot([one.cost], [at], marker="o", markersize=6, color=PEER)
        axes.plot([one.own], [at], marker="o", markersize=6, color=OWN)
        own = quantity(one.own) if at else f"fastcors {quantity(one.own)}"
        sides = [(one.own, own, OWN), (one.cost, f"{one.library} {quantity(one.cost)}", PEER)]
        for (value, text, colour), right in zip(sorted(sides), (False, True), strict=True):
            axes.annotate(
                text,
                (value, at),
                (7 if right else -7, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                va="center",
                fontsize=8,
                color=colour,
            )
    axes.set_xscale("log")
    values = [value for one in found for value in (one.own, one.cost)]
    axes.set_xlim(min(values) / 16, max(values) * 80)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_yticks(range(len(found)), [one.title for one in found])
    axes.tick_params(labelsize=8)
    dress(axes)
    axes.set_title("")
    figure.suptitle("Added to an allowed request (logarithmic; further left is better)", fontsize=9, x=0.01, ha="left")
    return figure


def added_cost(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """What CORS adds to an allowed request, with each library, on a logarithmic scale: a line is as long as a ratio."""
    groups = list(bars_of(rows))
    if not groups:
        return None
    places = sum(len(bars) + 1.2 for _, bars in groups)
    figure, axes = plt.subplots(figsize=(8.5, 0.25 * places + 0.7), layout="constrained")
    ticks, labels, at = [], [], 0.0
    for title, bars in groups:
        axes.text(-0.01, at, title, weight="bold", ha="right", va="center", transform=axes.get_yaxis_transform())
        own = bars[0][1]
        axes.plot([own, own], [at + 1, at + len(bars)], color=OWN, linewidth=1, alpha=0.6)
        for label, value, text, is_own in bars:
            at += 1
            colour = OWN if is_own else PEER
            axes.plot([own, value], [at, at], color=colour, linewidth=2.5)
            axes.plot([value], [at], marker="o", markersize=7, color=colour)
            axes.annotate(text, (max(own, value), at), (9, 0), textcoords="offset points", va="center", fontsize=9)
            ticks.append(at)
            labels.append(label)
        at += 1.2
    axes.set_xscale("log")
    values = [value for _, bars in groups for _, value, _, _ in bars]
    axes.set_xlim(min(values) / 1.6, max(values) * 6)
    axes.set_ylim(at - 0.6, -0.7)
    axes.set_yticks(ticks, labels)
    dress(axes)
    return figure


def dress(axes: Axes) -> None:
    """Give a plot of what is added its title, its axis of time, and lines only across that."""
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=INK, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    nanoseconds(axes, "x")
    axes.set_title("Added to an allowed cross-origin GET (logarithmic; further left is better)", fontsize=11)


def nanoseconds(axes: Axes, which: str) -> None:
    """Label a logarithmic axis of nanoseconds with units."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, position: quantity(value).replace(".0", ""))
    axis.set_minor_formatter(lambda value, position: "")


def count(value: float, position: int) -> str:
    """Write a size."""
    for size, letter in ((10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:.0f}{letter}"
    return f"{value:.0f}"


PANELS = {
    "match": "A decision in C, by exact origins listed",
    "build": "Building a policy, by exact origins (logarithmic)",
    "routes": "Added to a request, by routes",
}


def scale(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """What a decision, a policy and a route cost by their number."""
    panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for row in rows:
        if row["point"]:
            panel, _, curve = row["point"]["curve"].partition(": ")
            panels.setdefault(panel, {}).setdefault(curve, []).append((row["point"]["size"], row["best"]))
    if set(panels) != set(PANELS):
        return None
    figure, grid = plt.subplot_mosaic(
        [["match", "match"], ["build", "routes"]], figsize=(8.5, 6.2), layout="constrained", height_ratios=[1.15, 1]
    )
    for panel, curves in panels.items():
        axes = grid[panel]
        ends: list[tuple[float, int, str, str]] = []
        for (name, points), colour in zip(curves.items(), CURVES, strict=False):
            sizes, costs = zip(*sorted(points), strict=True)
            axes.plot(sizes, costs, marker="o", markersize=4.5, linewidth=2, color=colour)
            ends.append((costs[-1], sizes[-1], name, colour))
        # The name of a curve stands at its end, where the eye is, and above that of one that ends there too.
        lowest = 0.0
        for cost, size, name, colour in sorted(ends):
            at = max(cost, lowest)
            axes.annotate(name, (size, at), (8, 0), textcoords="offset points", va="center", color=colour)
            lowest = at + max(ends)[0] * 0.07
        axes.set_xscale("log")
        axes.set_yscale("log" if panel == "build" else "linear")
        axes.set_title(PANELS[panel])
        axes.grid(axis="y", color=INK, alpha=0.25, linewidth=0.6)
        axes.xaxis.set_major_formatter(count)
        axes.xaxis.set_minor_formatter(lambda value, position: "")
        if panel != "build":
            axes.set_ylim(bottom=0)
        nanoseconds(axes, "y")
    grid["match"].set_xlim(right=grid["match"].get_xlim()[1] * 5)
    grid["routes"].set_xlim(right=grid["routes"].get_xlim()[1] * 30)
    return figure
