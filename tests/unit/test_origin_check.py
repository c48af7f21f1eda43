"""``OriginCheck``: what is asked, what is remembered and for how long, who waits for whom, and what errors do."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import logging
import pickle
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import trio
import trio.testing

from fastcors import Policy, PolicyError
from fastcors._config.plan import plan_of
from fastcors._config.settings import Settings
from fastcors._dynamic.oracle import OriginCheck
from fastcors._twin import engine as _twin
from fastcors.policy import Configured

A, B = "https://a.example", "https://b.example"


class Clock:
    """The time, as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """A function of an origin that notes what it is asked, and answers what it was told."""

    def __init__(self, *allowed: str, answer: Any = None) -> None:
        self.allowed = allowed
        self.answer = answer
        self.origins: list[str] = []

    def __call__(self, origin: str) -> Any:
        assert type(origin) is str
        self.origins.append(origin)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return origin in self.allowed if self.answer is None else self.answer


def check(func: Any = None, **settings: Any) -> tuple[Any, Clock]:
    clock = Clock()
    return OriginCheck(plan_of(Settings(allow_origin_func=func, **settings), any_origin=False), clock=clock), clock


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.DEBUG, "fastcors")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "fastcors"]


# What is asked


NEVER_ASKED = [
    "null", "", "https://A.example", "https://a.example/", "https://a_b.example", "https://a.example.",
    "https://-a.example", "https://a.example:443", "https://a.example,https://b.example", "a" * 400, None, 5,
    "https://a.example\n", "https://\xe9.example", "file://", b"\xff", b"null",
]  # fmt: skip


@pytest.mark.parametrize("origin", NEVER_ASKED, ids=repr)
def test_only_strict_origins_are_asked_about(origin: Any) -> None:
    func = Asked(answer=True)
    made, _ = check(func, allow_origin_regex=".*")
    assert made.allows(origin) is False
    made, _ = check(func)
    assert made.allows(origin) is False
    assert asyncio.run(made.ask(origin)) is False
    assert func.origins == []


def test_bytes_and_subclasses_become_plain_strings() -> None:
    class Text(str):
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            return True

    func = Asked(A)
    made, _ = check(func, origin_cache_ttl=0)
    assert made.allows(A.encode())
    assert made.allows(Text(A))
    assert not made.allows(Text(B))
    assert func.origins == [A, A, B]


def test_the_regex_comes_first_and_either_allows() -> None:
    func = Asked(B)
    made, _ = check(func, allow_origin_regex=r"https://a\..*")
    assert made.allows(A)
    assert func.origins == []
    assert made.allows(B)
    assert not made.allows("https://c.example")
    assert func.origins == [B, "https://c.example"]


