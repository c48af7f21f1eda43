"""One server of the end-to-end benchmark: ``python -m bench.load.serve SERVER FD PORT``.

It serves every side of a comparison, each under its own path, so that all of them run in the same process: two
processes with the same application differ by more than fastcors costs. ``FD`` is a bound socket, for the servers that
take one; granian binds ``PORT`` itself. The servers are used through their Python interfaces, so that no configuration
file and no variable of somebody's project reaches them.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from bench.micro.inputs import ACCEPTED, environ_of, scope_of
from bench.peers import BODY, asgi, own_policy, wsgi

__all__ = ["application", "path_of"]


def path_of(side: str) -> str:
    """The path of a side; they are equally long, as the server reads them."""
    return f"/{side.replace(' ', '-'):_<12}"


def same_asgi() -> Any:
    """Make what answers as the bare application with fastcors does, without doing anything for it."""
    ours = own_policy().decide_asgi(scope_of("GET", ACCEPTED)).headers

    async def same_bytes(scope: Any, receive: Any, send: Any) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"12"),
            (b"cache-control", b"no-store"),
            (b"etag", b'"33a64df5"'),
            (b"x-total-count", b"1"),
            *ours,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})

    return same_bytes


def same_wsgi() -> Any:
    """A WSGI application that sends, by itself, the bytes that fastcors would add."""
    ours = own_policy().decide_wsgi(environ_of("GET", ACCEPTED)).headers_str

    def same_bytes(environ: Any, start_response: Any) -> list[bytes]:
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", "12"),
            ("Cache-Control", "no-store"),
            ("ETag", '"33a64df5"'),
            ("X-Total-Count", "1"),
            *ours,
        ]
        start_response("200 OK", headers)
        return [BODY]

    return same_bytes


def application() -> Any:
    """Make the application; granian calls this in its worker, which has the environment of its parent."""
    gateway, *names = os.environ["BENCH_APPLICATION"].split(",")
    made = {"fastcors": "native", "bare again": "bare"}
    kind, same = (asgi, same_asgi) if gateway == "asgi" else (wsgi, same_wsgi)
    sides = {path_of(side): same() if side == "same bytes" else kind.make(made.get(side, side)) for side in names}

    def by_path_asgi(scope: Any, receive: Any, send: Any) -> Any:
        return sides[scope["path"]](scope, receive, send)

    def by_path_wsgi(environ: Any, start_response: Any) -> Any:
        return sides[environ["PATH_INFO"]](environ, start_response)

    return by_path_asgi if gateway == "asgi" else by_path_wsgi


def uvicorn(fd: int, port: int) -> None:
    import uvicorn

    config = uvicorn.Config(
        application(),
        interface="asgi3" if os.environ["BENCH_APPLICATION"].startswith("asgi") else "wsgi",
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
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
        "bench.load.serve:application",
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
