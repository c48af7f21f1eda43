"""The tables of frameworks in the documents, from what tests/frameworks/measured/ keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.frameworks.cells import COLUMNS, kept
from tests.frameworks.door import DOORS, Door, load

WATCHED = ("test client", "command line", "Sentry", "OpenTelemetry", "debugger")
"""The columns that no server takes part in."""

Row = tuple[Door, dict[str, Any]]


def rows() -> list[Row]:
    """Each door with what was measured, by the names of the frameworks."""
    return sorted(((load(name), kept(name)) for name in DOORS), key=lambda row: row[0].name.lower())


def _link(door: Door, folder: str) -> str:
    return f"[{door.name}]({folder}{door.page})"


def index(folder: str) -> str:
    """The frameworks with what there is for each. ``folder`` is where the pages are, seen from the document."""
    lines = ["| framework | |", "|---|---|"]
    return "\n".join([*lines, *(f"| {_link(door, folder)} | {door.about} |" for door, _ in rows())]) + "\n"


LINES = {
    "`CORS(app, …)` from `fastcors.starlette`": ("FastAPI", "Starlette", "MCP servers"),
    '`"fastcors.django.CORSMiddleware"` in `MIDDLEWARE`': ("Django",),
    "`CORS(app, …)` from `fastcors.flask` and so on": (
        "Flask",
        "aiohttp",
        "BlackSheep",
        "Bottle",
        "Falcon",
        "Litestar",
        "Quart",
        "Sanic",
    ),
    '`config.include("fastcors.pyramid")`': ("Pyramid",),
    "`CORSMiddleware` from `fastcors.asgi`, `.wsgi` or `.rsgi`": ("Connexion", "RSGI", "ASGI, WSGI"),
    "`policy.decide(…)`": ("Tornado", "a server of your own"),
}
"""What one writes, with the names of those in which it is that line."""
ELSEWHERE = {"ASGI, WSGI": "shims.md", "MCP servers": "frameworks/mcp.md", "a server of your own": "embedding/index.md"}
"""The pages of those whose page is not called as they are."""


def lines(folder: str) -> str:
    """The frameworks by the line that one writes in them. ``folder`` is that of the documents, seen from the table."""
    rows = ["| framework | the line that you write |", "|---|---|"]
    for line, names in LINES.items():
        pages = [(name, ELSEWHERE.get(name, f"frameworks/{name.lower()}.md")) for name in names]
        rows.append(f"| {', '.join(f'[{name}]({folder}{page})' for name, page in pages)} | {line} |")
    return "\n".join(rows) + "\n"


def _reasons(door: Door, found: dict[str, Any], column: str) -> Iterator[str | None]:
    """Why a cell does not hold, on each server on which it was measured; None where it holds."""
    if column in WATCHED:
        yield found["cells"][column]
        return
    for server, on_server in found["servers"].items():
        why = on_server["cells"][column]
        yield why if why is None or f"{server}: {column}" not in door.lacks else f"{server}: {why}"


class _Reasons:
    """The reasons below the tables, each once, with its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def mark(self, reasons: list[str | None]) -> str:
        """A cell's text: whether it holds on every server, and the number of each reason why it does not."""
        why = [reason for reason in dict.fromkeys(reasons) if reason is not None]
        if not why:
            return "✓"
        numbers = ", ".join(str(self.numbers.setdefault(reason, len(self.numbers) + 1)) for reason in why)
        return f"{'✓' if None in reasons else '–'} ({numbers})"


def cells() -> str:
    """The two tables of cells, and the reasons why some do not hold."""
    reasons = _Reasons()
    on_servers = [column for column in COLUMNS if column not in WATCHED]
    tables = [_cells(on_servers, reasons), _cells(list(WATCHED), reasons)]
    listed = [f"{number}. {why}" for why, number in reasons.numbers.items()]
    return "\n\n".join([*tables, "\n".join(listed) or "Nothing of this does not hold."]) + "\n"


def _cells(columns: list[str], reasons: _Reasons) -> str:
    lines = [f"| | {' | '.join(columns)} |", f"|---|{len(columns) * ':-:|'}"]
    for door, found in rows():
        marks = [reasons.mark(list(_reasons(door, found, column))) for column in columns]
        lines.append(f"| {_link(door, 'frameworks/')} | {' | '.join(marks)} |")
    return "\n".join(lines)


def columns() -> str:
    """What each column says."""
    lines = ["| column | a cell that holds says |", "|---|---|"]
    return "\n".join([*lines, *(f"| {column} | {says} |" for column, says in COLUMNS.items())]) + "\n"


def versions() -> str:
    """On what the cells were measured."""
    lines = ["| | packages | servers | commands |", "|---|---|---|---|"]
    for door, found in rows():
        packages = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
        servers = [
            f"{server} ({', '.join(f'{name} {version}' for name, version in measured['versions'].items())})"
            for server, measured in found["servers"].items()
        ]
        commands = ", ".join(f"`{name}`" for name in door.commands) or "none"
        lines.append(f"| {door.name} | {packages}; {found['python']} | {', '.join(servers)} | {commands} |")
    return "\n".join(lines) + "\n"
