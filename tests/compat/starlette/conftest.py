"""The drop-in for Starlette over each engine."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import fastcors._engine
from fastcors._twin.shims import ASGIShim as TwinShim
from fastcors._twin.watched import Watched as TwinWatched

MODULES = ("starlette.plan", "starlette.config", "starlette")


@pytest.fixture(scope="module")
def ours(engine: ModuleType) -> Iterator[ModuleType]:
    """The drop-in's module over the engine under test."""
    with pytest.MonkeyPatch.context() as patch:
        twin = engine.__name__.endswith("_twin.engine")
        shim, watched = (TwinShim, TwinWatched) if twin else (engine.ASGIShim, engine.Watched)
        names = {"Engine": engine.Engine, "sift": engine.sift, "ASGIShim": shim, "Watched": watched}
        for name, value in names.items():
            patch.setattr(fastcors._engine, name, value)
        for name in MODULES:
            patch.delitem(sys.modules, f"fastcors.compat.{name}", raising=False)
        package = importlib.import_module("fastcors.compat")
        before = vars(package).get("starlette")
        module = importlib.import_module("fastcors.compat.starlette")
        yield module
        for name in MODULES:
            sys.modules.pop(f"fastcors.compat.{name}", None)
        if before is not None:
            vars(package)["starlette"] = before
