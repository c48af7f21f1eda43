"""What the tests of the frameworks share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def event_loop_of_the_thread() -> Iterator[None]:
    """On CPython 3.10, Falcon's test client takes the loop of the thread, which ``asyncio.run`` takes away."""
    if sys.version_info >= (3, 11):
        yield
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)
