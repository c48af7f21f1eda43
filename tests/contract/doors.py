"""The doors of the library: every way to put one request to a policy and to see its answer.

A door takes a policy and a :class:`Req` and returns an :class:`Answer`. Doors without an application act
as an embedder would: a preflight is answered with the decision's status, all else goes to the application.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from flask import Flask, Response
from flask.views import View

from fastcors.flask import CORS, cross_origin
from tests.support.shims import middleware

APP_STATUS = 207
APP_BODY = b"the application's answer"
APP_HEADERS = [(b"content-type", b"text/x-app"), (b"x-app", b"1")]


@dataclass(frozen=True)
class Req:
    """One request, as the lines that were on the wire."""

    method: bytes = b"GET"
    origins: tuple[bytes, ...] = ()
    acrm: bytes | None = None
    acrh: tuple[bytes, ...] = ()
    acrpn: bytes | None = None

    @property
    def is_preflight(self) -> bool:
        return self.method == b"OPTIONS" and bool(self.origins) and self.acrm is not None

    def lines(self) -> list[tuple[bytes, bytes]]:
        """The request's header lines in ASGI form."""
        found = [(b"host", b"api.example"), (b"user-agent", b"x")]
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
            "path": "/thing",
            "raw_path": b"/thing",
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
            "PATH_INFO": "/thing",
            "QUERY_STRING": "",
        }
        joined: dict[bytes, list[bytes]] = {}
        for name, value in self.lines():
            joined.setdefault(name, []).append(value)
        for name, values in joined.items():
            key = "HTTP_" + name.decode("ascii").upper().replace("-", "_")
            environ[key] = b",".join(values).decode("latin-1")
        setup_testing_defaults(environ)
        return environ


def pre(method: bytes, *lines: bytes, origin: bytes, private: bytes | None = None) -> Req:
    """A preflight for ``method`` with these ``Access-Control-Request-Headers`` lines."""
    return Req(b"OPTIONS", (origin,), method, lines, private)


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


def _text(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs]


def _lower(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in pairs]


def parse_block(block: bytes) -> list[tuple[str, str]]:
    """The lines of an HTTP/1.1 header block: each ends with CRLF, none is empty or folded."""
    assert type(block) is bytes
    if not block:
        return []
    assert block.endswith(b"\r\n")
    found = []
    for line in block[:-2].split(b"\r\n"):
        name, separator, value = line.partition(b": ")
        assert separator
        assert name
        assert not name[:1].isspace()
        assert b"\n" not in line
        assert b"\r" not in line
        found.append((name, value))
    return _text(found)


def _answer(decision: Any, headers: list[tuple[str, str]]) -> Answer:
    if decision.kind == "preflight":
        return Answer(False, decision.status, headers, decision.body)
    assert decision.status is None
    return Answer(True, APP_STATUS, headers, APP_BODY)


def _arguments(req: Req) -> tuple[bytes, bytes | None, bytes | None, list[bytes]]:
    origin = b", ".join(req.origins) if req.origins else None
    return req.method, origin, req.acrm, list(req.acrh)


def decide(policy: Any, req: Req) -> Answer:
    decision = policy.decide(*_arguments(req), request_private_network=req.acrpn)
    return _answer(decision, _text(decision.headers))


def decide_str(policy: Any, req: Req) -> Answer:
    def text(value: bytes | None) -> str | None:
        return None if value is None else value.decode("latin-1")

    method, origin, acrm, acrh = _arguments(req)
    decision = policy.decide(
        text(method),
        text(origin),
        text(acrm),
        tuple(text(line) for line in acrh),
        request_private_network=text(req.acrpn),
    )
    return _answer(decision, _lower(decision.headers_str))


def block(policy: Any, req: Req) -> Answer:
    decision = policy.decide(*_arguments(req), request_private_network=req.acrpn)
    return _answer(decision, parse_block(decision.block))


def write_into(policy: Any, req: Req) -> Answer:
    decision = policy.decide(*_arguments(req), request_private_network=req.acrpn)
    buffer = bytearray(b"\xee" * 20000)
    written = policy.write_into(buffer, 7, *_arguments(req), request_private_network=req.acrpn)
    assert buffer[:7] == b"\xee" * 7
    assert not buffer[7 + written :].strip(b"\xee")
    return _answer(decision, parse_block(bytes(buffer[7 : 7 + written])))


def decide_asgi(policy: Any, req: Req) -> Answer:
    decision = policy.decide_asgi(req.scope())
    return _answer(decision, _text(decision.headers))


def decide_wsgi(policy: Any, req: Req) -> Answer:
    decision = policy.decide_wsgi(req.environ())
    return _answer(decision, _lower(decision.headers_str))


def response_headers(policy: Any, req: Req) -> Answer:
    pairs = policy.response_headers(req.lines())
    assert type(pairs) is tuple
    return Answer(True, APP_STATUS, _text(pairs), APP_BODY)


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


