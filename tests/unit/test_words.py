"""The words of the code: each docstring can be read without its neighbour, and each normative file names its clauses.

A docstring that begins with "The same …" says nothing to a reader who came to it by a search.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PYTHON = [
    path
    for folder in ("fastcors", "bench", "tools")
    for path in sorted((TOP / folder).rglob("*.py*"))
    if path.suffix in (".py", ".pyi")
]
CYTHON = [path for folder in ("src", "bench") for path in sorted((TOP / folder).rglob("*.p[yx][xdi]"))]

LEANS_ON_A_NEIGHBOUR = re.compile(
    r"the same\b|same (as|for|of|with)\b|likewise\b|ditto\b|(as|like) (above|before|below|there)\b|as \w+_\w+\b"
    r"|what (is )?no\b|also\b|of (a|an|the|all|those)\b|all but\b|and\b|or\b|but\b|the other one\b",
    re.IGNORECASE,
)

NORMATIVE = (
    "src/decide.pxi",
    "src/origin.pxd",
    "src/token.pxd",
    "src/merge.pxi",
    "fastcors/_grammar.py",
    "fastcors/_twin/decide.py",
    "fastcors/_config/names.py",
    "fastcors/decision.py",
)
"""The files that hold rules of Fetch and of RFC 9110."""

STANDARDS = {
    "Fetch": "https://fetch.spec.whatwg.org/",
    "RFC 9110": "https://www.rfc-editor.org/rfc/rfc9110",
}


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """The docstrings of a Python file, those of attributes included, each with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def cython_docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """The docstrings of a Cython file, each with its line; the C code between such quotes is none."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r'^[ ]*"""(.*?)"""', text, re.MULTILINE | re.DOTALL):
        if not text[: match.start()].rstrip().endswith("cdef extern from *:"):
            yield text.count("\n", 0, match.start()) + 1, match[1]


def all_docstrings() -> Iterator[tuple[str, str]]:
    for paths, read in ((PYTHON, docstrings), (CYTHON, cython_docstrings)):
        for path in paths:
            for line, text in read(path):
                yield f"{path.relative_to(TOP).as_posix()}:{line}", text.strip()


def test_no_docstring_leans_on_its_neighbour() -> None:
    found = list(all_docstrings())
    assert len(found) > 700
    assert {where.split("/")[0] for where, _ in found} == {"fastcors", "bench", "tools", "src"}
    leaning = [f"{where}: {text[:60]}" for where, text in found if LEANS_ON_A_NEIGHBOUR.match(text)]
    assert leaning == []


@pytest.mark.parametrize("name", NORMATIVE)
def test_a_normative_file_names_its_clauses_and_links_each_standard_once(name: str) -> None:
    text = re.sub(r"\n\s*#? *", " ", (TOP / name).read_text(encoding="utf-8"))
    clauses = {standard: re.findall(rf"\b{standard}, sections? [0-9]", text) for standard in STANDARDS}
    assert any(clauses.values())
    for standard, link in STANDARDS.items():
        if clauses[standard]:
            assert text.count(link) == 1, link


@pytest.mark.parametrize("name", NORMATIVE)
def test_each_clause_of_a_normative_file_has_its_number(name: str) -> None:
    text = re.sub(r"\n\s*#? *", " ", (TOP / name).read_text(encoding="utf-8"))
    # A clause that is quoted by its title alone cannot be looked up: the title is in many places of the standard.
    assert re.findall(r'\bFetch[,:] "?[A-Za-z"][^()]{0,40}', text.replace("Fetch, section", "")) == []
