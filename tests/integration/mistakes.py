"""A server with the classic mistakes of CORS, one for each path, and the requests of a page that meets them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from fastcors import Policy

__all__ = ["CASES", "Case", "serve_mistakes"]

Answer = tuple[int, list[tuple[str, str]]]
Behaviour = Callable[[str, str, str], Answer]
"""Makes the answer from the method, the page's origin and the URL of the other server."""


class Case(NamedTuple):
    """A request of a page, and the answer that it gets."""

    name: str
    answer: Behaviour
    method: str = "GET"
    headers: Mapping[str, str] = {}
    credentials: bool = False


def always(*headers: tuple[str, str], status: int = 200) -> Behaviour:
    """The same answer to every request; ``ORIGIN`` stands for the page's."""

    def answer(method: str, origin: str, other: str) -> Answer:
        return status, [(name, value.replace("ORIGIN", origin).replace("OTHER", other)) for name, value in headers]

    return answer


def preflight(answer: Behaviour, then: Behaviour) -> Behaviour:
    """One answer to OPTIONS, another one to the rest."""
    return lambda method, origin, other: (answer if method == "OPTIONS" else then)(method, origin, other)


ACAO, ACAC = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
ACAM, ACAH = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
GOOD = always((ACAO, "ORIGIN"))
BOTH = always((ACAO, "ORIGIN"), (ACAC, "true"))
ALL = ((ACAM, "PUT"), (ACAH, "x-key, authorization, content-type"))


def put(*headers: tuple[str, str], status: int = 204) -> Behaviour:
    """A preflight with an origin that passes, and these headers."""
    return preflight(always((ACAO, "ORIGIN"), *headers, status=status), GOOD)


def put_with_credentials(*headers: tuple[str, str]) -> Behaviour:
    """A preflight with an origin that passes with its credentials, and these headers."""
    return preflight(always((ACAO, "ORIGIN"), (ACAC, "true"), *headers, status=204), BOTH)


CASES = [
    Case("all is right", GOOD),
    Case("all is right, with credentials", BOTH, credentials=True),
    Case("all is right, with a preflight", put(*ALL), "PUT", {"X-Key": "1"}),
    Case("every origin", always((ACAO, "*"))),
    Case("no header", always()),
    Case("no header on an error", always(status=500)),
    Case("a header on an error", always((ACAO, "ORIGIN"), status=500)),
    Case("every origin with credentials", always((ACAO, "*"), (ACAC, "true")), credentials=True),
    Case("another origin", always((ACAO, "https://other.example"))),
    Case("a slash at the end", always((ACAO, "ORIGIN/"))),
    Case("no scheme", always((ACAO, "app.example.com"))),
    Case("an empty value", always((ACAO, ""))),
    Case("null", always((ACAO, "null"))),
    Case("two lines", always((ACAO, "ORIGIN"), (ACAO, "ORIGIN"))),
    Case("a list", always((ACAO, "ORIGIN, https://other.example"))),
    Case("white space around", always((ACAO, "  ORIGIN  "))),
    Case("credentials not allowed", GOOD, credentials=True),
    Case("credentials True", always((ACAO, "ORIGIN"), (ACAC, "True")), credentials=True),
    Case("preflight not found", put(*ALL, status=404), "PUT"),
    Case("preflight needs a login", preflight(always(status=401), GOOD), "PUT"),
    Case("preflight redirected", put(*ALL, ("Location", "/"), status=307), "PUT"),
    Case("preflight with another 2xx", put(*ALL, status=299), "PUT"),
    Case("preflight of another origin", preflight(always((ACAO, "https://other.example"), *ALL), GOOD), "PUT"),
    Case("method missing", put((ACAH, "x-key")), "PUT"),
    Case("method in lower case", put((ACAM, "put")), "PUT"),
    Case("method that fetch leaves alone", put((ACAM, "PATCH")), "patch"),
    Case("every method", put((ACAM, "*")), "PUT"),
    Case(
        "every method, with credentials",
        preflight(always((ACAO, "ORIGIN"), (ACAC, "true"), (ACAM, "*")), BOTH),
        "PUT",
        {},
        True,
    ),
    Case("methods malformed", put((ACAM, "PUT, b@d")), "PUT"),
    Case("header missing", put((ACAH, "x-other")), "GET", {"X-Key": "1"}),
    Case("header in another letter case", put((ACAH, "X-KEY")), "GET", {"X-Key": "1"}),
    Case("every header", put((ACAH, "*")), "GET", {"X-Key": "1"}),
    Case(
        "every header, with credentials",
        preflight(always((ACAO, "ORIGIN"), (ACAC, "true"), (ACAH, "*")), BOTH),
        "GET",
        {"X-Key": "1"},
        True,
    ),
    Case("every header, with Authorization", put((ACAH, "*")), "GET", {"Authorization": "Basic eDp5"}),
    Case("every header and Authorization", put((ACAH, "*, Authorization")), "GET", {"Authorization": "Basic eDp5"}),
    Case("headers malformed", put((ACAH, "x-key, b@d")), "GET", {"X-Key": "1"}),
    Case("content type of JSON", put((ACAM, "PUT")), "POST", {"Content-Type": "application/json"}),
    Case("content type of a form", GOOD, "POST", {"Content-Type": "text/plain"}),
    Case("redirect to itself", always((ACAO, "ORIGIN"), ("Location", "/0"), status=302)),
    Case("redirect without a header", always(("Location", "/0"), status=302)),
    Case("redirect to another site", always((ACAO, "ORIGIN"), ("Location", "OTHER/0"), status=302)),
    Case("redirect with a password", always((ACAO, "ORIGIN"), ("Location", "http://u:p@127.0.0.1:1/"), status=302)),
    Case("redirect to a file", always((ACAO, "ORIGIN"), ("Location", "data:,x"), status=302)),
]

POLICY = Policy(allow_origins=["http://localhost:*"], allow_methods=["PUT"], allow_headers=["X-Key"])


def fastcors(method: str, origin: str, other: str) -> Answer:
    """What fastcors answers; the page's requests are for PUT with X-Key."""
    requested = ("PUT", "x-key") if method == "OPTIONS" else ()
    decision = POLICY.decide(method, origin, *requested)
    return decision.status or 200, decision.headers_str


CASES += [
    Case("fastcors allows", fastcors, "PUT", {"X-Key": "1"}),
    Case("fastcors allows no credentials", fastcors, credentials=True),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server: _Server

    def answer(self) -> None:
        """Answer as the case of the path does: ``/3`` is the fourth."""
        size = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(size)
        number = self.path.strip("/")
        origin = self.headers.get("Origin", "")
        case = CASES[int(number)] if number.isdecimal() else CASES[0]
        status, headers = case.answer(self.command, origin, self.server.other)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_OPTIONS = do_DELETE = do_patch = answer  # noqa: N815 - the handler's names

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    other = ""


@contextmanager
def serve_mistakes() -> Iterator[str]:
    """Serve every case twice, on two origins that redirect to each other; yields the URL of the first."""
    servers = [_Server(("127.0.0.1", 0), _Handler) for _ in range(2)]
    urls = [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]
    for server, other in zip(servers, reversed(urls), strict=True):
        server.other = other
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield urls[0]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