@pytest.mark.parametrize(
    ("origin", "asked"),
    [
        ("http://a.example", False),
        ("http://a.example:8080", False),
        ("http://10.0.0.1", False),
        ("http://[::2]:8080", False),
        ("http://localhost.example", False),
        ("http://localhost:3000", True),
        ("http://app.localhost", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("https://a.example", True),
        ("ws://a.example", True),
    ],
)
def test_with_credentials_no_http_origin_is_asked_about_unless_it_is_local(origin: str, asked: bool) -> None:
    careful: dict[str, Any] = {"allow_credentials": True}
    func = Asked(answer=True)
    made, _ = check(func, **careful)
    assert made.allows(origin) is asked
    assert func.origins == ([origin] if asked else [])
    made, _ = check(allow_origin_regex=".*", **careful)
    assert made.allows(origin) is asked
    for settings in ({}, {**careful, "dangerously_allow_insecure_origins": True}):
        assert check(Asked(answer=True), **settings)[0].allows(origin)


# What is remembered


def test_an_answer_is_kept_for_its_time() -> None:
    func = Asked(A)
    made, clock = check(func, origin_cache_ttl=10)
    for _ in range(3):
        assert made.allows(A) is True
        assert made.allows(B) is False
    assert func.origins == [A, B]
    clock.now += 9.9
    assert made.cached(A) is True
    assert made.cached(B) is False
    clock.now += 0.1
    assert made.cached(A) is None
    func.allowed = (B,)
    assert made.allows(A) is False
    assert made.allows(B) is True
    assert made.cached(A) is False
    assert made.cached(B) is True
    assert func.origins == [A, B, A, B]


def test_no_time_to_live_keeps_nothing() -> None:
    func = Asked(A)
    made, _ = check(func, origin_cache_ttl=0)
    for _ in range(3):
        assert made.allows(A)
    assert func.origins == [A] * 3
    assert not made.memory.origins(True)
    assert not made.memory.origins(False)


def test_what_a_regex_says_is_kept_for_ever() -> None:
    made, clock = check(allow_origin_regex=r"https://a\..*", origin_cache_ttl=0)
    assert made.allows(A)
    assert not made.allows(B)
    clock.now += 1e9
    assert made.memory.get(A) is True
    assert made.memory.get(B) is False


def test_a_flood_of_refused_origins_evicts_no_allowed_one() -> None:
    func = Asked(A, B)
    made, _ = check(func, origin_cache_size=4)
    assert made.allows(A)
    assert made.allows(B)
    for number in range(100):
        assert not made.allows(f"https://evil{number}.example")
    assert len(func.origins) == 102
    assert made.cached(A) is True
    assert made.cached(B) is True
    assert made.memory.origins(False) == [f"https://evil{number}.example" for number in range(96, 100)]


def test_the_least_recently_used_answer_goes_first() -> None:
    made, _ = check(Asked(answer=True), origin_cache_size=3)
    for number in range(3):
        made.allows(f"https://{number}a.example")
    assert made.allows("https://0a.example")
    made.allows("https://3a.example")
    assert made.memory.origins(True) == ["https://2a.example", "https://0a.example", "https://3a.example"]


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("regex", [None, "https://.*[02468]"])
def test_the_cache_is_bounded(size: int, regex: str | None) -> None:
    func = None if regex else lambda origin: origin[-1] in "02468"
    made, _ = check(func, allow_origin_regex=regex, origin_cache_size=size)
    for number in range(50):
        assert made.allows(f"https://a.x{number}") is (number % 2 == 0)
        assert len(made.memory.origins(True)) <= size
        assert len(made.memory.origins(False)) <= size
    assert not made.flights


# Errors


class StrangeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "wrong",
    [ValueError("no"), RecursionError(), StrangeError(), StopIteration(), StopAsyncIteration()],
    ids=lambda error: type(error).__name__,
)
def test_an_exception_means_no_and_is_forgotten_soon(wrong: Exception, logged: Callable[[], list[str]]) -> None:
    func = Asked(answer=wrong)
    made, clock = check(func)
    assert made.allows(A) is False
    assert made.allows(A) is False
    assert func.origins == [A]
    (message,) = logged()
    assert type(wrong).__name__ in message
    assert "test_origin_check.py, line" in message
    clock.now += 1
    func.answer = True
    assert made.allows(A) is True
    assert len(logged()) == 1


def test_each_class_of_errors_is_logged_once(logged: Callable[[], list[str]]) -> None:
    func = Asked()
    made, _ = check(func, origin_cache_ttl=0)
    for error in [ValueError("1"), ValueError("2"), KeyError("3"), ValueError("4"), KeyError("5"), OSError("6")]:
        func.answer = error
        assert not made.allows(A)
    assert [message.split(" raised ")[1].split(" (")[0] for message in logged()] == [
        "builtins.ValueError: 1",
        "builtins.KeyError: '3'",
        "builtins.OSError: 6",
    ]


def test_what_is_logged_is_escaped_and_bounded(logged: Callable[[], list[str]]) -> None:
    kind = type("Evil\n\x1b[2J\u2028", (Exception,), {})
    made, _ = check(Asked(answer=kind("\r\n\x1b]0;\u202e" + "x" * 5000)))
    assert not made.allows(A)
    (message,) = logged()
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 1200


def test_endless_kinds_of_errors_are_not_logged_for_ever(logged: Callable[[], list[str]]) -> None:
    func = Asked()
    made, _ = check(func, origin_cache_ttl=0)
    for number in range(300):
        func.answer = type(f"Error{number}", (Exception,), {})()
        made.allows(A)
    assert len(logged()) == 100


@pytest.mark.parametrize("result", [None, 1, 0, "", "True", [], object(), Ellipsis])
def test_only_true_and_false_are_answers(result: Any, logged: Callable[[], list[str]]) -> None:
    made, clock = check(lambda origin: result)
    assert made.allows(A) is False
    (message,) = logged()
    assert "neither True nor False" in message
    clock.now += 0.9
    assert made.cached(A) is False
    clock.now += 0.1  # as after an error
    assert made.cached(A) is None


def test_a_coroutine_from_a_function_that_is_not_asynchronous_is_closed(logged: Callable[[], list[str]]) -> None:
    made: list[Any] = []

    async def answer() -> bool:
        return True

    def func(origin: str) -> Any:
        made.append(answer())
        return made[0]

    one, _ = check(func)
    assert not one.is_async
    assert one.allows(A) is False
    assert inspect.getcoroutinestate(made[0]) == "CORO_CLOSED"
    assert "async def" in logged()[0]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_is_no_error_passes_through_and_nothing_is_kept(kind: type[BaseException]) -> None:
    func = Asked(answer=kind())
    made, _ = check(func)
    with pytest.raises(kind):
        made.allows(A)
    assert made.cached(A) is None
    assert not made.flights
    func.answer = True
    assert made.allows(A)


