"""What a function of an origin is."""

from __future__ import annotations

import inspect

__all__ = ["is_asynchronous"]


def is_asynchronous(func: object) -> bool:
    """Return whether calling it makes a coroutine: a function, a method, a partial, or an object with such a call."""
    call = None if func is None or isinstance(func, type) else inspect.getattr_static(func, "__call__", None)
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(call)
