"""Routes as both engines read them: segments, names, and which route wins.

A route is an exact path (``/health``), a prefix (``/api/``), or a template with names for whole segments
(``/items/{id}``, ``/tenants/{tenant}/``). ``{name:path}`` at the end makes a prefix. ``/x`` and ``/x/`` are one path.
In a table with hosts one may stand before it: ``//api.example.com/items/{id}``, ``//*.example.com/``.

Routes with names at the same places have one *shape*. There are few shapes in a table, however many routes it has, so
an engine looks a path up once for each shape, in an order in which the first route that it finds is the one that wins.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fastcors._grammar import MAX_SEGMENTS

__all__ = ["Route", "Shape", "host_key", "read_route", "read_table", "shapes_by_length", "split_route"]


class Shape(NamedTuple):
    """What routes with names at the same places have in common."""

    names: tuple[bool, ...]
    """For each segment, whether a name stands for it."""
    is_prefix: bool


class Route(NamedTuple):
    """A route that has been read."""

    segments: tuple[bytes | None, ...]
    """In UTF-8; None where a name stands for a segment."""
    is_prefix: bool

    @property
    def shape(self) -> Shape:
        """The shape of the route."""
        return Shape(tuple(segment is None for segment in self.segments), self.is_prefix)

    @property
    def key(self) -> bytes:
        """The route's text without what the names are called: routes with one key stand for the same paths."""
        texts = [b"{}" if segment is None else segment for segment in self.segments]
        return b"/" + b"/".join([*texts, b""] if self.is_prefix and texts else texts)


def split_route(route: str) -> tuple[str, str]:
    """Return the host of a route, ``//api.example.com/items/``, and its path. The host is empty where it has none."""
    if not route.startswith("//"):
        return "", route
    host, slash, path = route[2:].partition("/")
    return host, slash + path


def host_key(host: str) -> bytes:
    """Return what a table of routes has for the host of a route: ``.example.com`` for ``*.example.com``."""
    return host.removeprefix("*").encode("utf-8")


def read_table(routes: Mapping[str, object]) -> dict[bytes, dict[Route, int]]:
    """Return the routes of each host, by its key, with their places in a checked table; ``b""`` has those of no host.

    ValueError: two routes stand for the same paths, and lead to different policies.
    """
    tables: dict[bytes, dict[Route, int]] = {b"": {}}
    policies = tuple(routes.values())
    for place, text in enumerate(routes):
        host, path = split_route(text)
        first = tables.setdefault(host_key(host), {}).setdefault(read_route(path), place)
        if policies[first] is not policies[place]:
            raise ValueError("two routes stand for the same paths")
    return tables


def read_route(path: str) -> Route:
    """Return the path of a checked route, read."""
    segments: list[bytes | None] = []
    *parts, last = path.encode("utf-8").split(b"/")[1:]
    is_prefix = last == b"" or last.endswith(b":path}")
    for part in parts if is_prefix else [*parts, last]:
        segments.append(None if part.startswith(b"{") else part)
    if len(segments) > MAX_SEGMENTS:
        raise ValueError(f"a route has at most {MAX_SEGMENTS} segments")
    return Route(tuple(segments), is_prefix)


def shapes_by_length(routes: Iterable[Route]) -> list[list[Shape]]:
    """Return the shapes that a path of 0, 1, 2, … segments can have, and last those of a path of more than any route's.

    At the first segment in which two routes for one path differ, the one with a literal segment wins over the one with
    a name, and that over the end of a prefix. An exact end wins over that of a prefix.
    """
    shapes = sorted({route.shape for route in routes}, key=lambda shape: (*shape.names, 3 if shape.is_prefix else 2))
    deepest = max((len(shape.names) for shape in shapes), default=0)
    return [
        [shape for shape in shapes if len(shape.names) == n or (shape.is_prefix and len(shape.names) < n)]
        for n in range(deepest + 2)
    ]
