"""``make bench-gateway``: examples/gateway under ``wrk``: right answers while it reloads, and what CORS costs it.

--answers    200,000 requests while the configuration changes every 10 ms: each answer is held against what one of the
             two configurations says, whole; memory before and after
--added      what a policy adds to a request by a clock in the gateway, over the plain build and the one with the
             profile, in a minute and a half
--speed      short alternating turns with a policy and without one, over both builds, and of nginx with the same rules,
             in ten minutes; wants a quiet machine

Without an option, all. What comes out is printed and written to bench/results/gateway.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.load.gateway_servers import TOP, configuration, gateway
from bench.load.table import cell
from tools import documents

RESULTS = TOP / "bench" / "results" / "gateway.json"
LUA = Path(__file__).with_name("gateway.lua")
REQUESTS = 200_000
EVERY = 0.010
"""Seconds between two reloads."""
CONNECTIONS = 32
NAMES = {"null": "bare again", "same_bytes": "same bytes", "floor": "N", "fastcors": "with a policy"}
"""The sides of a comparison, as the page calls them."""
ADDED = {side: name for side, name in NAMES.items() if side != "null"}


def ask(port: int, requests: int) -> dict[str, Any]:
    """Send so many requests of all kinds, and return what the script counted."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d600", "-s", str(LUA), f"http://127.0.0.1:{port}/", "--"]
    output = []
    with subprocess.Popen([*command, str(requests)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line)
            if line == "enough\n":
                process.send_signal(signal.SIGINT)  # it ends as after its time
    return dict(json.loads(re.findall(r"^(\{.*\})$", "".join(output), re.MULTILINE)[-1]))


def answers() -> dict[str, Any]:
    """Count the wrong answers among many while the configuration changes all the time."""
    with tempfile.TemporaryDirectory() as name, gateway(Path(name)) as (server, service, file):
        stop = threading.Event()
        thread = threading.Thread(target=keep_reloading, args=(server.process.pid, service, file, stop))
        thread.start()
        try:
            ask(server.port, REQUESTS // 10)  # to warm up
            before = server.memory()
            found = ask(server.port, REQUESTS)
            after = server.memory()
        finally:
            stop.set()
            thread.join()
        log = server.output()
    if "Traceback" in log or "stays" in log:
        raise SystemExit(log[-3000:])
    return {**found, "reloads": log.count("in use"), "memory before, KiB": before, "memory after, KiB": after}


def keep_reloading(pid: int, service: int, file: Path, stop: threading.Event) -> None:
    """Change the configuration, and say so, until it is enough."""
    first = False
    while not stop.wait(EVERY):
        file.with_suffix(".new").write_text(configuration(service, first), encoding="utf-8")
        file.with_suffix(".new").replace(file)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
        first = not first


def figures(results: dict[str, Any]) -> str:
    """Return what the document says of the results."""
    text = ""
    if "answers" in results:
        found = results["answers"]
        lost = sum(found[name] for name in ("connect", "read", "write", "timeout"))
        text += (
            f"{found['requests']:,} requests of five kinds, with {found['reloads']:,} reloads between them:"
            f" **{found['wrong']} wrong answers, {lost} errors of sockets**.\n"
            f"The process had {found['memory before, KiB'] / 1024:.1f} MiB in memory before,"
            f" and {found['memory after, KiB'] / 1024:.1f} MiB after.\n\n"
        )
    if "added" in results:
        text += f"| | bare | {' | '.join(ADDED.values())} |\n|{'---|' * (2 + len(ADDED))}\n"
        for name, row in results["added"].items():
            cells = " | ".join(added_cell(row["added, ns"][side]) for side in ADDED)
            text += f"| {name} | {row['bare, ns'] / 1000:.1f} µs | {cells} |\n"
        text += "\n"
    if "speed" in results:
        text += f"| | bare | {' | '.join(NAMES.values())} |\n|{'---|' * (2 + len(NAMES))}\n"
        for name, row in results["speed"].items():
            for title, what in ((name, "throughput"), ("by processor time", "processor")):
                bare = f"{row['bare, requests/s']:,}/s" if what == "throughput" else ""
                text += f"| {title} | {bare} | {' | '.join(cell(row, side, what) for side in NAMES)} |\n"
    return text


def added_cell(figures: Mapping[str, Any]) -> str:
    """Write what a side adds, and its interval."""
    least, most = figures["interval"]
    return f"{figures['median']:+} ns ({least} to {most})"


def main() -> None:
    """Measure what is asked for, and keep the rest as it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--added", action="store_true")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("there is no wrk on the PATH. On Debian: apt-get install wrk")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    every = not (options.answers or options.added or options.speed)
    if options.answers or every:
        results["answers"] = answers()
    if options.added or every:
        from bench.load import gateway_added  # needs what was built

        results["added"] = gateway_added.added()
    if options.speed or every:
        from bench.load import gateway_speed

        results["speed"] = gateway_speed.throughput()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    documents.write("gateway.md")
    print(json.dumps(results, indent=1))
    wrong = results.get("answers", {})
    if any(wrong.get(name) for name in ("wrong", "connect", "read", "write", "timeout", "status")):
        raise SystemExit("there were wrong or lost answers")


if __name__ == "__main__":
    main()
