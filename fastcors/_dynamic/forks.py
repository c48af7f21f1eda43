"""What a process that was forked must have anew: locks that a thread held which is not there any more."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["Renewable", "renew_after_fork"]


class Renewable(Protocol):
    """An object that a forked process can use after :meth:`renew`, whatever other threads did with it at the fork."""

    def renew(self) -> None:
        """Forget what other threads were at. No other thread runs."""


_all: WeakSet[Renewable] = WeakSet()


def renew_after_fork(renewable: Renewable) -> None:
    """See to it that it is renewed in every child of this process, for as long as it lives."""
    _all.add(renewable)


def _renew_all() -> None:
    for renewable in list(_all):
        renewable.renew()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)
