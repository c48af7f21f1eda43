"""Each drop-in over the engine under test: the native one, and the twin."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

import fastcors._engine
import fastcors.asgi
import fastcors.wsgi
from tests.support.shims import middleware


@pytest.fixture(scope="module")
def over(engine: ModuleType) -> Iterator[Callable[[str], ModuleType]]:
    """A function that imports a module of ``fastcors.compat`` anew, over the engine under test."""
    package = importlib.import_module("fastcors.compat")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastcors._engine, "Engine", engine.Engine)
        for gateway in (fastcors.asgi, fastcors.wsgi):
            name = gateway.__name__.rpartition(".")[2]
            patch.setattr(gateway, "CORSMiddleware", middleware(name, engine.Engine))

        def load(name: str) -> ModuleType:
            patch.delitem(sys.modules, f"fastcors.compat.{name}", raising=False)
            patch.setattr(package, name, None, raising=False)
            return importlib.import_module(f"fastcors.compat.{name}")

        yield load
        for name in [name for name in sys.modules if name.startswith("fastcors.compat.")]:
            if "_dialect" not in name and vars(package).get(name.rpartition(".")[2]) is sys.modules[name]:
                del sys.modules[name]
