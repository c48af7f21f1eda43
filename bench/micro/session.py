"""One run of pytest over the benchmarks, which takes a process for itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.status import Status

__all__ = ["console_of", "run"]


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


def console_of() -> Console:
    """The terminal, or what stands in its place."""
    return Console(width=None if sys.stdout.isatty() else 130)


def run(options: list[str], report: Path) -> tuple[int, list[str], list[str]]:
    """Run pytest, in a process of its own: the code it ends with, what failed, what was skipped."""
    fixed = ["-o", "addopts=", "-o", "faulthandler_timeout=0", "--import-mode=importlib", "--capture=no", "--exitfirst"]
    fixed += ["-p", "no:terminal", "-p", "no:cacheprovider", "-W", "ignore:Not saving anything"]
    fixed += ["--benchmark-only", "--benchmark-disable-gc", "--benchmark-quiet", f"--benchmark-json={report}"]
    with console_of().status("collecting") as status:
        progress = Progress(status)
        code = pytest.main([*options, *fixed], plugins=[progress])
    return int(code), progress.failures, progress.skipped
