"""The parameters of a policy as a type, for what takes them beside its own: ``CORSMiddleware(app, max_age=600)``.

This module is read by type checkers only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from re import Pattern
from typing import Literal, TypedDict

from fastcors._config.settings import OriginFunc

__all__ = ["PolicyParameters"]


class PolicyParameters(TypedDict, total=False):
    """The keyword parameters of :class:`fastcors.Policy`, where each is described."""

    allow_origins: Iterable[str]
    allow_origin_regex: str | Pattern[str] | None
    allow_origin_func: OriginFunc | None
    origin_cache_ttl: float | timedelta
    origin_cache_size: int
    origin_timeout: float | timedelta | None
    allow_methods: Iterable[str]
    allow_headers: Iterable[str]
    expose_headers: Iterable[str]
    allow_credentials: bool
    max_age: int | timedelta | None
    allow_private_network: bool
    timing_allow_origin: bool | Iterable[str]
    disclose: Literal["full", "minimal"]
    preflight_status: int
    preflight_failure_status: int
    debug: bool
    dangerously_allow_insecure_origins: bool
    dangerously_allow_public_suffixes: bool
    dangerously_allow_null_origin: bool
    dangerously_reflect_any_origin: bool
