"""Every test that asks for an engine runs over both: the native one and the pure-Python twin."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import pytest

from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
from fastcors._twin import routes as twin_routes
from fastcors.policy import Configured, Policy
from tests.support import profiles

profiles.load()

MODULES = {"python": "fastcors._twin.engine", "cython": "fastcors._core"}


@pytest.hookimpl(tryfirst=True)  # before those that are marked long are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark long what is ``long_on_twin``, where it runs over the twin."""
    for item in items:
        if item.get_closest_marker("long_on_twin") and item.callspec.params["engine"] == "python":  # type: ignore[attr-defined]
            item.add_marker("long")


def pytest_collection_finish() -> None:
    """Hide what was collected from the garbage collector: tests call it often, and nothing of it goes away."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Show it again: plugins look for what refers to theirs when they end."""
    gc.unfreeze()


@pytest.fixture(scope="session", params=list(MODULES))
def engine(request: pytest.FixtureRequest) -> ModuleType:
    """The engine's module. FASTCORS_REQUIRE_NATIVE=1 makes a missing native engine a failure, not a skip."""
    try:
        return importlib.import_module(MODULES[request.param])
    except ImportError as error:
        message = f"the native engine cannot be imported: {error}"
        if request.param == "cython" and os.environ.get("FASTCORS_REQUIRE_NATIVE") != "1":
            pytest.skip(message)
        pytest.fail(message)


@pytest.fixture(scope="session")
def make_engine(engine: ModuleType) -> Callable[..., Any]:
    """Make an Engine: ``make_engine(origins, **settings)``, the settings in their checked form."""

    def make(origins: Iterable[str], **settings: Any) -> Any:
        return engine.Engine(*compiled(Settings(**settings), list(origins)))

    return make


@pytest.fixture(scope="session")
def router_class(engine: ModuleType) -> type[Any]:
    """The Router that goes with the engine."""
    return twin_routes.Router if engine.__name__ == MODULES["python"] else engine.Router


@pytest.fixture(scope="session")
def policy_class(engine: ModuleType) -> type[Any]:
    """``fastcors.Policy`` over the engine under test."""
    if engine.Engine in Policy.__mro__:
        return Policy
    return type("Policy", (Configured, engine.Engine), {"__slots__": ()})
