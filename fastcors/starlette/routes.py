"""The routes of a Starlette or FastAPI application, as what its views say needs them."""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.convertors import (
    CONVERTOR_TYPES,
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.endpoints import HTTPEndpoint
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute

from fastcors._engine import ASGIShim
from fastcors._shims.by_request import route_path
from fastcors._shims.marks import Own, own_of
from fastcors._shims.options import ShimConfig
from fastcors._shims.view_routes import Segment, ViewRoute
from fastcors._types import Scope

__all__ = ["SHIM", "Routes", "check_is_seen"]

SHIM = "_fastcors"
"""Under which name the ``__dict__`` of an application has its shim."""

_PARAMETER = re.compile(r"\{([a-zA-Z_]\w*)(?::([a-zA-Z_]\w*))?\}", re.ASCII)
_OF_ONE_SEGMENT = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)


class _Part(NamedTuple):
    """A part of an application: where it begins, and what it says for its views."""

    prefix: str
    own: Own | None
    hosts: tuple[Host, ...] = ()
    """The host routes on the way there."""


class Routes:
    """The routes of one application, mounted and included parts with them, in the order in which they are tried.

    ``tell`` is called each time they were read.
    """

    def __init__(self, app: Starlette, tell: Callable[[], None]) -> None:
        self._app = app
        self._tell = tell
        self.lists: list[list[Any]] = []

    def read(self) -> list[ViewRoute]:
        """Return the routes as they are now."""
        self.lists = []
        self._spare: list[ViewRoute] = []
        routes = [*self._of_router(self._app.router, _Part("", None)), *self._spare]
        self._tell()
        return routes

    def look(self, routes: list[ViewRoute], scope: Scope, method: str | None) -> list[ViewRoute]:
        """Return the routes that take the path of a scope, or that get it after a redirect to the other final slash."""
        path = route_path(scope)
        taken = _taking(routes, path, scope)
        if any(route.is_view for route in taken) or scope["type"] != "http" or path == "/":
            return taken
        return _taking(routes, path[:-1] if path.endswith("/") else path + "/", scope) or taken

    def _of_router(self, router: Any, part: _Part) -> Iterator[ViewRoute]:
        part = part._replace(own=own_of(router) or part.own)
        self.lists.append(router.routes)
        for route in router.routes:
            yield from self._of_route(route, part)
        if getattr(router, "_low_priority_routes", None):  # FastAPI's files of a frontend, for what nothing else takes
            path = Path(part.prefix + "/{path:path}")
            self._spare.append(path.route("the frontend", part, rest=True, spare=True, kind="http"))

    def _of_route(self, route: BaseRoute, part: _Part) -> Iterator[ViewRoute]:
        if isinstance(route, Mount):
            yield from self._of_mount(route, part)
        elif isinstance(route, Host):
            yield from self._of_app(route.app, own_of(route), part._replace(hosts=(*part.hosts, route)))
        elif isinstance(route, Route):
            yield from _of_view(route, part)
        elif isinstance(route, WebSocketRoute):
            own = own_of(route.endpoint) or part.own
            yield Path(part.prefix + route.path).route(_name(route), part, own, kind="websocket", methods=frozenset())
        elif hasattr(route, "original_router") and hasattr(route, "include_context"):  # what FastAPI includes
            prefix = part.prefix + route.include_context.prefix
            yield from self._of_router(route.original_router, part._replace(prefix=prefix))
        else:
            path = Path(part.prefix + "/{path:path}")
            own = own_of(route) or own_of(getattr(route, "endpoint", None)) or part.own
            yield path.route(_name(route), part, own, rest=True, exact=False, also=_matches(route, part.prefix))

    def _of_mount(self, mount: Mount, part: _Part) -> Iterator[ViewRoute]:
        app = getattr(mount, "_base_app", mount.app)
        yield from self._of_app(app, own_of(mount), part._replace(prefix=part.prefix + mount.path))

    def _of_app(self, app: Any, own: Own | None, part: _Part) -> Iterator[ViewRoute]:
        """Yield the routes of what is mounted, and last the one that takes all other paths there."""
        _warn_of_another_shim(app, part.prefix)
        opens = isinstance(app, (Router, Starlette)) and not getattr(app, "root_path", None)
        if opens and isinstance(app, Starlette):
            app = app.router
        part = part._replace(own=own_of(app) or own or part.own)
        if opens:
            yield from self._of_router(app, part)
        path = Path(part.prefix + "/{path:path}")
        yield path.route(f"what is mounted at {part.prefix}/", part, rest=True, ends=not part.hosts, is_view=not opens)


def check_is_seen(part: Any) -> None:
    """Raise RuntimeError for a router of a FastAPI that copies its routes where it is included, and so loses it."""
    fastapi = sys.modules.get("fastapi.routing")
    if fastapi is not None and isinstance(part, fastapi.APIRouter) and not hasattr(fastapi, "_IncludedRouter"):
        raise RuntimeError("this FastAPI copies the routes of a router: use a newer one, or decorate the views")


