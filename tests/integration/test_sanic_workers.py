"""``fastcors.sanic.CORS`` in the processes that Sanic's own command starts: each imports the application anew."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("sanic")

from tests.frameworks.door import OTHER, SITE
from tests.integration.commands import Started
from tests.integration.wire import ROOT, Connection, message

HOST = (b"Host", b"127.0.0.1")
ORIGIN = (b"Origin", SITE.encode())
COMMANDS: dict[str, tuple[list[str], int, dict[str, str]]] = {
    "--workers 2, spawned": (["--workers", "2"], 2, {"START_METHOD": "spawn"}),
    "--workers 2, forked": (["--workers", "2"], 2, {"START_METHOD": "fork"}),
    "--dev": (["--dev"], 1, {}),
}


class Workers(Started):
    """A command whose process starts others. It does not end by Ctrl-C until it has heard of all of them."""

    def end(self) -> None:
        """End all of them at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # the session that was made for it
        super().end()


@pytest.fixture(scope="module", params=COMMANDS)
def server(request: pytest.FixtureRequest) -> Iterator[Workers]:
    options, workers, environment = COMMANDS[request.param]
    command = ["sanic", "tests.frameworks.served:app", "--host", "127.0.0.1", "--port", "{port}", *options]
    environment = {"DOOR": "sanic", "WITH_CORS": "1", **environment}
    server = Workers(command, ROOT, lambda said: said.count("Worker ready") >= workers, **environment)
    yield server
    server.end()


def ask(server: Workers, method: str, *lines: tuple[bytes, bytes]) -> Any:
    """Ask over a connection of its own, which goes to any of the workers."""
    connection = Connection(server.port)
    response = connection.ask(message(method, "/", [HOST, *lines]))
    connection.close()
    assert response is not None
    return response.status, response.cors().get("access-control-allow-origin")


def test_every_worker_answers_with_cors(server: Workers) -> None:
    for _ in range(10):
        assert ask(server, "GET", ORIGIN) == (200, SITE)
        assert ask(server, "GET", (b"Origin", OTHER.encode())) == (200, None)
        assert ask(server, "OPTIONS", ORIGIN, (b"Access-Control-Request-Method", b"PUT")) == (204, SITE)
        assert ask(server, "OPTIONS", ORIGIN, (b"Access-Control-Request-Method", b"PATCH")) == (403, None)
