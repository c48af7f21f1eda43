"""``fastcors.starlette.CORS``: outside of all that answers in the application, which stays the object that it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest

pytest.importorskip("fastapi")

from fastapi import Depends, FastAPI, HTTPException, WebSocket
from fastapi.staticfiles import StaticFiles
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import WebSocketDenialResponse

import fastcors.starlette
from fastcors import PolicyError
from fastcors.asgi import CORSMiddleware
from tests.support.shims import cors_of

SITE = "https://app.example.com"
OTHER = "https://other.example.com"
FROM_SITE = {"Origin": SITE}
ACAO = "access-control-allow-origin"


class BrokenError(Exception):
    """What the applications here raise."""


cors = cors_of(fastcors.starlette)


async def fail(request: Request) -> Any:
    raise BrokenError("secret")


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def starlette_app(**arguments: Any) -> Starlette:
    routes = [Route("/hello", hello), Route("/fail", fail), Route("/slash/", hello)]
    return Starlette(routes=[*routes, Mount("/sub", Starlette(routes=routes))], **arguments)


def fastapi_app(**arguments: Any) -> FastAPI:
    app = FastAPI(**arguments)
    for path, endpoint in (("/hello", hello), ("/fail", fail), ("/slash/", hello)):
        app.add_api_route(path, endpoint)
    app.mount("/sub", starlette_app())
    return app


@pytest.fixture(params=[starlette_app, fastapi_app])
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Make an application."""
    return request.param  # type: ignore[no-any-return]


def get(app: Any, path: str, method: str = "GET", **options: Any) -> Any:
    """What a client of a server gets, which logs exceptions that reach it."""
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    return client.request(method, path, headers=FROM_SITE | options.pop("headers", {}), **options)


def raises_through(app: Any, path: str) -> bool:
    """Whether the exception reaches the server, and so ``TestClient``."""
    try:
        TestClient(app).get(path, headers=FROM_SITE)
    except BrokenError:
        return True
    return False


def who() -> str:
    return "nobody"


async def json_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": type(error).__name__}, 500)


class TestExceptions:
    def test_a_handlers_own_500_has_the_headers_and_the_exception_is_raised(self, cors: Any, make: Any) -> None:
        app = make(exception_handlers={Exception: json_error})
        cors(app, allow_origins=[SITE], expose_headers=["X-Id"])
        response = get(app, "/fail")
        assert (response.status_code, response.json()) == (500, {"error": "BrokenError"})
        assert (response.headers[ACAO], response.headers["access-control-expose-headers"]) == (SITE, "x-id")
        assert raises_through(app, "/fail")

    def test_a_handler_may_be_added_later(self, cors: Any, make: Any) -> None:
        app = make()
        cors(app, allow_origins=[SITE])
        app.add_exception_handler(500, json_error)
        assert (get(app, "/fail").json(), get(app, "/fail").headers[ACAO]) == ({"error": "BrokenError"}, SITE)

    def test_the_frameworks_own_500_has_the_headers(self, cors: Any, make: Any) -> None:
        app = make()
        cors(app, allow_origins=[SITE])
        response = get(app, "/fail")
        assert (response.status_code, response.text, response.headers[ACAO]) == (500, "Internal Server Error", SITE)
        assert raises_through(app, "/fail")

    def test_the_debug_page_is_shown_with_the_headers(self, cors: Any, make: Any) -> None:
        app = make(debug=True)
        cors(app, allow_origins=[SITE])
        page = get(app, "/fail", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers[ACAO]) == (500, SITE)
        assert "Traceback" in page.text
        assert "secret" in page.text
        assert raises_through(app, "/fail")

    @pytest.mark.parametrize("handle_errors", [False, True])
    def test_an_exception_of_a_mounted_application_reaches_the_handler(
        self, cors: Any, make: Any, handle_errors: bool
    ) -> None:
        app = make(exception_handlers={Exception: json_error})
        cors(app, allow_origins=[SITE], handle_errors=handle_errors)
        assert get(app, "/sub/fail").headers[ACAO] == SITE
        assert raises_through(app, "/sub/fail")

    def test_errors_of_dependencies_have_the_headers(self, cors: Any) -> None:
        app = FastAPI(exception_handlers={Exception: json_error})
        cors(app, allow_origins=[SITE])

        def refuse() -> None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Basic"})

        def broken() -> None:
            raise BrokenError

        def late() -> Iterator[None]:
            yield
            raise BrokenError

        @app.get("/{what}", dependencies=[])
        def view(what: int) -> int:
            return what

        for path, dependency in (("/in/refuse", refuse), ("/in/broken", broken), ("/in/late", late)):
            app.add_api_route(path, lambda: "x", dependencies=[Depends(dependency)])
        for path, status in (("/in/refuse", 401), ("/in/broken", 500), ("/word", 422), ("/7", 200)):
            response = get(app, path)
            assert (response.status_code, response.headers[ACAO]) == (status, SITE)
        assert get(app, "/in/refuse").headers["www-authenticate"] == "Basic"
        assert get(app, "/in/late").headers[ACAO] == SITE
        assert raises_through(app, "/in/broken")


