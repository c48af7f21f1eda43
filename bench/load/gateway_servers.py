"""The servers of ``make bench-gateway``: the service, examples/gateway before it, and nginx with the same rules."""

from __future__ import annotations

import contextlib
import json
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
from typing import Any

from bench.load.turn import cores, pinned

TOP = Path(__file__).resolve().parents[2]
PAGE = "https://app.example.com"
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
    upstreams = {"cors": {"address": address, "policy": policies(first)}}
    upstreams |= {name: {"address": address} for name in ("bare", "floor")}
    routes = {"/cors/": "cors", "//*.example.com/cors/": "cors", "/bare/": "bare", "/same/": "bare", "/floor/": "floor"}
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
    location /bare/ {{ proxy_pass http://service; }}
    location /same/ {{ proxy_pass http://service; }}
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
    """A server in a process group of its own, on a port that it prints, or on a given one.

    It and all that it starts stay on ``core``, where there is one to give.
    """

    def __init__(self, command: list[str], core: int | None, port: int = 0) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [*pinned(core), *command],
            cwd=TOP,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            told = re.search(r"http://127\.0\.0\.1:(\d+)", self.output())
            self.port = port or (int(told[1]) if told else 0)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"{command} does not serve:\n{self.output()}")
            time.sleep(0.05)

    def output(self) -> str:
        """Return what it has written."""
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode("utf-8", "replace")  # it goes on to write at its end

    def memory(self) -> int:
        """Return the KiB that it has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def stop(self) -> None:
        """End it, and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def nginx(folder: Path, service_port: int) -> Iterator[Process | None]:
    """Start nginx before the service, where it is installed."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, service=service_port, port=port, page=PAGE), encoding="utf-8")
    made = Process([program, "-c", str(file), "-p", str(folder), "-e", "stderr"], cores()[0], port)
    try:
        yield made
    finally:
        made.stop()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def gateway(folder: Path) -> Iterator[tuple[Process, int, Path]]:
    """Start the service and the gateway before it; yields the gateway, the service's port and the configuration.

    The gateway has a core to itself where there are two. The service shares the other one with wrk.
    """
    service = Process([sys.executable, "-m", "bench.load.gateway_service"], cores()[1])
    try:
        file = folder / "gateway.json"
        file.write_text(configuration(service.port), encoding="utf-8")
        with gateway_of(file) as made:
            yield made, service.port, file
    finally:
        service.stop()


@contextlib.contextmanager
def gateway_of(file: Path, *options: str) -> Iterator[Process]:
    """Start a gateway with this configuration, and with options of ``bench/load/gateway_process.py``."""
    command = [sys.executable, "-m", "bench.load.gateway_process", *options, str(file), "--port", "0"]
    made = Process(command, cores()[0])
    try:
        yield made
    finally:
        made.stop()
