"""``OriginCheck``: functions that ask by themselves, and functions that hang."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import trio
import trio.testing

from fastcors import PolicyError
from tests.unit.asking import A, B, Gate, check, on_asyncio, yes

# Calls within calls


def test_a_task_of_the_function_comes_from_it_too(logged: Callable[[], list[str]]) -> None:
    inner: list[bool] = []

    async def func(origin: str) -> bool:
        inner.append(await asyncio.create_task(made.ask(origin)))
        return True

    made, _ = check(func)
    assert asyncio.run(made.ask(A)) is True
    assert inner == [False]
    assert len(logged()) == 1


def test_what_the_function_leaves_behind_does_not_come_from_it(logged: Callable[[], list[str]]) -> None:
    async def main() -> None:
        made, _ = check(func, origin_cache_ttl=0)
        again = asyncio.Event()

        async def later() -> bool:
            await again.wait()
            return bool(await made.ask(A))

        assert await made.ask(A) is True
        left.append(asyncio.create_task(later(), name="later"))  # in a context that was not the function's
        inherited = contexts[0].run(asyncio.create_task, later())
        again.set()
        assert [await left[0], await inherited] == [True, True]
        assert len(contexts) == 2  # who asked at once asked once

    async def func(origin: str) -> bool:
        contexts.append(contextvars.copy_context())
        await asyncio.sleep(0)
        return True

    contexts: list[contextvars.Context] = []
    left: list[asyncio.Task[bool]] = []
    asyncio.run(main())
    assert logged() == []


def test_a_function_sees_the_context_of_the_request_and_does_not_change_it() -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")

    def func(origin: str) -> bool:
        seen.append(tenant.get())
        tenant.set("changed")
        return True

    async def later(origin: str) -> bool:
        await asyncio.sleep(0)
        return func(origin)

    seen: list[str] = []
    tenant.set("mine")
    assert check(func)[0].allows(A) is True
    assert asyncio.run(check(later)[0].ask(A)) is True
    assert seen == ["mine", "mine"]
    assert tenant.get() == "mine"


# A function that hangs

HANGS = 0.02


LOOPS = pytest.mark.parametrize(
    ("run", "event"), [(on_asyncio, asyncio.Event), (trio.run, trio.Event)], ids=["asyncio", "trio"]
)


@LOOPS
def test_what_takes_longer_than_its_time_means_no_for_a_second(
    run: Callable[..., Any], event: Callable[[], Any], logged: Callable[[], list[str]]
) -> None:
    async def main() -> None:
        gate = Gate(event)
        made, clock = check(gate, origin_timeout=HANGS)
        assert await made.ask(A) is False
        assert await made.ask(A) is False
        assert gate.calls == [A]
        clock.now += 0.9
        assert await made.ask(A) is False
        assert gate.calls == [A]
        clock.now += 0.1
        gate.open.set()
        assert await made.ask(A) is True
        assert gate.calls == [A, A]
        assert not made.flights

    run(main)
    (message,) = logged()
    assert "TimeoutError: said nothing in 0.02 seconds, its origin_timeout" in message


@LOOPS
def test_what_answers_in_time_is_not_touched(run: Callable[..., Any], event: Callable[[], Any]) -> None:
    async def main() -> None:
        for answer in (True, False):
            gate = Gate(event, answer)
            gate.open.set()
            made, _ = check(gate, origin_timeout=600)
            assert await made.ask(A) is answer
        gate = Gate(event, ValueError())
        gate.open.set()
        assert await check(gate, origin_timeout=600)[0].ask(A) is False

    run(main)


@LOOPS
def test_a_function_with_a_time_may_ask_the_policy(
    run: Callable[..., Any], event: Callable[[], Any], logged: Callable[[], list[str]]
) -> None:
    async def func(origin: str) -> bool:
        inner.append(await made.ask(A))
        return True

    async def main() -> None:
        assert await made.ask(B) is True

    inner: list[bool] = []
    made, _ = check(func, origin_timeout=600)
    run(main)
    assert inner == [False, True]
    assert len(logged()) == 1


def test_all_who_wait_get_their_no_in_time() -> None:
    async def main() -> None:
        gate = Gate(asyncio.Event)
        made, _ = check(gate, origin_timeout=HANGS)
        assert await asyncio.gather(*[made.ask(A) for _ in range(10)]) == [False] * 10
        assert gate.calls == [A]

    asyncio.run(main())


def test_a_function_that_does_not_let_itself_be_cancelled_holds_up_nobody() -> None:
    async def main() -> None:
        stop = asyncio.Event()
        stopped = asyncio.Event()

        async def func(origin: str) -> bool:
            while not stop.is_set():
                with suppress(asyncio.CancelledError):
                    await stop.wait()
            stopped.set()
            raise ValueError("nobody is told of this")

        made, _ = check(func, origin_timeout=HANGS)
        assert await made.ask(A) is False
        assert not stopped.is_set()
        stop.set()
        await stopped.wait()

    asyncio.run(main(), debug=True)


def test_a_request_that_is_cancelled_cancels_a_function_with_a_time() -> None:
    async def main() -> None:
        cancelled = asyncio.Event()

        async def func(origin: str) -> bool:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return True

        asked = asyncio.Event()
        made, _ = check(func, origin_timeout=600)
        task = asyncio.create_task(made.ask(A))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await cancelled.wait()
        assert made.cached(A) is None
        assert not made.flights

    asyncio.run(main())


def test_a_time_for_a_function_that_cannot_be_stopped_is_an_error(policy_class: type[Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_class(allow_origin_func=bool, origin_timeout=5)
    assert [issue.code for issue in caught.value.issues] == ["origin-timeout-synchronous"]
    for value in (timedelta(seconds=5), 5, 5.0):
        assert policy_class(allow_origin_func=yes, origin_timeout=value).to_dict()["origin_timeout"] == 5
