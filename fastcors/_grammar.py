"""The grammar of what a request and a configuration hold: limits, tokens, serialised origins, hosts.

All of Python reads them by this module, as `src/origin.pxd` and `src/token.pxd` do in C. Each limit stands here once.

"Fetch" is https://fetch.spec.whatwg.org/, "URL" is https://url.spec.whatwg.org/, an RFC is at
https://www.rfc-editor.org/rfc/rfc9110 and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fastcors._regex import regex

__all__ = [
    "DEFAULT_PORTS",
    "FORBIDDEN_METHODS",
    "MAX_DECLARED",
    "MAX_ELEMENT_OWS",
    "MAX_EMPTY_ELEMENTS",
    "MAX_HEADER_BYTES",
    "MAX_HEADER_NAMES",
    "MAX_HOST",
    "MAX_LABEL",
    "MAX_LINES",
    "MAX_METHOD",
    "MAX_ORIGIN",
    "MAX_PATH",
    "MAX_SEGMENTS",
    "SAFELISTED_METHODS",
    "TOKEN_BYTES",
    "Origin",
    "canonical_ipv6",
    "elements",
    "ends_in_number",
    "has_one_meaning",
    "is_authority",
    "is_ipv4",
    "is_local",
    "is_one_value",
    "is_shell_origin",
    "is_strict_domain",
    "is_token",
    "parse_origin",
    "parse_pattern",
    "read_host",
    "without_root",
]

MAX_ORIGIN = 327
"""Bytes of an Origin. The longest valid one has 326: scheme 64, "://", host 253, ":", port 5."""
MAX_HOST = 253
"""Bytes of a host (RFC 1035, section 2.3.4, without the root); in a pattern ``*.`` is counted."""
MAX_LABEL = 63
"""Bytes of a label (RFC 1035, section 2.3.4)."""
MAX_METHOD = 64
"""Bytes of an Access-Control-Request-Method."""
MAX_HEADER_BYTES = 8192
"""Bytes of all Access-Control-Request-Headers lines, joined by one comma each."""
MAX_HEADER_NAMES = 128
"""Names in Access-Control-Request-Headers, duplicates counted."""
MAX_EMPTY_ELEMENTS = 16
"""Empty elements in it. RFC 9110, section 5.6.1.2: "a reasonable number of empty list elements"."""
MAX_ELEMENT_OWS = 2
"""Bytes of optional white space around one element, both sides together."""
MAX_LINES = 145
"""Header lines that are looked at: each holds an element, so that this many are over a limit."""
MAX_PATH = 8192
"""Bytes of a path. A longer one is in no route, so that it costs no more."""
MAX_DECLARED = 1024
"""Characters of a value that a policy's ``vary`` declares. Of a request with a longer one nobody is asked."""
MAX_SEGMENTS = 64
"""Segments of a route. A path may have more: it is in the prefixes that it begins with."""

SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
"""Fetch, section 2.2.1, "CORS-safelisted method"."""
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
"""Browsers never send these for a script, in any letter case (Fetch, section 2.2.1, "forbidden method")."""
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}
"""The ports of the special schemes (URL, section 4.2), which a browser leaves out of an origin."""

