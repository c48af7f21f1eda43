"""Into a buffer of the caller's: the block of a decision."""

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


def write_into_room(decision: Decision, view: memoryview, at: int) -> Written:
    """Write the block of a decision where it fits. Nothing is written where this raises."""
    if not 0 <= at <= len(view):
        raise ValueError(f"offset {at} is outside the buffer of {len(view)} bytes")
    block = decision.block
    if len(block) > len(view) - at:
        raise BufferTooSmallError(len(block), len(view) - at)
    with view[at : at + len(block)] as target:
        BytesIO(block).readinto(target)  # a slice assignment would refuse ctypes' char formats
    return Written(decision.kind, decision.status, len(block))
