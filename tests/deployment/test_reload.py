"""``--reload``: a changed file is a changed policy, and one that is wrong is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.commands import Started
from tests.integration.wire import Connection, message
from tests.support.installed import need_distributions

ASGI = """
from fastcors.asgi import CORSMiddleware

async def inner(scope, receive, send):
    assert scope["type"] == "http"
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"hello"}})

app = CORSMiddleware(inner, allow_origins=[{origin!r}])
"""
FLASK = """
import sys

from flask import Flask
from fastcors.flask import CORS

app = Flask(__name__)
CORS(app, allow_origins=[{origin!r}])

@app.get("/")
def home():
    return "hello"

if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=True, reloader_type="stat")
"""


class Reloading(NamedTuple):
    arguments: list[str]
    source: str
    ready: str
    """What the command says each time that it has the file."""
    interrupts: int = 1
    """How many Ctrl-C it may need to end."""


COMMANDS = {
    "uvicorn": Reloading(["uvicorn", "--reload", "--fd", "{fd}", "main:app"], ASGI, "Application startup complete"),
    "gunicorn": Reloading(["gunicorn", "--reload", "--bind", "fd://{fd}", "main:app"], FLASK, "Booting worker"),
    "flask": Reloading(["main", "{port}"], FLASK, "Debugger is active", interrupts=3),
}


def noticed(server: Started, file: Path, is_said: Callable[[str], bool]) -> None:
    """Wait until the command says that it has seen the file. What watches it may have begun after it was written."""
    for _ in range(12):
        if server.says(is_said, 5):
            break
        file.touch()
    assert is_said(server.output), server.output


def reloaded(server: Started, ready: str, file: Path) -> None:
    """Wait until the command has the file a second time."""
    noticed(server, file, lambda said: said.count(ready) >= 2)


def allowed(server: Started, origin: str) -> bool:
    """Whether a page of this origin can read the answer."""
    server.connect().close()
    connection = Connection(server.port)
    response = connection.ask(message("GET", "/", [(b"Host", b"127.0.0.1"), (b"Origin", origin.encode())]))
    connection.close()
    assert response is not None
    return response.status == 200 and response.values("access-control-allow-origin") == [origin]


@contextmanager
def reloading(name: str, folder: Path) -> Iterator[tuple[Started, Callable[[str], None]]]:
    """The command over a file that allows ``https://first.example``, and what writes another origin into it."""
    need_distributions(name, "flask")
    arguments, source, ready, interrupts = COMMANDS[name]

    def write(origin: str) -> None:
        (folder / "main.py").write_text(source.format(origin=origin), encoding="utf-8")

    write("https://first.example")
    server = Started(arguments, folder, lambda said: ready in said, interrupts=interrupts)
    try:
        assert allowed(server, "https://first.example")
        yield server, write
    finally:
        server.end()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_changed_policy_holds(name: str, tmp_path: Path) -> None:
    with reloading(name, tmp_path) as (server, write):
        write("https://second.example")
        reloaded(server, COMMANDS[name].ready, tmp_path / "main.py")
        assert allowed(server, "https://second.example")
        assert not allowed(server, "https://first.example")


def test_a_wrong_policy_is_told_and_does_not_end_uvicorn(tmp_path: Path) -> None:
    with reloading("uvicorn", tmp_path) as (server, write):
        write("https://second.example/")
        noticed(server, tmp_path / "main.py", lambda said: "(did you mean https://second.example?)" in said)
        write("https://second.example")
        reloaded(server, COMMANDS["uvicorn"].ready, tmp_path / "main.py")
        assert allowed(server, "https://second.example")
