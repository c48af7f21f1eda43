"""Each test that asks for a policy runs over both engines."""

from __future__ import annotations

from typing import Any

import pytest

from fastcors._twin import engine as twin
from fastcors._twin.store import merge_store
from fastcors.django import middleware


@pytest.fixture(autouse=True)
def over_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the middleware merge by the engine of the test's policies."""
    if "engine" in request.fixturenames:
        engine: Any = request.getfixturevalue("engine")
        monkeypatch.setattr(middleware, "merge_store", merge_store if engine is twin else engine.merge_store)
