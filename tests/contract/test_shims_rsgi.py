"""Section 3 of the contract and row 1: what the RSGI shim answers, passes on, and leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from fastcors import PolicyError
from tests.contract import policies
from tests.contract.shim_requests import ALLOWED, LOCAL
from tests.support.exchange import APP_BODY, Req, drive, pre
from tests.support.rsgi import Given, Headers, Proto, RsgiApp, Scope, WebSocketProto, call_rsgi, scope_of
from tests.support.shims import middleware

ACAO = ("access-control-allow-origin", LOCAL.decode())
EVIL = b"https://evil.example"
RESPONSES: dict[str, tuple[Any, ...]] = {
    "response_empty": (),
    "response_str": ("text",),
    "response_bytes": (b"bytes",),
    "response_file": ("/a/file",),
    "response_file_range": ("/a/file", 3, 7),
    "response_stream": (),
}
"""What each method of the protocol object takes after the status and the headers."""


@pytest.fixture(params=[False, True], ids=["", "handle_errors"])
def rsgi(rsgi: Any, request: pytest.FixtureRequest) -> Any:
    """The shim in both of its forms: what passes through it is the same."""
    return partial(rsgi, handle_errors=request.param)


@pytest.fixture
def policy(policy_class: Any) -> Any:
    return policies.built(policy_class, "K1")


def through(shim: Any, req: Req, proto: Proto, **fields: Any) -> None:
    drive(shim(scope_of(req, **fields), proto))


def responding(method: str, *arguments: Any, **named: Any) -> Any:
    """An application that responds by a method of the protocol object."""

    async def app(scope: Any, proto: Any) -> None:
        getattr(proto, method)(*arguments, **named)

    return app


class TestRequests:
    def test_row_01_without_a_policy_everything_passes_untouched(self, rsgi: Any) -> None:
        app = RsgiApp()
        for req in (Req(), ALLOWED, pre(b"GET", origin=LOCAL), Req(b"GET", (LOCAL, LOCAL))):
            scope, proto = scope_of(req), Proto()
            drive(rsgi(app, None)(scope, proto))
            assert app.calls[-1][0] is scope
            assert app.calls[-1][1] is proto

    @pytest.mark.parametrize("kind", ["ws", "webtransport", ""])
    def test_row_01_other_protocols_pass_untouched(self, rsgi: Any, policy: Any, kind: str) -> None:
        seen: list[Any] = []

        async def app(scope: Any, proto: Any) -> None:
            seen.append((scope, proto))

        scope, proto = scope_of(ALLOWED, proto=kind), object()
        drive(rsgi(app, policy)(scope, proto))
        ((one, two),) = seen
        assert one is scope
        assert two is proto

    def test_the_application_gets_the_servers_own_scope(self, rsgi: Any, policy: Any) -> None:
        for req in (Req(), ALLOWED, Req(b"OPTIONS", (LOCAL,)), Req(b"OPTIONS")):
            app, scope = RsgiApp(), scope_of(req)
            drive(rsgi(app, policy)(scope, Proto()))
            assert app.calls[0][0] is scope

    def test_a_preflight_is_answered_without_the_application(self, rsgi: Any, policy: Any) -> None:
        app = RsgiApp()
        for req, status in ((pre(b"GET", origin=LOCAL), 204), (pre(b"PUT", origin=LOCAL), 403)):
            proto = Proto()
            through(rsgi(app, policy), req, proto)
            (given,) = proto.given
            assert (given.method, given.status, given.content) == ("response_empty", status, ())
            assert (ACAO in given.headers) is (status == 204)
            lengths = [value for name, value in given.headers if name == "content-length"]
            assert lengths == ([] if status == 204 else ["0"])
        assert app.calls == []

    def test_a_preflight_is_answered_when_it_is_awaited(self, rsgi: Any, policy: Any) -> None:
        proto = Proto()
        awaitable = rsgi(RsgiApp(), policy)(scope_of(pre(b"GET", origin=LOCAL)), proto)
        assert proto.given == []
        drive(awaitable)
        assert len(proto.given) == 1
        awaitable = rsgi(RsgiApp(), policy)(scope_of(pre(b"GET", origin=LOCAL)), proto)
        awaitable.close()

    def test_a_reason_is_in_the_body_in_debug_mode(self, rsgi: Any, policy_class: Any) -> None:
        policy = policy_class(allow_origins=[LOCAL.decode()], debug=True)
        proto, req = Proto(), pre(b"PUT", origin=LOCAL)
        through(rsgi(RsgiApp(), policy), req, proto)
        (given,) = proto.given
        decision = policy.decide_rsgi(scope_of(req))
        assert (given.method, given.status, given.content) == ("response_bytes", decision.status, (decision.body,))
        assert ("content-length", str(len(decision.body))) in given.headers
        assert b"PUT" in decision.body

    def test_names_of_the_policy_are_lower_case_and_pairs_are_exact_tuples_of_str(self, rsgi: Any, policy: Any) -> None:
        for req in (Req(), ALLOWED, pre(b"GET", origin=LOCAL), pre(b"PUT", origin=LOCAL)):
            headers = call_rsgi(rsgi(RsgiApp(), policy), scope_of(req)).headers
            assert type(headers) is list
            for pair in headers:
                assert type(pair) is tuple
                assert [type(part) for part in pair] == [str, str]
                assert pair[0] == pair[0].lower()

    def test_it_may_be_called_many_times_at_once(self, rsgi: Any, policy_class: Any) -> None:
        async def app(scope: Any, proto: Any) -> None:
            await asyncio.sleep(0)
            proto.response_str(200, [("x-path", scope.path)], "")

        shim = rsgi(app, policies.built(policy_class, "K10"))

        async def one(number: int) -> None:
            origin = b"http://a%d.example.com:%d" % (number, number + 1000)
            proto = Proto()
            await shim(scope_of(Req(b"GET", (origin,)), path=f"/{number}"), proto)
            headers = dict(proto.given[0].headers)
            assert headers["x-path"] == f"/{number}"
            assert headers["access-control-allow-origin"] == origin.decode()

        async def all_of_them() -> None:
            await asyncio.gather(*(one(number) for number in range(200)))

        asyncio.run(all_of_them())

    def test_a_mapping_with_one_value_for_a_name_will_do(self, rsgi: Any, policy: Any) -> None:
        for method, status in (("GET", RsgiApp().status), ("OPTIONS", 204)):
            scope = Scope({"origin": LOCAL.decode(), "access-control-request-method": "GET"}, method=method)
            result = call_rsgi(rsgi(RsgiApp(), policy), scope)
            assert result.status == status
            assert ACAO in result.headers

    @pytest.mark.parametrize("headers", [[("origin", LOCAL.decode())], (), "origin", b"origin", {"origin"}])
    def test_what_is_no_mapping_is_refused(self, rsgi: Any, policy: Any, headers: Any) -> None:
        with pytest.raises(TypeError, match="headers must be a mapping"):
            policy.decide_rsgi(Scope(headers))
        with pytest.raises(TypeError, match="headers must be a mapping"):
            drive(rsgi(RsgiApp(), policy)(Scope(headers), Proto()))


class TestValuesThatAServerLeavesOut:
    """granian has no text for a value beyond ASCII: the name is there, and a value is not."""

    def decide(self, policy: Any, *lines: tuple[bytes, bytes]) -> Any:
        return policy.decide_rsgi(Scope(Headers([(b"origin", LOCAL), *lines]), method="OPTIONS"))

    def test_an_origin_is_malformed_then(self, rsgi: Any, policy: Any) -> None:
        req = Req(b"OPTIONS", (b"https://\xe9.example",), b"GET")
        decision = policy.decide_rsgi(scope_of(req))
        assert (decision.kind, decision.reason.value) == ("preflight", "origin-malformed")
        assert call_rsgi(rsgi(RsgiApp(), policy), scope_of(req)).status == 403
        headers = call_rsgi(rsgi(RsgiApp(), policy), scope_of(Req(b"GET", (b"\xe9",)))).headers
        assert [pair for pair in headers if pair not in RsgiApp().headers] == [("vary", "Origin")]

    def test_a_requested_method_or_header_is_malformed_then(self, policy: Any) -> None:
        method = (b"access-control-request-method", b"GET")
        names = (b"access-control-request-headers", b"\xe9")
        assert self.decide(policy, method).reason.value == "ok"
        assert self.decide(policy, (method[0], b"\xe9")).reason.value == "method-malformed"
        assert self.decide(policy, method, names).reason.value == "headers-malformed"

    def test_an_empty_origin_is_there(self, policy: Any) -> None:
        decision = policy.decide_rsgi(scope_of(Req(b"GET", (b"",))))
        assert (decision.kind, decision.reason.value) == ("actual", "origin-malformed")

    def test_doubles_are_refused(self, policy: Any) -> None:
        assert policy.decide_rsgi(scope_of(Req(b"GET", (LOCAL, LOCAL)))).reason.value == "origin-multiple"
        method = (b"access-control-request-method", b"GET")
        assert self.decide(policy, method, method).reason.value == "method-malformed"


class TestResponses:
    @pytest.mark.parametrize("method", RESPONSES)
    def test_every_method_of_the_protocol_object_merges(self, rsgi: Any, policy: Any, method: str) -> None:
        own = [("X-App", "1"), ("Access-Control-Allow-Origin", "https://app.example"), ("vary", "foo")]
        content = RESPONSES[method]
        for origin, added in ((LOCAL, [ACAO]), (EVIL, [])):
            proto = Proto()
            through(rsgi(responding(method, 206, own, *content), policy), Req(b"GET", (origin,)), proto)
            (given,) = proto.given
            assert (given.method, given.status, given.content) == (method, 206, content)
            assert [pair for pair in given.headers if pair[0].lower() == "access-control-allow-origin"] == added
            assert ("X-App", "1") in given.headers
            assert ("vary", "foo, Origin") in given.headers
        assert len(own) == 3

    @pytest.mark.parametrize("method", RESPONSES)
    def test_arguments_may_be_given_by_name(self, rsgi: Any, policy: Any, method: str) -> None:
        names = {"response_file": ("file",), "response_file_range": ("file", "start", "end")}.get(method, ("body",))
        named = dict(zip(names, RESPONSES[method], strict=False))
        proto = Proto()
        through(rsgi(responding(method, status=404, headers=[("x", "y")], **named), policy), ALLOWED, proto)
        (given,) = proto.given
        assert (given.method, given.status, given.content) == (method, 404, RESPONSES[method])
        assert given.headers[0] == ("x", "y")
        assert ACAO in given.headers

    def test_arguments_that_are_left_out_are_the_servers_defaults(self, rsgi: Any, policy: Any) -> None:
        contents = {"response_empty": (), "response_str": ("",), "response_bytes": (b"",), "response_stream": ()}
        for method, content in contents.items():
            proto = Proto()
            through(rsgi(responding(method), policy), ALLOWED, proto)
            (given,) = proto.given
            assert (given.method, given.status, given.content) == (method, 200, content)
            assert ACAO in given.headers

    @pytest.mark.parametrize("method", ["response_file", "response_file_range"])
    def test_what_a_method_needs_is_asked_of_the_application(self, rsgi: Any, policy: Any, method: str) -> None:
        for arguments in ((), (200,), (200, [])):
            with pytest.raises(TypeError):
                through(rsgi(responding(method, *arguments), policy), ALLOWED, Proto())
        with pytest.raises(TypeError):
            through(rsgi(responding(method, 200, [], *"abcdefg"), policy), ALLOWED, Proto())

    def test_a_method_that_this_version_does_not_know_merges_too(self, rsgi: Any, policy: Any) -> None:
        class Later(Proto):
            def response_json(self, status: int = 200, headers: Any = (), body: Any = None, *, indent: int = 0) -> str:
                self._take("response_json", status, headers, body, indent)
                return "returned"

        for arguments, named in [
            ((201, [("x", "y")], 5), {"indent": 2}),
            ((), {"headers": [("x", "y")], "status": 201}),
        ]:
            proto, returned = Later(), []

            async def app(scope: Any, proto: Any, arguments: Any = arguments, named: Any = named) -> None:
                returned.append(proto.response_json(*arguments, **named))  # noqa: B023

            through(rsgi(app, policy), ALLOWED, proto)
            (given,) = proto.given
            assert returned == ["returned"]
            assert given.status == 201
            assert given.headers[0] == ("x", "y")
            assert ACAO in given.headers
        with pytest.raises(AttributeError):
            through(rsgi(responding("response_json"), policy), ALLOWED, Proto())

    def test_a_stream_is_the_servers_own(self, rsgi: Any, policy: Any) -> None:
        async def app(scope: Any, proto: Any) -> None:
            stream = proto.response_stream(200, [("content-type", "text/plain")])
            await stream.send_bytes(b"one")
            await stream.send_str("two")
            with pytest.raises(RuntimeError):
                proto.response_stream(200, [])

        proto = Proto()
        through(rsgi(app, policy), ALLOWED, proto)
        assert proto.sent == [b"one", b"two"]
        assert ACAO in proto.given[0].headers

    def test_text_beyond_latin_1_stays_as_it_is(self, rsgi: Any, policy: Any) -> None:
        own = ("content-disposition", "attachment; filename*=\u20ac")
        assert own in call_rsgi(rsgi(RsgiApp(headers=[own]), policy), scope_of(ALLOWED)).headers

    def test_a_header_that_is_no_pair_of_text_is_a_type_error(self, rsgi: Any, policy: Any) -> None:
        for wrong in ([("x",)], [("x", 5)], [None], 5, None):
            proto = Proto()
            with pytest.raises(TypeError):
                through(rsgi(RsgiApp(headers=wrong), policy), ALLOWED, proto)
            assert all(given.status == 500 for given in proto.given)  # with handle_errors

    def test_the_applications_list_is_left_as_it_is(self, rsgi: Any, policy: Any) -> None:
        own = [("x", "y"), ("vary", "a")]
        app = RsgiApp(headers=own)
        results = [call_rsgi(rsgi(app, policy), scope_of(ALLOWED)).headers for _ in range(2)]
        results[0].clear()
        assert own == [("x", "y"), ("vary", "a")]
        assert ACAO in results[1]

    def test_a_response_twice_is_what_the_server_makes_of_it(self, rsgi: Any, policy: Any) -> None:
        async def app(scope: Any, proto: Any) -> None:
            proto.response_str(200, [], "one")
            proto.response_str(201, [], "two")

        proto = Proto()
        through(rsgi(app, policy), ALLOWED, proto)
        assert [given.content for given in proto.given] == [("one",)]


class TestTheProtocolObject:
    def run(self, rsgi: Any, policy: Any, app: Any, proto: Any) -> None:
        drive(rsgi(app, policy)(scope_of(ALLOWED), proto))

    def test_the_body_of_the_request_is_the_servers(self, rsgi: Any, policy: Any) -> None:
        seen: list[Any] = []

        async def app(scope: Any, proto: Any) -> None:
            seen.append(await proto())
            seen.append([chunk async for chunk in proto])
            seen.append(await proto.client_disconnect())

        self.run(rsgi, policy, app, Proto(b"ab", b"c"))
        assert seen == [b"abc", [b"ab", b"c"], "gone"]

    def test_everything_else_is_the_servers(self, rsgi: Any, policy: Any) -> None:
        class Own(Proto):
            answer = 42

        async def app(scope: Any, proto: Any) -> None:
            assert proto.answer == 42
            assert not hasattr(proto, "question")
            with pytest.raises(AttributeError):
                proto.question = 1
            proto.response_empty()

        proto = Own()
        self.run(rsgi, policy, app, proto)
        assert proto.given

    def test_its_calls_take_no_arguments(self, rsgi: Any, policy: Any) -> None:
        async def app(scope: Any, proto: Any) -> None:
            with pytest.raises(TypeError):
                await proto(5)

        self.run(rsgi, policy, app, Proto())


class TestRules:
    def test_on_conflict_keep_keeps_the_applications_answer(self, rsgi: Any, policy: Any) -> None:
        own = [("Access-Control-Allow-Origin", "*"), ("x-a", "1")]
        found = call_rsgi(rsgi(RsgiApp(headers=own), policy, on_conflict="keep"), scope_of(ALLOWED)).headers
        assert sorted(found) == sorted([*own, ("vary", "Origin")])
        found = call_rsgi(rsgi(RsgiApp(headers=own[1:]), policy, on_conflict="keep"), scope_of(ALLOWED)).headers
        assert ACAO in found

    def test_preflight_continue_lets_the_application_respond_to_preflights(self, rsgi: Any, policy: Any) -> None:
        app = RsgiApp()
        result = call_rsgi(rsgi(app, policy, preflight_continue=True), scope_of(pre(b"GET", origin=LOCAL)))
        assert len(app.calls) == 1
        assert (result.status, result.body) == (app.status, APP_BODY)
        assert ACAO in result.headers

    @pytest.mark.parametrize("method", RESPONSES)
    @pytest.mark.parametrize("debug", [False, True])
    def test_both_give_the_policys_answer_where_the_application_has_none(
        self, rsgi: Any, policy_class: Any, method: str, debug: bool
    ) -> None:
        policy = policy_class(allow_origins=[LOCAL.decode()], debug=debug)
        req = pre(b"PUT", origin=LOCAL)
        decision = policy.decide_rsgi(scope_of(req))
        both: dict[str, Any] = {"preflight_continue": True, "on_conflict": "keep"}

        async def app(scope: Any, proto: Any) -> None:
            made = getattr(proto, method)(405, iter([("allow", "GET")]), *RESPONSES[method])
            if method == "response_stream":
                await made.send_bytes(b"x")
                await made.send_str("x")
            else:
                assert made is None

        proto = Proto()
        through(rsgi(app, policy, **both), req, proto)
        (given,) = proto.given
        assert given.status == decision.status
        assert given.content == ((decision.body,) if debug else ())
        assert proto.sent == []
        assert ("allow", "GET") not in given.headers
        own = [("access-control-allow-origin", "https://bucket.example")]
        result = call_rsgi(rsgi(RsgiApp(headers=own), policy, **both), scope_of(req))
        assert (result.status, result.body) == (RsgiApp().status, APP_BODY)
        assert own[0] in result.headers

    def test_the_path_of_the_scope_is_the_one_of_the_routes(self, rsgi: Any, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K1")
        shim = rsgi(RsgiApp(), routes={"/api/": policy, "/api/health": None, "/\xe9": policy})
        for path, found in {
            "/api/x": True,
            "/api": True,
            "/api/health": False,
            "/": False,
            "//api/x": False,
            "/\xe9": True,
        }.items():
            assert (ACAO in call_rsgi(shim, scope_of(ALLOWED, path=path)).headers) is found

    def test_an_option_of_other_shims_alone_is_refused_and_never_advised(self, rsgi: Any, policy: Any) -> None:
        for given in ("tell_application", "tell_applicatio"):
            with pytest.raises(PolicyError) as caught:
                rsgi(RsgiApp(), policy, **{given: True})
            assert [(issue.code, issue.hint) for issue in caught.value.issues] == [("unknown-parameter", None)]


class TestApplications:
    def test_an_object_with_a_method_for_it_is_one(self, rsgi: Any, policy: Any) -> None:
        hooks: list[Any] = []

        class Application:
            async def __rsgi__(self, scope: Any, proto: Any) -> None:
                proto.response_str(200, [], "of the object")

            def __rsgi_init__(self, loop: Any) -> None:
                hooks.append(("init", loop))

            def __rsgi_del__(self, loop: Any) -> None:
                hooks.append(("del", loop))

        app = Application()
        shim = rsgi(app, policy)
        assert shim.app is app
        result = call_rsgi(shim, scope_of(ALLOWED))
        assert result.body == b"of the object"
        assert ACAO in result.headers
        shim.__rsgi_init__(1)
        shim.__rsgi_del__(2)
        assert hooks == [("init", 1), ("del", 2)]

    def test_one_that_is_called_otherwise_too_is_called_by_its_method(self, rsgi: Any, policy: Any) -> None:
        class Both:
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                raise AssertionError("this is for ASGI")

            async def __rsgi__(self, scope: Any, proto: Any) -> None:
                proto.response_empty(204, [])

        assert call_rsgi(rsgi(Both(), policy), scope_of(ALLOWED)).status == 204

    def test_one_without_hooks_has_none(self, rsgi: Any, policy: Any) -> None:
        shim = rsgi(RsgiApp(), policy)
        shim.__rsgi_init__(None)
        shim.__rsgi_del__(None)

    def test_a_shim_around_a_shim_passes_the_hooks_on(self, rsgi: Any, policy: Any) -> None:
        hooks: list[Any] = []

        class Application(RsgiApp):
            def __rsgi_init__(self, loop: Any) -> None:
                hooks.append(loop)

        shim = rsgi(rsgi(Application(), policy), None)
        shim.__rsgi_init__("loop")
        assert hooks == ["loop"]
        assert ACAO in call_rsgi(shim, scope_of(ALLOWED)).headers

    def test_any_object_that_can_be_awaited_may_be_returned(self, rsgi: Any, policy: Any) -> None:
        class Later:
            def __init__(self, proto: Any) -> None:
                self.proto = proto

            def __await__(self) -> Iterator[Any]:
                yield from asyncio.sleep(0).__await__()
                self.proto.response_str(200, [], "later")

        async def request(app: Any) -> Given:
            proto = Proto()
            await rsgi(app, policy)(scope_of(ALLOWED), proto)
            return proto.given[0]

        for app in (
            lambda scope, proto: Later(proto),
            lambda scope, proto: asyncio.get_running_loop().create_task(RsgiApp()(scope, proto)),
        ):
            assert ACAO in asyncio.run(request(app)).headers

    def test_a_shim_takes_its_arguments_by_name_too(self, rsgi: Any, policy: Any) -> None:
        app = RsgiApp()
        drive(rsgi(app, policy)(scope=scope_of(Req()), proto=Proto()))
        assert app.calls
        with pytest.raises(TypeError):
            drive(rsgi(app, policy)(scope_of(Req())))


class BrokenError(Exception):
    """What the applications here raise."""


class TestErrors:
    def test_row_35a_an_exception_passes_as_it_is(self, policy_class: Any) -> None:
        shim = middleware("rsgi", policy_class)
        error = BrokenError()

        async def app(scope: Any, proto: Any) -> None:
            raise error

        def at_the_call(scope: Any, proto: Any) -> Any:
            raise error

        for broken in (app, at_the_call):
            for req in (ALLOWED, Req(), Req(b"GET", (EVIL,))):
                proto = Proto()
                with pytest.raises(BrokenError) as caught:
                    through(shim(broken, policies.built(policy_class, "K1")), req, proto)
                assert caught.value is error
                assert proto.given == []

    @pytest.mark.parametrize("name", ["K1", "K4", "K7"])
    def test_row_35a_with_handle_errors_a_500_has_the_headers(self, policy_class: Any, name: str) -> None:
        policy = policies.built(policy_class, name)
        error = BrokenError()

        async def at_once(scope: Any, proto: Any) -> None:
            raise error

        async def later(scope: Any, proto: Any) -> None:
            await asyncio.sleep(0)
            raise error

        def at_the_call(scope: Any, proto: Any) -> Any:
            raise error

        for app in (at_once, later, at_the_call):
            for req in (ALLOWED, Req(), Req(b"GET", (EVIL,))):
                proto = Proto()

                async def serve(app: Any = app, req: Req = req, proto: Proto = proto) -> None:
                    await middleware("rsgi", policy_class)(app, policy, handle_errors=True)(scope_of(req), proto)

                with pytest.raises(BrokenError) as caught:
                    asyncio.run(serve())
                assert caught.value is error
                (given,) = proto.given
                assert (given.method, given.status, given.content) == (
                    "response_bytes",
                    500,
                    (b"Internal Server Error",),
                )
                wanted = [(key.decode(), value.decode()) for key, value in policy.decide_rsgi(scope_of(req)).headers]
                assert [pair for pair in given.headers if not pair[0].startswith("content-")] == wanted

    def test_once_the_response_has_started_nothing_is_added(self, rsgi: Any, policy: Any) -> None:
        async def app(scope: Any, proto: Any) -> None:
            proto.response_stream(200, [])
            raise BrokenError

        proto = Proto()
        with pytest.raises(BrokenError):
            through(rsgi(app, policy), ALLOWED, proto)
        assert [given.status for given in proto.given] == [200]

    def test_what_the_server_raises_comes_through(self, rsgi: Any, policy: Any) -> None:
        class Gone(Proto):
            def _take(self, *arguments: Any) -> None:
                raise OSError("gone")

        for req in (ALLOWED, pre(b"GET", origin=LOCAL)):
            with pytest.raises(OSError, match="gone"):
                through(rsgi(RsgiApp(), policy), req, Gone())

    def test_cancelling_a_request_reaches_the_application_and_is_not_answered(self, rsgi: Any, policy: Any) -> None:
        seen: list[str] = []

        async def app(scope: Any, proto: Any) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        proto = Proto()

        async def main() -> None:
            async def serve() -> None:
                await rsgi(app, policy)(scope_of(ALLOWED), proto)

            task = asyncio.create_task(serve())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert seen == ["cancelled"]
        assert proto.given == []


class TestWebSocket:
    def open(self, shim: Any, *origins: bytes, path: str = "/") -> list[Any]:
        async def app(scope: Any, proto: Any) -> None:
            await proto.accept()

        proto = WebSocketProto()
        drive(shim(app)(scope_of(Req(b"GET", origins), proto="ws", path=path), proto))
        return proto.calls

    def test_a_handshake_is_let_in_refused_or_not_looked_at(self, rsgi: Any, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K7")

        def checked(app: Any) -> Any:
            return rsgi(app, policy, check_websocket_origin=True)

        assert self.open(checked, LOCAL) == ["accept"]
        assert self.open(checked) == ["accept"]
        for origins in ([EVIL], [b"null"], [b""], [b"\xe9"], [LOCAL, LOCAL], [LOCAL + b", " + LOCAL]):
            assert self.open(checked, *origins) == [403]
        assert self.open(lambda app: rsgi(app, policy), EVIL) == ["accept"]
        assert self.open(lambda app: rsgi(app, None, check_websocket_origin=True), EVIL) == ["accept"]

    @pytest.mark.parametrize("path", ["/foo/closed", "//foo/x", "/a/../x", "/elsewhere"])
    def test_row_42_a_path_without_a_policy_lets_no_origin_in(self, rsgi: Any, policy_class: Any, path: str) -> None:
        routes = {"/foo/": policies.built(policy_class, "K7"), "/foo/closed": None}

        def routed(app: Any) -> Any:
            return rsgi(app, routes=routes, check_websocket_origin=True)

        assert self.open(routed, LOCAL, path="/foo/chat") == ["accept"]
        assert self.open(routed, LOCAL, path=path) == [403]
        assert self.open(routed, path=path) == ["accept"]
