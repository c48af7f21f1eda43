"""The canonical form of a policy's settings: what the checks leave and what the engines read."""

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from fastcors.declared import DeclaredRequest

__all__ = ["OriginFunc", "Settings"]

OriginFunc = (
    Callable[[str], bool]
    | Callable[[str], Awaitable[bool]]
    | Callable[[str, DeclaredRequest], bool]
    | Callable[[str, DeclaredRequest], Awaitable[bool]]
)
"""What ``allow_origin_func`` may be: a function of an origin, or of an origin and what ``vary`` declares."""


class Settings(NamedTuple):
    """Everything a policy says but its origins, checked, normalised and in a fixed order.

    The fields are the parameters of :class:`fastcors.Policy`. In the three name lists ``"*"`` stands
    for "any"; the lists are sorted, so that equal policies have equal settings and headers come out
    in the same order from every process.
    """

    allow_origin_regex: str | None = None
    """What one of the two engines takes; flags are in it."""
    allow_origin_func: OriginFunc | None = None
    vary: tuple[str, ...] = ()
    """What the function sees of a request: header names, lower-case, and ``:method``, ``:path``, ``:authority``."""
    origin_cache_ttl: float = 60
    """Seconds, 0 to 86400."""
    origin_cache_size: int = 4096
    origin_timeout: float | None = None
    """Seconds, more than 0 and at most 86400, that an asynchronous function may take."""
    allow_methods: tuple[str, ...] = ()
    """Methods beyond GET, HEAD and POST; or ``("*",)``."""
    allow_headers: tuple[str, ...] = ()
    """Request header names, lower-case. ``"*"`` may have ``"authorization"`` beside it."""
    expose_headers: tuple[str, ...] = ()
    """Response header names, lower-case; or ``("*",)``."""
    allow_credentials: bool = False
    max_age: int | None = None
    """Seconds, 0 to 86400; ``None`` leaves the header out."""
    allow_private_network: bool = False
    timing_allow_origin: bool | tuple[str, ...] = False
    """Whether allowed origins may read timings; or those that may, or ``("*",)``, whatever is allowed else."""
    disclose: Literal["full", "minimal"] = "full"
    preflight_status: int = 204
    preflight_failure_status: int = 403
    name: str | None = None
    debug: bool = False
    dangerously_allow_insecure_origins: bool = False
    dangerously_allow_public_suffixes: bool = False
    dangerously_allow_null_origin: bool = False
    dangerously_reflect_any_origin: bool = False
