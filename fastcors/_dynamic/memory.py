"""What was said and is remembered: a bounded number, each for its time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from fastcors._dynamic.forks import renew_after_fork

__all__ = ["Memory"]


class Memory:
    """What was said by question: at most ``size`` that are allowed and as many that are refused.

    A question is an origin, or an origin with what the function sees of the request. The least recently used goes
    first, so a flood of invented origins evicts no good one. Threads share it; ``clock`` returns the time in seconds.
    """

    __slots__ = ("__weakref__", "_allowed", "_clock", "_lock", "_refused", "_size")

    def __init__(self, size: int, clock: Callable[[], float]) -> None:
        self._size = size
        self._clock = clock
        # When each of them ends, by question.
        self._allowed: OrderedDict[Hashable, float] = OrderedDict()
        self._refused: OrderedDict[Hashable, float] = OrderedDict()
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Keep what was said, and take a lock that nobody holds."""
        # One that the same thread may take again: a garbage collection can run anybody's code while it is held.
        self._lock = threading.RLock()

    def get(self, question: Hashable) -> bool | None:
        """Return whether it is allowed, or None where nobody said so or its time is over."""
        with self._lock:
            for allowed, entries in ((True, self._allowed), (False, self._refused)):
                ends = entries.get(question)
                if ends is not None and ends > self._clock():
                    entries.move_to_end(question)
                    return allowed
        return None

    def keep(self, question: Hashable, allowed: bool, seconds: float) -> bool:
        """Remember for so long whether it is allowed, in place of what was said before, and return it."""
        if seconds <= 0:
            return allowed
        entries, others = (self._allowed, self._refused) if allowed else (self._refused, self._allowed)
        with self._lock:
            others.pop(question, None)
            entries[question] = self._clock() + seconds
            entries.move_to_end(question)
            if len(entries) > self._size:
                entries.popitem(last=False)
        return allowed

    def questions(self, allowed: bool) -> list[Hashable]:
        """Return the allowed or the refused questions, the least recently used first, also where its time is over."""
        with self._lock:
            return list(self._allowed if allowed else self._refused)
