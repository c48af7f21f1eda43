"""The grammar of origin patterns.

::

    pattern = scheme "://" host [ ":" port ]
    scheme  = lower-case letter, then letters, digits, "+" "-" "." ; at most 64 bytes; not "file", "ws" and "wss"
    host    = [ "*." ] domain / IPv4 dotted quad / "[" IPv6 in RFC 5952 form "]"
    domain  = labels of a-z 0-9 - _ ; at most 253 bytes, a label at most 63; one trailing dot allowed
    port    = 1...65535 / "*" ; not the scheme's default port

    shell   = scheme "://" 0*253( visible ASCII, without "*" "," quotes and backslash )
              ; not "http", "https", "ws", "wss" and "file"; or "file://"

A *shell origin* is what a program that embeds a browser sends for its own pages: ``app://.``, ``package://``. It is
listed whole and compared byte for byte.

``*.`` stands for one or more labels, ``:*`` for any port and none. After ``*.`` the labels are those that
``*.`` can match: no ``_``, no hyphen at an edge, no trailing dot. ``*`` alone is not of this module.
"""

from __future__ import annotations

from typing import NamedTuple

from fastcors import _grammar
from fastcors._config.hosts import is_punycode

__all__ = ["MISSPELT_SCHEMES", "WEBSOCKET_SCHEMES", "Pattern", "parse", "split"]

WEBSOCKET_SCHEMES = {"ws": "http", "wss": "https"}
"""The schemes of WebSockets, and those that the pages have which open them (Fetch, section 3.2: the page's origin)."""

MISSPELT_SCHEMES = {
    **dict.fromkeys(["hhttp", "hptt", "htp", "htpp", "htt", "httpp", "htttp", "ttp"], "http"),
    **dict.fromkeys(["hhttps", "hppts", "hptts", "htpps", "htps", "htts"], "https"),
    **dict.fromkeys(["httpps", "httpss", "httsp", "htttps", "ttps"], "https"),
}
"""Slips of the pen for http and https, under which nobody has a page, and what was meant."""


class Pattern(NamedTuple):
    """A pattern in its parts."""

    scheme: str
    subdomains: bool
    """Whether ``*.`` stands before the host."""
    host: str
    port: str
    """``""`` for none, ``"*"`` for any."""

    def __str__(self) -> str:
        wildcard, colon = "*." if self.subdomains else "", ":" if self.port else ""
        return f"{self.scheme}://{wildcard}{self.host}{colon}{self.port}"


def parse(text: str) -> Pattern | None:
    """The parts of a pattern, or ``None`` where it is none."""
    found = _grammar.parse_pattern(text)
    if found is None:
        return None
    origin, subdomains = found
    if origin.scheme in WEBSOCKET_SCHEMES or origin.scheme in MISSPELT_SCHEMES:
        return None
    if subdomains and len("*.") + len(origin.host) > _grammar.MAX_HOST:  # a shorter name is all that it could stand in
        return None
    if "xn--" in origin.host and not all(is_punycode(name) for name in origin.host.split(".") if name[:4] == "xn--"):
        return None
    return Pattern(origin.scheme, subdomains, origin.host, origin.port or "")


def split(pattern: str) -> Pattern:
    """The parts of a string that :func:`parse` took before."""
    origin, subdomains = _grammar.parse_pattern(pattern)  # type: ignore[misc]
    return Pattern(origin.scheme, subdomains, origin.host, origin.port or "")
