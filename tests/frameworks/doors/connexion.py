"""Connexion."""

from __future__ import annotations

from tests.frameworks.door import Door

DOOR = Door(
    name="Connexion",
    about="`app.add_middleware` with `fastcors.asgi.CORSMiddleware`, at the position that Connexion has for it",
    page="connexion.md",
    packages=("connexion", "starlette"),
    servers=("uvicorn-httptools", "hypercorn", "granian-asgi"),
    lacks={
        "WebSocket": "Connexion has no WebSockets.",
        "command line": "`connexion run` runs a specification, and no application.",
    },
)
