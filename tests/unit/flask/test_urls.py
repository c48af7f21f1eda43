"""Which rule a preflight is about: the same that Flask would find, whichever way is taken to it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Rule, ValidationError
from werkzeug.test import EnvironBuilder

from fastcors.flask.urls import URLs, match


class Capricious(BaseConverter):
    """A converter that converts every other time only."""

    turn = 0

    def to_python(self, value: str) -> str:
        Capricious.turn += 1
        if Capricious.turn % 2:
            raise ValidationError
        return value


RULES: list[tuple[str, dict[str, Any]]] = [
    ("/", {}),
    ("/plain", {"methods": ["GET", "PUT"]}),
    ("/plain", {"methods": ["PATCH", "PUT"]}),
    ("/folder/", {"methods": ["PUT"]}),
    ("/lenient/", {"methods": ["PUT"], "strict_slashes": False}),
    ("/lenient", {"methods": ["GET"], "strict_slashes": False}),
    ("/plain/<int:number>", {"methods": ["PUT"]}),
    ("/plain/1", {"methods": ["GET"]}),
    ("/<name>", {"methods": ["DELETE", "PUT"]}),
    ("/any/<path:rest>", {"methods": ["PUT"]}),
    ("/pages", {"defaults": {"page": 1}}),
    ("/pages/<int:page>", {}),
    ("/moved", {"redirect_to": "/plain"}),
    ("/a//b", {}),
    ("/caf\N{LATIN SMALL LETTER E WITH ACUTE}", {"methods": ["PUT"]}),
    ("/socket", {"websocket": True}),
]
PATHS = [
    "",
    "/",
    "//",
    "/plain",
    "//plain",
    "/plain/",
    "/plain/1",
    "/plain/2",
    "/plain//2",
    "/folder",
    "/folder/",
    "/lenient",
    "/lenient/",
    "/x",
    "/any/a/b",
    "/any//b",
    "/pages",
    "/pages/1",
    "/pages/2",
    "/moved",
    "/a/b",
    "/a//b",
    "/caf\xc3\xa9",
    "/caf\xe9",
    "/socket",
    "/\x00",
    "/<name>",
    "plain",
]
METHODS = ["GET", "HEAD", "PUT", "put", "PATCH", "DELETE", "OPTIONS", "NONE", "", "x" * 65]


def make(**options: Any) -> Flask:
    app = Flask(__name__, static_folder=None, **options)
    for number, (path, arguments) in enumerate(RULES):
        app.add_url_rule(path, f"{number}", lambda **_values: "x", **arguments)
    return app


def environ_of(path: str | None, method: str, **more: Any) -> dict[str, Any]:
    environ = EnvironBuilder(method="OPTIONS").get_environ()
    environ.update({"PATH_INFO": path, "HTTP_ORIGIN": "x", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method, **more})
    if path is None:
        del environ["PATH_INFO"]
    return environ


def as_flask(app: Flask, environ: dict[str, Any]) -> Rule | None:
    try:
        return match(app.create_url_adapter(app.request_class(environ)), environ)[0]
    except HTTPException:
        return None


def same_everywhere(app: Flask, **more: Any) -> URLs:
    urls = URLs(app)
    for path, method in list(product([*PATHS, None], METHODS)) * 2:
        environ = environ_of(path, method, **more)
        assert urls.find(environ)[0] is as_flask(app, environ), (path, method)
    return urls


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"HTTP_HOST": "other.example:81"},
        {"SCRIPT_NAME": "/mounted"},
        {"HTTP_CONNECTION": "upgrade", "HTTP_UPGRADE": "websocket"},
        {"wsgi.url_scheme": "https"},
    ],
    ids=str,
)
def test_every_path_and_method_lead_where_they_do_in_flask(more: dict[str, Any]) -> None:
    same_everywhere(make(), **more)


@pytest.mark.filterwarnings("ignore:Current server name")  # of Flask before 3.1
@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({"SERVER_NAME": "here.example"}, "here.example"),
        ({"SERVER_NAME": "here.example"}, "there.example"),
        ({"TRUSTED_HOSTS": ["here.example"]}, "here.example"),
        ({"TRUSTED_HOSTS": ["here.example"]}, "there.example"),
    ],
    ids=str,
)
def test_hosts_count_where_they_do_in_flask(config: dict[str, Any], host: str) -> None:
    app = make()
    same_everywhere(app, HTTP_HOST=host)
    app.config.update(config)
    same_everywhere(app, HTTP_HOST=host)


def test_an_override_of_the_adapter_is_asked() -> None:
    class Own(Flask):
        def create_url_adapter(self, request: Any) -> Any:
            return None if request is None else self.url_map.bind("x", path_info="/plain")

    app = Own(__name__)
    app.add_url_rule("/plain", "plain", lambda: "x", methods=["PUT"])
    rule, method = URLs(app).find(environ_of("/elsewhere", "PUT"))
    assert rule is not None
    assert (rule.endpoint, method) == ("plain", "PUT")
    app.create_url_adapter = lambda request: None  # type: ignore[method-assign]
    assert URLs(app).find(environ_of("/plain", "PUT"))[0] is None


def test_what_is_kept_is_no_larger_than_the_map() -> None:
    app = make()
    urls = same_everywhere(app)
    kept = dict(urls._literal)
    assert len(kept) > 5
    for (path, method), rule in kept.items():
        assert (rule.rule, rule.arguments) == (path, set())
        assert method in (rule.methods or ())
    for number in range(100):
        urls.find(environ_of("/" * number + "plain", "PUT"))
        urls.find(environ_of(f"/any/{number}", "PUT"))
        urls.find(environ_of("/plain", f"M{number}"))
    assert urls._literal == kept


def test_what_is_kept_stays_true_when_rules_are_added() -> None:
    app = make()
    urls = same_everywhere(app)
    for path in (*(path for path, _ in RULES if "<" not in path), "/<new>", "/<path:new>", "/plain/<new>", "/<new>/"):
        app.url_map.add(Rule(path, endpoint=f"new {path}", methods=["GET", "PUT", "PATCH", "OPTIONS"]))
        for asked, method in product(PATHS, METHODS):
            environ = environ_of(asked, method)
            assert urls.find(environ)[0] is as_flask(app, environ), (path, asked, method)


def test_another_map_is_asked_anew() -> None:
    app = make()
    urls = same_everywhere(app)
    app.url_map = make().url_map
    for path, method in product(PATHS, METHODS):
        environ = environ_of(path, method)
        assert urls.find(environ)[0] is as_flask(app, environ)


def test_what_a_converter_decides_is_asked_each_time() -> None:
    app = Flask(__name__, static_folder=None)
    app.url_map.converters["capricious"] = Capricious
    app.add_url_rule("/<capricious:value>", "x", lambda value: value, methods=["PUT"])
    urls = URLs(app)
    found = [urls.find(environ_of("/a", "PUT"))[0] is not None for _ in range(4)]
    assert found == [False, True, False, True]
    assert not urls._literal
