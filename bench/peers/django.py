"""Django: its WSGI handler with one view and no middleware but the one that is measured.

fastcors has a middleware in the same place as the others, and a shim that stands around the handler.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, PARAMETERS, Setup, need, own_policy
from fastcors.wsgi import CORSMiddleware

__all__ = ["SETUPS"]

urlpatterns: list[Any] = []
"""Django finds its routes here: this module is its ROOT_URLCONF."""


@lru_cache
def configure() -> None:
    """Set Django up, once in a process."""
    need("corsheaders.middleware")
    from django.conf import settings  # type: ignore[import-untyped]
    from django.http import HttpResponse  # type: ignore[import-untyped]
    from django.urls import path  # type: ignore[import-untyped]

    settings.configure(
        ALLOWED_HOSTS=["*"],
        CORS_ALLOWED_ORIGINS=ORIGINS,
        CORS_ALLOW_HEADERS=HEADERS,
        CORS_ALLOW_METHODS=METHODS,
        CORS_PREFLIGHT_MAX_AGE=MAX_AGE,
        FASTCORS=PARAMETERS,
        INSTALLED_APPS=["corsheaders"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",  # noqa: S106 - nothing is signed
    )
    urlpatterns.append(path("items", lambda request: HttpResponse(BODY, content_type="application/json")))


@lru_cache
def handler(*middleware: str) -> Any:
    """Make the handler that a server would be given."""
    configure()
    from django.core.wsgi import get_wsgi_application  # type: ignore[import-untyped]
    from django.test import override_settings  # type: ignore[import-untyped]

    with override_settings(MIDDLEWARE=list(middleware)):
        return get_wsgi_application()


class Floor:
    """N in Django: a middleware that appends a header."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """Answer a request."""
        response = self.get_response(request)
        response.headers["X-N"] = "1"
        return response


def make(side: str) -> Any:
    if side == "django-cors-headers":
        return handler("corsheaders.middleware.CorsMiddleware")
    if side == "drop-in":
        return handler("fastcors.compat.corsheaders.middleware.CorsMiddleware")
    return CORSMiddleware(handler(), own_policy()) if side == "native" else handler()


def make_with_middleware(side: str) -> Any:
    return handler("fastcors.django.CORSMiddleware") if side == "native" else make(side)


SETUPS = (
    Setup(
        "Django",
        "Django, middleware",
        "wsgi",
        make_with_middleware,
        (Peer("django-cors-headers", 20), Peer("drop-in", at_most=1.5)),
        (Peer("django-cors-headers"), Peer("drop-in", at_most=1.5)),
        floor=lambda: handler(f"{__name__}.Floor"),
    ),
    Setup(
        "Django",
        "Django",
        "wsgi",
        make,
        (Peer("django-cors-headers", 20),),
        (Peer("django-cors-headers"),),
    ),
)
