"""Applications and views for the tests of ``fastcors.flask``, and what came back from them."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView, View

from fastcors import Policy
from fastcors.flask import CORS

APP, VIEW, EVIL = "https://app.example", "https://view.example", "https://evil.example"
ACAO, ACAM, ACAH, ACMA = (
    f"Access-Control-{name}" for name in ("Allow-Origin", "Allow-Methods", "Allow-Headers", "Max-Age")
)
APP_POLICY = Policy(allow_origins=[APP], allow_methods=["PUT", "PATCH"], allow_headers=["X-App"])
VIEW_POLICY = Policy(allow_origins=[VIEW], allow_methods=["PUT"], allow_headers=["X-View"])
KINDS = ["alone", "extension", "extension-off"]


def make_app(kind: str = "alone", **config: Any) -> Flask:
    """An application: without the extension, with it and a policy, or with it and none."""
    app = Flask(__name__)
    app.config.update(config)
    app.logger.disabled = True
    if kind == "extension":
        CORS(app, APP_POLICY)
    elif kind == "extension-off":
        CORS(app, policy=None)
    return app


def call(app: Flask, path: str, origin: str | None = VIEW, method: str = "GET", **headers: str) -> Any:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        fields["Origin"] = origin
    return app.test_client().open(path, method=method, headers=fields)


def preflight(app: Flask, path: str, method: str = "PUT", origin: str = VIEW, headers: str | None = None) -> Any:
    fields = {"Access_Control_Request_Method": method}
    if headers is not None:
        fields["Access_Control_Request_Headers"] = headers
    return call(app, path, origin, "OPTIONS", **fields)


def cors(response: Any) -> dict[str, str]:
    """The CORS headers and Vary, each of which may be there once only."""
    found = [(name, value) for name, value in response.headers if name.startswith("Access-Control-") or name == "Vary"]
    assert len(dict(found)) == len(found), found
    return dict(found)


def allowed_only_from(app: Flask, path: str, origin: str) -> None:
    """Assert that the actual response is for ``origin``, and for none of the others."""
    for other in (APP, VIEW, EVIL):
        expected = {"Vary": "Origin"} if other != origin else {"Vary": "Origin", ACAO: origin}
        assert cors(call(app, path, other)) == expected


def function_view(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    @app.route(path, methods=["GET", "PUT"])
    @decorator
    def view() -> str:
        return "the view"


def async_view(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    @app.route(path, methods=["GET", "PUT"])
    @decorator
    async def view() -> str:
        await asyncio.sleep(0)
        return "the view"


def blueprint_view(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    blueprint = Blueprint("part", __name__, url_prefix=path)

    @blueprint.route("", methods=["GET", "PUT"])
    @decorator
    def view() -> str:
        return "the view"

    app.register_blueprint(blueprint)


class Item(MethodView):
    def get(self) -> str:
        return "the view"

    def put(self) -> str:
        return "the view"


def method_view(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    class Decorated(Item):
        decorators = [decorator]

    app.add_url_rule(path, view_func=Decorated.as_view("view"))


def async_method_view(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    class Decorated(MethodView):
        decorators = [decorator]
        init_every_request = False

        async def get(self) -> str:
            await asyncio.sleep(0)
            return "the view"

        put = get

    app.add_url_rule(path, view_func=Decorated.as_view("view"))


def decorated_class(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    @decorator
    class Decorated(Item):
        pass

    app.add_url_rule(path, view_func=Decorated.as_view("view"))


def class_view(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    class Decorated(View):
        methods = ["GET", "PUT"]
        decorators = [decorator]

        def dispatch_request(self) -> str:
            return "the view"

    app.add_url_rule(path, view_func=Decorated.as_view("view"))


def plain(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def async_plain(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await view(*args, **kwargs)

    return wrapper


def below_others(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    function_view(app, path, lambda view: plain(plain(decorator(view))))


def above_others(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    function_view(app, path, lambda view: decorator(plain(plain(view))))


def among_async_others(app: Flask, path: str, decorator: Callable[[Any], Any]) -> None:
    async_view(app, path, lambda view: async_plain(decorator(async_plain(view))))


VIEWS = [
    function_view,
    async_view,
    blueprint_view,
    method_view,
    async_method_view,
    decorated_class,
    class_view,
    below_others,
    above_others,
    among_async_others,
]
any_view = pytest.mark.parametrize("add", VIEWS, ids=lambda add: add.__name__)
some_views = pytest.mark.parametrize("add", [function_view, async_view, method_view], ids=lambda add: add.__name__)
