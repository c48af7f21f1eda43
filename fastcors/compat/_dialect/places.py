"""Warnings that point at the line of the application that gave the options, whenever they are raised."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

from fastcors.errors import InsecurePolicyWarning

__all__ = ["Finding", "Place", "caller"]


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

    def warn(self, findings: Iterable[Finding], told: set[str]) -> None:
        """Warn of each finding that is not among those told already, and add it to them."""
        for finding in findings:
            if finding.about not in told:
                told.add(finding.about)
                warnings.warn_explicit(
                    finding.text, InsecurePolicyWarning, self.filename, self.line, self.module, self.registry
                )


def caller(package: str) -> Place:
    """Return the line outside of a package that called into it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(package):
        frame = frame.f_back
    module = frame.f_globals.get("__name__") or "<unknown>"
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    return Place(frame.f_code.co_filename, frame.f_lineno, module, registry)
