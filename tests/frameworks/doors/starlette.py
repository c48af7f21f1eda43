"""Starlette."""

from __future__ import annotations

from tests.frameworks.door import Door

DOOR = Door(
    name="Starlette",
    about="`CORS(app, …)`; it comes before exception handlers, so a 500 has the headers too",
    page="starlette.md",
    packages=("starlette",),
    servers=("uvicorn-httptools", "uvicorn-h11", "hypercorn", "granian-asgi", "daphne"),
    lacks={"command line": "Starlette has no command line of its own."},
)
