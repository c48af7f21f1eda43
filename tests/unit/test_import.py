"""What ``import fastcors`` costs everybody: the modules that it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastcors

pytest.importorskip("fastcors._core", exc_type=ImportError)

TOP = Path(__file__).resolve().parents[2]

IMPORT = f"""
import os, sys
sys.path.insert(0, {str(TOP)!r})
{{first}}
before = set(sys.modules)
import fastcors
{{then}}
print(*sorted(set(sys.modules) - before))
"""


def modules_of(then: str = "", first: str = "") -> set[str]:
    """The modules that the import loads, and what is done then, where only ``os`` and what it needs was loaded."""
    command = [sys.executable, "-S", "-E", "-c", IMPORT.format(first=first, then=then)]
    environment = {**os.environ, "FASTCORS_PURE": "0"}
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(found.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return modules_of()


POLICY = "fastcors.Policy(allow_origins=['https://app.example.com'], allow_credentials=True, max_age=5)"

RARE = {
    "asyncio",
    "dataclasses",
    "datetime",
    "difflib",
    "http",
    "idna",
    "inspect",
    "ipaddress",
    "json",
    "logging",
    "publicsuffixlist",
    "threading",
    "unicodedata",
    "urllib.parse",
    *("fastcors._config.diagnosis", "fastcors._config.expressions", "fastcors._config.hosts"),
    *("fastcors._config.origin_items", "fastcors._config.patterns", "fastcors._config.route_syntax"),
    *("fastcors._dynamic.oracle", "fastcors._explain", "fastcors._shims.views", "fastcors._twin"),
}
"""What a rare policy or a person needs, and an error."""


def test_the_import_loads_the_engine_and_the_class_of_policies_alone(loaded: set[str]) -> None:
    assert not loaded & {"collections", "enum", "re", "typing", *RARE}
    assert len(loaded) <= 12


def test_a_policy_of_exact_origins_needs_nothing_rare() -> None:
    needed = modules_of(POLICY)
    assert needed & RARE == set()
    assert len(modules_of(POLICY, first="import typing")) <= 44  # which every framework has loaded


@pytest.mark.parametrize("gateway", ["asgi", "rsgi", "wsgi"])
def test_the_door_of_a_gateway_needs_nothing_rare(gateway: str) -> None:
    assert modules_of(f"import fastcors.{gateway}") & RARE == set()


@pytest.mark.parametrize("name", [*fastcors.__all__, "declared", "decision", "errors"])
def test_every_public_name_is_there_after_the_import_alone(name: str) -> None:
    assert modules_of(f"assert fastcors.{name} is not None and {name!r} in dir(fastcors)")


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fastcors' has no attribute 'Polcy'"):
        fastcors.Polcy  # noqa: B018


def test_threads_that_make_the_first_policies_at_once_all_get_one() -> None:
    then = f"""
import threading
go, made = threading.Barrier(8), []
def make():
    go.wait()
    made.append({POLICY}.decide("GET", "https://app.example.com").reason)
threads = [threading.Thread(target=make) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert made == [fastcors.Reason.OK] * 8, made
"""
    assert "fastcors.decision" in modules_of(then)
