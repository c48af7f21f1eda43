"""The policies that the targets decide by, each in both engines."""

from __future__ import annotations

from typing import Any

from fastcors import Policy
from fastcors._config.plan import plan_of
from tests.differential.pair import Engines, engines, planned

__all__ = ["POLICIES"]


def is_long(origin: str) -> bool:
    """A function as an application has one."""
    return len(origin) > 24


_CONFIGURATIONS: list[dict[str, Any]] = [
    {
        "allow_origins": ["https://app.example.com", "https://*.example.org", "http://localhost:*"],
        "allow_methods": ["PUT", "PURGE"],
        "allow_headers": ["Content-Type", "Authorization", "x-a"],
        "expose_headers": ["X-Total"],
        "allow_credentials": True,
        "max_age": 600,
    },
    {"allow_origins": "*", "allow_methods": "*", "allow_headers": "*", "expose_headers": "*", "max_age": 30},
    {"allow_origins": "*", "allow_headers": ["*", "Authorization"], "debug": True},
    {
        "allow_origins": ["https://*.example.com:*", "https://app.example.com:8443", "http://[::1]:8080"],
        "allow_methods": "*",
        "allow_headers": "*",
        "expose_headers": "*",
        "allow_credentials": True,
        "disclose": "minimal",
        "allow_private_network": True,
        "timing_allow_origin": True,
        "dangerously_allow_insecure_origins": True,
    },
    {
        "allow_origins": ["app://.", "chrome-extension://abcdefghijklmnop", "https://a_b.example.com."],
        "dangerously_allow_null_origin": True,
        "preflight_status": 200,
        "preflight_failure_status": 400,
        "timing_allow_origin": ["https://rum.example"],
        "name": "shells",
    },
    {
        "dangerously_reflect_any_origin": True,
        "allow_credentials": True,
        "allow_methods": ["PATCH"],
        "allow_headers": "*",
        "disclose": "minimal",
        "debug": True,
    },
    {
        "allow_origins": ["https://*.a.example.com", "https://*.b.example.com:8080"],
        "allow_origin_regex": r"https://pr-[0-9]+\.example\.com",
        "allow_methods": ["PUT"],
        "allow_headers": ["x-a", "x-b"],
        "preflight_failure_status": 200,
    },
    {"allow_origin_func": is_long, "origin_cache_ttl": 0, "allow_headers": ["x-a"]},
]


def _of_configuration(configuration: dict[str, Any]) -> Engines:
    policy = Policy(**configuration)
    return engines(policy.settings, policy.origins())


def _of_a_drop_in(configuration: dict[str, Any], **differences: Any) -> Engines:
    """A plan that matches and answers as some of the libraries do that fastcors stands in for."""
    policy = Policy(**configuration)
    plan = plan_of(policy.settings, any_origin=False)
    return planned(plan._replace(**differences), policy.origins(), policy.settings)


POLICIES: list[Engines] = [
    *map(_of_configuration, _CONFIGURATIONS),
    _of_a_drop_in(_CONFIGURATIONS[0], loose_origins=True, filters_names=True, names_as_sent=True, every_failure=True),
    _of_a_drop_in(_CONFIGURATIONS[5], loose_origins=True, names_as_sent=True, safelists=False),
]
