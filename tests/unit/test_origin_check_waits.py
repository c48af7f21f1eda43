"""``OriginCheck``: who waits for whom, among threads and among tasks of asyncio and trio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from tests.unit.asking import A, Asked, B, Gate, check, on_asyncio, yes

# Threads


def in_threads(number: int, work: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


class Crowd:
    """Tells when so many threads wait for the answer to one call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arrived = arrived = threading.Semaphore(0)

        class Event(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                arrived.release()
                return super().wait(timeout)

        monkeypatch.setattr("fastcors._dynamic.oracle.thread_event", Event)

    def gather(self, number: int) -> None:
        for _ in range(number):
            assert self.arrived.acquire(timeout=60)


@pytest.mark.parametrize("answer", [True, False, ValueError()])
@pytest.mark.parametrize("ttl", [0, 60])
def test_eight_threads_that_ask_at_once_ask_once(monkeypatch: pytest.MonkeyPatch, answer: Any, ttl: int) -> None:
    calls: list[str] = []

    def func(origin: str) -> Any:
        calls.append(origin)
        crowd.gather(7)
        if isinstance(answer, Exception):
            raise answer
        return answer

    made, _ = check(func, origin_cache_ttl=ttl)
    crowd = Crowd(monkeypatch)
    assert in_threads(8, lambda: made.allows(A)) == [answer is True] * 8
    assert calls == [A]
    assert not made.flights


def test_who_waits_asks_again_where_the_first_one_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def func(origin: str) -> bool:
        calls.append(origin)
        if len(calls) == 1:
            crowd.gather(4)
            raise KeyboardInterrupt
        return True

    made, _ = check(func)
    crowd = Crowd(monkeypatch)

    def work() -> Any:
        try:
            return made.allows(A)
        except KeyboardInterrupt:
            return "cancelled"

    results = in_threads(5, work)
    assert sorted(results, key=str) == [True] * 4 + ["cancelled"]
    assert calls == [A, A]


def test_a_function_that_asks_about_its_own_origin_gets_no_and_blocks_nobody(
    logged: Callable[[], list[str]],
) -> None:
    inner: list[bool] = []

    def func(origin: str) -> bool:
        inner.append(made.allows(origin))
        return True

    made, _ = check(func)
    assert made.allows(A) is True
    assert inner == [False]
    assert made.allows(A) is True
    assert "asked the policy about the origin that it was asked about" in logged()[0]


def test_a_function_may_ask_about_another_origin() -> None:
    def func(origin: str) -> bool:
        return origin == A or made.allows(A)

    made, _ = check(func)
    assert made.allows(B) is True
    assert made.cached(A) is True


def test_functions_that_ask_for_each_others_origins_do_not_wait_for_each_other() -> None:
    barrier = threading.Barrier(2)
    threads: dict[str, int] = {}

    def func(origin: str) -> bool:
        if origin not in threads:  # the first call about each, in a thread of its own
            threads[origin] = threading.get_ident()
            barrier.wait(60)
            return bool(made.allows(B if origin == A else A))
        return True

    made, _ = check(func)
    origins = iter([A, B])
    results = in_threads(2, lambda: made.allows(next(origins)))
    assert results == [True, True]
    assert not made.flights


@pytest.mark.parametrize("answer", [True, False, ValueError(), None])
@pytest.mark.parametrize("ttl", [0, 60])
def test_ten_tasks_of_asyncio_that_ask_at_once_ask_once(answer: Any, ttl: int) -> None:
    async def main() -> None:
        gate = Gate(asyncio.Event, answer)
        made, _ = check(gate, origin_cache_ttl=ttl)
        tasks = [asyncio.create_task(made.ask(A)) for _ in range(10)]
        other = asyncio.create_task(made.ask(B))
        await gate.asked.wait()
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)  # and the loop runs meanwhile
        gate.open.set()
        assert await asyncio.gather(*tasks) == [answer is True] * 10
        await other
        assert gate.calls == [A, B]
        assert not made.flights

    asyncio.run(main())


def test_ten_tasks_of_trio_that_ask_at_once_ask_once() -> None:
    async def main() -> None:
        gate = Gate(trio.Event)
        made, _ = check(gate)
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await made.ask(A))

        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            assert answers == []
            gate.open.set()
        assert answers == [True] * 10
        assert gate.calls == [A]
        assert not made.flights

    trio.run(main)


