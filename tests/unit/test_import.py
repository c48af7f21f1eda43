"""What ``import fastcors`` costs everybody: the modules that it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]

IMPORT = f"""
import sys
sys.path.insert(0, {str(TOP)!r})
before = set(sys.modules)
import fastcors
{{then}}
print(*sorted(set(sys.modules) - before))
"""


def modules_of(then: str = "") -> set[str]:
    """The modules that the import loads, and what is done then, in an interpreter that has nothing of ``site``."""
    command = [sys.executable, "-S", "-E", "-c", IMPORT.format(then=then)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return modules_of()


def test_the_import_loads_nothing_that_only_a_rare_policy_or_a_person_needs(loaded: set[str]) -> None:
    rare = {
        "asyncio",
        "difflib",
        "http",
        "idna",
        "inspect",
        "ipaddress",
        "json",
        "logging",
        "publicsuffixlist",
        "threading",
    }
    assert loaded & rare == set()
    assert {name for name in loaded if name.startswith("fastcors._explain")} == set()
    assert not loaded & {"fastcors._dynamic.oracle", "fastcors._config.expressions", "fastcors._twin", "fastcors.asgi"}


def test_a_policy_of_exact_origins_needs_nothing_more(loaded: set[str]) -> None:
    then = "fastcors.Policy(allow_origins=['https://app.example.com'], allow_credentials=True, max_age=5)"
    assert modules_of(then) - loaded <= {"http"}  # the phrase of a status


def test_the_package_itself_is_a_few_modules(loaded: set[str]) -> None:
    assert len([name for name in loaded if name.startswith("fastcors")]) <= 40
