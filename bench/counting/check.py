"""``make bench-check``: the instructions of the engine's paths, counted and held against bench/counting/budgets.json.

--record     keep what is counted as the new budgets of this Python and compiler
-v           print every path, not only those that have changed
-k WORDS     only the paths that have all of these words; with --record the others are kept as they are

A path has two counts for one operation: ``all`` instructions, the interpreter's included, and ``own``, those in the
extension. Times differ from run to run, counts hardly do: more than 3 % over a budget is a regression, or a price that
somebody means to pay, and records. Where objects happen to lie in memory can cost a path 10 %, in ``all``. So a path
over its budget is counted again with memory arranged in other ways, up to four, and its least counts are what holds.
``all`` is compared under the very build of Python that it was recorded with, ``own`` under every one of the same minor
version, with a compiler of the same major version. Where there is no valgrind, or no budget, it says so and is
content. What a hostile input costs is compared within the run: that needs no budget.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.counting.dump import costs
from bench.micro.build import build

TOP = Path(__file__).resolve().parents[2]
BUDGETS = TOP / "bench" / "counting" / "budgets.json"
DUMPS = TOP / "build" / "check"
SLACK = 0.03
LEAST = 1.0
"""Instructions that are no change, however small the path is."""
ARRANGEMENTS = range(1, 5)
"""Further arrangements of memory for a path that is over its budget in the first one."""
RECORDED = range(1, 3)
"""Further ones for a budget."""
OURS = re.compile(r"/(_core|_loops)\.[^/]*so$")

Counts = dict[str, dict[str, float]]


def self_costs(dump: Path) -> tuple[int, int]:
    """Add up a dump of callgrind: the instructions of all objects, and of ours."""
    total = own = 0
    for ours, cost in costs(dump, OURS):
        total += cost.get("Ir", 0)
        own += cost.get("Ir", 0) if ours else 0
    return total, own


def count(wanted: Iterable[str], arrangement: int = 0) -> Counts:
    """Run the paths under callgrind, all without a name. SystemExit where one does not do what it says."""
    from bench.counting.count import TURNS
    from bench.micro._loops import CAN_START_COUNTING  # type: ignore[import-not-found]

    shutil.rmtree(DUMPS, ignore_errors=True)
    DUMPS.mkdir(parents=True)
    command = ["valgrind", "--tool=callgrind", "--compress-pos=no", f"--callgrind-out-file={DUMPS / 'dump'}"]
    command += ["--toggle-collect=fastcors_counted", "--dump-after=fastcors_counted"]
    command += [f"--instr-atstart={'no' if CAN_START_COUNTING else 'yes'}"]
    command += [sys.executable, "-m", "bench.counting.count", str(arrangement), *wanted]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"callgrind ended with {done.returncode}:\n{done.stderr[-3000:]}")
    counts: Counts = {}
    first, last = TURNS
    for number, (name, operations) in enumerate(json.loads(done.stdout).items()):
        few, many = (self_costs(DUMPS / f"dump.{2 * number + i}") for i in (1, 2))
        each = [(more - less) / (last - first) / operations for less, more in zip(few, many, strict=True)]
        counts[name] = {"all": round(each[0], 1), "own": round(each[1], 1)}
    return counts


def combination() -> str:
    """What the counts depend on: they are kept for each."""
    from bench.micro._loops import COMPILER

    return f"cpython-{sys.version_info[0]}.{sys.version_info[1]} {COMPILER} {platform.machine()}"


def interpreter() -> str:
    """The very build of Python and of the C library, and what that finds in the processor."""
    try:
        wide = "avx2" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        wide = False
    build_of = " ".join((platform.python_version(), *platform.python_build(), *platform.libc_ver()))
    return build_of + (" avx2" if wide else "")


def keep_least(counts: Counts, again: Counts) -> None:
    """Put the lesser of two counts into the first ones."""
    for name, figures in again.items():
        for kind, figure in figures.items():
            counts[name][kind] = min(counts[name][kind], figure)


def compare(counts: Counts, record: Mapping[str, Any]) -> Iterator[tuple[str, str, float, float]]:
    """What a path costs and what it may: (path, which count, count, budget)."""
    kinds = ("all", "own") if record["interpreter"] == interpreter() else ("own",)
    for name, figures in counts.items():
        for kind in kinds:
            if name in record["paths"]:
                yield name, kind, figures[kind], record["paths"][name][kind]


def over(value: float, budget: float) -> bool:
    """Whether it is more than the slack above."""
    return value > max(budget * (1 + SLACK), budget + LEAST)


def grown(counts: Counts) -> Iterator[tuple[str, str]]:
    """What costs more because there is more of it, though it is refused: (path with little of it, path with much)."""
    from bench.counting.paths import NO_GROWTH

    for little, much in NO_GROWTH:
        if little in counts and much in counts and over(counts[much]["all"], counts[little]["all"]):
            yield little, much


def count_doubtful_again(counts: Counts, record: Mapping[str, Any] | None) -> None:
    """Count what is over its budget, or grows, in other arrangements of memory, until nothing is or none is left."""
    for arrangement in ARRANGEMENTS:
        doubtful = {name for pair in grown(counts) for name in pair}
        if record is not None:
            doubtful |= {name for name, _, value, budget in compare(counts, record) if over(value, budget)}
        if not doubtful:
            return
        keep_least(counts, count(doubtful, arrangement))


def report(counts: Counts, record: Mapping[str, Any], console: Console, *, verbose: bool) -> bool:
    """Say what has changed. False: something costs more than it may."""
    if record["interpreter"] != interpreter():
        console.print(f"the budgets were recorded with {record['interpreter']}: only the extension's own are compared")
    good = True
    better = False
    for name, kind, value, budget in compare(counts, record):
        worse = over(value, budget)
        cheaper = over(budget, value)
        if worse or cheaper or verbose:
            change = (value / budget - 1) * 100 if budget else 0.0
            style = "red" if worse else "green" if cheaper else None
            console.print(f"{value:10.1f} {kind}, budget {budget:.1f} ({change:+.1f} %)  {name}", style=style)
        good = good and not worse
        better = better or cheaper
    for name in sorted(set(counts) - set(record["paths"])):
        console.print(f"no budget yet: {name}", style="yellow")
    if better:
        console.print("something has become cheaper: python -m bench.counting.check --record keeps it so")
    return good


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.counting.check", description="Counts instructions.")
    parser.add_argument("--record", action="store_true", help="keep the counts as the new budgets")
    parser.add_argument("-v", action="store_true", help="print every path")
    parser.add_argument("-k", metavar="WORDS", help="only these paths")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    if shutil.which("valgrind") is None:
        console.print("bench-check: there is no valgrind here, nothing is counted", style="yellow")
        return 0
    build()
    from bench.counting.paths import paths

    words = (arguments.k or "").split()
    wanted = [name for name, _ in paths() if all(word in name for word in words)] if words else []
    if words and not wanted:
        parser.error(f"no path has all of these words: {arguments.k}")
    budgets = json.loads(BUDGETS.read_text(encoding="utf-8"))
    record = budgets.get(combination())
    with console.status("counting instructions, for half a minute"):
        counts = count(wanted)
        if arguments.record:
            for arrangement in RECORDED:
                keep_least(counts, count(wanted, arrangement))
        count_doubtful_again(counts, None if arguments.record else record)
    growth = list(grown(counts))
    for little, much in growth:
        text = f"{much}: {counts[much]['all']:g}, and {little}: {counts[little]['all']:g}"
        console.print(f"grows with the input: {text}", style="red")
    if arguments.record:
        kept = record["paths"] if record and wanted else {}
        budgets[combination()] = {"interpreter": interpreter(), "paths": {**kept, **counts}}
        BUDGETS.write_text(json.dumps(budgets, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        console.print(f"recorded {len(counts)} paths for {combination()}")
    elif record is None:
        console.print(f"bench-check: no budgets are recorded for {combination()}", style="yellow")
    elif report(counts, record, console, verbose=arguments.v):
        console.print(f"{len(counts)} paths, none more than {SLACK:.0%} over its budget ({combination()})")
    else:
        return 1
    return 1 if growth else 0


if __name__ == "__main__":
    sys.exit(main())
