"""``fastcors.litestar.CORS`` behind ``root_path``, which Litestar also cuts out of the middle of a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("litestar")

from litestar import Litestar, Request, WebSocket, get, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient

import fastcors.litestar
from fastcors import Policy
from fastcors.litestar import cors_exempt, cross_origin
from tests.support.shims import cors_of

SITE = "https://app.example.com"
POLICY = Policy(allow_origins=[SITE], allow_methods=["PUT"])
ACAO = "access-control-allow-origin"
ASKS_GET = {"Access-Control-Request-Method": "GET"}

INTO_ADMIN = ["/items/v1/admin", "/v1admin", "/items/v1admin", "/itemsv1/v1/admin"]
"""Paths that do not begin with ``/v1``, or go on behind it within a segment: Litestar runs ``/admin``."""


cors = cors_of(fastcors.litestar)


def view(path: str, said: Any = lambda view: view) -> Any:
    """A handler that answers with the path that it has."""

    async def answer(request: Request[Any, Any, Any]) -> str:
        return path

    return get(path)(said(answer))


def socket(path: str, said: Any = lambda view: view) -> Any:
    async def answer(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.send_text(path)
        await socket.close()

    return websocket(path)(said(answer))


def with_routes(cors: Any, **options: Any) -> Litestar:
    handlers = [view("/admin"), view("/items/{rest:path}"), socket("/admin"), socket("/items/{rest:path}")]
    app = Litestar(handlers, openapi_config=None, logging_config=None)
    cors(app, routes={"/": POLICY, "/admin/": None}, **options)
    return app


def with_marks(cors: Any, **options: Any) -> Litestar:
    handlers = [view("/admin", cors_exempt), view("/items/{rest:path}", cross_origin(POLICY))]
    sockets = [socket("/admin", cors_exempt), socket("/items/{rest:path}")]
    app = Litestar([*handlers, *sockets], openapi_config=None, logging_config=None)
    cors(app, POLICY, **options)
    return app


@pytest.fixture(params=[with_routes, with_marks])
def make(request: pytest.FixtureRequest, cors: Any) -> Callable[..., Litestar]:
    """Makes an application in which ``/admin`` gets no CORS, and everything else does."""
    return lambda **options: request.param(cors, **options)


def ask(app: Litestar, path: str, method: str = "GET", root: str = "/v1", **headers: str) -> Any:
    client = TestClient(app, raise_server_exceptions=False, root_path=root)
    return client.request(method, path, headers={"Origin": SITE, **headers})


def opens(app: Litestar, path: str, root: str = "/v1") -> bool:
    """Whether a page of the site opens a WebSocket."""
    try:
        with TestClient(app, root_path=root).websocket_connect(path, headers={"Origin": SITE}):
            return True
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize("path", INTO_ADMIN)
def test_no_page_reads_a_closed_part_by_a_path_with_root_path_in_the_middle(make: Any, path: str) -> None:
    app = make(check_websocket_origin=True)
    answers = ask(app, path), ask(app, path, "OPTIONS", **ASKS_GET)
    assert [ACAO in answer.headers for answer in answers] == [False, False]
    assert not opens(app, path)


@pytest.mark.parametrize("path", INTO_ADMIN)
def test_the_application_responds_to_such_a_path_as_without_cors(make: Any, path: str) -> None:
    app = make()
    bare = Litestar([view("/admin"), view("/items/{rest:path}")], openapi_config=None, logging_config=None)
    for method in ("GET", "OPTIONS"):
        with_cors, without = ask(app, path, method, **ASKS_GET), ask(bare, path, method, **ASKS_GET)
        assert (with_cors.status_code, with_cors.content) == (without.status_code, without.content)
        assert with_cors.headers == without.headers
    assert ask(bare, path).text == "/admin"


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/items/7", ""),
        ("/items/7", "/"),
        ("/items/7", "/v1"),
        ("/v1/items/7", "/v1"),
        ("/v1/items/7/", "/v1"),
        ("/v1/items/v1/admin", "/v1"),
        ("/v1/items/7", ""),
    ],
)
def test_a_path_with_root_path_in_front_or_not_at_all_keeps_its_policy(make: Any, path: str, root: str) -> None:
    app = make(check_websocket_origin=True)
    runs = path.startswith("/items") or root == "/v1"
    answer = ask(app, path, root=root)
    assert (answer.headers.get(ACAO), answer.status_code) == (SITE, 200 if runs else 404)
    assert ask(app, path, "OPTIONS", root=root, **ASKS_GET).headers[ACAO] == SITE
    assert opens(app, path, root) is runs


def test_a_closed_part_stays_closed_behind_root_path(make: Any) -> None:
    app = make(check_websocket_origin=True)
    for path in ("/admin", "/v1/admin", "/v1/admin/"):
        assert ask(app, path).text == "/admin"
        assert ACAO not in ask(app, path).headers
        assert not opens(app, path)


def test_the_application_finds_the_path_that_was_sent(cors: Any) -> None:
    seen: list[Any] = []

    class Own(Litestar):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            seen.append(dict(scope))
            await super().__call__(scope, receive, send)

    app = Own([view("/admin")], openapi_config=None, logging_config=None)
    cors(app, routes={"/": POLICY, "/admin/": None}, tell_application=True)
    assert ask(app, "/items/v1/admin").text == "/admin"
    assert [scope["path"] for scope in seen] == ["/items/v1/admin"]
    assert not [name for name in seen[0] if name.startswith("fastcors")]


def test_one_policy_for_every_path_holds_for_such_a_path_too(cors: Any) -> None:
    app = Litestar([view("/admin")], openapi_config=None, logging_config=None)
    cors(app, POLICY)
    assert ask(app, "/items/v1/admin").headers[ACAO] == SITE


def test_no_function_is_asked_about_such_a_path(cors: Any) -> None:
    asked: list[Any] = []

    def allows(origin: str, request: Any) -> bool:
        asked.append(request.path)
        return True

    app = Litestar([view("/admin"), view("/items/{rest:path}")], openapi_config=None, logging_config=None)
    cors(app, allow_origin_func=allows, vary=[":path"])
    assert ACAO in ask(app, "/v1/items/7").headers
    assert ACAO not in ask(app, "/items/v1/admin").headers
    assert asked == ["/items/7"]
