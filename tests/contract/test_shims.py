"""Section 3 of the contract and row 1: what the shims answer, pass on, and leave alone."""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask

from fastcors import PolicyError
from fastcors.flask import CORS as flask_cors  # noqa: N811
from tests.contract import policies
from tests.support.exchange import APP_BODY, AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, no_receive, pre

LOCAL = policies.LOCAL.encode()
ALLOWED = Req(b"GET", (LOCAL,))


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


class TestWsgi:
    @pytest.fixture(params=[False, True], ids=["", "handle_errors"])
    def wsgi(self, wsgi: Any, request: pytest.FixtureRequest) -> Any:
        """The shim in both of its forms: what passes through it is the same."""
        return partial(wsgi, handle_errors=request.param)

    @pytest.fixture
    def policy(self, policy_class: Any) -> Any:
        return policies.built(policy_class, "K1")

    def test_row_01_without_a_policy_everything_passes_untouched(self, wsgi: Any) -> None:
        def app(*arguments: Any) -> Any:
            seen.append(arguments)
            return body

        def start_response(*_args: Any) -> Any:
            raise AssertionError("only the application calls this")

        seen: list[Any] = []
        body = [b"x"]
        for req in (Req(), ALLOWED, pre(b"GET", origin=LOCAL), Req(b"GET", (LOCAL, LOCAL))):
            environ = req.environ()
            assert wsgi(app, None)(environ, start_response) is body
            assert seen[-1][0] is environ
            assert seen[-1][1] is start_response

    def test_the_application_gets_the_servers_own_environ(self, wsgi: Any, policy: Any) -> None:
        for req in (Req(), ALLOWED, Req(b"OPTIONS", (LOCAL,)), Req(b"OPTIONS")):
            app = WsgiApp()
            environ = req.environ()
            before = dict(environ)
            call_wsgi(wsgi(app, policy), environ)
            assert app.calls[0] is environ
            assert environ == before

    def test_a_preflight_is_answered_without_the_application(self, wsgi: Any, policy: Any) -> None:
        app = WsgiApp()
        for req, status in ((pre(b"GET", origin=LOCAL), "204"), (pre(b"PUT", origin=LOCAL), "403")):
            environ = req.environ()
            environ["wsgi.input"] = None  # the body of a preflight is not read
            result = call_wsgi(wsgi(app, policy), environ)
            code, _, phrase = result.status.partition(" ")
            assert code == status
            assert phrase
            assert result.body == b""
            assert app.calls == []
            names = [name.lower() for name, _ in result.headers]
            assert ("content-length" in names) is (status != "204")

    def test_headers_are_a_list_of_tuples_of_str(self, wsgi: Any, policy: Any) -> None:
        for req in (Req(), ALLOWED, pre(b"GET", origin=LOCAL), pre(b"PUT", origin=LOCAL)):
            headers = call_wsgi(wsgi(WsgiApp(), policy), req.environ()).headers
            assert type(headers) is list
            for pair in headers:
                assert type(pair) is tuple
                assert [type(part) for part in pair] == [str, str]

    def test_the_body_is_the_applications_own_object(self, wsgi: Any, policy: Any) -> None:
        body = [b"x"]

        def app(environ: Any, start_response: Any) -> Any:
            start_response("200 OK", [])
            return body

        seen: list[Any] = []
        result = wsgi(app, policy)(ALLOWED.environ(), lambda *args: seen.append(args))
        assert result is body

    def test_the_body_is_closed_once_by_the_server(self, wsgi: Any, policy: Any) -> None:
        class Body:
            closed = 0

            def __iter__(self) -> Iterator[bytes]:
                yield b"x"

            def close(self) -> None:
                self.closed += 1

        body = Body()

        def app(environ: Any, start_response: Any) -> Any:
            start_response("200 OK", [])
            return body

        assert call_wsgi(wsgi(app, policy), ALLOWED.environ()).body == b"x"
        assert body.closed == 1

    def test_a_generator_that_starts_late_gets_the_headers(self, wsgi: Any, policy: Any) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", [("X-A", "1")])
            yield b"one"
            yield b"two"

        result = call_wsgi(wsgi(app, policy), ALLOWED.environ())
        assert result.body == b"onetwo"
        assert ("Access-Control-Allow-Origin", policies.LOCAL) in result.headers

    def test_the_write_callable_reaches_the_application(self, wsgi: Any, policy: Any) -> None:
        def app(environ: Any, start_response: Any) -> list[bytes]:
            write = start_response("200 OK", [])
            write(b"written")
            return []

        assert call_wsgi(wsgi(app, policy), ALLOWED.environ()).body == b"written"

    def test_preflight_continue_lets_the_application_answer_preflights(self, wsgi: Any, policy: Any) -> None:
        app = WsgiApp()
        shim = wsgi(app, policy, preflight_continue=True)
        result = call_wsgi(shim, pre(b"GET", origin=LOCAL).environ())
        assert len(app.calls) == 1
        assert result.status == app.status
        assert ("Access-Control-Allow-Origin", policies.LOCAL) in result.headers

    def test_on_conflict_keep_keeps_the_applications_answer(self, wsgi: Any, policy: Any) -> None:
        own = [("Access-Control-Allow-Origin", "*"), ("X-A", "1")]
        shim = wsgi(WsgiApp(headers=own), policy, on_conflict="keep")
        found = call_wsgi(shim, ALLOWED.environ()).headers
        assert sorted(found) == sorted([*own, ("Vary", "Origin")])


