"""Write: a verdict becomes headers, as (lower-case name, value) in the fixed order of the parts."""

from __future__ import annotations

from fastcors._config.plan import FIELDS, Part, Plan
from fastcors._twin.decide import Verdict
from fastcors._twin.find import Request

Headers = list[tuple[bytes, bytes]]

ACEH = b"access-control-expose-headers"
TAO = b"timing-allow-origin"
VARY = b"vary"

_NAMES = tuple(field.lower().encode("ascii") for field in FIELDS)


def write(plan: Plan, request: Request, verdict: Verdict) -> Headers:
    """Return the headers that a verdict on a request becomes; a new list."""
    headers: Headers = []
    for number, name in enumerate(_NAMES):
        part = 1 << number
        if verdict.parts & part:
            value = plan.values[number]
            headers.append(
                (name, _repeated(plan, part, request, verdict) if value is None else value.encode("latin-1"))
            )
    return headers


def _repeated(plan: Plan, part: int, request: Request, verdict: Verdict) -> bytes:
    """Return what a part repeats of the request, all of which has passed."""
    if part == Part.METHOD_REQUESTED:
        assert request.requested_method is not None  # noqa: S101 - or else there is no such part
        return request.requested_method
    if part == Part.HEADERS_REQUESTED:
        return (b", " if plan.names_as_sent else b",").join(verdict.names)
    assert request.origin is not None  # noqa: S101 - the same
    return request.origin