_TOKEN = regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TOKEN_BYTES = regex(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ONE_VALUE = regex(rf"[!-+\--~]{{1,{MAX_ORIGIN}}}")
_STRICT_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_STRICT = rf"{_STRICT_LABEL}(?:\.{_STRICT_LABEL})*"
_LENIENT_LABEL = r"[a-z0-9_\-]{1,63}"
_LENIENT = rf"{_LENIENT_LABEL}(?:\.{_LENIENT_LABEL})*\.?"
_STRICT_DOMAIN = regex(_STRICT)
_ORIGIN = regex(
    rf"([a-z][a-z0-9+.\-]{{0,63}})://(?:({_STRICT})|({_LENIENT})|\[([0-9a-f:]{{2,39}})\])(?::([1-9][0-9]{{0,4}}))?"
)
_SHELL = regex(r"(?!(?:https?|wss?|file)://)[a-z][a-z0-9+.\-]{0,63}://[!#$%&()+\-./0-9:;<=>?@A-Z\[\]^_`a-z{|}~]{0,253}")
_LOOSE_HOST = rf"(?:[A-Za-z0-9._\-]{{1,{MAX_HOST}}}|\[[0-9A-Fa-f:.]{{1,45}}\])(?::[0-9]{{1,5}})?"
_BARE = regex(_LOOSE_HOST)
_LOOSE = regex(rf"[A-Za-z][A-Za-z0-9+.\-]{{0,63}}://{_LOOSE_HOST}")
_NUMBER = regex(r"[0-9]+|0x[0-9a-f]*")
_NUMBER_ENDS = frozenset("0123456789abcdefx.")  # a host that ends otherwise is no address, as most hosts
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = regex(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_ODD = regex(rb"[\x00-\x1F\x7F\\]")
_PORT = regex(rb":([0-9]{0,5})\Z")
_AUTHORITY = regex(r"(?:[a-z0-9._\-]{1,254}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{0,5})?")


def is_one_value(text: str) -> bool:
    """Whether a text is sure to stay one value in one header line: visible ASCII without a comma."""
    return _ONE_VALUE.fullmatch(text) is not None


def is_token(text: str | bytes) -> bool:
    """Whether the whole of a text is a token (RFC 9110, section 5.6.2)."""
    if isinstance(text, bytes):
        return TOKEN_BYTES.fullmatch(text) is not None
    return _TOKEN.fullmatch(text) is not None


class Origin(NamedTuple):
    """A well-formed origin in its parts."""

    scheme: str
    host: str
    port: str | None
    strict: bool
    """False for the forms that browsers send beyond the grammar: "_", a hyphen at an edge, a final dot."""


def parse_origin(text: str) -> Origin | None:
    """Return the parts of a serialised origin, or None where it is malformed (Fetch, section 3.2, "Origin" header).

    Nothing is normalised, stripped or lower-cased, because a browser sends the exact form only.
    """
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    scheme, strict, lenient, address, port = match.groups()
    if scheme == "file":
        return None
    if port is not None and (int(port) > 65535 or port == DEFAULT_PORTS.get(scheme)):
        return None
    if address is not None:
        return Origin(scheme, f"[{address}]", port, True) if canonical_ipv6(address) == address else None
    host = lenient if strict is None else strict
    if len(host) > MAX_HOST:
        return None
    if ends_in_number(host) and (strict is None or not is_ipv4(host)):
        return None
    return Origin(scheme, host, port, strict is not None)


def is_shell_origin(text: str) -> bool:
    """Whether an origin outside the grammar may be listed whole, as programs that embed a browser send it.

    That is a scheme that is none of the web's, and visible ASCII without ``*``, ``,``, quotes and backslash; or
    ``file://``.
    """
    return text == "file://" or _SHELL.fullmatch(text) is not None


def is_bare_host(text: str) -> bool:
    """Whether a text is a host with no scheme, ``localhost``, in any letter case, with a port or without.

    ``null`` is none: it is an origin.
    """
    return text != "null" and _BARE.fullmatch(text) is not None


def is_loose_origin(text: str) -> bool:
    """Whether a text looks like an origin, in any letter case: it can do no harm in a header.

    No browser sends one that is no serialised origin (Fetch, section 3.2); tests and scripts do.
    """
    return _LOOSE.fullmatch(text) is not None


def parse_pattern(text: str) -> tuple[Origin, bool] | None:
    """Return the parts of an origin pattern, and whether it begins with ``*.``; None where it is no pattern.

    The port is ``"*"`` for ``:*``. The caller handles the pattern ``*`` itself.
    """
    without_port = text.removesuffix(":*")
    plain = without_port.replace("://*.", "://", 1)
    any_port, subdomains = without_port != text, plain != without_port
    origin = parse_origin(plain)
    if origin is None or (any_port and origin.port is not None):
        return None
    # What is not strict never passes through "*.", and an address has no sub-domains.
    if subdomains and (not origin.strict or origin.host.startswith("[") or ends_in_number(origin.host)):
        return None
    return (origin._replace(port="*") if any_port else origin), subdomains


def is_strict_domain(host: str) -> bool:
    """Whether the host has the labels that a serialised origin has by Fetch's grammar, and ``*.`` matches."""
    return _STRICT_DOMAIN.fullmatch(host) is not None


def ends_in_number(host: str) -> bool:
    """Whether a (lower-case) host is read as an IPv4 address (URL, section 3.5, "ends in a number checker")."""
    if host[-1:] not in _NUMBER_ENDS:
        return False
    return _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]) is not None


