"""The targets of the leaves and of the C API: on copies that end where the bytes end, against what Python says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastcors._grammar import (
    MAX_LINES,
    elements,
    is_bare_host,
    is_loose_origin,
    is_shell_origin,
    is_token,
    parse_origin,
)
from tests.differential.pair import Raised, native, outcome
from tests.fuzz import _leaves  # type: ignore[attr-defined]
from tests.fuzz.inputs import chosen, given_request, lines_of, parts_of
from tests.fuzz.tables import given_table
from tests.support.fields import decoded_hpack, decoded_qpack

_INVALID, _LENIENT, _STRICT = 0, 1, 2
_KINDS = ("none", "actual", "preflight")
_END, _MALFORMED, _TOO_LARGE = 0, 2, 3
_HEAD_MALFORMED = -2
_FORMS = ("block", "response", "body", "hpack", "qpack", "qpack_lines")
"""The forms that C writes, in the order of ``_leaves``."""
_HTTP1 = _FORMS[:3]


def planted(data: bytes) -> None:
    """Do what must be found, so that a run which finds nothing says something."""
    _leaves.planted(data)


def origin(data: bytes) -> None:
    """Check the grammar of origins."""
    grade, parts, bare, loose, shell, split = _leaves.origin(data)
    text = data.decode("latin-1")
    parsed = parse_origin(text)
    if parsed is None:
        assert grade == _INVALID
    else:
        assert grade == (_STRICT if parsed.strict else _LENIENT)
        assert parts == (parsed.scheme.encode(), parsed.host.encode(), int(parsed.port or 0))
        assert split
    assert (bare, loose, shell) == (is_bare_host(text), is_loose_origin(text), is_shell_origin(text))


def names(data: bytes) -> None:
    """Check the walk over the lines of Access-Control-Request-Headers."""
    lines = lines_of(data)[:MAX_LINES]
    wanted: list[bytes] = []
    end = _END
    for element in elements(lines):
        if element is None or not is_token(element):
            end = _TOO_LARGE if element is None else _MALFORMED
            break
        wanted.append(element)
    assert _leaves.names(lines) == (wanted, end)


def table(data: bytes) -> None:
    """Check that a table has all of its keys, and no other."""
    keys, asked = parts_of(lines_of(data))
    assert _leaves.listed(keys, keys + asked, len(data)) == [key in set(keys) for key in keys + asked]


def c_api(data: bytes) -> None:
    """Check what C is told of the values of a request, and what it writes as HTTP/1.1, against ``decide``."""
    _check_values(data, _HTTP1)


def c_hpack(data: bytes) -> None:
    """Check what C writes as HTTP/2 of the values of a request, against ``decide`` and a decoder."""
    decision, written = _check_values(data, ("hpack",))
    _check_fields(decision, decoded_hpack(written["hpack"]))


def c_qpack(data: bytes) -> None:
    """Check what C writes as HTTP/3 of the values of a request, against ``decide`` and a decoder."""
    decision, written = _check_values(data, ("qpack", "qpack_lines"))
    _check_fields(decision, decoded_qpack(written["qpack"]))
    assert written["qpack"] == b"\0\0" + written["qpack_lines"]


def c_head(data: bytes) -> None:
    """Check what C is told of a head, and what it writes, against ``decide_head``."""
    policy, head, granted, decision = _given_head(data)
    _check_said(decision, _HTTP1, lambda form, size: _leaves.decided_head(policy, granted, form, size, head))


def c_write_head(data: bytes) -> None:
    """Check what C reads, decides and writes by one call, against ``decide_head``."""
    policy, head, _, _ = _given_head(data)
    decision = policy.decide_head(head, origin_granted=False)
    for whole in (False, True):
        expected = (whole and decision.response) or decision.block
        found, *said, must_ask, size, room = _leaves.written_head(policy, whole, len(expected), head)
        assert said == [_KINDS.index(decision.kind), decision.reason.value, decision.status or 0]
        assert must_ask <= (policy.origin_check is not None)
        assert -2 <= found <= len(head)
        if whole and _explains(decision):
            continue
        assert (size, room) == (len(expected), expected)
        for short in _shorter(expected):
            *_, size, room = _leaves.written_head(policy, whole, short, head)
            assert (size, room) == (len(expected), b"\xee" * short)


def c_merge_head(data: bytes) -> None:
    """Check what C merges into the head of a response, of an input as ``merge_head`` has it, against ``merge_head``."""
    first, _, rest = data.partition(b"\n")
    sender, _, head = rest.partition(b"\n")
    policy, origin = chosen(first).native, sender or None
    granted = _granted(policy, origin)
    decision = policy.decide("GET", origin, origin_granted=granted)
    for keep, on_conflict in ((False, "replace"), (True, "keep")):
        merged = outcome(decision.merge_head, head, on_conflict=on_conflict)
        if isinstance(merged, Raised):
            assert merged.type is ValueError
            said = _leaves.merged(policy, granted, origin, keep, len(head), head)
            assert said == (_HEAD_MALFORMED, 0, b"\xee" * len(head))
            return
        wanted = (_KINDS.index(decision.kind), len(merged))
        assert _leaves.merged(policy, granted, origin, keep, len(merged), head) == (*wanted, merged)
        for short in _shorter(merged):
            assert _leaves.merged(policy, granted, origin, keep, short, head)[:2] == wanted


def field(data: bytes) -> None:
    """Check a field line of HTTP/2 and HTTP/3: a line for the name, then the value, which is any bytes."""
    name, _, value = data.partition(b"\n")
    name = name.lower() or b"x"
    assert decoded_hpack(_leaves.field(0, name, value)) == [(name, value)]
    assert decoded_qpack(b"\0\0" + _leaves.field(1, name, value)) == [(name, value)]


def _check_values(data: bytes, forms: tuple[str, ...]) -> tuple[Any, dict[str, bytes]]:
    """Check what C says of the values of a request, and some of the forms. Returns the decision, and these forms."""
    given = given_request(data)
    origin, method, network = (
        next(iter(given.values(name)), None)
        for name in (b"origin", b"access-control-request-method", b"access-control-request-private-network")
    )
    lines = given.values(b"access-control-request-headers")[:MAX_LINES]
    policy = given.pair.native
    granted = _granted(policy, origin)
    decision = policy.decide(
        given.method, origin, method, lines, request_private_network=network, origin_granted=granted
    )
    values = (given.method, origin, method, lines, network)
    return decision, _check_said(
        decision, forms, lambda form, size: _leaves.decided(policy, granted, form, size, *values)
    )


def _given_head(data: bytes) -> tuple[Any, bytes, bool, Any]:
    """Return the policy and the head of an input, whether the origin is granted, and the decision."""
    first, _, head = data.partition(b"\n")
    policy = chosen(first).native
    granted = _granted(policy, policy.decide_head(head, origin_granted=False).origin)
    return policy, head, granted, policy.decide_head(head, origin_granted=granted)


def _granted(policy: Any, origin: bytes | None) -> bool:
    """Return what the policy's expression or function says about an origin."""
    return policy.origin_check is not None and origin is not None and bool(policy.is_origin_allowed(origin))


