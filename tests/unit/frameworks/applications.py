"""Small applications of one shape in several frameworks, and how each framework's own test client asks them.

``/hello`` answers, ``/items/7`` has a name in its path, ``/error`` raises and the application's handler of exceptions
answers, ``/redirect`` leads to ``/hello``, ``/stream`` answers in two parts.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

SITE = "https://app.example.com"
OTHER = "https://other.example.com"
ACAO = "access-control-allow-origin"


class BrokenError(Exception):
    """What the applications raise."""


class Answer(NamedTuple):
    """What a test client got."""

    status: int
    headers: list[tuple[str, str]]
    """Names in lower case."""
    body: str

    def values(self, name: str) -> list[str]:
        """The lines of that name."""
        return [value for key, value in self.headers if key == name]


class Kind(NamedTuple):
    """A framework: how an application is made, and how it is asked."""

    name: str
    module: str
    """The door."""
    gateway: str
    make: Callable[[], Any]
    ask: Callable[[Any, str, str, dict[str, str]], Answer]
    wrong: str
    """What a refusal calls the right kind of application."""

    def cors(self, app: Any, *arguments: Any, **keywords: Any) -> Any:
        """Put CORS in front of an application."""
        return importlib.import_module(self.module).CORS(app, *arguments, **keywords)

    def get(self, app: Any, path: str, method: str = "GET", origin: str | None = SITE, **headers: str) -> Answer:
        """Ask for a path."""
        lines = {} if origin is None else {"Origin": origin}
        return self.ask(app, method, path, lines | {name.replace("_", "-"): value for name, value in headers.items()})


# Quart


def quart_app() -> Any:
    from quart import Quart, redirect

    app = Quart("shop")

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    @app.get("/items/<int:number>")
    async def item(number: int) -> str:
        return str(number)

    @app.get("/error")
    async def error() -> str:
        raise BrokenError("secret")

    @app.get("/redirect")
    async def leave() -> Any:
        return redirect("/hello")

    @app.get("/stream")
    async def stream() -> Any:
        async def parts() -> Any:
            yield b"one,"
            yield b"two"

        return parts(), 200, {"Content-Type": "text/plain"}

    @app.errorhandler(BrokenError)
    async def answer(error: Exception) -> Any:
        return f"sorry: {type(error).__name__}", 500

    return app


def quart_ask(app: Any, method: str, path: str, headers: dict[str, str]) -> Answer:
    async def ask() -> Answer:
        response = await app.test_client().open(path, method=method, headers=headers)
        lines = [(name.lower(), value) for name, value in response.headers.items()]
        return Answer(response.status_code, lines, (await response.get_data()).decode())

    return asyncio.run(ask())


# BlackSheep


def blacksheep_app() -> Any:
    from blacksheep import Application, Response, Router, StreamedContent, redirect, text

    app = Application(router=Router())

    @app.router.get("/hello")
    async def hello() -> Any:
        return text("hello")

    @app.router.get("/items/{number}")
    async def item(number: int) -> Any:
        return text(str(number))

    @app.router.get("/error")
    async def error() -> Any:
        raise BrokenError("secret")

    @app.router.get("/redirect")
    async def leave() -> Any:
        return redirect("/hello")

    @app.router.get("/stream")
    async def stream() -> Any:
        async def parts() -> Any:
            yield b"one,"
            yield b"two"

        return Response(200, content=StreamedContent(b"text/plain", parts))

    @app.exception_handler(BrokenError)
    async def answer(self: Any, request: Any, error: Any) -> Any:
        return text(f"sorry: {type(error).__name__}", 500)

    return app


def blacksheep_ask(app: Any, method: str, path: str, headers: dict[str, str]) -> Answer:
    async def ask() -> Answer:
        from blacksheep.testing import TestClient

        await app.start()
        client = TestClient(app)
        response = await client._test_simulator.send_request(method, path, headers=headers)
        lines = [(name.decode().lower(), value.decode()) for name, value in response.headers]
        return Answer(response.status, lines, (await response.read() or b"").decode())

    return asyncio.run(ask())


# Falcon


class Hello:
    def on_get(self, request: Any, response: Any) -> None:
        response.text = "hello"


class Item:
    def on_get(self, request: Any, response: Any, number: int) -> None:
        response.text = str(number)


class Error:
    def on_get(self, request: Any, response: Any) -> None:
        raise BrokenError("secret")


class Leave:
    def on_get(self, request: Any, response: Any) -> None:
        import falcon

        raise falcon.HTTPFound("/hello")


class Stream:
    def on_get(self, request: Any, response: Any) -> None:
        response.content_type = "text/plain"
        response.stream = iter([b"one,", b"two"])


class AsyncStream:
    async def on_get(self, request: Any, response: Any) -> None:
        async def parts() -> Any:
            yield b"one,"
            yield b"two"

        response.content_type = "text/plain"
        response.stream = parts()


def _asynchronous(resource: Any) -> Any:
    """A resource whose methods are coroutine functions, as a falcon.asgi.App wants them."""

    class Asynchronous:
        async def on_get(self, request: Any, response: Any, **values: Any) -> None:
            resource.on_get(request, response, **values)

    return Asynchronous()


def falcon_app() -> Any:
    import falcon

    app = falcon.App()
    resources = {"hello": Hello(), "items/{number:int}": Item(), "error": Error(), "redirect": Leave()}
    for path, resource in {**resources, "stream": Stream()}.items():
        app.add_route(f"/{path}", resource)

    def answer(request: Any, response: Any, error: Any, values: Any) -> None:
        response.status, response.text = 500, f"sorry: {type(error).__name__}"

    app.add_error_handler(BrokenError, answer)
    return app


def falcon_asgi_app() -> Any:
    import falcon.asgi

    app = falcon.asgi.App()
    resources = {"hello": Hello(), "items/{number:int}": Item(), "error": Error(), "redirect": Leave()}
    for path, resource in resources.items():
        app.add_route(f"/{path}", _asynchronous(resource))
    app.add_route("/stream", AsyncStream())

    async def answer(request: Any, response: Any, error: Any, values: Any) -> None:
        response.status, response.text = 500, f"sorry: {type(error).__name__}"

    app.add_error_handler(BrokenError, answer)
    return app


def falcon_ask(app: Any, method: str, path: str, headers: dict[str, str]) -> Answer:
    from falcon.testing import TestClient

    result = TestClient(app).simulate_request(method, path, headers=headers)
    return Answer(result.status_code, [(name.lower(), value) for name, value in result.headers.items()], result.text)


# Bottle


def bottle_app() -> Any:
    from bottle import Bottle, redirect

    app = Bottle()

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/items/<number:int>")
    def item(number: int) -> str:
        return str(number)

    @app.get("/error")
    def error() -> str:
        raise BrokenError("secret")

    @app.get("/redirect")
    def leave() -> None:
        redirect("/hello", 302)

    @app.get("/stream")
    def stream() -> Any:
        yield b"one,"
        yield b"two"

    @app.error(500)
    def answer(error: Any) -> str:
        return f"sorry: {type(error.exception).__name__}"

    return app


# Pyramid


def configurator(settings: dict[str, Any] | None = None) -> Any:
    """Make the configuration of the Pyramid application."""
    from pyramid.config import Configurator
    from pyramid.httpexceptions import HTTPFound
    from pyramid.response import Response

    def fail(request: Any) -> Any:
        raise BrokenError("secret")

    def answer(error: Any, request: Any) -> Any:
        return Response(f"sorry: {type(error).__name__}", 500)

    views: dict[str, tuple[str, Any]] = {
        "hello": ("/hello", lambda request: Response("hello")),
        "item": (r"/items/{number:\d+}", lambda request: Response(request.matchdict["number"])),
        "error": ("/error", fail),
        "redirect": ("/redirect", lambda request: HTTPFound("/hello")),
        "stream": ("/stream", lambda request: Response(app_iter=iter([b"one,", b"two"]), content_type="text/plain")),
    }
    config = Configurator(settings=settings)
    for name, (path, view) in views.items():
        config.add_route(name, path, request_method="GET")
        config.add_view(view, route_name=name)
    config.add_exception_view(answer, BrokenError)
    return config


def pyramid_app() -> Any:
    return configurator().make_wsgi_app()


def webtest_ask(app: Any, method: str, path: str, headers: dict[str, str]) -> Answer:
    from webtest import TestApp

    response = TestApp(app).request(path, method=method, headers=headers, expect_errors=True)
    return Answer(response.status_int, [(name.lower(), value) for name, value in response.headerlist], response.text)


KINDS = (
    Kind("quart", "fastcors.quart", "asgi", quart_app, quart_ask, "quart.Quart"),
    Kind("blacksheep", "fastcors.blacksheep", "asgi", blacksheep_app, blacksheep_ask, "blacksheep.Application"),
    Kind("falcon", "fastcors.falcon", "wsgi", falcon_app, falcon_ask, "falcon.App or a falcon.asgi.App"),
    Kind("falcon-asgi", "fastcors.falcon", "asgi", falcon_asgi_app, falcon_ask, "falcon.App or a falcon.asgi.App"),
    Kind("bottle", "fastcors.bottle", "wsgi", bottle_app, webtest_ask, "bottle.Bottle"),
    Kind("pyramid", "fastcors.pyramid", "wsgi", pyramid_app, webtest_ask, "pyramid.router.Router"),
)
