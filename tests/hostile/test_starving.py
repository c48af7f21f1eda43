"""A failed allocation is a MemoryError and no more: each of the first ones of every operation fails in its turn."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

STARVE = Path(__file__).with_name("starve.py")
TOP = STARVE.parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "faulthandler", str(STARVE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=TOP, check=False)


def native_can_starve() -> bool:
    found = importlib.util.find_spec("_testcapi") is not None and importlib.util.find_spec("fastcors._core") is not None
    return found and os.environ.get("PYTHONMALLOC", "pymalloc") == "pymalloc"


@pytest.mark.skipif(not native_can_starve(), reason="needs the native engine, CPython's _testcapi and its allocator")
@pytest.mark.parametrize("group", ["engine", "decide", "ASGI", "RSGI", "WSGI"])
def test_each_of_the_first_120_allocations_may_fail(group: str) -> None:
    listed = run("--list", group)
    assert listed.returncode == 0, listed.stderr
    operations = listed.stdout.splitlines()
    assert operations
    failed = {}
    for operation in operations:
        done = run(operation)
        if (done.returncode, done.stdout) != (0, "survived\n"):
            failed[operation] = (done.returncode, done.stderr[-1500:])
    assert failed == {}
