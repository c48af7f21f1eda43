"""Paths that have ``root_path`` elsewhere than in front, which some frameworks cut out there too.

Such a framework may run another view than the one whose path a table of routes sees. So the shim sees ``//`` in the
place of such a path: no route stands for it, and nobody is asked about it.
"""

from __future__ import annotations

from fastcors._grammar import without_root
from fastcors._types import Scope

__all__ = ["with_clear_path", "with_sent_path"]

_SENT = "fastcors.sent_path"
"""Where a scope has the path that was sent, while it has ``//`` as its path."""


def with_clear_path(scope: Scope) -> Scope:
    """Return the scope for the shim: with ``//`` as its path where cutting ``root_path`` out leaves another path."""
    path, root = scope.get("path"), scope.get("root_path")
    if not root or not isinstance(path, str) or not isinstance(root, str):
        return scope
    if path.split(root, maxsplit=1)[-1].strip("/") == without_root(path, root).strip("/"):
        return scope
    return {**scope, "path": "//", _SENT: path}


def with_sent_path(scope: Scope) -> Scope:
    """Return the scope for the application: with the path that was sent, and otherwise as the shim left it."""
    if _SENT in scope:
        scope["path"] = scope.pop(_SENT)
    return scope
