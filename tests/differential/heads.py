"""Heads of HTTP/1.1 requests, from clean to hostile, for Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from fastcors._config.settings import Settings
from tests.differential import strategies as s

__all__ = ["hostile", "lines_of", "whole"]

_METHODS = st.sampled_from([b"GET", b"OPTIONS", b"OPTIONS", b"OPTIONS", b"POST", b"M-SEARCH"])
_TARGETS = st.sampled_from([b"/", b"*", b"/a/b?c=d", b"http://api.example/a", b"/" + b"x" * 40])
_NAMES = st.sampled_from(
    [b"Cookie", b"X-A", b"Accept", b"Access-Control-Request-Methods", b"Originx", b"X-Origin", b"sec-ch-ua"]
)
_OWS = st.sampled_from([b"", b" ", b" ", b" ", b"\t", b" \t "])
_PIECES = st.sampled_from(
    [
        *(b"\r", b"\n", b"\r\n", b"\r\n ", b"\r\n\t", b"\n\n", b"\r\r\n", b"\0", b" ", b"\t", b":", b" :", b"\x7f"),
        *(b"\x01", b"\x0b", b"\xff", b"\x80", b"(", b"", b"x", b",", b"/"),
        *(b"Origin: https://a.example\r\n", b"\r\nOrigin: null"),
    ]
)
"""What a hostile client puts between two bytes, or in the place of some."""


@st.composite
def lines_of(draw: st.DrawFn, settings: Settings, origins: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Field lines of a request, those of CORS among others, in any order; values as the wire can have them."""
    (_, origin, method, names), more = draw(s.arguments(settings, origins))
    lines = [(draw(_NAMES), draw(st.binary(max_size=40))) for _ in range(draw(st.integers(0, 4)))]
    lines += [(b"origin", value) for value in as_lines(origin)]
    lines += [(b"access-control-request-method", value) for value in as_lines(method)]
    lines += [(b"access-control-request-headers", value) for value in as_lines(names)]
    network = as_lines(more.get("request_private_network"))
    lines += [(b"access-control-request-private-network", value) for value in network]
    if lines and draw(s.one_in(5)):
        lines.append(draw(st.sampled_from(lines)))
    lines = [(draw(s.spelled(st.just(name))), clean(value)) for name, value in draw(st.permutations(lines))]
    return [*lines, (b"Host", b"api.example")]


def as_lines(value: object) -> list[bytes]:
    """What a caller may give for a field, as lines of bytes; what is no text is none."""
    if isinstance(value, (list, tuple)):
        return [line for item in value for line in as_lines(item)]
    if isinstance(value, str):
        return [str.encode(value, "utf-8", "replace")]
    return [bytes.__getitem__(value, slice(None))] if isinstance(value, bytes) else []


def clean(value: bytes) -> bytes:
    """A value without what no head can hold."""
    return bytes(byte for byte in value if byte == 9 or (byte >= 32 and byte != 127)).strip(b" \t")


@st.composite
def whole(draw: st.DrawFn, lines: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """A method, and a head that is well-formed: its request line, these lines, an empty one."""
    method = draw(_METHODS)
    fields = [b"%s:%s%s%s\r\n" % (name, draw(_OWS), value, draw(_OWS)) for name, value in lines[:-1]]
    fields += [b"%s:%s\r\n" % line for line in lines[-1:]]
    return method, b"%s %s HTTP/1.%d\r\n%s\r\n" % (method, draw(_TARGETS), draw(st.integers(0, 1)), b"".join(fields))


@st.composite
def hostile(draw: st.DrawFn, head: bytes) -> bytes:
    """A head in which a few bytes are others, or one that is cut."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.one_of(st.integers(0, len(head)), st.sampled_from(edges(head))))
        head = head[:at] + draw(_PIECES) + head[at + draw(st.integers(0, 2)) :]
    return head[: draw(st.integers(0, len(head)))] if draw(s.one_in(6)) else head


def edges(head: bytes) -> list[int]:
    """The places where a head can be misread: around line breaks, colons and spaces."""
    return [0] + [at + more for at, byte in enumerate(head) if byte in b"\r\n: " for more in (0, 1)]