def test_a_cancelled_leader_takes_nobody_with_it_on_asyncio() -> None:
    async def main() -> None:
        gate = Gate(asyncio.Event)
        made, _ = check(gate)
        leader, *followers = [asyncio.create_task(made.ask(A)) for _ in range(5)]
        await gate.asked.wait()
        gate.asked.clear()
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        await gate.asked.wait()
        followers[1].cancel()  # and one who only waits
        gate.open.set()
        results = await asyncio.gather(*followers, return_exceptions=True)
        assert [result for result in results if not isinstance(result, BaseException)] == [True] * 3
        assert gate.calls == [A, A]
        assert not made.flights

    asyncio.run(main())


def test_a_cancelled_leader_takes_nobody_with_it_on_trio() -> None:
    async def main() -> None:
        gate = Gate(trio.Event)
        made, _ = check(gate)
        answers: list[bool] = []
        scopes = [trio.CancelScope() for _ in range(4)]

        async def ask(scope: trio.CancelScope) -> None:
            with scope:
                answers.append(await made.ask(A))

        async with trio.open_nursery() as nursery:
            for scope in scopes:
                nursery.start_soon(ask, scope)
                await trio.testing.wait_all_tasks_blocked()
            scopes[0].cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert gate.calls == [A, A]
            gate.open.set()
        assert answers == [True] * 3
        assert not made.flights

    trio.run(main)


def test_requests_that_a_server_runs_in_one_task_are_told_apart() -> None:
    async def main() -> None:
        gate = Gate(asyncio.Event)
        made, _ = check(gate, origin_cache_ttl=0)
        one, two = made.ask(A), made.ask(A)
        waits = [one.send(None), two.send(None)]
        assert gate.calls == [A]
        gate.open.set()
        for coroutine, future in zip((one, two), waits, strict=True):
            await asyncio.sleep(0)
            assert future.done()
            with pytest.raises(StopIteration) as stop:
                coroutine.send(None)
            assert stop.value.value is True
        assert gate.calls == [A]

    asyncio.run(main())


def test_a_coroutine_that_is_closed_lets_the_next_one_ask() -> None:
    async def main() -> None:
        gate = Gate(asyncio.Event)
        made, _ = check(gate)
        abandoned = made.ask(A)
        abandoned.send(None)
        follower = asyncio.create_task(made.ask(A))
        await asyncio.sleep(0)
        assert gate.calls == [A]
        abandoned.close()
        gate.open.set()
        assert await follower is True
        assert gate.calls == [A, A]

    asyncio.run(main())


def test_several_loops_in_several_threads() -> None:
    calls: list[str] = []

    async def func(origin: str) -> bool:
        calls.append(origin)
        await asyncio.sleep(0)
        return origin == A

    made, _ = check(func, origin_cache_ttl=0)

    async def main() -> list[bool]:
        return await asyncio.gather(*[made.ask(origin) for origin in [A, B] * 10])

    assert in_threads(4, lambda: asyncio.run(main())) == [[True, False] * 10] * 4
    assert len(calls) == 8
    assert not made.flights


@pytest.mark.parametrize("run", [on_asyncio, trio.run], ids=["asyncio", "trio"])
def test_an_asynchronous_function_may_ask_the_policy(run: Callable[..., Any], logged: Callable[[], list[str]]) -> None:
    inner: list[bool] = []

    async def func(origin: str) -> bool:
        inner.append(await made.ask(A))
        return True

    made, _ = check(func)

    async def main() -> None:
        assert await made.ask(B) is True

    run(main)
    assert inner == [False, True]
    assert len(logged()) == 1


def test_without_a_loop_everyone_asks_by_himself() -> None:
    made, _ = check(yes)
    with pytest.raises(StopIteration) as stop:
        made.ask(A).send(None)
    assert stop.value.value is True


def test_a_synchronous_function_can_be_awaited_too() -> None:
    func = Asked(A)
    made, _ = check(func)
    assert asyncio.run(made.ask(A)) is True
    assert asyncio.run(made.ask(B)) is False
    assert func.origins == [A, B]
