"""Django, by ASGI, with Channels."""

from __future__ import annotations

from tests.frameworks.door import Command, Door
from tests.frameworks.doors.django import READY

DOOR = Door(
    name="Django on ASGI, with Channels",
    about="the middleware for Django, without threads; `fastcors.asgi` checks the origin of WebSockets",
    page="django.md",
    packages=("channels", "django", "daphne"),
    servers=("uvicorn-httptools", "daphne", "hypercorn", "granian-asgi"),
    commands={
        "manage.py runserver": Command(["tests.frameworks.manage", "runserver", "--noreload", "{port}"], ready=READY),
    },
)
