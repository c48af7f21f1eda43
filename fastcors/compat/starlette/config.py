"""What the drop-in for Starlette is given: read once, and warned about where it is not safe."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator

from fastcors._config.checks import quote
from fastcors._config.diagnosis import diagnose, repair
from fastcors._config.settings import Settings
from fastcors._engine import sift
from fastcors.compat.starlette.headers import ANY
from fastcors.errors import InsecurePolicyWarning

__all__ = [
    "CompatSettings",
    "check_origins",
    "check_regex",
    "is_fixed",
    "is_origin",
    "preflight_headers",
    "read_names",
    "simple_headers",
]

_SEPARATORS = re.compile(r"[,\s]+")
_SHOWN = 8
_PREFLIGHT_VARY = (
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"
)

# A bare "." between two characters of a name: nobody means "any character" there.
_BARE_DOT = re.compile(r"(?<!\\)(?:\\\\)*[A-Za-z0-9)\]]\.(?=[A-Za-z0-9(\\])")
# ".*example.com": evilexample.com too.
_OPEN_START = re.compile(r"(?<!\\)\.[*+]\??(?=[A-Za-z0-9])")
# "https://example\.com.*": example.com.evil.example too; after ":" there can only be a port.
_OPEN_END = re.compile(r"(?<![\\:])\.[*+]\??[)$]*\Z")


class CompatSettings(Settings):
    """Settings with which ``"*"`` means what it does in Starlette."""

    __slots__ = ()

    @property
    def any_origin_varies(self) -> bool:
        """Requests with an ``Origin`` alone get it, all get ``Vary``; with credentials the origin is sent back."""
        return True


def is_origin(value: object) -> bool:
    """Whether a browser may send this as ``Origin`` (Fetch, "serialised origin"); ``"null"`` is one."""
    return isinstance(value, str) and ANY.is_origin_allowed(value)


def read_names(parameter: str, value: Collection[str]) -> Collection[str]:
    """The list that was given, or the one that was meant where it is a string: its letters are nobody's names."""
    if not isinstance(value, str):
        return value
    names = [name for name in _SEPARATORS.split(value) if name]
    if names != ["*"]:
        _warn(f"{parameter} is a string where a list is meant; it is read as {parameter}={names!r}: write that")
    return names


def is_fixed(origins: Collection[str]) -> bool:
    """Whether it is plain data; an object with a mind of its own may say something else the next time."""
    return type(origins) in (list, tuple, set, frozenset)


def check_origins(origins: Collection[str], credentials: bool) -> bool:
    """Warn of a list that lets in more, or less, than it seems to. Whether an engine can hold it."""
    if "*" in origins and credentials:
        _warn(
            'allow_origins=["*"] with allow_credentials=True lets every site read what its visitors may read here;'
            " name the sites that may: allow_origins=['https://app.example.com']"
        )
    if "null" in origins:
        _warn(
            'allow_origins has "null", which any site can be by way of a sandboxed frame;'
            " leave it out, and serve the page from an origin: allow_origins=['https://app.example.com']"
        )
    if not is_fixed(origins):
        return False
    items: list[object] = list(origins)
    odd = [items[i] for i in sift(items, True) if items[i] != "*" and not is_origin(items[i])]
    if odd:
        lines = [_wrong(value) for value in odd[:_SHOWN]]
        more = f"; and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
        _warn(f"allow_origins has entries that no browser sends as an origin: {'; '.join(lines)}{more}")
    return not odd or "*" in origins


def _wrong(value: object) -> str:
    if not isinstance(value, str):
        return f"{quote(repr(value))} (not a string)"
    if "*" in value:
        return f"{quote(value)} (no pattern here: write fastcors.Policy(allow_origins=[...]), or allow_origin_regex)"
    _, message = diagnose(value)
    fixed = repair(value)
    return f"{quote(value)} (write {fixed!r})" if fixed else f"{quote(value)} ({message})"


def check_regex(pattern: str | None) -> None:
    """Warn of a regex that covers more than the sites that it was written for."""
    if pattern is None:
        return
    found = list(_loose(str(getattr(pattern, "pattern", pattern))))
    if found:
        _warn(
            f"allow_origin_regex={pattern!r} is wider than it looks: {'; '.join(found)}."
            r" Name the host, escaped and to its end: r'https://([a-z0-9-]+\.)*example\.com'"
        )


def _loose(pattern: str) -> Iterator[str]:
    if _BARE_DOT.search(pattern):
        yield "a '.' stands for any character, write r'\\.'"
    if _OPEN_START.search(pattern):
        yield "'.*' before a name covers any beginning of that name"
    if _OPEN_END.search(pattern):
        yield "'.*' at the end covers any host that goes on there"


def simple_headers(star: bool, credentials: bool, exposed: Collection[str]) -> dict[str, str]:
    """What a response gets whatever its origin, where that is allowed."""
    headers = {}
    if star:
        headers["Access-Control-Allow-Origin"] = "*"
    if credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    if exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(exposed)
    return headers


def preflight_headers(
    star: bool, credentials: bool, methods: Collection[str], names: Collection[str] | None, max_age: int | None
) -> dict[str, str]:
    """What every answer to a preflight gets; ``names`` is None where the requested ones are sent back."""
    headers = {"Vary": _PREFLIGHT_VARY}
    if star:
        headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    if max_age is not None:
        headers["Access-Control-Max-Age"] = str(max_age)
    if names is not None:
        headers["Access-Control-Allow-Headers"] = ", ".join(names)
    if credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    return headers


def _warn(message: str) -> None:
    """Issue the warning from the line that made the middleware."""
    # _warn, what found it, __init__, and its caller.
    warnings.warn(message, InsecurePolicyWarning, stacklevel=4)
