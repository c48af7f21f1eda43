"""The paths whose instructions are counted: the benchmarks' own rows, and hostile inputs in every shape.

Each is a side as the benchmarks time it. Lists that take long to build are left out: a count knows no caches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from bench.languages.cases import BATCH, CASES, Case
from bench.languages.fastcors import TIMES, c_loops
from bench.micro import test_engine, test_loops, test_shims
from bench.micro.inputs import ACCEPTED, HEADERS, HOSTILE, fresh_headers
from bench.micro.policies import policy
from bench.micro.rows import Row, Side, python_side
from fastcors._core import Router

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
"""An Origin just over its limit and one far over it: 0.5 and 60 kB."""

ROUTED: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "exact": ("/v1/service{:06}/items".format, "/v1/service{:06}/items".format),
    "prefixes": ("/v1/service{:06}/".format, "/v1/service{:06}/items/7".format),
    "templates": ("/v1/service{:06}/{{id}}/parts/{{part}}".format, "/v1/service{:06}/7/parts/8".format),
    "templates, none fits": ("/v1/service{:06}/{{id}}".format, "/v1/service{:06}/7/parts/8".format),
}
"""Routes by their number, and a path for each."""

NO_GROWTH: list[tuple[str, str]] = [
    (f"hostile: {name}, {little}", f"hostile: {name}, {much}")
    for name, little, much in (
        *((name, "a little too much", "far too much") for name in SHAPES),
        ("an origin", "a little too long", "far too long"),
        ("a path", "a little too long", "far too long"),
    )
] + [(f"routes: {kind}, 10", f"routes: {kind}, 10,000") for kind in ROUTED]
"""Pairs of paths, of which the second may cost no more than the first, as what is refused is not read on, and the
number of routes makes no difference."""


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
    for name, size in zip(next(pairs), (OVER, MIB), strict=True):
        yield name, lookup({"/": policy("native", "10")}, ["/" * size] * REPEATS, found=False)

    def many_headers() -> Side:
        more = [(b"x-%d" % number, b"y") for number in range(500 - len(HEADERS))]
        return python_side(
            "call({it})",
            policy("native", "1,000").response_headers,
            lambda: [more + fresh_headers(HEADERS, ACCEPTED)] * REPEATS,
            lambda answer: len(answer) == 4,
        )

    yield "hostile: response_headers, 500 headers in the request", many_headers


def lookup(routes: dict[str, Any], paths: list[str], *, found: bool) -> Callable[[], Side]:
    """Find the policy of paths in a table of routes."""

    def make() -> Side:
        return python_side(
            "call({it})", Router(routes).find, lambda: paths, lambda answer: (answer is not None) is found
        )

    return make


def routes() -> Iterator[tuple[str, Callable[[], Side]]]:
    """Paths in tables of few and of many routes."""
    for kind, (route, path) in ROUTED.items():
        for number, text in ((10, "10"), (10_000, "10,000")):
            table = dict.fromkeys(map(route, range(number)), policy("native", "10"))
            chosen = Random(7).choices(range(number), k=4 * REPEATS)
            yield f"routes: {kind}, {text}", lookup(table, [*map(path, chosen)], found="none" not in kind)


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


def is_drop_in(side: str) -> bool:
    """Whether a side of a row is a drop-in of ours, for the one library of the place or for one of several."""
    return side == "drop-in" or side.startswith("as ")


def native(row: Row, side: str = "native") -> Callable[[], Side]:
    """Make the native side of a row, when it is its turn; or another one."""
    return lambda: row.make(side)


def paths() -> Iterator[tuple[str, Callable[[], Side]]]:
    """All of them: a name, and what makes the side. No two have one name."""
    for row in (*test_engine.ROWS, *test_shims.ROWS, *test_loops.ROWS):
        if not any(text in row.name for text in LONG):
            yield f"{row.section}: {row.name}", native(row)
            for side in filter(is_drop_in, row.sides):
                yield f"{row.section}: {row.name}, {side}", native(row, side)
    yield from in_c()
    yield from hostile()
    yield from routes()
