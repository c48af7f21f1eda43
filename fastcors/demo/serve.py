"""A server process of the demo: ``python -m fastcors.demo.serve asgi|wsgi FD PAGE_ORIGIN``.

``FD`` is a bound TCP socket. The servers are used through their Python interfaces, so that a
``gunicorn.conf.py`` or a ``UVICORN_*`` variable of the user's own project does not reach the demo.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading

from fastcors.demo.apps import AskedToFailError, asgi_app, wsgi_app


def serve_asgi(fd: int, page_origin: str) -> None:
    """Run uvicorn on the socket until SIGTERM."""
    import uvicorn

    _end_with_parent()
    config = uvicorn.Config(
        asgi_app(page_origin),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


def serve_wsgi(fd: int, page_origin: str) -> None:
    """Run gunicorn on the socket until SIGTERM."""
    from gunicorn.app.base import BaseApplication

    settings = {
        "bind": f"fd://{fd}",
        # A browser opens connections ahead of time; one of them alone would keep a sync worker waiting.
        "threads": 4,
        "graceful_timeout": 2,
        "loglevel": "warning",
        "control_socket_disable": True,
        # Only the master has to watch the parent: workers end with their master.
        "when_ready": lambda server: _end_with_parent(),
    }

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in settings.items():
                if name in self.cfg.settings:  # older versions have no control socket
                    self.cfg.set(name, value)

        def load(self) -> object:
            return wsgi_app(page_origin)

    Application().run()


def _end_with_parent() -> None:
    """Stop this process when the demo is gone, however it ended: the pipe at standard input closes then."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _is_news(record: logging.LogRecord) -> bool:
    """Return False for the failures at /boom: their tracebacks would hide why a server really ended."""
    return record.exc_info is None or not isinstance(record.exc_info[1], AskedToFailError)


if __name__ == "__main__":
    _, kind, fd, page_origin = sys.argv
    for name in ("uvicorn.error", "gunicorn.error"):
        logging.getLogger(name).addFilter(_is_news)
    {"asgi": serve_asgi, "wsgi": serve_wsgi}[kind](int(fd), page_origin)
