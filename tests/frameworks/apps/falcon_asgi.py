"""The application of Falcon's door, for ASGI."""

from __future__ import annotations

from typing import Any

import falcon.asgi

from fastcors.falcon import CORS
from tests.frameworks.apps import falcon as wsgi
from tests.frameworks.door import ARGUMENTS, BrokenError, asgi_client, async_chunks


def client(app: Any) -> Any:
    """The framework's test client."""
    return wsgi.client(app) if isinstance(app, falcon.asgi.App) else asgi_client(app)


class View(wsgi.View):
    """A resource that answers GET with a function."""

    async def on_get(self, request: Any, response: Any, **values: Any) -> None:
        self.answer(response, **values)


class Socket:
    """A WebSocket that sends back what it gets."""

    async def on_websocket(self, request: Any, socket: Any) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()


def stream(response: Any) -> None:
    response.content_type = "text/plain"
    response.stream = async_chunks()


async def answer(request: Any, response: Any, error: Exception, values: Any) -> None:
    wsgi.answer(request, response, error, values)


async def sink(request: Any, response: Any, **values: str) -> None:
    """Answer for all paths below a prefix: what Falcon mounts."""
    wsgi.sink(request, response, **values)


def make(cors: bool) -> Any:
    """Make the application."""
    app: Any = falcon.asgi.App()
    if cors:
        CORS(app, **ARGUMENTS, check_websocket_origin=True)
    app.add_route("/", View(wsgi.home))
    app.add_route("/items/{number:int}", View(wsgi.item))
    for view in (wsgi.error, wsgi.crash, wsgi.redirect, stream):
        app.add_route(f"/{view.__name__}", View(view))
    app.add_route("/ws", Socket())
    app.add_error_handler(BrokenError, answer)
    app.add_sink(sink, r"/mounted/(?P<rest>.*)")
    return app


def opentelemetry(app: Any, provider: Any) -> Any:
    """Instrument the application."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, tracer_provider=provider)
