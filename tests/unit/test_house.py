"""The structure of the package: which room may import which, no circle, and no reaching into another room's privates.

Every import counts, also those in functions and those for type checkers alone: what a file names, it knows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import fastcors

TOP = Path(fastcors.__file__).resolve().parent

FLOORS = (
    # What lies lower is imported by what lies higher, never the other way round.
    ("_regex",),
    ("_version", "_grammar", "_header_list", "_http1", "_terminal", "_types", "errors", "decision"),
    ("declared",),
    ("_config",),
    ("_dynamic", "_explain"),
    ("_twin",),
    ("_engine",),
    ("policy",),
    ("_shims",),
    ("asgi", "rsgi", "wsgi", "embedding"),
    (
        "aiohttp",
        "blacksheep",
        "bottle",
        "django",
        "falcon",
        "flask",
        "litestar",
        "pyramid",
        "quart",
        "sanic",
        "starlette",
        "compat",
    ),
    ("__init__",),
    ("_browser",),
    ("demo",),
    ("playground",),
    ("cli",),
    ("__main__",),
)
"""The rooms from the ground up; those in one line do not import each other."""


class Import(NamedTuple):
    """One import of a module of the package: by whom, of what, which name (empty for the module itself)."""

    importer: str
    module: str
    name: str
    line: int


def module_of(path: Path) -> str:
    """The module's name within the package: ``compat.starlette.config``; ``__init__`` for the package itself."""
    name = ".".join(path.relative_to(TOP).with_suffix("").parts)
    return name.removesuffix(".__init__")


def modules() -> dict[str, ast.Module]:
    return {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(TOP.rglob("*.py"))}


MODULES = modules()


def target(dotted: str, name: str) -> tuple[str, str]:
    """The module that is imported, and the name that is taken from it."""
    inside = dotted.removeprefix("fastcors").removeprefix(".")
    whole = f"{inside}.{name}".removeprefix(".")
    if whole in MODULES:
        return whole, ""
    return inside or "__init__", name


def imports_of(importer: str, tree: ast.Module) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "fastcors":
            assert node.level == 0, f"{importer}:{node.lineno}: a relative import"
            for alias in node.names:
                yield Import(importer, *target(node.module or "", alias.name), node.lineno)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "fastcors":
                    yield Import(importer, *target(alias.name, ""), node.lineno)


IMPORTS = [one for importer, tree in MODULES.items() for one in imports_of(importer, tree)]


def room(module: str) -> str:
    return module.split(".")[0]


def floor(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room(module) in rooms)


def test_every_module_has_a_floor() -> None:
    rooms = {name for names in FLOORS for name in names}
    assert {room(module) for module in MODULES} - {"_core", "_pure"} == rooms


def test_a_room_imports_only_what_lies_below_it() -> None:
    upward = [
        f"{one.importer}:{one.line} imports {one.module} {one.name}"
        for one in IMPORTS
        if room(one.importer) != room(one.module) and one.module != "_core" and floor(one.importer) <= floor(one.module)
    ]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for one in IMPORTS:
        if one.module in MODULES:
            graph[one.importer].add(one.module)
    circles = []
    while graph:
        grounded = {module for module, below in graph.items() if not below & set(graph) - {module}}
        if not grounded:
            circles = sorted(graph)
            break
        graph = {module: below for module, below in graph.items() if module not in grounded}
    assert circles == []


def test_no_module_takes_a_private_name_from_another_room() -> None:
    assert [
        f"{one.importer}:{one.line} takes {one.module}.{one.name}"
        for one in IMPORTS
        if one.name.startswith("_") and not one.name.startswith("__") and room(one.importer) != room(one.module)
    ] == []


def test_no_module_reads_a_private_attribute_of_a_module_of_another_room() -> None:
    found = []
    for importer, tree in MODULES.items():
        aliases = {
            alias.asname or alias.name: target(node.module or "", alias.name)[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "fastcors"
            for alias in node.names
            if target(node.module or "", alias.name)[1] == ""
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.attr.startswith("_")
                and not node.attr.startswith("__")
                and node.value.id in aliases
                and room(aliases[node.value.id]) != room(importer)
            ):
                found.append(f"{importer}:{node.lineno} reads {node.value.id}.{node.attr}")
    assert found == []
