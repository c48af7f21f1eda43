"""What the checks of a policy's parameters share: the form of values, and how messages show them.

Each check returns the canonical value and the issues that it found; where there is an issue the value means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal, TypeVar, cast

from fastcors._config.functions import is_asynchronous, takes
from fastcors._config.settings import OriginFunc
from fastcors.errors import PolicyIssue

__all__ = [
    "check_bool",
    "check_disclose",
    "check_max_age",
    "check_name",
    "check_origin_cache_size",
    "check_origin_cache_ttl",
    "check_origin_func",
    "check_origin_timeout",
    "check_status",
    "digits",
    "element_type",
    "elements",
    "hint_list",
    "is_list_text",
    "one_or_many",
    "plain_str",
    "quote",
    "unknown_parameter",
    "written",
    "wrong_type",
]

MAX_ORIGIN_CACHE_TTL = 86_400
"""A day in seconds."""

MAX_ORIGIN_CACHE_SIZE = 1_000_000

MAX_ORIGIN_TIMEOUT = 86_400
"""A day in seconds."""

MAX_NAME = 100
"""Characters of the name of a policy."""

MAX_MAX_AGE = 86_400
"""A day in seconds: the longest time for which any browser keeps a preflight's answer (Firefox)."""

QUOTED = 100
"""How many characters of a value a message shows."""

FOREIGN_PARAMETERS: dict[str, tuple[str | None, str]] = {
    "resources": ("routes", "fastcors has one policy for each path in routes"),
    "urls_regex": ("routes", "fastcors has one policy for each path in routes"),
    "urls_allow_all": ("routes", "fastcors has one policy for each path in routes"),
    "automatic_options": ("preflight_continue", "preflight_continue=True lets the application respond to preflights"),
    "intercept_exceptions": ("handle_errors", "handle_errors=True responds for an application that raises"),
    "optionsSuccessStatus": ("preflight_status", "no such parameter"),
    "allow_any_origin": ("allow_origins", '"*" in it allows any origin'),
    "origin_whitelist": ("allow_origins", "no such parameter"),
    "origin_regex_whitelist": ("allow_origin_regex", "no such parameter"),
    "allowed_origin_regexes": ("allow_origin_regex", "it takes one expression; write | between several"),
    "preflight_max_age": ("max_age", "no such parameter"),
    "vary_header": (None, "Vary is written wherever an answer depends on the request, and nowhere else"),
    "always_send": (None, "a request without Origin gets only the headers that are the same for all origins"),
    "send_wildcard": (None, '"*" is sent for allow_origins="*", and the request\'s own origin for a list'),
    "allow_null_origin": ("dangerously_allow_null_origin", "no such parameter"),
}
"""Names that other libraries have, whose nearest of ours would be wrong or none: what to write, and what to know."""

_WORDS = {"true": "True", "1": "True", "yes": "True", "on": "True", "false": "False", "0": "False"}
_WORDS |= {"no": "False", "off": "False"}

_T = TypeVar("_T")
_Fix = Callable[[str], "str | None"]


def quote(text: str) -> str:
    """``text`` for a message: in double quotes, ASCII, without control characters, and not endless."""
    import json

    return json.dumps(text if len(text) <= QUOTED else text[:QUOTED] + "...").replace("\x7f", "\\u007f")


def plain_str(text: str) -> str:
    """``text`` as a plain ``str``; subclasses (``class Site(str, Enum)``) may show themselves otherwise."""
    return text if type(text) is str else str.__str__(text)


def hint_list(text: str, fix: _Fix) -> str | None:
    """The list that a string was meant to be (``'["GET", "PUT"]'``); ``None`` where ``fix`` knows no way."""
    parts = text.split(",") if "," in text else text.split()
    hint = _fixed_list([part.strip() for part in parts], fix)
    if hint is None and is_list_text(text):  # as a shell or a file has it: '["GET", "PUT"]', "[GET, PUT]"
        hint = _fixed_list([part.strip(" \t\r\n'\"") for part in text.strip()[1:-1].split(",")], fix)
    return hint


