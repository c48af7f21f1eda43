"""The start of what asks functions and expressions. It imports the rest where a policy has one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastcors._config.plan import Plan

if TYPE_CHECKING:
    from fastcors._dynamic.oracle import OriginCheck

__all__ = ["check_of"]


def check_of(plan: Plan) -> OriginCheck | None:
    """The check that an engine with this plan has, if any."""
    if plan.origin_regex is None and plan.origin_func is None:
        return None
    from fastcors._dynamic.oracle import OriginCheck

    return OriginCheck(plan)
