"""aiohttp."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

_START = "tests.frameworks.apps.aiohttp:start"

DOOR = Door(
    name="aiohttp",
    about="`CORS(app, …)` for an `aiohttp.web.Application`; error pages of the server have the headers too",
    page="aiohttp.md",
    packages=("aiohttp",),
    servers=("aiohttp", "gunicorn-aiohttp"),
    commands={
        "python -m aiohttp.web": Command(["aiohttp.web", "--hostname", "127.0.0.1", "--port", "{port}", _START]),
    },
)
