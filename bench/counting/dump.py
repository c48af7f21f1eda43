"""Reads what callgrind writes: the costs of each line that ran, and whether it is one of fastcors' own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["costs"]


def costs(dump: Path, own: re.Pattern[str]) -> Iterator[tuple[bool, dict[str, int]]]:
    """Yield whether a line is of an object whose path ``own`` finds, and its costs by event.

    A line after ``calls=`` is inclusive: its costs are counted where they happened, so it is left out.
    """
    names: dict[str, str] = {}
    events: list[str] = []
    ours = skip = False
    for line in dump.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("events:"):
            events = line.split()[1:]
        elif line.startswith(("ob=", "cob=")):
            number, _, name = line.partition("=")[2].partition(" ")
            if name:
                names[number] = name
            if line.startswith("ob="):
                ours = own.search(names[number]) is not None
        elif line.startswith("calls="):
            skip = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            if not skip:
                yield ours, dict(zip(events, map(int, line.split()[1:]), strict=False))
            skip = False