class TestOrdinaryAnswers:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/hello", 200),
            ("HEAD", "/sub/hello", 200),
            ("GET", "/nowhere", 404),
            ("GET", "/sub/nowhere", 404),
            ("PUT", "/hello", 405),
            ("PUT", "/sub/hello", 405),
            ("GET", "/slash", 307),
            ("OPTIONS", "/hello", 405),
        ],
    )
    def test_every_answer_has_the_headers_and_the_status_that_it_had(
        self, cors: Any, make: Any, method: str, path: str, status: int
    ) -> None:
        without, app = make(), make()
        cors(app, allow_origins=[SITE])
        before, after = get(without, path, method), get(app, path, method)
        assert (after.status_code, after.content) == (status, before.content)
        assert dict(after.headers) == {**before.headers, ACAO: SITE, "vary": "Origin"}

    def test_static_files_have_the_headers(self, cors: Any, make: Any, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("a")
        app = make()
        app.mount("/static", StaticFiles(directory=tmp_path))
        cors(app, allow_origins=[SITE])
        found = get(app, "/static/a.txt")
        again = get(app, "/static/a.txt", headers={"If-None-Match": found.headers["etag"]})
        answers = [found, again, get(app, "/static/b.txt"), get(app, "/static/a.txt", "POST")]
        assert [answer.status_code for answer in answers] == [200, 304, 404, 405]
        assert {answer.headers[ACAO] for answer in answers} == {SITE}

    def test_preflights_are_answered_before_all_middlewares(self, cors: Any, make: Any) -> None:
        class Authentication:
            def __init__(self, app: Any) -> None:
                self.app = app

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] == "http":
                    await PlainTextResponse("who are you?", 401)(scope, receive, send)

        app = make()
        cors(app, allow_origins=[SITE], allow_methods=["PUT"])
        app.add_middleware(Authentication)  # which goes inside, though it comes later
        asks = {"Access-Control-Request-Method": "PUT"}
        assert get(app, "/hello", "OPTIONS", headers=asks).status_code == 204
        assert get(app, "/hello", "OPTIONS", headers=asks | {"Origin": OTHER}).status_code == 403
        assert (get(app, "/hello").status_code, get(app, "/hello").headers[ACAO]) == (401, SITE)

    def test_websockets_pass_and_are_checked_where_that_was_asked_for(self, cors: Any) -> None:
        for check in (False, True):
            app = FastAPI()

            @app.websocket("/socket")
            async def socket(websocket: WebSocket) -> None:
                await websocket.accept()
                await websocket.send_text("open")
                await websocket.close()

            cors(app, allow_origins=[SITE], check_websocket_origin=check)
            client = TestClient(app)
            with client.websocket_connect("/socket", headers=FROM_SITE) as session:
                assert session.receive_text() == "open"
            if check:
                with (
                    pytest.raises(WebSocketDenialResponse) as caught,
                    client.websocket_connect("/socket", headers={"Origin": OTHER}),
                ):
                    pass
                assert caught.value.status_code == 403
            else:
                with client.websocket_connect("/socket", headers={"Origin": OTHER}) as session:
                    assert session.receive_text() == "open"

    def test_the_lifespan_runs(self, cors: Any, make: Any) -> None:
        seen: list[str] = []

        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[dict[str, str]]:
            seen.append("up")
            yield {"name": "state"}
            seen.append("down")

        app = make(lifespan=lifespan)
        cors(app, allow_origins=[SITE])
        app.add_route("/state", lambda request: PlainTextResponse(request.state.name))
        with TestClient(app) as client:
            assert seen == ["up"]
            assert client.get("/state").text == "state"
        assert seen == ["up", "down"]


