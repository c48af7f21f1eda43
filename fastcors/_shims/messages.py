"""The answers that the shims give themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastcors._engine import Decision
    from fastcors._twin.shims import Send

__all__ = [
    "ERROR_BODY",
    "ERROR_HEADERS",
    "answer",
    "answer_failure",
    "encoded",
    "log_failure",
    "preflight_headers",
    "status_line",
]

ERROR_BODY = b"Internal Server Error"
ERROR_HEADERS = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(ERROR_BODY))))

_logger = logging.getLogger("fastcors")


def preflight_headers(decision: Decision) -> list[tuple[str, str]]:
    """Return the headers that describe the body of a preflight's answer; its CORS headers come on top.

    RFC 9110, section 8.6: a 204 has no Content-Length.
    """
    headers = []
    if decision.body:
        headers.append(("Content-Type", "text/plain; charset=utf-8"))
    if decision.status != 204:
        headers.append(("Content-Length", str(len(decision.body))))
    return headers


@cache
def status_line(status: int) -> str:
    """Return the status as WSGI has it: with a phrase, also for a number that has none."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} CORS"


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers in the form of ASGI."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def log_failure(error: Exception) -> None:
    """Log the exception that the application let escape before its response had started."""
    _logger.error("The application failed before it answered; the client gets a 500.", exc_info=error)


async def answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send a whole ASGI response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_failure(error: Exception, send: Send) -> None:
    """Answer for an ASGI application that raised before it did."""
    log_failure(error)
    await answer(send, 500, encoded(ERROR_HEADERS), ERROR_BODY)