def _of_view(route: Route, part: _Part) -> Iterator[ViewRoute]:
    """Yield a route once for each policy that its methods have."""
    path = Path(part.prefix + route.path)
    name = _name(route)
    own = own_of(route.endpoint) or part.own
    methods = None if route.methods is None else frozenset(route.methods)
    if not (inspect.isclass(route.endpoint) and issubclass(route.endpoint, HTTPEndpoint)):
        yield path.route(name, part, own, kind="http", methods=methods)
        return
    by_own: dict[Own | None, set[str]] = {}
    for method, handler in _handlers(route.endpoint):
        if methods is None or method in methods:
            by_own.setdefault(own_of(handler) or own, set()).add(method)
    for of_methods, those in by_own.items():
        yield path.route(name, part, of_methods, kind="http", methods=frozenset(those))
    if methods is None:
        yield path.route(name, part, own, kind="http", is_view=False)


def _handlers(endpoint: type[HTTPEndpoint]) -> Iterator[tuple[str, Any]]:
    """Yield the methods of a class of endpoints, each with the function that answers."""
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"):
        handler = getattr(endpoint, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(endpoint, "get", None)
        if handler is not None:
            yield method, handler


class Path:
    """The path of a route, read as Starlette does: literals and convertors."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens: list[str | Convertor[Any]] = []
        at = 0
        for match in _PARAMETER.finditer(text):
            self._tokens += [text[at : match.start()], CONVERTOR_TYPES[match[2] or "str"]]
            at = match.end()
        self._tokens.append(text[at:])

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The regular expression of the whole path."""
        return re.compile("".join(_expression(token) for token in self._tokens))

    def route(
        self,
        name: str,
        part: _Part,
        own: Own | None = None,
        *,
        rest: bool = False,
        exact: bool = True,
        also: Callable[[Scope], bool] | None = None,
        **fields: Any,
    ) -> ViewRoute:
        """Return a route at this path. ``also`` says for a scope whether it takes it."""
        segments, below, sure = self._segments()
        hosts = part.hosts

        def takes(path: str, scope: Scope) -> bool:
            if self.expression.fullmatch(path) is None or (also is not None and not also(scope)):
                return False
            return all(host.matches(scope)[0] is not Match.NONE for host in hosts)

        return ViewRoute(
            name=f"{name} at {self.text}",
            segments=segments,
            own=part.own if own is None else own,
            rest=rest or below,
            exact=exact and sure and not hosts,
            slash=self.text.endswith("/"),
            takes=takes,
            **fields,
        )

    def _segments(self) -> tuple[tuple[Segment, ...], bool, bool]:
        """Return the segments, whether the last one stands for all below, and whether they say everything."""
        done: list[Segment] = []
        sure = True
        for tokens in _split(self._tokens):
            wide = [token for token in tokens if not isinstance(token, (str, *_OF_ONE_SEGMENT))]
            if wide:  # nothing that comes after it can be told apart
                is_last = len(tokens) == 1 and isinstance(wide[0], PathConvertor) and self.text.endswith("}")
                return tuple(done), True, sure and is_last
            if all(isinstance(token, str) for token in tokens):
                text = "".join(str(token) for token in tokens)
                done.append(re.compile(re.escape(text)) if text.startswith("{") else text)
            elif len(tokens) == 1 and isinstance(tokens[0], StringConvertor):
                done.append(None)
            else:
                done.append(re.compile("".join(_expression(token) for token in tokens)))
            sure = sure and not isinstance(done[-1], re.Pattern)
        return tuple(done), False, sure


def _split(tokens: Sequence[str | Convertor[Any]]) -> list[list[str | Convertor[Any]]]:
    """Cut a path at its slashes. What is empty at its end, after a final slash, is left out."""
    segments: list[list[str | Convertor[Any]]] = [[]]
    for token in tokens:
        if isinstance(token, str):
            first, *others = token.split("/")
            segments[-1] += [first] if first else []
            segments += [[text] if text else [] for text in others]
        else:
            segments[-1].append(token)
    del segments[0]  # what is before the first slash
    if segments and not segments[-1]:
        del segments[-1]
    return [segment or [""] for segment in segments]


def _expression(token: str | Convertor[Any]) -> str:
    return re.escape(token) if isinstance(token, str) else f"(?:{token.regex})"


def _taking(routes: list[ViewRoute], path: str, scope: Scope) -> list[ViewRoute]:
    """Return the routes that take a path, up to the first one that takes any method: the search ends there."""
    taken: list[ViewRoute] = []
    for route in routes:
        if route.kind in (None, scope["type"]) and route.takes is not None and route.takes(path, scope):
            taken.append(route)
            if route.methods is None:
                break
    return taken


def _matches(route: BaseRoute, prefix: str) -> Callable[[Scope], bool]:
    """Return a function that lets a route of another kind say whether it takes a scope."""

    def matches(scope: Scope) -> bool:
        root = scope.get("root_path", "") + prefix
        return route.matches({**scope, "root_path": root})[0] is not Match.NONE

    return matches


def _name(route: Any) -> str:
    endpoint = getattr(route, "endpoint", route)
    return getattr(endpoint, "__qualname__", None) or f"{endpoint!r:.100}"


def _warn_of_another_shim(app: Any, prefix: str) -> None:
    """Warn of a mounted application that has CORS of its own: the outermost shim decides."""
    if isinstance(app, (ShimConfig, ASGIShim)) or SHIM in getattr(app, "__dict__", ()):
        warnings.warn(
            f"what is mounted at {prefix}/ has CORS of its own, which has no effect here: there is one policy for a"
            " request, and that of the outermost application decides. Give the mounted part its policy there:"
            " CORS(mount, policy)",
            RuntimeWarning,
            stacklevel=2,
        )
