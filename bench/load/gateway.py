"""``make bench-gateway``: examples/gateway under ``wrk``: right answers while it reloads, and what CORS costs it.

--answers    200,000 requests while the configuration changes every 10 ms: each answer is held against what one of the
             two configurations says, whole; memory before and after
--speed      alternating rounds with a policy and without one, and nginx with the same rules; wants a quiet machine

Without an option, both. What comes out is printed and written to bench/results/gateway.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.load.told import processor_time, rate_and_count
from bench.micro.inputs import HEADERS
from tools import documents

TOP = Path(__file__).resolve().parents[2]
RESULTS = TOP / "bench" / "results" / "gateway.json"
LUA = Path(__file__).with_name("gateway.lua")
PAGE = "https://app.example.com"
REQUESTS = 200_000
EVERY = 0.010
"""Seconds between two reloads."""
CONNECTIONS = 32
ROUNDS = 12
SECONDS = 2
PATIENCE = 20.0


def policies(first: bool) -> dict[str, Any]:
    """Return the parameters of one of the two policies, which differ in everything that an answer shows."""
    common = {"allow_origins": [PAGE], "allow_headers": ["X-Token"]}
    if first:
        return {**common, "allow_methods": ["PUT"], "allow_credentials": True, "expose_headers": ["X-A"], "max_age": 1}
    return {**common, "allow_methods": ["PATCH", "PUT"], "expose_headers": ["X-B"], "max_age": 2}


def configuration(port: int, first: bool = True) -> str:
    """Return the text of a configuration before the service on a port."""
    address = f"127.0.0.1:{port}"
    upstreams = {"cors": {"address": address, "policy": policies(first)}, "plain": {"address": address}}
    routes = {"/cors/": "cors", "//*.example.com/cors/": "cors", "/plain/": "plain"}
    return json.dumps({"upstreams": upstreams, "routes": routes, "access_log": False})


NGINX = """
daemon off; worker_processes 1; error_log stderr crit; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream service {{ server 127.0.0.1:{service}; keepalive 64; keepalive_requests 1000000000; }}
  map $http_origin $allowed {{ default ""; "{page}" $http_origin; }}
  map $allowed $credentials {{ default ""; "{page}" "true"; }}
  map $allowed $exposed {{ default ""; "{page}" "x-a"; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
    location /plain/ {{ proxy_pass http://service; }}
    location /cors/ {{
      proxy_hide_header Access-Control-Allow-Origin;
      add_header Access-Control-Allow-Origin $allowed always;
      add_header Access-Control-Allow-Credentials $credentials always;
      add_header Access-Control-Expose-Headers $exposed always;
      add_header Vary Origin always;
      proxy_pass http://service;
    }}
  }}
}}
"""


class Process:
    """A server in a process group of its own."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"{command} does not serve:\n{self.output()}")
            time.sleep(0.05)

    def output(self) -> str:
        """Return what it has written."""
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def memory(self) -> int:
        """Return the KiB that it has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def stop(self) -> None:
        """End it, and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(PATIENCE)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def gateway(folder: Path) -> Iterator[tuple[Process, int, Path]]:
    """Start the service and the gateway before it; yields the gateway, the service's port and the configuration."""
    service_port, port = free_port(), free_port()
    file = folder / "gateway.json"
    file.write_text(configuration(service_port), encoding="utf-8")
    service = Process([sys.executable, "-m", "bench.load.gateway_service", str(service_port)], service_port)
    try:
        made = Process([sys.executable, "examples/gateway/gateway.py", str(file), "--port", str(port)], port)
        try:
            yield made, service_port, file
        finally:
            made.stop()
    finally:
        service.stop()