def asgi(policy: Any, req: Req) -> Answer:
    app = AsgiApp()
    messages = call_asgi(middleware("asgi", policy)(app, policy), req.scope())
    assert messages[0]["type"] == "http.response.start"
    assert {message["type"] for message in messages[1:]} == {"http.response.body"}
    assert not messages[-1].get("more_body", False)
    headers = messages[0]["headers"]
    ran = bool(app.calls)
    if ran:
        assert [pair for pair in headers if pair in APP_HEADERS] == APP_HEADERS
    return Answer(ran, messages[0]["status"], _text(headers), b"".join(m.get("body", b"") for m in messages[1:]))


@dataclass
class WsgiApp:
    """The WSGI counterpart of :class:`AsgiApp`."""

    status: str = f"{APP_STATUS} Multi-Status"
    headers: list[tuple[str, str]] = field(default_factory=lambda: _lower(_text(APP_HEADERS)))
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


def _wsgi(policy: Any, req: Req, wrap: Callable[[Any], Any]) -> Answer:
    app = WsgiApp()
    result = call_wsgi(wrap(middleware("wsgi", policy)(wrap(app), policy)), req.environ())
    ran = bool(app.calls)
    if ran:
        assert [pair for pair in result.headers if pair in app.headers] == app.headers
    return Answer(ran, int(result.status[:3]), _lower(result.headers), result.body)


def wsgi(policy: Any, req: Req) -> Answer:
    return _wsgi(policy, req, lambda app: app)


def wsgi_validated(policy: Any, req: Req) -> Answer:
    """The same under ``wsgiref.validate``, on both sides of the shim."""
    return _wsgi(policy, req, validator)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "HELP")


class FlaskApp:
    """A Flask application that answers at ``/thing`` as :class:`WsgiApp` does."""

    def __init__(self, decorate: Callable[[Any], Any] = lambda view: view) -> None:
        self.flask = Flask(__name__, static_folder=None)
        self.headers = _lower(_text(APP_HEADERS))
        self.calls = 0

        class Thing(View):
            methods = METHODS
            decorators = [decorate]
            provide_automatic_options = False

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
        return Answer(ran, int(result.status[:3]), _lower(result.headers), result.body)


@cache
def _flask_app(policy_class: type) -> FlaskApp:
    app = FlaskApp()
    CORS(app.flask, policy=None)
    return app


def flask(policy: Any, req: Req) -> Answer:
    """``CORS(app)``; there is one application for each engine, whose policy is replaced for each request."""
    app = _flask_app(type(policy))
    app.flask.extensions["fastcors"].policy = policy
    return app.answer(req)


_decorated: dict[int, tuple[Any, dict[bool, FlaskApp]]] = {}


def _view(policy: Any, req: Req, extended: bool) -> Answer:
    _, apps = _decorated.setdefault(id(policy), (policy, {}))  # which keeps the policy, and so its number
    if extended not in apps:
        apps[extended] = FlaskApp(cross_origin(policy))
        if extended:
            CORS(apps[extended].flask, allow_origins=["https://the-view-has-its-own.example"])
    return apps[extended].answer(req)


def flask_view(policy: Any, req: Req) -> Answer:
    """``@cross_origin(policy)`` alone."""
    return _view(policy, req, False)


def flask_view_extended(policy: Any, req: Req) -> Answer:
    """``@cross_origin(policy)`` under ``CORS(app)`` with another policy."""
    return _view(policy, req, True)


class Door(NamedTuple):
    name: str
    open: Callable[[Any, Req], Answer]
    fits: Callable[[Req, bool], bool]
    """Whether the door takes the request; the second argument says that the shim answers without content and
    without a Content-Type, which ``wsgiref.validate`` takes with the status 204 only."""


def _any(_req: Req, _untyped: bool) -> bool:
    return True


def _no_plain_options(req: Req, _untyped: bool) -> bool:
    return req.is_preflight or req.method != b"OPTIONS"  # which a decorated view leaves to Flask


DOORS: Sequence[Door] = (
    Door("decide", decide, _any),
    Door("decide-str", decide_str, _any),
    Door("block", block, _any),
    Door("write_into", write_into, _any),
    Door("decide_asgi", decide_asgi, _any),
    Door("decide_wsgi", decide_wsgi, _any),
    Door("response_headers", response_headers, lambda req, _: not req.is_preflight),
    Door("asgi", asgi, _any),
    Door("wsgi", wsgi, _any),
    Door("wsgi-validated", wsgi_validated, lambda _, untyped: not untyped),
    Door("flask", flask, _any),
    Door("flask-view", flask_view, _no_plain_options),
    Door("flask-view-extended", flask_view_extended, _no_plain_options),
)


def through(policy: Any, req: Req, check: Callable[[Answer], None], *, untyped: bool = False) -> None:
    """Put the request through every door that takes it, check each answer, report all that fail by door."""
    failures = {}
    for door in DOORS:
        if door.fits(req, untyped):
            try:
                check(door.open(policy, req))
            except AssertionError as error:
                failures[door.name] = str(error)
    assert not failures
