"""What must hold of every decision, however the request was read and whatever it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastcors._grammar import is_one_value, is_token
from fastcors.decision import Reason
from tests.differential.pair import FIELDS, Engines, exact, outcome
from tests.fuzz.inputs import Given
from tests.support.fields import decoded_hpack, decoded_qpack

__all__ = ["check_lines", "check_reader", "check_written", "decided"]

_LISTS = (b"access-control-allow-methods", b"access-control-allow-headers", b"access-control-expose-headers", b"vary")


def decided(pair: Engines, function: Callable[[Any], Any]) -> Any:
    """Return the decision that both engines make, which show the same. Nothing that a client sends raises."""
    one, two = function(pair.native), function(pair.twin)
    # What explain() says is made in Python, from these alone.
    assert [exact(getattr(one, name)) for name in FIELDS] == [exact(getattr(two, name)) for name in FIELDS]
    assert one._verdict() == two._verdict()
    check_lines(one)
    return one


def check_reader(given: Given, function: Callable[[Any], Any], *, joins: bool = False) -> None:
    """Check the decision that a reader leads to, in both engines, against ``decide`` on the same values.

    ``joins``: a reader of values in which several lines are one, joined by a comma.
    """
    decision = decided(given.pair, function)
    origins, methods = given.values(b"origin"), given.values(b"access-control-request-method")
    lines = given.values(b"access-control-request-headers")
    networks = given.values(b"access-control-request-private-network")
    if joins:
        origins, methods, lines, networks = ([b",".join(v)] if v else [] for v in (origins, methods, lines, networks))
    network = b"true" if b"true" in networks else None
    if len(origins) > 1:
        assert decision.reason is Reason.ORIGIN_MULTIPLE
        return
    if len(methods) > 1 and decision.kind == "preflight":
        assert decision.reason is Reason.METHOD_MALFORMED or decision.reason.value.startswith("origin-")
        return
    wanted = given.pair.twin.decide(
        given.method,
        origins[0] if origins else None,
        methods[0] if methods else None,
        lines,
        request_private_network=network,
    )
    assert _told(decision) == _told(wanted)


def _told(decision: Any) -> tuple[Any, ...]:
    values = [(name, bytes(value)) for name, value in decision.headers]
    return decision.kind, decision.reason, decision.allowed, decision.status, values, decision.body


def check_lines(decision: Any) -> None:
    """Check that a decision's headers hold nothing of the request but what passed the grammar, in every form."""
    headers, written = decision.headers, decision.headers_str
    assert [(name.decode(), value.decode("latin-1")) for name, value in headers] == [
        (name.lower(), value) for name, value in written
    ]
    block = decision.block
    assert block == b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in written)
    assert all(byte in b"\r\n" or 0x20 <= byte < 0x7F for byte in block)
    assert block.count(b"\r") == block.count(b"\n") == len(headers)
    _check_response(decision, block)
    for name, value in headers:
        if name in _LISTS:
            assert all(is_token(element.strip(b" ")) for element in value.split(b",")), (name, value)
        elif name == b"access-control-allow-origin":
            assert value == b"*" or is_one_value(value.decode()), value


def _check_response(decision: Any, block: bytes) -> None:
    """Check that the whole response to a preflight is a head of the block and of what describes the body."""
    response = decision.response
    assert (response is None) == (decision.kind != "preflight")
    if response is None:
        return
    head, _, body = response.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    assert start.startswith(b"HTTP/1.1 %d " % decision.status)
    assert body == (b"" if decision.status == 204 else decision.body)
    ours = block.split(b"\r\n")[:-1]
    assert lines[: len(ours)] == ours
    assert {line.partition(b":")[0] for line in lines[len(ours) :]} <= {b"Content-Type", b"Content-Length"}
    assert (b"Content-Length: %d" % len(body) in lines) == (decision.status != 204)


def check_written(pair: Engines, *args: Any, **kwargs: Any) -> None:
    """Check that what is written into a buffer is the block or the whole response, and nothing where it has no room."""
    decision = decided(pair, lambda engine: engine.decide(*args, **kwargs))
    fields = decoded_hpack(decision.hpack)
    assert fields == decoded_qpack(decision.qpack)
    assert fields[decision.kind == "preflight" :][: len(decision.headers)] == decision.headers

    for whole in (False, True):
        expected = (whole and decision.response) or decision.block

        def into(engine: Any, size: int, offset: int, *, whole: bool = whole) -> tuple[Any, bytes]:
            buffer = bytearray(b"\xee" * size)
            return outcome(engine.write_into, buffer, offset, *args, **kwargs, whole=whole), bytes(buffer)

        for before, after in ((0, 0), (3, 0), (0, 5)):
            size = before + len(expected) + after
            one, two = into(pair.native, size, before), into(pair.twin, size, before)
            assert exact(one) == exact(two)
            assert one[1] == b"\xee" * before + expected + b"\xee" * after
        if expected:
            one, two = into(pair.native, len(expected) - 1, 0), into(pair.twin, len(expected) - 1, 0)
            assert exact(one) == exact(two)
            assert one[1] == b"\xee" * (len(expected) - 1)
