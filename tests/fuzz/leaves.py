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
from tests.differential.pair import native
from tests.fuzz import _leaves  # type: ignore[attr-defined]
from tests.fuzz.inputs import chosen, given_request, lines_of, parts_of
from tests.fuzz.tables import given_table

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
    """Check what C is told of the values of a request, and what it is given, against ``decide``."""
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
    _check_said(decision, _leaves.decided, granted, given.method, origin, method, lines, network)


def c_head(data: bytes) -> None:
    """Check what C is told of a head, and what it is given, against ``decide_head``."""
    first, _, head = data.partition(b"\n")
    policy = chosen(first).native
    granted = _granted(policy, policy.decide_head(head, origin_granted=False).origin)
    _check_said(policy.decide_head(head, origin_granted=granted), _leaves.decided_head, granted, head)


def _granted(policy: Any, origin: bytes | None) -> bool:
    """Return what the policy's expression or function says about an origin."""
    return policy.origin_check is not None and origin is not None and bool(policy.is_origin_allowed(origin))


def _check_said(decision: Any, ask_c: Callable[..., Any], granted: bool, *arguments: Any) -> None:
    """Check what C says and writes; it writes nothing where there is a byte too little of room."""
    wanted = (_KINDS.index(decision.kind), decision.reason.value, decision.status or 0, decision.allowed)
    for whole, expected in ((False, decision.block), (True, decision.response or b"")):
        if whole and decision.kind == "preflight" and decision.policy.plan.explains and not decision.allowed:
            continue  # a sentence of it needs Python
        size = len(expected)
        said = ask_c(decision.policy, granted, whole, size, *arguments)
        assert said == (*wanted, size, expected)
        if expected:
            said = ask_c(decision.policy, granted, whole, size - 1, *arguments)
            assert said == (*wanted, size, b"\xee" * (size - 1))


def c_routes(data: bytes) -> None:
    """Check which policy C finds for a path of a host."""
    table, requests = given_table(data)
    router = native.Router(table)
    for line in requests:
        host, _, rest = line.partition(b" ")
        path = rest.partition(b" ")[2]
        policy = router.find(path, host or None)
        assert _leaves.found(router, host or None, path) == (0 if policy is None else id(policy))
