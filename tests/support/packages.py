"""fastcors over one engine, whatever the process runs: a second copy of the package, where that is needed.

The drop-ins take their engine when they are imported. A copy in which ``FASTCORS_PURE`` was set has the twin in every
module; it stands in ``sys.modules`` only while it is in use, so that an import inside of a function finds the copy too.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

import fastcors

_copies: dict[str, dict[str, ModuleType]] = {}


def _of_fastcors() -> dict[str, ModuleType]:
    return {name: sys.modules[name] for name in [*sys.modules] if name == "fastcors" or name.startswith("fastcors.")}


def _exchange(modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
    """Put these in place of fastcors' modules, and return those that were there."""
    before = _of_fastcors()
    for name in before:
        del sys.modules[name]
    sys.modules.update(modules)
    return before


@contextmanager
def over(backend: str) -> Iterator[None]:
    """Let ``fastcors`` and all that is below it be the package over this engine: ``cython`` or ``python``."""
    if backend == fastcors.backend:
        yield
        return
    if backend != "python":
        pytest.skip("the process runs fastcors in pure Python, and the extension belongs to that package")
    before = _exchange(_copies.get(backend, {}))
    try:
        if backend not in _copies:
            with pytest.MonkeyPatch.context() as patch:
                patch.setitem(os.environ, "FASTCORS_PURE", "1")
                assert importlib.import_module("fastcors").backend == backend
        yield
    finally:
        _copies[backend] = _exchange(before)
