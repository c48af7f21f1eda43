"""No file is longer than a person reads at a time."""

from __future__ import annotations

import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MOST = 500
"""Lines of a module, a test, a Cython file or a script."""
KINDS = {".py", ".pyi", ".pyx", ".pxd", ".pxi", ".sh", ".js", ".c", ".h", ".go", ".rs"}
TO_SPLIT = {
    "tests/contract/test_shims_rsgi.py",
    "tests/differential/strategies.py",
    "tests/hostile/adversary.py",
    "tests/unit/test_aiohttp.py",
    "tests/unit/test_danger.py",
    "tests/unit/test_docs.py",
    "tests/unit/test_sanic.py",
}
"""Files that are longer and must not become more: one that is short again has no place here."""


def files() -> list[Path]:
    """The files of the project, as git knows them; or all that are there, where it is no clone."""
    folders = ("fastcors", "src", "tests", "bench", "tools", "examples")
    done = subprocess.run(["git", "ls-files", *folders], cwd=TOP, capture_output=True, text=True, check=False)
    names = done.stdout.splitlines()
    found = [TOP / name for name in names] or [path for name in folders for path in (TOP / name).rglob("*")]
    return [path for path in found if path.suffix in KINDS and path.is_file()]


def test_no_file_has_more_than_500_lines() -> None:
    lengths = {path.relative_to(TOP).as_posix(): path.read_bytes().count(b"\n") for path in files()}
    assert len(lengths) > 300
    longer = {name for name, length in lengths.items() if length > MOST and not name.endswith("_core.c")}
    assert longer == TO_SPLIT
