"""What a suite takes from nose, which no longer runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Test = Callable[..., Any]


def with_setup(setup: Callable[[], object]) -> Callable[[Test], Test]:
    """Return a decorator that leaves a test as it is: the only ``setup`` that is given does nothing."""
    setup()
    return lambda test: test