@pytest.mark.parametrize("name", policies.K)
def test_the_shims_agree_with_decide_for_every_policy(policy_class: Any, asgi: Any, wsgi: Any, name: str) -> None:
    policy = policies.built(policy_class, name)
    for req in (
        Req(),
        ALLOWED,
        Req(b"POST", (b"https://evil.example",)),
        pre(b"GET", origin=LOCAL),
        pre(b"PURGE", b"authorization,x-a", origin=LOCAL),
        pre(b"GET", origin=b"https://evil.example"),
        pre(b"GET", origin=LOCAL, private=b"true"),
    ):
        decision = policy.decide(
            req.method, *req.origins or (None,), req.acrm, list(req.acrh), request_private_network=req.acrpn
        )
        if decision.kind == "preflight":
            ours, text = decision.headers, decision.headers_str
        else:
            ours, text = decision.merge_asgi(AsgiApp().headers), decision.merge_wsgi(WsgiApp().headers)
        start = call_asgi(asgi(AsgiApp(), policy), req.scope())[0]
        result = call_wsgi(wsgi(WsgiApp(), policy), req.environ())
        lengths = (b"content-length", "content-length")
        assert [pair for pair in start["headers"] if pair[0].lower() not in lengths] == ours
        assert [pair for pair in result.headers if pair[0].lower() not in lengths] == text


OPTIONS: list[dict[str, Any]] = [{"on_conflict": "keep"}, {"preflight_continue": True}, {"handle_errors": True}]
OWN: list[tuple[bytes, bytes]] = [(b"Access-Control-Allow-Origin", b"*"), (b"ACCESS-CONTROL-EXPOSE-HEADERS", b"x")]


def through_both(
    asgi: Any, wsgi: Any, policy: Any, headers: list[tuple[bytes, bytes]], req: Req, **options: Any
) -> Any:
    """The status and the header lines (lower-case names, sorted) of both shims, which must be the same."""
    start = call_asgi(asgi(AsgiApp(headers=headers), policy, **options), req.scope())[0]
    text = [(name.decode(), value.decode()) for name, value in headers]
    result = call_wsgi(wsgi(WsgiApp(headers=text), policy, **options), req.environ())
    found = sorted((name.decode().lower(), value.decode()) for name, value in start["headers"])
    assert sorted((name.lower(), value) for name, value in result.headers) == found
    assert start["status"] == int(result.status[:3])
    return start["status"], found


