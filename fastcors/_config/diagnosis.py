"""Origins that are no pattern: what is wrong with them, and what was probably meant.

:func:`diagnose` names one problem, the first in this order:

1. of the whole string: empty, several origins in one, white space, too long, ``*`` or ``null`` in
   disguise, no scheme;
2. of its parts from left to right: scheme, user information, host, port;
3. of what follows them: a slash, a path, a query, a fragment.

Of what is a *shell origin* otherwise (``_patterns``), only such problems are named as no program that embeds a browser
has in an origin of its own.

In the host, letter case and Unicode come first, then wildcards, addresses, punycode and the rest.

:func:`repair` mends everything at once, so that ``HTTPS://Example.COM:443/`` becomes
``https://example.com`` in one step. It only ever narrows: it never puts in a wildcard that lets more in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fastcors._config.checks import is_list_text, quote
from fastcors._config.hosts import canonical_ipv4, is_punycode, to_ascii
from fastcors._config.patterns import MISSPELT_SCHEMES, WEBSOCKET_SCHEMES, parse
from fastcors._grammar import (
    DEFAULT_PORTS,
    MAX_HOST,
    MAX_LABEL,
    MAX_ORIGIN,
    canonical_ipv6,
    ends_in_number,
    is_ipv4,
    is_local,
    is_shell_origin,
    is_strict_domain,
)
from fastcors._regex import regex

__all__ = ["diagnose", "is_exact_shell", "is_regex", "repair", "say_regex"]

MAX_REPAIRED = 4096
"""Characters; where more was given, no repair is tried."""

_PARTS = regex(r"(?s)([^/?#]*)://([^/?#]*)(.*)")
_SCHEME = regex(r"[a-z][a-z0-9+.\-]*")
_ODD_SPACE = regex(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
_SLIPPED = regex(r"(?i)(https?)(?::/?|//)(?=[^/:])|//")
_HOST_ALONE = regex(r"(?i)(?:[^:]*\.[^:]*|localhost|\[[^\]]*\])(?::(?:[0-9]+|\*))?|[^:]+:(?:[0-9]+|\*)")
_PORT_AT_END = regex(r":[0-9*]+\Z")
_PORT_DIGITS = regex(r"[0-9]+")
_DOMAIN_BYTES = regex(r"[a-z0-9_.\-]*")
_REGEX_SIGNS = regex(
    r"\\[.dw/:\-]"  # an escape
    r"|(?:\A|//|\))\.[*+]"  # ".*", but in "example.*" and "*.*.example.com"
    r"|\[[^\]:]*-[^\]]*\][*+?{]|\][*+{]|\)[*+?{]"  # repeats
    r"|\([^)]*\||\(\?|\A\^|\$\Z"
)

_Problem = tuple[str, str]


class _Parts(NamedTuple):
    scheme: str
    userinfo: str | None
    wildcard: str
    """``"*."`` or ``""``."""
    host: str
    port: str | None
    """``None`` for none; ``""`` where the colon stands alone."""
    tail: str


def _split(text: str) -> _Parts | None:
    """The parts of something like a URL, or ``None`` where it has no ``scheme://``."""
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    scheme, authority, tail = match.groups()
    userinfo, at, server = authority.rpartition("@")
    wildcard = "*." if server.startswith("*.") else ""
    server = server[len(wildcard) :]
    if server.startswith("["):
        address, bracket, after = server.partition("]")
        host, colon, port = address + bracket, after[:1], after[1:]
        if colon not in ("", ":"):
            host, colon, port = server, "", ""
    elif server.count(":") > 1:  # an IPv6 address without its brackets
        host, colon, port = server, "", ""
    else:
        host, colon, port = server.partition(":")
    return _Parts(scheme, userinfo if at else None, wildcard, host, port if colon else None, tail)


def repair(text: str) -> str | None:
    """The pattern that was probably meant, or ``None`` where that is not clear. It passes :func:`parse`."""
    text = text.strip().strip("'\"")
    if len(text) > MAX_REPAIRED or _REGEX_SIGNS.search(text):
        return None
    parts = _split(text)
    if parts is None:
        return _add_scheme(text)
    scheme = parts.scheme.lower()
    if parts.host and not parts.wildcard and is_exact_shell(alone := f"{scheme}://{parts.host}{_colon(parts, scheme)}"):
        return alone
    wildcard, host = parts.wildcard, parts.host
    stars = host.lstrip("*")
    if not wildcard and stars != host:
        # "*example.com" and "**.example.com"
        wildcard, host = "*.", stars.removeprefix(".")
    mended = _mend_host(host)
    if mended is None:
        return None
    if wildcard and (mended.startswith("[") or is_ipv4(mended)):
        wildcard = ""
    if wildcard:
        mended = mended.removesuffix(".")
    if (parts.port or "").strip("0") == "" != (parts.port or ""):
        return None  # port 0
    colon_port = _colon(parts, scheme)
    scheme = WEBSOCKET_SCHEMES.get(scheme) or _right_scheme(scheme)
    fixed = f"{scheme}://{wildcard}{mended}{colon_port}"
    return fixed if parse(fixed) is not None else None


