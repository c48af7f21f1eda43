"""The doors of the library: every way to put one request to a policy and to see its answer.

A door takes a policy and a :class:`Req` and returns an :class:`Answer`. Doors without an application act
as an embedder would: a preflight is answered with the decision's status, all else goes to the application.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, NamedTuple
from wsgiref.validate import validator

from fastcors.django import cross_origin as django_cross_origin
from fastcors.flask import CORS, cross_origin
from tests.support import c_api
from tests.support.django_app import DjangoApp
from tests.support.exchange import (
    APP_BODY,
    APP_HEADERS,
    APP_STATUS,
    Answer,
    AsgiApp,
    FlaskApp,
    Req,
    WsgiApp,
    call_asgi,
    call_wsgi,
    lower_of,
    text_of,
)
from tests.support.fields import decoded_hpack, decoded_qpack
from tests.support.readers import READERS
from tests.support.rsgi import RsgiApp, call_rsgi, scope_of
from tests.support.shims import middleware


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
    return text_of(found)


def _answer(decision: Any, headers: list[tuple[str, str]]) -> Answer:
    if decision.kind == "preflight":
        return Answer(False, decision.status, headers, decision.body)
    assert decision.status is None
    return Answer(True, APP_STATUS, headers, APP_BODY)


def _arguments(req: Req) -> tuple[bytes, bytes | None, bytes | None, list[bytes]]:
    origin = b", ".join(req.origins) if req.origins else None
    return req.method, origin, req.acrm, list(req.acrh)


def _more(policy: Any, req: Req) -> dict[str, Any]:
    """The keyword arguments of ``decide`` beside the values of the Origin and the requested method and headers."""
    return {"request_private_network": req.acrpn, **({"request": req.declared()} if policy.settings.vary else {})}


def decide(policy: Any, req: Req) -> Answer:
    decision = policy.decide(*_arguments(req), **_more(policy, req))
    return _answer(decision, text_of(decision.headers))


def decide_str(policy: Any, req: Req) -> Answer:
    def text(value: bytes | None) -> str | None:
        return None if value is None else value.decode("latin-1")

    method, origin, acrm, acrh = _arguments(req)
    more = {**_more(policy, req), "request_private_network": text(req.acrpn)}
    decision = policy.decide(text(method), text(origin), text(acrm), tuple(text(line) for line in acrh), **more)
    return _answer(decision, lower_of(decision.headers_str))


def block(policy: Any, req: Req) -> Answer:
    decision = policy.decide(*_arguments(req), **_more(policy, req))
    return _answer(decision, parse_block(decision.block))


def _field_lines(policy: Any, req: Req, decode: Callable[[Any], list[tuple[bytes, bytes]]]) -> Answer:
    decision = policy.decide(*_arguments(req), **_more(policy, req))
    fields = text_of(decode(decision))
    if decision.kind != "preflight":
        return _answer(decision, fields)
    (name, status), *rest = fields
    assert name == ":status"
    return Answer(False, int(status), rest, decision.body)


def hpack(policy: Any, req: Req) -> Answer:
    return _field_lines(policy, req, lambda decision: decoded_hpack(decision.hpack))


def qpack(policy: Any, req: Req) -> Answer:
    return _field_lines(policy, req, lambda decision: decoded_qpack(decision.qpack))


def write_into(policy: Any, req: Req) -> Answer:
    decision = policy.decide(*_arguments(req), **_more(policy, req))
    buffer = bytearray(b"\xee" * 20000)
    written = policy.write_into(buffer, 7, *_arguments(req), **_more(policy, req))
    assert (written.kind, written.status) == (decision.kind, decision.status)
    end = 7 + written.size
    assert buffer[:7] == b"\xee" * 7
    assert not buffer[end:].strip(b"\xee")
    return _answer(decision, parse_block(bytes(buffer[7:end])))


class SocketOf(NamedTuple):
    """As much of a socket as http.client reads a response from."""

    sent: bytes

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self.sent)


def write_whole_into(policy: Any, req: Req) -> Answer:
    """With the whole response to a preflight, which a client reads."""
    decision = policy.decide(*_arguments(req), **_more(policy, req))
    buffer = bytearray(20000)
    written = policy.write_into(buffer, 0, *_arguments(req), **_more(policy, req), whole=True)
    assert (written.kind, written.status) == (decision.kind, decision.status)
    if decision.kind != "preflight":
        return _answer(decision, parse_block(bytes(buffer[: written.size])))
    response = HTTPResponse(SocketOf(bytes(buffer[: written.size])))  # type: ignore[arg-type]
    response.begin()
    body = response.read()
    described = ("content-type", "content-length")
    headers = [(name.lower(), value) for name, value in response.getheaders() if name.lower() not in described]
    return Answer(False, response.status, headers, body)


def in_c(policy: Any, req: Req) -> Answer:
    """Through fastcors.h; of the native engine alone."""
    origin = req.origins[0] if req.origins else None
    found, _ = c_api.settled(
        policy,
        req.method,
        origin,
        req.acrm,
        req.acrh,
        private_network=req.acrpn,
        several=(len(req.origins) > 1, False),
        declared=(req.declared(),) if policy.settings.vary else (),
    )
    decision = policy.decide(*_arguments(req), **_more(policy, req))
    assert (found.status or None) == decision.status
    return _answer(decision, parse_block(found.wrote))


def decide_asgi(policy: Any, req: Req) -> Answer:
    decision = policy.decide_asgi(req.scope())
    return _answer(decision, text_of(decision.headers))


def decide_head(policy: Any, req: Req) -> Answer:
    decision = policy.decide_head(req.head(), path=req.path)
    return _answer(decision, text_of(decision.headers))


def write_head_into(policy: Any, req: Req) -> Answer:
    """Beside the head, in one buffer; the head begins with its first field line."""
    head = req.head(request_line=False)
    decision = policy.decide_head(head, method=req.method, path=req.path)
    buffer = bytearray(b"GET" + head + b"\xee" * 20000)
    size = 3 + len(head)
    written = policy.write_head_into(buffer, size, buffer, 3, size, method=req.method, path=req.path)
    end = size + written.size
    assert buffer[:size] == b"GET" + head
    assert not buffer[end:].strip(b"\xee")
    assert (written.kind, written.status) == (decision.kind, decision.status)
    return _answer(decision, parse_block(bytes(buffer[size:end])))


def decide_wsgi(policy: Any, req: Req) -> Answer:
    decision = policy.decide_wsgi(req.environ())
    return _answer(decision, lower_of(decision.headers_str))


def decide_rsgi(policy: Any, req: Req) -> Answer:
    decision = policy.decide_rsgi(scope_of(req))
    return _answer(decision, text_of(decision.headers))


def reader(name: str) -> Callable[[Any, Req], Answer]:
    """A door that hands the request to a policy by one of the readers."""

    def read(policy: Any, req: Req) -> Answer:
        decision = READERS[name](policy, req.method, req.lines(), req.path)
        return _answer(decision, text_of(decision.headers))

    return read


def response_headers(policy: Any, req: Req) -> Answer:
    pairs = policy.response_headers(req.lines())
    assert type(pairs) is tuple
    return Answer(True, APP_STATUS, text_of(pairs), APP_BODY)


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
    return Answer(ran, messages[0]["status"], text_of(headers), b"".join(m.get("body", b"") for m in messages[1:]))


def rsgi(policy: Any, req: Req) -> Answer:
    app = RsgiApp()
    result = call_rsgi(middleware("rsgi", policy)(app, policy), scope_of(req))
    ran = bool(app.calls)
    if ran:
        assert [pair for pair in result.headers if pair in app.headers] == app.headers
    assert all(name == name.lower() for name, _ in result.headers)
    return Answer(ran, result.status, result.headers, result.body)


def _wsgi(policy: Any, req: Req, wrap: Callable[[Any], Any]) -> Answer:
    app = WsgiApp()
    result = call_wsgi(wrap(middleware("wsgi", policy)(wrap(app), policy)), req.environ())
    ran = bool(app.calls)
    if ran:
        assert [pair for pair in result.headers if pair in app.headers] == app.headers
    return Answer(ran, int(result.status[:3]), lower_of(result.headers), result.body)


def wsgi(policy: Any, req: Req) -> Answer:
    return _wsgi(policy, req, lambda app: app)


def wsgi_validated(policy: Any, req: Req) -> Answer:
    """The same under ``wsgiref.validate``, on both sides of the shim."""
    return _wsgi(policy, req, validator)


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


DJANGO = "fastcors.django.CORSMiddleware"


@cache
def _django_app() -> DjangoApp:
    return DjangoApp(DJANGO, FASTCORS_POLICY=None)


def django(policy: Any, req: Req) -> Answer:
    """The middleware in a project whose setting is replaced for each request."""
    return _django_app().answer(req, FASTCORS_POLICY=policy)


def django_async(policy: Any, req: Req) -> Answer:
    """The middleware in asynchronous mode."""
    return _django_app().answer_async(req, FASTCORS_POLICY=policy)


_django_views: dict[int, tuple[Any, DjangoApp]] = {}


def django_view(policy: Any, req: Req) -> Answer:
    """``@cross_origin(policy)`` in a project with another policy."""
    if id(policy) not in _django_views:
        app = DjangoApp(DJANGO, decorate=django_cross_origin(policy), FASTCORS={"allow_origins": ["https://a.example"]})
        _django_views[id(policy)] = policy, app
    return _django_views[id(policy)][1].answer(req)


class Door(NamedTuple):
    name: str
    open: Callable[[Any, Req], Answer]
    fits: Callable[[Req], bool]
    """Whether the door takes the request."""
    engine: str | None = None
    """The module of the only engine that has the door."""


def _any(_req: Req) -> bool:
    return True


def _has_head(req: Req) -> bool:
    return req.has_head


def _no_plain_options(req: Req) -> bool:
    return req.is_preflight or req.method != b"OPTIONS"  # which a decorated view leaves to Flask


DOORS: Sequence[Door] = (
    Door("decide", decide, _any),
    Door("decide-str", decide_str, _any),
    Door("block", block, _any),
    Door("hpack", hpack, _any),
    Door("qpack", qpack, _any),
    Door("write_into", write_into, _any),
    Door("write_into, whole", write_whole_into, _any),
    Door("decide_head", decide_head, _has_head),
    Door("write_head_into", write_head_into, _has_head),
    Door("in-c", in_c, _any, "fastcors._core"),
    Door("decide_asgi", decide_asgi, _any),
    Door("decide_rsgi", decide_rsgi, _any),
    Door("decide_wsgi", decide_wsgi, _any),
    *(
        Door(name, reader(name), _any)
        for name in (
            "decide_mapping, multidict",
            "decide_mapping, dict of lists",
            "decide_h2, hpack",
            "RequestFeed, on_header",
            "RequestFeed, pieces",
        )
    ),
    Door("response_headers", response_headers, lambda req: not req.is_preflight),
    Door("asgi", asgi, _any),
    Door("rsgi", rsgi, _any),
    Door("wsgi", wsgi, _any),
    Door("wsgi-validated", wsgi_validated, _any),
    Door("flask", flask, _any),
    Door("flask-view", flask_view, _no_plain_options),
    Door("flask-view-extended", flask_view_extended, _no_plain_options),
    Door("django", django, _any),
    Door("django-async", django_async, _any),
    Door("django-view", django_view, _any),
)


def doors_of(policy: Any) -> list[Door]:
    """The doors that the policy's engine has."""
    engines = {kind.__module__ for kind in type(policy).__mro__ if kind.__name__ == "Engine"}
    return [door for door in DOORS if door.engine is None or door.engine in engines]


def through(policy: Any, req: Req, check: Callable[[Answer], None]) -> None:
    """Put the request through every door that takes it, check each answer, report all that fail by door."""
    failures = {}
    for door in doors_of(policy):
        if door.fits(req):
            try:
                check(door.open(policy, req))
            except AssertionError as error:
                failures[door.name] = str(error)
    assert not failures
