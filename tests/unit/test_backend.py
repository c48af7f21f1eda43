"""Which engine runs: each case is a real import in a process of its own, from a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import fastcors

PACKAGE = Path(fastcors.__file__).parent
SAY = "import fastcors; print(fastcors.backend)"

OTHER_INTERPRETER = """
import importlib, sys, fastcors
try:
    interpreters = importlib.import_module("_interpreters")
except ImportError:
    interpreters = importlib.import_module("_xxsubinterpreters")
other = interpreters.create()
failed = interpreters.run_string(other, '''
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import fastcors
print(fastcors.backend, [warning.category.__name__ for warning in caught], flush=True)
''')
assert failed is None, failed
interpreters.destroy(other)
"""


def python(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a folder that is the only one with fastcors: what is installed editable needs ``site`` (``-S``)."""
    environment = {name: value for name, value in os.environ.items() if name != "FASTCORS_PURE"}
    environment |= {"PYTHONPATH": os.pathsep.join([str(folder), sysconfig.get_path("purelib")]), **variables}
    command = [sys.executable, "-S", "-W", "error", "-c", code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Python files of fastcors, and no extension."""
    shutil.copytree(PACKAGE, tmp_path / "fastcors", ignore=shutil.ignore_patterns("*.so", "*.pyd", "_pure.py", "*.pyc"))
    return tmp_path


def test_a_missing_extension_that_nobody_chose_is_an_error_that_says_what_to_do(clone: Path) -> None:
    found = python(SAY, clone)
    assert found.returncode == 1
    for part in ("ImportError", str(clone / "fastcors"), "pip install --editable .", "FASTCORS_PURE=1"):
        assert part in found.stderr
    assert "During handling" not in found.stderr


def test_a_missing_extension_that_was_chosen_in_the_environment_is_no_error(clone: Path) -> None:
    found = python(SAY, clone, FASTCORS_PURE="1")
    assert (found.stdout, found.stderr) == ("python\n", "")


def test_a_build_without_the_extension_carries_a_mark_and_is_no_error(clone: Path, tmp_path: Path) -> None:
    top = PACKAGE.parent
    if not (top / "setup.py").exists():
        pytest.skip("fastcors is not imported from its source tree")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(top / name, clone)
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path / "built")]
    environment = {**os.environ, "FASTCORS_PURE": "1", "PYTHONWARNINGS": "ignore"}
    subprocess.run(command, cwd=clone, env=environment, check=True, timeout=60)
    assert not (clone / "fastcors" / "_pure.py").exists()
    found = python(SAY, tmp_path / "built")
    assert (found.stdout, found.stderr) == ("python\n", "")


def test_an_extension_that_another_interpreter_cannot_load_is_a_warning_and_the_twin_runs() -> None:
    pytest.importorskip("fastcors._core", exc_type=ImportError)
    found = python(OTHER_INTERPRETER, PACKAGE.parent)
    assert (found.stdout, found.stderr) == ("python ['RuntimeWarning']\n", "")
