"""The servers, as fixtures: each runs once for all tests, and starts with the first one that needs it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import pytest

from tests.integration.wire import Process

MODULES = ("uvicorn", "httptools", "h11", "granian", "gunicorn", "hypercorn", "trio", "daphne", "aiohttp", "sanic")


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., Process]]:
    """Start a server: ``start(name, application, **environment)``; the same arguments give the same process."""
    running: dict[tuple[object, ...], Process] = {}

    def get(name: str, application: str, **environment: str) -> Process:
        key = (name, application, *sorted(environment.items()))
        if key not in running:
            for module in (name.partition("-")[0], *name.split("-")[1:]):
                if module in MODULES:
                    found = importlib.util.find_spec(module)
                    if found is None:
                        pytest.skip(f"{module} is not installed")
            running[key] = Process(name, application, **environment)
        return running[key]

    yield get
    for process in running.values():
        process.end()
    for process in running.values():
        process.wait()