def _explains(decision: Any) -> bool:
    """Whether Python explains a refusal in sentences, of which C writes the name of the reason alone."""
    return bool(decision.kind == "preflight" and decision.policy.plan.explains and not decision.allowed)


def _shorter(expected: bytes) -> range:
    """Return lengths that are too short: all of them, or of many some, the longest first."""
    return range(len(expected) - 1, -1, -1 - len(expected) // 16)


def _check_said(decision: Any, forms: tuple[str, ...], ask_c: Callable[[int, int], Any]) -> dict[str, bytes]:
    """Check what C says, and the forms that it writes; it writes nothing where there is too little room."""
    wanted = (_KINDS.index(decision.kind), decision.reason.value, decision.status or 0, decision.allowed)
    written = {}
    for name in forms:
        form = _FORMS.index(name)
        expected = (b"" if decision.status == 204 else decision.body) if name == "body" else getattr(decision, name)
        expected = expected or b""
        if _explains(decision) and name != "block":
            size = ask_c(form, 0)[4]
            expected = ask_c(form, size)[5]
        assert ask_c(form, len(expected)) == (*wanted, len(expected), expected)
        for short in _shorter(expected):
            assert ask_c(form, short) == (*wanted, len(expected), b"\xee" * short)
        written[name] = expected
    if "body" in written and _explains(decision):
        assert written["body"] == decision.reason.value.encode()
        assert written["response"].endswith(b"\r\n\r\n" + written["body"])
    return written


def _check_fields(decision: Any, fields: list[tuple[bytes, bytes]]) -> None:
    """Check the fields that a decoder reads: status, headers, and what describes the body."""
    if decision.kind != "preflight":
        assert fields == decision.headers
        return
    assert fields[0] == (b":status", b"%d" % decision.status)
    assert fields[1 : len(decision.headers) + 1] == decision.headers
    size = len(decision.reason.value if _explains(decision) else decision.body)
    described = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % size)]
    assert fields[len(decision.headers) + 1 :] == ([] if decision.status == 204 else described)


def c_routes(data: bytes) -> None:
    """Check which policy C finds for a path of a host."""
    table, requests = given_table(data)
    router = native.Router(table)
    for line in requests:
        host, _, rest = line.partition(b" ")
        path = rest.partition(b" ")[2]
        policy = router.find(path, host or None)
        assert _leaves.found(router, host or None, path) == (0 if policy is None else id(policy))
