"""Bottle."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="Bottle",
    about="`CORS(app, …)`; it comes before plugins and hooks, and `app.run()` works as before",
    page="bottle.md",
    packages=("bottle", "webtest"),
    servers=("gunicorn", "gunicorn-threads", "granian-wsgi"),
    commands={
        "bottle": Command(["bottle", "--bind", "127.0.0.1:{port}", "{app}"], ready="Hit Ctrl-C to quit"),
    },
    lacks={"WebSocket": "Bottle has no WebSockets."},
)
