"""Section 3 of the contract and row 1: what the ASGI shim answers, passes on, and leaves alone."""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.contract import policies
from tests.contract.shim_requests import ALLOWED, LOCAL
from tests.support.exchange import APP_BODY, AsgiApp, Req, call_asgi, drive, no_receive, pre


class TestAsgi:
    @pytest.fixture(params=[False, True], ids=["", "handle_errors"])
    def asgi(self, asgi: Any, request: pytest.FixtureRequest) -> Any:
        """The shim in both of its forms: what passes through it is the same."""
        return partial(asgi, handle_errors=request.param)

    @pytest.fixture
    def policy(self, policy_class: Any) -> Any:
        return policies.built(policy_class, "K1")

    def test_row_01_without_a_policy_everything_passes_untouched(self, asgi: Any) -> None:
        app = AsgiApp()

        async def send(message: Any) -> None:
            pass

        for req in (Req(), ALLOWED, pre(b"GET", origin=LOCAL), Req(b"GET", (LOCAL, LOCAL))):
            scope = req.scope()
            drive(asgi(app, None)(scope, no_receive, send))
            assert app.calls[-1][0] is scope
            assert app.calls[-1][1] is no_receive
            assert app.calls[-1][2] is send

    @pytest.mark.parametrize("kind", ["websocket", "lifespan", "webtransport", "http2", ""])
    def test_row_01_other_scopes_pass_untouched(self, asgi: Any, policy: Any, kind: str) -> None:
        app = AsgiApp()
        scope = {**ALLOWED.scope(), "type": kind}

        async def send(message: Any) -> None:
            pass

        drive(asgi(app, policy)(scope, no_receive, send))
        (seen,) = app.calls
        assert seen[0] is scope
        assert seen[1] is no_receive
        assert seen[2] is send

    def test_the_application_gets_the_servers_own_scope_and_receive(self, asgi: Any, policy: Any) -> None:
        for req in (Req(), ALLOWED, Req(b"OPTIONS", (LOCAL,)), Req(b"OPTIONS")):
            app = AsgiApp()
            scope = req.scope()
            before = copy.deepcopy(scope)

            async def send(message: Any) -> None:
                pass

            drive(asgi(app, policy)(scope, no_receive, send))
            assert app.calls[0][0] is scope
            assert scope == before
            assert app.calls[0][1] is no_receive

    def test_a_preflight_is_answered_without_the_application_and_without_receive(self, asgi: Any, policy: Any) -> None:
        app = AsgiApp()

        async def receive() -> Any:
            raise AssertionError("the body of a preflight is not read")

        for req, status in ((pre(b"GET", origin=LOCAL), 204), (pre(b"PUT", origin=LOCAL), 403)):
            messages: list[Any] = []

            async def send(message: Any, messages: list[Any] = messages) -> None:
                messages.append(message)

            drive(asgi(app, policy)(req.scope(), receive, send))
            assert app.calls == []
            assert messages[0]["status"] == status
            assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
            assert messages[1].get("body", b"") == b""
            lengths = [value for name, value in messages[0]["headers"] if name == b"content-length"]
            assert lengths == ([] if status == 204 else [b"0"])

    def test_messages_are_plain_dicts_with_lists_of_tuples_of_bytes(self, asgi: Any, policy: Any) -> None:
        for req in (Req(), ALLOWED, pre(b"GET", origin=LOCAL), pre(b"PUT", origin=LOCAL)):
            for message in call_asgi(asgi(AsgiApp(), policy), req.scope()):
                assert type(message) is dict
            start = call_asgi(asgi(AsgiApp(), policy), req.scope())[0]
            assert type(start["headers"]) is list
            for pair in start["headers"]:
                assert type(pair) is tuple
                assert [type(part) for part in pair] == [bytes, bytes]
                assert pair[0] == pair[0].lower()

    def test_the_middleware_is_an_asgi3_application_for_detectors(self, asgi: Any, policy: Any) -> None:
        """Servers such as uvicorn decide by inspection whether an instance is a single callable (ASGI 3)."""
        shim = asgi(AsgiApp(), policy)
        assert callable(shim)
        assert not inspect.isclass(shim)
        call = shim.__call__
        is_asgi3 = inspect.iscoroutinefunction(shim) or inspect.iscoroutinefunction(call)
        assert is_asgi3

    def test_it_may_be_called_many_times_at_once(self, asgi: Any, policy_class: Any) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            for _ in range(3):
                await asyncio.sleep(0)
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"x-path", scope["path"].encode())],
                }
            )
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b""})

        shim = asgi(app, policies.built(policy_class, "K10"))

        async def one(number: int) -> list[Any]:
            origin = b"http://a%d.example.com:%d" % (number, number + 1000)
            messages: list[Any] = []

            async def send(message: Any) -> None:
                await asyncio.sleep(0)
                messages.append(message)

            await shim({**Req(b"GET", (origin,)).scope(), "path": f"/{number}"}, no_receive, send)
            headers = dict(messages[0]["headers"])
            assert headers[b"x-path"] == b"/%d" % number
            assert headers[b"access-control-allow-origin"] == origin
            return messages

        async def all_of_them() -> None:
            await asyncio.gather(*(one(number) for number in range(200)))

        asyncio.run(all_of_them())

    def test_header_names_in_the_scope_may_have_any_letter_case(self, asgi: Any, policy: Any) -> None:
        for spell in (bytes.upper, bytes.title, bytes.swapcase):
            scope = pre(b"PURGE", b"authorization", origin=LOCAL).scope()
            scope["headers"] = [(spell(name), value) for name, value in scope["headers"]]
            app = AsgiApp()
            start = call_asgi(asgi(app, policy), scope)[0]
            assert (start["status"], app.calls) == (204, [])
            assert (b"access-control-allow-origin", LOCAL) in start["headers"]

    def test_a_response_without_a_start_passes(self, asgi: Any, policy: Any) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.debug", "info": {}})
            await send({"type": "http.disconnect"})

        assert call_asgi(asgi(app, policy), ALLOWED.scope()) == [
            {"type": "http.response.debug", "info": {}},
            {"type": "http.disconnect"},
        ]

    def test_the_applications_result_and_waiting_pass_through(self, asgi: Any, policy: Any) -> None:
        class Wait:
            def __await__(self) -> Iterator[str]:
                answer = yield "waiting"
                assert answer == "answer"

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await Wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await Wait()

        messages: list[Any] = []

        async def send(message: Any) -> None:
            await Wait()
            messages.append(message)

        coroutine = asgi(app, policy)(ALLOWED.scope(), no_receive, send)
        assert coroutine.send(None) == "waiting"
        assert coroutine.send("answer") == "waiting"
        assert coroutine.send("answer") == "waiting"
        with pytest.raises(StopIteration):
            coroutine.send("answer")
        assert (b"access-control-allow-origin", LOCAL) in messages[0]["headers"]

    def test_an_application_may_return_any_object_that_can_be_awaited(self, asgi: Any, policy: Any) -> None:
        class Later:
            def __init__(self, coroutine: Any) -> None:
                self.coroutine = coroutine

            def __await__(self) -> Any:
                return self.coroutine.__await__()

        async def request(app: Any) -> list[Any]:
            messages: list[Any] = []

            async def send(message: Any) -> None:
                await asyncio.sleep(0)
                messages.append(message)

            await asgi(app, policy)(ALLOWED.scope(), no_receive, send)
            return messages

        async def broken(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0)
            raise ZeroDivisionError

        def forms(inner: Any) -> list[Any]:
            return [
                inner,
                lambda *args: Later(inner(*args)),
                lambda *args: asyncio.get_running_loop().create_task(inner(*args)),
            ]

        for app in forms(AsgiApp()):
            start, body = asyncio.run(request(app))
            assert (b"access-control-allow-origin", LOCAL) in start["headers"]
            assert body["body"] == APP_BODY
        for app in forms(broken):
            with pytest.raises(ZeroDivisionError):
                asyncio.run(request(app))

    def test_cancelling_a_request_reaches_the_application_and_is_not_answered(self, asgi: Any, policy: Any) -> None:
        seen: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        async def send(message: Any) -> None:
            seen.append("sent")

        async def main() -> None:
            task = asyncio.ensure_future(asgi(app, policy)(ALLOWED.scope(), no_receive, send))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert seen == ["cancelled"]

    def test_preflight_continue_lets_the_application_answer_preflights(self, asgi: Any, policy: Any) -> None:
        app = AsgiApp()
        shim = asgi(app, policy, preflight_continue=True)
        start, body = call_asgi(shim, pre(b"GET", origin=LOCAL).scope())
        assert len(app.calls) == 1
        assert start["status"] == app.status
        assert body["body"] == APP_BODY
        assert (b"access-control-allow-origin", LOCAL) in start["headers"]

    def test_on_conflict_keep_keeps_the_applications_answer(self, asgi: Any, policy: Any) -> None:
        own = [(b"Access-Control-Allow-Origin", b"*"), (b"x-a", b"1")]
        shim = asgi(AsgiApp(headers=own), policy, on_conflict="keep")
        found = call_asgi(shim, ALLOWED.scope())[0]["headers"]
        assert sorted(found) == sorted([*own, (b"vary", b"Origin")])
        shim = asgi(AsgiApp(headers=[(b"x-a", b"1")]), policy, on_conflict="keep")
        found = call_asgi(shim, ALLOWED.scope())[0]["headers"]
        assert (b"access-control-allow-origin", LOCAL) in found
