"""What the drop-in for Starlette is given: read once, and warned about where it is not safe."""

from __future__ import annotations

import re
from collections.abc import Collection

from fastcors._engine import sift
from fastcors._grammar import MAX_ORIGIN, parse_origin
from fastcors.compat._dialect.dangers import dangers_of_expression, dangers_of_list, origin_regex
from fastcors.compat._dialect.entries import split_text
from fastcors.compat._dialect.warn import warn, warn_of_dangers, warn_of_odd, warn_of_string

__all__ = [
    "check_origins",
    "check_regex",
    "is_fixed",
    "is_origin",
    "preflight_headers",
    "read_names",
    "simple_headers",
]

_SAFE = "https://app.example.com"
_SAFE_REGEX = r"https://([a-z0-9-]+\.)*example\.com"
_PREFLIGHT_VARY = (
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"
)


def is_origin(value: object) -> bool:
    """Whether a browser may send this as ``Origin`` (Fetch, "serialised origin"); ``"null"`` is one."""
    return isinstance(value, str) and len(value) <= MAX_ORIGIN and (value == "null" or parse_origin(value) is not None)


def read_names(parameter: str, value: Collection[str]) -> Collection[str]:
    """The list that was given, or the one that was meant where it is a string: its letters are nobody's names."""
    if not isinstance(value, str):
        return value
    names = split_text(value)
    if names != ["*"]:
        warn_of_string(parameter, names)
    return names


def is_fixed(origins: Collection[str]) -> bool:
    """Whether it is plain data; an object with a mind of its own may say something else the next time."""
    return type(origins) in (list, tuple, set, frozenset)


def check_origins(origins: Collection[str], credentials: bool) -> None:
    """Warn of a list that lets in more, or less, than it seems to."""
    if not is_fixed(origins):
        texts = [text for text in ("*", "null") if text in origins]
        warn_of_dangers("allow_origins", dangers_of_list(texts, credentials), _SAFE)
        return
    items: list[object] = list(origins)
    suspects = [items[i] for i in sift(items, not credentials)]
    texts = [text for text in suspects if isinstance(text, str) and ("*" not in text or text == "*")]
    warn_of_dangers("allow_origins", dangers_of_list(texts, credentials), _SAFE)
    odd = [value for value in suspects if value != "*" and not is_origin(value)]
    warn_of_odd("allow_origins", odd, "fastcors.Policy(allow_origins=[...]), or allow_origin_regex")


def check_regex(pattern: re.Pattern[str] | None, credentials: bool) -> None:
    """Warn of a regex that lets in more than it names, or that an origin can make slow."""
    if pattern is None:
        return
    regex = origin_regex(pattern)
    warn_of_dangers("allow_origin_regex", dangers_of_expression(regex, credentials), _SAFE_REGEX)
    if regex.slow:
        warn(
            f"allow_origin_regex={pattern.pattern!a} can take very long over an origin that is made for it;"
            f" install fastcors[re2], or write it like {_SAFE_REGEX!r}"
        )


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
