"""Reason, the verdicts that a decision can have, and explain(), which puts one into sentences.

Both engines use this module, so that headers, logs, counters and debug output cannot disagree.
Everything that a client sent passes through :func:`escape` before it becomes text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Literal, Protocol

from fastcors._config.settings import Settings
from fastcors._grammar import (
    FORBIDDEN_METHODS,
    MAX_ELEMENT_OWS,
    MAX_EMPTY_ELEMENTS,
    MAX_HEADER_BYTES,
    MAX_HEADER_NAMES,
    MAX_METHOD,
    MAX_ORIGIN,
    is_local,
    is_token,
    parse_origin,
)

__all__ = ["Reason", "debug_body", "escape", "explain"]

MAX_DETAIL = 256
"""The length at which :func:`escape` shortens, in characters."""
MAX_SHOWN = 8
"""The number of configured values that an explanation lists."""
_OTHER_SCHEME = {"http": "https", "https": "http", "ws": "wss", "wss": "ws"}


class Reason(str, Enum):
    """Why a decision is what it is. The order of the members is fixed: the native engine counts them."""

    OK = "ok"
    """The origin is allowed and, in a preflight, everything else that it asks for."""
    NOT_CORS = "not-cors"
    """The request has no ``Origin``: CORS has nothing to say about it."""
    ORIGIN_MALFORMED = "origin-malformed"
    """The ``Origin`` is no serialised origin (Fetch, section 3.2), or it is over 327 bytes long."""
    ORIGIN_NULL = "origin-null"
    """The ``Origin`` is ``null`` and the policy does not allow that."""
    ORIGIN_MULTIPLE = "origin-multiple"
    """There is more than one ``Origin`` line, or a comma in the only one."""
    ORIGIN_NOT_ALLOWED = "origin-not-allowed"
    """The origin is well-formed, but no configured pattern covers it."""
    METHOD_MALFORMED = "method-malformed"
    """The requested method is no RFC 9110 token of 1 to 64 bytes, or was sent more than once."""
    METHOD_NOT_ALLOWED = "method-not-allowed"
    """The requested method is neither safelisted nor configured, byte for byte."""
    HEADER_NOT_ALLOWED = "header-not-allowed"
    """A requested header name is not configured."""
    HEADERS_MALFORMED = "headers-malformed"
    """An element of ``Access-Control-Request-Headers`` is no RFC 9110 token."""
    HEADERS_TOO_LARGE = "headers-too-large"
    """``Access-Control-Request-Headers`` is over a limit: bytes, names, empty elements or white space."""
    PRIVATE_NETWORK_NOT_ALLOWED = "private-network-not-allowed"
    """The preflight asks for access to a private network, which the policy does not give."""

    def __str__(self) -> str:
        return str(self.value)


class _Policy(Protocol):
    @property
    def settings(self) -> Settings: ...
    def origins(self) -> list[str]: ...
    def origin_count(self) -> int: ...
    def decide(self, method: str, origin: str, *, origin_granted: bool | None) -> _Decision: ...


class _Decision(Protocol):
    @property
    def kind(self) -> Literal["none", "actual", "preflight"]: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def status(self) -> int | None: ...
    @property
    def origin(self) -> str | bytes | None: ...
    @property
    def request_method(self) -> str | bytes | None: ...
    @property
    def detail(self) -> str: ...
    @property
    def policy(self) -> _Policy: ...


def escape(value: str | bytes | None) -> str:
    """Return what a client sent as printable ASCII of at most 256 characters, without quotes.

    Bytes are read as latin-1; control and non-ASCII characters and the backslash come out as in
    ``ascii()``; a longer text ends in ``...``. ``None`` gives ``""``. The cost is bounded for any length.
    """
    if value is None:
        return ""
    text = _text(value, MAX_DETAIL + 1)
    pieces = [ascii(character)[1:-1] for character in text]
    if sum(map(len, pieces)) <= MAX_DETAIL:
        return "".join(pieces)
    shortened = ""
    for piece in pieces:
        if len(shortened) + len(piece) > MAX_DETAIL - len("..."):
            break
        shortened += piece
    return shortened + "..."


def debug_body(decision: _Decision) -> bytes:
    """Return the body of a refused preflight in debug mode: a line with the reason, then explain()."""
    return f"{decision.reason}\n{explain(decision)}\n".encode("ascii")


def explain(decision: _Decision) -> str:
    """Return a few sentences, one a line: what the request is, the verdict, why, and what to change.

    The text is printable ASCII and newlines, whatever the client sent, and its length is bounded.
    """
    lines = [_what(decision), _verdict(decision)]
    reason = decision.reason
    if reason.value.startswith("origin-"):
        lines += _about_origin(decision)
    elif reason.value.startswith("method-"):
        lines += _about_method(decision)
    elif reason.value.startswith("header"):
        lines += _about_headers(decision)
    elif reason is Reason.PRIVATE_NETWORK_NOT_ALLOWED:
        lines.append("It asks for access to a private network, and allow_private_network is False.")
        lines.append("Set allow_private_network to True to allow that.")
    return "\n".join(lines)


def _what(decision: _Decision) -> str:
    if decision.kind == "none":
        return "This is not a CORS request: it has no Origin header."
    origin = f"'{escape(decision.origin)}'"
    if decision.kind == "actual":
        return f"This is an actual CORS request from the origin {origin}."
    method = f"'{escape(decision.request_method)}'"
    return f"This is a preflight request from the origin {origin} for the method {method}."


def _verdict(decision: _Decision) -> str:
    if decision.kind == "none":
        return "The application answers it; nothing is refused."
    if decision.kind == "preflight":
        verdict = "allowed" if decision.allowed else "refused"
        return f"It is {verdict} with the status {decision.status} ({decision.reason})."
    if decision.allowed:
        return "It is allowed (ok): the application answers it, and the page may read the response."
    if _any_origin(decision.policy):
        return f"The application answers it, with the same '*' as for every request ({decision.reason})."
    return f"The application answers it, but the page may not read the response ({decision.reason})."


def _about_origin(decision: _Decision) -> list[str]:
    reason, policy = decision.reason, decision.policy
    if reason is Reason.ORIGIN_NULL:
        return [
            "Sandboxed frames, local files and some redirects send the origin 'null', and any site can.",
            "dangerously_allow_null_origin is False; a page with an origin of its own is the safe way.",
        ]
    origin = _text(decision.origin or "", MAX_ORIGIN + 1)
    if reason is Reason.ORIGIN_MULTIPLE:
        found = "its value holds a comma" if "," in origin else "there is more than one Origin line"
        return [
            f"A browser sends one origin, but {found}.",
            "Look for a proxy or a client that adds an Origin header; no parameter allows this.",
        ]
    if reason is Reason.ORIGIN_MALFORMED:
        if len(origin) > MAX_ORIGIN:
            return [f"The origin is longer than {MAX_ORIGIN} bytes, which no serialised origin is."]
        why = "This is not a serialised origin (scheme://host[:port]), which is what browsers send."
        return [why, *_nearest(_corrections(origin), origin, policy)]
    lines = ["No pattern of allow_origins covers this origin.", *_about_check(origin, policy.settings)]
    near = _nearest(_neighbours(origin, policy), origin, policy)
    lines += near or [f"If this origin is to be trusted, add '{escape(origin)}' to allow_origins."]
    count = policy.origin_count()
    if count <= MAX_SHOWN:
        lines.append(f"allow_origins is {_listing(policy.origins())}.")
    else:
        lines.append(f"allow_origins has {count} patterns.")
    return lines


def _about_check(origin: str, settings: Settings) -> list[str]:
    """Return what allow_origin_regex and allow_origin_func, which have not allowed the origin, have to do with it."""
    regex, func = settings.allow_origin_regex, settings.allow_origin_func
    if regex is None and func is None:
        return []
    parts = parse_origin(origin)
    if parts is None or not parts.strict:
        return ["allow_origin_regex and allow_origin_func are not for such a host, which must be listed exactly."]
    careful = settings.allow_credentials and not settings.dangerously_allow_insecure_origins
    if careful and parts.scheme == "http" and not is_local(parts.host):
        return ["With allow_credentials neither a regex nor a function can allow an http: origin that is not local."]
    lines = []
    if regex is not None:
        shown = escape(regex).replace("\\\\", "\\")  # as it was written
        lines.append(f"allow_origin_regex does not match the whole of it: '{shown}'.")
    if func is not None:
        lines.append("allow_origin_func does not allow it.")
    return lines


def _nearest(candidates: Iterator[tuple[str, str]], origin: str, policy: _Policy) -> list[str]:
    """Return the sentence of the first candidate that is another origin than this and is allowed."""
    for candidate, sentence in candidates:
        # No regex or function is asked: these are no origins of requests.
        if candidate != origin and policy.decide("GET", candidate, origin_granted=False).allowed:
            return [sentence.format(there=f"'{escape(candidate)}'", here=f"'{escape(origin)}'")]
    return []


def _corrections(origin: str) -> Iterator[tuple[str, str]]:
    """Give what a malformed origin may have been meant to be, each with what to say if that is allowed."""
    differs = "It differs from {there}, which is allowed, only in "
    fault = "; browsers send the exact form, so the client is at fault."
    yield origin.strip(), differs + "white space around it" + fault
    yield origin.lower(), differs + "letter case" + fault
    yield origin.rstrip("/"), differs + "a trailing slash" + fault
    yield origin.strip().lower().rstrip("/"), differs + "white space, letter case or a slash" + fault
    yield re.sub(":[0-9]+$", "", origin), differs + "a default port that is spelled out" + fault


def _neighbours(origin: str, policy: _Policy) -> Iterator[tuple[str, str]]:
    """Give well-formed origins near this one, each with what to say and to change if that is allowed."""
    differs = "It differs from {there}, which is allowed, only in "
    add = " If it is to be trusted, add {here} to allow_origins."
    port_too = "the port. Add {here}, or the pattern with ':*' for any port, to allow_origins."
    scheme, _, authority = origin.partition("://")
    host = re.sub(":[0-9]+$", "", authority)
    port = authority[len(host) :]
    if scheme in _OTHER_SCHEME:
        yield f"{_OTHER_SCHEME[scheme]}://{authority}", differs + "the scheme." + add
    yield f"{scheme}://{host}", differs + port_too
    if policy.origin_count() <= MAX_SHOWN:
        for pattern in policy.origins():
            if pattern.startswith(f"{scheme}://{host}:"):
                yield pattern, differs + port_too
    yield (
        f"{scheme}://any-sub-domain.{authority}",
        "'*.' stands for one or more labels, never for none: add {here} to allow_origins too.",
    )
    yield f"{scheme}://www.{authority}", differs + "'www.' before the host." + add
    yield f"{scheme}://{authority.removeprefix('www.')}", differs + "'www.' before the host." + add
    labels = [re.sub("_|^-|-$", "x", label) for label in host.removesuffix(".").split(".")]
    yield (
        f"{scheme}://{'.'.join(labels)}{port}",
        "A host with '_', a hyphen at a label's edge or a trailing dot passes only where it is listed "
        "exactly: add {here} to allow_origins.",
    )
    yield (
        f"{scheme}://{authority.partition('.')[2]}",
        "{there} is allowed, but does not cover sub-domains: add {here} or a '*.' pattern to allow_origins.",
    )


def _about_method(decision: _Decision) -> list[str]:
    method = _text(decision.request_method or "", MAX_METHOD + 1)
    if decision.reason is Reason.METHOD_MALFORMED:
        if len(method) <= MAX_METHOD and is_token(method):
            return ["There is more than one Access-Control-Request-Method line; a browser sends one."]
        return [f"Access-Control-Request-Method must be a token of 1 to {MAX_METHOD} bytes; no parameter allows this."]
    configured = decision.policy.settings.allow_methods
    lines = []
    same = [name for name in (*configured, "GET", "HEAD", "POST") if name.upper() == method.upper()]
    if method.upper() in FORBIDDEN_METHODS:
        lines.append("Fetch forbids this method to every page, so it cannot be allowed.")
    elif same:
        lines.append(f"Methods are case-sensitive: '{same[0]}' is allowed, '{escape(method)}' is not.")
        lines.append(f"Use '{same[0]}' in the page's fetch().")
    else:
        lines.append(f"Add '{escape(method)}' to allow_methods to allow it.")
    return [*lines, f"allow_methods is {_listing(configured)}; GET, HEAD and POST always pass."]


def _about_headers(decision: _Decision) -> list[str]:
    if decision.reason is Reason.HEADERS_TOO_LARGE:
        return [
            f"Access-Control-Request-Headers is over a limit: {MAX_HEADER_BYTES} bytes, {MAX_HEADER_NAMES} names, "
            f"{MAX_EMPTY_ELEMENTS} empty elements, or {MAX_ELEMENT_OWS} bytes of white space beside a name. "
            "Browsers stay below; no parameter changes them."
        ]
    if decision.reason is Reason.HEADERS_MALFORMED:
        return [f"'{decision.detail}' in Access-Control-Request-Headers is no header name (RFC 9110 token)."]
    name, configured = decision.detail.lower(), decision.policy.settings.allow_headers
    lines = [f"The page wants to send the header '{decision.detail}', which is not allowed."]
    if name == "authorization" and "*" in configured:
        lines.append("'*' does not cover Authorization: name it in allow_headers beside '*'.")
    else:
        lines.append(f"Add '{name}' to allow_headers to allow it.")
    return [*lines, f"allow_headers is {_listing(configured)}."]


def _any_origin(policy: _Policy) -> bool:
    return policy.origin_count() == 1 and policy.origins() == ["*"]


def _listing(values: Sequence[str]) -> str:
    """Return configured values as a short list: the first few, and how many more there are."""
    if not values:
        return "empty"
    shown = ", ".join(f"'{escape(value)}'" for value in values[:MAX_SHOWN])
    more = len(values) - MAX_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _text(value: Any, size: int) -> str:
    """Return the start of a str or bytes as an exact str; nothing that a subclass overrides is used."""
    if issubclass(type(value), bytes):
        return bytes.__getitem__(value, slice(size)).decode("latin-1")
    return str.__getitem__(value, slice(size))
