"""Writes the figures into README.md, so that nobody types one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.table import quantity, relation

__all__ = ["rewrite"]

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"
SHOWN = ("the floor", "answer", "decide(", "fastcors.")
"""How the sections begin that are shown whole; of the others, the rows that have a target."""


def rewrite(path: Path, results: Mapping[str, Any]) -> None:
    """Replace what stands between the two marks. ValueError where the file does not have them."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no {BEGIN} ... {END}")
    path.write_text(f"{before}{BEGIN}\n{markdown(results)}\n{END}{after}", encoding="utf-8")


def markdown(results: Mapping[str, Any]) -> str:
    """Write how it was measured, and the table."""
    lines = [_method(results), "", "| | best | spread | ratio | twin / native |", "|:--|--:|--:|--:|--:|"]
    section = None
    for row in results["rows"]:
        if not row["section"].startswith(SHOWN) and row["target"] is None:
            continue
        if row["section"] != section:
            section = row["section"]
            lines.append(f"| **{section}** | | | | |")
        lines.append(f"| {row['name']} | {' | '.join(_cells(row))} |")
    return "\n".join([*lines, "", *_targets(results)])


def _targets(results: Mapping[str, Any]) -> list[str]:
    """Say which targets are met and which are not, and by how much."""
    with_target = [row for row in results["rows"] if row["target"] is not None]
    missed = [row for row in with_target if not row["target"]["met"]]
    if not missed:
        return [f"All {len(with_target)} targets are met."]
    lines = [f"Of our {len(with_target)} targets {len(with_target) - len(missed)} are met. These are not yet:", ""]
    for row in missed:
        target = row["target"]
        lines.append(f"- {row['section']}, {row['name']}: {relation(target)}; the target is {target['at_most']:g}")
    return lines


def _cells(row: Mapping[str, Any]) -> list[str]:
    ratio = ""
    if row["target"] is not None and row["target"]["of"] not in ("s", "bytes"):
        ratio = relation(row["target"])
    elif row["floors"] is not None:
        ratio = f"{row['floors']:.2f} F"
    return [
        quantity(row["best"], row["unit"]),
        "" if row["spread"] is None else f"{row['spread']:.2f}",
        ratio,
        "" if row["twin_ratio"] is None else f"{row['twin_ratio']:.0f}",
    ]


def _method(results: Mapping[str, Any]) -> str:
    machine = results["machine"]
    return (
        f"Measured on {results['date']} with `make bench`: {machine['cpu']}, {machine['system']}, "
        f"{machine['python']}, {machine['compiler']}. The sides of a row run in turn in one process: the native "
        "engine, its twin in pure Python, and **F**, an empty call of a Cython function. **N** is the least a native "
        "wrapper can do, copy the application's headers and append a pair; **app** an application that answers with "
        "the same bytes; **few** the same with ten origins. Keys are new objects, with no hash from before. *Best* "
        "is the best of many rounds, less the empty loop, or less the application alone where something is added to "
        "it; *spread* is the median round divided by the best. Nanoseconds say little about another machine, the "
        "ratios more."
    )