def _fixed_list(parts: list[str], fix: _Fix) -> str | None:
    import json

    fixed = [fix(part) for part in parts if part]
    return None if not fixed or None in fixed else json.dumps(fixed)


def is_list_text(text: str) -> bool:
    """Whether a string is a list that somebody wrote as text."""
    text = text.strip()
    return len(text) > 2 and text[0] + text[-1] in ("[]", "()", "{}") and not re.fullmatch(r"\[[0-9A-Fa-f:.]*\]", text)


def written(value: object) -> str | None:
    """What a URL object of another library (pydantic, yarl, httpx, ``urllib``) says as text; ``None`` for others."""
    try:
        text = value.geturl() if hasattr(value, "geturl") else str(value)
    except Exception:  # of an object that nobody knows
        return None
    return text if isinstance(text, str) and re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s<>]*\Z", text) else None


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
        text = plain_str(value)
        if text == "*":
            return ["*"], []
        what = "a list written as text" if is_list_text(text) else "one string"
        message = f'{quote(text)} is {what}, but a list of strings is expected; only "*" may stand without a list'
        return [], [PolicyIssue(f"{noun}s-string", field, value, message, hint_list(text, fix))]
    if not isinstance(value, (bytes, bytearray, memoryview)) and not hasattr(value, "geturl"):
        try:
            iterator = iter(cast("Iterable[object]", value))
        except TypeError:
            pass
        else:
            return list(iterator), []
    said = written(value)
    hint = None if said is None else hint_list(said, fix)
    message = f'expected "*" or an iterable of strings, not {type(value).__name__}'
    return [], [PolicyIssue(f"{noun}s-type", field, value, message, hint)]


def element_type(field: str, noun: str, value: object, fix: _Fix) -> PolicyIssue:
    """The issue of an element that is no string."""
    said = value.decode("latin-1") if isinstance(value, bytes) else written(value)
    hint = None if said is None else one_or_many(said, fix)
    message = f"every {noun.replace('-', ' ')} must be a str, not {type(value).__name__}"
    return PolicyIssue(f"{noun}-type", field, value, message, hint)


def check_bool(field: str, value: object) -> tuple[bool, list[PolicyIssue]]:
    """Only ``True`` and ``False``: the string ``"false"`` from an environment is true for Python."""
    if isinstance(value, bool):
        return value, []
    hint: str | None = None
    if isinstance(value, str):
        hint = _WORDS.get(plain_str(value).strip().lower())
    elif isinstance(value, int):
        hint = {1: "True", 0: "False"}.get(int.__index__(value))
    return False, [wrong_type(field, value, "True or False", hint)]


def check_origin_func(value: object) -> tuple[OriginFunc | None, list[PolicyIssue]]:
    """``None``, or something that can be called with the origin, or with the origin and the request."""
    field = "allow_origin_func"
    if value is None:
        return None, []
    if not callable(value):
        return None, [wrong_type(field, value, "None or a function of an origin", None)]
    if not takes(value, 1) and not takes(value, 2):
        message = "the function must take one argument, the origin, or two, the origin and the request"
        return None, [PolicyIssue("origin-func-arguments", field, value, message)]
    import inspect

    if inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value):
        message = "the function is a generator, so its result is neither True nor False; use return instead of yield"
        return None, [PolicyIssue("origin-func-generator", field, value, message)]
    return value, []


def check_name(value: object) -> tuple[str | None, list[PolicyIssue]]:
    """``None``, or 1 to 100 printable characters."""
    field = "name"
    if value is None:
        return None, []
    if not isinstance(value, str):
        return None, [wrong_type(field, value, "None or a str", None)]
    text = plain_str(value)
    shown = "".join(character for character in text if character.isprintable())[:MAX_NAME].strip() or None
    if not text or not text.isprintable():
        message = "is empty, or has characters that cannot be printed; they would spoil logs and terminals"
        return None, [PolicyIssue("name-unprintable", field, value, message, shown)]
    if len(text) > MAX_NAME:
        return None, [PolicyIssue("name-too-long", field, value, f"is longer than {MAX_NAME} characters")]
    return text, []


