"""One server of the end-to-end benchmark: ``python -m bench.e2e_serve SERVER FD PORT``.

``FD`` is a bound socket, for the servers that take one; granian binds ``PORT`` itself. The servers are used through
their Python interfaces, so that no configuration file and no variable of somebody's project reaches them.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from bench.peers import asgi, wsgi

__all__ = ["application"]


def application() -> Any:
    """Make the application; granian calls this in its worker, which has the environment of its parent."""
    gateway, _, side = os.environ["BENCH_APPLICATION"].partition(" ")
    return (asgi if gateway == "asgi" else wsgi).make("native" if side == "fastcors" else side)


def uvicorn(fd: int, port: int) -> None:
    import uvicorn

    config = uvicorn.Config(application(), log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


def gunicorn(fd: int, port: int) -> None:
    from gunicorn.app.base import BaseApplication

    settings = {
        "bind": f"fd://{fd}",
        # The worker with threads keeps connections alive; the other one would measure how they are opened.
        "worker_class": "gthread",
        "threads": 1,
        "keepalive": 30,
        "loglevel": "error",
        "control_socket_disable": True,
    }

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> object:
            return application()

    Application().run()


def granian(fd: int, port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    os.close(fd)
    interface = Interfaces.ASGINL if os.environ["BENCH_APPLICATION"].startswith("asgi") else Interfaces.WSGI
    Granian(
        "bench.e2e_serve:application",
        address="127.0.0.1",
        port=port,
        interface=interface,
        factory=True,
        workers=1,
        log_enabled=False,
    ).serve()


SERVERS = {"uvicorn": uvicorn, "gunicorn": gunicorn, "granian": granian}

if __name__ == "__main__":
    server, fd, port = sys.argv[1:]
    SERVERS[server](int(fd), int(port))
