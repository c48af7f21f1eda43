"""``fastcors.litestar.CORS``: outside of all that answers in the application, which stays the object that it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("litestar")

from litestar import Litestar, MediaType, Request, Response, Router, WebSocket, asgi, get, put, websocket
from litestar.config.cors import CORSConfig
from litestar.exceptions import LitestarException, WebSocketDisconnect
from litestar.middleware import DefineMiddleware
from litestar.static_files import create_static_files_router
from litestar.testing import TestClient

import fastcors.litestar
from fastcors import Policy, PolicyError
from fastcors.asgi import CORSMiddleware
from tests.support.shims import cors_of

SITE = "https://app.example.com"
OTHER = "https://other.example.com"
FROM_SITE = {"Origin": SITE}
ASKS_PUT = {"Access-Control-Request-Method": "PUT"}
ACAO = "access-control-allow-origin"


class BrokenError(Exception):
    """What the applications here raise."""


cors = cors_of(fastcors.litestar)


@get("/hello", media_type=MediaType.TEXT)
async def hello() -> str:
    return "hello"


@put("/hello")
async def change() -> None:
    return None


@get("/fail")
async def fail() -> None:
    raise BrokenError("secret")


@get("/items/{number:int}")
async def item(request: Request[Any, Any, Any]) -> int:
    return int(request.path_params["number"])


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Any, receive: Any, send: Any) -> None:
    await inner(scope, receive, send)


def make(*handlers: Any, **arguments: Any) -> Litestar:
    """Make an application."""
    arguments = {"openapi_config": None, "logging_config": None} | arguments
    return Litestar([hello, change, fail, item, mounted, *handlers], **arguments)


def ask(app: Litestar, path: str, method: str = "GET", **options: Any) -> Any:
    """What a client of a server gets."""
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = FROM_SITE | options.pop("headers", {})
        return client.request(method, path, headers=headers, follow_redirects=False, **options)


def json_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    return Response({"error": type(error).__name__}, status_code=500)


class TestExceptions:
    def test_a_handlers_own_500_has_the_headers(self, cors: Any) -> None:
        app = make(exception_handlers={Exception: json_error})
        cors(app, allow_origins=[SITE], expose_headers=["X-Id"])
        response = ask(app, "/fail")
        assert (response.status_code, response.json()) == (500, {"error": "BrokenError"})
        assert (response.headers[ACAO], response.headers["access-control-expose-headers"]) == (SITE, "x-id")

    @pytest.mark.parametrize("debug", [False, True])
    def test_the_frameworks_own_500_has_the_headers_and_says_what_it_said(self, cors: Any, debug: bool) -> None:
        app = make(debug=debug)
        cors(app, allow_origins=[SITE])
        response = ask(app, "/fail", headers={"Accept": "text/html"})
        assert (response.status_code, response.headers[ACAO]) == (500, SITE)
        assert ("secret" in response.text) is debug

    def test_hooks_see_the_exception_once(self, cors: Any) -> None:
        seen: list[str] = []

        async def after(error: Exception, scope: Any) -> None:
            seen.append(type(error).__name__)

        app = make(after_exception=[after])
        cors(app, allow_origins=[SITE])
        ask(app, "/fail")
        assert seen == ["BrokenError"]

    def test_what_no_handler_answers_for_passes(self, cors: Any) -> None:
        async def broken(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise BrokenError

        def raised(app: Litestar) -> tuple[str, str]:
            with pytest.raises(LitestarException) as caught, TestClient(app) as client:
                client.get("/late", headers=FROM_SITE)
            return str(caught.value), type(caught.value.__cause__).__name__

        app = make(asgi("/late", copy_scope=True)(broken))
        before = raised(app)
        cors(app, allow_origins=[SITE])
        assert raised(app) == before == ("Exception caught after response started", "BrokenError")


class TestOrdinaryAnswers:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/hello", 200),
            ("GET", "/hello/", 200),
            ("HEAD", "/hello", 405),
            ("GET", "/items/7", 200),
            ("GET", "/items/word", 404),
            ("GET", "/mounted/x", 200),
            ("GET", "/nowhere", 404),
            ("DELETE", "/hello", 405),
            ("OPTIONS", "/hello", 204),
            ("OPTIONS", "/nowhere", 404),
        ],
    )
    def test_every_answer_has_the_headers_and_the_status_that_it_had(
        self, cors: Any, method: str, path: str, status: int
    ) -> None:
        app = make()
        before = ask(app, path, method)
        cors(app, allow_origins=[SITE])
        after = ask(app, path, method)
        assert (after.status_code, after.content) == (status, before.content)
        assert dict(after.headers) == {**before.headers, ACAO: SITE, "vary": "Origin"}

    def test_static_files_have_the_headers(self, cors: Any, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("a")
        app = make(create_static_files_router("/static", [tmp_path]))
        cors(app, allow_origins=[SITE])
        answers = [ask(app, f"/static/{name}.txt") for name in "ab"]
        assert [(answer.status_code, answer.headers[ACAO]) for answer in answers] == [(200, SITE), (404, SITE)]

    @pytest.mark.parametrize("path", ["/hello", "/nowhere", "/items/7", "/mounted/x", "/"])
    def test_preflights_are_answered_before_everything_whatever_their_path(self, cors: Any, path: str) -> None:
        seen: list[str] = []

        def refuse(request: Request[Any, Any, Any]) -> Response[str]:
            seen.append(request.method)
            return Response("who are you?", status_code=401)

        app = make(before_request=refuse)
        cors(app, allow_origins=[SITE], allow_methods=["PUT"])
        assert ask(app, path, "OPTIONS", headers=ASKS_PUT).status_code == 204
        assert ask(app, path, "OPTIONS", headers=ASKS_PUT | {"Origin": OTHER}).status_code == 403
        assert seen == []
        assert (ask(app, "/hello").status_code, ask(app, "/hello").headers[ACAO]) == (401, SITE)

    def test_the_policy_is_the_one_authority_over_hooks_and_middlewares(self, cors: Any) -> None:
        async def meddle(message: Any, scope: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"Access-Control-Allow-Origin", b"https://evil.example")]

        app = make(before_send=[meddle], response_headers={"access-control-allow-credentials": "true"})
        cors(app, allow_origins=[SITE])
        for path in ("/hello", "/nowhere", "/fail"):
            headers = ask(app, path).headers
            assert headers.get_list(ACAO) == [SITE]
            assert "access-control-allow-credentials" not in headers

    def test_websockets_pass_and_are_checked_where_that_was_asked_for(self, cors: Any) -> None:
        @websocket("/socket")
        async def socket(socket: WebSocket[Any, Any, Any]) -> None:
            await socket.accept()
            await socket.send_text("open")
            await socket.close()

        for check in (False, True):
            app = make(socket)
            cors(app, allow_origins=[SITE], check_websocket_origin=check)
            with TestClient(app) as client:
                with client.websocket_connect("/socket", headers=FROM_SITE) as session:
                    assert session.receive_text() == "open"
                if check:
                    with (
                        pytest.raises(WebSocketDisconnect),
                        client.websocket_connect("/socket", headers={"Origin": OTHER}),
                    ):
                        pass
                else:
                    with client.websocket_connect("/socket", headers={"Origin": OTHER}) as session:
                        assert session.receive_text() == "open"

    def test_the_lifespan_runs(self, cors: Any) -> None:
        seen: list[str] = []

        @asynccontextmanager
        async def lifespan(app: Litestar) -> AsyncIterator[None]:
            seen.append("up")
            yield
            seen.append("down")

        app = make(lifespan=[lifespan], on_startup=[lambda: seen.append("start")])
        cors(app, allow_origins=[SITE])
        assert ask(app, "/hello").status_code == 200
        assert seen == ["up", "start", "down"]


class TestTheApplicationStays:
    def test_it_is_the_object_that_it_was(self, cors: Any) -> None:
        seen: list[Any] = []

        @get("/app")
        async def view(request: Request[Any, Any, Any]) -> None:
            seen.append(request.app)

        app, other = make(view), make()
        before = repr(app), type(app).__name__, type(app).__module__, type(app).__qualname__
        cors(app, allow_origins=[SITE])
        assert (repr(app), type(app).__name__, type(app).__module__, type(app).__qualname__) == before
        assert isinstance(app, type(other))
        assert ask(app, "/app").status_code == 200
        assert seen == [app]
        assert ACAO not in ask(other, "/hello").headers

    def test_handlers_may_be_registered_later(self, cors: Any) -> None:
        app = make()
        cors(app, allow_origins=[SITE])

        @get("/later")
        async def later() -> int:
            return 1

        app.register(later)
        app.register(Router("/part", route_handlers=[later]))
        assert [ask(app, path).headers[ACAO] for path in ("/later", "/part/later")] == [SITE, SITE]

    def test_a_subclass_keeps_its_name_and_what_it_overrides(self, cors: Any) -> None:
        class Own(Litestar):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                self.state.called = True
                await super().__call__(scope, receive, send)

        app = Own([hello], openapi_config=None)
        cors(app, allow_origins=[SITE])
        assert ask(app, "/hello").headers[ACAO] == SITE
        assert app.state.called
        assert type(app).__qualname__ == Own.__qualname__

    def test_the_schema_is_made(self, cors: Any) -> None:
        from litestar.openapi.config import OpenAPIConfig

        app = make(openapi_config=OpenAPIConfig("mine", "1"))
        cors(app, allow_origins=[SITE])
        assert app.openapi_schema.info.title == "mine"


class TestTheShim:
    def test_its_policy_and_routes_may_be_replaced(self, cors: Any) -> None:
        app = make()
        shim = cors(app, Policy(allow_origins=[OTHER]))
        assert ACAO not in ask(app, "/hello").headers
        shim.policy = Policy(allow_origins=[SITE])
        assert ask(app, "/hello").headers[ACAO] == SITE
        shim.routes = {"/items/{number}": shim.policy}
        assert ACAO not in ask(app, "/hello").headers
        assert ask(app, "/items/7").headers[ACAO] == SITE

    def test_the_other_options_are_taken(self, cors: Any) -> None:
        app = make()
        cors(app, allow_origins=[SITE], allow_methods=["PUT"], preflight_continue=True)
        response = ask(app, "/hello", "OPTIONS", headers=ASKS_PUT)
        assert (response.status_code, response.headers[ACAO], "allow" in response.headers) == (204, SITE, True)

    def test_cors_twice_is_refused_and_changes_nothing(self, cors: Any) -> None:
        app = make()
        cors(app, allow_origins=[SITE])
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"has CORS already: a request can have only one policy"):
                cors(app, allow_origins=[OTHER])
            assert ask(app, "/hello").headers[ACAO] == SITE

    @pytest.mark.parametrize(
        "middleware", [DefineMiddleware(CORSMiddleware, allow_origins=[SITE]), CORSMiddleware], ids=["defined", "class"]
    )
    def test_cors_beside_a_middleware_of_fastcors_is_refused(self, cors: Any, middleware: Any) -> None:
        app = Litestar([], openapi_config=None)
        app.middleware.append(middleware)
        with pytest.raises(RuntimeError, match="has CORS already"):
            cors(app, allow_origins=[SITE])

    def test_the_frameworks_own_cors_beside_it_is_refused(self, cors: Any) -> None:
        app = make(cors_config=CORSConfig(allow_origins=[OTHER]))
        with pytest.raises(RuntimeError, match=r"a request can have only one policy\. Take cors_config out"):
            cors(app, allow_origins=[SITE])
        assert ask(app, "/hello", headers={"Origin": OTHER}).headers[ACAO] == OTHER

    def test_what_is_no_application_of_the_framework_is_refused(self, cors: Any) -> None:
        for wrong in (None, CORSMiddleware(make(), allow_origins=[SITE]), "app:app", Litestar):
            with pytest.raises(TypeError, match=r"app must be a litestar\.Litestar"):
                cors(wrong, allow_origins=[SITE])

    def test_a_wrong_policy_is_refused_and_the_application_stays_as_it_was(self, cors: Any) -> None:
        app = make()
        for error, arguments in (
            (PolicyError, {"allow_origins": ["https://App.example.com/"]}),
            (PolicyError, {"routes": {"api": None}}),
            (ValueError, {"allow_origins": [SITE], "on_conflict": "both"}),
        ):
            with pytest.raises(error):
                cors(app, **arguments)
        assert ACAO not in ask(app, "/hello").headers
        cors(app, allow_origins=[SITE])


def test_the_import_without_litestar_names_the_package_to_install() -> None:
    script = "import sys; sys.modules['litestar'] = None; import fastcors.litestar"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'ImportError: fastcors.litestar needs Litestar, which pip install "fastcors[litestar]" brings' in done.stderr
