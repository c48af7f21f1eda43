"""The demo's API: one small ASGI application and one small WSGI application, behind one policy."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from uuid import uuid4

import fastcors.asgi
import fastcors.wsgi
from fastcors import Policy

__all__ = ["AskedToFailError", "asgi_app", "demo_policy", "wsgi_app"]

_ITEMS = [{"id": 1, "name": "a lamp"}, {"id": 2, "name": "a chair"}]
_STATUS = {200: "200 OK", 201: "201 Created", 204: "204 No Content", 404: "404 Not Found"}


class AskedToFailError(RuntimeError):
    """What the API raises at ``/boom``."""


def demo_policy(page_origin: str) -> Policy:
    """The policy of both servers: the page's own origin, and every subdomain of example.com."""
    return Policy(
        allow_origins=[page_origin, "https://*.example.com"],
        allow_methods=["PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "x-request-id"],
        expose_headers=["x-request-id", "x-total"],
        allow_credentials=True,
        max_age=600,
    )


def _respond(method: str, path: str, cookie: str) -> tuple[int, object]:
    """The API itself, which knows nothing of CORS: a status, and a value for the body (None for no body)."""
    signed_in = "fastcors-demo=" in cookie
    if path == "/boom":
        raise AskedToFailError("the application fails here, as it was asked to")
    if method == "OPTIONS":
        return 204, None
    if path == "/items" and method in ("GET", "HEAD"):
        return 200, {"items": _ITEMS, "cookie": signed_in}
    if path == "/items" and method == "POST":
        return 201, {"id": 3, "cookie": signed_in}
    if path == "/items/1" and method in ("PUT", "PATCH"):
        return 200, {"id": 1, "changed": True, "cookie": signed_in}
    if path == "/items/1" and method == "DELETE":
        return 204, None
    return 404, {"error": "there is nothing here"}


def _message(method: str, path: str, cookie: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the response to a request as a status, headers and a body."""
    status, value = _respond(method, path, cookie)
    headers = [("X-Request-Id", uuid4().hex[:8]), ("X-Total", str(len(_ITEMS)))]
    if value is None:
        return status, [*headers, ("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")], b""
    body = json.dumps(value).encode()
    headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return status, headers, b"" if method == "HEAD" else body


async def _asgi(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """The API as an ASGI application."""
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    status, headers, body = _message(scope["method"], scope["path"], cookies.decode("latin-1"))
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The API as a WSGI application."""
    method, path, cookie = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_COOKIE", "")
    status, headers, body = _message(method, path, cookie)
    start_response(_STATUS[status], headers)
    return [body]


def asgi_app(page_origin: str) -> Any:
    """The ASGI application behind fastcors, for a page of ``page_origin``."""
    return fastcors.asgi.CORSMiddleware(_asgi, demo_policy(page_origin), handle_errors=True)


def wsgi_app(page_origin: str) -> Any:
    """The WSGI application behind fastcors, for a page of ``page_origin``."""
    return fastcors.wsgi.CORSMiddleware(_wsgi, demo_policy(page_origin), handle_errors=True)
