"""The C API in C loops, from raw heads and from values that a server has found; in one thread and in several."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from bench.micro import _api  # type: ignore[attr-defined]
from bench.micro.inputs import ACCEPTED, HEADERS, PREFLIGHT_HEADERS, STRANGER, fresh_headers
from bench.micro.policies import policy
from bench.micro.rows import Row, Side
from bench.micro.test_engine import HEAD

KEYS = 1024
TIMES = 100
"""How often a thread goes over the inputs, so that to start it weighs little."""

Loop = Callable[[Any], object]


def head_of(method: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Make the raw head of a request."""
    lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
    return b"%s /items HTTP/1.1\r\n%s\r\n" % (method, lines)


ACTUAL = head_of(b"GET", fresh_headers(HEADERS, ACCEPTED))
REFUSED = head_of(b"GET", fresh_headers(HEADERS, STRANGER))
PREFLIGHT = head_of(b"OPTIONS", fresh_headers(PREFLIGHT_HEADERS, ACCEPTED))


def api_row(name: str, text: bytes, prepare: Callable[[Any], Loop], expect: Callable[[Any], object]) -> Row:
    """A row of one loop over the same text."""
    texts = [text] * KEYS

    def make(side: str) -> Side:
        batch, made = _api.Batch(texts), policy("native", "1,000")
        if side == "nothing":
            return Side(_api.nothing, lambda: batch, KEYS)
        loop = prepare(_api.Held(made))

        def check() -> None:
            assert loop(batch) == expect(made)

        return Side(loop, lambda: batch, KEYS, check)

    return Row("in C: by fastcors.h", name, make, ("nothing", "native"), "nothing", group="Engine, in C")


def threads_row(count: int) -> Row:
    """A row of so many threads that read heads, decide and write at a time: what one of all their decisions costs."""

    def in_threads(work: Callable[[], object]) -> None:
        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def make(side: str) -> Side:
        batch, held = _api.Batch([ACTUAL] * KEYS), _api.Held(policy("native", "1,000"))

        def loop(texts: Any) -> None:
            in_threads(lambda: _api.answer_heads(held, texts, times=TIMES))

        return Side(loop, lambda: batch, KEYS * TIMES * count)

    return Row(
        "in C: by fastcors.h, threads without the GIL",
        f"a raw head to its block, {count} {'thread' if count == 1 else 'threads'}",
        make,
        ("native",),
        None,
        once=True,
        group="Engine, in C",
    )


def of_heads(held: Any) -> Loop:
    return lambda batch: _api.answer_heads(held, batch)


def at_once(held: Any) -> Loop:
    return lambda batch: _api.answer_heads_at_once(held, batch)


def response_to_preflight(made: Any) -> object:
    return made.decide_head(PREFLIGHT).response


def writer_row(form: str, name: str, head: bytes) -> Row:
    """A row of a writer alone, behind one decision."""

    def prepare(held: Any) -> Loop:
        made = _api.Decided(held, head)
        return lambda batch: _api.write(made, form, batch)

    return api_row(f"write_{form}, {name}", head, prepare, lambda made: getattr(made.decide_head(head), form))


def merging(held: Any) -> Loop:
    made = _api.Decided(held, ACTUAL)
    return lambda batch: _api.merge_heads(made, batch)


ROWS = [
    api_row("decide, allowed", ACCEPTED, lambda held: lambda batch: _api.decide_origins(held, batch), lambda _: KEYS),
    api_row(
        "decide and write, allowed",
        ACCEPTED,
        lambda held: lambda batch: _api.answer_origins(held, batch),
        lambda made: made.decide("GET", ACCEPTED).block,
    ),
    api_row("a raw head to its block, allowed", ACTUAL, of_heads, lambda made: made.decide_head(ACTUAL).block),
    api_row("a raw head to its block, refused", REFUSED, of_heads, lambda made: made.decide_head(REFUSED).block),
    api_row("a raw head to the response, preflight", PREFLIGHT, of_heads, response_to_preflight),
    api_row("write_head_into, allowed", ACTUAL, at_once, lambda made: made.decide_head(ACTUAL).block),
    api_row("write_head_into, preflight", PREFLIGHT, at_once, response_to_preflight),
    *(
        writer_row(form, name, head)
        for form in ("block", "hpack", "qpack")
        for name, head in (("allowed", ACTUAL), ("preflight", PREFLIGHT))
    ),
    api_row("merge_head, a head of 12 fields", HEAD, merging, lambda made: made.decide_head(ACTUAL).merge_head(HEAD)),
    *(threads_row(count) for count in (1, 2, 4)),
]


def test_api(case: Any, measure: Any) -> None:
    measure(case)