class TestTheApplicationStays:
    def test_it_is_the_object_that_it_was(self, cors: Any, make: Any) -> None:
        app, other = make(), make()
        before = repr(app), type(app).__name__, type(app).__module__, type(app).__qualname__
        cors(app, allow_origins=[SITE])
        assert (repr(app), type(app).__name__, type(app).__module__, type(app).__qualname__) == before
        assert isinstance(app, type(other))
        assert app.middleware_stack is None
        app.state.value = 7
        seen: list[Any] = []
        app.add_route("/app", lambda request: seen.append(request.app) or PlainTextResponse("x"))
        assert get(app, "/app").status_code == 200
        assert seen == [app]
        assert get(other, "/hello").headers.get(ACAO) is None

    def test_dependencies_are_overridden_and_the_schema_is_made(self, cors: Any) -> None:
        app = FastAPI(title="mine")
        cors(app, allow_origins=[SITE])

        @app.get("/who")
        def view(name: Annotated[str, Depends(who)]) -> str:
            return name

        app.dependency_overrides[who] = lambda: "somebody"
        assert get(app, "/who").json() == "somebody"
        assert app.openapi()["info"]["title"] == "mine"

    def test_middlewares_may_be_added_later_and_see_what_they_saw(self, cors: Any, make: Any) -> None:
        seen: list[Any] = []

        class Watch:
            def __init__(self, app: Any) -> None:
                self.app = app

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                try:
                    await self.app(scope, receive, send)
                except BrokenError as error:
                    seen.append(type(error))
                    raise

        app = make()
        cors(app, allow_origins=[SITE])
        app.add_middleware(Watch)
        assert get(app, "/fail").headers[ACAO] == SITE
        assert seen == [BrokenError]
        with pytest.raises(RuntimeError, match="after an application has started"):
            app.add_middleware(Watch)

    def test_the_stack_may_be_built_already(self, cors: Any, make: Any) -> None:
        app = make()
        assert ACAO not in get(app, "/hello").headers
        cors(app, allow_origins=[SITE])
        assert get(app, "/hello").headers[ACAO] == SITE
        assert get(app, "/fail").headers[ACAO] == SITE

    def test_the_stack_may_be_built_anew_and_be_wrapped_before_and_after(self, cors: Any, make: Any) -> None:
        """As instrumentation does, which looks for the framework's own handler in what it wraps."""
        seen: list[tuple[str, str]] = []

        def wrap(app: Any, name: str) -> None:
            build = app.build_middleware_stack

            def build_middleware_stack() -> Any:
                stack = build()
                seen.append((name, type(stack).__name__))
                return stack

            app.build_middleware_stack = build_middleware_stack

        app = make()
        wrap(app, "before")
        shim = cors(app, allow_origins=[SITE])
        wrap(app, "after")
        for _ in range(2):
            assert get(app, "/fail").headers[ACAO] == SITE
            assert type(shim.app).__name__ == "ServerErrorMiddleware"
            assert app.middleware_stack is not shim.app
            app.middleware_stack = app.build_middleware_stack()
        app.middleware_stack = None
        assert get(app, "/fail").headers[ACAO] == SITE
        assert set(seen) == {("before", "ServerErrorMiddleware"), ("after", "ServerErrorMiddleware")}

    def test_a_subclass_keeps_its_name_and_what_it_overrides(self, cors: Any) -> None:
        class Own(FastAPI):
            def build_middleware_stack(self) -> Any:
                return super().build_middleware_stack()

        app = Own()
        app.add_api_route("/hello", hello)
        cors(app, allow_origins=[SITE])
        assert get(app, "/hello").headers[ACAO] == SITE
        assert type(app).__qualname__ == Own.__qualname__


