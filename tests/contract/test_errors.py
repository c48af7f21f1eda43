"""Row 35 of the contract: the application answers with an error, or raises, before or after it began."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.contract import policies
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, no_receive
from tests.support.shims import middleware

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


def asgi(policy_class: Any, name: str, app: Any, **options: Any) -> Any:
    return middleware("asgi", policy_class)(app, policies.built(policy_class, name), **options)


def wsgi(policy_class: Any, name: str, app: Any, **options: Any) -> Any:
    return middleware("wsgi", policy_class)(app, policies.built(policy_class, name), **options)


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


def serve_asgi(app: Any, req: Req) -> tuple[list[Any], BaseException | None]:
    """What an ASGI application sends, and what it raises in the end."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        messages.append(message)

    async def serve() -> None:
        await app(req.scope(), no_receive, send)

    try:
        asyncio.run(serve())
    except BaseException as error:
        return messages, error
    return messages, None


class Served(NamedTuple):
    """What a WSGI server saw: the calls of ``start_response``, the chunks, and what was raised in the end."""

    starts: list[Any]
    chunks: list[bytes]
    error: BaseException | None


def serve_wsgi(app: Any, req: Req) -> Served:
    """Run a WSGI application as a server does, to the end of its iterable."""
    starts: list[Any] = []
    chunks: list[bytes] = []

    def start_response(*args: Any) -> Any:
        starts.append(args)
        return chunks.append

    try:
        body = app(req.environ(), start_response)
        try:
            chunks.extend(iter(body))
        finally:
            getattr(body, "close", int)()
    except BaseException as error:
        return Served(starts, chunks, error)
    return Served(starts, chunks, None)


def asgi_at_the_call(error: BaseException) -> Any:
    def app(scope: Any, receive: Any, send: Any) -> Any:
        raise error

    return app


def asgi_at_once(error: BaseException) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    return app


def asgi_after_a_wait(error: BaseException) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        await receive()
        raise error

    return app


def asgi_no_coroutine(error: BaseException) -> Any:
    class Awaitable:
        def __await__(self) -> Iterator[Any]:
            yield from asyncio.sleep(0).__await__()
            raise error

    return lambda scope, receive, send: Awaitable()


def wsgi_at_the_call(error: BaseException) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        raise error

    return app


def wsgi_generator(error: BaseException) -> Any:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        raise error
        yield b""

    return app


