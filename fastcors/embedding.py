"""fastcors in a server or a gateway of one's own: what only their authors need."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from fastcors import _engine
from fastcors._engine import RequestFeed
from fastcors._shims.routes import Routes, check_routes
from fastcors.decision import Written

__all__ = ["RequestFeed", "Router", "Written", "get_include"]

_Self = TypeVar("_Self", bound="Router")


class Router(_engine.Router):
    """A table of routes: paths, prefixes and templates, below a host or below any, each with its policy.

    Keys are ``"/api/"``, ``"/items/{id}"``, ``"//api.example.com/admin/"``, ``"//*.example.com/"``. What a key leads to
    is a policy, the parameters of one as a mapping, or ``None``: no CORS. A table does not change, and threads share
    it. ``routes`` is the checked table.

    >>> from fastcors import Policy
    >>> page, public = Policy(allow_origins=["https://app.example.com"]), Policy(allow_origins="*")
    >>> router = Router({"//api.example.com/": page, "/public/": public})
    >>> router.find("/items", "API.example.com:8443") is page
    True
    >>> router.find("/public/logo.svg", "www.example.com") is public
    True
    """

    __slots__ = ()

    def __new__(cls: type[_Self], routes: Routes) -> _Self:
        """Check the table. PolicyError has everything that is wrong with it."""
        return super().__new__(cls, check_routes(routes, hosts=True))


def get_include() -> str:
    """Return the folder of ``fastcors.h``, for the ``include_dirs`` of an extension module."""
    return str(Path(__file__).with_name("include"))
