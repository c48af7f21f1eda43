"""The documents: their examples run, their tables are complete and true, their links lead somewhere.

Every ``pycon`` block is a doctest and every ``python`` block is run, block after block in one namespace for each
document. A block that needs what only a reader has is preceded by the line ``<!-- not run -->`` and is compiled only.
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import fastcors
from fastcors import Policy, PolicyError, PolicyIssue, Reason
from fastcors._config.readable import PARAMETERS
from fastcors._engine import Router
from fastcors._shims.routes import check_routes
from fastcors.wsgi import CORSMiddleware

TOP = Path(__file__).resolve().parents[2]
DOCS = sorted((TOP / "docs").rglob("*.md"))
PAGES = sorted((TOP / "docs" / "frameworks").glob("*.md"))
DOCUMENTS = [TOP / "README.md", *DOCS, *sorted((TOP / "examples").rglob("README.md"))]
EXAMPLE = {"allow_origins": ["https://example.com"]}

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```$", re.M | re.S)
_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")

documents = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def text_of(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


class Block(NamedTuple):
    language: str
    source: str
    line: int
    """The lines before its first one."""
    run: bool


def prose_of(path: Path) -> str:
    """A document without its blocks of code."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        before = text[: match.start()]
        run = not before.rstrip().endswith("<!-- not run -->")
        yield Block(match["language"], textwrap.dedent(match["body"]), before.count("\n") + 1, run)


class Table(NamedTuple):
    head: list[str]
    rows: list[list[str]]


def tables(text: str) -> Iterator[Table]:
    """The tables of a document, cell by cell, with the Markdown in them."""
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1]])
        elif rows:
            yield Table(rows[0], rows[2:])
            rows = []


def table_headed(text: str, *head: str) -> Table:
    (found,) = [table for table in tables(text) if table.head[: len(head)] == list(head)]
    return found


def codes(cell: str) -> list[str]:
    """The code spans in a cell."""
    return _CODE.findall(cell)


# Examples


def need_frameworks(path: Path) -> None:
    """Skip the page of a framework that is not installed, as not every framework has every Python."""
    for block in blocks(path) if path in PAGES else ():
        if block.language == "python" and block.run:
            for node in ast.walk(ast.parse(block.source)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for name in names:
                    if importlib.util.find_spec(name.partition(".")[0]) is None:
                        pytest.skip(f"{name} is not installed")


OF_A_PROCESS_OF_ITS_OWN = ("django.md",)
"""The documents whose examples configure what a process has once."""


@documents
def test_examples_run(path: Path) -> None:
    need_frameworks(path)
    if path.name not in OF_A_PROCESS_OF_ITS_OWN:
        assert failures_of_examples(path) == []
        return
    code = "import pathlib, sys; from tests.unit import test_docs as own; "
    code += "sys.exit('\\n'.join(own.failures_of_examples(pathlib.Path(sys.argv[1]))) or None)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, path], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def failures_of_examples(path: Path) -> list[str]:
    """Run every example of a document, in one module; return what doctest says of those that fail."""
    module = ModuleType(f"docs_{path.stem}")
    sys.modules[module.__name__] = module  # where frameworks look for the names of annotations
    namespace: dict[str, Any] = vars(module)
    namespace |= {
        "fastcors": fastcors,
        "app": lambda scope, receive, send: None,  # the reader's own applications
        "application": lambda environ, start_response: [],
    }
    failures: list[str] = []
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=options, verbose=False)
    for block in blocks(path):
        if block.language == "python":
            code = compile("\n" * block.line + block.source, str(path), "exec", dont_inherit=True)
            if block.run:
                exec(code, namespace)  # noqa: S102 - our own documents
        elif block.language == "pycon":
            source = block.source.replace("…", "...")
            test = doctest.DocTestParser().get_doctest(source, namespace, path.name, str(path), block.line)
            assert test.examples, f"{path.name}:{block.line}: no example"
            runner.run(test, out=failures.append, clear_globs=False)
            namespace.update(test.globs)
    return failures


def commands(path: Path) -> Iterator[tuple[str, str]]:
    """The commands of fastcors whose output is shown in the next block, each with that output."""
    found = list(blocks(path))
    for block, shown in pairwise(found):
        if block.language == "sh" and block.source.startswith("python -m fastcors") and shown.language == "text":
            yield block.source, shown.source


