"""Which rule a path is under: the first one that matches it, or none.

A rule is a path, or a regular expression that matches the beginning of one, ``/api/*`` above all. Somebody behind the
framework may read the same path otherwise: decode it once more, or resolve the ``..`` in it. So a path that can
be read in several ways is under a rule only where all of them are under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar
from urllib.parse import unquote

__all__ = ["PathRules", "routed_path"]

T = TypeVar("T")

_EVERYWHERE = ("/*", "/.*", ".*", "^.*", "^/.*")
_AMBIGUOUS = re.compile(r"%|//|/\.")
_MAX_DECODED = 4
_MAX_CACHED = 256
_MAX_CACHED_LENGTH = 256


class PathRules(Generic[T]):
    """Patterns in the order in which they decide, each with what is under it."""

    __slots__ = ("_found", "everywhere", "rules")

    everywhere: T | None
    """What every path is under, where the first pattern is for all of them."""

    def __init__(self, rules: Sequence[tuple[str | re.Pattern[str], T]]) -> None:
        self.rules = list(rules)
        pattern, first = self.rules[0] if self.rules else ("", None)
        self.everywhere = first if isinstance(pattern, re.Pattern) and pattern.pattern in _EVERYWHERE else None
        self._found: dict[str, T | None] = {}

    def find(self, path_info: str) -> T | None:
        """Return what the path of a request is under; ``path_info`` is the ``PATH_INFO`` of WSGI."""
        if self.everywhere is not None:
            return self.everywhere
        try:
            return self._found[path_info]
        except KeyError:
            pass
        found = self._look_up(routed_path(path_info))
        if len(path_info) <= _MAX_CACHED_LENGTH:
            if len(self._found) >= _MAX_CACHED:
                self._found = {}
            self._found[path_info] = found
        return found

    def _look_up(self, path: str) -> T | None:
        index = self._index(path)
        if _AMBIGUOUS.search(path) and any(self._index(reading) != index for reading in _readings(path)):
            index = -1
        return self.rules[index][1] if index >= 0 else None

    def _index(self, path: str) -> int:
        for index, (pattern, _) in enumerate(self.rules):
            if (pattern == path) if isinstance(pattern, str) else pattern.match(path):
                return index
        return -1


def routed_path(path_info: str) -> str:
    """Return the path by which Werkzeug routes, from the ``PATH_INFO`` of WSGI (PEP 3333, "Unicode Issues")."""
    return "/" + path_info.encode("latin-1", "replace").decode(errors="replace").lstrip("/")


def _readings(path: str) -> Iterator[str]:
    """Return what else a path can mean."""
    yield _resolved(path)
    for _ in range(_MAX_DECODED):
        decoded = unquote(path)
        if decoded == path:
            return
        yield decoded
        yield _resolved(decoded)
        path = decoded


def _resolved(path: str) -> str:
    """Return a path without empty segments, ``.`` and ``..`` (RFC 3986, section 5.2.4)."""
    segments: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part not in ("", "."):
            segments.append(part)
    ends = "/" if segments and parts[-1] in ("", ".", "..") else ""
    return "/" + "/".join(segments) + ends
