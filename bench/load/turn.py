"""A turn: ``wrk`` asks a server for 0.15 s. Each of them has a core where there are two."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping

from bench.load.table import Load
from bench.load.told import processor_time, rate_and_count
from bench.micro.inputs import HEADERS

__all__ = ["LINES", "SCRIPT", "asking", "cores", "one_turn", "pinned"]

CONNECTIONS = 8
SECONDS = 0.15
"""After so long wrk is told to stop, which it does at the next of its ticks, one each 0.1 s; or by itself after 1 s."""
MOST = 50_000
"""Requests in a turn, at most: wrk stops there."""
PATIENCE = 15.0
"""Seconds that wrk may take to end."""
LINES = {name.decode(): value.decode() for name, value in HEADERS if name not in (b"host", b"connection")}
"""What a browser sends, but for what wrk sends itself."""

SCRIPT = f"""
local left = {MOST}
local request_text
function init(args) request_text = wrk.format() end
function request()
  if left == {MOST} then
    io.write("asking\\n")
    io.flush()
  end
  left = left - 1
  if left == 0 then wrk.thread:stop() end
  return request_text
end
"""


def cores() -> tuple[int | None, int | None]:
    """A core for the server and one for wrk; None where they cannot be told apart."""
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        return None, None
    ours = sorted(os.sched_getaffinity(0))
    return (ours[-1], ours[0]) if len(ours) > 1 else (None, None)


def pinned(core: int | None) -> list[str]:
    """Return what a command begins with that is to run on a core; nothing without a core."""
    return [] if core is None else ["taskset", "--cpu-list", str(core)]


def asking(url: str, lines: Mapping[str, str], script: str, seconds: int) -> list[str]:
    """Return the command by which wrk asks on its core for so long."""
    fields = [f"-H{name}: {value}" for name, value in lines.items()]
    return [*pinned(cores()[1]), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "-s", script, *fields, url]


def one_turn(session: int, url: str, lines: Mapping[str, str], script: str) -> Load:
    """Let wrk ask the server of a session for one turn. AssertionError where an answer was not good."""
    before = processor_time(session)
    with subprocess.Popen(asking(url, lines, script, 1), stdout=subprocess.PIPE, text=True) as wrk:
        try:
            assert wrk.stdout is not None
            wrk.stdout.readline()  # it asks: from now on it takes a signal for the end of its time
            time.sleep(SECONDS)
            wrk.send_signal(signal.SIGINT)
            output = wrk.communicate(timeout=PATIENCE)[0]
        finally:
            wrk.kill()
    after = processor_time(session)
    rate, count = rate_and_count(output)
    assert 0 < count < MOST, f"a turn was ended by its number of requests: {output}"
    return Load(rate, None if before is None or after is None else count / (after - before))