@documents
def test_what_a_command_prints_is_what_the_document_shows(path: Path) -> None:
    environment = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(TOP)}
    for command, shown in commands(path):
        arguments = [sys.executable, *shlex.split(command.replace("\\\n", " "))[1:]]
        done = subprocess.run(arguments, cwd=TOP, env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert doctest.OutputChecker().check_output(shown.replace("…", "..."), done.stdout, doctest.ELLIPSIS)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_json_is_valid_and_every_block_has_a_language(path: Path) -> None:
    for block in blocks(path):
        assert block.language in ("json", "pycon", "python", "sh", "text", "c", "cython", "rust"), block.line
        if block.language == "json":
            json.loads(block.source)


# docs/frameworks/


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_page_of_a_framework_begins_with_a_sentence_and_a_file_that_runs(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# .+\n\n([^\n]+\n){1,2}\n```python\n", text)
    need_frameworks(path)
    first = next(blocks(path))
    assert first.run
    file = tmp_path / "main.py"
    file.write_text(first.source, encoding="utf-8")
    done = subprocess.run([sys.executable, file], cwd=TOP, env=os.environ | {"PYTHONPATH": str(TOP)}, check=False)
    assert done.returncode == 0


# docs/policy.md


def in_source(name: str) -> ast.Module:
    return ast.parse(text_of(f"fastcors/{name}"))


def calls(tree: ast.AST, function: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("self.") == function:
            yield node


def strings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def suffixes_by_noun() -> dict[str, set[str]]:
    """For each kind of name, what the function that judges one can find wrong with it."""
    tree = in_source("_config/names.py")
    judges = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found: dict[str, set[str]] = {}
    for call in calls(tree, "_check"):
        _, noun, _, judge = call.args
        assert isinstance(judge, ast.Name)
        returned = [node.value for node in ast.walk(judges[judge.id]) if isinstance(node, ast.Return)]
        (name,) = strings([noun])
        found[name] = set(strings(value.elts[0] for value in returned if isinstance(value, ast.Tuple)))
    return found


def codes_in_source() -> set[str]:
    """Every code that a PolicyIssue or a Danger is made with, worked out from the first argument of each such call."""
    suffixes = suffixes_by_noun()
    syntax = ast.walk(in_source("_config/route_syntax.py"))
    variables = {
        # Names that a code is held in, by the function that uses them.
        "_malformed": {
            text
            for text in strings(ast.walk(in_source("_config/diagnosis.py")))
            if re.fullmatch("origin-[a-z0-9-]+", text)
        },
        "_check_path": {text for text in strings(syntax) if re.fullmatch("route-[a-z-]+", text)},
        "_check_paths": set(),  # of the paths of views: those of _check_path
        "check_status": {
            field.replace("_", "-") + "-range"
            for call in calls(in_source("_config/parameters.py"), "Parameter")
            for field in strings(call.args[:1])
            if any(True for argument in call.args for _ in calls(argument, "_status"))
        },
    }
    found: set[str] = set()
    for path in (TOP / "fastcors").rglob("*.py"):
        for function in ast.walk(in_source(str(path.relative_to(TOP / "fastcors")))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in [*calls(function, "PolicyIssue"), *calls(function, "Danger"), *calls(function, "_danger")]:
                code = call.args[0]
                if isinstance(code, ast.Constant):
                    found.add(code.value)
                elif isinstance(code, ast.Attribute) or function.name in ("_danger", "judge_null"):
                    continue  # handed on
                elif isinstance(code, ast.Name):
                    found |= variables[function.name]
                else:
                    template = ast.unparse(code)[2:-1]
                    for noun in ("origin", *suffixes):
                        for suffix in suffixes.get(noun, ()) if "{suffix}" in template else ("",):
                            found.add(template.replace("{noun}", noun).replace("{suffix}", suffix))
    return found


class Wrong(NamedTuple):
    code: str
    field: str
    parameters: dict[str, Any]
    hint: str | None


def wrong_values() -> Iterator[Wrong]:
    """The rows of the tables of codes. The head of the second column says of which parameter its values are."""
    for table in [*tables(text_of("docs/policy.md")), *tables(text_of("docs/shims.md"))]:
        if table.head[0] != "code":
            continue
        field, *others = codes(table.head[1])
        for row in table.rows:
            (code,), (value,) = codes(row[0]), codes(row[1])
            (hint,) = [None] if row[2] == "—" else codes(row[2])
            expression = f"dict({', '.join([f'{field}={value}', *others])})"
            parameters = eval(expression, {"timedelta": timedelta, "policy": Policy(**EXAMPLE)})
            yield Wrong(code, field, parameters, hint)


WRONG = list(wrong_values())


def issues_of(parameters: dict[str, Any]) -> tuple[PolicyIssue, ...]:
    try:
        if "routes" in parameters:
            CORSMiddleware(lambda environ, start_response: [], **parameters)
        else:
            Policy(**{**EXAMPLE, **parameters})
    except PolicyError as error:
        return error.issues
    return ()


def test_every_code_is_documented_once() -> None:
    documented = [wrong.code for wrong in WRONG]
    documented += [codes(row[0])[0] for row in table_headed(text_of("docs/frameworks/django.md"), "code").rows]
    assert len(documented) == len(set(documented))
    assert set(documented) == codes_in_source()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.code)
def test_the_example_of_a_code_yields_it_and_its_hint(wrong: Wrong, monkeypatch: pytest.MonkeyPatch) -> None:
    if wrong.code == "origin-regex-slow":
        monkeypatch.setattr("fastcors._config.expressions._re2", None)
    (issue,) = issues_of(wrong.parameters)
    assert (issue.code, issue.field, issue.hint) == (wrong.code, wrong.field, wrong.hint)


def test_the_paths_of_the_example_are_under_the_routes_that_are_named() -> None:
    (block,) = (block for block in blocks(TOP / "docs/shims.md") if block.source.startswith("routes = "))
    (table,) = (table for table in tables(text_of("docs/shims.md")) if table.head[0] == "request for")
    node = ast.parse(block.source).body[0]
    assert isinstance(node, ast.Assign)
    assert isinstance(node.value, ast.Dict)
    names = [ast.literal_eval(key) for key in node.value.keys if key is not None]
    policies = {name: Policy(allow_origins=[f"https://{number}.example"]) for number, name in enumerate(names)}
    router = Router(check_routes(policies))
    for row in table.rows:
        for path in codes(row[0]):
            assert router.find(path) is (None if row[1] == "—" else policies[codes(row[1])[0]]), path
    assert {name for row in table.rows for name in codes(row[1])} == set(names)


def test_every_parameter_has_a_heading_in_order() -> None:
    headings = re.findall(r"^### `(\w+)`$", text_of("docs/policy.md"), re.MULTILINE)
    assert headings == list(PARAMETERS)


@pytest.mark.parametrize("name", ["permitted", "prohibited"])
def test_permitted_and_prohibited_values_are(name: str) -> None:
    text = text_of("docs/policy.md")
    sections = re.split(r"^#{2,3} ", text, flags=re.MULTILINE)
    seen = 0
    for section in sections:
        parameter = re.match(r"`(\w+)`\n", section)
        for table in tables(section):
            if parameter is None or name not in table.head:
                continue
            credentials = table.head[0] == "prohibited"  # the table of what is prohibited with credentials alone
            for row in table.rows:
                for value in codes(row[table.head.index(name)]):
                    try:
                        given = eval(value, {"timedelta": timedelta})
                    except (SyntaxError, NameError):
                        continue  # a word of the text, such as the form in which a value is read
                    issues = issues_of({parameter[1]: given, "allow_credentials": credentials})
                    assert bool(issues) == (name == "prohibited"), (parameter[1], value)
                    seen += 1
    assert seen > 10


def test_patterns_match_what_their_table_says() -> None:
    for pattern, matches, others in table_headed(text_of("docs/policy.md"), "pattern", "matches").rows:
        policy = Policy(allow_origins=codes(pattern))
        for origin in codes(matches):
            assert policy.is_origin_allowed(origin), (pattern, origin)
        for origin in codes(others):
            assert not policy.is_origin_allowed(origin), (pattern, origin)


def test_the_opt_ins_are_the_dangerous_parameters() -> None:
    rows = table_headed(text_of("docs/policy.md"), "parameter", "lets in").rows
    assert [codes(row[0])[0] for row in rows] == [name for name in PARAMETERS if name.startswith("dangerously_")]


# docs/behaviour.md and docs/embedding/


def test_every_reason_is_documented_in_order() -> None:
    rows = table_headed(text_of("docs/behaviour.md"), "value", "when").rows
    assert [codes(row[0]) for row in rows] == [[reason.value] for reason in Reason]


def test_origins_are_refused_for_the_documented_reasons() -> None:
    policy = Policy(allow_origins=["https://example.com", "https://*.example.com"])
    for value, reason, _ in table_headed(text_of("docs/behaviour.md"), "`Origin`", "reason").rows:
        origin = ast.literal_eval(codes(value)[0])
        assert [policy.decide("GET", origin).reason.value] == codes(reason), value
        assert [policy.decide("OPTIONS", origin, "GET").reason.value] == codes(reason), value


def test_the_limits_are_those_of_the_engine() -> None:
    from fastcors._twin import engine as twin

    rows = table_headed(text_of("docs/behaviour.md"), "what", "at most").rows
    expected = [
        twin.MAX_ORIGIN,
        twin.MAX_METHOD,
        twin.MAX_HEADER_BYTES,
        twin.MAX_HEADER_NAMES,
        twin.MAX_EMPTY_ELEMENTS,
        twin.MAX_ELEMENT_OWS,
    ]
    assert [int(row[1].split()[0]) for row in rows] == expected


def test_every_attribute_of_a_decision_is_documented() -> None:
    rows = table_headed(text_of("docs/embedding/index.md"), "attribute", "type").rows
    documented = {name.removesuffix("()") for row in rows for name in codes(row[0])}
    assert documented == {name for name in dir(fastcors.Decision) if not name.startswith("_")}


def test_every_method_of_a_policy_that_decides_is_documented() -> None:
    pages = sorted((TOP / "docs/embedding").glob("*.md"))
    text = "".join(page.read_text(encoding="utf-8") for page in [TOP / "docs/policy.md", *pages])
    configured = {"origins", "origin_count", "plan", "settings"}  # for fastcors itself
    for name in dir(Policy):
        if not name.startswith("_") and name not in configured:
            assert re.search(rf"\b{name}\b", text), name


# docs/threat-model.md


def claims() -> list[tuple[str, list[str]]]:
    """What must never happen, each with the tests that are named below it."""
    text = text_of("docs/threat-model.md").partition("## What must never happen")[2].partition("\n## ")[0]
    items = re.split(r"^- \*\*", text, flags=re.MULTILINE)[1:]
    return [(item.partition("**")[0], re.findall(r"^  - `([^`]+)`$", item, re.MULTILINE)) for item in items]


def functions_in(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, functions)}


@pytest.mark.parametrize(("claim", "tests"), claims(), ids=lambda value: value if isinstance(value, str) else "")
def test_each_claim_of_the_threat_model_names_tests_that_exist(claim: str, tests: list[str]) -> None:
    assert tests
    for test in tests:
        file, _, name = test.partition("::")
        assert re.fullmatch(r"test_\w+", name), test
        assert name in functions_in(TOP / file), test


def test_the_threat_model_has_claims_about_pages_drop_ins_frameworks_and_servers() -> None:
    text = text_of("docs/threat-model.md")
    for part in ("page reads", "drop-in", "framework", "harms the server", "harms others"):
        assert re.search(rf"^### A .*{part}", text, re.MULTILINE), part
    assert len(claims()) > 30


# docs/architecture.md


BUILT = ("src/_core.c", "src/_core.html", "fastcors/_pure.py")
SOURCES = [
    path.relative_to(TOP).as_posix()
    for folder in ("fastcors", "src")
    for path in sorted((TOP / folder).rglob("*"))
    if path.suffix in (".py", ".pyx", ".pxd", ".pxi", ".pyi", ".html", ".typed")
    and path.relative_to(TOP).as_posix() not in BUILT
]


def test_every_source_file_has_its_line() -> None:
    lines = re.findall(r"^([\w./]+\.(?:py|pyx|pxd|pxi|pyi|html|typed)) {2,}\S", text_of("docs/architecture.md"), re.M)
    rest = {"tests/conftest.py", "setup.py"}
    expected = [re.sub("^(fastcors|src)/", "", source) for source in SOURCES]
    assert sorted(line for line in lines if line not in rest) == sorted(expected)


@documents
def test_files_that_are_named_exist(path: Path) -> None:
    folders = ("fastcors", "src", "tests", "bench", "tools", "docs", "examples")
    known = {file.name for folder in folders for file in (TOP / folder).rglob("*")} | {"setup.py"}
    known.update(re.findall(r"Save this as `([\w.]+)`", prose_of(path)))  # the reader's own
    for name in codes(prose_of(path)):
        if re.fullmatch(rf"({'|'.join(folders)})/[\w./]*", name):
            assert name in BUILT or (TOP / name).exists(), name
        elif re.fullmatch(r"[\w/]+\.(py|pyx|pxd|pxi|md)", name):
            assert Path(name).name in known, name


DEFINES = r"(?m)^\s*(?:(?:async def|def|cdef|cpdef)\b[^\n=(]*\b{name}\(|(?:cdef )?class {name}\b)"
"""Matches the line that defines a function or class in Python or Cython."""


def defines(file: str, name: str) -> bool:
    """Whether a source file, named as in architecture.md, defines a function or class."""
    path = TOP / ("src" if file.endswith((".pxi", ".pxd", ".pyx")) else "fastcors") / file
    return re.search(DEFINES.format(name=re.escape(name)), path.read_text(encoding="utf-8")) is not None


def steps_of_the_tour() -> list[tuple[str, str]]:
    """Each function that the tour passes, with the file where it says that it is."""
    text = text_of("docs/architecture.md")
    found = []
    for side in re.findall(r"^ +- (?:native|twin): (.*(?:\n {5}.*)*)", text, re.MULTILINE):
        for group in re.split(r";\s+", side):
            *functions, file = codes(group)
            assert re.fullmatch(r"(`\w+`(, )?)+ in `[\w/.]+`", group.replace("\n     ", " ")), group
            found += [(file, name) for name in functions]
    return found


def test_the_tour_passes_functions_that_are_where_it_says() -> None:
    steps = steps_of_the_tour()
    assert len(steps) > 25
    assert [f"{name} in {file}" for file, name in steps if not defines(file, name)] == []


def test_each_function_and_name_in_the_architecture_exists() -> None:
    sources = "\n".join(text_of(source) for source in SOURCES)
    others = [file for folder in ("tests", "tools", "bench") for file in (TOP / folder).rglob("*.py")]
    rest = "\n".join(file.read_text(encoding="utf-8") for file in (*others, TOP / "Makefile", TOP / "setup.py"))
    spans = codes(prose_of(TOP / "docs/architecture.md"))
    names = [name for name in spans if re.fullmatch(r"\w[\w.]*(\(\))?", name)]
    assert len(names) > 60
    for name in names:
        last = name.removesuffix("()").split(".")[-1]
        if name.endswith("()"):
            assert re.search(DEFINES.format(name=re.escape(last)), sources), name
        elif "." not in name or name.startswith("fastcors."):
            assert re.search(rf"\b{re.escape(last)}\b", sources + rest), name


def test_the_floors_of_the_architecture_are_those_that_are_held() -> None:
    section = text_of("docs/architecture.md").partition("## The rooms\n")[2].partition("\n## ")[0]
    (match,) = _FENCE.finditer(section)
    (floors,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(text_of("tests/unit/test_house.py")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS"
    )
    assert [tuple(line.split()) for line in match["body"].splitlines()] == list(reversed(floors))


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z0-9-]+):.*## ", text_of("Makefile"), re.MULTILINE)
    rows = table_headed(text_of("docs/architecture.md"), "target").rows
    assert [codes(row[0]) for row in rows] == [[f"make {target}"] for target in targets]


def test_every_variable_of_the_environment_is_documented() -> None:
    pattern = re.compile(r"\bFASTCORS_[A-Z_]+\b")
    folders = ("fastcors", "tests", "tools")
    files = [TOP / "setup.py", *(file for folder in folders for file in (TOP / folder).rglob("*.py"))]
    used = {name for file in files for name in pattern.findall(file.read_text(encoding="utf-8"))}
    used.remove("FASTCORS_POLICY")  # a setting of Django
    used -= set(pattern.findall(text_of("fastcors/include/fastcors.h")))  # constants of C
    rows = table_headed(text_of("docs/architecture.md"), "variable").rows
    assert {name for row in rows for name in codes(row[0])} == used


# All of them


def slugs(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@documents
def test_links_lead_somewhere(path: Path) -> None:
    for link in map("".join, _LINK.findall(prose_of(path))):
        if re.match("https?://", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), link
        assert file.is_relative_to(TOP), link
        if anchor:
            assert anchor in slugs(file), link


def test_the_start_page_leads_to_the_fix_of_the_most_frequent_message_with_one_click() -> None:
    from fastcors._browser.messages import CAUSES
    from fastcors._browser.rules import Rule

    (cause,) = (cause for cause in CAUSES if cause.rule is Rule.ORIGIN_MISSING)
    links = re.findall(r"\[([^\]]+)\]\((why-blocked\.md#[^)]+)\)", text_of("docs/index.md"))
    ((message, link),) = [(" ".join(message.split()), link) for message, link in links]
    assert any(message in text for text in cause.chromium)
    assert link.partition("#")[2] == cause.title.lower().replace(" ", "-")
    assert "CORS(app, allow_origins=" in cause.look[0]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_lines_are_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    # These have tables with long rows, and a row cannot be broken.
    wide = (
        "benchmarks.md",
        "benchmarks-native.md",
        "compat.md",
        "deployment.md",
        "frameworks.md",
        "gateway.md",
        "migration.md",
        "policy.md",
    )
    rows = ("|",) if path.name in wide else ()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120 and not line.startswith(rows)] == []