def wsgi_started(error: BaseException) -> Any:
    """An application that told its headers, which no server sends before there are bytes (PEP 3333)."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        yield b""
        raise error

    return app


ASGI_APPS = [asgi_at_the_call, asgi_at_once, asgi_after_a_wait, asgi_no_coroutine]
WSGI_APPS = [wsgi_at_the_call, wsgi_generator, wsgi_started]


@pytest.mark.parametrize("kind", REQUESTS)
class TestBeforeTheResponse:
    @pytest.mark.parametrize("make", ASGI_APPS)
    def test_row_35a_asgi_lets_the_exception_through_and_sends_nothing(
        self, policy_class: Any, name: str, kind: str, make: Any
    ) -> None:
        error = BrokenError()
        assert serve_asgi(asgi(policy_class, name, make(error)), REQUESTS[kind]) == ([], error)

    @pytest.mark.parametrize("make", WSGI_APPS)
    def test_row_35a_wsgi_lets_the_exception_through_and_answers_nothing(
        self, policy_class: Any, name: str, kind: str, make: Any
    ) -> None:
        error = BrokenError()
        served = serve_wsgi(wsgi(policy_class, name, make(error)), REQUESTS[kind])
        assert served.error is error
        assert [args[0] for args in served.starts] == (["200 OK"] if make is wsgi_started else [])
        assert b"".join(served.chunks) == b""

    @pytest.mark.parametrize("make", ASGI_APPS)
    def test_row_35a_asgi_handle_errors_answers_500_with_the_headers_and_raises_again(
        self, policy_class: Any, name: str, kind: str, make: Any
    ) -> None:
        error = BrokenError("secret")
        req = REQUESTS[kind]
        (start, *bodies), raised = serve_asgi(asgi(policy_class, name, make(error), handle_errors=True), req)
        assert raised is error
        assert (error.__context__, error.__cause__) == (None, None)
        assert (start["type"], start["status"]) == ("http.response.start", 500)
        assert cors_only(start["headers"]) == expected(policy_class, name, req)
        assert dict(start["headers"])[b"content-type"].startswith(b"text/plain")
        assert [message["type"] for message in bodies] == ["http.response.body"]
        assert not bodies[-1].get("more_body", False)
        lengths = [value for key, value in start["headers"] if key == b"content-length"]
        assert lengths == [b"%d" % len(bodies[0]["body"])]
        assert b"secret" not in bodies[0]["body"]

    @pytest.mark.parametrize("make", WSGI_APPS)
    def test_row_35a_wsgi_handle_errors_answers_500_with_the_headers_and_raises_again(
        self, policy_class: Any, name: str, kind: str, make: Any
    ) -> None:
        error = BrokenError("secret")
        req = REQUESTS[kind]
        served = serve_wsgi(wsgi(policy_class, name, make(error), handle_errors=True), req)
        assert served.error is error
        assert (error.__context__, error.__cause__) == (None, None)
        status, headers, exc_info = served.starts[-1]
        assert status.startswith("500 ")
        assert exc_info[1] is error
        assert cors_only(headers) == expected(policy_class, name, req)
        named = {key.lower(): value for key, value in headers}
        body = b"".join(served.chunks)
        assert (named["content-type"].partition(";")[0], named["content-length"]) == ("text/plain", str(len(body)))
        assert body
        assert b"secret" not in body

    def test_handle_errors_raises_the_applications_exception_also_where_the_500_cannot_be_sent(
        self, policy_class: Any, name: str, kind: str
    ) -> None:
        async def send(message: Any) -> None:
            raise OSError("client has gone")

        error = BrokenError()
        shim = asgi(policy_class, name, asgi_after_a_wait(error), handle_errors=True)
        with pytest.raises(BrokenError) as caught:
            asyncio.run(shim(REQUESTS[kind].scope(), no_receive, send))
        assert caught.value is error

    @pytest.mark.parametrize("handle_errors", [False, True])
    def test_an_exception_dies_with_its_request(
        self, policy_class: Any, name: str, kind: str, handle_errors: bool
    ) -> None:
        """No frame of the shim holds the exception: what it holds would live until the next garbage collection."""
        alive: list[Any] = []

        def fail() -> None:
            error = BrokenError()
            alive.append(weakref.ref(error))
            try:
                raise error
            finally:
                del error

        async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
            fail()

        async def send(message: Any) -> None:
            pass

        def wsgi_app(environ: Any, start_response: Any) -> Any:
            fail()

        options = {"handle_errors": handle_errors}
        gc.disable()
        try:
            with pytest.raises(BrokenError):
                drive(asgi(policy_class, name, asgi_app, **options)(REQUESTS[kind].scope(), no_receive, send))
            with pytest.raises(BrokenError):
                list(wsgi(policy_class, name, wsgi_app, **options)(REQUESTS[kind].environ(), lambda *_: None))
            assert [reference() for reference in alive] == [None, None]
        finally:
            gc.enable()

    @pytest.mark.parametrize("handle_errors", [False, True])
    @pytest.mark.parametrize("kind_of_error", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
    def test_what_is_no_exception_passes_and_is_not_answered(
        self, policy_class: Any, name: str, kind: str, handle_errors: bool, kind_of_error: type[BaseException]
    ) -> None:
        async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
            raise kind_of_error

        def wsgi_app(environ: Any, start_response: Any) -> Any:
            raise kind_of_error

        messages: list[Any] = []
        options = {"handle_errors": handle_errors}
        with pytest.raises(kind_of_error):
            drive(asgi(policy_class, name, asgi_app, **options)(REQUESTS[kind].scope(), no_receive, messages.append))
        with pytest.raises(kind_of_error):
            wsgi(policy_class, name, wsgi_app, **options)(REQUESTS[kind].environ(), messages.append)
        assert messages == []


@pytest.mark.parametrize("handle_errors", [False, True])
@pytest.mark.parametrize("kind", REQUESTS)
class TestAfterTheResponseBegan:
    def test_asgi_lets_the_exception_through_and_sends_nothing_more(
        self, policy_class: Any, name: str, kind: str, handle_errors: bool
    ) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await AsgiApp()(scope, receive, send)
            raise BrokenError

        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        shim = asgi(policy_class, name, app, handle_errors=handle_errors)
        with pytest.raises(BrokenError):
            asyncio.run(shim(REQUESTS[kind].scope(), no_receive, send))
        assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]

    def test_asgi_lets_the_servers_own_error_through(
        self, policy_class: Any, name: str, kind: str, handle_errors: bool
    ) -> None:
        """``send`` raises where the client has gone (ASGI 2.4: OSError): the shim does not try again."""
        calls: list[Any] = []

        async def send(message: dict[str, Any]) -> None:
            calls.append(message)
            raise OSError("client has gone")

        shim = asgi(policy_class, name, AsgiApp(), handle_errors=handle_errors)
        with pytest.raises(OSError, match="client has gone"):
            asyncio.run(shim(REQUESTS[kind].scope(), no_receive, send))
        assert len(calls) == 1

    def test_wsgi_lets_the_exception_through(
        self, policy_class: Any, name: str, kind: str, handle_errors: bool
    ) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", [("Content-Type", "text/plain")])
            yield b"one"
            raise BrokenError

        with pytest.raises(BrokenError):
            call_wsgi(wsgi(policy_class, name, app, handle_errors=handle_errors), REQUESTS[kind].environ())

    def test_wsgi_passes_exc_info_on_with_the_headers(
        self, policy_class: Any, name: str, kind: str, handle_errors: bool
    ) -> None:
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
        body = wsgi(policy_class, name, app, handle_errors=handle_errors)(req.environ(), start_response)
        assert list(body) == [b"sorry"]
        assert [args[0] for args in seen] == ["200 OK", "500 Oops"]
        assert seen[1][2][0] is BrokenError
        for args in seen:
            assert cors_only(args[1]) == expected(policy_class, name, req)
