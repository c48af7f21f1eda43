"""The targets that merge a decision into what an application set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multidict import CIMultiDict

from tests.differential.pair import Engines, exact
from tests.fuzz.inputs import chosen, lines_of, pairs_of
from tests.support.readers import text

_OURS = b"access-control-"


def _given(data: bytes) -> tuple[Engines, bytes | None, list[tuple[bytes, bytes]]]:
    """Return the policy, the origin (an empty line: none) and the application's headers of an input."""
    first, *lines = lines_of(data)
    origin = lines[0] if lines else b""
    return chosen(first), origin or None, pairs_of(lines[1:])


def _check_merge(data: bytes, method: str, convert: Callable[[Any], Any]) -> None:
    """Merge as both engines do, in both modes; check what comes out of it."""
    pair, origin, fields = _given(data)
    headers, before = convert(fields), convert(fields)
    one, two = (engine.decide("GET", origin) for engine in pair)
    for on_conflict in ("replace", "keep"):
        merged = getattr(one, method)(headers, on_conflict=on_conflict)
        assert _items(merged) == _items(getattr(two, method)(headers, on_conflict=on_conflict))
        assert _items(headers) == _items(before), "what the application has was changed"
        again = getattr(one, method)(merged, on_conflict=on_conflict)
        assert _items(again) == _items(merged), "merging twice changes something"
        if on_conflict == "replace":
            _check_authority(one, _as_bytes(headers), _as_bytes(merged))


def _items(headers: Any) -> Any:
    return exact(list(headers.items() if isinstance(headers, CIMultiDict) else headers))


def _as_bytes(headers: Any) -> list[tuple[bytes, bytes]]:
    return [
        (name, value) if isinstance(name, bytes) else (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in (headers.items() if isinstance(headers, CIMultiDict) else headers)
    ]


def _check_authority(decision: Any, before: list[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]]) -> None:
    """Check that the policy's headers alone are there, and that the application's others are untouched, in order."""
    owned = [name.lower() for name, _ in after if name.lower().startswith(_OURS)]
    wanted = [name for name, _ in decision.headers if name.startswith(_OURS)]
    exposes = b"access-control-expose-headers"
    assert sorted({*owned} - {exposes}) == sorted({*wanted} - {exposes})
    assert len(owned) == len(set(owned))
    names = {name for name, _ in decision.headers} | {b"vary", b"timing-allow-origin"}
    assert [pair for pair in before if not _is_touched(pair[0], names)] == [
        pair for pair in after if not _is_touched(pair[0], names)
    ]
    tokens = {
        token.strip(_BLANKS).lower() for name, value in after if name.lower() == b"vary" for token in value.split(b",")
    }
    for name, value in [*before, *decision.headers]:
        if name.lower() == b"vary" and b"*" not in tokens:
            assert {token.strip(_BLANKS).lower() for token in value.split(b",")} - {b""} <= tokens


_BLANKS = b" \t\r\n"
"""What is around an element of Vary: servers refuse a line break in a value, or make a space of it."""


def _is_touched(name: bytes, names: set[bytes]) -> bool:
    return name.lower() in names or name.lower().startswith(_OURS)


def merge_asgi(data: bytes) -> None:
    """Check ``merge_asgi``."""
    _check_merge(data, "merge_asgi", list)


def merge_wsgi(data: bytes) -> None:
    """Check ``merge_wsgi``."""
    _check_merge(data, "merge_wsgi", text)


def merge_rsgi(data: bytes) -> None:
    """Check ``merge_rsgi``."""
    _check_merge(data, "merge_rsgi", text)


def merge_multidict(data: bytes) -> None:
    """Check ``merge_multidict``."""
    _check_merge(data, "merge_multidict", lambda fields: CIMultiDict(text(fields)))
