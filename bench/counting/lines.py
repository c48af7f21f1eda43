"""``make bench-lines``: the cache lines that a shim adds to a request which finds the caches cold.

--record     keep what is counted as the new budgets of this Python and compiler, in bench/counting/lines.json
--profiled   count the profile-guided build as well, which is built first

A request behind a real server finds the caches full of other things: what it costs then is mostly how many lines of 64
bytes it touches. Callgrind plays a cache in which every line that is not there is a miss, and counts those. Before each
request so much memory is walked over that nothing is left in it, and the application alone answers once, as in
``bench/micro/test_cold.py``. So what is counted is what the shim touches and the application does not. The lines of
code are told apart by whose they are, the extension's or the interpreter's (with the C library's); lines of data are
the request's headers, the policy, new objects and the stack. N stands beside it: a wrapper that copies the
application's headers and appends one pair. From run to run the lines of code are the same, those of data nearly.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.counting.check import TOP, combination, interpreter
from bench.counting.dump import costs
from bench.counting.touch import CACHE, KINDS, ROUNDS, SIDES
from bench.micro.build import build, build_profiled

BUDGETS = TOP / "bench" / "counting" / "lines.json"
DUMPS = TOP / "build" / "lines"
OURS = re.compile(r"/(_core|_floor)\.[^/]*so$")
COLUMNS = ("own code", "other code", "data")
SLACK = 8
"""Lines that are no change: where an object comes to lie in memory, and so how many lines it takes, is chance."""

Lines = dict[str, dict[str, int]]


def touched(dump: Path) -> dict[str, int]:
    """Add up the misses in a dump of callgrind: lines of code of ours and of others, and lines of data."""
    lines = dict.fromkeys((*COLUMNS, "instructions"), 0)
    for ours, cost in costs(dump, OURS):
        lines["own code" if ours else "other code"] += cost.get("ILmr", 0)
        lines["data"] += cost.get("DLmr", 0) + cost.get("DLmw", 0)
        lines["instructions"] += cost.get("Ir", 0)
    return lines


def count(sides: tuple[str, ...]) -> Lines:
    """Answer the requests under callgrind; of each what is touched beyond the application alone."""
    from bench.micro._loops import CAN_START_COUNTING  # type: ignore[import-not-found]

    shutil.rmtree(DUMPS, ignore_errors=True)
    DUMPS.mkdir(parents=True)
    # The nearest caches hold a line or two: nothing is to be found there that the last level does not hold.
    command = ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--I1=128,2,64", "--D1=128,2,64"]
    command += [f"--LL={CACHE},16,64", "--compress-pos=no", f"--callgrind-out-file={DUMPS / 'dump'}"]
    command += ["--toggle-collect=fastcors_counted", "--dump-after=fastcors_counted"]
    command += [f"--instr-atstart={'no' if CAN_START_COUNTING else 'yes'}"]
    command += [sys.executable, "-m", "bench.counting.touch", *sides]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"callgrind ended with {done.returncode}:\n{done.stderr[-3000:]}")
    names = json.loads(done.stdout)
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for number, name in enumerate(names * ROUNDS, 1):
        lines = touched(DUMPS / f"dump.{number}")
        known = found.setdefault(tuple(name), lines)
        found[tuple(name)] = {key: min(known[key], lines[key]) for key in lines}
    return {
        f"{gateway}, {kind}, {side}": {key: value - found[gateway, "bare", kind][key] for key, value in lines.items()}
        for (gateway, side, kind), lines in found.items()
        if side != "bare"
    }


def table(lines: Lines, sides: tuple[str, ...], console: Console) -> None:
    """Print the counts, a row for each request and side."""
    shown = Table("gateway", "request", "side", box=None)
    for column in (*COLUMNS, "all lines", "of N", "instructions", "of N"):
        shown.add_column(column, justify="right")
    for gateway in ("asgi", "wsgi"):
        for kind in KINDS:
            least = lines[f"{gateway}, {kind}, N"]
            for side in sides[1:]:
                row = lines[f"{gateway}, {kind}, {side}"]
                whole, floor = (sum(each[column] for column in COLUMNS) for each in (row, least))
                figures = [str(row[column]) for column in COLUMNS]
                figures += [str(whole), f"{whole / floor:.2f}"]
                figures += [str(row["instructions"]), f"{row['instructions'] / least['instructions']:.2f}"]
                shown.add_row(gateway.upper(), kind, side, *figures)
    console.print(shown)


def grown(lines: Lines, budgets: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Which requests touch more lines than they may."""
    for name, row in lines.items():
        if name in budgets:
            now, then = (sum(each[column] for column in COLUMNS) for each in (row, budgets[name]))
            if now > then + SLACK:
                yield f"{name}: {now} lines, budget {then}"


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.counting.lines", description="Counts cache lines.")
    parser.add_argument("--record", action="store_true", help="keep the counts as the new budgets")
    parser.add_argument("--profiled", action="store_true", help="the profile-guided build as well")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    if shutil.which("valgrind") is None:
        console.print("bench-lines: there is no valgrind here, nothing is counted", style="yellow")
        return 0
    build()
    with_profile = arguments.profiled and build_profiled()
    sides = tuple(side for side in SIDES if side != "profiled" or with_profile)
    lines = count(sides)
    table(lines, sides, console)
    record = json.loads(BUDGETS.read_text(encoding="utf-8")) if BUDGETS.exists() else {}
    if arguments.record:
        kept = {name: row for name, row in lines.items() if not name.endswith(("N", "profiled"))}
        record[combination()] = {"interpreter": interpreter(), "requests": kept}
        BUDGETS.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    known = record.get(combination())
    if known is None or known["interpreter"] != interpreter():
        console.print("no budgets are recorded for this build of Python and this compiler", style="yellow")
        return 0
    growth = list(grown(lines, known["requests"]))
    for text in growth:
        console.print(f"touches more: {text}", style="red")
    return 1 if growth else 0


if __name__ == "__main__":
    sys.exit(main())
