"""Counts instructions: what ``bench/counting/check.py`` runs under ``valgrind --tool=callgrind``.

``python -m bench.counting.count ARRANGEMENT PATH...`` goes through each path once and once more than once. Callgrind
collects only inside ``bench.micro._loops.counted`` and writes a dump after each call of it; the caller takes
differences of them. What could differ between two runs is fixed: the seed of the engine's tables here, that of
Python's by the caller. Only addresses are not, which the length of a folder's name moves. The allocator's lists and
CPython's cache of attributes, which is a table by address, depend on them. So ARRANGEMENT, a number, moves them on
purpose: what a path really costs, it costs in each arrangement.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["TURNS"]

TURNS = (1, 3)
"""How often the two calls go through a path's inputs. What is not the path's own is the same in both."""


def go(loop: Callable[[Any], object], inputs: Any, turns: int) -> None:
    """Go through a path's inputs so often."""
    for _ in range(turns):
        loop(inputs)


def arrange(number: int) -> list[bytearray]:
    """Move what is allocated after this, by memory that the caller keeps; 0 moves nothing."""
    return [bytearray(1 + 16 * (i % 64)) for i in range(97 * number)]


def main() -> None:
    """Count; prints one line of JSON, how many operations each path's inputs are."""
    arrangement, *names = sys.argv[1:]
    kept = arrange(int(arrangement))
    os.urandom = lambda n: b"\x2a" * n  # before the engines make their seeds of it
    from bench.counting.paths import paths
    from bench.micro._loops import counted, start_counting  # type: ignore[import-not-found]

    counts: dict[str, int] = {}
    wanted = set(names)
    prepared = []
    for name, make in paths():
        if not wanted or name in wanted:
            side = make()
            side.check()
            inputs = side.inputs()
            prepared.append((name, side, inputs))
            for _ in range(3):
                side.loop(inputs)  # the interpreter adapts its code to what it runs
    gc.collect()
    gc.disable()
    start_counting()
    for name, side, inputs in prepared:
        for turns in TURNS:
            counted(partial(go, side.loop, inputs, turns))
        counts[name] = side.operations
    del kept
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
