"""A policy with a function, many threads: right answers, few calls, and a cache that stays small."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from fastcors import DeclaredRequest, Reason
from tests.support.exchange import AsgiApp, Req, no_receive
from tests.support.shims import middleware
from tests.threads.together import together


def empty(environ: Any, start_response: Any) -> list[bytes]:
    """A WSGI application whose responses are empty."""
    start_response("200 OK", [])
    return []


def test_each_origin_is_asked_about_once(policy_class: type[Any]) -> None:
    calls: Counter[str] = Counter()

    def func(origin: str) -> bool:
        calls[origin] += 1
        return "good" in origin

    policy = policy_class(allow_origin_func=func)

    def work(number: int) -> None:
        for i in range(60):
            origin = f"https://{'good' if i % 2 else 'evil'}{i}.example"
            assert policy.is_origin_allowed(origin) is (i % 2 == 1)
            assert policy.decide("OPTIONS", origin.encode(), "GET").allowed is (i % 2 == 1)

    together(work, 60)
    assert set(calls.values()) == {1}
    assert len(calls) == 60


def test_a_cache_that_is_too_small_gives_right_answers_and_stays_small(policy_class: type[Any]) -> None:
    policy = policy_class(
        allow_origin_regex=r"https://a[0-9]+\.example", allow_origin_func=lambda o: ":1" in o, origin_cache_size=3
    )
    check = policy.origin_check

    def work(number: int) -> None:
        for i in range(100):
            assert policy.is_origin_allowed(f"https://a{i % 7}.example")
            assert policy.is_origin_allowed(f"https://b{i % 5}.example:1")
            assert not policy.is_origin_allowed(f"https://c{number}-{i}.example")
            assert len(check.memory.questions(True)) <= 3
            assert len(check.memory.questions(False)) <= 3

    together(work, 60)
    assert len(check.memory.questions(True)) == len(check.memory.questions(False)) == 3
    assert not check.flights


def test_hosts_never_get_each_others_answers(policy_class: type[Any]) -> None:
    def func(origin: str, request: DeclaredRequest) -> bool:
        return origin == f"https://{request.host}"

    policy = policy_class(allow_origin_func=func, vary=[":authority"], origin_cache_size=7)
    shim = middleware("wsgi", policy)(empty, policy)

    def work(number: int) -> None:
        for i in range(60):
            origin, host = f"https://host{i % 5}.example", f"host{(i + number) % 5}.example"
            expected = origin == f"https://{host}"
            assert policy.decide("GET", origin, request={"Host": host}).allowed is expected
            answers: list[Any] = []
            shim(
                {"HTTP_ORIGIN": origin, "HTTP_HOST": host},
                lambda status, headers, answers=answers: answers.append(headers),
            )
            assert (("Access-Control-Allow-Origin", origin) in answers[0]) is expected

    together(work, 60)
    assert not policy.origin_check.flights


def test_no_decision_is_lost_from_the_counts(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=["https://a.example"])
    shim = middleware("wsgi", policy)(
        lambda environ, start: (start("200 OK", []) and []) or [], policy, count_decisions=True
    )

    def work(number: int) -> None:
        for _ in range(100):
            shim({"HTTP_ORIGIN": "https://a.example"}, lambda status, headers: None)
            shim({}, lambda status, headers: None)

    together(work, 60)
    counts = policy.counts()
    assert counts[Reason.OK] == counts[Reason.NOT_CORS] == sum(counts.values()) / 2 > 0
    assert counts[Reason.OK] % 100 == 0


def test_a_loop_in_each_thread(policy_class: type[Any]) -> None:
    async def func(origin: str) -> bool:
        await asyncio.sleep(0)
        return "good" in origin

    shim: Any = None

    def work(number: int) -> None:
        asyncio.run(main())

    async def main() -> None:
        await asyncio.gather(*[one(name, i) for i in range(10) for name in ("good", "evil") * 3])

    async def one(name: str, i: int) -> None:
        origin = f"https://{name}{i}.example".encode()
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await shim(Req(origins=(origin,)).scope(), no_receive, send)
        assert ((b"access-control-allow-origin", origin) in sent[0]["headers"]) is (name == "good")

    policy = policy_class(allow_origin_func=func)
    shim = middleware("asgi", policy)(AsgiApp(), policy)
    together(work, 60)
    assert not policy.origin_check.flights
