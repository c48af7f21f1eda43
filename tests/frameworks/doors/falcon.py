"""Falcon, over WSGI."""

from __future__ import annotations

from tests.frameworks.door import Door

DOOR = Door(
    name="Falcon, WSGI",
    about="`CORS(app, …)`; it comes before middlewares and error handlers, and `falcon.testing` works as before",
    page="falcon.md",
    packages=("falcon",),
    servers=("gunicorn", "gunicorn-threads", "granian-wsgi"),
    lacks={
        "WebSocket": "WSGI has no WebSockets.",
        "command line": "Falcon has no command that runs an application.",
    },
)
