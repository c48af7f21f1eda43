"""Pyramid."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="Pyramid",
    about='`config.include("fastcors.pyramid")`, with settings of an ini file; or `CORS(app, …)`',
    page="pyramid.md",
    packages=("pyramid", "webtest", "waitress"),
    servers=("gunicorn", "gunicorn-threads", "granian-wsgi"),
    commands={
        "pserve": Command(
            ["pyramid.scripts.pserve", "tests/frameworks/apps/pyramid.ini", "http_port={port}"], ready="Serving on"
        ),
    },
    lacks={
        "405": "Pyramid answers 404 where another method is.",
        "unhandled exception": "Pyramid leaves it to the server; `fastcors.handle_errors` answers with the headers.",
        "WebSocket": "Pyramid has no WebSockets.",
    },
)
