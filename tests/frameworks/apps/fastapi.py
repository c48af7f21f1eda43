"""The application of FastAPI's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from fastapi.testclient import TestClient

from fastcors.starlette import CORS
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks, of_httpx

items = APIRouter()


@items.get("/items/{number}")
def item(number: int) -> dict[str, int]:
    return {"number": number}


def home(response: Response) -> str:
    response.headers["X-Id"] = "7"
    return "hello"


def error() -> None:
    raise BrokenError


def crash() -> None:
    raise CrashError


def redirect() -> RedirectResponse:
    return RedirectResponse("/")


def stream() -> StreamingResponse:
    return StreamingResponse(async_chunks(), media_type="text/plain")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


def answer(request: Request, error: Exception) -> PlainTextResponse:
    return PlainTextResponse("it is broken", 500)


def make(cors: bool) -> FastAPI:
    """Make the application."""
    app = FastAPI()
    if cors:
        CORS(app, **ARGUMENTS, check_websocket_origin=True)
    app.include_router(items)
    app.get("/")(home)
    app.get("/error")(error)
    app.get("/crash")(crash)
    app.get("/redirect")(redirect)
    app.get("/stream")(stream)
    app.websocket("/ws")(socket)
    app.exception_handler(BrokenError)(answer)
    mounted = FastAPI()
    mounted.include_router(items)
    app.mount("/mounted", mounted)
    return app


@contextmanager
def client(app: FastAPI) -> Iterator[Any]:
    """The framework's test client."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield lambda method, path, headers: of_httpx(client.request(method, path, headers=headers))


def opentelemetry(app: FastAPI, provider: Any) -> FastAPI:
    """Instrument the application."""
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
    return app
