"""The warnings of a drop-in: of what is accepted and not safe, at the line of the application that gave it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

from fastcors._config.danger import Danger
from fastcors.compat._dialect.entries import say_odd
from fastcors.errors import InsecurePolicyWarning

__all__ = ["Finding", "Place", "caller", "warn", "warn_of_dangers", "warn_of_odd", "warn_of_string"]

_SHOWN = 8


class Finding(NamedTuple):
    """Something about options that is accepted though it is not safe."""

    about: str
    """What it is about: two findings with the same one are the same to whoever gave the options."""
    text: str
    """Begins with the parameter, and ends with the safe spelling."""


class Place(NamedTuple):
    """A line of code, as ``warnings`` wants it."""

    filename: str
    line: int
    module: str
    registry: dict[Any, Any]

    def warn(self, message: str, category: type[Warning] = InsecurePolicyWarning) -> None:
        """Issue a warning that points at this line, whenever that is."""
        warnings.warn_explicit(message, category, self.filename, self.line, self.module, self.registry)

    def warn_of(self, findings: Iterable[Finding], told: set[str]) -> None:
        """Warn of each finding that is not among those told already, and add it to them."""
        for finding in findings:
            if finding.about not in told:
                told.add(finding.about)
                self.warn(finding.text)


def caller() -> Place:
    """Return the line outside of fastcors that called into it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith("fastcors."):
        frame = frame.f_back
    module = frame.f_globals.get("__name__") or "<unknown>"
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    return Place(frame.f_code.co_filename, frame.f_lineno, module, registry)


def warn(message: str, category: type[Warning] = InsecurePolicyWarning) -> None:
    """Issue a warning from the line outside of fastcors that called into it."""
    caller().warn(message, category)


def warn_of_dangers(parameter: str, dangers: Iterable[Danger], safe: str) -> None:
    """Warn once of all that is dangerous about a parameter; ``safe`` is what to write where no hint is known."""
    found = list(dangers)
    if found:
        hints = [danger.hint for danger in found if danger.hint is not None]
        lines = [f"{danger.message} [{danger.code}]" for danger in found]
        warn(f"{parameter}: {_listed(lines)}. Write {hints[0] if hints else safe!r} or the like")


def warn_of_odd(parameter: str, odd: Iterable[object], instead: str = "") -> None:
    """Warn once of the entries of a parameter that no browser sends as an origin.

    ``instead`` says what to write for a pattern, where the parameter takes none.
    """
    lines = [say_odd(entry, instead) for entry in odd]
    if lines:
        warn(f"{parameter} has entries that no browser sends as an origin: {_listed(lines)}")


def warn_of_string(parameter: str, names: list[str]) -> None:
    """Warn of a string where a list is meant, whose letters are nobody's names; ``names`` is what it is read as."""
    warn(f"{parameter} is a string where a list is meant; it is read as {parameter}={names!r}: write that")


def _listed(lines: list[str]) -> str:
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f"{'; '.join(lines[:_SHOWN])}{more}"
