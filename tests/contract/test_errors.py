"""Row 35 of the contract: the application answers with an error, or raises, before or after it began."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract import policies
from tests.contract.doors import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, no_receive
from tests.contract.shims import middleware

LOCAL = policies.LOCAL.encode()
EVIL = b"https://evil.example"
REQUESTS = {"allowed": Req(b"GET", (LOCAL,)), "refused": Req(b"GET", (EVIL,)), "not-cors": Req(b"POST")}

pytestmark = pytest.mark.parametrize("name", ["K1", "K4", "K7"])


def cors_only(pairs: Any) -> list[tuple[str, str]]:
    """The CORS and Vary lines of an ASGI or a WSGI header list."""
    found = []
    for name, value in pairs:
        name = name.decode() if isinstance(name, bytes) else name
        value = value.decode() if isinstance(value, bytes) else value
        if name.lower().startswith("access-control-") or name.lower() == "vary":
            found.append((name.lower(), value))
    return sorted(found)


def asgi(policy_class: Any, name: str, app: Any) -> Any:
    return middleware("asgi", policy_class)(app, policies.built(policy_class, name))


def wsgi(policy_class: Any, name: str, app: Any) -> Any:
    return middleware("wsgi", policy_class)(app, policies.built(policy_class, name))


def expected(policy_class: Any, name: str, req: Req) -> list[tuple[str, str]]:
    decision = policies.built(policy_class, name).decide(req.method, *req.origins or (None,))
    return cors_only(decision.headers)


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("status", [200, 201, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 405, 500, 503])
def test_row_35_every_status_gets_the_same_headers(policy_class: Any, name: str, kind: str, status: int) -> None:
    req = REQUESTS[kind]
    messages = call_asgi(asgi(policy_class, name, AsgiApp(status=status)), req.scope())
    assert messages[0]["status"] == status
    assert cors_only(messages[0]["headers"]) == expected(policy_class, name, req)
    result = call_wsgi(wsgi(policy_class, name, WsgiApp(status=f"{status} X")), req.environ())
    assert result.status == f"{status} X"
    assert cors_only(result.headers) == expected(policy_class, name, req)


class BrokenError(Exception):
    """What the applications here raise."""


@pytest.mark.parametrize("kind", REQUESTS)
class TestBeforeTheResponse:
    def test_row_35_asgi_answers_500_with_the_headers(self, policy_class: Any, name: str, kind: str) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise BrokenError

        req = REQUESTS[kind]
        start, *bodies = call_asgi(asgi(policy_class, name, app), req.scope())
        assert (start["type"], start["status"]) == ("http.response.start", 500)
        assert cors_only(start["headers"]) == expected(policy_class, name, req)
        assert dict(start["headers"])[b"content-type"].startswith(b"text/plain")
        assert [message["type"] for message in bodies] == ["http.response.body"]
        assert not bodies[-1].get("more_body", False)
        lengths = [value for key, value in start["headers"] if key == b"content-length"]
        assert lengths in ([], [b"%d" % len(bodies[0]["body"])])
        assert b"Broken" not in bodies[0]["body"]

    def test_row_35_asgi_where_the_application_raises_when_it_is_called(
        self, policy_class: Any, name: str, kind: str
    ) -> None:
        def app(scope: Any, receive: Any, send: Any) -> Any:
            raise BrokenError

        req = REQUESTS[kind]
        start, *_ = call_asgi(asgi(policy_class, name, app), req.scope())
        assert start["status"] == 500
        assert cors_only(start["headers"]) == expected(policy_class, name, req)

    def test_row_35_asgi_where_the_application_waits_before_it_raises(
        self, policy_class: Any, name: str, kind: str
    ) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0)
            await receive()
            raise BrokenError

        req = REQUESTS[kind]
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            await asyncio.sleep(0)
            messages.append(message)

        asyncio.run(asgi(policy_class, name, app)(req.scope(), no_receive, send))
        assert messages[0]["status"] == 500
        assert cors_only(messages[0]["headers"]) == expected(policy_class, name, req)

    def test_row_35_wsgi_answers_500_with_the_headers(self, policy_class: Any, name: str, kind: str) -> None:
        def app(environ: Any, start_response: Any) -> Any:
            raise BrokenError

        req = REQUESTS[kind]
        result = call_wsgi(wsgi(policy_class, name, app), req.environ())
        assert result.status.startswith("500 ")
        assert result.starts == 1
        assert cors_only(result.headers) == expected(policy_class, name, req)
        assert {key.lower(): value for key, value in result.headers}["content-type"].startswith("text/plain")
        assert b"Broken" not in result.body

    def test_row_35_wsgi_where_a_generator_raises_before_it_starts(
        self, policy_class: Any, name: str, kind: str
    ) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            raise BrokenError
            yield b""

        req = REQUESTS[kind]
        result = call_wsgi(wsgi(policy_class, name, app), req.environ())
        assert result.status.startswith("500 ")
        assert cors_only(result.headers) == expected(policy_class, name, req)

    def test_what_is_no_exception_passes(self, policy_class: Any, name: str, kind: str) -> None:
        for error in (KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError):

            async def asgi_app(scope: Any, receive: Any, send: Any, error: Any = error) -> None:
                raise error

            def wsgi_app(environ: Any, start_response: Any, error: Any = error) -> Any:
                raise error

            with pytest.raises(error):
                call_asgi(asgi(policy_class, name, asgi_app), REQUESTS[kind].scope())
            with pytest.raises(error):
                call_wsgi(wsgi(policy_class, name, wsgi_app), REQUESTS[kind].environ())


@pytest.mark.parametrize("kind", REQUESTS)
class TestAfterTheResponseBegan:
    def test_asgi_lets_the_exception_through_and_sends_nothing_more(
        self, policy_class: Any, name: str, kind: str
    ) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await AsgiApp()(scope, receive, send)
            raise BrokenError

        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        with pytest.raises(BrokenError):
            asyncio.run(asgi(policy_class, name, app)(REQUESTS[kind].scope(), no_receive, send))
        assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]

    def test_asgi_lets_the_servers_own_error_through(self, policy_class: Any, name: str, kind: str) -> None:
        """``send`` raises where the client has gone (ASGI 2.4: OSError): the shim does not try again."""
        calls: list[Any] = []

        async def send(message: dict[str, Any]) -> None:
            calls.append(message)
            raise OSError("client has gone")

        with pytest.raises(OSError, match="client has gone"):
            asyncio.run(asgi(policy_class, name, AsgiApp())(REQUESTS[kind].scope(), no_receive, send))
        assert len(calls) == 1

    def test_wsgi_lets_the_exception_through(self, policy_class: Any, name: str, kind: str) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", [("Content-Type", "text/plain")])
            yield b"one"
            raise BrokenError

        with pytest.raises(BrokenError):
            call_wsgi(wsgi(policy_class, name, app), REQUESTS[kind].environ())

    def test_wsgi_passes_exc_info_on_with_the_headers(self, policy_class: Any, name: str, kind: str) -> None:
        import sys

        def app(environ: Any, start_response: Any) -> list[bytes]:
            try:
                start_response("200 OK", [("Content-Type", "text/plain")])
                raise BrokenError
            except BrokenError:
                start_response("500 Oops", [("Content-Type", "text/plain")], sys.exc_info())
            return [b"sorry"]

        seen: list[Any] = []

        def start_response(*args: Any) -> Any:
            seen.append(args)
            return lambda data: None

        req = REQUESTS[kind]
        body = wsgi(policy_class, name, app)(req.environ(), start_response)
        assert list(body) == [b"sorry"]
        assert [args[0] for args in seen] == ["200 OK", "500 Oops"]
        assert seen[1][2][0] is BrokenError
        for args in seen:
            assert cors_only(args[1]) == expected(policy_class, name, req)
