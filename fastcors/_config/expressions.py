"""``allow_origin_regex``: what may be configured, and how it is matched.

``google-re2`` takes time in proportion to the origin and is used where it is installed. What is taken without it
is taken with it, and the other way round, but for expressions over which the module ``re`` could take too long.
"""

from __future__ import annotations

import importlib
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fastcors._config.checks import exact, quote, wrong_type
from fastcors._config.expression_cost import SLOW, UnsupportedError, ways
from fastcors.errors import PolicyIssue

if TYPE_CHECKING:
    from fastcors._config.origins import OriginRules

__all__ = ["check_origin_regex", "matcher"]

_re2: Any = None
with suppress(ImportError):
    _re2 = importlib.import_module("re2")
# A warning is raised where the process makes errors of them.
_ERRORS: tuple[type[Exception], ...] = (re.error, OverflowError, RecursionError, Warning)
if _re2 is not None:
    _ERRORS += (_re2.error,)

_FIELD = "allow_origin_regex"
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_INLINE = re.compile(r"\(\?([a-zA-Z]+)\)")

SUFFIXES = (
    "com", "net", "org", "io", "dev", "app", "co.uk", "de", "github.io", "vercel.app", "netlify.app", "pages.dev",
    "herokuapp.com", "web.app", "azurewebsites.net",
)  # fmt: skip
"""Suffixes under which anyone can have a name, to try a regex with. A list that is complete would take too long."""


def matcher(regex: str) -> Callable[[str], object]:
    """A function that says whether the whole of a string matches: a true or a false value.

    Raises what the engine raises for a regex that :func:`check_origin_regex` would refuse.
    """
    if _re2 is None:
        return re.compile(regex).fullmatch
    options = _re2.Options()
    options.log_errors = False
    fullmatch: Callable[[str], object] = _re2.compile(regex, options).fullmatch
    return fullmatch


def check_origin_regex(value: object, rules: OriginRules) -> tuple[str | None, list[PolicyIssue]]:
    """The regex as a string that says everything, flags included; ``None`` for none."""
    if value is None:
        return None, []
    if isinstance(value, str):
        regex = _with_flags(exact(value), 0)
    elif isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        regex = _with_flags(exact(value.pattern), value.flags)
    else:
        return None, [wrong_type(_FIELD, value, "None, a str or a compiled pattern of str", None)]
    if not regex:
        message = "an empty regex matches no origin; None stands for no regex"
        return None, [PolicyIssue("origin-regex-empty", _FIELD, value, message, "None")]
    try:
        re.compile(regex)
        slow = ways(regex) >= SLOW and _re2 is None
        matches = matcher(regex)
    except UnsupportedError as error:
        message = f"{error} is in {quote(regex)}, and google-re2, which keeps the time bounded, does not have it"
        return None, [PolicyIssue("origin-regex-unsupported", _FIELD, value, message)]
    except _ERRORS as error:
        message = f"{quote(regex)} is no regular expression that re and google-re2 take: {_said(error)}"
        return None, [PolicyIssue("origin-regex-syntax", _FIELD, value, message)]
    if slow:
        message = (
            f"{quote(regex)} can take very long over an origin that is made for it; install fastcors[re2],"
            ' which takes time in proportion to its length, or list patterns with "*." and ":*" in allow_origins'
        )
        return None, [PolicyIssue("origin-regex-slow", _FIELD, value, message)]
    issues = _check_reach(regex, matches, value, rules)
    return (None, issues) if issues else (regex, [])


def _check_reach(regex: str, matches: Callable[[str], object], value: object, rules: OriginRules) -> list[PolicyIssue]:
    """With credentials: whether it matches sites that nobody can have meant."""
    if not rules.credentials or rules.reflect:
        return []
    schemes = ["https", "http"] if rules.insecure else ["https"]
    if any(matches(origin) for origin in _strangers(schemes, "invalid")):
        message = (
            f"{quote(regex)} matches any site, and credentials are allowed; name the sites,"
            " or accept every site on earth with dangerously_reflect_any_origin=True"
        )
        return [PolicyIssue("origin-regex-any-site", _FIELD, value, message)]
    for suffix in () if rules.public_suffixes else SUFFIXES:
        if any(matches(origin) for origin in _strangers(schemes, suffix)):
            message = (
                f"{quote(regex)} lets in every site under the public suffix {quote(suffix)}, and credentials"
                " are allowed; name the domains, or use dangerously_allow_public_suffixes=True"
            )
            return [PolicyIssue("origin-regex-public-suffix", _FIELD, value, message)]
    return []


def _strangers(schemes: list[str], suffix: str) -> list[str]:
    """Origins that nobody can have listed."""
    word = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(24))
    names = [word[:5], word[:12], f"{word[:8]}-{word[8:12]}", word[:9] + "7", f"{word[:6]}.{word[6:16]}", word]
    port = 1024 + secrets.randbelow(60_000)
    return [f"{scheme}://{name}.{suffix}{end}" for scheme in schemes for name in names for end in ("", f":{port}")]


def _with_flags(text: str, flags: int) -> str:
    """A regex with the flags that were given beside it in front of it."""
    letters = {letter for letter, flag in _FLAGS.items() if flags & flag}
    inline = _INLINE.match(text)
    if inline:
        letters |= set(inline[1]) - {"a", "u"}  # which make no difference in an origin, and google-re2 has not
        text = text[inline.end() :]
    return f"(?{''.join(sorted(letters))}){text}" if letters else text


def _said(error: BaseException) -> str:
    said: Any = error.args[0] if error.args else type(error).__name__
    return quote(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)).strip('"')
