"""What the drop-in for Starlette is given: read once, and warned about where it is not safe."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterable

from fastcors._config.checks import quote
from fastcors._config.danger import Danger
from fastcors._config.diagnosis import diagnose, repair
from fastcors._engine import sift
from fastcors._grammar import MAX_ORIGIN, parse_origin
from fastcors.compat._dialect.dangers import dangers_of_expression, dangers_of_list, origin_regex
from fastcors.errors import InsecurePolicyWarning

__all__ = [
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
    names = [name for name in _SEPARATORS.split(value) if name]
    if names != ["*"]:
        _warn(f"{parameter} is a string where a list is meant; it is read as {parameter}={names!r}: write that")
    return names


def is_fixed(origins: Collection[str]) -> bool:
    """Whether it is plain data; an object with a mind of its own may say something else the next time."""
    return type(origins) in (list, tuple, set, frozenset)


def check_origins(origins: Collection[str], credentials: bool) -> None:
    """Warn of a list that lets in more, or less, than it seems to."""
    if not is_fixed(origins):
        texts = [text for text in ("*", "null") if text in origins]
        _warn_of_dangers("allow_origins", dangers_of_list(texts, credentials), _SAFE)
        return
    items: list[object] = list(origins)
    suspects = [items[i] for i in sift(items, not credentials)]
    texts = [text for text in suspects if isinstance(text, str) and ("*" not in text or text == "*")]
    _warn_of_dangers("allow_origins", dangers_of_list(texts, credentials), _SAFE)
    odd = [value for value in suspects if value != "*" and not is_origin(value)]
    if odd:
        lines = [_wrong(value) for value in odd[:_SHOWN]]
        more = f"; and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
        _warn(f"allow_origins has entries that no browser sends as an origin: {'; '.join(lines)}{more}")


def _warn_of_dangers(parameter: str, dangers: Iterable[Danger], safe: str) -> None:
    """Warn once of all that is dangerous about a parameter, with what to write instead."""
    found = list(dangers)
    if found:
        lines = [f"{danger.message} [{danger.code}]" for danger in found[:_SHOWN]]
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        hints = [danger.hint for danger in found if danger.hint is not None]
        _warn(f"{parameter}: {'; '.join(lines)}{more}. Write {hints[0] if hints else safe!r} or the like", 5)


def _wrong(value: object) -> str:
    if not isinstance(value, str):
        return f"{quote(repr(value))} (not a string)"
    if "*" in value:
        return f"{quote(value)} (no pattern here: write fastcors.Policy(allow_origins=[...]), or allow_origin_regex)"
    _, message = diagnose(value)
    fixed = repair(value)
    return f"{quote(value)} (write {fixed!r})" if fixed else f"{quote(value)} ({message})"


def check_regex(pattern: re.Pattern[str] | None, credentials: bool) -> None:
    """Warn of a regex that lets in more than it names, or that an origin can make slow."""
    if pattern is None:
        return
    regex = origin_regex(pattern)
    _warn_of_dangers("allow_origin_regex", dangers_of_expression(regex, credentials), _SAFE_REGEX)
    if regex.slow:
        _warn(
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


def _warn(message: str, level: int = 4) -> None:
    """Issue the warning from the line that made the middleware."""
    # _warn, what found it, __init__, and its caller.
    warnings.warn(message, InsecurePolicyWarning, stacklevel=level)
