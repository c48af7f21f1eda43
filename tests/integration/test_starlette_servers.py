"""``fastcors.starlette.CORS`` under the commands that people type: the application is found, and answers with CORS."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

for name in ("fastapi", "fastapi_cli", "uvicorn"):
    pytest.importorskip(name)

APPLICATION = Path(__file__).with_name("starlette_app.py")
ROOT = APPLICATION.parents[2]
SITE = "https://app.example.com"
PATIENCE = 60
LISTENS = re.compile(r"running on\s+http://127\.0\.0\.1:(\d+)")
READY = "Application startup complete"
ENDED = "\n(it ended)"


class Command:
    """A server that was started with a command, in a session of its own."""

    def __init__(self, arguments: list[str], folder: Path, workers: int) -> None:
        # It listens already, so that requests wait for a server that is not ready; one command takes no socket.
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        fd = self.listener.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *(argument.format(fd=fd) for argument in arguments)],
            pass_fds=[fd],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        try:
            self.wait_until(lambda said: said.count(READY) >= workers)
            if "{fd}" not in arguments:
                self.wait_until(lambda said: LISTENS.search(said) is not None)
                self.port = int(LISTENS.findall(self.output)[0])
        except AssertionError:
            self.end()
            raise

    def read(self) -> None:
        """Keep what the server says."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.output += line
                self.changed.notify_all()
        with self.changed:
            self.output += ENDED
            self.changed.notify_all()

    def wait_until(self, is_said: Callable[[str], bool]) -> None:
        """Wait for something that the server says."""
        with self.changed:
            self.changed.wait_for(lambda: is_said(self.output) or self.output.endswith(ENDED), PATIENCE)
            assert is_said(self.output), self.output

    def end(self) -> None:
        """End it as Ctrl-C does, and see that it ends."""
        try:
            os.killpg(self.process.pid, signal.SIGINT)  # the session that was made for it
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.reader.join(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.listener.close()

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, str | None, bytes]:
        """The status, the origin that may read the answer, and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(
                method, path, headers={"Origin": SITE} | {k.replace("_", "-"): v for k, v in headers.items()}
            )
            response = connection.getresponse()
            return response.status, response.headers["Access-Control-Allow-Origin"], response.read()
        finally:
            connection.close()


COMMANDS = {
    "fastapi run": (["fastapi", "run", "--host", "127.0.0.1", "--port", "0", "starlette_app.py"], 1),
    "uvicorn --reload": (["uvicorn", "--reload", "--fd", "{fd}", "starlette_app:app"], 1),
    "uvicorn --workers 2": (["uvicorn", "--workers", "2", "--fd", "{fd}", "starlette_app:app"], 2),
}


@pytest.fixture(scope="module", params=COMMANDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    arguments, workers = COMMANDS[request.param]
    folder = tmp_path_factory.mktemp("application")
    shutil.copy(APPLICATION, folder)
    command = Command(arguments, folder, workers)
    try:
        yield command
    finally:
        command.end()


def test_answers_have_the_headers(server: Command) -> None:
    for _ in range(4):  # of both workers, likely
        assert server.ask("GET", "/hello") == (200, SITE, b'"hello"')
    assert server.ask("GET", "/nowhere") == (404, SITE, b'{"detail":"Not Found"}')
    assert server.ask("GET", "/hello", Origin="https://evil.example") == (200, None, b'"hello"')


def test_preflights_are_answered(server: Command) -> None:
    assert server.ask("OPTIONS", "/hello", Access_Control_Request_Method="PUT") == (204, SITE, b"")
    assert server.ask("OPTIONS", "/hello", Access_Control_Request_Method="PATCH") == (403, None, b"")


def test_the_handlers_500_has_the_headers_and_the_server_logs_the_exception(server: Command) -> None:
    assert server.ask("GET", "/fail") == (500, SITE, b'{"error":"RuntimeError"}')
    server.wait_until(lambda said: "RuntimeError: the application is broken" in said)
