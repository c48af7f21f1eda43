"""Every public name of fastcors, fastcors.asgi and fastcors.wsgi in use, for mypy --strict and pyright to check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import fastcors
import fastcors.asgi
import fastcors.wsgi
from fastcors import (
    BufferTooSmallError,
    Decision,
    InsecurePolicyWarning,
    Policy,
    PolicyError,
    PolicyIssue,
    Reason,
)
from fastcors.embedding import Written

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

policy = Policy(
    allow_origins=["https://app.example.com"],
    allow_methods=("PUT",),
    allow_headers={"X-Token"},
    expose_headers="*",
    allow_credentials=True,
    max_age=timedelta(minutes=10),
    disclose="minimal",
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def wsgi_application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A WSGI application."""
    start_response("204 No Content", [])
    return []


def shims() -> None:
    """Each way to say what is allowed, and to change it."""
    shim = fastcors.asgi.CORSMiddleware(application, policy, handle_errors=False, check_websocket_origin=True)
    fastcors.asgi.CORSMiddleware(application, allow_origins=["https://app.example.com"], max_age=600)
    fastcors.asgi.CORSMiddleware(application, routes={"/api/": policy, "/health": None, "/b": {"allow_origins": "*"}})
    shim.policy = Policy.from_dict(policy.to_dict())
    shim.routes = {"/": policy}
    gateway = fastcors.wsgi.CORSMiddleware(wsgi_application, policy, on_conflict="keep", preflight_continue=True)
    gateway.policy = None
    outer: Callable[[Scope, Receive, Send], Awaitable[None]] = shim
    fastcors.asgi.CORSMiddleware(outer, policy)
    fastcors.wsgi.CORSMiddleware(gateway, policy)


def embed(scope: dict[str, Any], environ: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """What a server of its own does with a policy."""
    decision: Decision = policy.decide("GET", b"https://app.example.com", None, ["X-Token"])
    reason: Reason = decision.reason
    if reason is not Reason.OK or not policy.is_origin_allowed("https://app.example.com"):
        print(decision.explain(), decision.detail, decision.kind, decision.status, decision.body)
    merged: list[tuple[str, str]] = policy.decide_wsgi(environ).merge_wsgi([("Vary", "Accept")])
    print(
        merged,
        decision.headers_str,
        decision.block,
        decision.response or b"",
        policy.response_headers(scope["headers"]),
    )
    buffer = bytearray(512)
    try:
        written: Written = policy.write_into(buffer, 0, "GET", None)
        size = written.size
    except BufferTooSmallError as error:
        size = error.needed
    print(size, policy.decide_head(b"", method="GET"), policy.write_head_into(buffer, 0, b"", 0, None).kind)
    print(fastcors.backend, fastcors.__version__)
    return policy.decide_asgi(scope).merge_asgi([(b"vary", b"Accept")], on_conflict="keep")


def configure(parameters: dict[str, Any]) -> Policy | tuple[PolicyIssue, ...]:
    """A policy, or what is wrong with it."""
    try:
        return Policy(**parameters)
    except PolicyError as error:
        return error.issues


UNSAFE: type[Warning] = InsecurePolicyWarning
