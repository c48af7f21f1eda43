"""End to end: a real server on loopback under ``wrk``, the application bare, with fastcors and with a peer, in turn.

A server process has all sides, each under its own path, and answers for one of them at a time, for 0.2 s. A round is
``bare``, the others to and fro, ``bare again``: a side is held against the two bare turns around it, so that what
changes slowly falls out, and those two against each other say what the method makes of no difference at all.
``same bytes`` is an application that returns fastcors' headers by itself: what it loses is not fastcors' doing.
Every server is started anew a few times. wrk and the server have a core each where there are two.
"""

from __future__ import annotations

import importlib
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from bench.load.generator import Server
from bench.load.table import Round, summarize
from bench.load.turn import SCRIPT
from bench.micro.rows import UnavailableError

__all__ = ["measure"]

PROCESSES = 9
ROUNDS = 4
"""In each process."""


class Group(NamedTuple):
    """One server, over one gateway interface, and what it serves."""

    server: str
    gateway: str
    peer: str
    library: str

    @property
    def title(self) -> str:
        """The name of the row."""
        return f"{self.server} ({self.gateway.upper()})"


GROUPS = (
    Group("uvicorn", "asgi", "Starlette", "starlette"),
    Group("granian", "asgi", "Starlette", "starlette"),
    Group("granian", "wsgi", "wsgicors", "wsgicors"),
    Group("gunicorn", "wsgi", "wsgicors", "wsgicors"),
)


def one_process(group: Group, script: str) -> list[Round]:
    """Start the server, and let it answer for every side in turn."""
    between = ("same bytes", "fastcors", group.peer)
    sides = ("bare", *between, "bare again")
    server = Server(group.server, group.gateway, sides, script)
    try:
        server.check()
        for side in sides:  # to warm up
            server.load(side)
        turns = (sides if turn % 2 == 0 else sides[::-1] for turn in range(ROUNDS))
        return [{side: server.load(side) for side in order} for order in turns]
    finally:
        server.stop()


def measure_group(group: Group, script: str) -> dict[str, Any]:
    """Measure one group; :class:`UnavailableError` where it cannot be."""
    for module in (group.server, group.library):
        try:
            importlib.import_module(module)
        except ImportError:
            raise UnavailableError(f"{module} is not installed") from None
    return summarize(group.title, group.peer, [one_process(group, script) for _ in range(PROCESSES)])


def measure(console: Console) -> tuple[list[dict[str, Any]], list[str]]:
    """Measure all groups, in about four minutes; returns their rows, and what was not measured and why."""
    if shutil.which("wrk") is None:
        return [], ["end to end: there is no wrk on the PATH. On Debian: apt-get install wrk"]
    rows, skipped = [], []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: no server is left behind
    with tempfile.TemporaryDirectory() as folder, console.status("end to end") as status:
        script = Path(folder) / "count.lua"
        script.write_text(SCRIPT, encoding="ascii")
        for group in GROUPS:
            status.update(f"end to end: {group.title}")
            try:
                rows.append(measure_group(group, str(script)))
            except (UnavailableError, AssertionError, subprocess.SubprocessError) as error:
                skipped.append(f"end to end, {group.title}: {error}")
    return rows, skipped
