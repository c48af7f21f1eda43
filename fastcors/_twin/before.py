"""Calls of an application that is to stay the object that it was: to the shim, and from the shim to the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Before", "Behind"]


class Before:
    """The ``__call__`` of the class of one application, whose calls go to a shim.

    ``plain`` is a function that does that. Here it is what is called.
    """

    __slots__ = ("_plain",)

    def __init__(self, app: object, shim: object, plain: Any, reads_root: bool = False, /) -> None:
        self._plain = plain

    def __get__(self, instance: object, owner: type) -> Any:
        """Return what a function in a class returns."""
        return self._plain if instance is None else self._plain.__get__(instance, owner)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call the function, which takes the instance first."""
        return self._plain(*args, **keywords)


class Behind:
    """Calls an application from behind its shim: by the ``__call__`` that its class has at that moment.

    ``change`` is None, or a function that takes a scope which has a ``root_path``, and returns the one to go on with.
    """

    __slots__ = ("_app", "_change", "_kind")

    def __init__(self, app: object, kind: Any, change: Callable[[Any], Any] | None = None, /) -> None:
        self._app = app
        self._kind = kind
        self._change = change

    def __call__(self, scope: Any, /, *args: Any, **keywords: Any) -> Any:
        """Call the application."""
        return self._kind.__call__(self._app, self._change(scope) if self._change else scope, *args, **keywords)
