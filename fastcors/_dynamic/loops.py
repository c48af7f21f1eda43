"""The event loops on which a function may be awaited: asyncio, and trio."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextlib import suppress
from typing import Any, NamedTuple

__all__ = ["Loop", "running_loop"]


class Loop(NamedTuple):
    """What runs a coroutine."""

    key: Hashable
    """Tells it from other loops."""
    event: Callable[[], Any]
    """Makes an event that its tasks can wait for."""
    in_time: Callable[[Coroutine[Any, Any, Any], float], Awaitable[Any]]
    """Awaits a coroutine for so many seconds. TimeoutError where it takes longer."""


def running_loop() -> Loop | None:
    """Return the loop that runs, or None. Trio first: it can run as a guest of asyncio."""
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError):
            trio.lowlevel.current_task()
            return Loop(trio.lowlevel.current_trio_token(), trio.Event, _in_time_on_trio)
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        with suppress(RuntimeError):
            return Loop(asyncio.get_running_loop(), asyncio.Event, _in_time_on_asyncio)
    return None


async def _in_time_on_trio(running: Coroutine[Any, Any, Any], seconds: float) -> Any:
    with sys.modules["trio"].move_on_after(seconds):
        return await running
    raise TimeoutError(_late(seconds))


async def _in_time_on_asyncio(running: Coroutine[Any, Any, Any], seconds: float) -> Any:
    # In a task of its own, as the request's may be one in which the server runs others too. What is late is cancelled,
    # and nobody waits until it has taken notice of that.
    asyncio = sys.modules["asyncio"]
    task = asyncio.ensure_future(running)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except BaseException:
        with suppress(RuntimeError):  # of a loop that is closed already
            task.cancel()
        raise
    if done:
        return task.result()
    task.add_done_callback(_look_at)
    task.cancel()
    raise TimeoutError(_late(seconds))


def _look_at(task: Any) -> None:
    """Take what a late task raises, so that nobody is told of it."""
    if not task.cancelled():
        task.exception()


def _late(seconds: float) -> str:
    return f"said nothing in {seconds:g} seconds, its origin_timeout"
