"""The routes of a Litestar application, as what its views say needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.routes import ASGIRoute, HTTPRoute
from litestar.types.internal_types import PathParameterDefinition
from litestar.utils import normalize_path

from fastcors._shims.marks import MARK, Own, own_of
from fastcors._shims.view_routes import Segment, ViewRoute
from fastcors._types import Scope

__all__ = ["Routes", "own_of_handler"]


def own_of_handler(handler: Any) -> Own | None:
    """Return what a handler says: its function, or the nearest layer around it, which Litestar keeps in ``opt``."""
    said = own_of(handler.fn)
    if said is not None:
        return said
    found = handler.opt.get(MARK)
    return found if isinstance(found, Own) else None


class Routes:
    """The routes of one application. Litestar's own router says which of them runs."""

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self.lists: list[list[Any]] = []
        self._of_handler: dict[int, ViewRoute] = {}

    def read(self) -> list[ViewRoute]:
        """Return the routes as they are now; those without parameters first, as Litestar tries them."""
        self._of_handler = {}
        self.lists = [self._app.routes]
        routes = sorted(self._app.routes, key=lambda route: bool(route.path_parameters) or _is_mount(route))
        return [found for route in routes for found in self._of_route(route)]

    def look(self, routes: list[ViewRoute], scope: Scope, method: str | None) -> list[ViewRoute]:
        """Return the route that runs for a method, or else one of its path."""
        path = scope["path"]
        if root := scope.get("root_path"):
            path = path.split(root, maxsplit=1)[-1]
        path = normalize_path(path)
        others = sorted({name for route in routes for name in route.methods or ()})
        for each in [None] if method is None else [method, *others]:
            try:
                handler = self._app.asgi_router.handle_routing(path=path, method=each)[1]
            except Exception:  # noqa: S112 - it says by an exception that there is none
                continue
            route = self._of_handler.get(id(handler))
            if route is not None:
                return [route]
        return []

    def _of_route(self, route: Any) -> Iterator[ViewRoute]:
        if isinstance(route, HTTPRoute):
            yield from self._of_handlers(route)
            return
        own = own_of_handler(route.route_handler)
        if isinstance(route, ASGIRoute):
            found = _view(route, route.route_handler, own, None, None)
        else:
            found = _view(route, route.route_handler, own, "websocket", frozenset())
        self._of_handler[id(route.route_handler)] = found
        yield found

    def _of_handlers(self, route: HTTPRoute) -> Iterator[ViewRoute]:
        """Yield a route once for each policy that its handlers have."""
        handlers = {method: handler for method, (handler, _) in route.route_handler_map.items()}
        if len(handlers) > 1 and own_of_handler(handlers.get("OPTIONS", route.route_handlers[0])) is None:
            handlers.pop("OPTIONS", None)  # mostly the one that Litestar makes for every path
        by_own: dict[Own | None, set[str]] = {}
        for method, handler in handlers.items():
            by_own.setdefault(own_of_handler(handler), set()).add(method)
        for own, methods in by_own.items():
            those = [handler for handler in handlers.values() if own_of_handler(handler) is own]
            found = _view(route, those[0], own, "http", frozenset(methods))
            self._of_handler |= {id(handler): found for handler in those}
            yield found


def _is_mount(route: Any) -> bool:
    return bool(getattr(getattr(route, "route_handler", None), "is_mount", False))


def _view(route: Any, handler: Any, own: Own | None, kind: str | None, methods: frozenset[str] | None) -> ViewRoute:
    segments: list[Segment] = []
    rest = _is_mount(route)
    for component in route.path_components:
        if not isinstance(component, PathParameterDefinition):
            segments.append(re.compile(re.escape(component)) if component.startswith("{") else component)
        elif component.type.__name__ == "Path":
            rest = True
        else:
            segments.append(None)
    if _is_mount(route) and segments:  # Litestar looks at the beginning of the text, not at whole segments
        segments[-1] = re.compile(re.escape(str(segments[-1])) + ".*", re.DOTALL)
    plain = not route.path_parameters and not _is_mount(route)
    return ViewRoute(
        name=f"{handler} at {route.path}",
        segments=tuple(segments),
        own=own,
        rest=rest,
        methods=methods,
        kind=kind,
        exact=plain,
        ends=plain,
    )
