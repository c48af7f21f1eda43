"""A plugin for pytest that runs each call that a generator of tests yields, as nose did."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import pytest


def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> list[pytest.Function] | None:
    """Return an item for each call; None for what is no generator of tests."""
    if not inspect.isgeneratorfunction(obj) or not collector.funcnamefilter(name):
        return None
    return [
        pytest.Function.from_parent(collector, name=f"{name}[{number}]", callobj=partial(call, *arguments))
        for number, (call, *arguments) in enumerate(obj())
    ]
