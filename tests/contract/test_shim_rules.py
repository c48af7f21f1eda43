"""What the shims go by: routes, a view's own policy, the origin of a WebSocket handshake; and odd callers."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import policies
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, no_receive, pre
from tests.support.rsgi import RsgiApp, call_rsgi, scope_of

LOCAL = policies.LOCAL.encode()
FOO = b"https://foo.com"
STRANGER = b"https://stranger.example"
CLOSE = {"type": "websocket.close", "code": 1008}


@pytest.fixture
def routes(policy_class: Any) -> dict[str, Any]:
    return {
        "/": policies.built(policy_class, "K7"),
        "/foo/": policies.built(policy_class, "K8"),
        "/foo/closed": None,
        "/é": policies.built(policy_class, "K8"),
        "/items/{id}": policies.built(policy_class, "K8"),
        "/items/{id}/files/{file:path}": None,
    }


@pytest.fixture(params=["asgi", "rsgi", "wsgi"])
def get(request: pytest.FixtureRequest, asgi: Any, rsgi: Any, wsgi: Any, routes: Any) -> Callable[[Req, str], Any]:
    """Put a request to a path of an application with routes; gives (whether it ran, status, headers)."""

    def through_asgi(req: Req, path: str) -> Any:
        app = AsgiApp()
        start = call_asgi(asgi(app, routes=routes), {**req.scope(), "path": path})[0]
        return bool(app.calls), start["status"], {name.decode(): value.decode() for name, value in start["headers"]}

    def through_rsgi(req: Req, path: str) -> Any:
        app = RsgiApp()
        result = call_rsgi(rsgi(app, routes=routes), scope_of(req, path=path))
        return bool(app.calls), result.status, dict(result.headers)

    def through_wsgi(req: Req, path: str) -> Any:
        app = WsgiApp()
        path_info = path.encode().decode("latin-1")
        result = call_wsgi(wsgi(app, routes=routes), {**req.environ(), "PATH_INFO": path_info})
        headers = {name.lower(): value for name, value in result.headers}
        return bool(app.calls), int(result.status[:3]), headers

    return {"asgi": through_asgi, "rsgi": through_rsgi, "wsgi": through_wsgi}[request.param]


ACAO = "access-control-allow-origin"


@pytest.mark.parametrize(
    ("path", "origin", "allowed"),
    [
        ("/", LOCAL, True),
        ("/", FOO, False),
        ("/foo", FOO, True),
        ("/foo", LOCAL, False),
        ("/foo/", FOO, True),
        ("/foo/", LOCAL, False),
        ("/foo/closed/not", FOO, True),
        ("/é", FOO, True),
        ("/é", LOCAL, False),
        ("/é/", FOO, True),
        ("/items/7", FOO, True),
        ("/items/7/", LOCAL, False),
        ("/items/7/x", LOCAL, True),
    ],
)
def test_the_policy_of_the_path_decides(get: Any, path: str, origin: bytes, allowed: bool) -> None:
    ran, _, headers = get(Req(b"GET", (origin,)), path)
    assert ran
    assert headers["vary"] == "Origin"
    assert headers.get(ACAO) == (origin.decode() if allowed else None)
    ran, status, headers = get(pre(b"GET", origin=origin), path)
    assert not ran
    assert status == (204 if allowed else 403)
    assert headers.get(ACAO) == (origin.decode() if allowed else None)


CLOSED = ["/foo/closed", "/foo/closed/", "/items/7/files", "/items/7/files/a/b", "elsewhere"]
UNCLEAR = [
    *("//foo/x", "//", "/./foo/x", "/a//b", "/a/..", "/foo/../x", "/a\\x", "/%2Ffoo/x", "/a/%2e%2E/foo", "/a%5cx"),
    *("/foo/x\n", "/a\x00b", "/a%0A", "/é\x7f", "/foo//closed", "/foo/closed//", "//é", "/é//", "/é/../x", "/é\\"),
]


@pytest.mark.parametrize("path", [*CLOSED, *UNCLEAR])
def test_a_path_without_a_policy_or_with_several_meanings_is_left_alone(get: Any, path: str) -> None:
    for req in (Req(b"GET", (LOCAL,)), Req(b"GET", (FOO,)), pre(b"GET", origin=LOCAL), Req()):
        ran, _, headers = get(req, path)
        assert ran
        assert not {"vary", ACAO} & set(headers)


@pytest.mark.parametrize("path", ["/v1/foo/x", "/foo/x", "/v1/foo", "/v1/é", "/é/"])
def test_row_43_the_path_below_root_path_decides(asgi: Any, routes: Any, path: str) -> None:
    for origin, allowed in ((FOO, True), (LOCAL, False)):
        scope = {**Req(b"GET", (origin,)).scope(), "path": path, "root_path": "/v1"}
        start = call_asgi(asgi(AsgiApp(), routes=routes), scope)[0]
        assert ((b"access-control-allow-origin", origin) in start["headers"]) is allowed
    for closed in ("/v1/foo/closed", "/foo/closed", "/v1//foo/x", "/v1/v1//x"):
        scope = {**Req(b"GET", (FOO,)).scope(), "path": closed, "root_path": "/v1"}
        headers = call_asgi(asgi(AsgiApp(), routes=routes), scope)[0]["headers"]
        assert not {b"vary", ACAO.encode()} & {name for name, _ in headers}


def test_the_repr_of_a_shim_shows_what_it_goes_by(asgi: Any, rsgi: Any, wsgi: Any, policy_class: Any) -> None:
    policy = policies.built(policy_class, "K7")
    for shim, app in ((asgi, AsgiApp()), (rsgi, RsgiApp()), (wsgi, WsgiApp())):
        name = f"{shim.__module__}.CORSMiddleware"
        assert repr(shim(app, policy)) == f"<{name}: {policy!r}>"
        assert repr(shim(app, routes={"/a/": policy, "/b": None})) == f"<{name}: {{'/a/': {policy!r}, '/b': None}}>"
        assert repr(shim(app, None)) == f"<{name}: no CORS>"


class TestViews:
    """The seam for frameworks: a view that says its own policy in the environ."""

    def call(self, wsgi: Any, policy: Any, views: bool, *own: Any) -> dict[str, str]:
        def app(environ: Any, start_response: Any) -> list[bytes]:
            if own:
                environ.get("fastcors.shim", {})["fastcors.policy"] = own[0]
            start_response("200 OK", [("Vary", "Accept"), ("Access-Control-Allow-Origin", "https://app.example")])
            return [b"x"]

        shim = wsgi(app, policy)
        shim._policy_of_view = (lambda environ, policy: policy) if views else None
        headers = call_wsgi(shim, Req(b"GET", (FOO,)).environ()).headers
        assert len({name for name, _ in headers}) == len(headers)
        return {name.lower(): value for name, value in headers}

    def test_a_views_policy_takes_the_place_of_the_shims(self, wsgi: Any, policy_class: Any) -> None:
        k7, k8 = policies.built(policy_class, "K7"), policies.built(policy_class, "K8")
        allowed = {"vary": "Accept, Origin", ACAO: FOO.decode()}
        assert self.call(wsgi, k7, True) == {"vary": "Accept, Origin"}
        assert self.call(wsgi, k7, True, k8) == allowed
        assert self.call(wsgi, k8, True) == allowed
        assert self.call(wsgi, None, True, k8) == allowed
        assert self.call(wsgi, k8, True, k7) == {"vary": "Accept, Origin"}

    def test_none_leaves_the_views_response_alone(self, wsgi: Any, policy_class: Any) -> None:
        own = {"vary": "Accept", ACAO: "https://app.example"}
        assert self.call(wsgi, policies.built(policy_class, "K8"), True, None) == own
        assert self.call(wsgi, None, True) == own

    def test_a_policy_counts_also_where_a_middleware_copied_the_environ(self, wsgi: Any, policy_class: Any) -> None:
        k7, k8 = policies.built(policy_class, "K7"), policies.built(policy_class, "K8")

        def app(environ: Any, start_response: Any) -> list[bytes]:
            environ.copy()["fastcors.shim"]["fastcors.policy"] = k8
            start_response("200 OK", [])
            return [b"x"]

        inner = wsgi(app, k7)
        outer = wsgi(lambda environ, start_response: inner(environ.copy(), start_response), k7)
        inner._policy_of_view = outer._policy_of_view = lambda environ, policy: policy
        for shim in (inner, outer):
            found = dict(call_wsgi(shim, Req(b"GET", (FOO,)).environ()).headers)
            assert found["Access-Control-Allow-Origin"] == FOO.decode()

    def test_a_framework_says_which_policy_a_response_gets(self, wsgi: Any, policy_class: Any) -> None:
        k7, k8 = policies.built(policy_class, "K7"), policies.built(policy_class, "K8")
        asked: list[Any] = []
        answers: list[Any] = []

        def policy_of_view(environ: Any, policy: Any) -> Any:
            asked.append((environ, policy))
            return answers[-1]

        shim = wsgi(WsgiApp(), k7)
        shim._policy_of_view = policy_of_view
        for answer, expected in ((k8, {"Vary", "Access-Control-Allow-Origin"}), (k7, {"Vary"}), (None, set())):
            answers.append(answer)
            environ = Req(b"GET", (FOO,)).environ()
            names = {name for name, _ in call_wsgi(shim, environ).headers}
            assert {name for name in names if name == "Vary" or name.startswith("Access-")} == expected
            assert asked.pop() == (environ, k7)

    def test_a_shim_without_views_does_not_look(self, wsgi: Any, policy_class: Any) -> None:
        k7, k8 = policies.built(policy_class, "K7"), policies.built(policy_class, "K8")
        assert self.call(wsgi, k7, False, k8) == {"vary": "Accept, Origin"}


class TestWebSocket:
    def open(
        self, shim: Any, *origins: bytes, path: str = "/", root_path: str = "", extensions: Any = None
    ) -> list[Any]:
        scope = {"type": "websocket", "path": path, "headers": [(b"Origin", origin) for origin in origins]}
        scope["root_path"] = root_path
        if extensions is not None:
            scope["extensions"] = extensions
        received: list[str] = []
        sent: list[Any] = []

        async def receive() -> Any:
            received.append("websocket.connect")
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            assert received, "sent before the handshake was received"
            sent.append(message)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})

        drive(shim(app)(scope, receive, send))
        assert len(received) == 1
        return sent

    def test_a_handshake_is_let_in_refused_or_not_looked_at(self, asgi: Any, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K7")
        accepted = [{"type": "websocket.accept"}]

        def checked(app: Any) -> Any:
            return asgi(app, policy, check_websocket_origin=True)

        assert self.open(checked, LOCAL) == accepted
        assert self.open(checked) == accepted
        for origins in ([STRANGER], [b"null"], [b""], [b"junk\r\n"], [LOCAL, LOCAL], [LOCAL + b", " + LOCAL]):
            assert self.open(checked, *origins) == [CLOSE]
        assert self.open(lambda app: asgi(app, policy), STRANGER) == accepted
        assert self.open(lambda app: asgi(app, None, check_websocket_origin=True), STRANGER) == accepted

    def test_a_server_that_can_answer_gets_a_403(self, asgi: Any, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K7")
        start, body = self.open(
            lambda app: asgi(app, policy, check_websocket_origin=True),
            STRANGER,
            extensions={"websocket.http.response": {}},
        )
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
        assert body == {"type": "websocket.http.response.body", "body": b"", "more_body": False}

    def test_a_path_without_a_policy_lets_no_origin_in(self, asgi: Any, routes: Any) -> None:
        def routed(app: Any) -> Any:
            return asgi(app, routes=routes, check_websocket_origin=True)

        assert self.open(routed, FOO, path="/foo/chat") == [{"type": "websocket.accept"}]
        assert self.open(routed, FOO, path="/foo/closed") == [CLOSE]
        assert self.open(routed, path="/foo/closed") == [{"type": "websocket.accept"}]

    @pytest.mark.parametrize("path", [*CLOSED, *UNCLEAR])
    def test_row_42_a_path_with_several_meanings_lets_no_origin_in(self, asgi: Any, routes: Any, path: str) -> None:
        def routed(app: Any) -> Any:
            return asgi(app, routes=routes, check_websocket_origin=True)

        assert self.open(routed, LOCAL, path="/x") == [{"type": "websocket.accept"}]
        assert self.open(routed, LOCAL, path=path) == [CLOSE]
        assert self.open(routed, FOO, path=path) == [CLOSE]

    def test_row_43_root_path_is_no_part_of_the_path(self, asgi: Any, routes: Any) -> None:
        def routed(app: Any) -> Any:
            return asgi(app, routes=routes, check_websocket_origin=True)

        for path in ("/v1/foo/chat", "/foo/chat"):
            assert self.open(routed, FOO, path=path, root_path="/v1") == [{"type": "websocket.accept"}]
            assert self.open(routed, LOCAL, path=path, root_path="/v1") == [CLOSE]
        for path in ("/v1/foo/closed", "/foo/closed/", "/v1//foo/chat"):
            assert self.open(routed, FOO, path=path, root_path="/v1") == [CLOSE]

    def test_any_origin_lets_every_well_formed_one_in(self, asgi: Any, policy_class: Any) -> None:
        def public(app: Any) -> Any:
            return asgi(app, policies.built(policy_class, "K4"), check_websocket_origin=True)

        assert self.open(public, STRANGER) == [{"type": "websocket.accept"}]
        assert self.open(public, b"junk") == [CLOSE]


class TestCallers:
    def test_an_application_of_generators_is_awaited_too(self, asgi: Any, policy_class: Any) -> None:
        @types.coroutine
        def app(scope: Any, receive: Any, send: Any) -> Any:
            yield from AsgiApp()(scope, receive, send).__await__()

        start, _ = call_asgi(asgi(app, policies.built(policy_class, "K7")), Req(b"GET", (LOCAL,)).scope())
        assert (b"access-control-allow-origin", LOCAL) in start["headers"]

    def test_an_answer_to_a_preflight_can_wait_be_cancelled_and_ends_once(self, asgi: Any, policy_class: Any) -> None:
        shim = asgi(AsgiApp(), policies.built(policy_class, "K7"))
        scope = pre(b"GET", origin=LOCAL).scope()

        async def main() -> None:
            sent: list[Any] = []
            gate = asyncio.Event()

            async def send(message: Any) -> None:
                sent.append(message)
                await gate.wait()

            async def answer() -> None:
                await shim(scope, no_receive, send)

            task = asyncio.create_task(answer())
            while not sent:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert [message["type"] for message in sent] == ["http.response.start"]

            gate.set()
            once = shim(scope, no_receive, send)
            await once
            assert [message["type"] for message in sent[1:]] == ["http.response.start", "http.response.body"]
            with pytest.raises(RuntimeError):
                await once

        asyncio.run(main())

    def test_what_a_servers_send_raises_comes_through(self, asgi: Any, policy_class: Any) -> None:
        shim = asgi(AsgiApp(), policies.built(policy_class, "K7"))

        async def broken(message: Any) -> None:
            raise OSError(message["type"])

        for last in ("http.response.start", "http.response.body"):

            async def send(message: Any, last: str = last) -> None:
                if message["type"] == last:
                    await broken(message)

            with pytest.raises(OSError, match=last):
                drive(shim(pre(b"GET", origin=LOCAL).scope(), no_receive, send))

    def test_an_answer_that_nobody_awaited_can_be_thrown_into_and_closed(self, asgi: Any, policy_class: Any) -> None:
        shim = asgi(AsgiApp(), policies.built(policy_class, "K7"))
        scope = pre(b"GET", origin=LOCAL).scope()
        answer = shim(scope, no_receive, None)
        with pytest.raises(KeyError):
            answer.throw(KeyError("x"))
        answer = shim(scope, no_receive, None)
        answer.close()

    def test_a_shim_takes_its_arguments_by_name_too(self, asgi: Any, wsgi: Any, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K7")
        app = AsgiApp()

        async def send(message: Any) -> None: ...

        drive(asgi(app, policy)(scope=Req().scope(), receive=no_receive, send=send))
        assert app.calls
        with pytest.raises(TypeError):
            drive(asgi(app, policy)(Req().scope()))
        started: list[Any] = []
        wsgi(WsgiApp(), policy)(environ=Req().environ(), start_response=lambda *args: started.append(args))
        assert started

    def test_a_subclass_may_have_a_call_of_its_own_from_the_start_or_later(self, asgi: Any, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K7")
        seen: list[str] = []

        class Own(asgi):  # type: ignore[misc]
            def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
                seen.append("own")
                return super().__call__(scope, receive, send)

        class Late(asgi):  # type: ignore[misc]
            pass

        call_asgi(Own(AsgiApp(), policy), Req().scope())
        late = Late(AsgiApp(), policy)
        call_asgi(late, Req().scope())
        plain = Late.__call__

        def patched(self: Any, *args: Any) -> Any:
            seen.append("patched")
            return plain(self, *args)

        Late.__call__ = patched  # type: ignore[method-assign]
        call_asgi(late, Req().scope())
        del Late.__call__
        call_asgi(late, Req().scope())
        assert seen == ["own", "patched"]
