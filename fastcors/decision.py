"""What the decisions of both engines have in common: the reasons, what a preflight requests, and escaping.

Both engines use this module, so that headers, logs, counters and debug output cannot disagree.
Everything that a client sent passes through :func:`escape` before it becomes text.

"Fetch" is https://fetch.spec.whatwg.org/, RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal, NamedTuple

__all__ = ["Outcome", "Reason", "Requested", "Written", "escape", "outcomes_of", "text_of"]

MAX_DETAIL = 256
"""The length at which :func:`escape` shortens, in characters."""


class Reason(str, Enum):
    """Why a decision is what it is. The native engine counts the members, so their order is fixed."""

    OK = "ok"
    """The origin is allowed (Fetch, section 4.10, "CORS check"), and so is all else that a preflight requests."""
    NOT_CORS = "not-cors"
    """The request has no ``Origin``: CORS has nothing to say about it."""
    ORIGIN_MALFORMED = "origin-malformed"
    """The ``Origin`` is no serialised origin (Fetch, section 3.2), or it is over 327 bytes long."""
    ORIGIN_NULL = "origin-null"
    """The ``Origin`` is ``null`` (Fetch, section 3.2), and the policy does not allow that."""
    ORIGIN_MULTIPLE = "origin-multiple"
    """There is more than one ``Origin`` line, or a comma in the only one."""
    ORIGIN_NOT_ALLOWED = "origin-not-allowed"
    """The origin is well-formed, but no configured pattern covers it."""
    METHOD_MALFORMED = "method-malformed"
    """The requested method is no token (RFC 9110, section 5.6.2) of 1 to 64 bytes, or was sent more than once."""
    METHOD_NOT_ALLOWED = "method-not-allowed"
    """The requested method is neither safelisted (Fetch, section 2.2.1) nor configured, byte for byte."""
    HEADER_NOT_ALLOWED = "header-not-allowed"
    """A requested header name is not configured."""
    HEADERS_MALFORMED = "headers-malformed"
    """An element of ``Access-Control-Request-Headers`` is no token (RFC 9110, section 5.6.2)."""
    HEADERS_TOO_LARGE = "headers-too-large"
    """``Access-Control-Request-Headers`` is over a limit: bytes, names, empty elements or white space."""
    PRIVATE_NETWORK_NOT_ALLOWED = "private-network-not-allowed"
    """The preflight requests access to a private network, which the policy does not give."""

    def __str__(self) -> str:
        return str(self.value)


class Outcome(NamedTuple):
    """What a policy said to a request, with nothing of the request: what an application is told.

    A policy has one for each reason, which all requests share.
    """

    reason: Reason
    """Why the request is allowed or not."""
    allowed: bool
    """False where something is refused; True also for a request that is not CORS."""
    policy_name: str | None
    """The ``name`` of the policy; None where it has none."""


def outcomes_of(policy_name: str | None) -> tuple[Outcome, ...]:
    """Return the outcomes that a policy of this name has, in the order of the reasons."""
    return tuple(Outcome(reason, reason in (Reason.OK, Reason.NOT_CORS), policy_name) for reason in Reason)


class Requested(NamedTuple):
    """The values that a preflight requests, in bytes. One that is longer than can be allowed is cut off."""

    method: bytes
    """``Access-Control-Request-Method``; the first of several."""
    several_methods: bool
    """Whether there is more than one such line."""
    headers: tuple[bytes, ...]
    """The lines of ``Access-Control-Request-Headers``."""
    private_network: bool
    """Whether ``Access-Control-Request-Private-Network`` is ``true``."""


class Written(NamedTuple):
    """What was written into a caller's buffer, and what the caller does now."""

    kind: Literal["none", "actual", "preflight"]
    """What the request is: not CORS, an actual request, or a preflight. The first two reach the application."""
    status: int | None
    """The status of the response to a preflight; None for other requests."""
    size: int
    """How many bytes were written, from the offset on."""


def escape(value: str | bytes | None) -> str:
    """Return what a client sent as printable ASCII of at most 256 characters, without quotes.

    Bytes are read as latin-1; control and non-ASCII characters and the backslash come out as in
    ``ascii()``; a longer text ends in ``...``. ``None`` gives ``""``. The cost is bounded for any length.
    """
    if value is None:
        return ""
    text = text_of(value, MAX_DETAIL + 1)
    pieces = [ascii(character)[1:-1] for character in text]
    if sum(map(len, pieces)) <= MAX_DETAIL:
        return "".join(pieces)
    shortened = ""
    for piece in pieces:
        if len(shortened) + len(piece) > MAX_DETAIL - len("..."):
            break
        shortened += piece
    return shortened + "..."


def text_of(value: Any, size: int) -> str:
    """Return the start of a str or bytes as an exact str; nothing that a subclass overrides is used."""
    if issubclass(type(value), bytes):
        return bytes.__getitem__(value, slice(size)).decode("latin-1")
    return str.__getitem__(value, slice(size))
