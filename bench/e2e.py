"""End to end: real servers on loopback under ``wrk``, the application bare, with fastcors and with a peer, in turn.

Every server of a group runs from the beginning to the end of it, and one at a time gets requests, for a second. So the
sides are compared within seconds, and a ratio is taken in each round. wrk and the servers have a core each where there
are two.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from bench.inputs import ACCEPTED, HEADERS
from bench.rows import UnavailableError

__all__ = ["TARGET", "measure", "print_end_to_end"]

TOP = Path(__file__).resolve().parent.parent
TARGET = 0.98
"""The least throughput with fastcors, of that of the bare application."""
ROUNDS = 8
SECONDS = 1
WARM_UP = 1
CONNECTIONS = 8
MOST = 200_000
"""Requests in a round, at most: wrk stops there."""
PATIENCE = 15.0
"""Seconds that a server may take to answer first, or to end."""

SCRIPT = """
local left = %d
local request_text
function init(args) request_text = wrk.format() end
function request()
  left = left - 1
  if left == 0 then wrk.thread:stop() end
  return request_text
end
"""


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


class Server:
    """A server process."""

    def __init__(self, group: Group, side: str, core: int | None) -> None:
        self.side = side
        sock = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = sock.getsockname()[1]
        if group.server == "granian":  # it binds the port itself: this one is free, as it was ours until now
            sock.close()
            sock = socket.socket()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.e2e_serve", group.server, str(sock.fileno()), str(self.port)],
            cwd=TOP,
            env={**os.environ, "BENCH_APPLICATION": f"{group.gateway} {side}"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=[sock.fileno()],
            start_new_session=True,  # Ctrl-C reaches us alone, and stop() ends the whole group
        )
        sock.close()
        if core is not None:
            os.sched_setaffinity(self._process.pid, {core})

    def check(self, cors: bool) -> None:
        """Wait for the server, and assert that it answers as its side does."""
        deadline = time.monotonic() + PATIENCE
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            try:
                connection.request("GET", "/items", headers={"Origin": ACCEPTED.decode()})
                response = connection.getresponse()
                response.read()
                break
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self._log.seek(0)
                    output = self._log.read().decode("utf-8", "replace")[-2000:]
                    raise UnavailableError(f"the server with {self.side} does not answer. {output}") from None
                time.sleep(0.05)
            finally:
                connection.close()
        assert response.status == 200, response.status
        allowed = response.getheader("access-control-allow-origin")
        assert allowed == (ACCEPTED.decode() if cors else None), (self.side, allowed)

    def stop(self) -> None:
        """End the process and all that it started."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, kind)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        self._log.close()


def load(port: int, core: int | None, script: str, seconds: int) -> float:
    """Let wrk ask for so many seconds; returns requests per second. AssertionError where an answer was not good."""
    lines = [f"-H{name.decode()}: {value.decode()}" for name, value in HEADERS if name not in (b"host", b"connection")]
    pin = ["taskset", "--cpu-list", str(core)] if core is not None else []
    command = [*pin, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "-s", script, *lines]
    command.append(f"http://127.0.0.1:{port}/items")
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + PATIENCE).stdout
    rate = re.search(r"^Requests/sec: +([\d.]+)$", output, re.M)
    count = re.search(r"^ +(\d+) requests in ", output, re.M)
    assert rate, output
    assert count, output
    assert int(count[1]) < MOST, f"a round was ended by its number of requests: {output}"
    assert "Non-2xx" not in output, output
    assert "Socket errors" not in output, output
    return float(rate[1])


def cores() -> tuple[int | None, int | None]:
    """A core for the servers and one for wrk; None where they cannot be told apart."""
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        return None, None
    ours = sorted(os.sched_getaffinity(0))
    return (ours[-1], ours[0]) if len(ours) > 1 else (None, None)


@contextlib.contextmanager
def running(group: Group, sides: tuple[str, ...], core: int | None) -> Iterator[list[Server]]:
    """Servers of a group, one for each side; all of them are ended, whatever happens."""
    with contextlib.ExitStack() as stack:
        servers = []
        for side in sides:
            servers.append(Server(group, side, core))
            stack.callback(servers[-1].stop)
        for server in servers:
            server.check(cors=server.side != "bare")
        yield servers


def measure_group(group: Group, script: str, rounds: int) -> dict[str, Any]:
    """Measure one group; :class:`UnavailableError` where it cannot be."""
    for module in (group.server, group.library):
        try:
            importlib.import_module(module)
        except ImportError:
            raise UnavailableError(f"{module} is not installed") from None
    server_core, wrk_core = cores()
    sides = ("bare", "fastcors", group.peer)
    rates: dict[str, list[float]] = {side: [] for side in sides}
    with running(group, sides, server_core) as servers:
        for server in servers:
            load(server.port, wrk_core, script, WARM_UP)
        for turn in range(rounds):
            # To and fro: what grows slower or faster with time does so for all alike.
            for server in servers if turn % 2 == 0 else reversed(servers):
                rates[server.side].append(load(server.port, wrk_core, script, SECONDS))
    ratios = {
        side: sorted(own / bare for own, bare in zip(rates[side], rates["bare"], strict=True)) for side in sides[1:]
    }
    ratio = median(ratios["fastcors"])
    return {
        "name": group.title,
        "bare": round(median(rates["bare"])),
        "ratio": round(ratio, 3),
        "spread": [round(value, 3) for value in quartiles(ratios["fastcors"])],
        "at_least": TARGET,
        "met": ratio >= TARGET,
        "peer": group.peer,
        "peer_ratio": round(median(ratios[group.peer]), 3),
        "peer_spread": [round(value, 3) for value in quartiles(ratios[group.peer])],
    }


def quartiles(values: list[float]) -> tuple[float, float]:
    """The first and the last quartile of sorted values, as values that there are."""
    return values[len(values) // 4], values[-1 - len(values) // 4]


def measure(console: Console, rounds: int = ROUNDS) -> tuple[list[dict[str, Any]], list[str]]:
    """Measure all groups, in about two minutes; returns their rows, and what was not measured and why."""
    if shutil.which("wrk") is None:
        return [], ["end to end: there is no wrk on the PATH. On Debian: apt-get install wrk"]
    rows, skipped = [], []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: no server is left behind
    with tempfile.TemporaryDirectory() as folder, console.status("end to end") as status:
        script = Path(folder) / "count.lua"
        script.write_text(SCRIPT % MOST, encoding="ascii")
        for group in GROUPS:
            status.update(f"end to end: {group.title}")
            try:
                rows.append(measure_group(group, str(script), rounds))
            except (UnavailableError, AssertionError, subprocess.SubprocessError) as error:
                skipped.append(f"end to end, {group.title}: {error}")
    return rows, skipped


def print_end_to_end(rows: list[dict[str, Any]], console: Console) -> None:
    """Print the table; what misses the target is red."""
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, title="End to end", title_justify="left", title_style="bold")
    table.add_column("")
    for heading in ("bare", "with fastcors", "quartiles", "target", "with a peer", "quartiles"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row["name"],
            f"{row['bare']:,} /s",
            f"{row['ratio']:.3f}",
            "{:.3f} to {:.3f}".format(*row["spread"]),
            f"{'≥' if row['met'] else '<'} {row['at_least']:g}",
            f"{row['peer']} {row['peer_ratio']:.3f}",
            "{:.3f} to {:.3f}".format(*row["peer_spread"]),
            style=None if row["met"] else "red",
        )
    console.print(table)
