"""What the servers serve for tests/integration/test_routes_on_frameworks.py: applications that must not be left.

Each has a part that no other site may read, and answers ``secret`` there; the rest is for a partner, with credentials.
The ``Host`` of a request says which framework it is for. What is mounted has its shim inside of what it is mounted in.
"""

from __future__ import annotations

from typing import Any

import falcon
import falcon.asgi
import litestar
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import fastcors.asgi
import fastcors.flask
import fastcors.wsgi
from fastcors import Policy

PARTNER = "https://partner.example"
ROUTES = {
    "/": Policy(allow_origins=[PARTNER], allow_credentials=True),
    "/admin/": None,
    "/exact": None,
    "/items/{id}/secret": None,
    "/files/{owner}/private/{file:path}": None,
}
SECRET = ["/admin", "/admin/secret", "/exact", "/items/7/secret", "/files/7/private/a/b"]
OPEN = ["/", "/open", "/items/7", "/files/7/public"]
SOCKETS = {"/admin/ws": "secret", "/ws": "open"}
"""Which subprotocol is accepted where."""
TEXT = {**dict.fromkeys(SECRET, "secret"), **dict.fromkeys(OPEN, "open")}


# ASGI


def _of_starlette() -> Starlette:
    async def view(request: Any) -> PlainTextResponse:
        return PlainTextResponse(TEXT[request.scope["path"].removeprefix(request.scope["root_path"])])

    async def socket(websocket: Any) -> None:
        path = websocket.scope["path"].removeprefix(websocket.scope["root_path"])
        await websocket.accept(subprotocol=SOCKETS[path])
        await websocket.close()

    routes: list[Any] = [Route(path, view) for path in TEXT]
    return Starlette(routes=routes + [WebSocketRoute(path, socket) for path in SOCKETS])


def _of_litestar() -> litestar.Litestar:
    def handler(path: str) -> Any:
        @litestar.get(path, media_type=litestar.MediaType.TEXT)
        async def view() -> str:
            return TEXT[path]

        return view

    def socket(path: str) -> Any:
        @litestar.websocket(path)
        async def view(socket: litestar.WebSocket[Any, Any, Any]) -> None:
            await socket.accept(subprotocols=SOCKETS[path])
            await socket.close()

        return view

    return litestar.Litestar([*map(handler, TEXT), *map(socket, SOCKETS)], openapi_config=None)


class _View:
    def __init__(self, text: str) -> None:
        self._text = text

    async def on_get(self, request: Any, response: Any) -> None:
        response.text = self._text

    async def on_websocket(self, request: Any, socket: Any) -> None:
        await socket.accept(subprotocol=self._text)
        await socket.close()


def _of_falcon() -> Any:
    app = falcon.asgi.App()
    for path, text in {**TEXT, **SOCKETS}.items():
        app.add_route(path, _View(text))
        app.add_route("/v1" + path, _View(text))  # it does not take root_path off
    return app


def _asgi_shim(app: Any) -> Any:
    return fastcors.asgi.CORSMiddleware(app, routes=ROUTES, check_websocket_origin=True)


ASGI = {
    "starlette": _asgi_shim(_of_starlette()),
    "litestar": _asgi_shim(_of_litestar()),
    "falcon": _asgi_shim(_of_falcon()),
    "mounted": Starlette(routes=[Mount("/mounted", _asgi_shim(_of_starlette()))]),
    "mounted-litestar": Starlette(routes=[Mount("/mounted", _asgi_shim(_of_litestar()))]),
}


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Every framework, by host."""
    if scope["type"] == "lifespan":
        raise RuntimeError("no lifespan here")
    await ASGI[dict(scope["headers"])[b"host"].decode().partition(".")[0]](scope, receive, send)


# WSGI


def _of_flask() -> Flask:
    app = Flask(__name__)
    for path, text in TEXT.items():
        app.add_url_rule(path, path, lambda text=text: text)
    fastcors.flask.CORS(app, routes=ROUTES)
    return app


class _PlainView:
    def __init__(self, text: str) -> None:
        self._text = text

    def on_get(self, request: Any, response: Any) -> None:
        response.text = self._text


def _of_plain_falcon() -> Any:
    app = falcon.App()
    app.req_options.strip_url_path_trailing_slash = True
    for path, text in TEXT.items():
        app.add_route(path, _PlainView(text))
    return fastcors.wsgi.CORSMiddleware(app, routes=ROUTES)


def _not_found(environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b""]


WSGI: dict[str, Any] = {
    "flask": _of_flask(),
    "falcon": _of_plain_falcon(),
    "mounted": DispatcherMiddleware(_not_found, {"/mounted": _of_flask()}),
    "mounted-falcon": DispatcherMiddleware(_not_found, {"/mounted": _of_plain_falcon()}),
}


def wsgi(environ: Any, start_response: Any) -> Any:
    """Every framework, by host."""
    return WSGI[environ["HTTP_HOST"].partition(".")[0]](environ, start_response)