def check_origin_cache_ttl(value: object) -> tuple[float | None, list[PolicyIssue]]:
    """Seconds from 0 to 86400 as an int, a float or a ``timedelta``."""
    field = "origin_cache_ttl"
    seconds = _seconds(value)
    if seconds is None:
        hint = digits(value, 0, MAX_ORIGIN_CACHE_TTL)
        return None, [wrong_type(field, value, "a number of seconds or a timedelta", hint)]
    if not 0 <= seconds <= MAX_ORIGIN_CACHE_TTL:
        hint = str(MAX_ORIGIN_CACHE_TTL) if seconds > 0 else "0" if seconds < 0 else None
        message = f"must be from 0 to {MAX_ORIGIN_CACHE_TTL} seconds (a day); with 0 no answer of the function is kept"
        return None, [PolicyIssue("origin-cache-ttl-range", field, value, message, hint)]
    return int(seconds) if seconds == int(seconds) else seconds, []


def _seconds(value: object) -> float | None:
    """The seconds that a number or a ``timedelta`` stands for; ``None`` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    from datetime import timedelta

    return value.total_seconds() if isinstance(value, timedelta) else None


def check_origin_timeout(value: object, func: object) -> tuple[float | None, list[PolicyIssue]]:
    """``None``, or seconds, more than 0 and at most 86400, where ``func`` is no synchronous function."""
    field = "origin_timeout"
    if value is None:
        return None, []
    seconds = _seconds(value)
    if seconds is None:
        hint = digits(value, 1, MAX_ORIGIN_TIMEOUT)
        return None, [wrong_type(field, value, "None, a number of seconds or a timedelta", hint)]
    if not 0 < seconds <= MAX_ORIGIN_TIMEOUT:
        hint = str(MAX_ORIGIN_TIMEOUT) if seconds > 0 else "None" if seconds <= 0 else None
        message = f"must be more than 0 and at most {MAX_ORIGIN_TIMEOUT} seconds (a day); None sets no limit"
        return None, [PolicyIssue("origin-timeout-range", field, value, message, hint)]
    if func is not None and callable(func) and not is_asynchronous(func):
        message = "nobody can stop a synchronous allow_origin_func from outside; set a timeout inside the function"
        return None, [PolicyIssue("origin-timeout-synchronous", field, value, message, "None")]
    return int(seconds) if seconds == int(seconds) else seconds, []


def check_origin_cache_size(value: object) -> tuple[int | None, list[PolicyIssue]]:
    """A number of answers from 1 to a million."""
    field = "origin_cache_size"
    if isinstance(value, bool) or not isinstance(value, int):
        return None, [wrong_type(field, value, "an int", digits(value, 1, MAX_ORIGIN_CACHE_SIZE))]
    size = int.__index__(value)
    if not 1 <= size <= MAX_ORIGIN_CACHE_SIZE:
        hint = str(min(max(size, 1), MAX_ORIGIN_CACHE_SIZE))
        message = (
            f"must be from 1 to {MAX_ORIGIN_CACHE_SIZE}; to keep no answer of the function, set origin_cache_ttl=0"
        )
        return None, [PolicyIssue("origin-cache-size-range", field, value, message, hint)]
    return size, []


def check_max_age(value: object) -> tuple[int | None, list[PolicyIssue]]:
    """``None``, or whole seconds from 0 to 86400 as an int or a ``timedelta``."""
    field = "max_age"
    if value is None:
        return None, []
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = int.__index__(value)
    else:
        from datetime import timedelta

        if not isinstance(value, timedelta):
            spelled = digits(value, 0, MAX_MAX_AGE)
            return None, [wrong_type(field, value, "None, an int of seconds or a timedelta", spelled)]
        seconds = value // timedelta(seconds=1)
        if value % timedelta(seconds=1):
            hint = str(min(max(seconds, 0), MAX_MAX_AGE))
            message = "has a fraction of a second, but the header takes whole seconds (RFC 9111, section 1.2.2)"
            return None, [PolicyIssue("max-age-fraction", field, value, message, hint)]
    if seconds < 0:
        message = "must not be negative; 0 turns off the browser's cache for preflights, None sends no header"
        return None, [PolicyIssue("max-age-negative", field, value, message, "0")]
    if seconds > MAX_MAX_AGE:
        message = f"must be at most {MAX_MAX_AGE} seconds (a day); no browser keeps the answer to a preflight longer"
        return None, [PolicyIssue("max-age-too-long", field, value, message, str(MAX_MAX_AGE))]
    return seconds, []


def check_status(
    field: str, value: object, ranges: tuple[int, ...], default: int
) -> tuple[int | None, list[PolicyIssue]]:
    """A status code whose first digit is one of ``ranges``; ``default`` is the hint for another one."""
    if isinstance(value, bool) or not isinstance(value, int):
        spelled = [digits(value, digit * 100, digit * 100 + 99) for digit in ranges]
        return None, [wrong_type(field, value, "an int", next(filter(None, spelled), None))]
    status = int.__index__(value)
    if 100 <= status <= 599 and status // 100 in ranges:
        return status, []
    classes = " or ".join(f"{digit}xx" for digit in ranges)
    code = field.replace("_", "-") + "-range"
    return None, [PolicyIssue(code, field, value, f"must be a {classes} status code", str(default))]


def check_disclose(value: object) -> tuple[Literal["full", "minimal"] | None, list[PolicyIssue]]:
    """``"full"`` or ``"minimal"``."""
    if not isinstance(value, str):
        return None, [wrong_type("disclose", value, '"full" or "minimal"', None)]
    text = plain_str(value)
    if text == "full" or text == "minimal":
        return cast('Literal["full", "minimal"]', text), []
    hint = _nearest(text, ["full", "minimal"])
    message = f'{quote(text)} is neither "full" nor "minimal"'
    return None, [PolicyIssue("disclose-unknown", "disclose", value, message, hint)]


def digits(value: object, least: int, most: int) -> str | None:
    """A whole number that is no int (``"600"`` from an environment, ``600.0``) as one, where it may be that."""
    if isinstance(value, str):
        text = plain_str(value).strip()
        number = int(text) if len(text) < 10 and text.isascii() and text.isdigit() else -1
    else:
        number = int(value) if isinstance(value, float) and value.is_integer() else -1
    return str(number) if least <= number <= most else None


def unknown_parameter(name: object, value: object, known: Iterable[str], elsewhere: str = "") -> PolicyIssue:
    """The issue of a parameter that does not exist; the hint is the known name nearest to it.

    The names in other CORS libraries (``supports_credentials``, ``CORS_ALLOWED_ORIGINS``) are near enough, or stand in
    ``FOREIGN_PARAMETERS``. ``elsewhere`` says where there is a parameter of that name.
    """
    if not isinstance(name, str):
        field, message = type(name).__name__, f"the name of a parameter must be a str, not {type(name).__name__}"
        return PolicyIssue("unknown-parameter", field, value, message)
    text = plain_str(name)
    known = list(known)
    bare = text.replace("-", "_").removeprefix("CORS_")
    hint, message = FOREIGN_PARAMETERS.get(bare if bare in FOREIGN_PARAMETERS else bare.lower(), ("", ""))
    if not message or (hint and hint not in known):
        hint, message = None if elsewhere else _nearest(bare, known), elsewhere or "no such parameter"
    elif not message.startswith("no such"):
        message = f"no such parameter: {message}"
    return PolicyIssue("unknown-parameter", text, value, message, hint)


def _nearest(text: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(text.strip().lower(), list(known), n=1)), None)


def wrong_type(field: str, value: object, expected: str, hint: str | None) -> PolicyIssue:
    got = type(value).__name__
    if isinstance(value, str):
        got = f"the {got} {quote(plain_str(value))}"
    return PolicyIssue("wrong-type", field, value, f"expected {expected}, not {got}", hint)
