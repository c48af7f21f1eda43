"""What the drop-in for Starlette reads of a preflight, and keeps ready of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
from fastcors._engine import Engine
from fastcors._grammar import MAX_ORIGIN, parse_origin
from fastcors._shims.messages import encoded
from fastcors.compat._dialect.dangers import origin_regex
from fastcors.decision import Reason

__all__ = [
    "ANY",
    "Asked",
    "Encoded",
    "Names",
    "Pairs",
    "body_headers",
    "is_writable",
    "matches",
    "outcome",
    "text_of",
]

_WRITABLE = re.compile(rf"[!-+\--~]{{1,{MAX_ORIGIN}}}")  # visible ASCII but the comma
_LENGTHS = frozenset((6, 29, 30, 38))  # of the names that matter
_SOME_ORIGIN = "https://example.com"

ANY = Engine(*compiled(Settings(), ["*"]))
"""Finds what a request holds, and allows each well-formed origin, ``null`` too."""

Pairs = list[tuple[bytes, bytes]]


def is_writable(origin: str) -> bool:
    """Whether a value from a request is sure to stay one value in one header line."""
    return _WRITABLE.fullmatch(origin) is not None


@lru_cache(maxsize=4096)
def matches(regex: re.Pattern[str], origin: str) -> bool:
    """Whether a regex covers an origin of the strict grammar from its beginning to its end."""
    parts = parse_origin(origin)
    return parts is not None and parts.strict and bool(origin_regex(regex).fullmatch(origin))


def text_of(value: object) -> str | None:
    """A value of a request as text."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


def outcome(failures: list[str]) -> tuple[int, str]:
    """The status and the body of the answer to a preflight."""
    return (400, f"Disallowed CORS {', '.join(failures)}") if failures else (200, "OK")


def body_headers(body: bytes) -> Pairs:
    """What describes the body of an answer."""
    return [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain; charset=utf-8")]


class Asked:
    """What the header lines of an ``OPTIONS`` request ask for; it is a preflight with an origin and a method."""

    __slots__ = ("method", "names", "origin", "private")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.origin: str | None = None
        self.method: str | None = None
        self.names: list[str] = []
        self.private = False
        for key, value in headers:
            if len(key) not in _LENGTHS:
                continue
            name, text = key.lower(), text_of(value)
            # A browser sends one origin and one method. Of several none is believed.
            if text is None:
                continue
            if name == b"origin":
                self.origin = text if self.origin is None else ""
            elif name == b"access-control-request-method":
                self.method = text if self.method is None else ""
            elif name == b"access-control-request-headers":
                self.names.append(text)
            elif name == b"access-control-request-private-network":
                self.private = text == "true"


class Encoded:
    """Headers in the form of ASGI, encoded again where they have changed; ``without`` one of a name."""

    __slots__ = ("_headers", "_pairs", "_without")

    def __init__(self, without: str = "") -> None:
        self._without = without
        self._headers: dict[str, str] | None = None
        self._pairs: Pairs = []

    def pairs(self, headers: Mapping[str, str]) -> Pairs:
        """The pairs; the list is not the caller's to change."""
        if headers != self._headers:
            self._pairs = encoded(item for item in headers.items() if item[0].lower() != self._without)
            self._headers = dict(headers)
        return self._pairs


class Names:
    """The check of the header names that a preflight asks for: an engine's, with its limits."""

    __slots__ = ("_allowed", "_engine")

    def __init__(self) -> None:
        self._allowed: list[str] | None = None
        self._engine = ANY

    def engine(self, allowed: list[str]) -> Engine:
        """An engine in which any origin and method may send these names, in lower case."""
        if allowed != self._allowed:
            names = ("*", "authorization") if "*" in allowed else tuple(name for name in allowed if name.isascii())
            self._engine = Engine(*compiled(Settings(allow_methods=("*",), allow_headers=names), ["*"]))
            self._allowed = list(allowed)
        return self._engine

    def allow(self, allowed: list[str], lines: list[str]) -> bool:
        """Whether all of these names are tokens, and allowed."""
        return self.engine(allowed).decide("OPTIONS", _SOME_ORIGIN, "GET", lines).reason is Reason.OK
