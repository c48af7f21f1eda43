"""Litestar."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

FOUND = ["litestar", "--app", "{app}"]

DOOR = Door(
    name="Litestar",
    about="`CORS(app, …)`; it comes before routing and hooks, so preflights for unknown paths are answered too",
    page="litestar.md",
    packages=("litestar",),
    servers=("uvicorn-httptools", "hypercorn", "granian-asgi"),
    commands={
        "litestar run": Command([*FOUND, "run", "--host", "127.0.0.1", "--port", "{port}"]),
        "litestar run --reload": Command([*FOUND, "run", "--host", "127.0.0.1", "--port", "{port}", "--reload"]),
        "litestar info": Command([*FOUND, "info"], serves=False),
    },
)
