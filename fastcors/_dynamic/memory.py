"""The answers about origins that are remembered: a bounded number, each for its time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from fastcors._dynamic.forks import renew_after_fork

__all__ = ["Memory"]


class Memory:
    """Answers by origin: at most ``size`` that allow and as many that refuse, the least recently used going first.

    So a flood of invented origins evicts no good one. Threads share it; ``clock`` returns the time in seconds.
    """

    __slots__ = ("__weakref__", "_allowed", "_clock", "_lock", "_refused", "_size")

    def __init__(self, size: int, clock: Callable[[], float]) -> None:
        self._size = size
        self._clock = clock
        # When each answer ends, by origin.
        self._allowed: OrderedDict[str, float] = OrderedDict()
        self._refused: OrderedDict[str, float] = OrderedDict()
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Keep the answers, and take a lock that nobody holds."""
        # One that the same thread may take again: a garbage collection can run anybody's code while it is held.
        self._lock = threading.RLock()

    def get(self, origin: str) -> bool | None:
        """Return the answer, or None where there is none or its time is over."""
        with self._lock:
            for answer, entries in ((True, self._allowed), (False, self._refused)):
                ends = entries.get(origin)
                if ends is not None and ends > self._clock():
                    entries.move_to_end(origin)
                    return answer
        return None

    def keep(self, origin: str, answer: bool, seconds: float) -> bool:
        """Remember an answer for so long, in the place of an earlier one, and return it."""
        if seconds <= 0:
            return answer
        entries, others = (self._allowed, self._refused) if answer else (self._refused, self._allowed)
        with self._lock:
            others.pop(origin, None)
            entries[origin] = self._clock() + seconds
            entries.move_to_end(origin)
            if len(entries) > self._size:
                entries.popitem(last=False)
        return answer

    def origins(self, answer: bool) -> list[str]:
        """Return the origins with this answer, the least recently used first, also where its time is over."""
        with self._lock:
            return list(self._allowed if answer else self._refused)