def _colon(parts: _Parts, scheme: str) -> str:
    """The port with its colon, without zeros before it; nothing for the default port of the scheme."""
    port = parts.port or ""
    if _PORT_DIGITS.fullmatch(port):
        port = port.lstrip("0")
    return f":{port}" if port and port != DEFAULT_PORTS.get(_right_scheme(scheme)) else ""


def _right_scheme(scheme: str) -> str:
    """``https`` for ``htps``: a slip of the pen; every other scheme as it is."""
    return MISSPELT_SCHEMES.get(scheme, scheme)


def is_exact_shell(text: str) -> bool:
    """Whether a string is a shell origin with nothing in it that can only be a mistake.

    ``file://`` is none here: it is as good as ``null``, which has an opt-in.
    """
    return is_shell_origin(text) and text != "file://" and _shell_problem(text) is None


def _shell_problem(text: str) -> _Problem | None:
    parts = _split(text)
    assert parts is not None  # noqa: S101 - a shell origin has a scheme
    return _scheme(parts) or (_port(parts) or _tail(parts) if parts.host else None)


def _add_scheme(text: str) -> str | None:
    """``https://`` for a host by itself, where it looks like one; ``http://`` for one on the same machine."""
    slipped = _SLIPPED.match(text)
    bare = text[slipped.end() :] if slipped else text
    host = re.split(r"[/?#]", bare, maxsplit=1)[0]
    if "://" in bare or text[:5].lower() == "file:" or not _HOST_ALONE.fullmatch(host):
        return None
    if slipped and slipped[1]:
        scheme = slipped[1].lower()
    else:
        scheme = "http" if is_local(_PORT_AT_END.sub("", host.lower())) else "https"
    return repair(f"{scheme}://{bare}")


def _mend_host(host: str) -> str | None:
    if not host.isascii():
        return to_ascii(host)
    host = host.lower()
    if host.startswith("["):
        address = canonical_ipv6(host[1:].removesuffix("]"))
        return None if address is None else f"[{address}]"
    if ":" in host:
        address = canonical_ipv6(host)
        # In "::1:9090" the last group was probably meant as a port.
        return None if address is None or re.search(r":[0-9]{2,}$", host) else f"[{address}]"
    return canonical_ipv4(host) if ends_in_number(host) else host


def diagnose(text: str) -> tuple[str, str]:
    """The code and the message of the most useful problem of a string that :func:`parse` refused."""
    parts = _split(text)
    code, what = (
        _whole(text, parts)
        or (_shell_problem(text) if is_shell_origin(text) else None)
        or (parts and (_scheme(parts) or _host(parts) or _port(parts) or _tail(parts)))
        or ("origin-host", "is not an origin")
    )
    return code, f"{quote(text)} {what}"


def _whole(text: str, parts: _Parts | None) -> _Problem | None:
    if not text.strip():
        return "origin-empty", "is empty; leave it out"
    if text[0] in "'\"":
        return (
            "origin-quoted",
            "begins with a quotation mark, as values in some files do; leave the quotation marks out",
        )
    if is_list_text(text):
        return "origin-list", "is a list written as text; give each origin its own string"
    if is_regex(text):
        return "origin-expression", say_regex(text)
    if "," in text or len([part for part in text.split() if "://" in part]) > 1:
        return "origin-list", "holds several origins; give each its own string"
    if _ODD_SPACE.search(text):
        return "origin-whitespace", "has white space or control characters in it"
    if len(text) > MAX_ORIGIN:
        return "origin-too-long", f"is longer than {MAX_ORIGIN} characters"
    if text.lower() == "null":
        return "origin-null", "is the origin of sandboxed frames and local files, and any site can make those"
    if text.lower().startswith("file:"):
        return "origin-file", (
            "is not the origin of one site: browsers send null for a page with the scheme file:, and some programs send"
            ' "file://" for every local file; to list "file://" anyway, set dangerously_allow_null_origin=True'
        )
    if parts is None:
        return (
            "origin-no-scheme",
            'has no scheme; an origin is scheme://host[:port], as in "https://example.com"',
        )
    return None


def is_regex(text: str) -> bool:
    """Whether a string that is no pattern looks like a regular expression over origins."""
    return _REGEX_SIGNS.search(text) is not None


def say_regex(text: str) -> str:
    """What to do with such a string."""
    quotes = {"'", '"'} & set(text)
    literal = f'r"{text}"' if not quotes and text.isascii() and text.isprintable() and len(text) <= 100 else 'r"..."'
    return f"is a regular expression, but allow_origins takes origins; write allow_origin_regex={literal}"


