"""What the checks of a policy's parameters share: the form of values, and how messages show them.

Each check returns the canonical value and the issues that it found; where there is an issue the value
is a harmless stand-in, so that the remaining checks can go on and everything wrong is reported at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal, TypeVar, cast

from fastcors._config.settings import OriginFunc
from fastcors.errors import PolicyIssue

__all__ = [
    "check_bool",
    "check_disclose",
    "check_max_age",
    "check_origin_cache_size",
    "check_origin_cache_ttl",
    "check_origin_func",
    "check_status",
    "element_type",
    "elements",
    "exact",
    "hint_list",
    "one_or_many",
    "quote",
    "unknown_parameter",
    "wrong_type",
]

MAX_ORIGIN_CACHE_TTL = 86_400
"""A day in seconds."""

MAX_ORIGIN_CACHE_SIZE = 1_000_000

MAX_MAX_AGE = 86_400
"""A day in seconds: the longest time for which any browser keeps a preflight's answer (Firefox)."""

QUOTED = 100
"""How many characters of a value a message shows."""

_T = TypeVar("_T")
_Fix = Callable[[str], "str | None"]


def quote(text: str) -> str:
    """``text`` for a message: in double quotes, ASCII, without control characters, and not endless."""
    return json.dumps(text if len(text) <= QUOTED else text[:QUOTED] + "...").replace("\x7f", "\\u007f")


def exact(text: str) -> str:
    """``text`` as a plain ``str``; subclasses (``class Site(str, Enum)``) may show themselves otherwise."""
    return text if type(text) is str else str.__str__(text)


def hint_list(text: str, fix: _Fix) -> str | None:
    """The list that a string was meant to be (``'["GET", "PUT"]'``); ``None`` where ``fix`` knows no way."""
    parts = [part.strip() for part in text.split(",")] if "," in text else text.split()
    fixed = [fix(part) for part in parts if part]
    return None if not fixed or None in fixed else json.dumps(fixed)


def one_or_many(text: str, fix: _Fix) -> str | None:
    """The corrected form of one element; where it holds several, the list of them."""
    one = fix(text.strip())
    return hint_list(text, fix) if one is None else one


def elements(field: str, noun: str, value: object, fix: _Fix) -> tuple[list[object], list[PolicyIssue]]:
    """The elements of a list parameter. ``"*"`` alone is one element; any iterable is read once.

    A bare string would be read letter by letter, which nobody means. What an iterable itself raises
    while it is read is not a fault of the configuration, and passes through.
    """
    if isinstance(value, str):
        text = exact(value)
        if text == "*":
            return ["*"], []
        message = f'{quote(text)} is one string where a list of strings is expected; only "*" stands alone'
        return [], [PolicyIssue(f"{noun}s-string", field, value, message, hint_list(text, fix))]
    if not isinstance(value, (bytes, bytearray, memoryview)):
        try:
            iterator = iter(cast("Iterable[object]", value))
        except TypeError:
            pass
        else:
            return list(iterator), []
    message = f'expected "*" or an iterable of strings, not {type(value).__name__}'
    return [], [PolicyIssue(f"{noun}s-type", field, value, message)]


def element_type(field: str, noun: str, value: object, fix: _Fix) -> PolicyIssue:
    """The issue of an element that is no string."""
    hint = one_or_many(value.decode("latin-1"), fix) if isinstance(value, bytes) else None
    message = f"every {noun.replace('-', ' ')} is a str, not {type(value).__name__}"
    return PolicyIssue(f"{noun}-type", field, value, message, hint)


def check_bool(field: str, value: object) -> tuple[bool, list[PolicyIssue]]:
    """Only ``True`` and ``False``: the string ``"false"`` from an environment is true for Python."""
    if isinstance(value, bool):
        return value, []
    spelled = exact(value).strip().lower() if isinstance(value, str) else value
    hint = None
    if isinstance(spelled, (str, int)):
        hint = {"true": "True", "false": "False", 1: "True", 0: "False"}.get(spelled)
    return False, [wrong_type(field, value, "True or False", hint)]


def check_origin_func(value: object) -> tuple[OriginFunc | None, list[PolicyIssue]]:
    """``None``, or something that can be called."""
    if value is None or callable(value):
        return value, []
    return None, [wrong_type("allow_origin_func", value, "None or a function of an origin", None)]


def check_origin_cache_ttl(value: object) -> tuple[float, list[PolicyIssue]]:
    """Seconds from 0 to 86400 as an int, a float or a ``timedelta``."""
    field = "origin_cache_ttl"
    if isinstance(value, timedelta):
        seconds: float = value.total_seconds()
    elif isinstance(value, int) and not isinstance(value, bool):
        seconds = int.__index__(value)
    elif isinstance(value, float):
        seconds = float.__float__(value)
    else:
        return 60, [wrong_type(field, value, "a number of seconds or a timedelta", None)]
    if not 0 <= seconds <= MAX_ORIGIN_CACHE_TTL:
        hint = str(MAX_ORIGIN_CACHE_TTL) if seconds > 0 else "0" if seconds < 0 else None
        message = f"not from 0 to {MAX_ORIGIN_CACHE_TTL} seconds (a day); 0 keeps no answer of a function"
        return 60, [PolicyIssue("origin-cache-ttl-range", field, value, message, hint)]
    return int(seconds) if seconds == int(seconds) else seconds, []


