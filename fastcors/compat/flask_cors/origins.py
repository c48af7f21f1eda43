"""Which origins a set of options allows, and what is not safe about how they were given.

Flask-CORS documents origins as strings or regular expressions. What of them is an origin or a pattern of fastcors
(``https://*.example.com``, ``http://localhost:*``) goes to the engine as it is. Of the rest the engine asks, within
these limits:

- An ``Origin`` over 327 bytes, or with a byte that no origin has, is not allowed, whatever is configured.
- A regular expression only sees an origin of the strict grammar, and must match all of it: see
  ``_without_harmless_end``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from fastcors._config.danger import Danger
from fastcors._grammar import Origin, is_local, is_shell_origin, parse_origin, parse_pattern
from fastcors.compat._dialect.dangers import OriginRegex, dangers_of_expression, dangers_of_list
from fastcors.compat._dialect.warn import Finding
from fastcors.compat.flask_cors.constants import ResourcePattern
from fastcors.compat.flask_cors.patterns import resolve
from fastcors.errors import PolicyError
from fastcors.policy import Policy

_ANY = (".*", "*")

_VISIBLE = re.compile(r"[!-~]+")


class OriginRules:
    """The origins of one set of options, compiled."""

    __slots__ = ("any_origin", "asked", "listed", "literals", "null", "odd", "only", "patterns", "regexes", "strict")

    patterns: list[ResourcePattern]
    """The literals and compiled regular expressions, in the types that Flask-CORS has."""
    any_origin: bool
    null: bool
    literals: list[str]
    """The literal ones that can be in a header, but for ``null``; origins in lower case."""
    only: str | None
    """The literal, where there is nothing else: then every answer that has an origin has this one."""
    listed: list[str]
    """What the engine has of them."""
    odd: frozenset[str]
    """The literals that are no origins, in lower case; no browser sends them."""
    regexes: list[OriginRegex]
    asked: Callable[[str], bool] | None
    """Says whether an origin is allowed that is not listed; None: it is not."""
    strict: bool
    """Whether credentials are allowed; then nothing but a full match of a regular expression counts."""

    def __init__(self, given: Sequence[object], credentials: bool) -> None:
        self.any_origin = any(pattern in _ANY for pattern in given if isinstance(pattern, str))
        self.strict = credentials
        known = [isinstance(pattern, str) and parse_pattern(pattern) is not None for pattern in given]
        resolved: list[ResourcePattern] = [
            str(pattern) if is_known else resolve("origins", pattern, ignore_case=True)
            for pattern, is_known in zip(given, known, strict=True)
        ]
        self.regexes = [OriginRegex(pattern) for pattern in resolved if isinstance(pattern, re.Pattern)]
        texts = [pattern for pattern in resolved if isinstance(pattern, str)]
        wildcards = [text for text in texts if "*" in text]
        self.patterns = [*(pattern for pattern in resolved if pattern not in wildcards), *wildcards]
        self._sort(texts, wildcards)
        self.asked = None if self.any_origin or not (self.regexes or self.odd) else self._matches_any

    def _sort(self, texts: list[str], wildcards: list[str]) -> None:
        """Tell those that an engine can list from the others."""
        visible = [text for text in texts if text not in wildcards and _VISIBLE.fullmatch(text)]
        self.null = any(text.lower() == "null" for text in visible)
        lowered = [text.lower() if parse_origin(text.lower()) else text for text in visible]
        self.literals = [text for text in lowered if text.lower() != "null"]
        fits = [text for text in self.literals if parse_origin(text) or is_shell_origin(text)]
        self.odd = frozenset(text.lower() for text in self.literals if text not in fits)
        self.listed = ["file://"] if self.any_origin else [*fits, *wildcards]
        alone = len(self.patterns) == 1 and len(self.literals) == 1
        self.only = self.literals[0] if alone and not self.any_origin else None

    def _matches_any(self, origin: str) -> bool:
        """Return whether a literal that is no origin, or a regular expression, allows an origin that is not listed."""
        lowered = origin.lower()
        if lowered in self.odd:
            return True
        parsed = parse_origin(lowered)
        # What was judged is what an expression says of origins of the strict grammar.
        return (
            parsed is not None and parsed.strict and any(self._matches(regex, origin, parsed) for regex in self.regexes)
        )

    def _matches(self, regex: OriginRegex, origin: str, parsed: Origin) -> bool:
        if regex.fullmatch(origin):
            return True
        # Flask-CORS asks for the beginning alone. What may follow it here gives nobody else access.
        return not self.strict and any(
            regex.fullmatch(rest) for rest in _without_harmless_end(regex.pattern, origin, parsed)
        )


def _without_harmless_end(regex: re.Pattern[str], origin: str, parsed: Origin) -> Iterator[str]:
    """Return what else a regular expression may match for an origin to be allowed.

    A port may follow on this machine: ``https?://localhost`` is what people write for their development servers. And
    a loose expression, ``.*.example.com``, has always let its own last label be repeated (``a.example.com.com``).
    """
    if parsed.port is not None:
        if is_local(parsed.host):
            yield origin.rpartition(":")[0]
    elif regex.pattern.startswith(".*") and "\\" not in regex.pattern:
        rest, _, label = origin.rpartition(".")
        if rest.endswith("." + label):
            yield rest


_LIST = 'List the origins that may: origins=["https://app.example.com"]'
_WILDCARDS = 'origins=["https://*.example.com", "http://localhost:*"]'

_CREDENTIALS = (
    f"supports_credentials: with these origins any site can use a visitor's cookies and read the answers. {_LIST}"
)
CREDENTIALS_UNLESS_CONFIGURED = Finding(
    "credentials origins-wildcard-credentials",
    "supports_credentials: where neither origins nor CORS_ORIGINS says which sites may, any can use a visitor's "
    f"cookies and read the answers. {_LIST} [origins-wildcard-credentials]",
)


def findings(given: Sequence[object], credentials: bool) -> Iterator[Finding]:
    """Return what is not safe about origins, each thing once: all that ``fastcors.Policy`` refuses of them."""
    rules = OriginRules(given, credentials)
    written = [regex for regex in rules.regexes if regex.pattern.pattern not in _ANY]
    texts = [text for text in rules.patterns if isinstance(text, str)]
    dangers = list(dangers_of_list(["*"] if rules.any_origin else [], credentials))
    dangers += dangers_of_list(texts, credentials)
    for regex in written:
        dangers += dangers_of_expression(regex, credentials)
    yield from dict.fromkeys(map(_finding, dangers))
    slow = _listed(regex.pattern.pattern for regex in written if regex.slow)
    if slow:
        yield Finding(
            f"slow {slow}",
            f"origins: {slow} can take very long over an origin that is made for it. "
            f"Install fastcors[re2], or write the origins with wildcards: {_WILDCARDS}",
        )
    others = [text for text in texts if text != "null" and parse_pattern(text) is None]
    if others:
        hints = dict.fromkeys(filter(None, map(_hint, others)))
        spelling = _listed(hints) if hints else "'https://app.example.com'"
        yield Finding(
            _listed(others), f"origins: {_listed(others)}: no browser sends this as an origin. Write {spelling}"
        )


def _finding(danger: Danger) -> Finding:
    if danger.code in ("origins-wildcard-credentials", "origin-regex-any-site"):
        return Finding(f"credentials {danger.code}", f"{_CREDENTIALS} [{danger.code}]")
    if danger.hint is not None:
        spelling = f"Write {danger.hint!a}"
    elif danger.code == "origin-null":
        spelling = _LIST
    else:
        spelling = f"Write the origins out, or with wildcards: {_WILDCARDS}"
    return Finding(f"{danger.code} {danger.message}", f"origins: {danger.message}. {spelling} [{danger.code}]")


def _listed(texts: Iterable[str], most: int = 4) -> str:
    shown = [ascii(text) if len(text) <= 100 else ascii(text[:97] + "...") for text in texts]
    return ", ".join(shown[:most]) + (", ..." if len(shown) > most else "")


def _hint(text: str) -> str | None:
    try:
        Policy(allow_origins=[text])
    except PolicyError as error:
        return error.issues[0].hint
    return None
