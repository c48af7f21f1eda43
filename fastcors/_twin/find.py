"""What comes in: the limits, the raw data of the arguments, and finding a request's CORS header lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeGuard

MAX_ORIGIN = 327
"""Bytes of an Origin. The longest valid one has 326: scheme 64, "://", host 253, ":", port 5."""
MAX_METHOD = 64
"""Bytes of an Access-Control-Request-Method."""
MAX_HEADER_BYTES = 8192
"""Bytes of all Access-Control-Request-Headers lines, joined by one comma each."""
MAX_HEADER_NAMES = 128
"""Names in Access-Control-Request-Headers, duplicates counted."""
MAX_EMPTY_ELEMENTS = 16
"""Empty elements in it. RFC 9110, section 5.6.1.2: "a reasonable number of empty list elements"."""
MAX_ELEMENT_OWS = 2
"""Bytes of optional white space around one element, both sides together."""
MAX_LINES = 145
"""Header lines that are looked at: each holds an element, so that this many are over a limit."""

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NO_BYTE = re.compile(r"[^\x00-\xff]")
_MAX_NAME = 64  # longer than any header name that matters here


class Request(NamedTuple):
    """What CORS needs of a request; the values are as the caller gave them."""

    method: str | bytes
    origin: str | bytes | None
    request_method: str | bytes | None = None
    request_headers: str | bytes | list[Any] | tuple[Any, ...] | None = None
    request_private_network: str | bytes | None = None
    several_origins: bool = False
    several_methods: bool = False
    granted: bool = False
    """Whether a regex or a function allows the origin."""


def is_a(value: object, *types: type) -> bool:
    """Return whether the real type of the value is one of these: a made-up ``__class__`` does not count."""
    return issubclass(type(value), types)


def is_text(value: object) -> TypeGuard[str | bytes]:
    """Return whether the value is a str or bytes, or of a subclass."""
    return is_a(value, str, bytes)


def raw(value: Any, limit: int) -> bytes:
    """Return a str or bytes as exact bytes; of a longer one only ``limit + 1`` bytes, enough to see that.

    The data of a subclass is read by the base class's own methods, so that no override matters. The characters of a
    str are bytes (PEP 3333); one that cannot be makes the whole of it one byte that is valid nowhere.
    """
    start = slice(limit + 1)
    if is_a(value, bytes):
        return bytes.__getitem__(value, start)
    if str.isascii(value):
        return str.__getitem__(value, start).encode("ascii")
    if _NO_BYTE.search(value):
        return b"\xff"
    return str.__getitem__(value, start).encode("latin-1")


def is_token(value: bytes) -> bool:
    """Return whether the value is a token (RFC 9110, section 5.6.2)."""
    return _TOKEN.fullmatch(value) is not None


def check(request: Request) -> None:
    """Raise TypeError for the first argument of a wrong type, in the order of decide()'s parameters."""
    _check_text("method", request.method, optional=False)
    _check_text("origin", request.origin)
    _check_text("request_method", request.request_method)
    lines = request.request_headers
    if is_a(lines, list, tuple):
        for line in items(lines, MAX_LINES):
            if not is_text(line):
                raise TypeError(f"a line of request_headers must be str or bytes, not {type(line).__name__}")
    elif lines is not None and not is_text(lines):
        kinds = "str, bytes, a list or a tuple of them, or None"
        raise TypeError(f"request_headers must be {kinds}, not {type(lines).__name__}")
    _check_text("request_private_network", request.request_private_network)


def _check_text(name: str, value: object, optional: bool = True) -> None:
    if not is_text(value) and not (optional and value is None):
        kinds = "str, bytes or None" if optional else "str or bytes"
        raise TypeError(f"{name} must be {kinds}, not {type(value).__name__}")


def items(values: Any, limit: int) -> tuple[Any, ...]:
    """Return up to ``limit`` items of a list or tuple; a subclass's overrides do not matter."""
    if is_a(values, list):
        return tuple(list.__getitem__(values, slice(limit)))
    return tuple(tuple.__getitem__(values, slice(limit)))


def pair(item: Any) -> tuple[Any, Any] | None:
    """Return an item of a header list as (name, value), or None where it is not two things.

    The gateway interfaces ask for 2-item iterables. Whatever iterating over another thing raises means no.
    """
    try:
        name, value = item
    except Exception:
        return None
    return name, value


def header_lines(headers: object, names: Iterable[bytes]) -> dict[bytes, list[str | bytes]]:
    """Return the values of the named lines of an ASGI header list, by lower-case name, in order.

    Names may be in any letter case; what is not a pair of str or bytes is skipped. Something that
    cannot be iterated over has no lines.
    """
    lines: dict[bytes, list[str | bytes]] = {name: [] for name in names}
    try:
        iterator = iter(headers)  # type: ignore[call-overload]
    except TypeError:
        return lines
    for item in iterator:
        found = pair(item)
        if found is None or not is_text(found[0]) or not is_text(found[1]):
            continue
        name = raw(found[0], _MAX_NAME).lower()
        if name in lines:
            lines[name].append(found[1])
    return lines


def request_of_headers(headers: object) -> Request:
    """Return the Request of an actual request with these ASGI headers: its Origin is all that counts."""
    origins = header_lines(headers, [b"origin"])[b"origin"]
    return Request("GET", origins[0] if origins else None, several_origins=len(origins) > 1)


def request_of_scope(scope: Mapping[str, Any]) -> Request:
    """Return the Request of an ASGI "http" scope. Only OPTIONS with an Origin can be a preflight."""
    method, headers = scope.get("method"), scope.get("headers")
    if not is_text(method):
        method = "GET"
    if raw(method, MAX_METHOD) != b"OPTIONS":
        return request_of_headers(headers)._replace(method=method)
    prefix = b"access-control-request-"
    wanted = [b"origin", prefix + b"method", prefix + b"headers", prefix + b"private-network"]
    origins, methods, lines, networks = header_lines(headers, wanted).values()
    if not origins:
        return Request(method, None)
    return Request(
        method=method,
        origin=origins[0],
        request_method=methods[0] if methods else None,
        request_headers=lines,
        request_private_network=b"true" if any(is_true(network) for network in networks) else None,
        several_origins=len(origins) > 1,
        several_methods=len(methods) > 1,
    )


def request_of_environ(environ: Mapping[str, Any]) -> Request:
    """Return the Request of a WSGI environ (PEP 3333). Only OPTIONS with an Origin can be a preflight."""

    def text(key: str) -> str | bytes | None:
        value = environ.get(key)
        return value if is_text(value) else None

    method, origin = text("REQUEST_METHOD"), text("HTTP_ORIGIN")
    if method is None:
        method = "GET"
    if origin is None or raw(method, MAX_METHOD) != b"OPTIONS":
        return Request(method, origin)
    prefix = "HTTP_ACCESS_CONTROL_REQUEST_"
    return Request(
        method,
        origin,
        text(prefix + "METHOD"),
        text(prefix + "HEADERS"),
        text(prefix + "PRIVATE_NETWORK"),
    )


def is_true(value: str | bytes | None) -> bool:
    """Return whether a request-private-network value is exactly ``true``."""
    return value is not None and raw(value, len(b"true")) == b"true"
