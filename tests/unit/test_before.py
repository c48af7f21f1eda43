"""Calls of an application that stays the object that it was go to its shim, and from there to its class's own."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import sys
import weakref
from types import ModuleType
from typing import Any

import pytest

from fastcors._shims import attach
from tests.threads.together import FREE_THREADED

ORIGIN = "https://app.example.com"


@pytest.fixture
def put(engine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The functions that put a shim before an application, over an engine."""
    native = not engine.__name__.endswith("_twin.engine")
    found = engine if native else importlib.import_module("fastcors._twin.before")
    for name in ("Before", "Behind"):
        monkeypatch.setattr(attach, name, getattr(found, name))
    return attach


class WSGIApp:
    def __call__(self, environ: Any, start_response: Any) -> list[Any]:
        return ["own", environ, start_response]


class ASGIApp:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send(("own", scope))


class Shim:
    """Tells that it was called, and calls what is behind it."""

    def __init__(self, behind: Any) -> None:
        self.app = behind
        self.seen: list[Any] = []

    def __call__(self, *args: Any) -> Any:
        self.seen.append(dict(args[0]))
        return self.app(*args)


def sent(app: Any, scope: Any) -> list[Any]:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    asyncio.run(app(scope, None, send))
    return messages


def test_each_call_goes_through_the_shim(put: Any) -> None:
    app = WSGIApp()
    shim = put.put_before_wsgi_calls(app, Shim)
    assert app({}, 7) == app(environ={}, start_response=7) == app.__call__({}, 7) == ["own", {}, 7]
    assert shim.seen == [{}, {}, {}]
    assert type(app).__call__(app, {}, 7) == ["own", {}, 7]
    assert len(shim.seen) == 4


def test_another_instance_of_the_class_goes_by_its_own_call(put: Any) -> None:
    app = WSGIApp()
    shim = put.put_before_wsgi_calls(app, Shim)
    other = type(app)()
    assert other({}, 7) == ["own", {}, 7]
    assert shim.seen == []


def test_what_is_put_into_the_class_later_is_called_behind_the_shim(put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = WSGIApp()
    shim = put.put_before_wsgi_calls(app, Shim)
    monkeypatch.setattr(WSGIApp, "__call__", lambda self, environ, start_response: [self is app])
    assert app({}, 7) == [True]
    assert shim.seen == [{}]


@pytest.mark.parametrize("args", [(), ({},), ({}, 7, 8), ({}, 7, 8, 9)])
def test_a_call_with_another_number_of_arguments_is_a_type_error(put: Any, args: tuple[Any, ...]) -> None:
    app = WSGIApp()
    shim = put.put_before_wsgi_calls(app, Shim)
    for call in (app, shim.app):
        with pytest.raises(TypeError):
            call(*args)


def test_servers_see_an_asynchronous_function(put: Any) -> None:
    app = ASGIApp()
    shim = put.put_before_asgi_calls(app, Shim)
    for _ in range(40):  # CPython takes a quicker way to an attribute that it has got a few times
        assert inspect.iscoroutinefunction(app.__call__)
        assert inspect.iscoroutinefunction(type(app).__call__)
    assert sent(app, {"path": "/"}) == [("own", {"path": "/"})]
    assert shim.seen == [{"path": "/"}]


@pytest.mark.parametrize(
    ("path", "root", "seen"), [("/a", "", "/a"), ("/v1/a", "/v1", "/v1/a"), ("/b/v1/a", "/v1", "//")]
)
def test_a_path_with_root_path_elsewhere_is_shown_to_the_shim_as_no_path_and_sent_on_as_it_was(
    put: Any, path: str, root: str, seen: str
) -> None:
    app = ASGIApp()
    shim = put.put_before_asgi_calls(app, Shim, cuts_root_path=True)
    ((_, scope),) = sent(app, {"path": path, "root_path": root})
    assert scope == {"path": path, "root_path": root}
    assert [scope["path"] for scope in shim.seen] == [seen]


@pytest.mark.skipif(FREE_THREADED and sys.version_info < (3, 14), reason="once there are threads, 3.13t keeps classes")
def test_an_application_and_its_shim_go_when_nobody_has_them(put: Any) -> None:
    app = WSGIApp()
    put.put_before_wsgi_calls(app, Shim)
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None