def is_ipv4(host: str) -> bool:
    """Whether the host is an IPv4 address as browsers write it: four decimal numbers."""
    return _IPV4.fullmatch(host) is not None


def canonical_ipv6(address: str) -> str | None:
    """The address, without its brackets, as browsers write it (URL, section 3.5, "IPv6 serializer"), or ``None``.

    That is RFC 5952 without the dotted form of its section 5: ``::ffff:7f00:1``. A zone is not valid.
    """
    from ipaddress import AddressValueError, IPv6Address  # slow to import, and few origins are IPv6 addresses

    try:
        packed = IPv6Address(address).packed
    except AddressValueError:
        return None
    if "%" in address:
        return None
    pieces = [f"{packed[i] << 8 | packed[i + 1]:x}" for i in range(0, 16, 2)]
    # RFC 5952, section 4.2: the longest run of two or more zeros is left out, the first one of equals.
    for length in range(8, 1, -1):
        for start in range(9 - length):
            if pieces[start : start + length] == ["0"] * length:
                return f"{':'.join(pieces[:start])}::{':'.join(pieces[start + length :])}"
    return ":".join(pieces)


def is_local(host: str) -> bool:
    """Whether a canonical host never leaves the machine.

    RFC 6761, section 6.3; RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3.
    """
    name = host.removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return host == "[::1]" or (host.startswith("127.") and is_ipv4(host))


def is_authority(text: str) -> bool:
    """Whether a text in lower case is a host as browsers write it, with a port or without (RFC 9110, section 7.2)."""
    return _AUTHORITY.fullmatch(text) is not None


def read_host(value: bytes) -> bytes | None:
    """Return the value of a Host field (RFC 9110, section 7.2) as routes have hosts, or None where it is malformed.

    That is in lower case (RFC 3986, section 6.2.2.1), without the port and without a final dot. What is malformed is no
    host that a browser sends, so that others may take it for one of several.
    """
    port = _PORT.search(value)
    name = (value if port is None else value[: port.start()]).lower().decode("latin-1")
    if port is not None and int(port[1] or b"0") > 65535:
        return None
    origin = parse_origin(f"https://{name}")
    if origin is None or origin.port is not None:
        return None
    return origin.host.removesuffix(".").encode("ascii")


def has_one_meaning(path: bytes) -> bool:
    """Return whether all applications read a path alike, also those that decode it once more.

    They do not where a segment is empty, ``.`` or ``..``, or where there is a backslash: some merge or resolve these,
    some take them as they are. Browsers resolve dot segments before they send a path (URL, "path state"). Nor where
    there is a control character: the ``$`` of a regular expression matches before a line feed at the end.
    """
    from urllib.parse import unquote_to_bytes  # which imports much, and of the engines only the twin needs it

    decoded = unquote_to_bytes(path)
    return not (b"//" in decoded or _ODD.search(decoded) or {b".", b".."} & set(decoded.split(b"/")))


def without_root(path: str, root: str) -> str:
    """Return the path of an ASGI scope without its ``root_path``, as applications route by it.

    It is taken off where the path begins with it at a segment's edge: servers differ in whether they put it there.
    """
    n = str.__len__(root)
    if not str.startswith(path, root) or not (str.__len__(path) == n or str.__getitem__(path, n) == "/"):
        return path
    return str.__getitem__(path, slice(n, None))


def elements(lines: Iterable[bytes]) -> Iterator[bytes | None]:
    """Yield the elements of the lines of a list header that are not empty (RFC 9110, section 5.6.1).

    ``None`` stands for an excess: of bytes, names, empty elements, or white space beside a name. It comes last.
    """
    total = empties = names = 0
    for number, line in enumerate(lines):
        total += len(line) + (1 if number > 0 else 0)  # the comma that joins it to the line before
        if total > MAX_HEADER_BYTES:
            yield None
            return
        for element in line.split(b","):
            name = element.strip(b" \t")
            names += bool(name)
            empties += not name
            wide = len(element) - len(name) > MAX_ELEMENT_OWS
            if wide or empties > MAX_EMPTY_ELEMENTS or names > MAX_HEADER_NAMES:
                yield None
                return
            if name:
                yield name
