"""Warnings that point at the line of the application that gave the options, whenever they are raised."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

from fastcors.compat.flask_cors.origins import Finding
from fastcors.errors import InsecurePolicyWarning

_PACKAGE = __name__.rpartition(".")[0]


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


def caller() -> Place:
    """Return the line outside of this package that called into it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_PACKAGE):
        frame = frame.f_back
    module = frame.f_globals.get("__name__") or "<unknown>"
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    return Place(frame.f_code.co_filename, frame.f_lineno, module, registry)
