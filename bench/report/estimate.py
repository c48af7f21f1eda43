"""A figure and how sure it is, from what was measured in several groups."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from statistics import median
from typing import NamedTuple

__all__ = ["Estimate", "estimate"]

DOUBT = 0.05


class Estimate(NamedTuple):
    """A figure, and the interval that the true one is in with 95 % certainty; without one where one group is all."""

    value: float
    interval: tuple[float, float] | None

    @property
    def noise(self) -> float | None:
        """Half the width of the interval."""
        return None if self.interval is None else (self.interval[1] - self.interval[0]) / 2


def estimate(groups: Sequence[Sequence[float]]) -> Estimate:
    """The median of the groups' medians, and the interval that their order gives.

    What was measured in one process is a group: all its rounds share where its memory lies, and only other processes
    say what that makes; a few are far off. Of nine, the true median is between the second and the last but one, unless
    eight or nine were on one side of it, which happens to 4 of 100. Nothing is assumed of how they are distributed.
    Fewer than six groups are never that sure: their interval is all of them.
    """
    medians = sorted(median(group) for group in groups)
    if len(medians) < 2:
        return Estimate(medians[0], None)
    skip = _skipped(len(medians))
    return Estimate(median(medians), (medians[skip], medians[-1 - skip]))


def _skipped(count: int) -> int:
    """How many of so many groups may be left out at either end."""
    skip, tail = 0, 1 / 2**count
    while 2 * (tail + comb(count, skip + 1) / 2**count) <= DOUBT:
        tail += comb(count, skip + 1) / 2**count
        skip += 1
    return skip
