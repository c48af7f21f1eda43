"""What a drop-in was given as a list: origins, globs over origins, and names, each sorted by what an engine takes."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from typing import NamedTuple

from fastcors._config import expressions
from fastcors._config.checks import plain_str, quote
from fastcors._config.diagnosis import diagnose, repair
from fastcors._config.patterns import parse
from fastcors._grammar import is_shell_origin, is_token
from fastcors.compat._dialect.dangers import OriginRegex

__all__ = [
    "Globs",
    "Listed",
    "as_text",
    "read_globs",
    "read_names",
    "read_origins",
    "read_value",
    "say_odd",
    "split_text",
]

_WILDCARDS = re.compile(r"[*?\[]")
_SEPARATORS = re.compile(r"[,\s]+")
_SPECIAL_IN_A_SET = re.compile(r"([\\\[\]^&~|])")


class Listed(NamedTuple):
    """Origins that were listed, compared byte for byte."""

    origins: list[str]
    """What an engine takes, each once."""
    null: bool
    """Whether ``null`` is among them."""
    odd: list[str]
    """The entries that no browser sends as an origin."""


def as_text(value: str | bytes) -> str:
    """Return a string, or the text of bytes."""
    return value if isinstance(value, str) else value.decode("utf-8")


def split_text(text: str) -> list[str]:
    """Return what a string names where a list is meant: commas and white space separate."""
    return [entry for entry in _SEPARATORS.split(text) if entry]


def read_origins(texts: Iterable[str]) -> Listed:
    """Return listed origins, sorted by what an engine takes. A wildcard is odd: none stands for anything here."""
    origins, odd, null = [], [], False
    for text in dict.fromkeys(texts):
        if text == "null":
            null = True
        elif "*" not in text and (parse(text) is not None or is_shell_origin(text)):
            origins.append(text)
        else:
            odd.append(text)
    return Listed(origins, null, odd)


def read_value(parameter: str, value: str) -> tuple[str, tuple[str, ...]]:
    """Return what a header is to say, and the names in it. Raises ValueError where something else is in it."""
    text = value.strip()
    return text, read_names(parameter, filter(None, (name.strip(" \t") for name in text.split(","))))


def say_odd(entry: object, instead: str = "") -> str:
    """Return what is wrong with a listed origin that no browser sends, and what to write; of a pattern ``instead``."""
    if not isinstance(entry, str):
        return f"{quote(repr(entry))} (not a string)"
    if "*" in entry:
        return f"{quote(entry)} (no pattern here{instead and f': write {instead}'})"
    fixed = repair(entry)
    return f"{quote(entry)} (write {fixed!r})" if fixed else f"{quote(entry)} ({diagnose(entry)[1]})"


class Globs(NamedTuple):
    """Globs over origins: ``*`` stands for any characters, ``?`` for one, ``[…]`` for one of those (``fnmatch``)."""

    any_origin: bool
    """Whether one of them is for every origin."""
    patterns: list[str]
    """Those that are patterns of fastcors, ``https://*.example.com``, or origins."""
    null: bool
    """Whether ``null`` is listed among them. A wildcard does not stand for it."""
    expression: str | None
    """The others as one regular expression, which must match the whole of an origin."""
    judged: list[re.Pattern[str]]
    """The others one by one, in the form in which danger is judged."""
    odd: list[str]
    """Those with no wildcard in them that no browser sends as an origin."""


def read_globs(globs: Iterable[str]) -> Globs:
    """Return globs, sorted by how an engine matches them. A letter in upper case matches itself alone."""
    any_origin = null = False
    patterns, expression, judged, odd = [], [], [], []
    for glob in dict.fromkeys(globs):
        parsed = parse(glob)
        if glob and glob.strip("*") in ("", "://"):
            any_origin = True
        elif glob == "null":
            null = True
        elif (parsed is not None and parsed.port != "*") or ("*" not in glob and is_shell_origin(glob)):
            patterns.append(glob)
        elif not _WILDCARDS.search(glob):
            odd.append(glob)
        else:
            text = _expression(glob)
            judged.append(re.compile(text))
            expression.append(_quick(glob, text))
    return Globs(any_origin, patterns, null, "|".join(expression) or None, judged, odd)


def _quick(glob: str, text: str) -> str:
    """Return an expression for a glob that no origin makes slow."""
    if OriginRegex(re.compile(text)).slow and not expressions.has_re2():
        return fnmatch.translate(glob)  # which takes the first place that fits, as the module re alone can say
    return f"(?:{text})"


def _expression(glob: str) -> str:
    """Return the plain regular expression that a glob stands for."""
    text, at = "", 0
    while at < len(glob):
        end = -1
        if glob[at] == "[":
            end = glob.find("]", at + 3 if glob[at + 1 : at + 2] == "!" else at + 2)
        if end > 0:
            text += _set(glob[at + 1 : end])
            at = end
        elif glob[at] == "*":
            text += "" if text.endswith(".*") else ".*"
        else:
            text += "." if glob[at] == "?" else re.escape(glob[at])
        at += 1
    return text


def _set(inside: str) -> str:
    negated = inside.startswith("!")
    text = f"[{'^' if negated else ''}" + _SPECIAL_IN_A_SET.sub(r"\\\1", inside[negated:]) + "]"
    try:
        re.compile(text)
    except re.error:  # a range that runs backwards holds nothing
        return "[^ -~]"
    return text


def read_names(parameter: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return names of methods or headers as they are. Raises ValueError for one that cannot be in a header."""
    names = tuple(map(plain_str, values))
    for name in names:
        if not is_token(name):
            raise ValueError(f"{parameter}: {quote(name)} is no name (RFC 9110, section 5.6.2)")
    return names
