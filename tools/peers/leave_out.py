"""A pytest plugin: ``--leave-out=TEST`` leaves out that very test, which must be there."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--leave-out", action="append", default=[])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = set(config.getoption("--leave-out"))
    if missing := left_out - {item.nodeid for item in items}:
        raise pytest.UsageError(f"no such test: {', '.join(sorted(missing))}")
    items[:] = [item for item in items if item.nodeid not in left_out]
