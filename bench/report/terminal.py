"""A table in the terminal: the one way in which all benchmarks print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["Line", "print_grid"]


class Line(NamedTuple):
    """A row: under which heading, its name, its cells, and whether it misses a target, which makes it red."""

    section: str | None
    name: str
    cells: Sequence[str]
    missed: bool = False


def print_grid(console: Console, title: str, headings: Sequence[str], lines: Iterable[Line], caption: str = "") -> None:
    """Print a table. A heading of a section goes before the first of its rows."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", caption=caption or None)
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=40)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    section = None
    for line in lines:
        if line.section != section:
            section = line.section
            table.add_section()
            table.add_row(f"[bold]{section}")
        table.add_row(
            line.name if section is None else f"  {line.name}", *line.cells, style="red" if line.missed else None
        )
    console.print(table)
