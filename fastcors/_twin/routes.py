"""Routes in pure Python: which policy a path gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastcors._twin.engine import Engine

__all__ = ["Router"]


class Router:
    """A checked table of routes. Immutable, and safe to share between threads."""

    __slots__ = ("_longest", "_segments", "_table", "routes")

    def __init__(self, routes: Mapping[str, Engine | None]) -> None:
        self.routes: dict[str, Engine | None] = dict(routes)
        self._table = {path.encode("utf-8"): policy for path, policy in self.routes.items()}
        self._longest = max(map(len, self._table), default=0)
        self._segments = max((path.count(b"/") + (not path.endswith(b"/")) for path in self._table), default=0)

    def find(self, path: object, /) -> Engine | None:
        """Return the policy for the path of an ASGI scope, or None for no CORS."""
        return self._find(path, "utf-8")

    def find_wsgi(self, path: object, /) -> Engine | None:
        """Return the policy for a PATH_INFO, whose characters are the bytes of the path (PEP 3333)."""
        return self._find("" if path is None else path, "latin-1")

    def _find(self, path: object, encoding: str) -> Engine | None:
        if not isinstance(path, str):
            return None
        try:
            whole = str.encode(path, encoding) or b"/"  # RFC 3986, section 6.2.3
        except UnicodeEncodeError:
            return None
        if not whole.startswith(b"/") or _has_dot_segment(whole):
            return None
        found = None
        end = 0
        # From the shortest prefix on; what is longer than any route, or deeper, is not looked at.
        for _ in range(self._segments):
            slash = whole.find(b"/", end)
            end = slash + 1 if slash >= 0 else len(whole)
            if end > self._longest:
                break
            key = whole[:end]
            if key in self._table:
                found = self._table[key]
            if end == len(whole):
                break
        return found


def _has_dot_segment(path: bytes) -> bool:
    """Whether an application could take the path for another one. Browsers resolve these (URL, "path state")."""
    return b"/./" in path or b"/../" in path or path.endswith((b"/.", b"/.."))