class TestOnConflictKeep:
    """``on_conflict="keep"``: where the application set ACAO, all that is added is ``Vary``."""

    @pytest.mark.parametrize("name", ["K1", "K7", "expose-all-credentials", "timing"])
    @pytest.mark.parametrize("req", [ALLOWED, Req(b"GET", (b"https://evil.example",)), Req()], ids=str)
    def test_only_vary_is_added(self, policy_class: Any, asgi: Any, wsgi: Any, name: str, req: Req) -> None:
        policy = policies.built(policy_class, name)
        _, found = through_both(asgi, wsgi, policy, [*OWN, (b"vary", b"x")], req, on_conflict="keep")
        kept = sorted((name.decode().lower(), value.decode()) for name, value in OWN)
        assert [pair for pair in found if pair[0] != "vary"] == kept
        assert [value for name, value in found if name == "vary"] == ["x, Origin"]

    def test_a_public_policy_adds_nothing(self, policy_class: Any, asgi: Any, wsgi: Any) -> None:
        policy = policies.built(policy_class, "K4")
        _, found = through_both(asgi, wsgi, policy, OWN, ALLOWED, on_conflict="keep")
        assert found == sorted((name.decode().lower(), value.decode()) for name, value in OWN)

    @pytest.mark.parametrize("req", [ALLOWED, Req(b"GET", (b"https://evil.example",)), Req()], ids=str)
    def test_without_an_acao_of_the_applications_the_policy_rules(
        self, policy_class: Any, asgi: Any, wsgi: Any, req: Req
    ) -> None:
        policy = policies.built(policy_class, "K1")
        own = [(b"access-control-allow-credentials", b"true"), (b"access-control-expose-headers", b"x")]
        kept = through_both(asgi, wsgi, policy, own, req, on_conflict="keep")
        assert kept == through_both(asgi, wsgi, policy, own, req)


class Buckets:
    """An application whose buckets have CORS rules of their own; elsewhere it knows no OPTIONS."""

    RULES = [
        ("Access-Control-Allow-Origin", "https://bucket.example"),
        ("Access-Control-Allow-Methods", "DELETE"),
        ("Access-Control-Max-Age", "3000"),
    ]

    def __init__(self, lazy: bool = False) -> None:
        self.lazy = lazy
        self.closed = 0

    def answer(self, path: str, method: str) -> tuple[int, list[tuple[str, str]]]:
        if path.startswith("/bucket/"):
            return 200, self.RULES
        return (405, [("Allow", "GET")]) if method == "OPTIONS" else (200, [("X-Plain", "1")])

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        status, headers = self.answer(scope["path"], scope["method"])
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": iter(encoded)})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    def wsgi(self, environ: Any, start_response: Any) -> Any:
        if self.lazy:
            return self.chunks(environ, start_response)
        return list(self.chunks(environ, start_response))

    def chunks(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        status, headers = self.answer(environ["PATH_INFO"], environ["REQUEST_METHOD"])
        write = start_response(f"{status} Phrase", list(headers))
        try:
            if write is not None:
                write(b"")
            yield b"a"
            yield b"b"
        finally:
            self.closed += 1


class TestApplicationsThatAnswerAPartOfCors:
    """``preflight_continue=True`` and ``on_conflict="keep"`` together."""

    BOTH: dict[str, Any] = {"preflight_continue": True, "on_conflict": "keep"}

    def answers(self, asgi: Any, wsgi: Any, policy: Any, req: Req, path: str) -> Any:
        """Status, headers (lower-case names, sorted) and body, which must be the same through all doors."""
        start, *rest = call_asgi(asgi(Buckets().asgi, policy, **self.BOTH), {**req.scope(), "path": path})
        headers = sorted((name.decode().lower(), value.decode()) for name, value in start["headers"])
        found = (start["status"], headers, b"".join(message["body"] for message in rest))
        assert not rest[-1].get("more_body")
        flask = Flask(__name__, static_folder=None)
        for lazy in (False, True):
            buckets = Buckets(lazy)
            flask.wsgi_app = buckets.wsgi  # type: ignore[method-assign]
            flask.extensions.clear()
            flask_cors(flask, policy, **self.BOTH)
            for app in (wsgi(buckets.wsgi, policy, **self.BOTH), flask):
                result = call_wsgi(app, {**req.environ(), "PATH_INFO": path})
                text = sorted((name.lower(), value) for name, value in result.headers)
                assert (int(result.status[:3]), text, result.body) == found
            assert buckets.closed == 2
        return found

    @pytest.mark.parametrize("name", ["K1", "K7"])
    def test_its_own_answers_stay_but_for_vary(self, policy_class: Any, asgi: Any, wsgi: Any, name: str) -> None:
        policy = policies.built(policy_class, name)
        rules = [(key.lower(), value) for key, value in Buckets.RULES]
        for req in (ALLOWED, Req(b"GET", (b"https://evil.example",)), pre(b"DELETE", origin=LOCAL)):
            vary = dict(policy.decide_asgi(req.scope()).headers)[b"vary"].decode()
            found = self.answers(asgi, wsgi, policy, req, "/bucket/x")
            assert found == (200, sorted([*rules, ("vary", vary)]), b"ab")

    @pytest.mark.parametrize("name", ["K1", "K4", "K7", "statuses"])
    def test_what_it_does_not_answer_the_policy_does(self, policy_class: Any, asgi: Any, wsgi: Any, name: str) -> None:
        policy = policies.built(policy_class, name)
        for req in (
            pre(b"PURGE", origin=LOCAL),
            pre(b"GET", origin=LOCAL),
            pre(b"GET", origin=b"https://evil.example"),
        ):
            decision = policy.decide_asgi(req.scope())
            headers = [(key.decode(), value.decode()) for key, value in decision.headers]
            if decision.status != 204:
                headers.append(("content-length", "0"))
            assert self.answers(asgi, wsgi, policy, req, "/other") == (decision.status, sorted(headers), b"")
        status, headers, body = self.answers(asgi, wsgi, policy, ALLOWED, "/other")
        assert (status, body) == (200, b"ab")
        assert ("access-control-allow-origin", policy.decide("GET", LOCAL).headers_str[0][1]) in headers

    def test_a_plain_options_is_the_applications(self, policy_class: Any, asgi: Any, wsgi: Any) -> None:
        policy = policies.built(policy_class, "K7")
        status, _, body = self.answers(asgi, wsgi, policy, Req(b"OPTIONS", (LOCAL,)), "/other")
        assert (status, body) == (405, b"ab")


@pytest.mark.parametrize("name", ["K1", "K4", "K7", "minimal"])
def test_preflight_continue_puts_the_preflights_headers_into_the_applications_answer(
    policy_class: Any, asgi: Any, wsgi: Any, name: str
) -> None:
    policy = policies.built(policy_class, name)
    for method in (b"GET", b"PUT", b"PURGE"):
        decision = policy.decide(b"OPTIONS", LOCAL, method)
        status, found = through_both(asgi, wsgi, policy, OWN, pre(method, origin=LOCAL), preflight_continue=True)
        assert status == AsgiApp().status  # the application's own, also where the policy refuses
        assert found == sorted((name.decode(), value.decode()) for name, value in decision.headers)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
def test_a_subclass_may_choose_the_options_itself(
    policy_class: Any, asgi: Any, wsgi: Any, options: dict[str, Any]
) -> None:
    policy = policies.built(policy_class, "K1")

    def of(base: Any) -> Any:
        class Child(base):  # type: ignore[misc]
            def __init__(self, app: Any, policy: Any) -> None:
                super().__init__(app, policy, **options)

        return Child

    for req in (ALLOWED, pre(b"GET", origin=LOCAL)):
        assert through_both(of(asgi), of(wsgi), policy, OWN, req) == through_both(
            asgi, wsgi, policy, OWN, req, **options
        )

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message["type"])

    with pytest.raises(ZeroDivisionError):
        drive(of(asgi)(broken, policy)(ALLOWED.scope(), no_receive, send))
    assert len(messages) == (2 if "handle_errors" in options else 0)