class TestTheShim:
    def test_its_policy_and_routes_may_be_replaced(self, cors: Any, make: Any) -> None:
        app = make()
        shim = cors(app, fastcors.Policy(allow_origins=[OTHER]))
        assert ACAO not in get(app, "/hello").headers
        shim.policy = fastcors.Policy(allow_origins=[SITE])
        assert get(app, "/hello").headers[ACAO] == SITE
        shim.routes = {"/sub/": shim.policy}
        assert ACAO not in get(app, "/hello").headers
        assert get(app, "/sub/hello").headers[ACAO] == SITE

    def test_routes_and_the_other_options_are_taken(self, cors: Any, make: Any) -> None:
        app = make()
        cors(app, routes={"/sub/": {"allow_origins": [SITE]}}, preflight_continue=True)
        assert ACAO not in get(app, "/hello").headers
        assert get(app, "/sub/hello", "OPTIONS", headers={"Access-Control-Request-Method": "GET"}).status_code == 405

    def test_whoever_lets_the_server_run_the_shim_is_told(self, cors: Any, make: Any) -> None:
        with pytest.raises(RuntimeError, match="give the server app itself, not what CORS"):
            TestClient(cors(make(), allow_origins=[SITE])).get("/hello")

    def test_cors_twice_is_refused_and_changes_nothing(self, cors: Any, make: Any) -> None:
        app = make()
        cors(app, allow_origins=[SITE])
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"has CORS already: a request can have only one policy"):
                cors(app, allow_origins=[OTHER])
            assert get(app, "/hello").headers[ACAO] == SITE

    def test_cors_beside_a_middleware_of_fastcors_is_refused(self, cors: Any, make: Any) -> None:
        app = make(middleware=[Middleware(CORSMiddleware, allow_origins=[SITE])])
        with pytest.raises(RuntimeError, match="has CORS already"):
            cors(app, allow_origins=[SITE])

    def test_what_is_no_application_of_these_frameworks_is_refused(self, cors: Any, make: Any) -> None:
        for wrong in (None, make, CORSMiddleware(make(), allow_origins=[SITE]), "app:app", Starlette):
            with pytest.raises(TypeError, match=r"app must be a starlette\.applications\.Starlette or a fastapi"):
                cors(wrong, allow_origins=[SITE])

    def test_a_wrong_policy_is_refused_and_the_application_stays_as_it_was(self, cors: Any, make: Any) -> None:
        app = make()
        for error, arguments in (
            (PolicyError, {"allow_origins": ["https://App.example.com/"]}),
            (PolicyError, {"routes": {"api": None}}),
            (ValueError, {"allow_origins": [SITE], "on_conflict": "both"}),
        ):
            with pytest.raises(error):
                cors(app, **arguments)
        assert ACAO not in get(app, "/hello").headers
        cors(app, allow_origins=[SITE])


def test_the_import_without_starlette_names_the_package_to_install() -> None:
    script = "import sys; sys.modules['starlette'] = None; import fastcors.starlette"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'ImportError: fastcors.starlette needs Starlette, which FastAPI or pip install "fastcors[starlette]"' in (
        done.stderr
    )


def test_the_state_of_a_request_says_what_was_decided(cors: Callable[..., Any]) -> None:
    def seen(request: Request) -> JSONResponse:
        assert request.state.fastcors is request.scope["fastcors"]
        return JSONResponse([request.state.fastcors.reason, request.state.fastcors.policy_name])

    for app, add in ((Starlette(), "add_route"), (FastAPI(), "add_route")):
        getattr(app, add)("/seen", seen)
        cors(app, allow_origins=[SITE], name="site", tell_application=True)
        client = TestClient(app)
        assert client.get("/seen", headers=FROM_SITE).json() == ["ok", "site"]
        assert client.get("/seen", headers={"Origin": OTHER}).json() == ["origin-not-allowed", "site"]
        assert client.get("/seen").json() == ["not-cors", "site"]


def test_the_state_of_the_lifespan_stays_as_it_is(cors: Callable[..., Any]) -> None:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield {"mine": state}

    state: list[Any] = []

    def seen(request: Request) -> JSONResponse:
        request.state.mine.append(request.state.fastcors)
        return JSONResponse(len(request.state.mine))

    app = Starlette(routes=[Route("/seen", seen)], lifespan=lifespan)
    cors(app, allow_origins=[SITE], tell_application=True)
    with TestClient(app) as client:
        assert [client.get("/seen", headers=FROM_SITE).json() for _ in range(2)] == [1, 2]
    assert [outcome.reason for outcome in state] == ["ok", "ok"]


def test_a_state_has_nothing_of_it_unless_somebody_wants_that(cors: Callable[..., Any]) -> None:
    app = Starlette(routes=[Route("/seen", lambda request: JSONResponse(hasattr(request.state, "fastcors")))])
    cors(app, allow_origins=[SITE])
    assert TestClient(app).get("/seen", headers=FROM_SITE).json() is False
