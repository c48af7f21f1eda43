"""What a function of an origin is."""

from __future__ import annotations

__all__ = ["ASYNCHRONOUS", "is_asynchronous", "takes"]

ASYNCHRONOUS = "allow_origin_func is asynchronous: await policy.origin_check.ask(origin), and give origin_granted"
"""The message for somebody who decides without waiting."""


def is_asynchronous(func: object) -> bool:
    """Return whether calling it makes a coroutine: a function, a method, a partial, or an object with such a call."""
    if func is None:
        return False
    import inspect

    call = None if isinstance(func, type) else inspect.getattr_static(func, "__call__", None)
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(call)


def takes(func: object, count: int) -> bool:
    """Return whether it can be called with so many positional arguments; True where nothing tells, as of a builtin."""
    import inspect

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
