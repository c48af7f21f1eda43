"""Views of Starlette and FastAPI with policies of their own: what the application's CORS finds by its routes."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

pytest.importorskip("fastapi")

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router
from starlette.testclient import WebSocketDenialResponse

import fastcors.starlette
from fastcors import Policy, PolicyError
from fastcors.starlette import cors_exempt, cross_origin
from tests.support.shims import cors_of

ONE, TWO, THREE = (f"https://{name}.example" for name in ("one", "two", "three"))
P1, P2 = Policy(allow_origins=[ONE], allow_methods=["PUT"]), Policy(allow_origins=[TWO])
ACAO, ACAM = "access-control-allow-origin", "access-control-allow-methods"


cors = cors_of(fastcors.starlette)


def readers(app: Any, path: str, method: str = "GET") -> list[str]:
    """The origins that may read an answer."""
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    found = []
    for origin in (ONE, TWO, THREE):
        allowed = client.request(method, path, headers={"Origin": origin}).headers.get(ACAO)
        assert allowed in (None, origin)
        found += [origin] if allowed else []
    return found


def senders(app: Any, path: str, method: str) -> list[str]:
    """The origins that may send such a request, as the answers to preflights say."""
    client = TestClient(app, raise_server_exceptions=False)
    found = []
    for origin in (ONE, TWO, THREE):
        answer = client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": method})
        found += [origin] if answer.headers.get(ACAO) else []
        assert (answer.status_code == 204) is (ACAO in answer.headers)
    return found


def methods(app: Any, path: str, method: str = "GET", origin: str = ONE) -> str | None:
    """What the answer to a preflight says of methods; None where it is refused."""
    answer = TestClient(app).options(path, headers={"Origin": origin, "Access-Control-Request-Method": method})
    return answer.headers.get(ACAM, "") if answer.status_code == 204 else None


async def plain(request: Any) -> PlainTextResponse:
    return PlainTextResponse("plain")


def view() -> Any:
    """A view that nobody else has."""

    async def view(request: Any) -> PlainTextResponse:
        return PlainTextResponse("view")

    return view


class TestFunctions:
    def test_a_views_policy_holds_in_place_of_the_applications(self, cors: Any) -> None:
        app = FastAPI()
        cors(app, P2)

        @app.get("/own/{number}")
        @cross_origin(P1)
        def own(number: int) -> int:
            return number

        @app.get("/closed")
        @cors_exempt
        def closed() -> int:
            return 1

        @app.get("/other")
        def other() -> int:
            return 2

        assert own(7) == 7
        assert [readers(app, path) for path in ("/own/7", "/own/x", "/closed", "/other", "/no")] == [
            [ONE],
            [ONE],
            [],
            [TWO],
            [TWO],
        ]
        assert senders(app, "/own/7", "PUT") == [ONE]
        assert senders(app, "/closed", "GET") == []
        assert senders(app, "/other", "GET") == senders(app, "/no", "GET") == [TWO]

    def test_views_of_one_path_with_different_policies_are_told_apart_by_the_requested_method(self, cors: Any) -> None:
        app = FastAPI()
        cors(app, P2)
        app.get("/x")(cross_origin(P1)(view_of_fastapi("get")))
        app.put("/x")(cross_origin(allow_origins=[THREE], allow_methods=["PUT"])(view_of_fastapi("put")))
        app.delete("/x")(view_of_fastapi("delete"))
        assert [readers(app, "/x", method) for method in ("GET", "PUT", "DELETE", "POST")] == [
            [ONE],
            [THREE],
            [TWO],
            [ONE],
        ]
        assert (senders(app, "/x", "GET"), senders(app, "/x", "PUT"), senders(app, "/x", "DELETE")) == (
            [ONE],
            [THREE],
            [],
        )

    def test_marks_are_seen_through_partials_and_wrappers(self, cors: Any) -> None:
        @cross_origin(P1)
        async def two(request: Any, text: str) -> PlainTextResponse:
            return PlainTextResponse(text)

        @functools.wraps(two)
        async def wrapper(request: Any) -> PlainTextResponse:
            return await two(request, "wrapped")

        app = Starlette(routes=[Route("/partial", functools.partial(two, text="x")), Route("/wrapped", wrapper)])
        cors(app)
        assert readers(app, "/partial") == readers(app, "/wrapped") == [ONE]

    def test_classes_and_their_methods_have_policies(self, cors: Any) -> None:
        @cross_origin(P2)
        class Endpoint(HTTPEndpoint):
            async def get(self, request: Any) -> PlainTextResponse:
                return PlainTextResponse("get")

            @cross_origin(P1)
            async def put(self, request: Any) -> PlainTextResponse:
                return PlainTextResponse("put")

            @cors_exempt
            async def delete(self, request: Any) -> PlainTextResponse:
                return PlainTextResponse("delete")

        app = Starlette(routes=[Route("/x", Endpoint)])
        cors(app)
        found = [readers(app, "/x", method) for method in ("GET", "HEAD", "PUT", "DELETE", "POST")]
        assert found[:4] == [[TWO], [TWO], [ONE], []]
        assert senders(app, "/x", "PUT") == [ONE]
        assert senders(app, "/x", "DELETE") == []

    def test_a_websockets_policy_holds_for_its_handshake(self, cors: Any) -> None:
        app = FastAPI()
        cors(app, P2, check_websocket_origin=True)

        @app.websocket("/own")
        @cross_origin(P1)
        async def own(websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.close()

        @app.websocket("/other")
        async def other(websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.close()

        client = TestClient(app)
        for path, allowed, refused in (("/own", ONE, TWO), ("/other", TWO, ONE)):
            with client.websocket_connect(path, headers={"Origin": allowed}):
                pass
            with (
                pytest.raises(WebSocketDenialResponse),
                client.websocket_connect(path, headers={"Origin": refused}),
            ):
                pass


def view_of_fastapi(name: str) -> Any:
    def view() -> str:
        return name

    view.__name__ = name
    return view


class TestParts:
    def test_a_router_of_fastapi_has_a_policy_wherever_it_is_included(self, cors: Any) -> None:
        router, nested = APIRouter(prefix="/part"), APIRouter()
        fastcors.starlette.CORS(router, P1)
        router.get("/x")(view_of_fastapi("x"))
        router.get("/closed")(cors_exempt(view_of_fastapi("closed")))
        nested.get("/nested")(view_of_fastapi("nested"))
        router.include_router(nested)
        app = FastAPI()
        app.include_router(router)
        app.include_router(router, prefix="/again/{tenant}")
        app.get("/part/y")(view_of_fastapi("y"))
        cors(app, P2)
        for place in ("/part", "/again/7/part"):
            assert readers(app, place + "/x") == readers(app, place + "/nested") == senders(app, place + "/x", "PUT")
            assert readers(app, place + "/x") == [ONE]
            assert readers(app, place + "/closed") == []
        assert readers(app, "/part/y") == readers(app, "/x") == [TWO]

    def test_mounts_and_routers_of_starlette_have_policies(self, cors: Any) -> None:
        inner = Router(routes=[Route("/x", plain), Route("/own", cross_origin(P2)(view()))])
        fastcors.starlette.CORS(inner, P1)
        mount = Mount("/files", app=lambda scope, receive, send: PlainTextResponse("f")(scope, receive, send))
        fastcors.starlette.CORS(mount, allow_origins=[THREE])
        app = Starlette(routes=[Mount("/a", app=inner), Mount("/b/{tenant}", app=inner), mount])
        cors(app, policy=None)
        assert readers(app, "/a/x") == readers(app, "/b/7/x") == readers(app, "/b/7/no") == [ONE]
        assert readers(app, "/a/own") == [TWO]
        assert readers(app, "/files/a/b.txt") == readers(app, "/files/") == [THREE]
        assert readers(app, "/no") == []

    def test_a_part_without_a_policy_is_exempt(self, cors: Any) -> None:
        router = APIRouter(prefix="/part")
        fastcors.starlette.CORS(router, None)
        router.get("/x")(view_of_fastapi("x"))
        app = FastAPI()
        app.include_router(router)
        cors(app, P2)
        assert readers(app, "/part/x") == senders(app, "/part/x", "GET") == []

    def test_what_is_mounted_and_has_its_own_cors_is_told(self, cors: Any) -> None:
        inner = Starlette(routes=[Route("/x", plain)])
        cors(inner, P1)
        app = Starlette(routes=[Mount("/sub", inner), Route("/y", cross_origin(P2)(view()))])
        cors(app, P2)
        with pytest.warns(RuntimeWarning, match=r"what is mounted at /sub/ has CORS of its own, which has no effect"):
            assert readers(app, "/sub/x") == [TWO]
        assert readers(app, "/sub/x") == senders(app, "/sub/x", "GET") == [TWO]

    def test_options_of_the_shim_are_none_of_a_part(self) -> None:
        for arguments in ({"handle_errors": True}, {"allow_origin": [ONE]}, {}):
            with pytest.raises(PolicyError):
                fastcors.starlette.CORS(APIRouter(), **arguments)
        with pytest.raises(TypeError, match="routes belong to an application"):
            fastcors.starlette.CORS(APIRouter(), routes={"/": P1})


class TestMethodsOfTheRoute:
    def test_a_preflight_gets_the_methods_of_its_path(self, cors: Any) -> None:
        app = FastAPI()
        cors(app, allow_origins=[ONE], methods="route")
        app.get("/x")(view_of_fastapi("get"))
        app.delete("/x")(view_of_fastapi("delete"))
        app.patch("/y/{number:int}")(view_of_fastapi("patch"))
        app.mount("/any", lambda scope, receive, send: PlainTextResponse("any")(scope, receive, send))
        assert methods(app, "/x", "DELETE") == methods(app, "/x") == "DELETE, GET"
        assert methods(app, "/x", "PATCH") is None
        assert methods(app, "/y/7", "PATCH") == "PATCH"
        assert methods(app, "/any/thing", "PROPFIND") is not None
        assert methods(app, "/no", "PUT") is None
        assert methods(app, "/no") == ""

    def test_a_view_may_have_it_alone(self, cors: Any) -> None:
        app = Starlette()
        app.router.routes += [
            Route("/x", cross_origin(allow_origins=[ONE], methods="route")(view()), methods=["GET", "PUT"]),
            Route("/x", cross_origin(allow_origins=[TWO], methods="route")(view()), methods=["DELETE"]),
        ]
        cors(app)
        assert methods(app, "/x", "PUT") == "GET, HEAD, PUT"
        assert methods(app, "/x", "DELETE", TWO) == "DELETE"
        assert methods(app, "/x", "DELETE") is None
        assert methods(app, "/x", "PUT", TWO) is None

    def test_classes_have_the_methods_that_they_define(self, cors: Any) -> None:
        class Endpoint(HTTPEndpoint):
            async def get(self, request: Any) -> PlainTextResponse:
                return PlainTextResponse("get")

            async def delete(self, request: Any) -> PlainTextResponse:
                return PlainTextResponse("delete")

        app = Starlette(routes=[Route("/x", Endpoint)])
        cors(app, allow_origins=[ONE], methods="route")
        assert methods(app, "/x", "DELETE") == "DELETE, GET, HEAD"
        assert methods(app, "/x", "PUT") is None

    def test_methods_that_browsers_never_send_are_left_out(self, cors: Any) -> None:
        app = Starlette(routes=[Route("/x", plain, methods=["GET", "TRACE", "PUT"])])
        cors(app, allow_origins=[ONE], methods="route")
        assert methods(app, "/x", "PUT") == "GET, HEAD, PUT"

    def test_methods_are_said_once(self, cors: Any) -> None:
        for call in (
            lambda: cors(Starlette(), P1, methods="route"),
            lambda: cors(Starlette(), routes={"/": P1}, methods="route"),
            lambda: cross_origin(P1, methods="route"),
        ):
            with pytest.raises(TypeError, match="leave allow_methods out"):
                call()
        with pytest.raises(TypeError, match=r'methods must be "route" or left out'):
            cors(Starlette(), allow_origins=[ONE], methods=["PUT"])
        shim = cors(Starlette(), P2, methods="route")
        with pytest.raises(TypeError, match="leave allow_methods out"):
            shim.policy = P1
        assert shim.policy is P2


class TestTheTable:
    def test_views_may_be_marked_and_added_at_any_time(self, cors: Any) -> None:
        app = FastAPI()
        cors(app, P2)
        assert readers(app, "/x") == [TWO]
        app.get("/x")(cross_origin(P1)(view_of_fastapi("x")))
        assert readers(app, "/x") == [ONE]
        router = APIRouter()
        app.include_router(router, prefix="/in")
        assert readers(app, "/in/y") == [TWO]
        router.get("/y")(cors_exempt(view_of_fastapi("y")))
        assert (readers(app, "/in/y"), readers(app, "/x")) == ([], [ONE])

    def test_the_policy_may_be_replaced_and_the_views_keep_theirs(self, cors: Any) -> None:
        app = Starlette(routes=[Route("/own", cross_origin(P1)(view())), Route("/x", plain)])
        shim = cors(app, P2)
        assert (readers(app, "/own"), readers(app, "/x"), shim.policy) == ([ONE], [TWO], P2)
        shim.policy = Policy(allow_origins=[THREE])
        assert (readers(app, "/own"), readers(app, "/x"), shim.routes) == ([ONE], [THREE], None)
        shim.routes = {"/x": P2}
        assert (readers(app, "/own"), readers(app, "/x"), readers(app, "/y")) == ([ONE], [TWO], [])
        assert (dict(shim.routes), shim.policy) == ({"/x": P2}, None)

    def test_views_go_before_the_routes_that_are_given(self, cors: Any) -> None:
        routes = {"/api/": P2, "/api/{name}/open": Policy(allow_origins="*"), "/api/closed/": None}
        paths = ["/api/own", "/api/{name}/open", "/api/closed/{rest:path}", "/api/x"]
        marked = [cross_origin(P1)(view()), plain, plain, plain]
        app = Starlette(routes=[Route(path, one) for path, one in zip(paths, marked, strict=True)])
        cors(app, routes=routes)
        client = TestClient(app)
        assert readers(app, "/api/own") == [ONE]
        assert readers(app, "/api/x") == [TWO]
        assert readers(app, "/api/closed/7") == readers(app, "/elsewhere") == []
        assert client.get("/api/7/open", headers={"Origin": ONE}).headers[ACAO] == "*"

    def test_marked_views_alone_will_do_and_nothing_at_all_does_not(self, cors: Any) -> None:
        app = FastAPI()
        cors(app)
        app.get("/x")(cross_origin(P1)(view_of_fastapi("x")))
        app.get("/y")(view_of_fastapi("y"))
        assert (readers(app, "/x"), readers(app, "/y"), readers(app, "/no")) == ([ONE], [], [])
        nothing = FastAPI()
        cors(nothing)
        nothing.get("/x")(cors_exempt(view_of_fastapi("x")))
        for call in (lambda: TestClient(nothing).get("/x"), lambda: TestClient(nothing).__enter__()):
            with pytest.raises(RuntimeError, match="nothing is allowed: mark views"):
                call()

    def test_the_table_is_made_when_the_application_starts(self, cors: Any) -> None:
        started: list[str] = []

        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[None]:
            started.append("up")
            yield

        app = Starlette(routes=[Route("/a//b", cross_origin(P1)(view()))], lifespan=lifespan)
        cors(app, P2)
        with pytest.raises(PolicyError, match=r"view.* at /a//b is at a path with an empty segment"), TestClient(app):
            pass
        assert started == []

    def test_a_path_that_may_be_read_in_two_ways_gets_no_cors(self, cors: Any) -> None:
        async def any_view(request: Any) -> PlainTextResponse:
            return PlainTextResponse("any")

        app = Starlette(routes=[Route("/admin/x", cors_exempt(view())), Route("/{rest:path}", any_view)])
        cors(app, P2)
        for path in ("/admin/x", "//admin/x", "/%2e/admin/x", "/%2Fadmin/x", "/admin\\x", "/admin/x%0a", "/a//b"):
            assert readers(app, "http://testserver" + path) == [], path
        assert readers(app, "/admin/y") == [TWO]

    @pytest.mark.parametrize(("given", "odd"), [({"routes": {"/": P1}}, []), ({"policy": P1}, [ONE])])
    def test_a_table_of_one_policy_is_one_still(self, cors: Any, given: Any, odd: list[str]) -> None:
        app = Starlette(routes=[Route("/x", cross_origin(P1)(view()))])
        cors(app, **given)
        assert readers(app, "/x") == readers(app, "/no") == [ONE]
        assert readers(app, "/a//x") == odd

    def test_root_path_is_no_part_of_the_path(self, cors: Any) -> None:
        app = FastAPI()
        cors(app, P2)
        app.get("/own")(cross_origin(P1)(view_of_fastapi("own")))
        behind = functools.partial(TestClient, root_path="/v1")
        for client in (TestClient(app), behind(app)):
            assert client.get("/own", headers={"Origin": ONE}).headers[ACAO] == ONE
        assert behind(app).get("/v1/own", headers={"Origin": ONE}).headers[ACAO] == ONE
        assert behind(app).get("/v1/other", headers={"Origin": TWO}).headers[ACAO] == TWO


class TestTheDecorator:
    def test_the_view_stays_the_object_that_it_was(self) -> None:
        function, kind = view(), type("Endpoint", (HTTPEndpoint,), {})
        assert cross_origin(P1)(function) is function
        assert cors_exempt(kind) is kind

    def test_there_is_one_policy_for_a_view(self) -> None:
        function = view()
        cross_origin(P1)(function)
        for decorator in (cross_origin(P2), cors_exempt):
            with pytest.raises(RuntimeError, match="has a policy already"):
                decorator(function)

    def test_a_subclass_may_say_something_else(self, cors: Any) -> None:
        class Base(HTTPEndpoint):
            async def get(self, request: Any) -> PlainTextResponse:
                return PlainTextResponse("get")

        cross_origin(P1)(Base)
        other = cross_origin(P2)(type("Other", (Base,), {}))
        app = Starlette(
            routes=[Route("/base", Base), Route("/same", type("Same", (Base,), {})), Route("/other", other)]
        )
        cors(app)
        assert [readers(app, path) for path in ("/base", "/same", "/other")] == [[ONE], [ONE], [TWO]]

    def test_what_is_wrong_is_said_at_once(self) -> None:
        with pytest.raises(PolicyError) as caught:
            cross_origin(allow_origins=["https://One.example/"], max_age=-1)
        assert len(caught.value.issues) == 2
        with pytest.raises(TypeError, match="a policy or the parameters of one, not both"):
            cross_origin(P1, allow_origins=[ONE])
        with pytest.raises(TypeError, match=r"write cross_origin\(policy\), with a fastcors\.Policy, not <function"):
            cross_origin(plain)
        for wrong in (None, 5, staticmethod(plain)):
            with pytest.raises(TypeError, match="a view is expected"):
                cross_origin(P1)(wrong)
        with pytest.raises(TypeError, match="cannot be marked"):
            cross_origin(P1)(len)
