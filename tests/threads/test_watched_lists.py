"""A list of origins that one thread changes while others are answered by it: each request sees one list, whole."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from fastcors._twin.watched import Watched
from fastcors.compat.starlette import CORSMiddleware
from tests.support.exchange import AsgiApp, Req, call_asgi, pre
from tests.threads.together import together

ROUNDS = 400
ACAO = b"access-control-allow-origin"
FIRST = ["https://a.example", "https://b.example"]
SECOND = ["https://c.example", "https://d.example", "https://e.example"]


@pytest.fixture
def watched(engine: ModuleType) -> Any:
    return Watched if engine.__name__.endswith("_twin.engine") else engine.Watched


def test_what_is_watched_is_made_of_one_copy_and_never_of_half_a_change(watched: Any) -> None:
    given = list(FIRST)
    kept = watched(given, tuple)

    def work(number: int) -> None:
        for step in range(ROUNDS):
            if number == 0:
                given[:] = SECOND if step % 2 else FIRST
            assert kept.current() in (tuple(FIRST), tuple(SECOND))

    together(work)
    given[:] = SECOND
    assert kept.current() == tuple(SECOND)


def test_requests_are_answered_by_the_old_list_or_the_new_one_while_it_changes() -> None:
    origins = list(FIRST)
    middleware = CORSMiddleware(AsgiApp(), allow_origins=origins, allow_credentials=True)

    def answer(req: Req) -> tuple[int, bytes | None]:
        start = call_asgi(middleware, req.scope())[0]
        return start["status"], dict(start["headers"]).get(ACAO)

    def work(number: int) -> None:
        for step in range(ROUNDS):
            if number == 0:
                origins[:] = SECOND if step % 2 else FIRST
            origin = (FIRST + SECOND)[step % 5].encode()
            assert answer(Req(b"GET", (origin,)))[1] in (None, origin)
            assert answer(pre(b"GET", origin=origin)) in ((200, origin), (400, None))
            assert answer(Req(b"GET", (b"https://evil.example",)))[1] is None

    together(work)
    origins[:] = SECOND
    for text in FIRST:
        assert answer(pre(b"GET", origin=text.encode())) == (400, None)
    for text in SECOND:
        assert answer(pre(b"GET", origin=text.encode())) == (200, text.encode())
