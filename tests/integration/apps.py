"""What the servers of the integration tests serve: an application behind each policy of the contract, by path.

``/K1/ok`` is for policy K1; what comes after its name says how the application answers. ``none`` is no policy at
all, and ``outer-K7`` has a layer around the shim that adds a Vary of its own, and then spoils the list of headers.
The same for Flask lies below ``/flask``, and for a Flask view with a policy of its own below ``/view``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask, Response

import fastcors.asgi
import fastcors.flask
import fastcors.rsgi
import fastcors.wsgi
from fastcors import Policy
from tests.contract.policies import K
from tests.support.exchange import APP_BODY, APP_HEADERS, APP_STATUS

OWN_HEADERS = [
    (b"Access-Control-Allow-Origin", b"https://app.example"),
    (b"ACCESS-CONTROL-ALLOW-CREDENTIALS", b"true"),
    (b"access-control-expose-headers", b"X-App"),
]
VARY_HEADERS = [(b"Vary", b"foo")]
EXTRA = {"own": OWN_HEADERS, "vary": VARY_HEADERS}
STATUSES = {"404": 404, "500": 500, "302": 302, "304": 304}
PHRASES = {
    APP_STATUS: "Multi-Status",
    404: "Not Found",
    500: "Internal Server Error",
    302: "Found",
    304: "Not Modified",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def policy_of(name: str) -> Policy | None:
    """The named policy of the contract."""
    return None if name == "none" else Policy(**K[name])


def _answer(path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    what = path.rpartition("/")[2]
    if what == "raise":
        raise RuntimeError("the application is broken")
    status = STATUSES.get(what, APP_STATUS)
    return status, [*APP_HEADERS, *EXTRA.get(what, [])], b"" if status == 304 else APP_BODY


def _text(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in headers]


# ASGI


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """The application itself."""
    assert scope["type"] == "http"
    status, headers, body = _answer(scope["path"])
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@cache
def _asgi(name: str) -> Any:
    return fastcors.asgi.CORSMiddleware(asgi_app, policy_of(name), handle_errors=True)


async def _asgi_by_path(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise RuntimeError(f"no {scope['type']} here")  # servers take this for "no lifespan"
    name = scope["path"].split("/")[1]

    async def send_outer(message: Any) -> None:
        if message["type"] != "http.response.start":
            await send(message)
            return
        await send({**message, "headers": [*message["headers"], (b"vary", b"before")]})
        message["headers"].clear()
        message["headers"].append((b"access-control-allow-origin", b"https://spoilt.example"))

    outer = name.startswith("outer-")
    await _asgi(name.removeprefix("outer-"))(scope, receive, send_outer if outer else send)


# Servers see the shim itself, and must take it for what it is.
asgi = fastcors.asgi.CORSMiddleware(_asgi_by_path, None)


# RSGI


async def rsgi_app(scope: Any, proto: Any) -> None:
    """The application itself."""
    status, headers, body = _answer(scope.path)
    proto.response_bytes(status, _text(headers), body)


@cache
def _rsgi(name: str) -> Any:
    return fastcors.rsgi.CORSMiddleware(rsgi_app, policy_of(name), handle_errors=True)


class _Outer:
    """The protocol object of a layer around the shim, as far as it is used here."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.inner.response_bytes(status, [*headers, ("vary", "before")], body)
        headers.clear()
        headers.append(("access-control-allow-origin", "https://spoilt.example"))


async def _rsgi_by_path(scope: Any, proto: Any) -> None:
    name = scope.path.split("/")[1]
    outer = name.startswith("outer-")
    await _rsgi(name.removeprefix("outer-"))(scope, _Outer(proto) if outer else proto)


rsgi = fastcors.rsgi.CORSMiddleware(_rsgi_by_path, None)


# WSGI, and Flask


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    """The application itself."""
    status, headers, body = _answer(environ["PATH_INFO"])
    start_response(f"{status} {PHRASES[status]}", _text(headers))
    return [body] if body else []


@cache
def _wsgi(name: str) -> Any:
    return fastcors.wsgi.CORSMiddleware(wsgi_app, policy_of(name), handle_errors=True)


@cache
def _flask(name: str) -> Any:
    app = _flask_app(name, lambda view: view)
    fastcors.flask.CORS(app, policy_of(name))
    return app


@cache
def _flask_view(name: str) -> Any:
    return _flask_app(name, fastcors.flask.cross_origin(policy_of(name)))


def _flask_app(name: str, decorate: Callable[[Any], Any]) -> Flask:
    app = Flask(name)
    app.logger.setLevel(logging.CRITICAL)

    @app.route("/<path:path>", methods=METHODS)
    @decorate
    def view(path: str) -> Response:
        status, headers, body = _answer(path)
        response = Response(body, status)
        for key, value in _text(headers):
            response.headers[key] = value
        return response

    return app


def _wsgi_by_path(environ: Any, start_response: Any) -> Any:
    _, first, *rest = environ["PATH_INFO"].split("/")
    makers = {"flask": _flask, "view": _flask_view}
    make, name = (makers[first], rest[0]) if first in makers else (_wsgi, first)

    def start_outer(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        write = start_response(status, [*headers, ("Vary", "before")], *exc_info)
        headers.clear()
        headers.append(("Access-Control-Allow-Origin", "https://spoilt.example"))
        return write

    outer = name.startswith("outer-")
    return make(name.removeprefix("outer-"))(environ, start_outer if outer else start_response)


wsgi = fastcors.wsgi.CORSMiddleware(_wsgi_by_path, None)
