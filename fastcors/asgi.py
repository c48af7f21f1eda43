"""CORS for ASGI applications."""

from __future__ import annotations

from collections.abc import Awaitable

from fastcors._answers import ERROR_BODY, ERROR_HEADERS, OnConflict, check_options, log_failure, preflight_headers
from fastcors._engine import ASGIShim, Decision, Engine
from fastcors._twin_shims import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CORSMiddleware"]


class CORSMiddleware(ASGIShim):
    """An ASGI 3 application that puts a policy in front of another one.

    Preflights are answered here, whatever their path, and do not reach ``app``; every other request does, and its
    response gets the policy's headers, also where ``app`` answers with an error or raises before it answers (then
    the client gets a 500, and the exception goes to the logger ``fastcors``). Scopes other than ``"http"`` pass
    untouched. ``policy=None`` turns CORS off.

    ``policy`` may be replaced at any time; a request sees one policy from its beginning to its end.

    ``handle_errors=False`` lets exceptions through. ``preflight_continue=True`` lets ``app`` answer preflights, and
    puts the headers into its answer. ``on_conflict="keep"`` leaves a response as it is where ``app`` itself set
    ``Access-Control-Allow-Origin``, but for ``Vary``; ``"replace"`` makes the policy the one authority.
    """

    def __init__(
        self,
        app: ASGIApp,
        policy: Engine | None,
        *,
        handle_errors: bool = True,
        preflight_continue: bool = False,
        on_conflict: OnConflict = "replace",
    ) -> None:
        check_options(policy, on_conflict)
        self.app = app
        self.policy = policy
        self._guarded = handle_errors
        self._preflight_continue = preflight_continue
        self._keep = on_conflict == "keep"

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await self(scope, receive, send)

        # Servers tell ASGI 3 from ASGI 2 by whether `__call__` is a coroutine function. The native one cannot be, so
        # they find this one; a call of the object itself goes past it.
        vars(self)["__call__"] = call

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer any request. The native engine comes here only with what is not an ordinary one."""
        policy = self.policy
        if scope["type"] != "http" or policy is None:
            await self.app(scope, receive, send)
            return
        if not isinstance(scope.get("headers", ()), (list, tuple)):
            # The specification asks for an iterable: the application must find in it what is read here.
            scope = {**scope, "headers": list(scope["headers"])}
        decision = policy.decide_asgi(scope)
        if decision.kind == "preflight" and not self._preflight_continue:
            await _answer_preflight(decision, send)
            return

        started = False

        async def send_merged(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                merged = decision.merge_asgi(
                    message.get("headers", ()), on_conflict="keep" if self._keep else "replace"
                )
                message = {**message, "headers": merged}
                started = True
            await send(message)

        try:
            await self.app(scope, receive, send_merged)
        except Exception as error:
            if started or not self._guarded:
                raise
            await self._fail(error, send_merged)

    async def _fail(self, error: Exception, send: Send) -> None:
        """Answer for an application that raised before it did; ``send`` puts the policy's headers in."""
        log_failure(error)
        await _answer(send, 500, _encoded(ERROR_HEADERS), ERROR_BODY)


def _answer_preflight(decision: Decision, send: Send) -> Awaitable[None]:
    assert decision.status is not None  # noqa: S101 - a preflight has one
    headers = decision.headers + _encoded(preflight_headers(decision))
    return _answer(send, decision.status, headers, decision.body)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
