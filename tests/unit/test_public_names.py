"""Every public name has a docstring of its own and complete annotations."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from fastcors._twin import engine as _twin

MODULES = [
    "fastcors",
    "fastcors.asgi",
    "fastcors.embedding",
    "fastcors.rsgi",
    "fastcors.wsgi",
    "fastcors.aiohttp",
    "fastcors.flask",
    "fastcors.litestar",
    "fastcors.sanic",
    "fastcors.starlette",
    "fastcors.compat.asgi_cors",
    "fastcors.compat.corsheaders.apps",
    "fastcors.compat.corsheaders.checks",
    "fastcors.compat.corsheaders.middleware",
    "fastcors.compat.falcon",
    "fastcors.compat.flask_cors",
    "fastcors.compat.starlette",
    "fastcors.compat.wsgicors",
]
# Constants; and Decision is the native class in some processes, so its twin stands in for it, whose types are read.
WITHOUT = {"__version__", "backend", "ALL_METHODS", "SAFELISTED_HEADERS"}
CONSTANT = "ACCESS_CONTROL_"


def public() -> Iterator[tuple[str, Any]]:
    for name in MODULES:
        module = importlib.import_module(name)
        assert module.__doc__, name
        for attribute in module.__all__:
            if attribute not in WITHOUT and not attribute.startswith(CONSTANT):
                value = _twin.Decision if attribute == "Decision" else getattr(module, attribute)
                yield f"{name}.{attribute}", value
                if inspect.isclass(value):
                    for member, found in vars(value).items():
                        if not member.startswith("_") and (inspect.isroutine(found) or isinstance(found, property)):
                            yield f"{name}.{attribute}.{member}", found


def function_of(value: Any) -> Any:
    """What has the signature of a public name; None where it has none of its own."""
    if isinstance(value, property):
        value = value.fget
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    if inspect.isclass(value):
        value = vars(value).get("__init__")
    return value if inspect.isfunction(value) else None


PUBLIC = dict(public())
FUNCTIONS = {name: function for name, value in PUBLIC.items() if (function := function_of(value)) is not None}


def test_the_lists_are_not_empty() -> None:
    assert {"fastcors.Policy", "fastcors.flask.crossdomain", "fastcors.Decision.merge_asgi"} <= set(PUBLIC)
    assert {"fastcors.asgi.CORSMiddleware", "fastcors.flask.crossdomain", "fastcors.Decision.explain"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_docstring(name: str) -> None:
    value = PUBLIC[name]
    documented = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
    assert (documented.__doc__ or "").strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_its_types(name: str) -> None:
    signature = inspect.signature(FUNCTIONS[name])
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name not in ("self", "cls")]
    assert [p.name for p in parameters if p.annotation is inspect.Parameter.empty] == []
    assert signature.return_annotation is not inspect.Signature.empty
