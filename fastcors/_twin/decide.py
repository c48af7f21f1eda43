"""The checks of a preflight's method and header names (Fetch, "CORS-preflight fetch")."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastcors._config.settings import Settings
from fastcors._twin.find import (
    MAX_ELEMENT_OWS,
    MAX_EMPTY_ELEMENTS,
    MAX_HEADER_BYTES,
    MAX_HEADER_NAMES,
    MAX_LINES,
    MAX_METHOD,
    is_a,
    is_token,
    items,
    raw,
)
from fastcors._twin.write import SAFELISTED
from fastcors.decision import Reason

_FORBIDDEN = (b"CONNECT", b"TRACE", b"TRACK")


def check_method(method: bytes, settings: Settings) -> Reason:
    """Check an Access-Control-Request-Method, byte for byte: Fetch normalises it before it is sent."""
    if len(method) > MAX_METHOD or not is_token(method):
        return Reason.METHOD_MALFORMED
    listed = [name.encode("ascii") for name in settings.allow_methods]
    if method in SAFELISTED or method in listed:
        return Reason.OK
    if b"*" in listed and method.upper() not in _FORBIDDEN:
        return Reason.OK
    return Reason.METHOD_NOT_ALLOWED


class HeaderNames(NamedTuple):
    """What the check of Access-Control-Request-Headers found."""

    reason: Reason
    names: list[bytes]
    """The names that passed, lower-case, in order, with duplicates: up to the first that failed."""
    offender: bytes = b""
    """The element that failed, without the white space around it."""


def check_headers(lines: str | bytes | list[Any] | tuple[Any, ...] | None, settings: Settings) -> HeaderNames:
    """Check the Access-Control-Request-Headers lines in one pass that ends at the first failure."""
    if lines is None:
        return HeaderNames(Reason.OK, [])
    listed = [name.encode("ascii") for name in settings.allow_headers]
    names: list[bytes] = []
    total = empties = 0
    for number, line in enumerate(items(lines, MAX_LINES) if is_a(lines, list, tuple) else (lines,)):
        data = raw(line, MAX_HEADER_BYTES)
        total += len(data) + (1 if number > 0 else 0)  # the comma that joins it to the line before
        if total > MAX_HEADER_BYTES:
            return HeaderNames(Reason.HEADERS_TOO_LARGE, names)
        for element in data.split(b","):
            name = element.strip(b" \t")
            if len(element) - len(name) > MAX_ELEMENT_OWS:
                return HeaderNames(Reason.HEADERS_TOO_LARGE, names)
            if not name:
                empties += 1
                if empties > MAX_EMPTY_ELEMENTS:
                    return HeaderNames(Reason.HEADERS_TOO_LARGE, names)
                continue
            if len(names) == MAX_HEADER_NAMES:
                return HeaderNames(Reason.HEADERS_TOO_LARGE, names)
            if not is_token(name):
                return HeaderNames(Reason.HEADERS_MALFORMED, names, name)
            if not _is_listed(name.lower(), listed, settings):
                return HeaderNames(Reason.HEADER_NOT_ALLOWED, names, name)
            names.append(name.lower())
    return HeaderNames(Reason.OK, names)


def _is_listed(name: bytes, listed: list[bytes], settings: Settings) -> bool:
    if name in listed:
        return True
    # Fetch: without credentials the wildcard does not cover Authorization. With credentials a browser
    # takes "*" as a name, so the names are mirrored instead and it may cover everything.
    return b"*" in listed and (settings.allow_credentials or name != b"authorization")
