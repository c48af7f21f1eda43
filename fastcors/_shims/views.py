"""What the views of an application say about CORS, beside what the application says itself.

The views are read when the application starts, or at its first request: all of them are there then. They are read again
where routes were added since. Nobody reads them in a process where nothing has a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from fastcors._engine import Router
from fastcors._grammar import MAX_SEGMENTS
from fastcors._shims import marks
from fastcors._shims.route_methods import check_policy_by_route
from fastcors._shims.routes import is_policy
from fastcors._shims.view_routes import ViewRoute, make_table
from fastcors._types import Scope
from fastcors.errors import PolicyError, PolicyIssue

if TYPE_CHECKING:
    from fastcors.policy import Policy

__all__ = ["Reader", "Views"]


class Reader(Protocol):
    """Reads the routes of an application of one framework."""

    lists: list[list[Any]]
    """The lists that ``read`` went through: routes that are added make one of them longer."""

    def read(self) -> list[ViewRoute]:
        """Return the routes, in the order in which the framework tries them."""

    def look(self, routes: list[ViewRoute], scope: Scope, method: str | None) -> list[ViewRoute]:
        """Return those of the routes that take the path of a scope, the first one that the framework tries first."""


class Views:
    """The views of one application. ``by_route``: what the application says takes the methods of each route.

    ``only``: nothing is allowed but what views say.
    """

    def __init__(self, reader: Reader, *, by_route: bool = False, only: bool = False) -> None:
        self._reader = reader
        self._by_route = by_route
        self._only = only
        self._lengths: list[int] = []

    def check(self, given: Policy | Router | None) -> None:
        """Raise TypeError for a policy with methods, where the routes say them."""
        for policy in _table_of(given).values() if self._by_route else ():
            if policy is not None:
                check_policy_by_route(policy)

    @property
    def are_read(self) -> bool:
        """Whether the views were read, as they have a say."""
        return bool(self._lengths)

    def is_stale(self) -> bool:
        """Return whether routes were added since the views were read."""
        return self._lengths != list(map(len, self._reader.lists))

    def policies(self, given: Policy | Router | None, router: type[Router], look_again: Callable[[], None]) -> Any:
        """Return what requests go by: what is given alone, or a table of routes.

        Raises RuntimeError where nothing is allowed, and PolicyError for a marked view at a path that gets no CORS.
        """
        if not (marks.are_in_use() or self._by_route or self._only):
            marks.when_in_use(look_again)
            return given
        routes = [_reachable(route) for route in self._reader.read()]
        self._lengths = list(map(len, self._reader.lists))
        if self._only and not any(route.own is not None and route.own.policy is not None for route in routes):
            raise RuntimeError(
                "nothing is allowed: mark views with @cross_origin(...), or give CORS(app, ...) a policy, routes or the"
                " parameters of a policy (allow_origins=[...])"
            )
        _check_paths(routes)
        table: Mapping[str, Any] = make_table(
            [route for route in routes if _why_never(route) is None],
            _table_of(given),
            self._reader.look,
            by_route=self._by_route,
        )
        if set(table) == {"/"} and table["/"] is given:
            return given  # one policy for all paths, those that no table has included
        return router(table)


def _table_of(given: Policy | Router | None) -> dict[str, Policy | None]:
    if given is None:
        return {}
    return {"/": given} if is_policy(given) else dict(given.routes)  # type: ignore[dict-item,union-attr]


def _reachable(route: ViewRoute) -> ViewRoute:
    """Return a route with no more segments than a table has."""
    if len(route.segments) <= MAX_SEGMENTS:
        return route
    return replace(route, segments=route.segments[:MAX_SEGMENTS], rest=True, exact=False)


_UNCLEAR = {
    "route-empty-segment": "an empty segment",
    "route-dot-segment": "a dot segment",
    "route-backslash": "a backslash",
    "route-control": "a control character",
}


def _why_never(route: ViewRoute) -> str | None:
    """Return the code of why no path of a route gets CORS; None where paths do."""
    for segment in route.segments:
        if isinstance(segment, str):
            if segment == "":
                return "route-empty-segment"
            if segment in (".", ".."):
                return "route-dot-segment"
            if "\\" in segment:
                return "route-backslash"
            if any(character < " " or character == "\x7f" for character in segment):
                return "route-control"
    return None


def _check_paths(routes: Iterable[ViewRoute]) -> None:
    """Raise PolicyError for views that have a policy at a path that gets no CORS, whatever is said."""
    issues = []
    for route in routes:
        code = _why_never(route)
        if code is not None and route.own is not None and route.own.policy is not None:
            message = f"the view {route.name} is at a path with {_UNCLEAR[code]}, and no such path gets CORS"
            issues.append(PolicyIssue(code, "view", route.name, message))
    if issues:
        raise PolicyError(issues)
