"""The parameters of a policy as keyword arguments: their types, and the signature that is made of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal, TypedDict

from fastcors._config.parameters import TABLE
from fastcors._config.settings import OriginFunc

__all__ = ["PolicyParameters", "signature"]


class PolicyParameters(TypedDict, total=False):
    """The keyword parameters of :class:`fastcors.Policy`, where each is described."""

    allow_origins: Iterable[str]
    allow_origin_regex: str | re.Pattern[str] | None
    allow_origin_func: OriginFunc | None
    vary: Iterable[str]
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
    name: str | None
    debug: bool
    dangerously_allow_insecure_origins: bool
    dangerously_allow_public_suffixes: bool
    dangerously_allow_null_origin: bool
    dangerously_reflect_any_origin: bool


def signature(returns: object) -> inspect.Signature:
    """Return the signature of a class or function that takes the parameters by their names."""
    keyword, types = inspect.Parameter.KEYWORD_ONLY, PolicyParameters.__annotations__
    parameters = [
        inspect.Parameter(parameter.name, keyword, default=parameter.default, annotation=_text(types[parameter.name]))
        for parameter in TABLE
    ]
    return inspect.Signature(parameters, return_annotation=returns)


def _text(annotation: Any) -> object:
    """An annotation as it is written."""
    return getattr(annotation, "__forward_arg__", annotation)
