"""The heads of requests and responses: what of them is of one connection alone, and goes."""

from __future__ import annotations

import re
from http import HTTPStatus

__all__ = ["LARGEST_HEAD", "OF_THE_CONNECTION", "by_name", "handed_on", "plain", "request_head", "without"]

LARGEST_HEAD = 65536

OF_THE_CONNECTION = frozenset(
    [b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"]
)
"""Fields that are not handed on (RFC 9110, section 7.6.1); Connection may name more."""
FORWARDED = frozenset([b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"])
"""Fields that the services take from the gateway, so that a client's own go."""
LEFT_OUT = OF_THE_CONNECTION | FORWARDED | {b"host"}

_LINE = rb"\r\n(?:%s)[ \t]*:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*"

Headers = list[tuple[bytes, bytes]]


def by_name(headers: Headers) -> dict[bytes, list[bytes]]:
    """Return the values of each field, by its name in lower case."""
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return values


def handed_on(headers: Headers) -> Headers:
    """Return the fields of a request without those that are of its connection, and without what the gateway says."""
    left_out = LEFT_OUT
    for name, value in headers:
        if name.lower() == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            left_out = left_out | ({named.strip().lower() for named in value.split(b",")} - {b"content-length"})
    return [field for field in headers if field[0].lower() not in left_out]


def request_head(start: bytes, host: bytes | None, fields: Headers, own: list[bytes]) -> bytes:
    """Return the head that a service gets: what is handed on of the client's, and lines of the gateway's own."""
    host_line = [] if host is None else [b"Host: " + host]
    return b"\r\n".join([start, *host_line, *map(b": ".join, fields), *own, b"", b""])


def without(head: bytes, names: set[bytes]) -> bytes:
    """Return a head without the lines of some fields."""
    return re.sub(_LINE % b"|".join(map(re.escape, names)), b"", head, flags=re.IGNORECASE)


def plain(status: int, closing: bool) -> bytes:
    """Return the head of a response of the gateway's own, whose content is the phrase of the status."""
    phrase = HTTPStatus(status).phrase
    head = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain\r\nContent-Length: {len(phrase)}\r\n"
    return (head + ("Connection: close\r\n" if closing else "") + "\r\n").encode()
