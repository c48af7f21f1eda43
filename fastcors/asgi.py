"""CORS for ASGI applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastcors._answers import ERROR_BODY, ERROR_HEADERS, log_failure, preflight_headers
from fastcors._engine import Decision, Engine

__all__ = ["CORSMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class CORSMiddleware:
    """An ASGI 3 application that puts a policy in front of another one.

    Preflights are answered here, whatever their path, and do not reach ``app``; every other request does, and its
    response gets the policy's headers, also where ``app`` answers with an error or raises before it answers (then
    the client gets a 500, and the exception goes to the logger ``fastcors``). Scopes other than ``"http"`` pass
    untouched. ``policy=None`` turns CORS off.

    ``policy`` may be replaced at any time; a request sees one policy from its beginning to its end.
    """

    def __init__(self, app: ASGIApp, policy: Engine | None) -> None:
        if policy is not None and not hasattr(policy, "decide_asgi"):
            raise TypeError(f"policy must be a fastcors.Policy or None, not {type(policy).__name__}")
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as the ASGI specification has it."""
        policy = self.policy
        if scope["type"] != "http" or policy is None:
            await self.app(scope, receive, send)
            return
        if not isinstance(scope.get("headers", ()), (list, tuple)):
            # The specification asks for an iterable: the application must find in it what is read here.
            scope = {**scope, "headers": list(scope["headers"])}
        decision = policy.decide_asgi(scope)
        if decision.kind == "preflight":
            await _answer_preflight(decision, send)
            return

        started = False

        async def send_merged(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                message = {**message, "headers": decision.merge_asgi(message.get("headers", ()))}
                started = True
            await send(message)

        try:
            await self.app(scope, receive, send_merged)
        except Exception:
            if started:
                raise
            log_failure()
            await _answer(send, 500, decision.merge_asgi(_encoded(ERROR_HEADERS)), ERROR_BODY)


async def _answer_preflight(decision: Decision, send: Send) -> None:
    assert decision.status is not None  # noqa: S101 - a preflight has one
    headers = decision.headers + _encoded(preflight_headers(decision))
    await _answer(send, decision.status, headers, decision.body)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
