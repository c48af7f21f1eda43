"""What the fuzzer makes, read as lines, so that a seed is a text that one can write.

The byte 0x0b stands for a line feed within a line. The first line chooses a policy by its first character: ``0`` for
the first one.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.differential.pair import Engines
from tests.fuzz.policies import POLICIES

__all__ = ["Given", "chosen", "given_request", "lines_of", "pairs_of", "parts_of", "request_of"]


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of an input, of which there is one at least."""
    return [line.replace(b"\v", b"\n") for line in data.split(b"\n")]


def parts_of(lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the lines before the first empty one, and those behind it."""
    at = lines.index(b"") if b"" in lines else len(lines)
    return lines[:at], lines[at + 1 :]


def chosen(line: bytes) -> Engines:
    """Return the policy that a line chooses."""
    return POLICIES[(line[0] - ord("0")) % len(POLICIES) if line else 0]


def pairs_of(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return header lines as pairs. White space around a value stays, but for the one space behind the colon."""
    pairs = []
    for line in lines:
        name, _, value = line.partition(b":")
        pairs.append((name, value.removeprefix(b" ")))
    return pairs


class Given(NamedTuple):
    """A request, and the policy that decides on it."""

    pair: Engines
    method: bytes
    path: bytes
    fields: list[tuple[bytes, bytes]]

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of all lines of a name, which is in lower case."""
        return [value for given, value in self.fields if given.lower() == name]


def given_request(data: bytes) -> Given:
    """Return the request of an input."""
    return request_of(lines_of(data))


def request_of(lines: list[bytes]) -> Given:
    """Return the request of some lines: the policy, the method and the path, then header lines."""
    first, method, path = [*lines, b"", b""][:3]
    return Given(chosen(first), method, path, pairs_of(lines[3:]))
