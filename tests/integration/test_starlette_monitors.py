"""Monitors see an application's exceptions with ``fastcors.starlette.CORS`` as they do without it."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

SITE = "https://app.example.com"
HERE = Path(__file__).parent
ORDERS = ["before", "after"]
"""Whether CORS comes before the application is instrumented, or after."""


@cache
def run(monitor: str, order: str) -> dict[str, Any]:
    """What the client and the monitor see, in a process of its own: monitors patch what they find there."""
    command = [sys.executable, "-m", "tests.integration.starlette_monitors", monitor, order]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("framework", ["fastapi", "starlette"])
@pytest.mark.parametrize("order", ORDERS)
def test_sentry_sees_each_exception_once_as_it_does_without(order: str, framework: str) -> None:
    pytest.importorskip("sentry_sdk")
    without, found = run(f"sentry-{framework}", "never"), run(f"sentry-{framework}", order)
    assert [event["type"] for event in found["seen"]] == ["BrokenError"]
    assert found["seen"] == without["seen"]
    assert found["origins"] == {"/hello": SITE, "/fail": SITE, "/nowhere": SITE}
    assert found["statuses"] == without["statuses"] == {"/hello": 200, "/fail": 500, "/nowhere": 404}


@pytest.mark.parametrize("framework", ["fastapi", "starlette"])
@pytest.mark.parametrize("order", ORDERS)
def test_opentelemetry_sees_spans_and_exceptions_as_it_does_without(order: str, framework: str) -> None:
    pytest.importorskip(f"opentelemetry.instrumentation.{framework}")
    without, found = run(f"opentelemetry-{framework}", "never"), run(f"opentelemetry-{framework}", order)
    assert any("BrokenError" in event for span in found["seen"] for event in span["events"])
    assert found["seen"] == without["seen"]
    assert found["log"] == without["log"] == []
    assert found["origins"] == {"/hello": SITE, "/fail": SITE, "/nowhere": SITE}
    assert found["statuses"] == without["statuses"]
