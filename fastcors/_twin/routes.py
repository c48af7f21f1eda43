"""Routes in pure Python: which policy a path gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastcors._config.route_shapes import Route, read_route, shapes_by_length
from fastcors._grammar import MAX_PATH, has_one_meaning, without_root

if TYPE_CHECKING:
    from fastcors._twin.engine import Engine

__all__ = ["Router"]


class Router:
    """A checked table of routes. Immutable, and safe to share between threads."""

    __slots__ = ("_policies", "_shapes", "routes")

    def __init__(self, routes: Mapping[str, Engine | None]) -> None:
        self.routes: dict[str, Engine | None] = dict(routes)
        self._policies: dict[Route, Engine | None] = {}
        for path, policy in self.routes.items():
            if self._policies.setdefault(read_route(path), policy) is not policy:
                raise ValueError("two routes stand for the same paths")
        self._shapes = shapes_by_length(self._policies)

    def find(self, path: object, root_path: object = "", /) -> Engine | None:
        """Return the policy for the path of an ASGI scope, or None for no CORS.

        The path is taken without ``root_path`` where it begins with it at a segment's edge, as the application routes
        by what is left, and servers differ in whether they put ``root_path`` into the path.
        """
        if isinstance(path, str) and isinstance(root_path, str):
            path = without_root(path, root_path)
        return self._find(path, "utf-8")

    def find_wsgi(self, path_info: object, /) -> Engine | None:
        """Return the policy for a PATH_INFO, whose characters are the bytes of the path (PEP 3333)."""
        return self._find("" if path_info is None else path_info, "latin-1")

    def _find(self, text: object, encoding: str) -> Engine | None:
        if not isinstance(text, str) or str.__len__(text) > MAX_PATH:
            return None
        try:
            path = str.encode(text, encoding) or b"/"  # RFC 3986, section 6.2.3
        except UnicodeEncodeError:
            return None
        if len(path) > MAX_PATH or not path.startswith(b"/") or not has_one_meaning(path):
            return None
        most = len(self._shapes) - 1
        segments = path[1:].split(b"/", most)
        if segments[-1] == b"":
            del segments[-1]
        for names, is_prefix in self._shapes[min(len(segments), most)]:
            route = Route(tuple(None if n else s for n, s in zip(names, segments, strict=False)), is_prefix)
            if route in self._policies:
                return self._policies[route]
        return None
