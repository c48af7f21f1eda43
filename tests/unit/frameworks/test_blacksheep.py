"""What is BlackSheep's own: mounted applications, which change its class, and a test client that does not call it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("blacksheep")

import httpx
from blacksheep import Application, Request, Router, text
from blacksheep.testing import TestClient

from fastcors.blacksheep import CORS
from tests.unit.frameworks.applications import ACAO, OTHER, SITE, BrokenError, blacksheep_app

ASKS = {"Origin": SITE, "Access-Control-Request-Method": "PUT"}


def get(app: Any, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """What a client of a server gets."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers={"Origin": SITE} | headers)

    return asyncio.run(ask())


def part() -> Application:
    """Make an application to be mounted."""
    mounted = Application(router=Router())

    @mounted.router.get("/items/{number}")
    async def item(number: int) -> Any:
        return text(str(number))

    return mounted


@pytest.mark.parametrize("order", ["before", "after"])
def test_what_is_mounted_before_or_after_has_the_headers(order: str) -> None:
    app = blacksheep_app()
    if order == "before":
        app.mount("/first", part())
    shim = CORS(app, allow_origins=[SITE], allow_methods=["PUT"])
    for path in ("/second", "/third"):
        app.mount(path, part())
    for path, status in (("/second/items/7", 200), ("/third/items/7", 200), ("/second/nowhere", 404), ("/hello", 200)):
        answer = get(app, path)
        assert (answer.status_code, answer.headers.get_list(ACAO)) == (status, [SITE])
        assert get(app, path, "OPTIONS", **ASKS).status_code == 204
        assert ACAO not in get(app, path, Origin=OTHER).headers
    with pytest.raises(RuntimeError, match="has CORS already"):
        CORS(app, allow_origins=[SITE])
    shim.policy = None
    assert ACAO not in get(app, "/second/items/7").headers


def test_a_mounted_application_may_have_a_policy_of_its_own_where_the_outer_one_has_none() -> None:
    app, mounted = blacksheep_app(), part()
    CORS(mounted, allow_origins=[SITE])
    app.mount("/part", mounted)
    assert get(app, "/part/items/7").headers[ACAO] == SITE
    assert ACAO not in get(app, "/hello").headers


def test_the_lifespan_and_the_events_run() -> None:
    app = blacksheep_app()
    CORS(app, allow_origins=[SITE])
    seen: list[str] = []

    @app.on_start
    async def started(application: Application) -> None:
        seen.append("started")
        assert application is app

    @app.on_stop
    async def stopped(application: Application) -> None:
        seen.append("stopped")

    async def run() -> list[str]:
        sent: list[str] = []
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> Any:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)
        return sent

    assert asyncio.run(run()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert seen == ["started", "stopped"]


def with_client(app: Application, method: str, path: str, **headers: str) -> Any:
    """What BlackSheep's test client gets."""

    async def ask() -> Any:
        await app.start()
        ask = getattr(TestClient(app), method.lower())
        return await ask(path, headers={"Origin": SITE} | headers)

    return asyncio.run(ask())


def test_the_test_client_gets_the_response_object_of_the_application() -> None:
    app = blacksheep_app()
    responses: list[Any] = []

    async def keep(request: Request, handler: Any) -> Any:
        responses.append(await handler(request))
        return responses[-1]

    app.middlewares.append(keep)
    CORS(app, allow_origins=[SITE])
    response = with_client(app, "GET", "/hello")
    assert response is responses[0]
    assert response.get_headers(ACAO.encode()) == [SITE.encode()]
    assert [name for name, _ in response.headers].count(b"content-type") <= 1


def test_the_test_client_gets_the_500_of_handle_errors_and_the_exception_as_a_server_does() -> None:
    app = blacksheep_app()
    app.exceptions_handlers.clear()

    async def fail(*_: Any) -> Any:
        raise BrokenError

    app.handle_request_handler_exception = fail  # type: ignore[method-assign]
    CORS(app, allow_origins=[SITE], handle_errors=True)
    with pytest.raises(BrokenError):
        with_client(app, "GET", "/error")


def test_what_the_test_client_asks_has_header_names_of_any_case() -> None:
    app = blacksheep_app()
    CORS(app, allow_origins=[SITE], allow_methods=["PUT"])

    async def ask(name: str) -> Any:
        await app.start()
        return await TestClient(app).options("/hello", headers={name: SITE, "access-control-request-method": "PUT"})

    for name in ("Origin", "origin", "ORIGIN"):
        assert asyncio.run(ask(name)).status == 204


def test_a_request_without_a_scope_is_the_applications() -> None:
    app = blacksheep_app()
    CORS(app, allow_origins=[SITE])

    async def ask() -> Any:
        await app.start()
        return await app.handle(Request("GET", b"/hello", [(b"origin", SITE.encode())]))

    assert asyncio.run(ask()).status == 200
