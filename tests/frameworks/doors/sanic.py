"""Sanic."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="Sanic",
    about="`CORS(app, …)`; on Sanic's own server and under ASGI, before middlewares and exception handlers",
    page="sanic.md",
    packages=("sanic",),
    servers=("sanic", "uvicorn-httptools", "hypercorn"),
    commands={
        # Sanic's own processes do not end while they start, so that Ctrl-C cannot come too early here. Those that have
        # workers are in tests/integration/test_sanic_workers.py.
        "sanic": Command(
            ["sanic", "{app}", "--host", "127.0.0.1", "--port", "{port}", "--single-process"], "Goin' Fast"
        )
    },
    lacks={"OpenTelemetry": "OpenTelemetry has no instrumentation for Sanic."},
)
