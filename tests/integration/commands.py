"""Servers that are started with a command that people type, and stopped as Ctrl-C does it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.integration.wire import ROOT

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets its jobs in the background ignore Ctrl-C, and so would every command that these tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

PATIENCE = 60
LISTENS = re.compile(r"running on\s+http://127\.0\.0\.1:(\d+)")
ENDED = "\n(it ended)"


def free_port() -> int:
    """A port that nobody has, for commands that take no socket and do not say which port they took."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Started:
    """A command that serves, in a session of its own: ``python -m`` and the arguments, or a program with its path.

    In the arguments ``{fd}`` stands for a socket that listens already, so that requests wait for a server that is not
    ready, and ``{port}`` for a port that is free. Where there is neither, nor a port that the caller knows, the command
    must say on which port it is.

    ``interrupts``: how many Ctrl-C may be needed to end it. One, but for the development server of Flask with its
    reloader (tests/deployment/test_reload.py): werkzeug's may lose a Ctrl-C that comes while it ends a request.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        is_ready: Callable[[str], bool],
        port: int | None = None,
        interrupts: int = 1,
        **environment: str,
    ) -> None:
        self.output = ""
        self.interrupts = interrupts
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        values = {"fd": str(self.listener.fileno()), "port": str(port or free_port())}
        command = [argument.format(**values) for argument in arguments]
        self.process = subprocess.Popen(
            command if Path(command[0]).is_absolute() else [sys.executable, "-m", *command],
            pass_fds=[self.listener.fileno()],
            cwd=folder,
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200", "NO_COLOR": "1"}
            | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.wait_until(is_ready)
            self.port = port or self._port(" ".join(arguments), values["port"])
        except BaseException:
            self.end()
            raise

    def _port(self, arguments: str, free: str) -> int:
        """The port on which it serves."""
        if "{fd}" in arguments:
            port: int = self.listener.getsockname()[1]
            return port
        if "{port}" in arguments:
            return int(free)
        self.wait_until(lambda said: LISTENS.search(said) is not None)
        return int(LISTENS.findall(self.output)[0])

    def _read(self) -> None:
        """Keep what the command says."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.output += line
                self.changed.notify_all()
        with self.changed:
            self.output += ENDED
            self.changed.notify_all()

    def wait_until(self, is_said: Callable[[str], bool]) -> None:
        """Wait for something that the command says."""
        with self.changed:
            self.changed.wait_for(lambda: is_said(self.output) or self.output.endswith(ENDED), PATIENCE)
            assert is_said(self.output), self.output

    def says(self, is_said: Callable[[str], bool], seconds: float) -> bool:
        """Whether the command says something within this time."""
        with self.changed:
            return self.changed.wait_for(lambda: is_said(self.output) or self.output.endswith(ENDED), seconds)

    def connect(self) -> socket.socket:
        """A connection to it. What says that it serves may say so a little too early."""
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            except ConnectionRefusedError:
                with self.changed:
                    assert not self.output.endswith(ENDED), self.output
                    self.changed.wait(0.05)

    def _interrupted(self, seconds: float) -> bool:
        """Whether a Ctrl-C ends it within this time."""
        os.killpg(self.process.pid, signal.SIGINT)  # the session that was made for it
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None

    def end(self) -> None:
        """End it as Ctrl-C does, and see that it ends within PATIENCE."""
        try:
            assert any(self._interrupted(PATIENCE / self.interrupts) for _ in range(self.interrupts)), self.output
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.reader.join(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.listener.close()
