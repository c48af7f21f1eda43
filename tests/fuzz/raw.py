"""The targets of raw HTTP/1.1 messages."""

from __future__ import annotations

from ctypes import Array, c_uint8

from tests.differential.parsers import PARSERS, assert_no_more
from tests.fuzz.checks import decided
from tests.fuzz.inputs import chosen


def exact(data: bytes) -> Array[c_uint8]:
    """Return a buffer of a copy that ends where the bytes end; ctypes has up to 16 of them elsewhere."""
    return (c_uint8 * len(data)).from_buffer_copy(data)


def head(data: bytes) -> None:
    """Check ``decide_head`` and ``write_head_into``, on memory that ends where the head ends.

    Behind the first line the input is the head as it is; where that line ends with ``m``, without its request line.
    """
    first, _, raw = data.partition(b"\n")
    pair = chosen(first)
    given = exact(raw)
    more = {"method": "OPTIONS"} if first.endswith(b"m") else {}
    decision = decided(pair, lambda engine: engine.decide_head(given, **more))
    whole = raw if not more else b"OPTIONS / HTTP/1.1\r\n" + raw
    for name in ("httptools", "h11"):
        accepted = PARSERS[name](whole)
        if accepted is not None:
            assert_no_more(decision, accepted, name)
    for name, expected in (("block", decision.block), ("whole", decision.response or decision.block)):
        written = (decision.kind, decision.status, len(expected))
        for engine in pair:
            room = exact(b"\xee" * len(expected))
            assert engine.write_head_into(room, 0, given, whole=name == "whole", **more) == written
            assert bytes(room) == expected
            shared = bytearray(raw + b"\xee" * len(expected))
            assert engine.write_head_into(shared, 0, shared, 0, len(raw), whole=name == "whole", **more) == written
            assert shared[: len(expected)] == expected
