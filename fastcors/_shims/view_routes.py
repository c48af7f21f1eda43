"""The routes of an application, and what becomes of them: a table of routes with the policies of its views.

A framework says what its routes are (:class:`ViewRoute`), in its order. Which of them runs for a path is mostly known
from the path's shape, so that a table of plain routes says it. Where it takes more, a method, a converter, an
expression or a host, the table has a :class:`Choice`, which goes through the few routes that are left as the framework
does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastcors._config.route_shapes import Route, read_route
from fastcors._grammar import MAX_SEGMENTS
from fastcors._shims.by_request import ByRequest, requested_method
from fastcors._shims.marks import Own
from fastcors._shims.route_methods import RouteMethods
from fastcors._types import Scope

if TYPE_CHECKING:
    from fastcors.policy import Policy

__all__ = ["Choice", "Look", "ViewRoute", "make_table"]

Segment = str | re.Pattern[str] | None
"""A literal; what has to match as a whole; or None for any."""


@dataclass(frozen=True, eq=False)
class ViewRoute:
    """A route of an application, and what its view says about CORS.

    ``segments`` and ``rest`` say for which paths it may be: those, and all below where ``rest`` is true.
    """

    name: str
    """What messages call it."""
    segments: tuple[Segment, ...]
    own: Own | None
    """None: what the application says."""
    rest: bool = False
    methods: frozenset[str] | None = None
    """None: any."""
    kind: str | None = None
    """The type of the scopes that it takes, ``"http"`` or ``"websocket"``; None for both."""
    exact: bool = True
    """Whether it takes every path of its segments that ends, or does not end, in a slash as ``slash`` says."""
    slash: bool = False
    ends: bool = False
    """Whether no later route is tried for a path that it takes."""
    is_view: bool = True
    """Whether there is a view; or else it only ends the search, as a mounted part with routes of its own does."""
    spare: bool = False
    """Whether it is for paths that no other route takes."""
    takes: Callable[[str, Scope], bool] | None = None
    """Says for a path whether the route takes it; None: all that are as above."""

    @property
    def text(self) -> tuple[object, ...]:
        """What two routes for the same paths have in common."""
        return *self.segments, self.rest, self.slash


Look = Callable[[list[ViewRoute], Scope, "str | None"], list[ViewRoute]]
"""Return those of the routes that take the path of a scope, the one that runs for the method before others."""


def make_table(
    routes: Iterable[ViewRoute], given: Mapping[str, Policy | None], look: Look, *, by_route: bool
) -> dict[str, Policy | ByRequest | None]:
    """Return the table of an application's routes, for what its views say and what is ``given`` for the others.

    ``by_route``: the policies that are given take the methods of each route.
    """
    table = _Table(look, by_route)
    table.fill((), list(routes), [(read_route(path), policy) for path, policy in given.items()], None, is_open=False)
    return table.made


_Given = list[tuple[Route, "Policy | None"]]
_Value = "Policy | ByRequest | None"


class _Table:
    """A table in the making.

    It is filled segment by segment: under each literal that any route has, and under a name for all other texts, go the
    routes that may take such a path. So the route of the table that wins for a path has all that may run for it.
    """

    def __init__(self, look: Look, by_route: bool) -> None:
        self.made: dict[str, Policy | ByRequest | None] = {}
        self._look = look
        self._by_route = by_route
        self._methods = RouteMethods()

    def fill(
        self, path: tuple[str, ...], routes: list[ViewRoute], given: _Given, above: object, *, is_open: bool
    ) -> None:
        """Put in what is for a path and below it.

        ``above`` is what a path here gets from the route above; ``is_open``: another route may get it as well.
        """
        depth = len(path)
        below = self._value([route for route in routes if _goes_below(route, depth)], given, depth, below=True)
        here = self._value([route for route in routes if _ends_here(route, depth)], given, depth, below=False)
        children = self._children(routes, given, depth) if depth < MAX_SEGMENTS else []
        if self._is_settled(routes, given, depth, below):
            children = []
        text = "/" + "/".join(path)
        if depth == 0:
            self.made["/"] = here  # a path of no segment, and all others where they get the same
            if here is not below and None not in children:
                children.append(None)
        else:
            if is_open or children or below is not above:
                self.made[text + "/"] = above = below
            if is_open or here is not above:
                self.made[text] = here
        for child in children:
            self.fill(
                (*path, "{name}" if child is None else child),
                [route for route in routes if _takes(route, depth, child)],
                [(route, policy) for route, policy in given if _is_given_for(route, depth, child)],
                below,
                is_open=is_open or None in children,
            )

    def _children(self, routes: list[ViewRoute], given: _Given, depth: int) -> list[str | None]:
        """Return the literals that come next in any route, and None where a name does."""
        found = {route.segments[depth] for route in routes if len(route.segments) > depth}
        literals = {segment for segment in found if isinstance(segment, str)}
        names = any(not isinstance(segment, str) for segment in found)
        for route, _ in given:
            if len(route.segments) > depth:
                segment = route.segments[depth]
                names = names or segment is None
                literals |= set() if segment is None else {segment.decode()}
        return [*sorted(literals), *([None] if names else [])]

    def _is_settled(self, routes: list[ViewRoute], given: _Given, depth: int, below: object) -> bool:
        """Return whether everything below gets the same, whatever is there."""
        if self._by_route or any(route.own is not None and route.own.by_route for route in routes):
            return False
        policies = {id(policy) for route, policy in given if len(route.segments) > depth}
        policies |= {id(route.own.policy) for route in routes if route.own is not None}
        return policies <= {id(below)} and (given_for(given, depth, below=True) is below)

    def _value(self, routes: list[ViewRoute], given: _Given, depth: int, *, below: bool) -> Policy | ByRequest | None:
        """Return what the paths get that these routes may take."""
        otherwise = given_for(given, depth, below=below)
        routes = _tried(routes, depth, below)
        choice = Choice(routes, otherwise, self._look, self._methods, by_route=self._by_route)
        wants = {choice.want(route) for route in routes if route.is_view} or {choice.want(route) for route in routes}
        if not wants:
            return choice.otherwise
        if len(wants) > 1:
            return choice
        ((policy, by_route),) = wants
        if policy is None or not by_route:
            return policy
        views = [route for route in routes if route.is_view]
        one = len({route.methods for route in views}) == 1
        if one or (all(route.exact for route in views) and len({route.text for route in views}) == 1):
            return choice.policy(views, policy)
        return choice


class Choice(ByRequest):
    """The routes that may run for a path, where the path alone does not say which policy it gets."""

    def __init__(
        self, routes: list[ViewRoute], otherwise: Policy | None, look: Look, methods: RouteMethods, *, by_route: bool
    ) -> None:
        self._routes = routes
        self._look = look
        self._methods = methods
        self._given = otherwise
        self._by_route = by_route

    @property
    def otherwise(self) -> Policy | None:
        """The policy of a path that no route takes."""
        return self._given and (self._methods.policy(self._given, ()) if self._by_route else self._given)

    def want(self, route: ViewRoute) -> tuple[Policy | None, bool]:
        """Return the policy of a route, and whether the methods are those of the route."""
        if route.own is None:
            return self._given, self._by_route and self._given is not None
        return route.own.policy, route.own.by_route

    def policy(self, routes: Iterable[ViewRoute], policy: Policy) -> Policy:
        """Return the policy with the methods of routes."""
        methods: set[str] = set()
        for route in routes:
            if route.methods is None:
                return self._methods.policy(policy, None)
            methods |= route.methods
        return self._methods.policy(policy, methods)

    def policy_for(self, scope: Scope) -> Policy | None:
        """Return the policy of the view that a request is for; a preflight is for the one of the requested method."""
        method = requested_method(scope)
        taken = self._look(self._routes, scope, method)
        taken = [route for route in taken if route.is_view] or taken
        if not taken:
            return self.otherwise
        fitting = (route for route in taken if method is None or route.methods is None or method in route.methods)
        policy, by_route = want = self.want(next(fitting, taken[0]))
        if policy is None or not by_route:
            return policy
        return self.policy([route for route in taken if self.want(route) == want], policy)


def given_for(given: _Given, depth: int, *, below: bool) -> Policy | None:
    """Return what is given for the paths of so many segments, or for those below them; None where nothing is."""
    fitting = [
        (route, policy)
        for route, policy in given
        if (route.is_prefix and len(route.segments) <= depth) or (not below and len(route.segments) == depth)
    ]
    ranked = sorted(fitting, key=lambda pair: (*(s is None for s in pair[0].segments), 3 if pair[0].is_prefix else 2))
    return ranked[0][1] if ranked else None


def _tried(routes: list[ViewRoute], depth: int, below: bool) -> list[ViewRoute]:
    """Return the routes without those that are never tried: after one that takes every path here."""
    if any(route.exact and route.is_view and not route.spare and route.kind != "websocket" for route in routes):
        routes = [route for route in routes if not route.spare]
    for number, route in enumerate(routes):
        if route.ends and route.exact and (not route.rest or below or depth > len(route.segments)):
            return [*routes[: number + 1], *(other for other in routes[number + 1 :] if other.text == route.text)]
    return routes


def _goes_below(route: ViewRoute, depth: int) -> bool:
    return route.rest and len(route.segments) <= depth


def _ends_here(route: ViewRoute, depth: int) -> bool:
    return len(route.segments) == depth or _goes_below(route, depth)


def _takes(route: ViewRoute, depth: int, text: str | None) -> bool:
    """Return whether a route may take paths with a literal as their next segment, or with any other text (None)."""
    if len(route.segments) <= depth:
        return route.rest
    segment = route.segments[depth]
    if isinstance(segment, str):
        return segment == text
    return segment is None or text is None or segment.fullmatch(text) is not None


def _is_given_for(route: Route, depth: int, text: str | None) -> bool:
    if len(route.segments) <= depth:
        return route.is_prefix
    segment = route.segments[depth]
    return segment is None or (text is not None and segment == text.encode())
