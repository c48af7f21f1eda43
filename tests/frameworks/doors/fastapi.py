"""FastAPI."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="FastAPI",
    about="`fastcors.starlette.CORS(app, …)`; `fastapi run`, `dependency_overrides` and `TestClient` work as before",
    page="fastapi.md",
    packages=("fastapi", "starlette", "fastapi-cli"),
    servers=("uvicorn-httptools", "hypercorn", "granian-asgi"),
    commands={
        "fastapi run": Command(["fastapi", "run", "--host", "127.0.0.1", "--port", "{port}", "{file}"]),
    },
)
