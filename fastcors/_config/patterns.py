"""The grammar of origin patterns.

::

    pattern = scheme "://" host [ ":" port ]
    scheme  = lower-case letter, then letters, digits, "+" "-" "." ; at most 64 bytes; not "file"
    host    = [ "*." ] domain / IPv4 dotted quad / "[" IPv6 in RFC 5952 form "]"
    domain  = labels of a-z 0-9 - _ ; at most 253 bytes, a label at most 63; one trailing dot allowed
    port    = 1...65535 / "*" ; not the scheme's default port

``*.`` stands for one or more labels, ``:*`` for any port and none. After ``*.`` the labels are those that
``*.`` can match: no ``_``, no hyphen at an edge, no trailing dot. ``*`` alone is not of this module.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fastcors._config.hosts import canonical_ipv6, ends_in_number, is_ipv4, is_punycode

__all__ = ["DEFAULT_PORTS", "MAX_HOST", "MAX_LABEL", "Pattern", "is_strict_domain", "parse", "split"]

MAX_HOST = 253
"""Bytes, ``*.`` included: a shorter name than that is all that ``*.`` could stand in."""

MAX_LABEL = 63

DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}
"""The special schemes of the URL standard (section 4.2); a browser leaves their ports out."""

_STRICT_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_STRICT = rf"{_STRICT_LABEL}(?:\.{_STRICT_LABEL})*"
_LENIENT_LABEL = r"[a-z0-9_\-]{1,63}"
_LENIENT = rf"{_LENIENT_LABEL}(?:\.{_LENIENT_LABEL})*\.?"
_PATTERN = re.compile(
    rf"([a-z][a-z0-9+.\-]{{0,63}})://(?:(\*\.)({_STRICT})|({_LENIENT}|\[[0-9a-f:]+\]))(?::([1-9][0-9]{{0,4}}|\*))?"
)
_STRICT_DOMAIN = re.compile(_STRICT)
_NUMBER_ENDS = frozenset("0123456789abcdefx.")  # all that ends otherwise is no address, and most does


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


def is_strict_domain(host: str) -> bool:
    """Whether the host has the labels that a serialised origin has by Fetch's grammar, and ``*.`` matches."""
    return _STRICT_DOMAIN.fullmatch(host) is not None


def parse(text: str) -> Pattern | None:
    """The parts of a pattern, or ``None`` where it is none."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    scheme, wildcard, domain, host, port = match.groups("")
    host = domain or host
    subdomains = wildcard != ""
    if scheme == "file" or len(wildcard) + len(host) > MAX_HOST:
        return None
    if port not in ("", "*") and (int(port) > 65535 or port == DEFAULT_PORTS.get(scheme)):
        return None
    if host[0] == "[":
        if canonical_ipv6(host[1:-1]) != host[1:-1]:
            return None
    elif host[-1] in _NUMBER_ENDS and ends_in_number(host):
        if subdomains or not is_ipv4(host):
            return None
    elif "xn--" in host and not all(is_punycode(label) for label in host.split(".") if label[:4] == "xn--"):
        return None
    return Pattern(scheme, subdomains, host, port)


def split(pattern: str) -> Pattern:
    """The parts of a string that :func:`parse` took before."""
    scheme, wildcard, domain, host, port = _PATTERN.fullmatch(pattern).groups("")  # type: ignore[union-attr]
    return Pattern(scheme, wildcard != "", domain or host, port)
