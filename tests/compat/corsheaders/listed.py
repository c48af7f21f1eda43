"""Settings of django-cors-headers that several tests have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compat.corsheaders.project import (
    GOOD,
    get,
    get_async,
)

LISTED: dict[str, Any] = {"CORS_ALLOWED_ORIGINS": [GOOD]}


ANY: dict[str, Any] = {"CORS_ALLOW_ALL_ORIGINS": True}


ANY_WITH_CREDENTIALS: dict[str, Any] = {**ANY, "CORS_ALLOW_CREDENTIALS": True}


BOTH = [pytest.param(get, id="sync"), pytest.param(get_async, id="async")]
