"""Decide: a request in, a verdict out. Nothing is written here, and nothing of a server is known.

"Fetch" is https://fetch.spec.whatwg.org/.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from fastcors._config.plan import Part, Plan
from fastcors._grammar import (
    FORBIDDEN_METHODS,
    MAX_METHOD,
    MAX_ORIGIN,
    SAFELISTED_METHODS,
    elements,
    is_bare_host,
    is_loose_origin,
    is_token,
    parse_origin,
)
from fastcors._twin.find import Request
from fastcors._twin.match import Origins
from fastcors.decision import Reason

_ORIGIN, _METHOD, _NAMES, _NETWORK = 1, 2, 4, 8
"""The steps of a preflight, as bits of ``Verdict.failures``."""


class Verdict(NamedTuple):
    """What a request gets, and why: all that is written is made from it."""

    kind: Literal["none", "actual", "preflight"]
    reason: Reason
    parts: int
    """A bit for each part of the answer (``Part``)."""
    names: tuple[bytes, ...] = ()
    """The requested header names that passed as they are written, in order, with duplicates."""
    offender: bytes = b""
    """The element of Access-Control-Request-Headers that did not pass, where one did not."""
    failures: int = 0
    """A bit for each step of a preflight that failed, the lowest for the first: origin, method, names, network."""


def decide(plan: Plan, origins: Origins, request: Request) -> Verdict:
    """Return the verdict on a request."""
    if request.origin is None:
        return Verdict("none", Reason.NOT_CORS, plan.none)
    reason = match_origin(plan, origins, request)
    if request.requested_method is not None:
        return _decide_preflight(plan, request, request.requested_method, reason)
    return Verdict("actual", reason, _actual_parts(plan, request.origin, reason is Reason.OK))


def _actual_parts(plan: Plan, origin: bytes, allowed: bool) -> int:
    if plan.bare_allowed is not None and is_bare_host(origin.decode("latin-1")):
        return plan.bare_allowed if allowed else plan.bare_refused
    return plan.allowed if allowed else plan.refused


def match_origin(plan: Plan, origins: Origins, request: Request) -> Reason:
    """Return OK, or why the origin of a request, which has one, is refused (Fetch, section 4.10, "CORS check")."""
    assert request.origin is not None  # noqa: S101 - the caller has seen to it
    if request.several_origins:
        return Reason.ORIGIN_MULTIPLE
    if not request.origin or len(request.origin) > MAX_ORIGIN:
        return Reason.ORIGIN_MALFORMED
    text = request.origin.decode("latin-1")
    if text in origins.exact or (plan.loose_origins and request.origin.lower().decode("latin-1") in origins.exact):
        return Reason.OK
    if text == "null":
        return Reason.OK if plan.null or origins.any_origin else Reason.ORIGIN_NULL
    if plan.bare_allowed is not None and is_bare_host(text):
        return Reason.OK if origins.any_origin or plan.reflect or request.granted else Reason.ORIGIN_NOT_ALLOWED
    parsed = parse_origin(text)
    if (plan.reflect or request.granted) and plan.loose_origins and is_loose_origin(text):
        return Reason.OK
    if parsed is None:
        return Reason.ORIGIN_MULTIPLE if "," in text else Reason.ORIGIN_MALFORMED
    if origins.any_origin or (parsed.strict and (plan.reflect or request.granted)):
        return Reason.OK
    return Reason.OK if origins.is_covered(parsed) else Reason.ORIGIN_NOT_ALLOWED


def _decide_preflight(plan: Plan, request: Request, method: bytes, reason: Reason) -> Verdict:
    """Decide on a preflight, of which the origin has been decided on (Fetch, section 4.8, "CORS-preflight fetch")."""
    verdict = Verdict("preflight", Reason.OK, plan.accepted)
    if reason is not Reason.OK:
        verdict = _failed(verdict, _ORIGIN, reason, plan.refused_origin)
        if not plan.every_failure:
            return verdict

    # A browser sends one requested method. Where there are several, none of them counts.
    reason = Reason.METHOD_MALFORMED if request.several_methods else match_method(plan, method)
    if reason is not Reason.OK:
        parts = plan.refused_method if reason is Reason.METHOD_NOT_ALLOWED else plan.garbled
        verdict = _failed(verdict, _METHOD, reason, parts)
        if not plan.every_failure:
            return verdict

    names, reason, offender = match_names(plan, request.requested_headers)
    verdict = verdict._replace(names=names, offender=offender)
    if reason is not Reason.OK:
        parts = plan.refused_names if reason is Reason.HEADER_NOT_ALLOWED else plan.garbled
        verdict = _failed(verdict, _NAMES, reason, parts)
    if request.private_network and not plan.private_network and (plan.every_failure or not verdict.failures):
        verdict = _failed(verdict, _NETWORK, Reason.PRIVATE_NETWORK_NOT_ALLOWED, plan.refused_network)
    return verdict._replace(parts=verdict.parts & ~_not_requested(plan, request, method, names))


def _failed(verdict: Verdict, step: int, reason: Reason, parts: int) -> Verdict:
    """Return the verdict after a step that failed, the first of which gives the reason."""
    if verdict.failures:
        reason, parts = verdict.reason, verdict.parts & parts
    return verdict._replace(reason=reason, parts=parts, failures=verdict.failures | step)


def _not_requested(plan: Plan, request: Request, method: bytes, names: tuple[bytes, ...]) -> int:
    """Return the parts of an answer that this preflight did not request."""
    parts = 0
    if plan.safelists and method.decode("latin-1") in SAFELISTED_METHODS:
        parts |= Part.METHOD_REQUESTED
    if not names:
        parts |= Part.HEADERS_REQUESTED
    if not request.private_network:
        parts |= Part.PRIVATE_NETWORK
    return parts


def match_method(plan: Plan, method: bytes) -> Reason:
    """Return OK, or why a requested method is refused. Methods are compared byte for byte.

    Browsers normalise the method before they send it (Fetch, section 4.8, "CORS-preflight fetch").
    """
    text = method.decode("latin-1")
    if plan.safelists and text in SAFELISTED_METHODS:
        return Reason.OK
    if len(method) > MAX_METHOD:
        return Reason.METHOD_MALFORMED
    if text in plan.methods and text != "*":
        return Reason.OK
    if not is_token(method):
        return Reason.METHOD_MALFORMED
    if "*" in plan.methods and text.upper() not in FORBIDDEN_METHODS:
        return Reason.OK
    return Reason.METHOD_NOT_ALLOWED


def match_names(plan: Plan, lines: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], Reason, bytes]:
    """Match the lines of Access-Control-Request-Headers in one pass.

    It ends at the first failure, but for a name that is not allowed under a plan that filters. Returns the names that
    passed up to there, the reason, and the first element that failed.
    """
    names: list[bytes] = []
    offender = b""
    listed = frozenset(name.encode("ascii") for name in plan.names)
    for element in elements(lines):
        if element is None:
            return tuple(names), Reason.HEADERS_TOO_LARGE, b""
        if not is_token(element):
            return tuple(names), Reason.HEADERS_MALFORMED, element
        name = element.lower()
        # Without credentials the wildcard does not cover Authorization (Fetch, section 2.2.2, "CORS non-wildcard
        # request-header name"). With credentials a browser takes "*" as a name, so the names are sent back instead.
        wild = b"*" in listed and (plan.any_name_authorizes or name != b"authorization")
        if name not in listed and not wild:
            offender = offender or element
            if plan.filters_names:
                continue
            break
        names.append(element if plan.names_as_sent else name)
    return tuple(names), Reason.HEADER_NOT_ALLOWED if offender else Reason.OK, offender
