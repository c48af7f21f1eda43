"""A Django project with ``fastcors.django``, and requests to it, synchronous and asynchronous."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

import tests.compat.django_pages  # noqa: F401 - which configures Django

MIDDLEWARE = "fastcors.django.CORSMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
SITE, OTHER = "https://app.example.com", "https://other.example"
ORIGIN, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
METHODS, EXPOSED = "access-control-allow-methods", "access-control-expose-headers"


class BrokenError(Exception):
    """What views here raise."""


def thing(request: HttpRequest) -> HttpResponse:
    """Answer with the headers that the query names."""
    return HttpResponse(b"the view", headers=dict(request.GET.items()))


async def thing_async(request: HttpRequest) -> HttpResponse:
    return thing(request)


RAISED = {
    "broken": (BrokenError("secret"), 500),
    "denied": (PermissionDenied("no"), 403),
    "bad": (BadRequest("bad"), 400),
    "suspicious": (SuspiciousOperation("odd"), 400),
}
"""What the views of these names raise, and the status that Django makes of it."""


def raises(request: HttpRequest, what: str) -> HttpResponse:
    raise RAISED[what][0]


async def raises_async(request: HttpRequest, what: str) -> HttpResponse:
    raise RAISED[what][0]


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"a", b"b"]))


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"a file"), filename="a.txt")


URLS: tuple[Any, ...] = (
    path("thing", thing),
    path("thing-async", thing_async),
    path("slash/", thing),
    path("raises/<what>", raises),
    path("raises-async/<what>", raises_async),
    path("stream", stream),
    path("file", file),
)


@contextmanager
def project(
    policy: Any = None, *, urls: tuple[Any, ...] = URLS, middleware: tuple[str, ...] = (MIDDLEWARE,), **settings: Any
) -> Iterator[None]:
    """Run a block in a project with this ``FASTCORS_POLICY``, or with ``FASTCORS``."""
    if "FASTCORS" not in settings:
        settings["FASTCORS_POLICY"] = policy
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=list(middleware), **settings):
        yield


def send(where: str, origin: str | None = SITE, method: str = "GET", *, raises: bool = False, **environ: Any) -> Any:
    """Send a request by WSGI. ``raises`` lets the exceptions pass that a server would log."""
    if origin is not None:
        environ["HTTP_ORIGIN"] = origin
    return Client(raise_request_exception=raises).generic(method, where, **environ)


def send_async(
    where: str, origin: str | None = SITE, method: str = "GET", *, raises: bool = False, **environ: Any
) -> Any:
    """Send a request by ASGI."""
    headers = {name.removeprefix("HTTP_").replace("_", "-").lower(): value for name, value in environ.items()}
    if origin is not None:
        headers["origin"] = origin
    client = AsyncClient(raise_request_exception=raises)
    return asyncio.run(client.generic(method, where, headers=headers))


def preflight(where: str, origin: str = SITE, method: str = "PUT", *, by: Any = send, **environ: Any) -> Any:
    """Send a preflight."""
    return by(where, origin, "OPTIONS", HTTP_ACCESS_CONTROL_REQUEST_METHOD=method, **environ)


def cors(response: Any) -> dict[str, str]:
    """The headers of CORS, and ``Vary``, by lower-case names."""
    names = {name.lower(): value for name, value in response.items()}
    return {name: value for name, value in names.items() if name.startswith("access-control-") or name == "vary"}
