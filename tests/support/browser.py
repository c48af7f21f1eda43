"""A model of what a browser does with CORS answers, after the Fetch standard (WHATWG, June 2026).

It knows nothing of policies: it sees header lists and a status, and says whether a page may go on. That
makes it an independent witness for the engine's verdicts.

Clauses: "CORS check", "CORS-preflight fetch", "extract header list values", "CORS-safelisted method",
"CORS non-wildcard request-header name". Private Network Access is not in Fetch; it is modelled as its
draft had it: a request marked so needs ``Access-Control-Allow-Private-Network: true`` on the preflight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

SAFELISTED_METHODS = (b"GET", b"HEAD", b"POST")
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

HeaderList = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Request:
    """A cross-origin request that a page wants to make.

    ``unsafe_names`` are the CORS-unsafe request-header names in it, any case. ``use_preflight`` is Fetch's
    use-CORS-preflight flag (an upload listener, a streamed body).
    """

    origin: bytes
    method: bytes = b"GET"
    unsafe_names: tuple[bytes, ...] = ()
    credentials: bool = False
    use_preflight: bool = False
    private_network: bool = False


def get(headers: HeaderList, name: bytes) -> bytes | None:
    """Fetch, "get": the values of all lines of that name, joined by a comma and a space; None without one."""
    values = [value for key, value in headers if key.lower() == name]
    return b", ".join(value.strip(b" \t") for value in values) if values else None


def extract_tokens(headers: HeaderList, name: bytes) -> list[bytes] | bool | None:
    """Fetch, "extract header list values" of ``#token``: None without a line, False where one is invalid."""
    lines = [value for key, value in headers if key.lower() == name]
    if not lines:
        return None
    found: list[bytes] = []
    for element in b",".join(lines).split(b","):
        stripped = element.strip(b" \t")
        if not stripped:
            continue  # RFC 9110, 5.6.1.2: a recipient ignores empty elements
        if TOKEN.fullmatch(stripped) is None:
            return False
        found.append(stripped)
    return found


def cors_check(request: Request, headers: HeaderList) -> bool:
    """Fetch, "CORS check": whether the page may see this response."""
    headers = list(headers)
    origin = get(headers, b"access-control-allow-origin")
    if origin is None:
        return False
    if not request.credentials and origin == b"*":
        return True
    if origin != request.origin:
        return False
    if not request.credentials:
        return True
    return get(headers, b"access-control-allow-credentials") == b"true"


def preflight_passes(request: Request, status: int | None, headers: HeaderList) -> bool:
    """Fetch, "CORS-preflight fetch" from the response on: whether the actual request follows."""
    headers = list(headers)
    if not cors_check(request, headers) or status is None or not 200 <= status <= 299:
        return False
    methods = extract_tokens(headers, b"access-control-allow-methods")
    names = extract_tokens(headers, b"access-control-allow-headers")
    if methods is False or names is False:
        return False
    assert not isinstance(methods, bool)
    assert not isinstance(names, bool)
    if methods is None and request.use_preflight:
        methods = [request.method]
    methods = methods or []
    if (
        request.method not in methods
        and request.method not in SAFELISTED_METHODS
        and (request.credentials or b"*" not in methods)
    ):
        return False
    allowed = {name.lower() for name in names or ()}
    for unsafe in {name.lower() for name in request.unsafe_names}:
        if unsafe in allowed:
            continue
        if unsafe == b"authorization" or request.credentials or b"*" not in allowed:
            return False
    if request.private_network:
        return get(headers, b"access-control-allow-private-network") == b"true"
    return True


def exposed_names(request: Request, headers: HeaderList) -> set[bytes]:
    """The response-header names that the page sees beyond the safelisted ones (lower-case)."""
    headers = list(headers)
    names = extract_tokens(headers, b"access-control-expose-headers")
    if not names or isinstance(names, bool):
        return set()
    present = {key.lower() for key, _ in headers} - {b"set-cookie", b"set-cookie2"}
    listed = {name.lower() for name in names}
    if b"*" in listed and not request.credentials:
        return present
    return present & listed


def request_headers_value(names: Sequence[bytes]) -> bytes:
    """The ``Access-Control-Request-Headers`` value a browser sends: lower-case, unique, sorted, no spaces."""
    return b",".join(sorted({name.lower() for name in names}))


@cache
def elements(lines: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The elements of lists, but empty ones. Some lists have a million, and are held against many answers."""
    found = (element.strip(b" \t") for line in lines for element in line.split(b","))
    return tuple(element for element in found if element)


def requests_behind(
    origin: bytes, method: bytes, lines: Sequence[bytes], *, private_network: bool = False
) -> list[Request]:
    """Every request that can stand behind such a preflight: with credentials or not, by flag or not.

    An element of ``lines`` that is no token stays in: no answer can name it, so no answer passes it.
    """
    names = elements(tuple(lines))
    return [
        Request(origin, method, names, credentials, use_preflight, private_network)
        for credentials in (False, True)
        for use_preflight in (False, True)
    ]
