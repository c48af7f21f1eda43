"""The responses that the shims give themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from fastcors._http1 import body_headers, encoded, lowered

if TYPE_CHECKING:
    from typing import Any

    from fastcors._engine import Decision
    from fastcors._types import Receive, Scope, Send

__all__ = [
    "ERROR_BODY",
    "ERROR_HEADERS",
    "failed_body",
    "preflight_headers",
    "refuse_websocket",
    "respond_to_failure",
    "send_failure",
    "send_response",
    "sets_origin",
]

ERROR_BODY = b"Internal Server Error"
ERROR_HEADERS = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(ERROR_BODY))))


def preflight_headers(decision: Decision) -> list[tuple[str, str]]:
    """Return the headers that describe the body of the answer to a preflight; its CORS headers come on top."""
    assert decision.status is not None  # noqa: S101 - a preflight has one
    return body_headers(decision.status, decision.body)


def sets_origin(headers: Iterable[tuple[str | bytes, str | bytes]]) -> bool:
    """Return whether an application's headers have an Access-Control-Allow-Origin line."""
    return any(name.lower() in ("access-control-allow-origin", b"access-control-allow-origin") for name, _ in headers)


def failed_body(error: Exception) -> Iterator[bytes]:
    """Yield the body of the response for a WSGI application that raised, then raise its exception again."""
    try:
        yield ERROR_BODY
        raise error
    finally:
        del error  # its traceback has this frame


async def send_response(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send a whole ASGI response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_failure(error: Exception, send: Send) -> None:
    """Respond for an ASGI application that raised before it did, then raise its exception again.

    That is also raised where the response cannot be sent: the server knows by itself that the client has gone.
    """
    try:
        with suppress(Exception):
            await send_response(send, 500, encoded(ERROR_HEADERS), ERROR_BODY)
        raise error
    finally:
        del error  # its traceback has this frame


async def refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a WebSocket handshake with the status 403, instead of an ASGI application."""
    await receive()  # "websocket.connect", which comes before anything may be sent
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await send({"type": "websocket.http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
        await send({"type": "websocket.http.response.body", "body": b"", "more_body": False})
    else:
        await send({"type": "websocket.close", "code": 1008})  # before it was accepted: servers respond with 403


async def respond_to_failure(error: Exception, proto: Any) -> None:
    """Respond for an RSGI application that raised before it did, then raise its exception again.

    That is also raised where the response cannot be given: the server knows by itself that the client has gone.
    """
    try:
        with suppress(Exception):
            proto.response_bytes(500, lowered(ERROR_HEADERS), ERROR_BODY)
        raise error
    finally:
        del error  # its traceback has this frame