# Which functions are asynchronous


async def _yes(origin: str) -> bool:
    return True


class _Callable:
    async def __call__(self, origin: str) -> bool:
        return True

    async def method(self, origin: str) -> bool:
        return True

    def plain(self, origin: str) -> bool:
        return True


@pytest.mark.parametrize(
    ("func", "is_async"),
    [
        (_yes, True),
        (_Callable(), True),
        (_Callable().method, True),
        (functools.partial(_yes), True),
        (_Callable().plain, False),
        (functools.partial(_Callable().plain), False),
        (lambda origin: True, False),
        (Asked(), False),
        (bool, False),
        (_Callable, False),
    ],
)
def test_asynchronous_functions_are_known_as_such(func: Any, is_async: bool) -> None:
    made, _ = check(func)
    assert made.is_async is is_async
    if is_async:
        assert asyncio.run(made.ask(A)) is True
        with pytest.raises(TypeError, match="asynchronous"):
            made.allows(B)


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


# Loops


def on_asyncio(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(work())


class Gate:
    """An asynchronous function that answers once it is let, on whatever loop there is."""

    def __init__(self, event: Callable[[], Any], answer: Any = True) -> None:
        self.open = event()
        self.asked = event()
        self.answer = answer
        self.calls: list[str] = []

    async def __call__(self, origin: str) -> Any:
        self.calls.append(origin)
        self.asked.set()
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


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
    made, _ = check(_yes)
    with pytest.raises(StopIteration) as stop:
        made.ask(A).send(None)
    assert stop.value.value is True


def test_a_synchronous_function_can_be_awaited_too() -> None:
    func = Asked(A)
    made, _ = check(func)
    assert asyncio.run(made.ask(A)) is True
    assert asyncio.run(made.ask(B)) is False
    assert func.origins == [A, B]


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
    assert "TimeoutError: gave no answer in 0.02 seconds, its origin_timeout" in message


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
        assert policy_class(allow_origin_func=_yes, origin_timeout=value).to_dict()["origin_timeout"] == 5


# The policy


def module_function(origin: str) -> bool:
    return origin == A


class TwinPolicy(Configured, _twin.Engine):
    """A policy over the pure-Python engine, with a name that pickle finds."""

    __slots__ = ()


@pytest.mark.parametrize("kind", [Policy, TwinPolicy])
def test_a_policy_with_a_function_goes_through_its_dictionary_and_pickle(kind: type[Any]) -> None:
    policy = kind(allow_origin_func=module_function, origin_cache_ttl=5, allow_origin_regex="https://x")
    assert policy.origins() == []
    for again in (kind.from_dict(policy.to_dict()), pickle.loads(pickle.dumps(policy))):
        assert again == policy
        assert hash(again) == hash(policy)
        assert again.origin_check is not policy.origin_check
        assert again.is_origin_allowed(A)
        assert not again.is_origin_allowed(B)
    assert policy != kind(allow_origin_func=lambda origin: True, origin_cache_ttl=5, allow_origin_regex="https://x")
    assert "module_function" in repr(policy)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(kind(allow_origin_func=lambda origin: True))


def test_a_function_without_a_hash_will_do(policy_class: type[Any]) -> None:
    class Odd:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return self is other

        def __call__(self, origin: str) -> bool:
            return True

    odd = Odd()
    policy = policy_class(allow_origin_func=odd)
    assert hash(policy) == hash(policy_class(allow_origin_func=odd))
    assert policy.is_origin_allowed(A)


def test_reflecting_asks_nobody_and_goes_through_its_dictionary(policy_class: type[Any]) -> None:
    func = Asked()
    policy = policy_class(allow_origin_func=func, dangerously_reflect_any_origin=True)
    assert policy.is_origin_allowed(A)
    assert func.origins == []
    assert policy_class.from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize("value", [5, "fastcors", [], object()])
def test_the_function_must_be_one(value: Any) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(allow_origin_func=value)
    assert [issue.code for issue in caught.value.issues] == ["wrong-type"]


def test_a_policy_without_either_has_no_check(policy_class: type[Any]) -> None:
    assert policy_class(allow_origins=[A]).origin_check is None
    with pytest.raises(AttributeError):
        policy_class(allow_origins=[A]).origin_check = None
