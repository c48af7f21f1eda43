"""Handlers of Litestar with policies of their own: what the application's CORS finds by its routes."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("litestar")

from litestar import Controller, Litestar, Request, Router, WebSocket, delete, get, post, put, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient

import fastcors.litestar
from fastcors import Policy, PolicyError
from fastcors.litestar import cors_exempt, cross_origin
from tests.support.shims import cors_of

ONE, TWO, THREE = (f"https://{name}.example" for name in ("one", "two", "three"))
P1, P2 = Policy(allow_origins=[ONE], allow_methods=["PUT"]), Policy(allow_origins=[TWO])
ACAO, ACAM = "access-control-allow-origin", "access-control-allow-methods"


cors = cors_of(fastcors.litestar)


def make(*handlers: Any) -> Litestar:
    return Litestar(list(handlers), openapi_config=None, logging_config=None)


def ask(app: Litestar, path: str, method: str, origin: str, **headers: str) -> Any:
    client = TestClient(app, raise_server_exceptions=False)
    return client.request(method, path, headers={"Origin": origin, **headers})


def readers(app: Litestar, path: str, method: str = "GET") -> list[str]:
    """The origins that may read an answer."""
    return [origin for origin in (ONE, TWO, THREE) if ask(app, path, method, origin).headers.get(ACAO) == origin]


def senders(app: Litestar, path: str, method: str) -> list[str]:
    """The origins that may send such a request, as the answers to preflights say."""
    asks = {"Access-Control-Request-Method": method}
    return [origin for origin in (ONE, TWO, THREE) if ACAO in ask(app, path, "OPTIONS", origin, **asks).headers]


def handler(path: str, kind: Any = get, said: Any = None) -> Any:
    """A handler that nobody else has."""

    async def view(request: Request[Any, Any, Any]) -> None:
        return None

    return kind(path, status_code=200)(view if said is None else said(view))


def test_a_handlers_policy_holds_in_place_of_the_applications(cors: Any) -> None:
    own = handler("/own/{number:int}", said=cross_origin(P1))
    above = cross_origin(P1)(handler("/above"))
    app = make(own, above, handler("/closed", said=cors_exempt), handler("/other"))
    cors(app, P2)
    found = [readers(app, path) for path in ("/own/7", "/above", "/closed", "/other", "/no", "/above/")]
    assert found == [[ONE], [ONE], [], [TWO], [TWO], [ONE]]
    assert senders(app, "/own/7", "PUT") == senders(app, "/above", "GET") == [ONE]
    assert senders(app, "/closed", "GET") == []
    assert senders(app, "/no", "GET") == [TWO]


def test_handlers_of_one_path_are_told_apart_by_the_requested_method(cors: Any) -> None:
    three = cross_origin(allow_origins=[THREE], allow_methods=["PUT"])
    app = make(handler("/x", said=cross_origin(P1)), handler("/x", put, three), handler("/x", delete))
    cors(app, P2)
    assert [readers(app, "/x", method) for method in ("GET", "PUT", "DELETE")] == [[ONE], [THREE], [TWO]]
    assert (senders(app, "/x", "GET"), senders(app, "/x", "PUT"), senders(app, "/x", "DELETE")) == ([ONE], [THREE], [])


def test_controllers_and_routers_have_policies(cors: Any) -> None:
    @cross_origin(P1)
    class Items(Controller):
        path = "/items"

        @get("/")
        async def all(self) -> None:
            return None

        @put("/{number:int}")
        @cors_exempt
        async def change(self, request: Request[Any, Any, Any]) -> None:
            return None

    router = Router("/part", route_handlers=[handler("/x"), handler("/own", said=cross_origin(P1))])
    fastcors.litestar.CORS(router, allow_origins=[THREE])
    app = make(Items, router, Router("/again", route_handlers=[router]), handler("/y"))
    cors(app, P2)
    assert readers(app, "/items") == readers(app, "/part/own") == readers(app, "/again/part/own") == [ONE]
    assert readers(app, "/items/7", "PUT") == senders(app, "/items/7", "PUT") == []
    assert readers(app, "/part/x") == readers(app, "/again/part/x") == senders(app, "/part/x", "GET") == [THREE]
    assert readers(app, "/y") == [TWO]


def test_a_preflight_gets_the_methods_of_its_path(cors: Any) -> None:
    app = make(handler("/x"), handler("/x", delete), handler("/y/{number:int}", put), handler("/z", post))
    cors(app, allow_origins=[ONE], methods="route")

    def methods(path: str, method: str) -> Any:
        return ask(app, path, "OPTIONS", ONE, **{"Access-Control-Request-Method": method}).headers.get(ACAM)

    assert methods("/x", "DELETE") == "DELETE, GET"
    assert methods("/y/7", "PUT") == "PUT"
    assert methods("/x", "PUT") is methods("/z", "PUT") is methods("/no", "PUT") is None


def test_handlers_may_be_registered_at_any_time(cors: Any) -> None:
    app = make(handler("/x"))
    cors(app, P2)
    assert readers(app, "/x") == [TWO]
    app.register(handler("/x", put, cross_origin(P1)))
    app.register(handler("/later", said=cross_origin(P1)))
    assert (readers(app, "/x"), readers(app, "/x", "PUT"), readers(app, "/later")) == ([TWO], [ONE], [ONE])


def test_marked_handlers_alone_will_do_and_nothing_at_all_does_not(cors: Any) -> None:
    app = make(handler("/x", said=cross_origin(P1)), handler("/y"))
    cors(app)
    assert (readers(app, "/x"), readers(app, "/y"), readers(app, "/no")) == ([ONE], [], [])
    nothing = make(handler("/x"))
    cors(nothing)
    with pytest.raises(RuntimeError, match="nothing is allowed: mark views"), TestClient(nothing):
        pass


def test_a_websockets_policy_holds_for_its_handshake(cors: Any) -> None:
    async def view(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.close()

    app = make(websocket("/own")(cross_origin(P1)(view)))
    cors(app, P2, check_websocket_origin=True)
    client = TestClient(app)
    with client.websocket_connect("/own", headers={"Origin": ONE}):
        pass
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/own", headers={"Origin": TWO}):
        pass


def test_a_path_that_may_be_read_in_two_ways_gets_no_cors(cors: Any) -> None:
    app = make(handler("/admin/x", said=cors_exempt), handler("/{a:str}/{b:str}"))
    cors(app, P2)
    for path in ("/admin/x", "//admin/x", "/%2Fadmin/x", "/admin//x", "/admin\\x", "/admin/x%0a"):
        assert readers(app, "http://testserver.local" + path) == [], path
    assert readers(app, "/admin/y") == [TWO]


def test_what_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PolicyError):
        cross_origin(allow_origins=["https://One.example/"])
    marked = cross_origin(P1)(handler("/x"))
    with pytest.raises(RuntimeError, match="has a policy already"):
        cors_exempt(marked)
    with pytest.raises(TypeError, match="routes belong to an application"):
        fastcors.litestar.CORS(Router("/", route_handlers=[]), routes={"/": P1})  # type: ignore[call-overload]
