"""RSGI, granian's own interface, with no framework over it."""

from __future__ import annotations

from tests.frameworks.door import Command, Door

DOOR = Door(
    name="RSGI (granian)",
    about="`fastcors.rsgi.CORSMiddleware` for `granian --interface rsgi`; all kinds of responses, and WebSockets",
    page="rsgi.md",
    packages=("granian",),
    servers=("granian-rsgi",),
    commands={
        "granian --interface rsgi": Command(
            ["granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", "{port}", "{app}"], r"Started worker"
        ),
    },
    lacks={
        "unhandled exception": "granian answers with a 500 of its own; with `handle_errors=True` a page can read it.",
        "test client": "RSGI has no test client.",
        "Sentry": "Sentry has no integration for RSGI.",
        "OpenTelemetry": "OpenTelemetry has no instrumentation for RSGI.",
    },
)
