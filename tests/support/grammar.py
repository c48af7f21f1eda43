"""The run-time grammar of an ``Origin`` value, written a third time, with regular expressions.

After Fetch's ``serialized-origin`` with the contract's bounds. ``strict`` values are in that grammar;
``lenient`` ones are what browsers send beyond it; everything else, ``null`` too, is ``invalid``.
"""

from __future__ import annotations

import re
from typing import Literal

SHAPE = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,63})://(?P<host>\[[0-9a-f:]*\]|[a-z0-9._-]+)(?P<port>:[0-9]+)?")
STRICT_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LENIENT_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
IPV4_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*")
OCTET = re.compile(r"0|[1-9][0-9]{0,2}")
GROUP = re.compile(r"0|[1-9a-f][0-9a-f]{0,3}")
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21}

Class = Literal["strict", "lenient", "invalid"]


def serialise_ipv6(groups: list[int]) -> str:
    """RFC 5952, 4: shortest form; ``::`` for the first longest run of at least two zero groups."""
    runs = [(length, -start) for start in range(8) for length in range(2, 9 - start)
            if not any(groups[start : start + length])]  # fmt: skip
    if not runs:
        return ":".join(f"{group:x}" for group in groups)
    length, negative = max(runs)
    head, tail = groups[:-negative], groups[-negative + length :]
    return ":".join(f"{group:x}" for group in head) + "::" + ":".join(f"{group:x}" for group in tail)


def is_ipv6(text: str) -> bool:
    """Whether it is an IPv6 address in the one form that RFC 5952 gives it (no embedded IPv4)."""
    halves = text.split("::")
    if len(halves) > 2:
        return False
    parts = [half.split(":") if half else [] for half in halves]
    if any(GROUP.fullmatch(group) is None for part in parts for group in part):
        return False
    numbers = [[int(group, 16) for group in part] for part in parts]
    if len(halves) == 1:
        groups = numbers[0]
    else:
        groups = [*numbers[0], *[0] * (8 - len(numbers[0]) - len(numbers[1])), *numbers[1]]
    return len(groups) == 8 and serialise_ipv6(groups) == text


def is_ipv4(text: str) -> bool:
    octets = text.split(".")
    return len(octets) == 4 and all(OCTET.fullmatch(octet) and int(octet) <= 255 for octet in octets)


def classify_host(host: str) -> Class:
    if host.startswith("["):
        return "strict" if is_ipv6(host[1:-1]) else "invalid"
    if len(host) > 253:
        return "invalid"
    labels = host.split(".")
    trailing_dot = len(labels) > 1 and labels[-1] == ""
    if trailing_dot:
        labels.pop()
    if IPV4_LIKE.fullmatch(labels[-1]):
        return "strict" if is_ipv4(host) else "invalid"
    if not all(LENIENT_LABEL.fullmatch(label) for label in labels):
        return "invalid"
    if trailing_dot or not all(STRICT_LABEL.fullmatch(label) for label in labels):
        return "lenient"
    return "strict"


def classify(origin: bytes) -> Class:
    """The class of an ``Origin`` value."""
    if len(origin) > 327 or not origin.isascii():
        return "invalid"
    match = SHAPE.fullmatch(origin.decode("ascii"))
    if match is None or match["scheme"] == "file":
        return "invalid"
    if match["port"] is not None:
        digits = match["port"][1:]
        if digits.startswith("0") or len(digits) > 5:
            return "invalid"
        port = int(digits)
        if port > 65535 or DEFAULT_PORTS.get(match["scheme"]) == port:
            return "invalid"
    return classify_host(match["host"])
