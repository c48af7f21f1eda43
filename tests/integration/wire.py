"""Requests and responses on the wire, byte for byte, and the processes of the servers that they go to."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds that a server may take for anything."""
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class Response(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    """Names in lower case."""
    body: bytes

    def values(self, name: str) -> list[str]:
        """The lines of that name."""
        return [value for key, value in self.headers if key == name]

    def cors(self) -> dict[str, str]:
        """The CORS headers, Timing-Allow-Origin, and all lines of Vary as one; each of the others there once only."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name.startswith("access-control-") or name == "timing-allow-origin":
                assert name not in found, f"two lines of {name}"
                found[name] = value
        if self.values("vary"):
            found["vary"] = ", ".join(self.values("vary"))
        return found

    def vary(self) -> list[str]:
        """The elements of Vary, sorted, lower-case."""
        return sorted(part.strip().lower() for value in self.values("vary") for part in value.split(","))


def message(method: str | bytes, path: str | bytes, lines: Iterable[tuple[bytes, bytes]]) -> bytes:
    """An HTTP/1.1 request with these header lines, as they are, and no content."""
    method = method if isinstance(method, bytes) else method.encode()
    path = path if isinstance(path, bytes) else path.encode()
    head = [method + b" " + path + b" HTTP/1.1", *(name + b": " + value for name, value in lines)]
    if method not in (b"GET", b"HEAD", b"OPTIONS"):
        head.append(b"content-length: 0")
    return b"\r\n".join([*head, b"", b""])


class Connection:
    """A connection that is kept, and made anew where the server has closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> Response | None:
        """Send a request. None: the server closed the connection without a response, as it may where it refuses."""
        kept = self._socket is not None
        response = self._try(request)
        if response is None and kept:  # it may have been closed between two requests
            response = self._try(request)
        return response

    def _try(self, request: bytes) -> Response | None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have answered, and closed, before
            self._socket.sendall(request)
            if QUICK_ACK is not None:
                # Some servers write a response in two parts, and their systems hold the second one back until the
                # first is acknowledged, which this system would do 40 ms later.
                self._socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
        parsed = http.client.HTTPResponse(self._socket, method=request.partition(b" ")[0].decode("latin-1"))
        try:
            parsed.begin()
            body = parsed.read()
        except (ConnectionError, http.client.BadStatusLine):
            self.close()
            return None
        headers = [(name.lower(), value) for name, value in parsed.getheaders()]
        if parsed.will_close:
            with contextlib.suppress(OSError):
                self._socket.recv(1)  # its end, when the server is done: wsgiref's swallows a Ctrl-C that comes earlier
            self.close()
        return Response(parsed.status, headers, body)

    def close(self) -> None:
        """Close it, if it is open."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Process:
    """A server process: see tests/integration/serve.py."""

    def __init__(self, name: str, application: str, **environment: str) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            self.port: int = listener.getsockname()[1]
            descriptor = listener.fileno()
            variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
            for variable in ("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "ROOT_PATH"):
                if variable not in environment:
                    variables.pop(variable, None)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.serve", name, str(descriptor), application],
                cwd=ROOT,
                env=variables,
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
            )
        self.connection = Connection(self.port)

    def ask(self, request: bytes) -> Response:
        """Send a request that must be answered."""
        response = self.connection.ask(request)
        assert response is not None, f"{self.name} closed the connection.\n{self.output()}"
        return response

    def output(self) -> str:
        """What the process wrote."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-3000:]

    def whole_output(self) -> str:
        """What the process wrote until its end, which is now: some servers write their log in a thread of its own."""
        self.end()
        self._process.wait(PATIENCE)
        return self.output()

    def end(self) -> None:
        """Ask it to end."""
        self.connection.close()
        self._process.terminate()

    def wait(self) -> None:
        """Wait until it has ended, and force it to where it does not."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
