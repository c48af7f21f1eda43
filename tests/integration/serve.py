"""A server process of the tests: ``python -m tests.integration.serve NAME FD APPLICATION``.

``FD`` is a socket that listens already, on a port that the system chose: a request that comes before the server is
ready waits in the socket's queue, so nobody has to ask whether it is. All else is as the server has it by default, but
for the root path of ASGI, which the variable ROOT_PATH sets, and granian's log, with GRANIAN_LOG_ACCESS.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import runpy
import socket
import sys
from typing import Any

COMMANDS: dict[str, list[str]] = {
    "uvicorn-httptools": ["uvicorn", "--fd", "{fd}", "--http", "httptools", "--no-access-log", "{app}"],
    "uvicorn-h11": ["uvicorn", "--fd", "{fd}", "--http", "h11", "--no-access-log", "{app}"],
    "gunicorn-asgi": ["gunicorn", "--bind", "fd://{fd}", "--worker-class", "asgi", "{app}"],
    "gunicorn-aiohttp": ["gunicorn", "--bind", "fd://{fd}", "--worker-class", "aiohttp.GunicornWebWorker", "{app}"],
    "gunicorn": ["gunicorn", "--bind", "fd://{fd}", "{app}"],
    "gunicorn-threads": ["gunicorn", "--bind", "fd://{fd}", "--threads", "4", "{app}"],
    "hypercorn": ["hypercorn", "--bind", "fd://{fd}", "{app}"],
    "hypercorn-trio": ["hypercorn", "--bind", "fd://{fd}", "--worker-class", "trio", "{app}"],
    "hypercorn-wsgi": ["hypercorn", "--bind", "fd://{fd}", "wsgi:{app}"],
    "daphne": ["daphne", "--fd", "{fd}", "{app}"],
}


def serve_granian(interface: str, fd: int, application: str) -> None:
    """Run granian, which has no option for a socket that listens already."""
    from granian._granian import SocketHolder
    from granian.constants import Interfaces
    from granian.server import Server

    class OnSocket(Server):  # type: ignore[misc, valid-type]
        def _init_shared_socket(self) -> None:
            self._sfd = fd
            self._shd: Any = SocketHolder(fd, False, 64)
            self._ssp = self._sso = None

    multiprocessing.set_start_method("fork")  # its worker must have the socket
    prefix = os.environ.get("ROOT_PATH")
    log = "GRANIAN_LOG_ACCESS" in os.environ
    OnSocket(application, interface=Interfaces(interface), log_access=log, url_path_prefix=prefix).serve()


def serve_aiohttp(fd: int, application: str) -> None:
    """Run aiohttp's own server."""
    from aiohttp import web

    web.run_app(pkgutil.resolve_name(application), sock=socket.socket(fileno=fd), access_log=None, print=None)


def serve_sanic(fd: int, application: str) -> None:
    """Run Sanic's own server."""
    app = pkgutil.resolve_name(application)
    app.run(sock=socket.socket(fileno=fd), single_process=True, access_log=False, motd=False)


OWN = {"aiohttp": serve_aiohttp, "sanic": serve_sanic}
"""The frameworks that have a server of their own."""


def main() -> None:
    """Serve until SIGTERM."""
    _, name, fd, application = sys.argv
    if name in OWN:
        OWN[name](int(fd), application)
        return
    if name.startswith("granian"):
        serve_granian(name.rpartition("-")[2], int(fd), application)
        return
    sys.argv = [part.format(fd=fd, app=application) for part in COMMANDS[name]]
    if "ROOT_PATH" in os.environ:
        sys.argv[1:1] = ["--root-path", os.environ["ROOT_PATH"]]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
