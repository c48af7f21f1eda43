"""A framework's command line over a door's application."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.frameworks.cells import Place
from tests.frameworks.door import SITE, Command
from tests.integration.commands import Started
from tests.integration.wire import PATIENCE, ROOT, Connection, message

FILE = ROOT / "tests" / "frameworks" / "served.py"
HOST = (b"Host", b"127.0.0.1")
ORIGIN = (b"Origin", SITE.encode())
REQUESTS = {
    message("GET", "/", [HOST, ORIGIN]): 200,
    message("GET", "/error", [HOST, ORIGIN]): 500,
    message("OPTIONS", "/items/7", [HOST, ORIGIN, (b"Access-Control-Request-Method", b"PUT")]): 204,
}
"""What the server of a command is asked, and with which status it must answer."""


class CommandLine:
    """A command, by what people call it; None where the framework has none."""

    def __init__(self, place: Place, name: str | None) -> None:
        self.place = place
        self.name = name

    def check(self) -> None:
        """Hold that the command finds the application, which answers with CORS, or is told of as without CORS."""
        assert self.name is not None, "the framework has no command"
        command = self.place.door.commands[self.name]
        if command.serves:
            self._serves(command)
        else:
            without, told = (self._tells(command, cors) for cors in ("0", "1"))
            assert told == without

    def _arguments(self, command: Command) -> list[str]:
        values = {"app": "tests.frameworks.served:app", "file": str(FILE), "port": "{port}"}
        return [argument.format(**values) for argument in command.arguments]

    def _environment(self, cors: str) -> dict[str, str]:
        return {"DOOR": self.place.name, "WITH_CORS": cors, "PYTHONPATH": str(ROOT)}

    def _tells(self, command: Command, cors: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *self._arguments(command)],
            env=os.environ | self._environment(cors),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _serves(self, command: Command) -> None:
        ready = re.compile(command.ready)
        environment = self._environment("1")
        server = Started(self._arguments(command), ROOT, lambda said: ready.search(said) is not None, **environment)
        try:
            server.connect().close()
            connection = Connection(server.port)
            for request, status in REQUESTS.items():
                response = connection.ask(request)
                assert response is not None
                assert (response.status, response.cors()["access-control-allow-origin"]) == (status, SITE)
            connection.close()
        finally:
            server.end()
