"""How many decisions there were, by reason."""

from __future__ import annotations

import threading

from fastcors._dynamic.forks import renew_after_fork
from fastcors.decision import Reason


class Counts:
    """Numbers of decisions by reason. Threads share it; a forked process goes on with what there was."""

    __slots__ = ("__weakref__", "_counts", "_lock")

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Reason, 0)
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Take a lock that nobody holds."""
        self._lock = threading.RLock()

    def add(self, reason: Reason) -> None:
        """Count one decision."""
        with self._lock:
            self._counts[reason] += 1

    def by_reason(self) -> dict[Reason, int]:
        """Return the numbers, in the order of the reasons; a new dictionary."""
        with self._lock:
            return dict(self._counts)
