"""What a policy adds to a request inside a gateway, by a clock there: in each process requests of all sides in turn.

The throughput of a machine that others use too wavers by several percent, and a policy costs two or three. What is
timed here is only the code that a policy is called from, request by request, and what is compared are medians of tens
of thousands of requests that came in the same seconds. As those of other sides lie between, the policy's own code and
data are colder than where all requests have it.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.load.gateway_servers import PAGE, gateway, gateway_of
from bench.load.told import rate_and_count
from bench.load.turn import LINES, asking
from bench.micro.build import build_profiled
from bench.report.estimate import estimate

__all__ = ["added"]

PROCESSES = 9
SECONDS = 3
PATHS = {"bare": "/bare/x", "same_bytes": "/same/x", "floor": "/floor/x", "fastcors": "/cors/x"}
SCRIPT = f"""
local asked, paths = 0, {{{", ".join(json.dumps(path) for path in PATHS.values())}}}
function request()
  asked = asked + 1
  return wrk.format("GET", paths[asked % #paths + 1])
end
"""


def medians(file: Path, script: Path, *options: str) -> dict[str, float]:
    """Ask a new gateway for all sides in turn; returns the median nanoseconds of each."""
    with gateway_of(file, "--timed", *options) as server:
        command = asking(f"http://127.0.0.1:{server.port}/", {**LINES, "origin": PAGE}, str(script), SECONDS)
        rate_and_count(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    (told,) = re.findall(r"^(\{.*\})$", server.output(), re.MULTILINE)
    by_target = json.loads(told)
    return {side: by_target[path] for side, path in PATHS.items()}


def summary(processes: list[dict[str, float]]) -> dict[str, Any]:
    """Return what was measured over one build: the nanoseconds of ``bare``, and what each side adds to them."""
    row: dict[str, Any] = {"bare, ns": round(estimate([[one["bare"]] for one in processes]).value), "added, ns": {}}
    for side in PATHS:
        if side != "bare":
            value, interval = estimate([[one[side] - one["bare"]] for one in processes])
            assert interval is not None
            row["added, ns"][side] = {"median": round(value), "interval": [round(end) for end in interval]}
    return row


def added() -> dict[str, Any]:
    """Measure over both builds, in a minute and a half."""
    builds: dict[str, tuple[str, ...]] = {"gateway": ()}
    if build_profiled():
        builds["gateway, with the profile"] = ("--profiled",)
    made: dict[str, list[dict[str, float]]] = {title: [] for title in builds}
    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "turns.lua"
        script.write_text(SCRIPT, encoding="ascii")
        with gateway(Path(name)) as (_, _, file):
            for _ in range(PROCESSES):
                for title, options in builds.items():
                    made[title].append(medians(file, script, *options))
    return {title: summary(processes) for title, processes in made.items()}
