"""The application of Django's door, by ASGI, with the WebSocket of Channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

import fastcors.asgi
from tests.frameworks.apps.django import configure, of_django
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks
from tests.integration.wire import Response


@require_safe
async def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello", headers={"X-Id": "7"})


async def item(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(str(number))


async def error(request: HttpRequest) -> HttpResponse:
    raise BrokenError


async def crash(request: HttpRequest) -> HttpResponse:
    raise CrashError


async def redirect(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/")


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(async_chunks(), content_type="text/plain")


class Echo(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends back what it gets."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data, bytes_data, close=True)


items = [path("items/<int:number>", item)]
urlpatterns = [
    path("", home),
    *items,
    *(path(view.__name__, view) for view in (error, crash, redirect, stream)),
    path("mounted/", include(items)),
]


def make(cors: bool) -> Any:
    """Make the application."""
    configure(cors, __name__, ("daphne",), ASGI_APPLICATION="tests.frameworks.served.app")
    sockets: Any = URLRouter([path("ws", Echo.as_asgi())])
    if cors:
        sockets = fastcors.asgi.CORSMiddleware(sockets, **ARGUMENTS, check_websocket_origin=True)
    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": sockets})


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The framework's test client."""
    from django.test import AsyncClient

    def ask(method: str, path: str, headers: Any) -> Response:
        async def answer() -> Any:
            return await AsyncClient(raise_request_exception=False).generic(method, path, headers=headers)

        return of_django(async_to_sync(answer)())

    yield ask


def opentelemetry(app: Any, provider: Any) -> Any:
    """Instrument the application, which adds a middleware to the settings."""
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    DjangoInstrumentor().instrument(tracer_provider=provider)
    return get_asgi_application()
