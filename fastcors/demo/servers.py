"""The demo's processes: sockets bound before anything starts, servers on them, and their end."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO

import fastcors

__all__ = ["LOOPBACK", "Server", "ServerError", "reserve"]

LOOPBACK = "127.0.0.1"
_TAKEN = (errno.EADDRINUSE, errno.EACCES)


class ServerError(Exception):
    """A server did not start, or ended."""


def reserve(port: int, avoid: Collection[int] = ()) -> socket.socket:
    """A TCP socket bound to ``port`` of the loopback interface, or to the next free one; 0 is any free one.

    The next one is none of ``avoid``. The port stays ours from here on: there is no moment in which
    another process could take it.
    """
    following = [number for number in range(port + 1, min(port + 100, 65536)) if number not in avoid]
    for candidate in [port, *following, 0] if port else [0]:
        # A server that listens on ::1 alone would get the browser's requests to localhost.
        if candidate and _answers("::1", candidate):
            continue
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, candidate))
        except OSError as error:
            sock.close()
            if error.errno not in _TAKEN:
                raise
        else:
            return sock
    raise ServerError("no free port was found")


def _answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=0.5).close()
    except OSError:
        return False
    return True


class Server:
    """One server process, listening on a socket of :func:`reserve`."""

    def __init__(self, kind: str, title: str, sock: socket.socket, page_origin: str) -> None:
        self.kind, self.title = kind, title
        self.port: int = sock.getsockname()[1]
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        # The child must find the very package that runs here, also from a source tree.
        root = str(Path(fastcors.__file__).parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fastcors.demo.serve", kind, str(sock.fileno()), page_origin],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=[sock.fileno()],
            env={**os.environ, "PYTHONPATH": path},
            # Ctrl-C reaches every process of the terminal's group; this one is stopped by us instead.
            start_new_session=True,
        )
        sock.close()

    def wait_ready(self, stopped: Callable[[], bool], seconds: float = 15) -> None:
        """Return when the server answers; raise :class:`ServerError` if it ends or does not do so in time."""
        deadline = time.monotonic() + seconds
        while not stopped():
            self.check()
            connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=1)
            try:
                connection.request("HEAD", "/items")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    message = f"{self.title} gave no answer in {seconds:g} s.{self._output()}"
                    raise ServerError(message) from None
                time.sleep(0.05)
            else:
                return
            finally:
                connection.close()

    def check(self) -> None:
        """Raise :class:`ServerError`, with the process's last output, if it has ended."""
        status = self._process.poll()
        if status is not None:
            raise ServerError(f"{self.title} ended with status {status}.{self._output()}")

    def _output(self) -> str:
        """The last lines that the process wrote, each on a new line."""
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").splitlines()[-25:]
        return "".join(f"\n  | {line}" for line in lines) if lines else " It wrote nothing."

    def stop(self) -> None:
        """End the process and what it started: by request, and after 5 seconds by force."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._log.close()
