"""Flask."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="Flask",
    about="`CORS(app, …)` for an application; `@cross_origin` and `@cors_exempt` for single views",
    page="flask.md",
    packages=("flask", "werkzeug"),
    servers=("gunicorn", "gunicorn-threads", "granian-wsgi"),
    commands={
        "flask run": Command(["flask", "--app", "{app}", "run", "--port", "{port}"]),
        "flask routes": Command(["flask", "--app", "{app}", "routes"], serves=False),
    },
    lacks={"WebSocket": "Flask has no WebSockets."},
)
