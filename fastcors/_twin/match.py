"""Origins: the run-time grammar, and the set of patterns that a policy allows.

The grammar is the serialised origin of Fetch ("Origin" header, section 3.2), byte for byte: nothing is
normalised, stripped or lower-cased, because a browser sends the exact form only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv6Address
from typing import Any, NamedTuple

from fastcors._twin.find import MAX_ORIGIN, is_a, raw

_DEFAULT_PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443", "ftp": "21"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]{0,63}")
_STRICT_LABEL = re.compile(r"[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?")
_LENIENT_LABEL = re.compile(r"[a-z0-9_\-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # URL, "ends in a number checker": such a host is an IPv4 address
_OCTET = re.compile(r"0|[1-9][0-9]{0,2}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")


class Origin(NamedTuple):
    """A well-formed origin in its parts."""

    scheme: str
    host: str
    port: str | None
    strict: bool
    """False for the forms that browsers send beyond the grammar: "_", a hyphen at an edge, a final dot."""


def parse(text: str) -> Origin | None:
    """Return the parts of an origin, or None where it is malformed."""
    scheme, separator, rest = text.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme) or scheme == "file":
        return None
    if rest.startswith("["):
        address, bracket, after = rest[1:].partition("]")
        host, colon, port = f"[{address}]", after[:1], after[1:]
        if not bracket or colon not in ("", ":") or not _is_ipv6(address):
            return None
        strict = True
    else:
        host, colon, port = rest.partition(":")
        if _is_strict_host(host):
            strict = True
        elif _is_lenient_host(host):
            strict = False
        else:
            return None
    if not colon:
        return Origin(scheme, host, None, strict)
    if not _PORT.fullmatch(port) or int(port) > 65535 or port == _DEFAULT_PORTS.get(scheme):
        return None
    return Origin(scheme, host, port, strict)


def _is_strict_host(host: str) -> bool:
    if _ends_in_number(host):
        return _is_ipv4(host)
    return len(host) <= 253 and all(_STRICT_LABEL.fullmatch(label) for label in host.split("."))


def _is_lenient_host(host: str) -> bool:
    if _ends_in_number(host):
        return False
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(_LENIENT_LABEL.fullmatch(label) for label in labels)


def _ends_in_number(host: str) -> bool:
    return _NUMBER.fullmatch(host.removesuffix(".").split(".")[-1]) is not None


def _is_ipv4(host: str) -> bool:
    octets = host.split(".")
    return len(octets) == 4 and all(_OCTET.fullmatch(octet) and int(octet) <= 255 for octet in octets)


def _is_ipv6(address: str) -> bool:
    """Return whether the address is in RFC 5952 form: it must be what its own value is written as."""
    if len(address) > 39:
        return False
    try:
        packed = IPv6Address(address).packed
    except AddressValueError:
        return False
    groups = [f"{packed[i] << 8 | packed[i + 1]:x}" for i in range(0, 16, 2)]
    # Section 4.2: the longest run of two or more zero groups becomes "::", the first one of equals.
    # Section 5 allows a dotted quad for embedded IPv4; the URL standard never writes one.
    for length in range(8, 1, -1):
        for start in range(8 - length + 1):
            if groups[start : start + length] == ["0"] * length:
                return address == f"{':'.join(groups[:start])}::{':'.join(groups[start + length :])}"
    return address == ":".join(groups)


def parse_pattern(text: str) -> tuple[Origin, bool] | None:
    """Return an origin pattern's parts, and whether it begins with ``*.``; None where it is no pattern.

    The port is ``"*"`` for ``:*``. The pattern ``*`` is the caller's affair.
    """
    without_port = text.removesuffix(":*")
    plain = without_port.replace("://*.", "://", 1)
    any_port, subdomains = without_port != text, plain != without_port
    origin = parse(plain)
    if origin is None or (any_port and origin.port is not None):
        return None
    if subdomains:
        is_address = origin.host.startswith("[") or _ends_in_number(origin.host)
        if is_address or not origin.strict:  # what is not strict never passes through "*."
            return None
    return (origin._replace(port="*") if any_port else origin), subdomains


class Origins:
    """The origins that a policy allows: exact ones, and patterns for ports and sub-domains."""

    __slots__ = ("any_origin", "any_port", "exact", "patterns", "reflect", "subdomains")

    def __init__(self, patterns: Iterable[str], reflect: bool) -> None:
        self.reflect = reflect
        self.any_origin = False
        self.any_port: set[str] = set()
        """``scheme://host`` of the patterns that end in ``:*``."""
        self.subdomains: dict[tuple[str, str], set[str | None]] = {}
        """The ports of the ``*.`` patterns, by scheme and the domain after ``*.``."""
        exact: dict[str, Origin] = {}
        wildcards: set[str] = set()
        for given in patterns:
            if not is_a(given, str):
                raise TypeError(f"an origin pattern must be str, not {type(given).__name__}")
            text = str.__getitem__(given, slice(None))
            if text == "*":
                self.any_origin = True
                continue
            parsed = parse_pattern(text)
            if parsed is None:
                raise ValueError(f"not an origin pattern: {text[:MAX_ORIGIN]!a}")
            origin, subdomains = parsed
            if subdomains:
                self.subdomains.setdefault((origin.scheme, origin.host), set()).add(origin.port)
                wildcards.add(text)
            elif origin.port == "*":
                self.any_port.add(f"{origin.scheme}://{origin.host}")
                wildcards.add(text)
            else:
                exact[text] = origin
        if self.any_origin and (exact or wildcards):
            raise ValueError("the origin pattern '*' must stand alone")
        self.exact = {text for text, origin in exact.items() if not self.is_covered(origin)}
        self.patterns = ["*"] if self.any_origin else sorted(self.exact | wildcards)

    def is_covered(self, origin: Origin) -> bool:
        """Return whether a ``:*`` or a ``*.`` pattern covers the origin."""
        if f"{origin.scheme}://{origin.host}" in self.any_port:
            return True
        if not origin.strict:
            return False
        labels = origin.host.split(".")
        for count in range(1, len(labels)):  # "*." stands for this many labels, at least one
            ports = self.subdomains.get((origin.scheme, ".".join(labels[count:])), set())
            if "*" in ports or origin.port in ports:
                return True
        return False


def sift(patterns: list[Any], insecure_ok: bool) -> list[int]:
    """Return the indices of the entries that are not plain, for the slow and explaining check.

    Plain is a str that is one strict origin, without ``*``, not of the scheme http unless
    ``insecure_ok``, and without a label that begins with ``xn--``.
    """
    if type(patterns) is not list:
        raise TypeError(f"patterns must be a list, not {type(patterns).__name__}")
    return [index for index, pattern in enumerate(patterns) if not _is_plain(pattern, insecure_ok)]


def _is_plain(pattern: object, insecure_ok: bool) -> bool:
    if type(pattern) is not str:
        return False
    origin = parse(raw(pattern, MAX_ORIGIN).decode("latin-1"))
    if origin is None or not origin.strict:
        return False
    if origin.scheme == "http" and not insecure_ok:
        return False
    return not any(label.startswith("xn--") for label in origin.host.split("."))
