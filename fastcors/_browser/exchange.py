"""Send what a browser would send for a page to a real server, and judge the answers as the browser would.

"Fetch" is https://fetch.spec.whatwg.org/; section 4.4 is "HTTP fetch", section 4.5 "HTTP-redirect fetch".
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from fastcors._browser.rules import (
    PASSES,
    Headers,
    Rule,
    Verdict,
    check_answer,
    check_preflight,
    is_safelisted,
    readable,
)
from fastcors._config.names import normalized_method
from fastcors._grammar import DEFAULT_PORTS, SAFELISTED_METHODS

__all__ = ["Exchange", "Fetch", "UnreachableError", "fetch", "origin_of"]

MAX_REDIRECTS = 20
"""Fetch, section 4.5, step 7."""
MAX_BODY = 65536
"""The bytes of the answer's body that are read, so that a connection ends tidily."""

_REDIRECTS = (301, 302, 303, 307, 308)


class UnreachableError(Exception):
    """No answer came from the server, or none that is HTTP."""


class Exchange(NamedTuple):
    """One request, its answer, and what the browser makes of it."""

    url: str
    method: str
    sent: Headers
    """The request headers that CORS is about, and those that the page sets."""
    status: int
    received: Headers
    verdict: Verdict
    preflight: bool


class Fetch(NamedTuple):
    """What came of a page's request."""

    exchanges: list[Exchange]
    verdict: Verdict
    readable: list[str]
    """The names of the headers that the page may read."""


def origin_of(url: str) -> str | None:
    """The serialised origin of a URL; None for one that is not http: or https:, or has no host or no valid port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in ("http", "https") or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port is None or str(port) == DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


def fetch(
    url: str,
    origin: str,
    method: str = "GET",
    headers: Headers = (),
    *,
    credentials: bool = False,
    timeout: float = 10.0,
    context: ssl.SSLContext | None = None,
) -> Fetch:
    """Do what ``fetch(url, {mode: "cors", …})`` does in a page of the origin, redirects included.

    ``headers`` are those that the page sets. ``timeout`` is in seconds, for each step of the network.

    Raises UnreachableError where no answer comes.
    """
    method = normalized_method(method)
    exchanges: list[Exchange] = []
    page: str = origin
    tainted = origin_of(url) != origin
    for _ in range(MAX_REDIRECTS + 1):
        step = _one_hop(url, page, method, headers, credentials, tainted, timeout, context)
        exchanges += step
        last = step[-1]
        if not last.verdict.passes or last.preflight:
            return Fetch(exchanges, last.verdict, [])
        location = _location(last)
        if location is None:
            passed = PASSES if tainted else Verdict(Rule.SAME_ORIGIN)
            verdict = next((one.verdict for one in exchanges if one.verdict.rule is Rule.AUTHORIZATION), passed)
            names = readable(last.received, credentials) if tainted else [name.lower() for name, _ in last.received]
            return Fetch(exchanges, verdict, list(dict.fromkeys(names)))
        target, verdict = _next_url(url, location)
        there, here = origin_of(target), origin_of(url)
        if not verdict.passes and (verdict.rule is Rule.REDIRECT_SCHEME or there != page):
            return Fetch(exchanges, verdict, [])
        if there != here:
            if page != here:
                page = "null"  # section 4.5, step 12: the request's origin is tainted
            headers = [(name, value) for name, value in headers if name.lower() != "authorization"]  # step 15
        if (last.status in (301, 302) and method == "POST") or (last.status == 303 and method not in ("GET", "HEAD")):
            method = "GET"  # step 13
            headers = [(name, value) for name, value in headers if not name.lower().startswith("content-")]
        url, tainted = target, tainted or there != page
    return Fetch(exchanges, Verdict(Rule.REDIRECT_LIMIT), [])


def _one_hop(
    url: str,
    origin: str,
    method: str,
    headers: Headers,
    credentials: bool,
    tainted: bool,
    timeout: float,
    context: ssl.SSLContext | None,
) -> list[Exchange]:
    """The preflight, if one is needed, and the request behind it, unless the preflight failed."""
    done: list[Exchange] = []
    unsafe = sorted({name.lower() for name, value in headers if not is_safelisted(name, value)})
    if tainted and (unsafe or method not in SAFELISTED_METHODS):
        lines = [("Origin", origin), ("Access-Control-Request-Method", method)]
        if unsafe:
            lines.append(("Access-Control-Request-Headers", ",".join(unsafe)))
        status, received = _send(url, "OPTIONS", lines, timeout, context)
        verdict = check_preflight(status, received, origin, method, unsafe, credentials)
        done.append(Exchange(url, "OPTIONS", lines, status, received, verdict, preflight=True))
        if not verdict.passes:
            return done
    lines = [*headers]
    if tainted or method not in ("GET", "HEAD"):
        lines.insert(0, ("Origin", origin))
    status, received = _send(url, method, lines, timeout, context)
    verdict = check_answer(received, origin, credentials) if tainted else PASSES
    done.append(Exchange(url, method, lines, status, received, verdict, preflight=False))
    return done


def _location(exchange: Exchange) -> str | None:
    """Where an answer redirects to; None where it does not."""
    if exchange.status not in _REDIRECTS:
        return None
    return next((value for name, value in exchange.received if name.lower() == "location"), None)


def _next_url(url: str, location: str) -> tuple[str, Verdict]:
    """The URL of a redirect, and whether a browser follows it (Fetch, section 4.5, steps 6 to 10)."""
    target = urljoin(url, location)
    if origin_of(target) is None:
        return target, Verdict(Rule.REDIRECT_SCHEME, target)
    parts = urlsplit(target)
    if parts.username or parts.password:
        return target, Verdict(Rule.REDIRECT_USERINFO, target)
    return target, PASSES


def _send(
    url: str, method: str, headers: Headers, timeout: float, context: ssl.SSLContext | None
) -> tuple[int, Sequence[tuple[str, str]]]:
    """Send one request on a connection of its own, and return the status and the headers of the answer."""
    parts = urlsplit(url)
    connection = _connect(parts, timeout, context)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", "0")
        connection.putheader("Connection", "close")
        connection.endheaders()
        response = connection.getresponse()
        response.read(MAX_BODY)
        return response.status, response.getheaders()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnreachableError(f"{parts.netloc}: {error or type(error).__name__}") from error
    finally:
        connection.close()


def _connect(parts: SplitResult, timeout: float, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    assert parts.hostname is not None  # noqa: S101 - the URL has an origin
    if parts.scheme.lower() == "https":
        context = context or ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
