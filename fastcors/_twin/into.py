"""Into a buffer of the caller's: the block of a decision, or the whole response to a preflight."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from fastcors._twin.decision import Decision
from fastcors._twin.find import view_of
from fastcors.decision import Written
from fastcors.errors import BufferTooSmallError

__all__ = ["room", "write_into_room"]


def room(buffer: Any) -> memoryview:
    """Return a view of a writable, contiguous buffer of one-byte items. TypeError: it is none."""
    view = view_of(buffer)
    if view is None or view.readonly:
        raise TypeError(f"buffer must be writable contiguous bytes, not {type(buffer).__name__}")
    return view


def write_into_room(decision: Decision, view: memoryview, at: int, *, whole: bool) -> Written:
    """Write the block of a decision or, where it is to be ``whole``, the response to a preflight, where it fits.

    Nothing is written where this raises.
    """
    if not 0 <= at <= len(view):
        raise ValueError(f"offset {at} is outside the buffer of {len(view)} bytes")
    written = (whole and decision.response) or decision.block
    if len(written) > len(view) - at:
        raise BufferTooSmallError(len(written), len(view) - at)
    with view[at : at + len(written)] as target:
        BytesIO(written).readinto(target)  # a slice assignment would refuse ctypes' char formats
    return Written(decision.kind, decision.status, len(written))
