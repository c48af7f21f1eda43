"""``python -m bench``: build what is needed, measure, print the tables, keep the figures, draw the plots.

--quick        in under a minute, with wider spreads and without what is slow; writes bench/results/quick.json
--e2e          the servers under load alone; puts their rows into the results that there are
--readme       measure nothing: write README.md, docs/benchmarks.md and the plots from bench/results/
--output NAME  the file in bench/results/; another one than latest.json is for another Python
-k WORDS       only the rows that match, as with pytest; writes nothing
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.status import Status

from bench.build import build
from bench.readme import rewrite
from bench.results import summarize
from bench.table import print_tables

BENCH = Path(__file__).resolve().parent
RESULTS = BENCH / "results"
LATEST = "latest.json"
QUICK = "quick.json"
REPORT = BENCH.parent / "build" / "bench" / "pytest-benchmark.json"


class Progress:
    """The pytest plugin that says where we are, and keeps what failed and what was skipped."""

    def __init__(self, status: Status) -> None:
        self.status = status
        self.failures: list[str] = []
        self.skipped: list[str] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.status.update(nodeid.partition("::")[2].replace("[", "(", 1).removesuffix("]"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failures.append(f"{report.nodeid}\n{report.longreprtext}")
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.skipped.append(report.longrepr[2].removeprefix("Skipped: "))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failures.append(f"{report.nodeid}\n{report.longreprtext}")


def measure(arguments: argparse.Namespace, console: Console) -> dict[str, Any] | None:
    """Run the benchmarks; ``None`` where one did not do what it says."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    options = [
        str(BENCH),
        "-o",
        "addopts=",
        "-o",
        "faulthandler_timeout=0",
        "--import-mode=importlib",
        "--capture=no",
        "--exitfirst",
    ]
    options += ["-p", "no:terminal", "-p", "no:cacheprovider"]
    options += ["--benchmark-only", "--benchmark-disable-gc", "--benchmark-quiet", f"--benchmark-json={REPORT}"]
    if arguments.quick:
        options.append("--quick")
    if arguments.k:
        options += ["-k", arguments.k]
    with console.status("collecting") as status:
        progress = Progress(status)
        code = pytest.main(options, plugins=[progress])
    if code == pytest.ExitCode.OK:
        return summarize(json.loads(REPORT.read_text()), progress.skipped)
    console.print((progress.failures or [f"pytest ended with {code!r}"])[0], style="red", markup=False)
    return None


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
    from bench.plots import draw_all

    names = sorted(path.name for path in RESULTS.glob("cpython-*.json"))
    rewrite(BENCH.parent, read(LATEST), [read(name) for name in names])
    draw_all(read(LATEST), RESULTS)
    console.print("written: README.md, docs/benchmarks.md, the plots")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmarks of fastcors.")
    parser.add_argument("--quick", action="store_true", help="in under a minute, with wider spreads")
    parser.add_argument("--e2e", action="store_true", help="servers under load alone, in two minutes; needs wrk")
    parser.add_argument("--readme", action="store_true", help="write the documents and the plots from the results")
    parser.add_argument("--output", metavar="NAME", help="the file in bench/results/")
    parser.add_argument("-k", metavar="WORDS", help="only the rows that match; nothing is kept")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 130)
    if arguments.readme:
        publish(console)
        return 0
    build()
    output = arguments.output or (QUICK if arguments.quick else LATEST)
    if arguments.e2e:
        results = read(output) if (RESULTS / output).exists() else None
    else:
        results = measure(arguments, console)
        if results is None:
            return 1
        print_tables(results, console)
        if not arguments.k:
            write(results, output, console)
    if arguments.e2e or not (arguments.quick or arguments.k):
        from bench import e2e  # needs what was built

        rows, skipped = e2e.measure(console)
        e2e.print_end_to_end(rows, console)
        for reason in skipped:
            console.print(f"not measured: {reason}", style="yellow", markup=False)
        if results is not None:
            others = [reason for reason in results["skipped"] if not reason.startswith("end to end")]
            results.update(e2e=rows, skipped=others + skipped)
            write(results, output, console)
    if output == LATEST and results is not None and not arguments.k:
        from bench.plots import draw_all

        draw_all(results, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
