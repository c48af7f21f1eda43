"""BlackSheep."""

from __future__ import annotations

from tests.frameworks.door import Door

DOOR = Door(
    name="BlackSheep",
    about="`CORS(app, …)`: outside of exception handlers and mounts, and seen by `TestClient`",
    page="blacksheep.md",
    packages=("blacksheep",),
    servers=("uvicorn-httptools", "hypercorn", "granian-asgi"),
    lacks={
        "405": "BlackSheep answers 404 where another method is.",
        "command line": "BlackSheep has no command that runs an application: an ASGI server does.",
    },
)
