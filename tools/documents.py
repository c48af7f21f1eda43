"""Write what is generated in the documents: what the code or a measurement says is typed nowhere else.

``python tools/documents.py`` writes every part; with names (``policy.md``), those of these documents alone. Nothing is
measured: figures are those of ``bench/results/``.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).resolve().parents[1]
RESULTS = TOP / "bench" / "results"
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))


class Part(NamedTuple):
    """A part of a document, or all of it."""

    document: str
    mark: str | None
    """Its name in the marks around it, ``<!-- name:begin -->`` and ``<!-- name:end -->``; None for a whole document."""
    write: Callable[[], str]
    """Returns the lines between the marks."""
    measured: bool = False
    """Whether it is made of figures, which are written when somebody measures, and not whenever the code changes."""


def filled_in(text: str, mark: str, block: str) -> str:
    """The text of a document with this block between its marks. Raises ValueError where the marks are not there."""
    begin, end = f"<!-- {mark}:begin -->\n", f"<!-- {mark}:end -->"
    start = text.index(begin) + len(begin)
    return f"{text[:start]}{block.rstrip()}\n{text[text.index(end, start) :]}"


def as_written(part: Part, text: str) -> str:
    """The text of the part's document as it is to be."""
    return part.write() if part.mark is None else filled_in(text, part.mark, part.write())


# docs/policy.md


def parameters_table() -> str:
    """The parameters of a policy, each with what it takes, its default and what it is for."""
    from fastcors._config.parameters import TABLE

    lines = ["| parameter | takes | default | |", "|---|---|---|---|"]
    for parameter in TABLE:
        default = "none" if parameter.default == () else _code(repr(parameter.default).replace("'", '"'))
        takes = re.sub(r'"[^"]*"|\b(?:bool|int|float|str|timedelta)\b', lambda found: _code(found[0]), parameter.takes)
        lines.append(f"| [`{parameter.name}`](#{parameter.name}) | {takes} | {default} | {_words(parameter.help)} |")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`"


_LITERAL = re.compile(r"\bCORS\(app, [^)]*\)|'[^']*'|https?://[^\s,;]*[\w*]|http:|\*\.")


def _words(text: str) -> str:
    """Text of the command line as Markdown: what stands for itself is code, and a row has one line."""
    return _LITERAL.sub(lambda found: _code(found[0].strip("'")), text).replace("|", "\\|")


# docs/migration.md and docs/compat.md


def migration_tables() -> str:
    """The options of other libraries, each with what fastcors has for it."""
    from tests.compat.options import table

    return table()


def differences_of(library: str) -> Callable[[], str]:
    """The table of what a drop-in answers otherwise than Policy."""

    def write() -> str:
        from tests.contract.drop_ins import DROP_INS

        words = {
            "allowed": "may go on",
            "refused": "may not",
            "echoed": "repeated in the answer",
            "no application": "answered without the application",
            "application": "answered by the application",
        }
        lines = ["| request | here | why |", "|---|---|---|"]
        lines += [f"| {one.request} | {words[one.here]} | {one.why} |" for one in DROP_INS[library].differs]
        return "\n".join(lines)

    return write


# docs/django-checks.md


def django_checks() -> str:
    """The ids of the system checks: of each code, and of each place in MIDDLEWARE."""
    from fastcors.django.checks import CODES, PLACES, id_of

    lines = [
        "# System checks of `fastcors.django`",
        "",
        "`manage.py check` says this about [a project with CORS](frameworks/django.md). An id never changes,",
        "and `SILENCED_SYSTEM_CHECKS` takes it. [policy.md](policy.md#errors) and [shims.md](shims.md#routes) say what",
        "each code means.",
        "",
        "| id | what |",
        "|---|---|",
        *(f"| `{number}` | {what} |" for number, what in PLACES.items()),
        "",
        "| id | code |",
        "|---|---|",
        *(f"| `{id_of(code)}` | `{code}` |" for code in CODES),
    ]
    return "\n".join(lines) + "\n"


# docs/frameworks.md


def frameworks(part: str, *arguments: str) -> Callable[[], str]:
    """A table of the frameworks."""

    def write() -> str:
        from tests.frameworks import table

        text: str = getattr(table, part)(*arguments)
        return text

    return write


# docs/why-blocked.md


def causes() -> str:
    """Return what each message of a browser means, what causes it, and what to look at."""
    from fastcors._browser.messages import CAUSES

    lines = []
    for cause in CAUSES:
        lines += [f"### {cause.title}", "", *textwrap.wrap(cause.means, 120), ""]
        texts = [("Chromium", cause.chromium), ("Firefox", cause.firefox), ("Safari", cause.safari)]
        for browser, said in texts:
            lines += [*(_message(browser, text) for text in said)]
        lines += ["", *(item for text in cause.look for item in _item(_words(text))), ""]
        if cause.reasons:
            names = ", ".join(f"`{reason.value}`" for reason in cause.reasons)
            text = f"[Reasons](behaviour.md#reasons) of fastcors that lead to this message: {names}."
            lines += [*textwrap.wrap(text, 120, break_on_hyphens=False), ""]
    return "\n".join(lines)


def _message(browser: str, text: str) -> str:
    shown = re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), text).replace("`", "'")
    lines = textwrap.wrap(f"> {browser}: `{shown}`", 118, subsequent_indent="> ", break_on_hyphens=False)
    return "\n".join([*lines, ">"])


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, 120, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


