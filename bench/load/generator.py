"""A server process of the end-to-end benchmark, and ``wrk``, which asks it."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.load.serve import path_of
from bench.load.table import Load
from bench.load.turn import LINES, cores, one_turn
from bench.micro.inputs import ACCEPTED
from bench.micro.rows import UnavailableError

__all__ = ["Server"]

TOP = Path(__file__).resolve().parents[2]
PATIENCE = 15.0
"""Seconds that a server may take to answer first, or to end."""


class Server:
    """A server process with every side of a comparison."""

    def __init__(self, server: str, gateway: str, sides: Sequence[str], script: str) -> None:
        self.sides = sides
        self._script = script
        core, _ = cores()
        sock = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = sock.getsockname()[1]
        if server == "granian":  # it binds the port itself: this one is free, as it was ours until now
            sock.close()
            sock = socket.socket()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load.serve", server, str(sock.fileno()), str(self.port)],
            cwd=TOP,
            env={**os.environ, "BENCH_APPLICATION": ",".join((gateway, *sides))},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=[sock.fileno()],
            start_new_session=True,  # Ctrl-C reaches us alone, and stop() ends the whole group
        )
        sock.close()
        if core is not None:
            os.sched_setaffinity(self._process.pid, {core})

    def check(self) -> None:
        """Wait for the server, and assert that every side answers as it is to."""
        answers = {side: self._answer(side) for side in self.sides}
        for side, (status, headers) in answers.items():
            assert status == 200, (side, status)
            allowed = None if side.startswith("bare") else ACCEPTED.decode()
            assert headers.get("access-control-allow-origin") == allowed, (side, headers)
        assert answers["same bytes"] == answers["fastcors"], answers
        assert answers["bare again"] == answers["bare"], answers

    def _answer(self, side: str) -> tuple[int, dict[str, str]]:
        deadline = time.monotonic() + PATIENCE
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            try:
                connection.request("GET", path_of(side), headers={"Origin": ACCEPTED.decode()})
                response = connection.getresponse()
                response.read()
                headers = {name.lower(): value for name, value in response.getheaders() if name.lower() != "date"}
                return response.status, headers
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self._log.seek(0)
                    output = self._log.read().decode("utf-8", "replace")[-2000:]
                    raise UnavailableError(f"the server does not answer. {output}") from None
                time.sleep(0.05)
            finally:
                connection.close()

    def load(self, side: str) -> Load:
        """Let wrk ask a side for one turn. AssertionError where an answer was not good."""
        return one_turn(self._process.pid, f"http://127.0.0.1:{self.port}{path_of(side)}", LINES, self._script)

    def stop(self) -> None:
        """End the process and all that it started."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, kind)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        self._log.close()
