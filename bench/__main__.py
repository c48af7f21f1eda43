"""``python -m bench``: build what is needed, measure, print the table, keep the figures.

--quick      in under a minute, with wider spreads; writes bench/results/quick.json, not latest.json
--readme     measure nothing: write the table of bench/results/latest.json into README.md
-k WORDS     only the rows that match, as with pytest; writes nothing
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
from bench.table import print_table

BENCH = Path(__file__).resolve().parent
RESULTS = BENCH / "results"
REPORT = BENCH.parent / "build" / "bench" / "pytest-benchmark.json"


class Progress:
    """The pytest plugin that says where we are, and keeps what failed."""

    def __init__(self, status: Status) -> None:
        self.status = status
        self.failures: list[str] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.status.update(nodeid.partition("::")[2].replace("[", "(", 1).removesuffix("]"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failures.append(f"{report.nodeid}\n{report.longreprtext}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failures.append(f"{report.nodeid}\n{report.longreprtext}")


def measure(arguments: argparse.Namespace, console: Console) -> dict[str, Any] | None:
    """Run the benchmarks; ``None`` where one did not do what it says."""
    RESULTS.mkdir(exist_ok=True)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    options = [str(BENCH), "-o", "addopts=", "--import-mode=importlib", "--capture=no", "--exitfirst"]
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
        results: dict[str, Any] = summarize(json.loads(REPORT.read_text()))
        return results
    console.print((progress.failures or [f"pytest ended with {code!r}"])[0], style="red", markup=False)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmarks of fastcors.")
    parser.add_argument("--quick", action="store_true", help="in under a minute, with wider spreads")
    parser.add_argument("--readme", action="store_true", help="write the last full table into README.md")
    parser.add_argument("-k", metavar="WORDS", help="only the rows that match; nothing is kept")
    arguments = parser.parse_args()
    if arguments.readme:
        rewrite(BENCH.parent / "README.md", json.loads((RESULTS / "latest.json").read_text()))
        return 0
    build()
    console = Console(width=None if sys.stdout.isatty() else 130)
    results = measure(arguments, console)
    if results is None:
        return 1
    print_table(results, console)
    if not arguments.k:
        path = RESULTS / ("quick.json" if arguments.quick else "latest.json")
        path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        console.print(f"written to {path.relative_to(BENCH.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
