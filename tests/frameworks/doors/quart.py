"""Quart."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="Quart",
    about="`CORS(app, …)`; `quart run` and the test client work as before",
    page="quart.md",
    packages=("quart", "werkzeug"),
    servers=("hypercorn", "uvicorn-httptools", "granian-asgi"),
    commands={
        "quart run": Command(["quart", "--app", "{app}", "run", "--port", "{port}"]),
        "quart routes": Command(["quart", "--app", "{app}", "routes"], serves=False),
    },
)
