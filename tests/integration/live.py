"""What the servers serve for tests/integration/test_live.py: routes, WebSockets, and policies that change.

Below ``/swap/`` the application changes its shim's policy in the middle of each request, between its start and its
response; ``/swap/invalid`` tries to set what is no policy. What answers anywhere else says which path it saw.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import fastcors.asgi
import fastcors.rsgi
import fastcors.wsgi
from fastcors import Policy, PolicyError

SITE = "https://site.example"


def named(name: str, **parameters: Any) -> Policy:
    """A policy that can be told from the others by the header that it exposes, or the method that it allows."""
    return Policy(allow_origins=[SITE], expose_headers=[f"x-{name}"], allow_methods=[name.upper()], **parameters)


ROUTES = {
    "/api/": named("api"),
    "/api/admin/": named("admin"),
    "/api/health": None,
    "/exact": named("exact"),
    "/users/{name}": named("user"),
    "/\xfc/": named("umlaut"),
}
SWAPPED = itertools.cycle([named("a", allow_credentials=True, max_age=1), named("b", max_age=2)])


def try_invalid(shim: Any) -> str:
    """Try to give a shim what it must refuse, and say what it did."""
    raised = []
    for attribute, value in (("policy", "https://site.example"), ("policy", {}), ("routes", {"api": None})):
        try:
            setattr(shim, attribute, value)
        except (TypeError, PolicyError) as error:
            raised.append(type(error).__name__)
    return " ".join(raised)


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    if scope["type"] == "websocket":
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        return
    assert scope["type"] == "http"
    body = scope["path"]
    if body == "/swap/invalid":
        body = try_invalid(asgi_swapped)
    elif body.startswith("/swap/"):
        await asyncio.sleep(0)
        asgi_swapped.policy = next(SWAPPED)
        await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body.encode()})


async def rsgi_app(scope: Any, proto: Any) -> None:
    """The RSGI application."""
    if scope.proto == "ws":
        await proto.accept()
        proto.close()
        return
    body = scope.path
    if body == "/swap/invalid":
        body = try_invalid(rsgi_swapped)
    elif body.startswith("/swap/"):
        await asyncio.sleep(0)
        rsgi_swapped.policy = next(SWAPPED)
        await asyncio.sleep(0)
    proto.response_str(200, [("content-type", "text/plain")], body)


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    """The WSGI application."""
    body = environ["PATH_INFO"].encode("latin-1")
    if body == b"/swap/invalid":
        body = try_invalid(wsgi_swapped).encode()
    elif body.startswith(b"/swap/"):
        wsgi_swapped.policy = next(SWAPPED)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


asgi_swapped = fastcors.asgi.CORSMiddleware(asgi_app, next(SWAPPED))
rsgi_swapped = fastcors.rsgi.CORSMiddleware(rsgi_app, next(SWAPPED))
wsgi_swapped = fastcors.wsgi.CORSMiddleware(wsgi_app, next(SWAPPED))
asgi_routed = fastcors.asgi.CORSMiddleware(asgi_app, routes=ROUTES, check_websocket_origin=True)
rsgi_routed = fastcors.rsgi.CORSMiddleware(rsgi_app, routes=ROUTES, check_websocket_origin=True)
wsgi_routed = fastcors.wsgi.CORSMiddleware(wsgi_app, routes=ROUTES)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Both shims in one process."""
    if scope["type"] == "lifespan":
        raise RuntimeError("no lifespan here")
    shim = asgi_swapped if scope["path"].startswith("/swap/") else asgi_routed
    await shim(scope, receive, send)


async def rsgi(scope: Any, proto: Any) -> None:
    """Both shims in one process."""
    shim = rsgi_swapped if scope.path.startswith("/swap/") else rsgi_routed
    await shim(scope, proto)


def wsgi(environ: Any, start_response: Any) -> Any:
    """Both shims in one process."""
    shim = wsgi_swapped if environ["PATH_INFO"].startswith("/swap/") else wsgi_routed
    return shim(environ, start_response)
