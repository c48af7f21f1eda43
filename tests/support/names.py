"""The names of cases."""

from __future__ import annotations

import re

__all__ = ["name_of"]


def name_of(value: object) -> str:
    """The value in ASCII, with no address of an object: the name of a case is the same in every process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", ascii(value))
