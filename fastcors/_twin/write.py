"""What is written: the CORS headers of each case, as (lower-case name, value) in the fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from fastcors._config.settings import Settings

ACAO = b"access-control-allow-origin"
ACAC = b"access-control-allow-credentials"
ACAM = b"access-control-allow-methods"
ACAH = b"access-control-allow-headers"
ACMA = b"access-control-max-age"
ACAPN = b"access-control-allow-private-network"
ACEH = b"access-control-expose-headers"
TAO = b"timing-allow-origin"
VARY = b"vary"

SAFELISTED = (b"GET", b"HEAD", b"POST")  # Fetch, "CORS-safelisted method"

Headers = list[tuple[bytes, bytes]]


def actual(settings: Settings, any_origin: bool, origin: bytes | None, cors: bool) -> Headers:
    """Return the headers for an actual or, without ``cors``, another request; ``origin`` is None unless allowed."""
    varies = not any_origin or settings.any_origin_varies
    if any_origin and not varies:
        origin = b"*"  # the same for every request, so that one cached response serves all
    elif any_origin and cors and not settings.allow_credentials:
        origin = b"*"
    headers: Headers = []
    if origin is not None:
        headers += allow_origin(settings, origin)
        if settings.expose_headers and not exposes_everything(settings):
            headers.append((ACEH, _joined(settings.expose_headers)))
        if settings.timing_allow_origin:
            headers.append((TAO, origin))
    if varies:
        headers.append((VARY, b"Origin"))
    return headers


def exposes_everything(settings: Settings) -> bool:
    """Return whether the exposed names are those of each response, which only merging knows.

    With credentials browsers take a literal ``*`` as a name (Fetch, 3.3.3), so the names are listed.
    """
    return settings.allow_credentials and settings.expose_headers == ("*",)


def allow_origin(settings: Settings, origin: bytes) -> Headers:
    """Return ACAO and, with credentials, ACAC."""
    return [(ACAO, origin), *([(ACAC, b"true")] if settings.allow_credentials else [])]


def allow_methods(settings: Settings, method: bytes) -> Headers:
    """Return ACAM for the requested method, which has passed; none where only safelisted ones are allowed."""
    # With credentials browsers take "*" as a method's name.
    mirrored = settings.allow_credentials and settings.allow_methods == ("*",)
    if mirrored or settings.disclose == "minimal":
        return [] if method in SAFELISTED else [(ACAM, method)]  # a safelisted method needs no ACAM
    if all(name.encode("ascii") in SAFELISTED for name in settings.allow_methods):
        return []
    return [(ACAM, _joined(settings.allow_methods))]


def allow_headers(settings: Settings, names: list[bytes]) -> Headers:
    """Return ACAH for the requested names, which have passed; none where no name is allowed."""
    if settings.disclose == "minimal" or (settings.allow_credentials and "*" in settings.allow_headers):
        return requested_headers(names)
    return [(ACAH, _joined(settings.allow_headers))] if settings.allow_headers else []


def requested_headers(names: list[bytes]) -> Headers:
    """Return ACAH with these lower-case names as they were asked for."""
    return [(ACAH, b",".join(names))] if names else []


def max_age(settings: Settings) -> Headers:
    """Return ACMA, if configured."""
    return [] if settings.max_age is None else [(ACMA, str(settings.max_age).encode("ascii"))]


def preflight_vary(settings: Settings, any_origin: bool) -> Headers:
    """Return the Vary of a preflight, accepted or refused."""
    if any_origin and settings.disclose == "full" and not settings.allow_private_network:
        return []  # what the answer allows does not depend on the request
    names = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    if settings.allow_private_network:
        names += b", Access-Control-Request-Private-Network"
    return [(VARY, names)]


def _joined(names: Sequence[str]) -> bytes:
    return ", ".join(names).encode("ascii")
