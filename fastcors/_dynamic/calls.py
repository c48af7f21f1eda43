"""Calls of a user's function, and which of them the running code comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

__all__ = ["await_function", "call_function", "calls_around"]

T = TypeVar("T")


class _Call:
    """A call of a function, which is about something."""

    __slots__ = ("about", "runs")

    def __init__(self, about: object) -> None:
        self.about = about
        self.runs = True
        """False once it has returned: what it leaves behind, a task of its own say, does not come from it any more."""


_calls: ContextVar[tuple[_Call, ...]] = ContextVar("fastcors calls", default=())


def calls_around() -> list[object]:
    """Return what the calls are about that the running code comes from, in this thread or as a task of theirs."""
    return [call.about for call in _calls.get() if call.runs]


def call_function(about: object, func: Callable[..., T], *arguments: Any) -> T:
    """Call a function, in a context that says so."""
    call, context = _context(about)
    try:
        return context.run(func, *arguments)
    finally:
        call.runs = False


async def await_function(about: object, func: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Await what a function returns, in a context that says so."""
    call, context = _context(about)
    try:
        return await _InContext(context, _run(func, arguments))
    finally:
        call.runs = False


def _context(about: object) -> tuple[_Call, Context]:
    # One of its own for each call: a server may run many requests in one task and one context.
    call, context = _Call(about), copy_context()
    context.run(_calls.set, (*_calls.get(), call))
    return call, context


async def _run(func: Callable[..., Awaitable[T]], arguments: tuple[Any, ...]) -> T:
    return await func(*arguments)


class _InContext(Awaitable[T]):
    """Awaits a coroutine, each step of which runs in a context of its own."""

    __slots__ = ("_context", "_running")

    def __init__(self, context: Context, running: Any) -> None:
        self._context = context
        self._running = running

    def __await__(self) -> Generator[Any, Any, T]:
        resume, given = self._running.send, None
        while True:
            try:
                waits_for = self._context.run(resume, given)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            try:
                resume, given = self._running.send, (yield waits_for)
            except GeneratorExit:
                self._context.run(self._running.close)
                raise
            except BaseException as error:
                resume, given = self._running.throw, error
