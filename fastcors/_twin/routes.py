"""Routes in pure Python: which policy a path of a host gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from fastcors._config.route_shapes import Route, read_table, shapes_by_length
from fastcors._grammar import MAX_HOST, MAX_PATH, has_one_meaning, read_host, without_root
from fastcors._twin.find import Text, check_text, raw

if TYPE_CHECKING:
    from fastcors._twin.engine import Engine

__all__ = ["Router"]

_Self = TypeVar("_Self", bound="Router")


class Router:
    """A checked table of routes. Immutable, and safe to share between threads."""

    __slots__ = ("_any_host", "_by_host", "_keys", "routes")

    routes: dict[str, Engine | None]
    _keys: tuple[str, ...]
    _by_host: dict[bytes, _Paths]
    _any_host: _Paths

    def __new__(cls: type[_Self], routes: Mapping[str, Engine | None]) -> _Self:
        """Make a table of checked routes."""
        self = super().__new__(cls)
        self.routes = dict(routes)
        self._keys = tuple(self.routes)
        self._by_host = {host: _Paths(found) for host, found in read_table(self.routes).items()}
        self._any_host = self._by_host.pop(b"")
        return self

    def find(self, path: Text | None, host: Text | None = None, root_path: str | None = "") -> Engine | None:
        """Return the policy for a path, or None for no CORS.

        The path is decoded once, as in an ASGI scope, or bytes. It is taken without ``root_path`` where it begins with
        it at a segment's edge, as the application routes by what is left, and servers differ in whether they put
        ``root_path`` into the path. ``host`` is the value of the Host field, or None.
        """
        return self._policy_of(self.route_of(path, host, root_path))

    def find_wsgi(self, path_info: Text | None, host: Text | None = None) -> Engine | None:
        """Return the policy for a PATH_INFO, whose characters are the bytes of the path (PEP 3333)."""
        return self._policy_of(self._find(_encoded("" if path_info is None else path_info, "latin-1"), host))

    def route_of(self, path: Text | None, host: Text | None = None, root_path: str | None = "") -> str | None:
        """Return the route whose policy find() returns, as it was given; None where there is none."""
        if isinstance(path, str) and isinstance(root_path, str):
            path = without_root(path, root_path)
        return self._find(_encoded(path, "utf-8"), host)

    def _policy_of(self, route: str | None) -> Engine | None:
        return None if route is None else self.routes[route]

    def _find(self, path: bytes | None, host: Text | None) -> str | None:
        check_text("host", host)
        if path is None or len(path) > MAX_PATH or not path.startswith(b"/") or not has_one_meaning(path):
            return None
        for paths in self._tables(host):
            place = paths.find(path)
            if place is not None:
                return self._keys[place]
        return None

    def _tables(self, host: Text | None) -> Iterator[_Paths]:
        """Yield the tables that a request may be in, the one of its host first."""
        if self._by_host and host is not None:
            name = read_host(raw(host, MAX_HOST + len(":65535") + 1))
            if name is None:
                return
            ends = [name, *(name[at:] for at in range(len(name)) if name[at : at + 1] == b".")]
            yield from (self._by_host[end] for end in ends if end in self._by_host)
        yield self._any_host


class _Paths:
    """The routes of one host, or of any: the place of each."""

    __slots__ = ("_places", "_shapes")

    def __init__(self, places: dict[Route, int]) -> None:
        self._places = places
        self._shapes = shapes_by_length(places)

    def find(self, path: bytes) -> int | None:
        """Return the place of the route that wins."""
        most = len(self._shapes) - 1
        segments = path[1:].split(b"/", most)
        if segments[-1] == b"":
            del segments[-1]
        for names, is_prefix in self._shapes[min(len(segments), most)]:
            route = Route(tuple(None if n else s for n, s in zip(names, segments, strict=False)), is_prefix)
            if route in self._places:
                return self._places[route]
        return None


def _encoded(path: object, encoding: str) -> bytes | None:
    """Return the bytes of a path; None where it is no text, or has no bytes."""
    if isinstance(path, bytes):
        return bytes.__getitem__(path, slice(None)) or b"/"  # RFC 3986, section 6.2.3
    if not isinstance(path, str) or str.__len__(path) > MAX_PATH:
        return None
    try:
        return str.encode(path, encoding) or b"/"
    except UnicodeEncodeError:
        return None
