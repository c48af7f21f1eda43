"""What fastcors costs before the first request: its import, and the files that a wheel installs.

The wheel is built from this checkout and installed into a folder of its own, with the byte code that installers make,
which is not counted as a size. Everything is measured there, as a user has it, by a Python that has nothing else: the
start of one with an editable installation loads modules that the import needs too.
"""

from __future__ import annotations

import os
import subprocess
import venv
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from bench.micro.build import PROFILED, install_wheel
from bench.micro.rows import Target

GROUP = "Import and wheel"
IMPORT = "import fastcors, above a bare start of Python"
WHEEL = "An installed wheel"

PROCESSES = 40
"""Of each program, in turn."""
START, LOAD = "pass", "import fastcors"
POLICY = f"{LOAD}; fastcors.Policy(allow_origins=['https://app.example.com'])"
MODULES = """
import sys
before = set(sys.modules)
import fastcors
print(len(set(sys.modules) - before), fastcors.__file__)
"""


class Installed(NamedTuple):
    """A wheel, and the folder that it is installed in."""

    wheel: Path
    folder: Path
    python: Path
    """The Python of an environment that has no packages."""

    def size(self, *suffixes: str) -> float:
        """Return the kilobytes of all files that end so; of all files where nothing is given."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return sum(path.stat().st_size for path in files if path.name.endswith(suffixes or "")) / 1000


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    with TemporaryDirectory() as room:
        environment = Path(room, "environment")
        venv.create(environment, with_pip=False)
        found = Installed(*install_wheel(Path(room)), environment / "bin" / "python")
        subprocess.run([found.python, "-m", "compileall", "-q", found.folder], check=True)  # as installers do
        yield found


@pytest.fixture
def tell(benchmark: Any) -> Any:
    """Leave a figure in the report that was not timed by it."""

    def leave(section: str, row: str, value: float, unit: str, at_most: Target | None = None) -> None:
        benchmark.pedantic(lambda: None)
        benchmark.extra_info.update(
            group=GROUP,
            section=section,
            row=row,
            side="native",
            value=value,
            unit=unit,
            target=None if at_most is None else asdict(at_most),
        )

    return leave


def milliseconds(installed: Installed, program: str) -> float:
    """Return the processor time of a fresh Python that runs a program where its modules come from."""
    process = subprocess.Popen([installed.python, "-c", program], cwd=installed.folder)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, program
    return (used.ru_utime + used.ru_stime) * 1000


@cache
def times(installed: Installed) -> dict[str, list[float]]:
    """Return the milliseconds of each of the programs, process by process."""
    taken: dict[str, list[float]] = {program: [] for program in (START, LOAD, POLICY)}
    for _ in range(PROCESSES):
        for program, found in taken.items():
            found.append(milliseconds(installed, program))
    return taken


def above_start(installed: Installed, program: str, which: Callable[[list[float]], float]) -> float:
    """Return what a program takes above a bare start, in milliseconds: of both the best process, or the median."""
    return which(times(installed)[program]) - which(times(installed)[START])


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4(), which tells the processor time of a child")
@pytest.mark.parametrize("which", ["best", "median", "policy"])
def test_import(which: str, installed: Installed, tell: Any) -> None:
    """Processor time of the import, and of the import with a first policy."""
    if which == "best":
        found = above_start(installed, LOAD, min)
        tell(IMPORT, f"processor time, best of {PROCESSES} processes", found, "ms", Target(25, "ms"))
    elif which == "median":
        tell(IMPORT, f"processor time, median of {PROCESSES}", above_start(installed, LOAD, median), "ms")
    else:
        tell(IMPORT, "with a first policy, processor time, best", above_start(installed, POLICY, min), "ms")


def test_modules(installed: Installed, tell: Any) -> None:
    """Modules that the import loads."""
    run = [installed.python, "-c", MODULES]
    number, file = subprocess.run(run, cwd=installed.folder, capture_output=True, text=True, check=True).stdout.split()
    assert Path(file).is_relative_to(installed.folder)
    tell(IMPORT, "modules", float(number), "modules", Target(40, "modules"))


KINDS = {
    "the extension": (".so", ".pyd"),
    "files of Python": (".py", ".pyi"),
    "pages of the demo and the playground": (".html",),
    "everything": (),
}


@pytest.mark.parametrize("kind", KINDS)
def test_size(kind: str, installed: Installed, tell: Any) -> None:
    """Kilobytes of an installed wheel."""
    tell(WHEEL, kind, installed.size(*KINDS[kind]), "kB", Target(700, "kB") if kind == "everything" else None)


def test_download(installed: Installed, tell: Any) -> None:
    """Kilobytes of the wheel itself, which is compressed."""
    assert zipfile.is_zipfile(installed.wheel)
    tell(WHEEL, "the wheel itself, compressed", installed.wheel.stat().st_size / 1000, "kB")


def test_profiled_size(tell: Any) -> None:
    """Kilobytes of the extension as wheels of a release have it."""
    if not PROFILED.exists():
        pytest.skip("a profile-guided build, which needs gcc")
    tell(WHEEL, "the extension, built with a profile", PROFILED.stat().st_size / 1000, "kB")