def _scheme(parts: _Parts) -> _Problem | None:
    scheme = parts.scheme
    if "*" in scheme:
        return "origin-wildcard", "has a wildcard in its scheme; give each scheme its own pattern"
    if len(scheme) > 64 or not _SCHEME.fullmatch(scheme.lower()) or not scheme.isascii():
        return "origin-scheme", "has an invalid scheme: a letter, then letters, digits, + - . (at most 64)"
    if scheme != scheme.lower():
        return "origin-upper-case", "has upper-case letters; browsers send origins in lower case"
    if scheme in WEBSOCKET_SCHEMES:
        page = WEBSOCKET_SCHEMES[scheme]
        return "origin-websocket", f"is the URL of a WebSocket; its handshake has the origin of the page, {page}://..."
    if _right_scheme(scheme) != scheme:
        return "origin-scheme", f"has the scheme {scheme}, which looks like {_right_scheme(scheme)}"
    if parts.userinfo is not None:
        return "origin-userinfo", "has a user name or password, which no origin has"
    return None


def _host(parts: _Parts) -> _Problem | None:
    host = parts.host
    if not host.isascii():
        return "origin-unicode", "has a Unicode host; browsers send it in punycode"
    if host != host.lower():
        return "origin-upper-case", "has upper-case letters; browsers send origins in lower case"
    if host == "*":
        return "origin-wildcard", (
            'names no host; list the origins, or match them with allow_origin_regex; "*" alone stands for any origin'
        )
    if "*" in host:
        return "origin-wildcard", (
            'has a wildcard in a place where none is allowed; write "*." before a whole domain, or ":*" for the port;'
            " for anything else use allow_origin_regex"
        )
    if host.startswith("[") or ":" in host:
        return _ipv6(parts)
    if host == "":
        return "origin-host", "has no host"
    if ends_in_number(host):
        return _ipv4(parts)
    return _domain(parts)


def _ipv6(parts: _Parts) -> _Problem | None:
    host = parts.host
    if not host.startswith("["):
        return "origin-ipv6", "has an IPv6 address without its brackets, as in http://[::1]:8080"
    if not host.endswith("]"):
        return "origin-ipv6", "has brackets that do not enclose the whole host"
    address = canonical_ipv6(host[1:-1])
    if address is None:
        return "origin-ipv6", "has an invalid IPv6 address"
    if parts.wildcard:
        return "origin-wildcard-ip", "has a wildcard before an IP address, which has no subdomains"
    if host != f"[{address}]":
        return "origin-ipv6", "has an IPv6 address, but not in the form that browsers send (RFC 5952)"
    return None


def _ipv4(parts: _Parts) -> _Problem | None:
    if parts.wildcard:
        return "origin-wildcard-ip", "has a wildcard before an IP address, which has no subdomains"
    if not is_ipv4(parts.host):
        return (
            "origin-ipv4",
            "has a host that browsers read as an IPv4 address; write it as four decimal numbers",
        )
    return None


def _domain(parts: _Parts) -> _Problem | None:
    host = parts.host
    labels = host.removesuffix(".").split(".")
    if not _DOMAIN_BYTES.fullmatch(host):
        return "origin-host", "has a character that is not allowed in a host"
    if "" in labels:
        return "origin-host", "has an empty label in its host"
    if max(map(len, labels)) > MAX_LABEL or len(parts.wildcard + host) > MAX_HOST:
        return "origin-host", f"has a host of more than {MAX_HOST} bytes, or a label of more than {MAX_LABEL}"
    if not all(is_punycode(label) for label in labels if label.startswith("xn--")):
        return "origin-punycode", "has a label that begins with xn-- but is not valid punycode"
    if parts.wildcard and not is_strict_domain(host):
        return "origin-wildcard-label", (
            'can never match: "*." takes plain names only, without "_", a hyphen at an edge or a final dot'
        )
    return None


def _port(parts: _Parts) -> _Problem | None:
    port = parts.port
    if port is None or port == "*":
        return None
    if "*" in port:
        return "origin-wildcard", 'has a wildcard in its port; ":*" alone stands for any port'
    if port == "":
        return "origin-port", "has a colon but no port"
    if not _PORT_DIGITS.fullmatch(port) or len(port.lstrip("0")) > 5 or not 1 <= int(port) <= 65535:
        return "origin-port", "has an invalid port: 1 to 65535, or *"
    if port.startswith("0"):
        return "origin-port", "has a port with leading zeros"
    if port == DEFAULT_PORTS.get(parts.scheme):
        return "origin-default-port", "spells out the default port of its scheme, which browsers leave out"
    return None


def _tail(parts: _Parts) -> _Problem | None:
    if parts.tail == "/":
        return "origin-trailing-slash", "ends with a slash, which no origin has"
    kinds = {
        "/": ("origin-path", "path"),
        "?": ("origin-query", "query"),
        "#": ("origin-fragment", "fragment"),
    }
    if parts.tail:
        code, part = kinds[parts.tail[0]]
        return code, f"has a {part}; an origin is only scheme://host[:port]"
    return None
