"""A policy made of a list or set that its owner may change, in pure Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Watched"]


class Watched:
    """A policy made of a list or set, made anew when that has changed.

    A tuple or frozenset is never looked at again, unless it is compared with itself. Threads share it: what is made
    is of one copy, whole.
    """

    __slots__ = ("_given", "_made", "_make")

    def __init__(self, given: Any, make: Callable[[Any], Any], /) -> None:
        self._given = given
        self._make = make
        self._made: tuple[Any, Any] | None = None
        self.current()

    def current(self) -> Any:
        """Return the policy made of the list as it is now."""
        made = self._made
        if made is None or not (self._given is made[0] or self._given == made[0]):
            copy = type(self._given)(self._given)
            made = self._made = copy, self._make(copy)
        return made[1]