# docs/command-line.md


def command_line() -> str:
    """Return what each command says of itself, as wide as the page."""
    import os

    os.environ["COLUMNS"] = "100"
    from fastcors.cli import build_parser

    parser = build_parser()
    lines = []
    for name, command in {"": parser, **parser.commands()}.items():
        lines += [f"## `fastcors{name and ' ' + name}`", "", "```text", command.format_help().rstrip(), "```", ""]
    return "\n".join(lines)


# docs/deployment.md


def deployments() -> str:
    """The ways to deploy an application."""
    from tests.deployment.ways import ROWS

    engines = {"cython": "native", "python": "pure Python"}
    lines = ["| way | how | engine | |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.shown} | {engines[row.engine]} | {row.note} |" for row in ROWS]
    return "\n".join(lines) + "\n"


# docs/start.md


def newcomer() -> str:
    """How long it takes to do what README.md says, up to the first answer in a browser."""
    found = measured("newcomer.json")
    (install,) = (one for one in found["commands"] if one["command"].startswith("pip install"))
    machine, cache = found["machine"], "with its cache" if found["pip_cache"] else "without a cache"
    text = (
        f"The README has these steps in short, and `make newcomer` times them: {len(found['commands'])} commands, and "
        f"{found['total']:.0f} s from `git clone` to the first answer in a browser. `pip install` takes "
        f"{install['seconds']:.0f} s of them, {cache} ({machine['python']}, {machine['cpu']}, {found['date']})."
    )
    return "\n".join(textwrap.wrap(text, 120, break_on_hyphens=False)) + "\n"


# docs/free-threading.md


def threads() -> str:
    """What a request costs with some threads at work."""
    from bench.threads import table

    return table(measured("threads.json"))


# The benchmarks


def measured(name: str) -> dict[str, Any]:
    """The results that were kept under this name."""
    results: dict[str, Any] = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    return results


def on_other_pythons() -> list[dict[str, Any]]:
    """The results on other Pythons than the one of the headline."""
    return [measured(path.name) for path in sorted(RESULTS.glob("cpython-*.json"))]


def headline() -> str:
    """The figures of README.md."""
    from bench.report import readme

    return "\n".join(readme.headline(measured("latest.json")))


def costs() -> str:
    """What readers and writers cost."""
    from bench.report import readme

    return "\n".join(readme.costs(measured("latest.json")))


def gateway() -> str:
    """What the gateway of the examples does, and what CORS costs it."""
    from bench.load import gateway

    return gateway.figures(measured("gateway.json"))


def benchmarks() -> str:
    """docs/benchmarks.md."""
    from bench.report import readme

    return "\n".join(readme.benchmarks(measured("latest.json"), on_other_pythons())) + "\n"


def native_peers() -> str:
    """The table of libraries of other languages."""
    from bench.languages import table

    return table.markdown(*(measured(path.name) for path in sorted(RESULTS.glob("peers*.json"))))


DROP_INS = sorted(path.parent.name for path in TOP.glob("tests/compat/*/door.py"))

PARTS = [
    Part("README.md", "bench", headline, measured=True),
    Part("docs/embedding/index.md", "costs", costs, measured=True),
    Part("docs/embedding/gateway.md", "gateway", gateway, measured=True),
    Part("docs/benchmarks.md", None, benchmarks, measured=True),
    Part("docs/free-threading.md", "threads", threads, measured=True),
    Part("docs/start.md", "newcomer", newcomer, measured=True),
    Part("docs/benchmarks-native.md", "peers", native_peers, measured=True),
    *(Part("docs/frameworks.md", part, frameworks(part)) for part in ("cells", "columns", "versions")),
    Part("docs/frameworks.md", "index", frameworks("index", "frameworks/")),
    Part("README.md", "frameworks", frameworks("lines", "docs/")),
    Part("docs/django-checks.md", None, django_checks),
    Part("docs/deployment.md", "ways", deployments),
    Part("docs/migration.md", "options", migration_tables),
    Part("docs/policy.md", "parameters", parameters_table),
    Part("docs/why-blocked.md", "causes", causes),
    Part("docs/command-line.md", "commands", command_line),
    *(Part("docs/compat.md", library, differences_of(library)) for library in DROP_INS),
]


def write(*names: str) -> None:
    """Write every part, or those of the documents with these names."""
    for part in PARTS:
        path = TOP / part.document
        if not names or path.name in names:
            path.write_text(as_written(part, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write(*sys.argv[1:])
