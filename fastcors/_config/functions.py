"""What a function of an origin is."""

from __future__ import annotations

import inspect

__all__ = ["is_asynchronous", "takes"]


def is_asynchronous(func: object) -> bool:
    """Return whether calling it makes a coroutine: a function, a method, a partial, or an object with such a call."""
    call = None if func is None or isinstance(func, type) else inspect.getattr_static(func, "__call__", None)
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(call)


def takes(func: object, count: int) -> bool:
    """Return whether it can be called with so many positional arguments; True where nothing tells, as of a builtin."""
    assert callable(func)  # noqa: S101 - the caller has seen to it
    try:
        signature = inspect.signature(func)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True
