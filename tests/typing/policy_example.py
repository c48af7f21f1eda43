"""A policy's parameters as a type checker sees them: what it takes, what can be read, and what it refuses."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from typing_extensions import assert_type

from fastcors import Policy


async def known(origin: str) -> bool:
    return origin == "https://tenant.example"


policy = Policy(
    allow_origins=["https://app.example"],
    allow_origin_regex=re.compile("https://pr-[0-9]+[.]app[.]example"),
    allow_origin_func=known,
    origin_cache_ttl=timedelta(minutes=1),
    origin_cache_size=100,
    origin_timeout=0.5,
    allow_methods={"PUT"},
    allow_headers=("content-type",),
    expose_headers="*",
    allow_credentials=True,
    max_age=600,
    timing_allow_origin=["https://rum.example"],
    disclose="minimal",
)

assert_type(policy.allow_origins, Literal["*"] | tuple[str, ...])
assert_type(policy.allow_methods, Literal["*"] | tuple[str, ...])
assert_type(policy.max_age, int | None)
assert_type(policy.disclose, Literal["full", "minimal"])
assert_type(policy.allow_credentials, bool)


class Tenant(Policy):
    """A subclass takes the same parameters, and is what it makes."""


assert_type(Tenant(allow_origins="*"), Tenant)
assert_type(Tenant.from_dict({"allow_origins": "*"}), Tenant)


def refused() -> None:
    """Each line is an error for the checkers, which say so where one is not."""
    Policy(allow_origin=["https://app.example"])  # type: ignore[call-arg]
    Policy(allow_origins=5)  # type: ignore[arg-type]
    Policy(allow_origins="*", max_age="600")  # type: ignore[arg-type]
    Policy(allow_origins="*", disclose="some")  # type: ignore[arg-type]
    Policy(["https://app.example"])  # type: ignore[arg-type]
    policy.max_age = 5  # type: ignore[assignment]
