"""``python -m bench``: build what is needed, measure, print the tables, keep the figures, draw the plots.

--quick        in under a minute, with wider spreads and without what is slow; writes bench/results/quick.json
--e2e          the servers under load alone; puts their rows into the results that there are
--readme       measure nothing: write README.md, docs/benchmarks.md and the plots from bench/results/
--output NAME  the file in bench/results/; another one than latest.json is for another Python
-k WORDS       only the rows that match, as with pytest; writes nothing
--keep         with -k: put these rows into the results that there are, of the same machine and day
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.load.table import print_end_to_end
from bench.micro.build import build, build_profiled
from bench.micro.session import console_of, run
from bench.report.results import summarize, with_rows
from bench.report.table import print_tables
from tools import documents

BENCH = Path(__file__).resolve().parent
RESULTS = BENCH / "results"
ASSETS = BENCH.parent / "docs" / "assets"
LATEST = "latest.json"
QUICK = "quick.json"
PROCESSES = 12
"""In which what a shim adds is measured, one after the other."""
TURNS = 4
"""In each of them."""
REPORT = BENCH.parent / "build" / "bench" / "pytest-benchmark.json"


def measure(arguments: argparse.Namespace, console: Console) -> dict[str, Any] | None:
    """Run the benchmarks; ``None`` where one did not do what it says."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    chosen = [*(["--quick"] if arguments.quick else []), *(["-k", arguments.k] if arguments.k else [])]
    added = [str(BENCH / "micro" / name) for name in ("test_shims.py", "test_cold.py")]
    ignored = [*added, *([str(BENCH / "micro" / "test_install.py")] if arguments.quick else [])]  # builds a wheel
    runs = [[str(BENCH / "micro"), *(f"--ignore={path}" for path in ignored), *chosen]]
    if arguments.quick:
        runs.append([*added, *chosen])
    else:
        runs += [[*added, f"--turns={TURNS}", f"--process={number}", *chosen] for number in range(PROCESSES)]
    report: dict[str, Any] = {"benchmarks": []}
    skipped: list[str] = []
    for options in runs:
        # A new process each: where things lie in memory is drawn anew, and no row grows with what others leave behind.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            code, failures, left_out = pool.submit(run, options, REPORT).result()
        if code == pytest.ExitCode.NO_TESTS_COLLECTED:
            if options[0] == added[0]:
                break
            continue
        if code != pytest.ExitCode.OK:
            console.print((failures or [f"pytest ended with {code}"])[0], style="red", markup=False)
            return None
        told = json.loads(REPORT.read_text())
        report = {**told, "benchmarks": report["benchmarks"] + told["benchmarks"]}
        skipped += left_out
    if not report["benchmarks"]:
        console.print("no row matches", style="red")
        return None
    return summarize(report, skipped)


def read(name: str) -> dict[str, Any]:
    """Read results; those of another Python of whatever name."""
    results: dict[str, Any] = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    return results


def write(results: dict[str, Any], name: str, console: Console) -> None:
    """Keep results."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / name
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"written to {path.relative_to(BENCH.parent)}")


def publish(console: Console) -> None:
    """Write the documents and the plots from the results that there are."""
    from bench.report.plots import draw_all

    documents.write("README.md", "benchmarks.md")
    draw_all(read(LATEST), ASSETS)
    console.print("written: README.md, docs/benchmarks.md, the plots")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmarks of fastcors.")
    parser.add_argument("--quick", action="store_true", help="in under a minute, with wider spreads")
    parser.add_argument("--e2e", action="store_true", help="servers under load alone, in four minutes; needs wrk")
    parser.add_argument("--readme", action="store_true", help="write the documents and the plots from the results")
    parser.add_argument("--output", metavar="NAME", help="the file in bench/results/")
    parser.add_argument("-k", metavar="WORDS", help="only the rows that match; nothing is kept")
    parser.add_argument("--keep", action="store_true", help="with -k: put them into the results of the same day")
    arguments = parser.parse_args()
    console = console_of()
    if arguments.readme:
        publish(console)
        return 0
    build()
    if not arguments.quick and not build_profiled():
        console.print("not measured: a profile-guided build, which needs gcc", style="yellow")
    kept = arguments.keep or not arguments.k
    output = arguments.output or (QUICK if arguments.quick else LATEST)
    if arguments.e2e:
        results = read(output) if (RESULTS / output).exists() else None
    else:
        results = measure(arguments, console)
        if results is None:
            return 1
        print_tables(results, console)
        if arguments.k and arguments.keep:
            results = with_rows(read(output), results)
        if kept:
            write(results, output, console)
    if arguments.e2e or not (arguments.quick or arguments.k):
        from bench.load import measure as e2e  # needs what was built

        rows, skipped = e2e.measure(console)
        print_end_to_end(rows, console)
        for reason in skipped:
            console.print(f"not measured: {reason}", style="yellow", markup=False)
        if results is not None:
            others = [reason for reason in results["skipped"] if not reason.startswith("end to end")]
            results.update(e2e=rows, skipped=others + skipped)
            write(results, output, console)
    if output == LATEST and results is not None and kept:
        from bench.report.plots import draw_all

        draw_all(results, ASSETS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
