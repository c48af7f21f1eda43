"""The engine's C functions, in C loops: no Python object, no call from Python, one operation after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.micro import _loops  # type: ignore[attr-defined]
from bench.micro.inputs import (
    ACCEPTED,
    HOSTILE,
    STRANGER,
    head_of,
    origin,
    sample,
    strange_subdomain,
    stranger,
    subdomain,
)
from bench.micro.policies import MILLION, policy
from bench.micro.rows import Peer, Point, Row, Side, Target, UnavailableError

KEYS = 1024
HOT = 64
RECEIVED = 16
"""Heads that differ in where they lie: few enough to be near, as one is that was received a moment ago."""
COLD_KEYS = 200_000

Loop = Callable[[Any], object]


def loop_side(loop: Loop, texts: list[bytes], expect: object = None) -> Side:
    """A side that is one call of a C loop over many texts."""
    prepared = _loops.Texts(texts)

    def check() -> None:
        assert expect is None or loop(prepared) == expect, f"{loop(prepared)!r} is not {expect!r}"

    return Side(loop, lambda: prepared, len(texts), check)


def loop_row(
    section: str,
    name: str,
    texts: list[bytes],
    expect: object,
    prepare: Callable[[], Loop],
    *,
    reference: tuple[str, Callable[[], Side]] | None = None,
    target: Target | None = None,
    once: bool = False,
    point: Point | None = None,
    slow: bool = False,
) -> Row:
    """A row of one C loop; and of another one to hold it against."""

    def make(side: str) -> Side:
        if side == "nothing":
            return loop_side(_loops.nothing, texts)
        if reference is not None and side == reference[0]:
            return reference[1]()
        return loop_side(prepare(), texts, expect)

    sides = ("nothing", *([reference[0]] if reference else []), "native")
    return Row(section, name, make, sides, "nothing", target, once=once, group="Engine, in C", point=point, slow=slow)


def decides(listed: str, method: str = "GET", *asked: object, cors: bool = True) -> Callable[[], Loop]:
    """Prepare a loop that decides on one request for each origin."""

    def prepare() -> Loop:
        made = policy("loops", listed)
        return lambda texts: _loops.decide_all(made, texts, method, *asked, cors=cors)

    return prepare


def match_row(
    name: str, make: Callable[[int], str], n: int, listed: str, *, hit: bool, count: int = KEYS, **more: Any
) -> Row:
    return loop_row(
        "in C: match an origin",
        name,
        sample(make, n, count),
        (count, "ok") if hit else (0, "origin-not-allowed"),
        decides(listed),
        **more,
    )


def few(listed: str, make: Callable[[int], str]) -> tuple[str, Callable[[], Side]]:
    """A side with ten origins, against which very many are compared."""
    return "few", lambda: loop_side(decides(listed)(), sample(make, 10, KEYS))


def some(make: Callable[[int], str], n: int) -> Callable[[int], str]:
    """Choose HOT of the first n, for good."""
    chosen = sample(make, n, HOT)
    return lambda i: chosen[i % HOT].decode()


def size_rows(
    n: int, listed: str, hit: Callable[[int], str], miss: Callable[[int], str], aim: float | None
) -> list[Row]:
    """HOT of so many again and again, as in real traffic; KEYS of them in turn; and misses."""
    exact = hit is origin
    name = f"{n:,} {'origins' if exact else 'wildcards'}"
    return [
        match_row(
            f"{name}, {kind}",
            make,
            n,
            listed,
            hit=make is not miss,
            reference=few("10" if exact else "10 wildcards", base) if aim else None,
            target=Target(aim, "few") if aim else None,
            point=Point(f"match: {kind}", n) if exact else None,
            slow=not exact and n > 10,
        )
        for kind, make, base in (
            (f"{HOT} hot ones", some(hit, n), hit),
            (f"{KEYS:,} in turn", hit, hit),
            ("miss", miss, miss),
        )
    ]


MATCH = [
    *(row for n in (10, 1000, 100_000) for row in size_rows(n, f"{n:,}", origin, stranger, None)),
    *size_rows(MILLION, "1,000,000", origin, stranger, 2),
    *(
        match_row(
            f"{n:,} origins, first look",
            origin,
            n,
            f"{n:,}",
            hit=True,
            count=COLD_KEYS,
            once=True,
            point=Point("match: first look", n),
        )
        for n in (100_000, MILLION)
    ),
    *size_rows(10, "10 wildcards", subdomain, strange_subdomain, None),
    *size_rows(100_000, "100,000 wildcards", subdomain, strange_subdomain, 2),
]


def leaf_row(name: str, loop: Loop, text: bytes, expect: int, count: int = KEYS) -> Row:
    return loop_row("in C: leaves", name, [text] * count, expect * count, lambda: loop)


LEAVES = [
    leaf_row("parse an origin of 27 bytes", _loops.parse, ACCEPTED, 1),
    leaf_row("parse an IPv4 origin", _loops.parse, b"http://192.168.10.20:8080", 1),
    leaf_row("parse an IPv6 origin", _loops.parse, b"http://[2001:db8::1]:8080", 1),
    leaf_row("walk a list of 2 names", _loops.walk, b"authorization,content-type", 2),
    leaf_row("walk a list of 8 names", _loops.walk, b",".join([b"x-header"] * 8), 8),
    leaf_row("walk a list of 128 names, 8 KiB", _loops.walk, b",".join([b"x" * 63] * 128), 128, 8),
]

ASKED = ("PUT", "authorization,content-type")
DECIDE = [
    loop_row("in C: decide", f"{name}, {listed} listed", [sender] * KEYS, expect, decides(listed, *request, cors=cors))
    for name, sender, expect, request, cors in (
        ("not CORS", ACCEPTED, (KEYS, "not-cors"), ("GET",), False),
        ("allowed", ACCEPTED, (KEYS, "ok"), ("GET",), True),
        ("refused", STRANGER, (0, "origin-not-allowed"), ("GET",), True),
        ("preflight accepted", ACCEPTED, (KEYS, "ok"), ("OPTIONS", *ASKED), True),
        ("preflight refused", STRANGER, (0, "origin-not-allowed"), ("OPTIONS", *ASKED), True),
        ("preflight, 1 MiB", ACCEPTED, (0, "headers-too-large"), ("OPTIONS", "PUT", HOSTILE), True),
    )
    for listed in ("1", "9", "1,000")
]  # fmt: skip


def httptools_side(heads: list[bytes]) -> Side:
    """The peer parses the heads and calls nobody back: one connection, one request after the other."""
    try:
        import httptools
    except ImportError as error:
        raise UnavailableError(str(error)) from error
    feed = httptools.HttpRequestParser(object()).feed_data

    def loop(heads: list[bytes]) -> None:
        for head in heads:
            feed(head)

    return Side(loop, lambda: heads, len(heads))


def head_row(name: str, method: str, sender: bytes | None, line: bytes, target: Target | None) -> Row:
    """A row from the bytes of a head to the block of headers: find, decide, write."""
    heads = [head_of(method, sender) for _ in range(RECEIVED)] * (KEYS // RECEIVED)

    def make(side: str) -> Side:
        if side == "httptools":
            return httptools_side(heads)
        if side == "nothing":
            return loop_side(_loops.nothing, heads)
        made = policy("loops", "1,000")
        answered = loop_side(lambda texts: _loops.answer_heads(made, texts), heads)

        def check() -> None:
            assert answered.loop(answered.inputs()).startswith(line)  # type: ignore[attr-defined]

        return replace(answered, check=check)

    section = "in C: find in a raw head, decide and write, 1,000 origins"
    sides = ("nothing", "httptools", "native")
    peers = (Peer("httptools", at_least=2),)
    return Row(section, name, make, sides, "nothing", target, group="Raw heads, in C", peers=peers)


ALLOWED = b"Access-Control-Allow-Origin: " + ACCEPTED
HEADS = [
    head_row("14 fields, no Origin", "GET", None, b"Vary: Origin\r\n", None),
    head_row("14 fields, allowed", "GET", ACCEPTED, ALLOWED, Target(150, "ns")),
    head_row("14 fields, refused", "GET", STRANGER, b"Vary: Origin\r\n", None),
    head_row("13 fields, preflight accepted", "OPTIONS", ACCEPTED, ALLOWED, None),
]

ROWS = [*MATCH, *LEAVES, *DECIDE, *HEADS]


def test_loops(case: Any, measure: Any) -> None:
    measure(case)
