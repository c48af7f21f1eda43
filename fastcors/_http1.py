"""What HTTP/1.1 messages are made of: the status line, the headers of a body; and what is wrong with a head.

RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = [
    "FAULTS",
    "MAX_FIELDS",
    "body_headers",
    "encoded",
    "head_error",
    "lowered",
    "response_end",
    "response_start",
    "status_line",
]

MAX_FIELDS = 1024
"""How many fields the head of a response may have."""

FAULTS = (
    "is cut off or missing: an empty line ends a head",
    "is no HTTP/1 status line",
    "has a control character, or a CR or LF that is no line break",
    "does not begin with a field name and a colon",
    "ends the head, and more follows it",
    f"is one field too many: a head may have {MAX_FIELDS}",
)
"""What may be wrong with a line of a response's head; they are numbered from -1 down."""


def head_error(fault: int, line: int) -> ValueError:
    """Return the error for a head that is none; ``fault`` is the number of one in FAULTS, ``line`` that of a line."""
    return ValueError(f"this is no head of an HTTP/1 response: line {line} {FAULTS[-1 - fault]}")


_PHRASES = {204: "No Content", 403: "Forbidden"}
"""Those of the statuses that policies have by default, so that most need no more."""


@cache
def status_line(status: int) -> str:
    """Return the status as WSGI has it: with a phrase, also for a number that has none."""
    if status in _PHRASES:
        return f"{status} {_PHRASES[status]}"
    from http import HTTPStatus

    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} CORS"


def body_headers(status: int, body: bytes) -> list[tuple[str, str]]:
    """Return the headers that describe a body; an empty one has a type too, which ``wsgiref.validate`` demands.

    RFC 9110, section 8.6: a 204 has no Content-Length.
    """
    if status == 204 and not body:
        return []
    length = [] if status == 204 else [("Content-Length", str(len(body)))]
    return [("Content-Type", "text/plain; charset=utf-8"), *length]


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers in the form of ASGI."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def lowered(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers in the form of RSGI: with their names in lower case."""
    return [(name.lower(), value) for name, value in headers]


def response_start(status: int) -> bytes:
    """Return the status line of a response (RFC 9112, section 4)."""
    return f"HTTP/1.1 {status_line(status)}\r\n".encode("ascii")


def response_end(status: int, body: bytes) -> bytes:
    """Return what follows the header block of a policy in a whole response: the body, and the headers that describe it.

    A 204 ends with its head: a client would take a body for the next response (RFC 9112, section 6.3).
    """
    body = b"" if status == 204 else body
    lines = "".join(f"{name}: {value}\r\n" for name, value in body_headers(status, body))
    return lines.encode("ascii") + b"\r\n" + body
