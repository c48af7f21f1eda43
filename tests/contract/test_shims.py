"""Options of the shims: whose CORS headers stay, and applications that answer a part of CORS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from fastcors import PolicyError
from fastcors.flask import CORS as flask_cors  # noqa: N811
from tests.contract import policies
from tests.contract.shim_requests import ALLOWED, LOCAL
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, no_receive, pre
from tests.support.rsgi import RsgiApp, call_rsgi, scope_of
from tests.support.shims import middleware

OPTIONS: list[dict[str, Any]] = [{"on_conflict": "keep"}, {"preflight_continue": True}, {"handle_errors": True}]


OWN: list[tuple[bytes, bytes]] = [(b"Access-Control-Allow-Origin", b"*"), (b"ACCESS-CONTROL-EXPOSE-HEADERS", b"x")]


def through_all(
    asgi: Any, wsgi: Any, policy: Any, headers: list[tuple[bytes, bytes]], req: Req, rsgi: Any = None, **options: Any
) -> Any:
    """The status and the header lines (lower-case names, sorted) of the shims, which must be the same."""
    start = call_asgi(asgi(AsgiApp(headers=headers), policy, **options), req.scope())[0]
    text = [(name.decode(), value.decode()) for name, value in headers]
    result = call_wsgi(wsgi(WsgiApp(headers=text), policy, **options), req.environ())
    found = sorted((name.decode().lower(), value.decode()) for name, value in start["headers"])
    assert sorted((name.lower(), value) for name, value in result.headers) == found
    assert start["status"] == int(result.status[:3])
    shim = (rsgi or middleware("rsgi", policy))(RsgiApp(headers=text), policy, **options)
    given = call_rsgi(shim, scope_of(req))
    assert (given.status, sorted((name.lower(), value) for name, value in given.headers)) == (start["status"], found)
    return start["status"], found


class TestOnConflictKeep:
    """``on_conflict="keep"``: where the application set ACAO, all that is added is ``Vary``."""

    @pytest.mark.parametrize("name", ["K1", "K7", "expose-all-credentials", "timing"])
    @pytest.mark.parametrize("req", [ALLOWED, Req(b"GET", (b"https://evil.example",)), Req()], ids=str)
    def test_only_vary_is_added(self, policy_class: Any, asgi: Any, wsgi: Any, name: str, req: Req) -> None:
        policy = policies.built(policy_class, name)
        _, found = through_all(asgi, wsgi, policy, [*OWN, (b"vary", b"x")], req, on_conflict="keep")
        kept = sorted((name.decode().lower(), value.decode()) for name, value in OWN)
        assert [pair for pair in found if pair[0] != "vary"] == kept
        assert [value for name, value in found if name == "vary"] == ["x, Origin"]

    def test_a_public_policy_adds_nothing(self, policy_class: Any, asgi: Any, wsgi: Any) -> None:
        policy = policies.built(policy_class, "K4")
        _, found = through_all(asgi, wsgi, policy, OWN, ALLOWED, on_conflict="keep")
        assert found == sorted((name.decode().lower(), value.decode()) for name, value in OWN)

    @pytest.mark.parametrize("req", [ALLOWED, Req(b"GET", (b"https://evil.example",)), Req()], ids=str)
    def test_without_an_acao_of_the_applications_the_policy_rules(
        self, policy_class: Any, asgi: Any, wsgi: Any, req: Req
    ) -> None:
        policy = policies.built(policy_class, "K1")
        own = [(b"access-control-allow-credentials", b"true"), (b"access-control-expose-headers", b"x")]
        kept = through_all(asgi, wsgi, policy, own, req, on_conflict="keep")
        assert kept == through_all(asgi, wsgi, policy, own, req)


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

    async def rsgi(self, scope: Any, proto: Any) -> None:
        status, headers = self.answer(scope.path, scope.method)
        if self.lazy:
            stream = proto.response_stream(status, list(headers))
            await stream.send_bytes(b"a")
            await stream.send_str("b")
        else:
            proto.response_str(status, list(headers), "ab")

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
            shim = middleware("rsgi", policy)(buckets.rsgi, policy, **self.BOTH)
            given = call_rsgi(shim, scope_of(req, path=path))
            text = sorted((name.lower(), value) for name, value in given.headers)
            assert (given.status, text, given.body) == found
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
                headers += [("content-type", "text/plain; charset=utf-8"), ("content-length", "0")]
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
        status, found = through_all(asgi, wsgi, policy, OWN, pre(method, origin=LOCAL), preflight_continue=True)
        assert status == AsgiApp().status  # the application's own, also where the policy refuses
        assert found == sorted((name.decode(), value.decode()) for name, value in decision.headers)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
def test_a_subclass_may_choose_the_options_itself(
    policy_class: Any, asgi: Any, rsgi: Any, wsgi: Any, options: dict[str, Any]
) -> None:
    policy = policies.built(policy_class, "K1")

    def of(base: Any) -> Any:
        class Child(base):  # type: ignore[misc]
            def __init__(self, app: Any, policy: Any) -> None:
                super().__init__(app, policy, **options)

        return Child

    for req in (ALLOWED, pre(b"GET", origin=LOCAL)):
        assert through_all(of(asgi), of(wsgi), policy, OWN, req, of(rsgi)) == through_all(
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
