"""Regular expressions that are compiled when one is first used: programs use few of them, and each takes 0.3 ms."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["regex"]


class _Later:
    """Stands for a compiled expression. What is used of that is kept here, and so looked up as quickly."""

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._pattern), name)
        self.__dict__[name] = value
        return value


def regex(pattern: AnyStr) -> re.Pattern[AnyStr]:
    """Return what compiles the pattern when it is first used; flags stand in it."""
    return cast("re.Pattern[AnyStr]", _Later(pattern))
