"""Which distributions there are, for tests of what may not be installed."""

from __future__ import annotations

import importlib.metadata

import pytest


def is_installed(distribution: str) -> bool:
    """Whether there is a distribution of this name."""
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def need_distributions(*distributions: str) -> None:
    """Skip the test where one of the distributions is not installed."""
    for distribution in distributions:
        if not is_installed(distribution):
            pytest.skip(f"{distribution} is not installed")
