"""Processes that are forked while a question about an origin is on its way: their children answer, and hang nowhere."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fastcors._config.plan import Plan
from fastcors._dynamic.oracle import OriginCheck

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),  # of 3.12: with threads it may hang
]
A, B = "https://a.example", "https://b.example"
PATIENCE = 20


def in_child(work: Callable[[], bool]) -> bool:
    """Whether the work is done, and comes out true, in a child that was forked for it."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(PATIENCE)
            done = work()
        finally:
            os._exit(0 if done else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@contextmanager
def busy(work: Callable[[], Any], arrived: threading.Event, leave: threading.Event) -> Iterator[None]:
    """A thread is at work, as far as ``arrived``, until the block ends."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert arrived.wait(PATIENCE)
        yield
    finally:
        leave.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


class Slow:
    """Something that waits when it is called in the process and thread that it is for."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.arrived = threading.Event()
        self.leave = threading.Event()
        self.waits_in: int | None = None
        self.calls = 0

    def __call__(self, *arguments: object) -> Any:
        self.calls += 1
        if threading.get_ident() == self.waits_in:
            self.arrived.set()
            assert self.leave.wait(PATIENCE)
        return self.answer() if callable(self.answer) else self.answer

    def work(self, work: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> None:
            self.waits_in = threading.get_ident()
            work()

        return run


def test_a_child_asks_what_a_thread_of_its_parent_was_asking(policy_class: type[Any]) -> None:
    func = Slow(True)
    policy = policy_class(allow_origin_func=func)
    with busy(func.work(lambda: policy.is_origin_allowed(A)), func.arrived, func.leave):
        assert in_child(lambda: policy.is_origin_allowed(A) and policy.decide("GET", B).allowed)
        assert in_child(lambda: policy.is_origin_allowed(A) and not policy.origin_check.flights)
    assert policy.is_origin_allowed(A)
    assert func.calls == 1


def test_a_child_can_use_what_a_thread_of_its_parent_had_locked() -> None:
    clock = Slow(time.monotonic)  # which is read under the lock
    check = OriginCheck(Plan(origin_func=lambda origin: origin == A), clock=clock)
    assert check.allows(A)
    with busy(clock.work(lambda: check.allows(A)), clock.arrived, clock.leave):
        assert in_child(lambda: check.allows(A) and not check.allows(B))
    assert check.allows(A)


def test_a_child_that_the_function_forks_comes_to_an_end(policy_class: type[Any]) -> None:
    def func(origin: str) -> bool:
        if origin == A and parent == os.getpid():
            children.append(in_child(lambda: policy.is_origin_allowed(B)))
        return True

    parent = os.getpid()
    children: list[bool] = []
    policy = policy_class(allow_origin_func=func)
    assert policy.is_origin_allowed(A)
    assert children == [True]
    assert not policy.origin_check.flights


def test_a_child_asks_what_a_task_of_its_parent_was_asking(policy_class: type[Any]) -> None:
    async def func(origin: str) -> bool:
        asked.set()
        await (leave.wait() if parent == os.getpid() else asyncio.sleep(0))
        return True

    async def main() -> None:
        assert await policy.origin_check.ask(A)

    parent = os.getpid()
    asked = threading.Event()
    leave = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    policy = policy_class(allow_origin_func=func)

    async def first() -> None:
        loops.append(asyncio.get_running_loop())
        await main()

    thread = threading.Thread(target=lambda: asyncio.run(first()))
    thread.start()
    assert asked.wait(PATIENCE)
    assert in_child(lambda: asyncio.new_event_loop().run_until_complete(policy.origin_check.ask(A)) is True)
    loops[0].call_soon_threadsafe(leave.set)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_threads_that_are_busy_all_the_time_leave_no_child_behind(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origin_func=lambda origin: "good" in origin, origin_cache_size=3, origin_cache_ttl=60)
    stop = threading.Event()

    def work(number: int) -> None:
        while not stop.is_set():
            for i in range(9):
                assert policy.is_origin_allowed(f"https://good{i}.t{number}.example")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(40):
            origin = f"https://good{number}.example"
            assert in_child(lambda origin=origin: policy.is_origin_allowed(origin))
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
