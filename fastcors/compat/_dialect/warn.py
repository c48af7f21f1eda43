"""The warnings of a drop-in: of what is accepted and not safe, at the line that gave it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable

from fastcors._config.danger import Danger
from fastcors.compat._dialect.entries import say_odd
from fastcors.errors import InsecurePolicyWarning

__all__ = ["warn", "warn_of_dangers", "warn_of_odd"]

_SHOWN = 8


def warn(message: str, category: type[Warning] = InsecurePolicyWarning) -> None:
    """Issue a warning from the line outside of this package that called into it."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith("fastcors."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def warn_of_dangers(parameter: str, dangers: Iterable[Danger], safe: str) -> None:
    """Warn once of all that is dangerous about a parameter; ``safe`` is what to write where no hint is known."""
    found = list(dangers)
    if found:
        hints = [danger.hint for danger in found if danger.hint is not None]
        lines = [f"{danger.message} [{danger.code}]" for danger in found]
        warn(f"{parameter}: {_listed(lines)}. Write {hints[0] if hints else safe!r} or the like")


def warn_of_odd(parameter: str, odd: Iterable[str]) -> None:
    """Warn once of the entries of a parameter that no browser sends as an origin."""
    lines = [say_odd(text) for text in odd]
    if lines:
        warn(f"{parameter} has entries that no browser sends as an origin: {_listed(lines)}")


def _listed(lines: list[str]) -> str:
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f"{'; '.join(lines[:_SHOWN])}{more}"
