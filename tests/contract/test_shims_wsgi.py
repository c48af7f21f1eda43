"""Section 3 of the contract and row 1: what the WSGI shim answers, passes on, and leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.contract import policies
from tests.contract.shim_requests import ALLOWED, LOCAL
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, pre


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
            for name in ("content-length", "content-type"):
                assert (name in names) is (status != "204")

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
        described = (b"content-length", b"content-type", "content-length", "content-type")
        if decision.kind != "preflight":
            described = ()
        assert [pair for pair in start["headers"] if pair[0].lower() not in described] == ours
        assert [pair for pair in result.headers if pair[0].lower() not in described] == text
