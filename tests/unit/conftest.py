"""Fixtures that several of these files share."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged, from DEBUG on."""
    caplog.set_level(logging.DEBUG, "fastcors")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "fastcors"]
