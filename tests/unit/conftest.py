"""Fixtures that several of these files share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from fastcors._twin import engine as _twin
from fastcors._twin import routes as _twin_routes


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged, from DEBUG on."""
    caplog.set_level(logging.DEBUG, "fastcors")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "fastcors"]


@pytest.fixture(scope="session")
def router(engine: Any) -> Any:
    """The Router that goes with the engine."""
    return _twin_routes.Router if engine is _twin else engine.Router
