"""Falcon, over ASGI."""

from __future__ import annotations

from tests.frameworks.door import Door

DOOR = Door(
    name="Falcon, ASGI",
    about="`CORS(app, …)`; it comes before middlewares and error handlers, and `falcon.testing` works as before",
    page="falcon.md",
    packages=("falcon",),
    servers=("uvicorn-httptools", "hypercorn", "granian-asgi"),
    lacks={"command line": "Falcon has no command that runs an application."},
)
