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

from bench.table import quantity

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
        for name, figure in (("added-cost", added_cost(results["rows"])), ("scale", scale(results["rows"]))):
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
            label = "fastcors' drop-in" if peer["side"] == "drop-in" else peer["side"]
            text = f"{quantity(peer['cost'])}  ({'> ' if peer['bound'] else ''}{peer['ratio']:.2g} ×)"
            bars.append((label, peer["cost"], text, peer["side"] == "drop-in"))
        yield row["section"].partition(":")[0], bars


def added_cost(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """What CORS adds to an allowed request, with each library, on a logarithmic scale."""
    groups = list(bars_of(rows))
    if not groups:
        return None
    places = sum(len(bars) + 1.2 for _, bars in groups)
    figure, axes = plt.subplots(figsize=(8.5, 0.24 * places + 0.9), layout="constrained")
    ticks, labels, at = [], [], 0.0
    low = min(value for _, bars in groups for _, value, _, _ in bars)
    for title, bars in groups:
        axes.text(0.0, at, title.replace("fastcors.", ""), weight="bold", transform=axes.get_yaxis_transform())
        at += 1
        for label, value, text, own in bars:
            axes.barh(at, value, height=0.74, color=OWN if own else PEER)
            axes.text(value * 1.06, at, text, va="center", fontsize=9)
            ticks.append(at)
            labels.append(label)
            at += 1
        at += 0.2
    axes.set_xscale("log")
    axes.set_xlim(left=10 ** (len(str(int(low))) - 1) / 2)
    axes.set_xlim(right=axes.get_xlim()[1] * 4)
    axes.set_ylim(at - 0.5, -0.8)
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0)
    nanoseconds(axes, "x")
    axes.set_title("Added to an allowed cross-origin GET: less is better, logarithmic")
    return figure


def nanoseconds(axes: Axes, which: str) -> None:
    """Label a logarithmic axis of nanoseconds with units."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, position: quantity(value).replace(".0", ""))
    axis.set_minor_formatter(lambda value, position: "")


def scale(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """What a decision, and a policy, cost by the number of origins."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        if row["point"]:
            curves.setdefault(row["point"]["curve"], []).append((row["point"]["size"], row["best"]))
    if not curves:
        return None
    panels = [
        (
            "A decision in C, by exact origins listed",
            [name for name in curves if "build" not in name and "route" not in name],
        ),
        ("Building the policy", [name for name in curves if "build" in name]),
        ("Added to a request, by routes", [name for name in curves if "route" in name]),
    ]
    panels = [(title, names) for title, names in panels if names]
    figure, grid = plt.subplots(1, len(panels), figsize=(4.2 * len(panels) + 0.5, 3.3), layout="constrained")
    for axes, (title, names) in zip([grid] if len(panels) == 1 else grid, panels, strict=True):
        for name, colour in zip(names, CURVES, strict=False):
            sizes, costs = zip(*sorted(curves[name]), strict=True)
            axes.plot(sizes, costs, marker="o", markersize=4, color=colour, label=name.removeprefix("routes: "))
        axes.set_xscale("log")
        axes.set_title(title)
        axes.grid(axis="y", color=INK, alpha=0.25, linewidth=0.6)
        axes.xaxis.set_major_formatter(lambda value, position: f"{value:,.0f}")
        if "build" in names:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        nanoseconds(axes, "y")
        if len(names) > 1:
            axes.legend(fontsize=9)
    return figure
