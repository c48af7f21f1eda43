"""``demo``: two real servers behind fastcors, a page that calls them, and a table of exchanges."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import signal
import sys
import time
import webbrowser
from types import FrameType
from typing import Any

from fastcors import __version__, backend
from fastcors._terminal import escape

__all__ = ["Stop", "run"]


def run(args: argparse.Namespace) -> int:
    """Run the demo: 0 at its end, 1 for a wrong answer or a failed server, 2 where it cannot run here."""
    problem = _missing()
    if problem:
        print(f"fastcors: {problem}", file=sys.stderr)
        return 2
    from fastcors.demo.servers import ServerError

    stop = Stop()
    try:
        with contextlib.ExitStack() as stack:
            if args.json:
                # Opened first: a path that cannot be written should not cost a run.
                args.json = stack.enter_context(open(args.json, "w", encoding="utf-8"))
            return _run(args, stop, stack)
    except ServerError as error:
        lines = str(error).splitlines()
        print("\n".join(["fastcors: " + escape(lines[0]), *map(escape, lines[1:])]), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"fastcors: {escape(str(error))}", file=sys.stderr)
        return 2


def _missing() -> str:
    """Why the demo cannot run here; nothing if it can."""
    absent = [name for name in ("uvicorn", "gunicorn", "rich") if importlib.util.find_spec(name) is None]
    if absent:
        return f'the demo needs {" and ".join(absent)}: pip install "fastcors[demo]"'
    if os.name != "posix":
        return "the demo runs gunicorn, which needs a POSIX system"
    return ""


class Stop:
    """Set by SIGINT, SIGTERM or SIGHUP, then asked for: an exception could leave a process half started."""

    def __init__(self) -> None:
        self._set = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has SIGHUP ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._set = True

    def __call__(self) -> bool:
        return self._set


def _run(args: argparse.Namespace, stop: Stop, stack: contextlib.ExitStack) -> int:
    from fastcors.demo.apps import demo_policy
    from fastcors.demo.servers import Server, reserve
    from fastcors.demo.table import print_table
    from fastcors.demo.web import DemoServer

    ports = {}
    for name in ("page", "asgi", "wsgi"):
        given = getattr(args, f"{name}_port")
        ports[name] = given if given is not None else 0 if args.once else getattr(args, f"{name}_default")
    sockets = {}
    for name, wanted in ports.items():
        sockets[name] = stack.enter_context(reserve(wanted, avoid=ports.values()))
        port = sockets[name].getsockname()[1]
        if wanted not in (0, port):
            print(f"port {wanted} is taken, so the {name} server uses {port}", flush=True)
    page_port = sockets["page"].getsockname()[1]
    origin = f"http://{args.host}:{page_port}"
    other = f"http://{'127.0.0.1' if args.host == 'localhost' else 'localhost'}:{page_port}"

    servers = []
    for kind, program in [("asgi", "uvicorn"), ("wsgi", "gunicorn")]:
        server = Server(kind, program, sockets[kind], origin)
        stack.callback(server.stop)
        servers.append(server)
    policy = demo_policy(origin)
    config: dict[str, Any] = {
        "version": __version__,
        "backend": backend,
        "origin": origin,
        "other": other,
        "servers": [
            {"kind": server.kind, "program": server.title, "url": f"http://{args.host}:{server.port}"}
            for server in servers
        ],
    }
    page = DemoServer(sockets["page"], policy, config)
    page.start()
    stack.callback(page.stop)
    for server in servers:
        server.wait_ready(stop)

    results = [] if stop() else print_table(policy, config, servers, stop)
    if args.json:
        json.dump({**config, "policy": policy.to_dict(), "exchanges": results}, args.json, indent=2)
        args.json.write("\n")
        args.json.flush()
    if args.once:
        return 130 if stop() else 0 if all(result["ok"] for result in results) else 1
    if args.open and not stop() and not webbrowser.open(origin):
        print("no browser was found to open the page in")
    if not stop():
        print("Running until Ctrl-C.", flush=True)
    while not stop():
        for server in servers:
            server.check()
        time.sleep(0.1)
    print("\nstopped")
    return 0