def check_origin_cache_size(value: object) -> tuple[int, list[PolicyIssue]]:
    """A number of answers from 1 to a million."""
    field = "origin_cache_size"
    if isinstance(value, bool) or not isinstance(value, int):
        return 4096, [wrong_type(field, value, "an int", None)]
    size = int.__index__(value)
    if not 1 <= size <= MAX_ORIGIN_CACHE_SIZE:
        hint = str(min(max(size, 1), MAX_ORIGIN_CACHE_SIZE))
        message = f"not from 1 to {MAX_ORIGIN_CACHE_SIZE} origins; origin_cache_ttl=0 keeps no answer of a function"
        return 4096, [PolicyIssue("origin-cache-size-range", field, value, message, hint)]
    return size, []


def check_max_age(value: object) -> tuple[int | None, list[PolicyIssue]]:
    """``None``, or whole seconds from 0 to 86400 as an int or a ``timedelta``."""
    field = "max_age"
    if value is None:
        return None, []
    if isinstance(value, timedelta):
        if value % timedelta(seconds=1):
            hint = str(min(max(value // timedelta(seconds=1), 0), MAX_MAX_AGE))
            message = "a fraction of a second cannot be sent: delta-seconds are whole (RFC 9111, section 1.2.2)"
            return None, [PolicyIssue("max-age-fraction", field, value, message, hint)]
        seconds = value // timedelta(seconds=1)
    elif isinstance(value, int) and not isinstance(value, bool):
        seconds = int.__index__(value)
    else:
        whole = isinstance(value, float) and value.is_integer() and 0 <= value <= MAX_MAX_AGE
        likely = str(int(cast("float", value))) if whole else None
        return None, [wrong_type(field, value, "None, an int of seconds or a timedelta", likely)]
    if seconds < 0:
        message = "a negative time; 0 turns the browser's cache of preflights off, None leaves the header out"
        return None, [PolicyIssue("max-age-negative", field, value, message, "0")]
    if seconds > MAX_MAX_AGE:
        message = f"more than {MAX_MAX_AGE} seconds (a day), the longest time that any browser honours"
        return None, [PolicyIssue("max-age-too-long", field, value, message, str(MAX_MAX_AGE))]
    return seconds, []


def check_status(field: str, value: object, ranges: tuple[int, ...], default: int) -> tuple[int, list[PolicyIssue]]:
    """A status code whose first digit is one of ``ranges``."""
    if isinstance(value, bool) or not isinstance(value, int):
        return default, [wrong_type(field, value, "an int", None)]
    status = int.__index__(value)
    if 100 <= status <= 599 and status // 100 in ranges:
        return status, []
    classes = " or ".join(f"{digit}xx" for digit in ranges)
    code = field.replace("_", "-") + "-range"
    return default, [PolicyIssue(code, field, value, f"not a {classes} status code", str(default))]


def check_disclose(value: object) -> tuple[Literal["full", "minimal"], list[PolicyIssue]]:
    """``"full"`` or ``"minimal"``."""
    if not isinstance(value, str):
        return "full", [wrong_type("disclose", value, '"full" or "minimal"', None)]
    text = exact(value)
    if text == "full" or text == "minimal":
        return cast('Literal["full", "minimal"]', text), []
    hint = _nearest(text, ["full", "minimal"])
    message = f'{quote(text)} is neither "full" nor "minimal"'
    return "full", [PolicyIssue("disclose-unknown", "disclose", value, message, hint)]


def unknown_parameter(name: object, value: object, known: Iterable[str]) -> PolicyIssue:
    """The issue of a parameter that does not exist; the hint is the known name nearest to it.

    The names in other CORS libraries (``supports_credentials``, ``CORS_ALLOWED_ORIGINS``) are near enough.
    """
    if not isinstance(name, str):
        field, message = type(name).__name__, f"a parameter's name is a str, not {type(name).__name__}"
        return PolicyIssue("unknown-parameter", field, value, message)
    hint = _nearest(exact(name).replace("-", "_").removeprefix("CORS_"), known)
    return PolicyIssue("unknown-parameter", exact(name), value, "no such parameter", hint)


def _nearest(text: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(text.strip().lower(), list(known), n=1)), None)


def wrong_type(field: str, value: object, expected: str, hint: str | None) -> PolicyIssue:
    return PolicyIssue("wrong-type", field, value, f"expected {expected}, not {type(value).__name__}", hint)
