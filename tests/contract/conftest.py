"""The shims that go with the engine under test, as fixtures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.shims import middleware


@pytest.fixture
def asgi(policy_class: Any) -> Any:
    return middleware("asgi", policy_class)


@pytest.fixture
def rsgi(policy_class: Any) -> Any:
    return middleware("rsgi", policy_class)


@pytest.fixture
def wsgi(policy_class: Any) -> Any:
    return middleware("wsgi", policy_class)
