"""A page on another site, in a modelled browser: the requests that it makes, and what it sees of each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask, Response
from werkzeug.test import Client

from tests.support import browser
from tests.support.exchange import drive, no_receive

SITE = b"https://app.example.com"

Exchange = Callable[[bytes, str, list[tuple[bytes, bytes]]], "tuple[int, list[tuple[bytes, bytes]]]"]
"""One request (method, path, headers) and its response (status, headers)."""

REQUESTS: dict[str, tuple[str, browser.Request]] = {
    "get": ("/api/thing", browser.Request(SITE)),
    "root": ("/api/thing", browser.Request(b"https://example.com")),
    "stranger": ("/api/thing", browser.Request(b"https://stranger.example")),
    "evil": ("/api/thing", browser.Request(SITE + b".evil.example")),
    "cookies": ("/api/thing", browser.Request(SITE, credentials=True)),
    "post": ("/api/thing", browser.Request(SITE, b"POST", use_preflight=True)),
    "json": ("/api/thing", browser.Request(SITE, b"POST", (b"content-type",))),
    "json-cookies": ("/api/thing", browser.Request(SITE, b"POST", (b"content-type",), credentials=True)),
    "put": ("/api/thing", browser.Request(SITE, b"PUT")),
    "patch": ("/api/thing", browser.Request(SITE, b"PATCH")),
    "purge": ("/api/thing", browser.Request(SITE, b"PURGE")),
    "x-token": ("/api/thing", browser.Request(SITE, unsafe_names=(b"x-token",))),
    "authorization": ("/api/thing", browser.Request(SITE, unsafe_names=(b"authorization",))),
    "x-other": ("/api/thing", browser.Request(SITE, unsafe_names=(b"x-other",))),
    "put-cookies": ("/api/thing", browser.Request(SITE, b"PUT", (b"x-token",), credentials=True)),
    "private": ("/api/thing", browser.Request(SITE, private_network=True)),
    "elsewhere": ("/other", browser.Request(SITE)),
    "put-elsewhere": ("/other", browser.Request(SITE, b"PUT")),
    "error": ("/api/broken", browser.Request(SITE)),
}


def page(exchange: Exchange, path: str, request: browser.Request) -> str:
    """What the page sees: that its request never left, that it left unseen, or the response and its headers."""
    headers = [(b"origin", request.origin)]
    safe = request.method in browser.SAFELISTED_METHODS and not request.unsafe_names
    if not safe or request.use_preflight or request.private_network:
        asks = [*headers, (b"access-control-request-method", request.method)]
        if request.unsafe_names:
            value = browser.request_headers_value(request.unsafe_names)
            asks.append((b"access-control-request-headers", value))
        if request.private_network:
            asks.append((b"access-control-request-private-network", b"true"))
        if not browser.preflight_passes(request, *exchange(b"OPTIONS", path, asks)):
            return "not sent"
    _, answer = exchange(request.method, path, [*headers, *((name, b"1") for name in request.unsafe_names)])
    if not browser.cors_check(request, answer):
        return "sent, not seen"
    return " ".join(["seen", *sorted(name.decode() for name in browser.exposed_names(request, answer))])


def views(exchange: Exchange) -> dict[str, str]:
    """What the page sees of each request, and what a plain request gets, by name."""
    seen = {name: page(exchange, path, request) for name, (path, request) in REQUESTS.items()}
    _, plain = exchange(b"GET", "/api/thing", [])
    seen["no-origin"] = str(browser.get(plain, b"access-control-allow-origin"))
    asks = [(b"origin", SITE), (b"access-control-request-method", b"GET")]
    _, preflight = exchange(b"OPTIONS", "/api/thing", asks)
    seen["max-age"] = str(browser.get(preflight, b"access-control-max-age"))
    return seen


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers any method with a few headers."""
    if scope["path"] == "/api/broken":
        raise ValueError("broken")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-total", b"7"), (b"etag", b"1")]})
    await send({"type": "http.response.body", "body": b""})


BUCKET = [(b"access-control-allow-origin", SITE), (b"access-control-allow-methods", b"PATCH")]


async def asgi_bucket_app(scope: Any, receive: Any, send: Any) -> None:
    """An application whose ``/api/`` answers CORS by rules of its own; the rest knows nothing of it."""
    bucket, origin = scope["path"].startswith("/api/"), (b"origin", SITE) in scope["headers"]
    preflight = scope["method"] == "OPTIONS"
    headers = [(b"x-total", b"7"), (b"etag", b"1"), *(BUCKET if bucket and origin else [])]
    status = 200 if bucket or not preflight else 405
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def over_asgi(app: Any) -> Exchange:
    """Requests to an ASGI application, on a server that answers what it raises with a bare 500."""

    def exchange(method: bytes, path: str, headers: list[tuple[bytes, bytes]]) -> Any:
        scope = {"type": "http", "method": method.decode(), "path": path, "headers": headers}
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        with suppress(ValueError):
            drive(app(scope, no_receive, send))
        if not messages:
            return 500, []
        # One library writes a value as str.
        lines = [(name, v.encode() if isinstance(v, str) else v) for name, v in messages[0]["headers"]]
        return messages[0]["status"], lines

    return exchange


def over_wsgi(app: Any) -> Exchange:
    """Requests to a WSGI application."""

    def exchange(method: bytes, path: str, headers: list[tuple[bytes, bytes]]) -> Any:
        fields = [(name.decode(), value.decode()) for name, value in headers]
        response = Client(app).open(path, method=method.decode(), headers=fields)
        return response.status_code, [(name.encode(), value.encode()) for name, value in response.headers]

    return exchange


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"]


def flask_app(decorate: Callable[[Any], Any] = lambda view: view, methods: list[str] = METHODS) -> Flask:
    """The same application in Flask."""
    app = Flask("pages")
    app.logger.disabled = True

    def view(name: str) -> Response:
        if name == "broken":
            raise ValueError("broken")
        return Response("", headers={"X-Total": "7", "ETag": "1"})

    app.add_url_rule("/api/<name>", view_func=decorate(view), methods=methods)

    def other() -> Response:
        return view("other")

    app.add_url_rule("/other", view_func=decorate(other), methods=methods)
    return app


def over_flask(app: Flask) -> Exchange:
    """Requests to a Flask application."""

    def exchange(method: bytes, path: str, headers: list[tuple[bytes, bytes]]) -> Any:
        fields = [(name.decode(), value.decode()) for name, value in headers]
        response = app.test_client().open(path, method=method.decode(), headers=fields)
        return response.status_code, [(name.encode(), value.encode()) for name, value in response.headers]

    return exchange
