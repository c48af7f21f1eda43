"""The application of Connexion's door: what stands in front of it is ``fastcors.asgi.CORSMiddleware`` itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import connexion
from connexion import Resolver
from connexion.lifecycle import ConnexionResponse
from connexion.middleware import MiddlewarePosition
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.testclient import TestClient

from fastcors.asgi import CORSMiddleware
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks, of_httpx


async def home() -> Any:
    return PlainTextResponse("hello", headers={"X-Id": "7"})


async def item(number: int) -> Any:
    return PlainTextResponse(str(number))


async def error() -> Any:
    raise BrokenError


async def crash() -> Any:
    raise CrashError


async def redirect() -> Any:
    return RedirectResponse("/")


async def stream() -> Any:
    return StreamingResponse(async_chunks(), media_type="text/plain")


async def answer(request: Any, error: Exception) -> Any:
    return ConnexionResponse(500, body="it is broken", mimetype="text/plain")


NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
ITEM = {"operationId": "item", "parameters": [NUMBER], "responses": {"200": {"description": "a number"}}}
PATHS: dict[str, Any] = {"/items/{number}": {"get": ITEM}}
for name in ("home", "error", "crash", "redirect", "stream"):
    plain = {"operationId": name, "responses": {"200": {"description": name}}}
    PATHS["/" if name == "home" else f"/{name}"] = {"get": plain}


def specification(paths: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document."""
    return {"openapi": "3.0.3", "info": {"title": "door", "version": "1"}, "paths": paths}


def make(cors: bool) -> Any:
    """Make the application."""
    app = connexion.AsyncApp("door", resolver=Resolver(globals().__getitem__))
    if cors:
        app.add_middleware(CORSMiddleware, MiddlewarePosition.BEFORE_EXCEPTION, **ARGUMENTS)
    app.add_error_handler(BrokenError, answer)
    app.add_api(specification(PATHS))
    app.add_api(specification({"/items/{number}": {"get": ITEM}}), base_path="/mounted", name="mounted")
    return app


@contextmanager
def client(app: Any) -> Iterator[Any]:
    """The framework's test client, which is Starlette's."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield lambda method, path, headers: of_httpx(client.request(method, path, headers=headers))


def opentelemetry(app: Any, provider: Any) -> Any:
    """Instrument the application."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, tracer_provider=provider)
