"""Flights: of those who ask the same at once one does, and the others wait for what it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from fastcors._dynamic.forks import renew_after_fork

__all__ = ["Flight", "Flights", "thread_event"]


class Flight:
    """A call that is under way, and what those wait for who want its result."""

    __slots__ = ("done", "result")

    def __init__(self, done: Any) -> None:
        self.done = done
        """An event of the thread's, the loop's or trio's."""
        self.result: bool | None = None
        """Still ``None`` where it is done: the call came to no result, as it was cancelled."""


class Flights:
    """The calls that are under way, by what they are about. Threads and loops share it."""

    __slots__ = ("__weakref__", "_flying", "_lock")

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget all flights: those who would end them are threads that are not there."""
        self._flying: dict[Hashable, Flight] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._flying)

    def board(self, key: Hashable, event: Callable[[], Any]) -> tuple[Flight, bool]:
        """Return the flight about ``key``, and whether it is the caller's own, who has to :meth:`lead` it then."""
        with self._lock:
            flight = self._flying.get(key)
            if flight is not None:
                return flight, False
            flight = self._flying[key] = Flight(event())
            return flight, True

    @contextmanager
    def lead(self, key: Hashable, flight: Flight) -> Iterator[None]:
        """End the flight when the block ends, however that is; the result must be in it by then."""
        try:
            yield
        finally:
            with self._lock:
                if self._flying.get(key) is flight:  # it is not in a process that was forked by the call
                    del self._flying[key]
            with suppress(RuntimeError):  # of a loop that is closed already
                flight.done.set()


def thread_event() -> threading.Event:
    """Return an event for threads."""
    return threading.Event()  # looked up now: gevent puts in its own
