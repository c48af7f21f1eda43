"""What CORS costs a gateway: one side of the comparison with another, in short alternating turns under ``wrk``.

A round is ``bare``, ``same bytes``, ``N``, ``fastcors``, ``bare again``, or the same to and fro. Below ``same bytes``
the service sends by itself what the policy makes of its answer, through a route without a policy: what that loses is
the reading of a longer head. ``N`` stands where a policy does, and only copies the head and appends constant lines: no
policy can cost less. The gateway is started anew 21 times. Where there are two cores it has one to itself, and nginx
has that in its turns; the service and wrk share the other.
"""

from __future__ import annotations

import contextlib
import tempfile
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from bench.load.gateway_servers import PAGE, Process, gateway, gateway_of, nginx
from bench.load.table import TARGET, Round, against_bare, verdict
from bench.load.turn import LINES, SCRIPT, one_turn
from bench.micro.build import build_profiled

__all__ = ["SIDES", "summary", "throughput"]

PROCESSES = 21
ROUNDS = {"gateway": 10, "gateway, with the profile": 10, "nginx": 6}
"""In each process."""
PATHS = {"bare": "/bare/x", "same bytes": "/same/x", "N": "/floor/x", "fastcors": "/cors/x", "bare again": "/bare/x"}
SIDES = {"null": "bare again", "same_bytes": "same bytes", "floor": "N", "fastcors": "fastcors"}
"""What is held against ``bare``; nginx has no ``N``."""


def answer(server: Process, side: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the answer of a side: status, fields and content."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{PATHS[side]}", headers={"Origin": PAGE})
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.status, [pair for pair in response.getheaders() if pair[0] != "Date"], response.read()


def rounds(server: Process, title: str, script: str) -> list[Round]:
    """Let wrk ask for every side of a server in turn, as often as it has rounds."""
    made: list[Round] = []
    sides = [side for side in PATHS if side != "N" or title != "nginx"]
    for turn in range(1 + ROUNDS[title]):
        order = sides if turn % 2 else sides[::-1]
        url = f"http://127.0.0.1:{server.port}"
        found = {
            side: one_turn(server.process.pid, url + PATHS[side], {**LINES, "origin": PAGE}, script) for side in order
        }
        made += [found] if turn else []  # the first is to warm up
    return made


def summary(processes: list[list[Round]]) -> dict[str, Any]:
    """Return what was measured of one server: the sides against the bare turns around them."""
    sides = {key: against_bare(side, processes) for key, side in SIDES.items() if side in processes[0][0]}
    least, most = sides["fastcors"]["throughput"]["interval"]
    return {
        "bare, requests/s": round(median(one["bare"].rate for made in processes for one in made)),
        "sides": sides,
        "at_least": TARGET,
        "met": verdict(least, most),
    }


def throughput() -> dict[str, Any]:
    """Measure the gateway over both builds, and nginx where it is installed, in about ten minutes."""
    with_profile = build_profiled()
    made: dict[str, list[list[Round]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "count.lua"
        script.write_text(SCRIPT, encoding="ascii")
        for _ in range(PROCESSES):
            with contextlib.ExitStack() as running:
                server, service, file = running.enter_context(gateway(folder))
                servers: dict[str, Process | None] = {"gateway": server}
                if with_profile:
                    profiled = running.enter_context(gateway_of(file, "--profiled"))
                    servers["gateway, with the profile"] = profiled
                servers["nginx"] = running.enter_context(nginx(folder, service))
                own, same = answer(server, "fastcors"), answer(server, "same bytes")
                assert own == same, f"not the same bytes: {own}, {same}"
                for title, one in servers.items():
                    if one is not None:
                        made.setdefault(title, []).append(rounds(one, title, str(script)))
    if "nginx" not in made:
        print("nginx is not installed, so it is not measured. On Debian: apt-get install nginx-light")
    return {title: summary(processes) for title, processes in made.items()}
