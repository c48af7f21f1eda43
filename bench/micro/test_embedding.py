"""What servers and gateways use: each reader on the form of headers that it is for, each writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPMessage
from importlib import import_module
from typing import Any

from hpack import HeaderTuple
from multidict import CIMultiDict
from starlette.datastructures import Headers as StarletteHeaders
from tornado.httputil import HTTPHeaders

from bench.micro.inputs import ACCEPTED, BROWSER, Pairs, fresh_bytes, fresh_headers, fresh_str, requests
from bench.micro.policies import engine_module
from bench.micro.rows import Row, engine_row

KEYS = 256
REQUESTS = (
    ("no Origin", "GET", None, "not-cors"),
    ("allowed", "GET", ACCEPTED, "ok"),
    ("preflight accepted", "OPTIONS", ACCEPTED, "ok"),
)
Make = Callable[[str, Pairs], Any]


def text(headers: Pairs) -> list[tuple[str, str]]:
    return [(fresh_str(name), fresh_str(value)) for name, value in headers]


def message(headers: Pairs) -> HTTPMessage:
    made = HTTPMessage()
    for name, value in text(headers):
        made[name] = value
    return made


def tornado(headers: Pairs) -> HTTPHeaders:
    made = HTTPHeaders()
    for name, value in text(headers):
        made.add(name, value)
    return made


def h2_list(method: str, headers: Pairs) -> list[HeaderTuple]:
    pseudo = [(b":method", method.encode()), (b":scheme", b"https"), (b":path", b"/items"), (b":authority", b"api")]
    return [HeaderTuple(*pair) for pair in (*pseudo, *headers[1:])]


FORMS: tuple[tuple[str, str, Make], ...] = (
    ("decide_pairs(method, pairs)", "call.decide_pairs(*{it})", lambda method, headers: (method, headers)),
    (
        "decide_mapping(method, CIMultiDict)",
        "call.decide_mapping(*{it})",
        lambda method, headers: (method, CIMultiDict(text(headers))),
    ),
    (
        "decide_mapping(method, dict)",
        "call.decide_mapping(*{it})",
        lambda method, headers: (method, dict(text(headers))),
    ),
    (
        "decide_mapping(method, Starlette's)",
        "call.decide_mapping(*{it})",
        lambda method, headers: (method, StarletteHeaders(raw=headers)),
    ),
    (
        "decide_mapping(method, Tornado's)",
        "call.decide_mapping(*{it})",
        lambda method, headers: (method, tornado(headers)),
    ),
    (
        "decide_mapping(method, http.server's)",
        "call.decide_mapping(*{it})",
        lambda method, headers: (method, message(headers)),
    ),
    ("decide_h2(hpack's list)", "call.decide_h2({it})", h2_list),
)


def reader_row(form: str, statement: str, make: Make, name: str, method: str, sender: bytes | None, reason: str) -> Row:
    return engine_row(
        "read a request, 1,000 origins",
        f"{form}, {name}",
        statement,
        lambda made: requests(lambda: make(method, fresh_headers(BROWSER[method], sender))),
        lambda decision: decision.reason.value == reason,
    )


def feeding(made: Any) -> Callable[[tuple[str, Pairs]], Any]:
    """What a parser does with a feed, from Python: each field, the decision, and clear() for the next request."""
    room = "fastcors._twin.feed" if isinstance(made, engine_module("twin").Engine) else "fastcors._core"
    feed = import_module(room).RequestFeed(made)

    def feed_it(request: tuple[str, Pairs]) -> Any:
        on_header = feed.on_header
        for field, value in request[1]:
            on_header(field, value)
        decision = feed.decide(request[0])
        feed.clear()
        return decision

    return feed_it


def feed_row(name: str, method: str, sender: bytes | None, reason: str) -> Row:
    return engine_row(
        "read a request, 1,000 origins",
        f"RequestFeed, called from Python, {name}",
        "call({it})",
        lambda made: requests(lambda: (method, fresh_headers(BROWSER[method], sender))),
        lambda decision: decision.reason.value == reason,
        bind=feeding,
    )


def decisions(kind: str) -> Callable[[Any], list[Any]]:
    arguments = ("OPTIONS", "PUT", "authorization,content-type") if kind == "preflight" else ("GET",)
    method, *rest = arguments
    return lambda made: [made.decide(method, fresh_bytes(ACCEPTED), *rest) for _ in range(KEYS)]


def writer_row(name: str, kind: str, expect: Callable[[Any], object]) -> Row:
    return engine_row("write a response", f"Decision.{name}, {kind}", "{it}." + name, decisions(kind), expect)


ROWS = [
    replace(row, group="Embedding")
    for row in (
        *(reader_row(*form, *request) for form in FORMS for request in REQUESTS),
        *(feed_row(*request) for request in REQUESTS),
        *(
            writer_row(name, kind, lambda answer: ACCEPTED in answer)
            for name in ("hpack", "qpack", "qpack_lines")
            for kind in ("allowed", "preflight")
        ),
        writer_row("headers_str_lower", "allowed", lambda answer: answer[0][1] == ACCEPTED.decode()),
        writer_row("asgi_messages", "preflight", lambda answer: answer[0]["status"] == 204),
        writer_row("rsgi_response", "preflight", lambda answer: answer[0] == 204),
    )
]


def test_embedding(case: Any, measure: Any) -> None:
    measure(case)
