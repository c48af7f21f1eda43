"""An application of a framework that speaks no ASGI or WSGI is refused by its name, when the shim is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import fastcors.asgi
import fastcors.wsgi


def aiohttp() -> Any:
    return pytest.importorskip("aiohttp.web").Application()


def tornado() -> Any:
    return pytest.importorskip("tornado.web").Application([])


def robyn() -> Any:
    return pytest.importorskip("robyn").Robyn(__file__)


@pytest.mark.parametrize("shim", [fastcors.asgi.CORSMiddleware, fastcors.wsgi.CORSMiddleware], ids=["asgi", "wsgi"])
@pytest.mark.parametrize("make", [aiohttp, tornado, robyn])
def test_it_is_refused_when_the_shim_is_made(shim: Any, make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=rf"\b{make.__name__}\.") as caught:
        shim(make(), allow_origins=["https://app.example.com"])
    assert "SGI application" in str(caught.value)


def test_a_framework_that_fastcors_has_a_module_for_is_named_with_it() -> None:
    configurator = pytest.importorskip("pyramid.config").Configurator()
    with pytest.raises(TypeError, match=r"for pyramid there is fastcors\.pyramid\.CORS\(app, \.\.\.\)$"):
        fastcors.wsgi.CORSMiddleware(configurator, allow_origins=["https://app.example.com"])


def test_a_mapping_in_the_place_of_the_application_is_told_from_an_application_that_is_one() -> None:
    arguments: dict[str, Any] = {"allow_origins": ["https://app.example.com"]}
    shim: Any = fastcors.asgi.CORSMiddleware
    with pytest.raises(TypeError, match="the application comes first"):
        shim(arguments, **arguments)
    with pytest.raises(TypeError, match=r"aiohttp\.web_app\.Application"):
        shim(aiohttp(), **arguments)
