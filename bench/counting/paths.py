"""The paths whose instructions are counted: the benchmarks' own rows, and hostile inputs in every shape.

Each is a side as the benchmarks time it. Lists that take long to build are left out: a count knows no caches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.languages.cases import BATCH, CASES, Case
from bench.languages.fastcors import TIMES, c_loops
from bench.micro import test_engine, test_loops, test_shims
from bench.micro.inputs import ACCEPTED, HEADERS, HOSTILE, fresh_headers
from bench.micro.policies import policy
from bench.micro.rows import Row, Side, python_side

__all__ = ["NO_GROWTH", "paths"]

MIB = 2**20
OVER = 2**13 + 1
REPEATS = 64
LONG = ("1,000,000", "100,000")


SHAPES: dict[str, tuple[Any, Any]] = {
    "commas": (b"," * 17, HOSTILE),
    "one name": (b"x" * OVER, b"x" * MIB),
    "allowed names": (b"authorization," * (OVER // 14 + 1), b"authorization," * (MIB // 14)),
    "white space": (b" " * OVER, b" " * MIB),
    "empty lines": ([b""] * 145, [b""] * 1024),
    "empty lines, very many": ([b""] * 145, [b""] * 100_000),
}
"""Access-Control-Request-Headers just over a limit, and far over it."""

ORIGINS = (b"https://" + b"a." * 250 + b"example.com", b"https://" + b"a." * 30_000 + b"example.com")
"""The same for Origin: 0.5 and 60 kB."""

NO_GROWTH: list[tuple[str, str]] = [
    (f"hostile: {name}, {little}", f"hostile: {name}, {much}")
    for name, little, much in (
        *((name, "a little too much", "far too much") for name in SHAPES),
        ("an origin", "a little too long", "far too long"),
    )
]
"""Pairs of paths, of which the second may cost no more than the first, as what is refused is not read on."""


def hostile() -> Iterator[tuple[str, Callable[[], Side]]]:
    """What a client can send to cost something."""

    def refusal(statement: str, *bound: Any, sender: bytes = ACCEPTED) -> Callable[[], Side]:
        def make() -> Side:
            call = (policy("native", "1,000").decide, *bound)
            return python_side(statement, call, lambda: [sender] * REPEATS, lambda answer: not answer.allowed)

        return make

    pairs = iter(NO_GROWTH)
    for shape in SHAPES.values():
        for name, lines in zip(next(pairs), shape, strict=True):
            yield name, refusal("call[0]('OPTIONS', {it}, 'PUT', call[1])", lines)
    for name, sender in zip(next(pairs), ORIGINS, strict=True):
        yield name, refusal("call[0]('GET', {it})", sender=sender)

    def many_headers() -> Side:
        more = [(b"x-%d" % number, b"y") for number in range(500 - len(HEADERS))]
        return python_side(
            "call({it})",
            policy("native", "1,000").response_headers,
            lambda: [more + fresh_headers(HEADERS, ACCEPTED)] * REPEATS,
            lambda answer: len(answer) == 4,
        )

    yield "hostile: response_headers, 500 headers in the request", many_headers


def in_c() -> Iterator[tuple[str, Callable[[], Side]]]:
    """Decide and write, as the peers in other languages are held against (``make bench-peers``)."""

    def side(case: Case) -> Callable[[], Side]:
        def make() -> Side:
            loop, _ = c_loops(case)
            return Side(lambda _: loop(), lambda: None, BATCH * TIMES)

        return make

    for case in CASES:
        if case.policy != "9":  # as "1" in everything
            yield f"in C: decide and write, {case.policy} listed: {case.name}", side(case)


def native(row: Row) -> Callable[[], Side]:
    """Make the native side of a row, when it is its turn."""
    return lambda: row.make("native")


def paths() -> Iterator[tuple[str, Callable[[], Side]]]:
    """All of them: a name, and what makes the side. No two have one name."""
    for row in (*test_engine.ROWS, *test_shims.ROWS, *test_loops.ROWS):
        if not any(text in row.name for text in LONG):
            yield f"{row.section}: {row.name}", native(row)
    yield from in_c()
    yield from hostile()
