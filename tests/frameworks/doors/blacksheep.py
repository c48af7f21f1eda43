"""BlackSheep."""

from __future__ import annotations

from tests.frameworks.door import Door

DOOR = Door(
    name="BlackSheep",
    about="`CORS(app, …)`; errors and mounted applications have the headers too, and `TestClient` shows them",
    page="blacksheep.md",
    packages=("blacksheep",),
    servers=("uvicorn-httptools", "hypercorn", "granian-asgi"),
    lacks={
        "405": "BlackSheep answers 404 where another method is.",
        "command line": "BlackSheep has no command that runs an application: an ASGI server does.",
    },
)