def wrk(port: int, *options: str, path: str = "/", script: tuple[str, ...] = ()) -> str:
    """Let wrk ask a server, and return what it says. It goes on until its time is over, or until its script says so."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", *options, f"http://127.0.0.1:{port}{path}", "--", *script]
    output = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line)
            if line == "enough\n":
                process.send_signal(signal.SIGINT)  # it ends as after its time
    return "".join(output)


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


def ask(port: int, requests: int) -> dict[str, Any]:
    """Send so many requests of all kinds, and return what the script counted."""
    output = wrk(port, "-d600", "-s", str(LUA), script=(str(requests),))
    return dict(json.loads(re.findall(r"^(\{.*\})$", output, re.MULTILINE)[-1]))


def keep_reloading(pid: int, service: int, file: Path, stop: threading.Event) -> None:
    """Change the configuration, and say so, until it is enough."""
    first = False
    while not stop.wait(EVERY):
        file.with_suffix(".new").write_text(configuration(service, first), encoding="utf-8")
        file.with_suffix(".new").replace(file)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
        first = not first


def one_turn(server: Process, path: str) -> tuple[float, float]:
    """Return the requests per second, and per second of the server's processor time."""
    before = processor_time(server.process.pid)
    lines = {name.decode(): value.decode() for name, value in HEADERS if name not in (b"host", b"connection")}
    fields = [f"-H{name.title()}: {value}" for name, value in {**lines, "origin": PAGE}.items()]
    output = wrk(server.port, f"-d{SECONDS}", *fields, path=path)
    after = processor_time(server.process.pid)
    rate, count = rate_and_count(output)
    if before is None or after is None:
        raise SystemExit("the system does not say how long threads have run")
    return rate, count / (after - before)


def compare(server: Process) -> dict[str, Any]:
    """Return what a server does with a policy and without one, in alternating turns."""
    one_turn(server, "/cors/x")
    one_turn(server, "/plain/x")
    turns: dict[str, list[tuple[float, float]]] = {"/plain/x": [], "/cors/x": []}
    for number in range(ROUNDS):
        for path in turns if number % 2 else reversed(turns):
            turns[path].append(one_turn(server, path))
    bare, with_cors = turns.values()
    return {
        "without, requests/s": round(statistics.median(rate for rate, _ in bare)),
        "with, requests/s": round(statistics.median(rate for rate, _ in with_cors)),
        "with / without": ratio([rate for rate, _ in with_cors], [rate for rate, _ in bare]),
        "with / without, by processor time": ratio([rate for _, rate in with_cors], [rate for _, rate in bare]),
        "rounds": ROUNDS,
    }


def ratio(ones: list[float], others: list[float]) -> float:
    """Return the median of the ratios of each round."""
    return round(statistics.median(one / other for one, other in zip(ones, others, strict=True)), 4)


def speed() -> dict[str, Any]:
    """Measure the gateway, and nginx where it is installed."""
    with tempfile.TemporaryDirectory() as name, gateway(Path(name)) as (server, service, _):
        found = {"gateway": compare(server)}
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if nginx is None:
            print("nginx is not installed, so it is not measured. On Debian: apt-get install nginx-light")
            return found
        port = free_port()
        file = Path(name) / "nginx.conf"
        file.write_text(NGINX.format(folder=name, service=service, port=port, page=PAGE), encoding="utf-8")
        other = Process([nginx, "-c", str(file), "-p", name, "-e", "stderr"], port)
        try:
            found["nginx"] = compare(other)
        finally:
            other.stop()
    return found


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
    if "speed" in results:
        text += "| | with a policy | without | ratio | by processor time |\n|---|---|---|---|---|\n"
        for name, row in results["speed"].items():
            cells = [f"{row[side + ', requests/s']:,}/s" for side in ("with", "without")]
            cells += [f"{row['with / without']:.3f}", f"{row['with / without, by processor time']:.3f}"]
            text += f"| {name} | {' | '.join(cells)} |\n"
    return text


def main() -> None:
    """Measure what is asked for, and keep the rest as it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("there is no wrk on the PATH. On Debian: apt-get install wrk")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if options.answers or not options.speed:
        results["answers"] = answers()
    if options.speed or not options.answers:
        results["speed"] = speed()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    documents.write("gateway.md")
    print(json.dumps(results, indent=1))
    wrong = results.get("answers", {})
    if any(wrong.get(name) for name in ("wrong", "connect", "read", "write", "timeout", "status")):
        raise SystemExit("there were wrong or lost answers")


if __name__ == "__main__":
    main()
