"""One request, the applications that it may reach, and what came back: through ASGI, WSGI and Flask."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from wsgiref.util import setup_testing_defaults

from flask import Flask, Response
from flask.views import View

APP_STATUS = 207
APP_BODY = b"the application's answer"
APP_HEADERS = [(b"content-type", b"text/x-app"), (b"x-app", b"1")]
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Req:
    """One request, as the lines that were on the wire."""

    method: bytes = b"GET"
    origins: tuple[bytes, ...] = ()
    acrm: bytes | None = None
    acrh: tuple[bytes, ...] = ()
    acrpn: bytes | None = None
    host: bytes = b"api.example"
    more: tuple[tuple[bytes, bytes], ...] = ()
    path: str = "/thing"

    @property
    def is_preflight(self) -> bool:
        return self.method == b"OPTIONS" and bool(self.origins) and self.acrm is not None

    def lines(self) -> list[tuple[bytes, bytes]]:
        """The request's header lines in ASGI form."""
        found = [(b"host", self.host), (b"user-agent", b"x"), *self.more]
        found += [(b"origin", value) for value in self.origins]
        if self.acrm is not None:
            found.append((b"access-control-request-method", self.acrm))
        found += [(b"access-control-request-headers", value) for value in self.acrh]
        if self.acrpn is not None:
            found.append((b"access-control-request-private-network", self.acrpn))
        return [*found, (b"accept", b"*/*")]

    def scope(self) -> dict[str, Any]:
        """The ASGI 3 "http" scope of it."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method.decode("latin-1"),
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": self.lines(),
            "client": ("127.0.0.1", 5000),
            "server": ("127.0.0.1", 8000),
        }

    def environ(self) -> dict[str, Any]:
        """The WSGI environ of it; lines of one name are joined by a comma, as servers do."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method.decode("latin-1"),
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.encode().decode("latin-1"),
            "QUERY_STRING": "",
        }
        joined: dict[bytes, list[bytes]] = {}
        for name, value in self.lines():
            joined.setdefault(name, []).append(value)
        for name, values in joined.items():
            key = name.decode("ascii").upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            environ[key] = b",".join(values).decode("latin-1")
        setup_testing_defaults(environ)
        return environ

    @property
    def has_head(self) -> bool:
        """Whether it can come over the wire as it is, in HTTP/1.1: its values are those of the grammar."""
        values = [value for _, value in self.lines()]
        return (
            self.path.isascii()
            and not any(value != value.strip(b" \t") for value in values)
            and not any(_CONTROLS.search(value) for value in [self.path.encode(), *values])
        )

    def head(self, *, request_line: bool = True) -> bytes:
        """The HTTP/1.1 head of it, names in Title-Case; without its request line it begins with the first field."""
        lines = [b"%s %s HTTP/1.1\r\n" % (self.method, self.path.encode())] if request_line else []
        return b"".join([*lines, *(b"%s: %s\r\n" % (name.title(), value) for name, value in self.lines()), b"\r\n"])

    def declared(self) -> dict[str, str | bytes | None]:
        """What a policy's ``vary`` may declare of it, as ``decide`` takes it."""
        joined: dict[str, bytes] = {}
        for name, value in self.lines():
            key = name.decode("ascii")
            joined[key] = joined[key] + b", " + value if key in joined else value
        return {**joined, ":method": self.method, ":path": self.path, ":authority": self.host}


def pre(method: bytes, *lines: bytes, origin: bytes, private: bytes | None = None, **rest: Any) -> Req:
    """A preflight for ``method`` with these ``Access-Control-Request-Headers`` lines."""
    return Req(b"OPTIONS", (origin,), method, lines, private, **rest)


class Answer(NamedTuple):
    """What came back. ``headers`` holds lower-case names; of the application's own only the foreign ones."""

    app_ran: bool
    status: int | None
    headers: list[tuple[str, str]]
    body: bytes = b""

    def cors(self) -> dict[str, str]:
        """The CORS headers, Timing-Allow-Origin and Vary, each of which may be there once only."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name.startswith("access-control-") or name in ("vary", "timing-allow-origin"):
                assert name not in found, f"two lines of {name}"
                found[name] = value
        return found


def text_of(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Header pairs of bytes as text, with lower-case names."""
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs]


def lower_of(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Header pairs with lower-case names."""
    return [(name.lower(), value) for name, value in pairs]


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits for anything, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise AssertionError("the coroutine waited for something")


@dataclass
class AsgiApp:
    """An application that records what it was called with and answers with what it was told."""

    status: int = APP_STATUS
    headers: Any = field(default_factory=lambda: list(APP_HEADERS))
    body: bytes = APP_BODY
    extra: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[Any, Any, Any]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append((scope, receive, send))
        start = {"type": "http.response.start", "status": self.status, **self.extra}
        if self.headers is not None:
            start["headers"] = self.headers
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


async def no_receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def call_asgi(app: Any, scope: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages that ``app`` sends for ``scope``."""
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    drive(app(scope, no_receive, send))
    return messages


@dataclass
class WsgiApp:
    """The WSGI counterpart of :class:`AsgiApp`."""

    status: str = f"{APP_STATUS} Multi-Status"
    headers: list[tuple[str, str]] = field(default_factory=lambda: lower_of(text_of(APP_HEADERS)))
    body: bytes = APP_BODY
    calls: list[Any] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.calls.append(environ)
        start_response(self.status, list(self.headers))
        return [self.body]


class WsgiResult(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    starts: int


def call_wsgi(app: Any, environ: dict[str, Any]) -> WsgiResult:
    """Run ``app`` as a server does: start, iterate, close."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        if exc_info is None:
            assert not started, "start_response was called twice without exc_info"
        started.append((status, headers))
        return written.append

    result = app(environ, start_response)
    try:
        for chunk in result:
            assert started
            written.append(chunk)
    finally:
        if hasattr(result, "close"):
            result.close()
    assert started
    return WsgiResult(*started[-1], b"".join(written), len(started))


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "HELP")


class FlaskApp:
    """A Flask application that answers at ``/thing`` as :class:`WsgiApp` does; OPTIONS too, or as Flask does."""

    def __init__(self, decorate: Callable[[Any], Any] = lambda view: view, *, own_options: bool = True) -> None:
        self.flask = Flask(__name__, static_folder=None)
        self.headers = lower_of(text_of(APP_HEADERS))
        self.calls = 0

        class Thing(View):
            methods = [method for method in METHODS if own_options or method != "OPTIONS"]
            decorators = [decorate]
            provide_automatic_options = False if own_options else None

            def dispatch_request(view) -> Response:  # noqa: N805
                self.calls += 1
                response = Response(APP_BODY, APP_STATUS)
                response.headers[:] = self.headers
                return response

        self.flask.add_url_rule("/thing", view_func=Thing.as_view("thing"))

    def answer(self, req: Req) -> Answer:
        before = self.calls
        result = call_wsgi(self.flask, req.environ())
        ran = self.calls > before
        if ran:
            assert [pair for pair in result.headers if pair in self.headers] == self.headers
        return Answer(ran, int(result.status[:3]), lower_of(result.headers), result.body)
