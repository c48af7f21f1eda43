"""fastcors in a server or a gateway of one's own: what only their authors need."""

from __future__ import annotations

from pathlib import Path

__all__ = ["get_include"]


def get_include() -> str:
    """Return the folder of ``fastcors.h``, for the ``include_dirs`` of an extension module."""
    return str(Path(__file__).with_name("include"))
