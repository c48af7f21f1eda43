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
    "fastcors/policy.py",
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


SHARED = ("_config", "_dynamic", "_shims", "_twin", "asgi.py", "rsgi.py", "wsgi.py", "decision.py", "_core.pyi")
ENGINES = [
    *(path for path in CYTHON if path.is_relative_to(TOP / "src")),
    *(path for path in PYTHON if path.parts[len(TOP.parts)] == "fastcors" and path.parts[len(TOP.parts) + 1] in SHARED),
]
"""The native engine, its twin, and what they share."""

ANOTHER_MEANING = {
    "a preflight requests, and nobody but a regular expression or a function is asked": re.compile(
        r"\b[aA]sked_\w+|\w+_(asked|ASKED)\b|\bA(sked|SKED)\b|\bask(s|ed|ing)? (for|to)\b"
    ),
    "a policy answers; an application responds, and so does a shim for one that raised": re.compile(
        r"\bansw(er|ers|ered|ering) for\b|\b(application|server|app)s?\W{0,3}('s)? (\w+ )?answ(er|ers|ered|ering)\b"
        r"|\banswer_failure\b|\b_?answered\b(?! here)"
    ),
    "what stands for the policy or policies of a shim is no set of rules": re.compile(
        r"\bobject _rules\b|\bshim\._rules\b|^ +_rules:"
    ),
}
"""What a word of the glossary in docs/architecture.md must not be used for, with the pattern of that."""


@pytest.mark.parametrize(("meaning", "pattern"), ANOTHER_MEANING.items(), ids=["ask", "answer", "rules"])
def test_a_word_of_the_engines_has_one_meaning(meaning: str, pattern: re.Pattern[str]) -> None:
    assert len(ENGINES) > 60
    found = []
    for path in ENGINES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(TOP).as_posix()}:{number}: {line.strip()}")
    assert found == [], meaning


def test_what_a_function_says_is_no_answer() -> None:
    folder = TOP / "fastcors" / "_dynamic"
    texts = {path.name: path.read_text(encoding="utf-8") for path in [*folder.glob("*.py"), TOP / "src" / "ask.pxi"]}
    assert len(texts) > 6
    assert [name for name, text in texts.items() if "answer" in text.lower()] == []


def structs() -> dict[str, set[str]]:
    """The structs of the native engine, each with the names of its fields."""
    found = {}
    for path in CYTHON:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"^cdef struct (\w+):\n((?:    .*\n|\n)+?)(?=\n\n|\Z)", text, re.MULTILINE):
            lines = [line.partition("#")[0] for line in match[2].splitlines()]
            found[match[1]] = {name for line in lines for name in re.findall(r"(\w+)(?:\[\w+\])?\s*$", line)}
    return found


def test_no_struct_hides_a_public_class() -> None:
    import fastcors

    assert {"Request", "Verdict", "CompiledPlan"} <= set(structs())
    assert set(structs()) & {*fastcors.__all__, *fastcors.decision.__all__} == set()


def test_both_engines_have_the_same_names_for_what_a_request_and_a_plan_say() -> None:
    from fastcors._config.plan import Plan
    from fastcors._twin.find import Request

    native = structs()
    counts = {"n_requested_headers"}
    given = {"given_origin", "given_method"}
    """What only the twin keeps there: the native decision has the caller's objects."""
    assert native["Request"] - counts == set(Request._fields) - given
    decided_by = {"reflect", "null", "safelists", "private_network", "every_failure", "filters_names", "names_as_sent"}
    parts = {"none", "allowed", "refused", "accepted", "refused_origin", "refused_method", "refused_names"}
    assert decided_by | parts <= native["CompiledPlan"] & set(Plan._fields)


DOCUMENTS = [
    *(TOP / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((TOP / "docs").rglob("*.md")),
]

READ_TWICE = {
    "a sentence begins with its subject, and not with a clause": re.compile(
        r"(?:^|[.!:;]\s+(?:-\s+)?|^-\s+|\*\*|\|\s+)What (?:is |are )?(?:[^.?|*]|\.\w)*?(?:\.(?!\w)|\*\*)", re.MULTILINE
    ),
    "except, only or other than, and not but": re.compile(
        r"\b(?:but|save) for\b|\ball but\b|\b(?:nobody|none|nothing|anything|anywhere|everything) but\b"
    ),
    "the subject goes before its verb": re.compile(
        r"\band so (?:is|are|do|does|has|have|was|were)\b|\b[Nn]or (?:is|are|do|does|has|have|was|were)\b"
    ),
    "again, therefore and so on, in the words of today": re.compile(
        r"\b(?:anew|hence|thereby|thereof|whence|hither|lest|aught|ere|whereupon)\b|\b(?:is|are|was) to be (?!a\b)\w+"
        r"|\bto be had\b|\bnot to be\b"
    ),
    "for example, and not say": re.compile(r", say\b"),
}
"""What made readers go back to the beginning of a sentence, each with the pattern of it."""


def prose(path: Path) -> str:
    """A document without its headings and its code, which begin as they like; a line stays a line."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^( *)```.*?^\1```$", lambda block: "\n" * block[0].count("\n"), text)
    return re.sub(r"^#.*$|^- \[.*$|`[^`\n]*`", lambda part: "`" if part[0][0] == "`" else "", text, flags=re.MULTILINE)


@pytest.mark.parametrize(("meaning", "pattern"), READ_TWICE.items(), ids=["subject", "but", "verb", "today", "example"])
def test_a_sentence_of_the_documents_is_understood_at_once(meaning: str, pattern: re.Pattern[str]) -> None:
    assert len(DOCUMENTS) > 40
    found = []
    for path in DOCUMENTS:
        text = prose(path)
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(TOP).as_posix()}:{line}: {' '.join(match[0].split())[:80]}")
    assert found == [], meaning


def test_each_pattern_of_such_a_sentence_matches_one() -> None:
    sentences = (
        "Done. What stands above can answer.",
        "It stays, but for `Vary`.",
        "Two are an error, and so is none.",
        "Measure it anew.",
        "Any other, a 405 say, is replaced, say.",
    )
    for sentence, pattern in zip(sentences, READ_TWICE.values(), strict=True):
        assert pattern.search(sentence), sentence
    assert not READ_TWICE["a sentence begins with its subject, and not with a clause"].search("What is my question?")
