"""The application of Django's door, by WSGI; tests/frameworks/apps/channels.py has it by ASGI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import include, path
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.http import require_safe

from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, chunks
from tests.integration.wire import Response


class Broken(MiddlewareMixin):  # type: ignore[misc]
    """A middleware with Django's hook for exceptions."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return HttpResponse(b"it is broken", status=500) if isinstance(error, BrokenError) else None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello", headers={"X-Id": "7"})


def item(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(str(number))


def error(request: HttpRequest) -> HttpResponse:
    raise BrokenError


def crash(request: HttpRequest) -> HttpResponse:
    raise CrashError


def redirect(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks(), content_type="text/plain")


items = [path("items/<int:number>", item)]
urlpatterns = [
    path("", home),
    *items,
    *(path(view.__name__, view) for view in (error, crash, redirect, stream)),
    path("mounted/", include(items)),
]


def configure(cors: bool, urls: str = __name__, apps: tuple[str, ...] = (), **more: Any) -> None:
    """Set Django up, once in a process."""
    if settings.configured:
        return
    settings.configure(
        **{
            "ALLOWED_HOSTS": ["*"],
            "SECRET_KEY": "of tests",
            "ROOT_URLCONF": urls,
            "WSGI_APPLICATION": "tests.frameworks.served.app",
            "INSTALLED_APPS": [*apps, *(["fastcors.django"] if cors else [])],
            "MIDDLEWARE": [
                *(["fastcors.django.CORSMiddleware"] if cors else []),
                "django.middleware.common.CommonMiddleware",
                f"{__name__}.Broken",
            ],
            **({"FASTCORS": ARGUMENTS} if cors else {}),
            **more,
        }
    )
    django.setup()


def make(cors: bool) -> Any:
    """Make the application."""
    configure(cors)
    return get_wsgi_application()


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The framework's test client."""
    from django.test import Client

    def ask(method: str, path: str, headers: Any) -> Response:
        return of_django(Client(raise_request_exception=False).generic(method, path, headers=headers))

    yield ask


def of_django(response: Any) -> Response:
    """A response of Django's test clients."""
    return Response(response.status_code, [(k.lower(), v) for k, v in response.items()], response.content)


def opentelemetry(app: Any, provider: Any) -> Any:
    """Instrument the application, which adds a middleware to the settings."""
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    DjangoInstrumentor().instrument(tracer_provider=provider)
    return get_wsgi_application()
