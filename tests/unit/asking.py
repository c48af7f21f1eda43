"""Functions of an origin that note what they were asked, a clock, and crowds that ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastcors._config.plan import plan_of
from fastcors._config.settings import Settings
from fastcors._dynamic.oracle import OriginCheck

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


# Which functions are asynchronous


async def yes(origin: str) -> bool:
    return True


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
