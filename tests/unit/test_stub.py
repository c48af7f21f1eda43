"""What type checkers are told of the engines is what there is: ``_core.pyi``, and ``Decision`` in ``policy.py``."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import fastcors
import fastcors.policy

PACKAGE = Path(fastcors.__file__).parent


def classes(path: Path) -> dict[str, ast.ClassDef]:
    """The classes that a file declares, by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def declared(node: ast.ClassDef) -> Iterator[str]:
    """The names that a class declares, without those of the language."""
    for part in node.body:
        names = [part.name] if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) else []
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            names = [part.target.id]
        yield from (name for name in names if not name.startswith("__"))


STUB = classes(PACKAGE / "_core.pyi")
DECISION = classes(PACKAGE / "policy.py")["Decision"]


ROOMS = {
    "RequestFeed": "feed",
    "Router": "routes",
    "ASGIShim": "shims",
    "RSGIShim": "shims",
    "WSGIShim": "shims",
    "Watched": "watched",
    "Before": "before",
    "Behind": "before",
}
"""The rooms of the twin that classes are in, where it is not that of the engine."""


def in_engine(engine: ModuleType, name: str) -> Any:
    """The class of that name in the engine under test."""
    if engine.__name__ == "fastcors._core":
        return getattr(engine, name)
    room = ROOMS.get(name, "engine")
    return getattr(importlib.import_module(f"fastcors._twin.{room}"), name)


@pytest.mark.parametrize("name", STUB)
def test_every_name_of_the_stub_is_in_the_engine(engine: ModuleType, name: str) -> None:
    kind = in_engine(engine, name)
    there = {*dir(kind), *getattr(kind, "__annotations__", ())}
    unknown = set(declared(STUB[name])) - there - ({"_respond"} if name == "WSGIShim" else set())
    assert unknown == set()


def test_every_public_name_of_the_engine_is_in_the_stub(engine: ModuleType) -> None:
    for name in ("Engine", "RequestFeed", "Router"):
        there = {attribute for attribute in dir(in_engine(engine, name)) if not attribute.startswith("_")}
        assert there == {attribute for attribute in declared(STUB[name]) if not attribute.startswith("_")}


def test_a_decision_has_the_attributes_that_are_declared(engine: ModuleType) -> None:
    there = {name for name in dir(in_engine(engine, "Decision")) if not name.startswith("_")}
    assert there == set(declared(DECISION))


def test_decision_is_in_its_public_module_too() -> None:
    assert fastcors.policy.Decision is fastcors.Decision


def test_a_type_checker_shows_public_names(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    script = tmp_path / "reveal.py"
    script.write_text(
        "import fastcors, fastcors.asgi, fastcors.wsgi\n"
        "reveal_type(fastcors.Decision)\n"
        "def f(d: fastcors.Decision, a: fastcors.asgi.CORSMiddleware, w: fastcors.wsgi.CORSMiddleware) -> None:\n"
        "    reveal_type(d.policy)\n    reveal_type(a.policy)\n    reveal_type(w.policy)\n    reveal_type(a.routes)\n"
        "    d.policy.to_dict()\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    done = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    revealed = [line.split("Revealed type is ")[1] for line in done.stdout.splitlines() if "Revealed" in line]
    assert revealed == [
        '"def () -> fastcors.policy.Decision"',
        '"fastcors.policy.Policy"',
        '"fastcors.policy.Policy | None"',
        '"fastcors.policy.Policy | None"',
        '"typing.Mapping[str, fastcors.policy.Policy | None] | None"',
    ]
