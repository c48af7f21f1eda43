"""What is to be said of a run: whether the browser's verdict is the policy's, why, and what caches do with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastcors._browser.rules import is_safelisted
from fastcors._config.names import normalized_method
from fastcors._grammar import SAFELISTED_METHODS
from fastcors.playground.api import Exchange

__all__ = ["judge"]

_FROM_CACHE = (
    "The browser took the answer from its cache and sent nothing. That answer was made for a request without Origin, "
    "so it has no Access-Control-Allow-Origin. With Vary: Origin the cache would have asked the server."
)
_NOTHING_SENT = "The browser sent nothing: the request's mode, method or headers are refused in the browser itself."


def judge(exchanges: Sequence[Exchange], request: Mapping[str, Any], verdict: str) -> dict[str, Any]:
    """The run as the page shows it. ``verdict`` is the browser's: readable, opaque or blocked.

    ``expected`` is what follows from the policy and the request; ``None`` where the policy has no part in it.
    """
    credentials = request.get("credentials") == "include"
    shown = [exchange.as_json(credentials) for exchange in exchanges]
    cors = [one for one in shown if one["told"]["kind"] != "none"]
    refused = next((one["told"] for one in cors if not one["told"]["passes"]), None)
    told = refused or (shown[-1]["told"] if shown else None)
    cached = request.get("path") == "/no-vary" and request.get("mode") == "cors" and not cors and verdict == "blocked"
    expected: str | None
    if request.get("mode") == "no-cors":
        expected = "opaque"
    elif cached:
        expected = "blocked"
    elif cors:
        expected = "blocked" if refused else "readable"
    else:
        expected = None
    return {
        "exchanges": shown,
        "expected": expected,
        "as_expected": expected == verdict,
        "fault": cached,
        "told": told,
        "explanation": _explanation(told, cached),
        "caches": list(_about_caches(cors, cached, _needs_preflight(request))),
    }


def _explanation(told: Mapping[str, Any] | None, cached: bool) -> str:
    if cached:
        return _FROM_CACHE
    return str(told["explanation"]) if told else _NOTHING_SENT


def _needs_preflight(request: Mapping[str, Any]) -> bool:
    """Whether a browser has to ask first, or to remember an answer (Fetch, section 4.2, "HTTP fetch")."""
    headers = request.get("headers")
    pairs = [pair for pair in headers if isinstance(pair, list) and len(pair) == 2] if isinstance(headers, list) else []
    unsafe = any(not is_safelisted(str(name).lower(), str(value)) for name, value in pairs)
    return unsafe or normalized_method(str(request.get("method"))) not in SAFELISTED_METHODS


def _about_caches(cors: Sequence[Mapping[str, Any]], cached: bool, needs_preflight: bool) -> Iterator[str]:
    """Sentences on the cache of preflights, and on ``Vary``."""
    preflights = [one for one in cors if one["told"]["kind"] == "preflight"]
    if preflights:
        age = _header(preflights[-1], "access-control-max-age")
        if not preflights[-1]["told"]["allowed"]:
            yield "A refused preflight is not remembered."
        elif age is None:
            yield "No Access-Control-Max-Age: the browser remembers this preflight for 5 seconds."
        else:
            yield f"Access-Control-Max-Age: the browser may remember this preflight for {age} seconds."
    elif cors and needs_preflight:
        yield "No preflight was sent: the browser remembers the preflight of an earlier request to this URL."
    for one in cors[-1:]:
        vary = _header(one, "vary")
        if vary is not None:
            yield f"Vary: {vary}. A cache keeps an answer for each value of it."
        elif _header(one, "access-control-allow-origin") == "*":
            yield "No Vary is needed: the answer is the same for every origin."
        else:
            yield "No Vary: a cache may give this answer to another origin."
    if cached:
        yield "Vary is missing, so one answer in the cache serves requests with and without Origin."


def _header(one: Mapping[str, Any], name: str) -> str | None:
    """The answer's header, its lines joined; None where it has none."""
    values = [value for key, value in one["answer"].get("headers", ()) if key.lower() == name]
    return ", ".join(values) if values else None
