"""What is measured with: origins, requests as Chromium sends them, and fresh copies of all that.

Every operation gets objects that nobody has looked at before, as a server makes them for each request: a ``bytes``
that was used once as the key of a dict keeps its hash, and would flatter whatever is built on dicts.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any

__all__ = [
    "ACCEPTED",
    "BROWSER",
    "HEADERS",
    "HOSTILE",
    "STRANGER",
    "Pairs",
    "environ_of",
    "fresh_bytes",
    "fresh_headers",
    "fresh_str",
    "head_of",
    "origin",
    "requests",
    "sample",
    "scope_of",
    "strange_subdomain",
    "stranger",
    "subdomain",
    "wildcard",
]

Pairs = list[tuple[bytes, bytes]]

ACCEPTED = b"https://t000007.example.com"
"""Listed in every policy here with at least eight origins."""

STRANGER = b"https://x000007.example.com"
"""Listed in none."""

HOSTILE = b"," * 2**20
"""1 MiB of Access-Control-Request-Headers."""

AGENT = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HEADERS: Pairs = [
    (b"host", b"api.example.com"),
    (b"connection", b"keep-alive"),
    (b"sec-ch-ua-platform", b'"Linux"'),
    (b"authorization", b"Bearer 8f14e45fceea167a5a36dedd4bea2543"),
    (b"user-agent", AGENT),
    (b"sec-ch-ua", b'"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"'),
    (b"sec-ch-ua-mobile", b"?0"),
    (b"accept", b"*/*"),
    (b"origin", ACCEPTED),
    (b"sec-fetch-site", b"same-site"),
    (b"sec-fetch-mode", b"cors"),
    (b"sec-fetch-dest", b"empty"),
    (b"accept-encoding", b"gzip, deflate, br, zstd"),
    (b"accept-language", b"en-GB,en;q=0.9"),
]
"""A cross-origin GET: 14 headers, the origin in the ninth place."""

PREFLIGHT_HEADERS: Pairs = [
    (b"host", b"api.example.com"),
    (b"connection", b"keep-alive"),
    (b"accept", b"*/*"),
    (b"access-control-request-method", b"PUT"),
    (b"access-control-request-headers", b"authorization,content-type"),
    (b"origin", ACCEPTED),
    (b"user-agent", AGENT),
    (b"sec-fetch-mode", b"cors"),
    (b"sec-fetch-site", b"same-site"),
    (b"sec-fetch-dest", b"empty"),
    (b"referer", b"https://t000007.example.com/"),
    (b"accept-encoding", b"gzip, deflate, br, zstd"),
    (b"accept-language", b"en-GB,en;q=0.9"),
]

BROWSER = {"GET": HEADERS, "OPTIONS": PREFLIGHT_HEADERS}


def origin(i: int) -> str:
    """The origin number i of every list: 27 bytes."""
    return f"https://t{i:06}.example.com"


def wildcard(i: int) -> str:
    """The pattern number i, in 29 bytes."""
    return f"https://*.t{i:06}.example.com"


def subdomain(i: int) -> str:
    """An origin that the pattern number i stands for."""
    return f"https://www.t{i:06}.example.com"


def stranger(i: int) -> str:
    """A well-formed origin that is listed nowhere."""
    return f"https://x{i:06}.example.com"


def strange_subdomain(i: int) -> str:
    """One that no pattern stands for either."""
    return f"https://www.x{i:06}.example.com"


def sample(make: Callable[[int], str], n: int, count: int) -> list[bytes]:
    """So many of the first n at random, the same in every run."""
    numbers = random.Random(7)
    return [make(numbers.randrange(n)).encode() for _ in range(count)]


def requests(make: Callable[[], Any]) -> list[Any]:
    """Make some requests, few enough to stay in the nearest cache, where a server that has just parsed them finds
    them too; each stands in the list several times. No engine keeps anything of them in between.
    """
    return [make() for _ in range(8)] * 16


def fresh_bytes(text: bytes) -> bytes:
    """Make a copy that has no hash yet."""
    return bytes(bytearray(text))


def fresh_str(text: bytes) -> str:
    """Make a copy as a str, which has no hash yet."""
    return text.decode("ascii")


def fresh_headers(headers: Pairs, sender: bytes | None) -> Pairs:
    """Copy a header list down to the last byte, with another origin; None: a Referer stands in its place."""
    own = (b"origin", sender) if sender is not None else (b"referer", ACCEPTED)
    return [
        (fresh_bytes(name), fresh_bytes(value))
        for name, value in (own if pair[0] == b"origin" else pair for pair in headers)
    ]


def scope_of(method: str, sender: bytes | None, path: str = "/items") -> dict[str, object]:
    """Make the ASGI scope of a request, as a server does."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": fresh_str(path.encode()),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": fresh_headers(BROWSER[method], sender),
        "state": {},
    }


def head_of(method: str, sender: bytes | None, path: str = "/items") -> bytes:
    """Make the raw HTTP/1.1 head of a request."""
    lines = [b"%s: %s\r\n" % (name.title(), value) for name, value in fresh_headers(BROWSER[method], sender)]
    return b"%s %s HTTP/1.1\r\n%s\r\n" % (method.encode(), path.encode(), b"".join(lines))


def environ_of(method: str, sender: bytes | None, path: str = "/items") -> dict[str, object]:
    """Make the WSGI environ of a request."""
    environ: dict[str, object] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": fresh_str(path.encode()),
        "QUERY_STRING": "",
    }
    for name, value in fresh_headers(BROWSER[method], sender):
        environ["HTTP_" + fresh_str(name).upper().replace("-", "_")] = fresh_str(value)
    return environ
