"""Django, by WSGI."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

READY = r"development server at http"

DOOR = Door(
    name="Django",
    about="`CORSMiddleware` in `MIDDLEWARE`; `@cross_origin` and `@cors_exempt` for single views; system checks",
    page="django.md",
    packages=("django",),
    servers=("gunicorn", "gunicorn-threads", "granian-wsgi", "hypercorn-wsgi"),
    commands={
        "manage.py runserver": Command(["tests.frameworks.manage", "runserver", "--noreload", "{port}"], ready=READY),
        "manage.py check": Command(["tests.frameworks.manage", "check", "--fail-level", "WARNING"], serves=False),
    },
    lacks={"WebSocket": "Django has no WebSockets of its own; the next row has Channels."},
)
