"""Each test runs over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

import tests.compat.django_pages  # noqa: F401 - which configures Django
from fastcors.compat.corsheaders import rules


@pytest.fixture(autouse=True)
def over_engine(engine: ModuleType) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "Engine", engine.Engine)
        patch.setattr(rules, "_rules", None)
        yield
