"""Which rule a path is under: the first one that matches it, or none.

Flask-CORS documents regular expressions that match the beginning of a path, ``/api/*`` above all. Somebody behind
the framework may read the same path otherwise: decode it once more, or resolve the ``..`` in it. So a path that can
be read in several ways is under a rule only where all of them are under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from fastcors.compat.flask_cors.constants import ResourcePattern
from fastcors.compat.flask_cors.options import Options

_EVERYWHERE = ("/*", "/.*", ".*", "^.*", "^/.*")
_AMBIGUOUS = re.compile(r"%|//|/\.")
_MAX_DECODED = 4
_MAX_CACHED = 256
_MAX_CACHED_LENGTH = 256


class PathRules:
    """The option ``resources``, compiled: patterns in the order in which they decide, each with its options."""

    __slots__ = ("_everywhere", "_found", "_rules")

    def __init__(self, rules: Sequence[tuple[ResourcePattern, Options]]) -> None:
        self._rules = list(rules)
        pattern, options = self._rules[0] if self._rules else ("", None)
        self._everywhere = options if isinstance(pattern, re.Pattern) and pattern.pattern in _EVERYWHERE else None
        self._found: dict[str, Options | None] = {}

    def find(self, path: str) -> Options | None:
        """Return the options for the path of a request, as the framework decoded it."""
        if self._everywhere is not None:
            return self._everywhere
        try:
            return self._found[path]
        except KeyError:
            pass
        index = self._index(path)
        if _AMBIGUOUS.search(path) and any(self._index(reading) != index for reading in _readings(path)):
            index = -1
        options = self._rules[index][1] if index >= 0 else None
        if len(path) <= _MAX_CACHED_LENGTH:
            if len(self._found) >= _MAX_CACHED:
                self._found = {}
            self._found[path] = options
        return options

    def _index(self, path: str) -> int:
        for index, (pattern, _) in enumerate(self._rules):
            if (pattern == path) if isinstance(pattern, str) else pattern.match(path):
                return index
        return -1


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