def test_a_wrong_policy_or_option_is_refused_at_once(asgi: Any, wsgi: Any, policy_class: Any) -> None:
    policy = policies.built(policy_class, "K1")
    for shim, app in ((asgi, AsgiApp()), (wsgi, WsgiApp())):
        for wrong in ("https://a.example", 5, {}, policy_class):
            with pytest.raises(TypeError):
                shim(app, wrong)
        with pytest.raises((TypeError, ValueError)):
            shim(app, policy, on_conflict="both")
        with pytest.raises(PolicyError, match="unknown: no such parameter"):
            shim(app, policy, unknown=True)


def test_a_policy_may_be_replaced_between_requests(policy_class: Any, asgi: Any, wsgi: Any) -> None:
    one, two = policies.built(policy_class, "K7"), policies.built(policy_class, "K8")
    shims = [asgi(AsgiApp(), one), wsgi(WsgiApp(), one)]

    def origins_allowed(origin: bytes) -> list[bool]:
        req = Req(b"GET", (origin,))
        start = call_asgi(shims[0], req.scope())[0]
        result = call_wsgi(shims[1], req.environ())
        return [
            (b"access-control-allow-origin", origin) in start["headers"],
            ("Access-Control-Allow-Origin", origin.decode()) in result.headers,
        ]

    assert origins_allowed(LOCAL) == [True, True]
    for shim in shims:
        shim.policy = two
    assert origins_allowed(LOCAL) == [False, False]
    assert origins_allowed(b"https://foo.com") == [True, True]
    for shim in shims:
        shim.policy = None
    assert origins_allowed(b"https://foo.com") == [False, False]
