"""A Django project with the drop-in, and requests to it, synchronous and asynchronous."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import re_path

import tests.compat.django_pages  # noqa: F401 - which configures Django
from fastcors import InsecurePolicyWarning
from fastcors.compat.corsheaders import signals

APP = "fastcors.compat.corsheaders"
MIDDLEWARE = f"{APP}.middleware.CorsMiddleware"
GOOD, OTHER = "https://app.example.com", "https://other.example"
ORIGIN, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
METHODS, HEADERS = "access-control-allow-methods", "access-control-allow-headers"
AGE, EXPOSED = "access-control-max-age", "access-control-expose-headers"
NETWORK = "access-control-allow-private-network"


def answer(request: HttpRequest) -> HttpResponse:
    """Answer as the query says: ``status``, and headers of any other name."""
    if request.GET.get("fail"):
        raise ValueError("of the view")
    response = HttpResponse(b"the view", status=int(request.GET.get("status", 200)))
    for name, value in request.GET.items():
        if name != "status":
            response[name] = value
    return response


async def answer_async(request: HttpRequest) -> HttpResponse:
    return answer(request)


def forget(request: HttpRequest) -> HttpResponse:
    """Take the request's attribute away, or say with it that CORS is not for this one."""
    if request.GET.get("off"):
        request._cors_enabled = False
    else:
        del request._cors_enabled
    return HttpResponse()


URLS = (re_path(r"^async/", answer_async), re_path(r"^forget/", forget), re_path(r"", answer))


@contextmanager
def project(middleware: str | list[str] = MIDDLEWARE, **settings: Any) -> Iterator[None]:
    """Run a block in a project with these settings."""
    chain = [middleware] if isinstance(middleware, str) else middleware
    with override_settings(ROOT_URLCONF=URLS, MIDDLEWARE=chain, **settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecurePolicyWarning)
        yield


def get(path: str = "/", origin: str | None = GOOD, method: str = "GET", **environ: str) -> Any:
    """Send a request by WSGI."""
    if origin is not None:
        environ["HTTP_ORIGIN"] = origin
    return Client(raise_request_exception=False).generic(method, path, **environ)


def preflight(path: str = "/", origin: str | None = GOOD, method: str = "GET", **environ: str) -> Any:
    return get(path, origin, "OPTIONS", HTTP_ACCESS_CONTROL_REQUEST_METHOD=method, **environ)


def get_async(path: str = "/async/", origin: str | None = GOOD, method: str = "GET", **headers: str) -> Any:
    """Send a request by ASGI."""
    if origin is not None:
        headers["origin"] = origin
    client = AsyncClient(raise_request_exception=False)
    return asyncio.run(client.generic(method, path, headers=headers))


@contextmanager
def receiver(function: Any) -> Iterator[None]:
    """Connect a receiver of the signal for a block."""
    signals.check_request_enabled.connect(function, weak=False)
    try:
        yield
    finally:
        signals.check_request_enabled.disconnect(function)


def cors(response: Any) -> dict[str, str]:
    """The headers of CORS, and ``Vary``, by lower-case names."""
    names = {name.lower(): value for name, value in response.items()}
    return {name: value for name, value in names.items() if name.startswith("access-control-") or name == "vary"}
