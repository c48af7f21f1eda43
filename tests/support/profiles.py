"""Profiles of Hypothesis, for all tests. ``FASTCORS_HYPOTHESIS_PROFILE`` chooses: default (repeatable), ci, long.

None of them has a deadline: how long one example takes says nothing on a machine that has other things to do.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def load() -> None:
    """Register all, and load the one that is chosen."""
    settings.register_profile(
        "default",
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=SLOW,
    )
    settings.register_profile("ci", max_examples=300, deadline=None, suppress_health_check=SLOW)
    settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=SLOW)
    settings.load_profile(os.environ.get("FASTCORS_HYPOTHESIS_PROFILE", "default"))
