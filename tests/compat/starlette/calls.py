"""Requests to the drop-in for Starlette, without a server."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from fastcors import InsecurePolicyWarning
from tests.support.exchange import AsgiApp, call_asgi

GOOD, OTHER = "https://a.example", "https://other.example"


VARY_PREFLIGHT = (
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"
)


ACAO, ACAH, ACAPN = (f"access-control-allow-{what}" for what in ("origin", "headers", "private-network"))


def scope_of(method: str, origin: str | bytes | None = GOOD, *more: tuple[str, str]) -> dict[str, Any]:
    headers = [(b"host", b"api.example"), (b"accept", b"*/*")]
    if origin is not None:
        headers.append((b"origin", origin if isinstance(origin, bytes) else origin.encode("latin-1")))
    headers += [(name.encode(), value.encode("latin-1")) for name, value in more]
    return {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": headers}


def preflight(
    origin: str | bytes | None = GOOD, method: str = "GET", names: str | None = None, private: str | None = None
) -> dict[str, Any]:
    more = [("access-control-request-method", method)]
    if names is not None:
        more.append(("access-control-request-headers", names))
    if private is not None:
        more.append(("access-control-request-private-network", private))
    return scope_of("OPTIONS", origin, *more)


class Response:
    """What came back: ``headers`` by lower-case name, and each name of a CORS header once only."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start, *rest = messages
        self.status: int = start["status"]
        self.raw: list[tuple[bytes, bytes]] = start["headers"]
        self.body = b"".join(message["body"] for message in rest)
        self.headers: dict[str, str] = {}
        for name, value in self.raw:
            key = name.decode().lower()
            assert not key.startswith("access-control-") or key not in self.headers, key
            self.headers[key] = ", ".join(filter(None, [self.headers.get(key), value.decode("latin-1")]))


def ask(middleware: Any, scope: dict[str, Any]) -> Response:
    return Response(call_asgi(middleware, scope))


def quiet(module: Any, app: Any = None, *arguments: Any, **parameters: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecurePolicyWarning)
        return module.CORSMiddleware(app or AsgiApp(), *arguments, **parameters)


CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"allow_origins": [GOOD]},
    {"allow_origins": (GOOD, "http://localhost:8080"), "allow_credentials": True, "expose_headers": ["X-A", "X-B"]},
    {"allow_origins": {GOOD}, "allow_methods": ["POST", "PURGE"], "allow_headers": ["X-One", "content-type"]},
    {"allow_origins": ["*"]},
    {"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"], "max_age": 5},
    {"allow_origins": ["*"], "allow_credentials": True, "allow_headers": ["*"], "expose_headers": ["X-A"]},
    {"allow_origins": [GOOD], "allow_credentials": True, "expose_headers": ["*"]},
    {"allow_origin_regex": r"https://[a-z]+\.example", "allow_credentials": True},
    {"allow_origins": [OTHER, "https://my_host.example"], "allow_origin_regex": r"https://a\.example"},
    {"allow_origins": ["*"], "allow_private_network": True},
    {"allow_origins": ["example.com", GOOD + "/", "https://*.example"]},
    {"allow_origins": ["null"]},
]


REQUESTS = [
    *(scope_of(method, origin) for method in ("GET", "POST", "OPTIONS") for origin in (None, GOOD, OTHER, "null")),
    scope_of("GET", "https://my_host.example"),
    scope_of("GET", "example.com"),
    scope_of("OPTIONS", None, ("access-control-request-method", "GET")),
    *(
        preflight(origin, method, names, private)
        for origin in (GOOD, OTHER, "null", "example.com")
        for method in ("GET", "POST", "PURGE", "post")
        for names in (None, "x-one", "x-one,x-two", "X-One, Content-Type", "accept")
        for private in (None, "true")
    ),
]


WITH = {"allow_credentials": True}


NEW = "https://new.example"


CHANGES: list[tuple[str, Callable[[Any], None]]] = [
    ("extended", lambda origins: grow(origins, NEW)),
    ("shortened", lambda origins: origins.remove(GOOD)),
    ("exchanged, of the same length", lambda origins: (origins.remove(OTHER), grow(origins, OTHER + ":8443"))),
    ("emptied", lambda origins: origins.clear()),
    ("filled again", lambda origins: [grow(origins, text) for text in (GOOD, OTHER)]),
    ("with what is no origin", lambda origins: grow(origins, "not an origin")),
    ("with what is no string", lambda origins: grow(origins, 7)),
    ("with null", lambda origins: grow(origins, "null")),
    ("with a star, which counts at the start alone", lambda origins: grow(origins, "*")),
    ("with all that is odd taken out", lambda origins: [origins.remove(x) for x in ("not an origin", 7, "null", "*")]),
]


def grow(origins: Any, text: object) -> None:
    origins.add(text) if isinstance(origins, set) else origins.append(text)
