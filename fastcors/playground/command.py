"""``playground``: an API behind fastcors, and a page that changes its policy and calls it."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import socket
import sys
import threading
import time
import webbrowser
from typing import Any

from fastcors import Policy, __version__, backend
from fastcors._terminal import escape
from fastcors.demo.command import Stop

__all__ = ["run", "start"]


def run(args: argparse.Namespace) -> int:
    """Run the playground until a signal: 0 at its end, 1 where a server fails, 2 where it cannot run here."""
    if importlib.util.find_spec("uvicorn") is None:
        print('fastcors: the playground needs uvicorn: pip install "fastcors[demo]"', file=sys.stderr)
        return 2
    from fastcors.demo.servers import ServerError

    stop = Stop()
    try:
        with contextlib.ExitStack() as stack:
            config = start(stack, args.port, args.api_port)
            print(f"playground  {config['origin']}\nAPI         {config['servers'][0]['url']}  on uvicorn")
            if args.open and not webbrowser.open(config["origin"]):
                print("no browser was found to open the page in")
            print("Running until Ctrl-C.", flush=True)
            while not stop():
                time.sleep(0.1)
    except (OSError, ServerError) as error:
        print(f"fastcors: {escape(str(error))}", file=sys.stderr)
        return 1
    print("\nstopped")
    return 0


def start(stack: contextlib.ExitStack, port: int = 0, api_port: int = 0) -> dict[str, Any]:
    """Start both servers, which end with ``stack``; returns what the page knows of them. 0 is any free port."""
    from fastcors.demo.servers import reserve
    from fastcors.playground.api import Api
    from fastcors.playground.web import PlaygroundServer

    page_socket = stack.enter_context(reserve(port, avoid=[api_port]))
    api_socket = stack.enter_context(reserve(api_port))
    addresses = [_addresses(sock) for sock in (page_socket, api_socket)]
    (origin, other), hosts = addresses
    config: dict[str, Any] = {
        "version": __version__,
        "backend": backend,
        "origin": f"http://{origin}",
        "other": f"http://{other}",
        "servers": [{"url": f"http://{host}"} for host in hosts],
    }
    api = Api(Policy(allow_origins=[config["origin"]]), hosts)
    _serve(stack, api, api_socket)
    page = PlaygroundServer(page_socket, api, config)
    page.start()
    stack.callback(page.stop)
    return config


def _addresses(sock: socket.socket) -> tuple[str, str]:
    """The two addresses of a loopback socket: two origins, and two sites."""
    port = sock.getsockname()[1]
    return f"localhost:{port}", f"127.0.0.1:{port}"


def _serve(stack: contextlib.ExitStack, api: Any, sock: socket.socket) -> None:
    """Run uvicorn in a thread, as the page's server changes the policy of this very process."""
    import uvicorn

    # The record shows the application's headers and no others.
    config = uvicorn.Config(
        api,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,
    )
    sock.listen()  # what comes before uvicorn is ready waits in the queue
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()

    def end() -> None:
        server.should_exit = True
        thread.join(5)

    stack.callback(end)
