"""The application of ``pages.py`` in Django, with any middleware and settings."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of tests", LOGGING_CONFIG=None, USE_TZ=True)
    django.setup()


def thing(request: HttpRequest) -> HttpResponse:
    """Answer any method with a few headers."""
    return HttpResponse(b"", headers={"X-Total": "7", "ETag": "1"})


def broken(request: HttpRequest) -> HttpResponse:
    """Raise, which Django answers with a 500."""
    raise ValueError("broken")


URLS = (path("api/broken", broken), path("api/thing", thing), path("other", thing))


def django_app(middleware: list[str], **options: Any) -> Any:
    """Return a WSGI application with this middleware, which reads these settings at each request."""

    def overriding() -> Any:
        return override_settings(ROOT_URLCONF=URLS, MIDDLEWARE=middleware, DEBUG=False, **options)

    with overriding():
        handler = WSGIHandler()

    def app(environ: Any, start_response: Any) -> Any:
        with overriding():
            return handler(environ, start_response)

    return app
