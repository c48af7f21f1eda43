"""What a view says about CORS, or a part of an application for its views: a mark that is left on it.

A decorator marks a view and changes nothing else of it. The shim in front of the application finds the marks by the
application's routes, because a preflight never reaches the view.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from weakref import WeakMethod

from fastcors._shims.route_methods import check_policy_by_route
from fastcors._shims.routes import advise_policy, is_policy
from fastcors.policy import Policy

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "EXEMPT",
    "MARK",
    "ByRoute",
    "Own",
    "are_in_use",
    "by_route",
    "make_own",
    "mark",
    "own_of",
    "use",
    "when_in_use",
]

ByRoute = Literal["route"]
"""What ``methods`` may be beside None."""

MARK = "_fastcors_own"
"""The attribute that holds the mark of a view."""

F = TypeVar("F")


class Own:
    """What a view says about CORS: its policy, None for no CORS, and whether the methods are those of its route."""

    __slots__ = ("by_route", "policy")

    def __init__(self, policy: Policy | None, *, by_route: bool = False) -> None:
        self.policy = policy
        self.by_route = by_route and policy is not None

    def __copy__(self) -> Self:
        """The mark itself: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The mark itself: frameworks copy what they register."""
        return self


EXEMPT = Own(None)


def by_route(methods: object) -> bool:
    """Return whether the option ``methods`` is for those of each route. Raises TypeError for other values."""
    if methods is None or methods == "route":
        return methods is not None
    raise TypeError(
        f'methods must be "route" or left out, not {methods!r:.100}: a list is given as allow_methods=[...]'
    )


def make_own(
    policy: Policy | None, methods: ByRoute | None, parameters: Mapping[str, Any], decorator: str = "cross_origin"
) -> Own:
    """Return what a decorator with these arguments says.

    Raises PolicyError with everything that is wrong, and TypeError for a policy together with parameters.
    """
    of_route = by_route(methods)
    if policy is None:
        policy = Policy(**parameters)
    elif parameters:
        raise TypeError(f"{decorator} takes a policy or the parameters of one, not both")
    elif not is_policy(policy):
        raise TypeError(
            f"write {decorator}(policy), with a fastcors.Policy, not {policy!r:.100}{advise_policy(policy)}"
        )
    if of_route:
        check_policy_by_route(policy)
    return Own(policy, by_route=of_route)


def mark(view: F, own: Own) -> F:
    """Leave a mark on a view, and return it. Raises RuntimeError where it has one, TypeError where it can have none."""
    if not callable(view) or isinstance(view, (staticmethod, classmethod)):
        raise TypeError(f"a view is expected, not {view!r:.100}: the decorator goes above the function or the class")
    if MARK in getattr(view, "__dict__", ()):
        raise RuntimeError(f"{view!r:.100} has a policy already, and there is only one for each view")
    try:
        setattr(view, MARK, own)
    except AttributeError:
        raise TypeError(f"{view!r:.100} cannot be marked: decorate the function that it is made of") from None
    use()
    return view


def own_of(view: object) -> Own | None:
    """Return the mark of a view, also where it is a partial of what was marked; None where it has none."""
    while isinstance(view, functools.partial) and not hasattr(view, MARK):
        view = view.func
    found = getattr(view, MARK, None)
    return found if isinstance(found, Own) else None


_in_use = False
_waiting: list[WeakMethod[Callable[[], None]]] = []


def are_in_use() -> bool:
    """Return whether anything in this process has a mark. Nobody looks for marks before."""
    return _in_use


def use() -> None:
    """Say that there are marks. Who waits for the first one is told."""
    global _in_use
    _in_use = True
    while True:
        try:
            tell = _waiting.pop()()
        except IndexError:
            return
        if tell is not None:
            tell()


def when_in_use(tell: Callable[[], None]) -> None:
    """Call a method once there is a mark; its object may be gone by then."""
    _waiting.append(WeakMethod(tell))
    if _in_use:  # the mark came in between, from another thread
        use()
