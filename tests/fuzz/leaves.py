"""The targets of the leaves and of the C API: on copies that end where the bytes end, against what Python says."""

from __future__ import annotations

from fastcors._grammar import (
    MAX_LINES,
    elements,
    is_bare_host,
    is_loose_origin,
    is_shell_origin,
    is_token,
    parse_origin,
)
from tests.fuzz import _leaves  # type: ignore[attr-defined]
from tests.fuzz.inputs import given_request, lines_of, parts_of

_INVALID, _LENIENT, _STRICT = 0, 1, 2
_KINDS = ("none", "actual", "preflight")
_END, _MALFORMED, _TOO_LARGE = 0, 2, 3


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
    """Check what C is told and given, against ``decide``; and that it writes nothing where there is no room."""
    given = given_request(data)
    origin, method, network = (
        next(iter(given.values(name)), None)
        for name in (
            b"origin",
            b"access-control-request-method",
            b"access-control-request-private-network",
        )
    )
    lines = given.values(b"access-control-request-headers")[:MAX_LINES]
    check = given.pair.native.origin_check
    granted = check is not None and origin is not None and given.pair.native.is_origin_allowed(origin)
    decision = given.pair.native.decide(
        given.method,
        origin,
        method,
        lines,
        request_private_network=network,
        origin_granted=None if check is None else granted,
    )
    wanted = (_KINDS.index(decision.kind), decision.reason.value, decision.status or 0, decision.allowed)
    block = decision.block
    arguments = (given.pair.native, given.method, origin, method, lines, network, granted)
    assert _leaves.decided(*arguments, len(block)) == (*wanted, len(block), block)
    if block:
        short = len(block) - 1
        assert _leaves.decided(*arguments, short) == (*wanted, len(block), b"\xee" * short)
