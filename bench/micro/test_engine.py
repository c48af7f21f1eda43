"""The engine from Python: find, match, decide, write, merge."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from bench.micro.inputs import (
    ACCEPTED,
    HEADERS,
    HOSTILE,
    STRANGER,
    environ_of,
    fresh_bytes,
    fresh_headers,
    fresh_str,
    head_of,
    origin,
    requests,
    sample,
    scope_of,
    strange_subdomain,
    stranger,
    subdomain,
)
from bench.micro.policies import MILLION, policy
from bench.micro.rows import Row, Target, engine_row

KEYS = 256

MALFORMED = b"https://t000007.example.com/"
PREFLIGHT = "'OPTIONS', {it}, 'PUT', 'authorization,content-type'"
APP_ASGI = [
    (b"content-type", b"application/json"),
    (b"content-length", b"11"),
    (b"cache-control", b"no-store"),
    (b"etag", b'"33a64df5"'),
    (b"x-total-count", b"1"),
]
APP_WSGI = [(name.decode().title(), value.decode()) for name, value in APP_ASGI]


def keys(make: Callable[[int], str], n: int) -> Callable[[Any], list[bytes]]:
    chosen = sample(make, n, KEYS)
    return lambda made: [fresh_bytes(text) for text in chosen]


def same(text: bytes | None, n: int = KEYS) -> Callable[[Any], list[bytes | None]]:
    return lambda made: [None if text is None else fresh_bytes(text) for _ in range(n)]


def header_lists(headers: list[tuple[bytes, bytes]], sender: bytes | None) -> Callable[[Any], list[Any]]:
    return lambda made: requests(lambda: fresh_headers(headers, sender))


def names(answer: Any) -> list[str]:
    """The header names of an answer, without their common beginning."""
    pairs = [(str(name, "ascii") if isinstance(name, bytes) else name, value) for name, value in answer]
    return [name.lower().replace("access-control-", "") for name, _ in pairs]


def is_actual(answer: Any) -> bool:
    return names(answer) == ["allow-origin", "allow-credentials", "expose-headers", "vary"]


def is_vary(answer: Any) -> bool:
    return names(answer) == ["vary"]


def is_preflight(answer: Any) -> bool:
    return names(answer) == [
        "allow-origin", "allow-credentials", "allow-methods", "allow-headers", "max-age", "vary",
    ]  # fmt: skip


def has_reason(reason: str) -> Callable[[Any], bool]:
    return lambda decision: decision.reason.value == reason


def match_row(name: str, make: Callable[[int], str], n: int, listed: str, *, hit: bool) -> Row:
    return engine_row(
        "match: is_origin_allowed(origin)",
        f"{name}, {'hit' if hit else 'miss'}",
        "call({it})",
        keys(make, n),
        lambda answer: answer is hit,
        bind=lambda made: made.is_origin_allowed,
        listed=listed,
        slow=n > 1000,
    )


MATCH = [
    match_row(f"{n:,} origins", make, n, f"{n:,}", hit=hit)
    for n in (10, 1000, MILLION)
    for make, hit in ((origin, True), (stranger, False))
] + [
    match_row("100,000 wildcards", make, 100_000, "100,000 wildcards", hit=hit)
    for make, hit in ((subdomain, True), (strange_subdomain, False))
]


FIND = [
    engine_row(
        "answer: response_headers(headers), 14 headers, 1,000 origins",
        name,
        "call({it})",
        header_lists(HEADERS, sender),
        expect,
        bind=lambda made: made.response_headers,
        target=target,
    )
    for name, sender, expect, target in (
        ("no Origin (find alone)", None, is_vary, None),
        ("allowed", ACCEPTED, is_actual, Target(3, "F")),
        ("refused", STRANGER, is_vary, None),
    )
]


def decide_row(name: str, reason: str, arguments: str, sender: bytes | None) -> Row:
    return engine_row(
        "decide(method, origin, ...), 1,000 origins",
        name,
        f"call({arguments})",
        same(sender),
        has_reason(reason),
        bind=lambda made: made.decide,
    )


DECIDE = [
    decide_row(*row)
    for row in (
        ("not CORS", "not-cors", "'GET', {it}", None),
        ("allowed", "ok", "'GET', {it}", ACCEPTED),
        ("refused", "origin-not-allowed", "'GET', {it}", STRANGER),
        ("malformed", "origin-malformed", "'GET', {it}", MALFORMED),
        ("preflight accepted", "ok", PREFLIGHT, ACCEPTED),
        ("preflight, origin refused", "origin-not-allowed", "'OPTIONS', {it}, 'PUT'", STRANGER),
        ("preflight, method refused", "method-not-allowed", "'OPTIONS', {it}, 'PURGE'", ACCEPTED),
        ("preflight, header refused", "header-not-allowed", "'OPTIONS', {it}, 'PUT', 'x-other'", ACCEPTED),
    )
]
HOSTILE_ROW = engine_row(
    "decide(method, origin, ...), 1,000 origins",
    "preflight, 1 MiB of requested headers",
    "call[0]('OPTIONS', {it}, 'PUT', call[1])",
    same(ACCEPTED),
    has_reason("headers-too-large"),
    bind=lambda made: (made.decide, HOSTILE),
)


def server_row(method: str, make: Callable[..., Any], name: str, verb: str, sender: bytes | None, reason: str) -> Row:
    return engine_row(
        "find and decide, 1,000 origins",
        f"{method}, {name}",
        "call({it})",
        lambda made: requests(lambda: make(verb, sender)),
        has_reason(reason),
        bind=attrgetter(method.partition("(")[0]),
    )


SERVER = [
    server_row(*form, *request)
    for form in (
        ("decide_asgi(scope)", scope_of),
        ("decide_wsgi(environ)", environ_of),
        ("decide_head(head)", head_of),
    )
    for request in (
        ("no Origin", "GET", None, "not-cors"),
        ("allowed", "GET", ACCEPTED, "ok"),
        ("preflight accepted", "OPTIONS", ACCEPTED, "ok"),
    )
]


def allowed(made: Any) -> list[Any]:
    return [made.decide("GET", fresh_bytes(ACCEPTED)) for _ in range(KEYS)]


def allowed_str(made: Any) -> list[Any]:
    return [made.decide("GET", fresh_str(ACCEPTED)) for _ in range(KEYS)]


def accepted(made: Any) -> list[Any]:
    return [made.decide("OPTIONS", fresh_bytes(ACCEPTED), "PUT", "authorization,content-type") for _ in range(KEYS)]


def lines(answer: bytes) -> list[tuple[bytes, bytes]]:
    return [tuple(line.split(b": ", 1)) for line in answer.split(b"\r\n")[:-1]]  # type: ignore[misc]


def write_row(name: str, kind: str, of: Callable[[Any], Any]) -> Row:
    fresh, expect = (accepted, is_preflight) if kind == "preflight" else (allowed, is_actual)
    if name == "headers_str" and kind == "allowed":
        fresh = allowed_str
    return engine_row("write", f"Decision.{name}, {kind}", "{it}." + name, fresh, lambda answer: expect(of(answer)))


def write_into_row(kind: str, arguments: str, fresh: Callable[[Any], list[Any]]) -> Row:
    size = len(fresh(policy("native", "1,000"))[0].block)
    return engine_row(
        "write",
        f"write_into(bytearray) with decide, {kind}",
        f"call[0](call[1], 0, {arguments})",
        same(ACCEPTED),
        lambda answer: answer.size == size,
        bind=lambda made: (made.write_into, bytearray(512)),
    )


def write_head_row(name: str, method: str, kind: str, more: str = "") -> Row:
    return engine_row(
        "write",
        f"write_head_into(bytearray{more}) with find and decide, {name}",
        "call[0](call[1], 0, {it}" + more + ")",
        lambda made: requests(lambda: head_of(method, ACCEPTED)),
        lambda answer: answer.kind == kind and answer.size > 100,
        bind=lambda made: (made.write_head_into, bytearray(512)),
    )


WRITE = [
    *(
        write_row(name, kind, of)
        for name, of in (("headers", list), ("headers_str", list), ("block", lines))
        for kind in ("allowed", "preflight")
    ),
    write_into_row("allowed", "'GET', {it}", allowed),
    write_into_row("preflight", PREFLIGHT, accepted),
    *(write_head_row(*request) for request in (("allowed", "GET", "actual"), ("preflight", "OPTIONS", "preflight"))),
    write_head_row("preflight", "OPTIONS", "preflight", ", whole=True"),
]


def merge_row(form: str, name: str, sender: bytes | None, expect: Callable[[Any], object]) -> Row:
    application, fresh = (APP_WSGI, fresh_str) if form == "merge_wsgi" else (APP_ASGI, fresh_bytes)
    return engine_row(
        "merge into the 5 headers of a response",
        f"{form}, {name}",
        "{it}." + form + "(call)",
        lambda made: [made.decide("GET", sender and fresh(sender)) for _ in range(KEYS)],
        lambda answer: expect(answer[5:]),
        bind=lambda made: application,
    )


MERGE = [
    merge_row(form, *request)
    for form in ("merge_asgi", "merge_wsgi")
    for request in (
        ("no Origin", None, is_vary),
        ("allowed", ACCEPTED, is_actual),
        ("refused", STRANGER, is_vary),
    )
]


def parse_and_merge(decision: Any, head: bytes) -> bytes:
    """Merge into a head as one does without merge_head: take it apart, merge_asgi, put it together."""
    start, *lines = head.split(b"\r\n")[:-2]
    fields = [line.partition(b":") for line in lines]
    merged = decision.merge_asgi([(name, value.strip(b" \t")) for name, _, value in fields])
    return b"".join([start, b"\r\n", *(b"%b: %b\r\n" % pair for pair in merged), b"\r\n"])


def head_row(name: str, statement: str, head: bytes, ours: int) -> Row:
    return engine_row(
        "merge into a raw response head of 12 fields",
        name,
        statement,
        lambda made: [made.decide("GET", fresh_bytes(ACCEPTED)) for _ in range(KEYS)],
        lambda answer: (
            answer.count(b"\r\n") == 14 + ours and answer.lower().count(b"allow-origin: %b\r" % ACCEPTED) == 1
        ),
        bind=lambda made: (head, parse_and_merge),
    )


HEAD = b"".join(
    b"%b\r\n" % line
    for line in (
        b"HTTP/1.1 200 OK",
        b"Date: Thu, 26 Nov 2026 12:00:00 GMT",
        b"Content-Type: application/json; charset=utf-8",
        b"Content-Length: 1842",
        b"Connection: keep-alive",
        b"Cache-Control: private, max-age=0, must-revalidate",
        b'ETag: W/"732-kzYVUgGzmWXhVJ8vJtRtCQ"',
        b"Strict-Transport-Security: max-age=31536000; includeSubDomains",
        b"X-Content-Type-Options: nosniff",
        b"X-Request-Id: 6f1c2f0e-6a0a-4df3-9a51-6f3bdc5b8c11",
        b"Server-Timing: db;dur=12.4, app;dur=31.7",
        b"Set-Cookie: session=8fd2c2a1b8; Path=/; Secure; HttpOnly; SameSite=Lax",
        b"Server: upstream/2.4",
        b"",
    )
)
"""As an API sends it, 524 bytes."""
HEAD_OF_CORS = HEAD.replace(b"Server: upstream/2.4", b"Access-Control-Allow-Origin: *").replace(
    b"X-Content-Type-Options: nosniff", b"Vary: Accept-Encoding"
)
"""A response head with fields that the policy has a say in."""

MERGE_HEAD = [
    head_row("merge_head", "{it}.merge_head(call[0])", HEAD, 4),
    head_row("merge_head, with Vary and a field of CORS", "{it}.merge_head(call[0])", HEAD_OF_CORS, 2),
    head_row("in Python: parse, merge_asgi, write", "call[1]({it}, call[0])", HEAD, 4),
]

ROWS = [*FIND, *MATCH, *DECIDE, HOSTILE_ROW, *SERVER, *WRITE, *MERGE, *MERGE_HEAD]


def test_engine(case: Any, measure: Any) -> None:
    measure(case)
