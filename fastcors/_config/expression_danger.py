"""The judgement of danger for regular expressions: whether one lets in more than it names.

An expression becomes an automaton, which is held against the whole public suffix list. This module is imported where
there is an expression to judge: it and what it needs take as long to import as the rest of the package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice

from fastcors._config.automaton import Automaton, TooLargeError
from fastcors._config.checks import quote
from fastcors._config.danger import INSECURE, REFLECT, SUFFIXES, Danger, OriginRules
from fastcors._config.expression_cost import SLOW, UnsupportedError, ways
from fastcors._config.hosts import is_public_suffix
from fastcors._config.reach import insecure_origins, unnamed_origins
from fastcors._grammar import is_ipv4, is_strict_domain, parse_origin

__all__ = ["judge_expression"]

_Matches = Callable[[str], object]

_MOST_TRIED = 100
"""How many examples are tried. Not each one matches where look-around is in an expression."""
_ENOUGH = 10
"""How many of those that match are looked at for the most telling one."""
_ANY_SITE = ("net", "invalid")
"""Public suffixes that have nothing in common: who lets in strangers under both lets in any site."""
_STRANGERS = ("evil", "www.evil", "evil-site", "evil7", "a.b.c.evil")
_PORTS = ("", ":8443")


def judge_expression(expression: re.Pattern[str], matches: _Matches, value: object, rules: OriginRules) -> list[Danger]:
    """Whether a regular expression, which must match an origin as a whole, lets in more than it names.

    ``matches`` is the engine's own answer, so that every example in a message is one that gets through.
    """
    if not rules.credentials or rules.reflect:
        return []
    return _Expression(expression, matches, value, rules).judge()


class _Expression:
    """A regular expression under judgement."""

    def __init__(self, expression: re.Pattern[str], matches: _Matches, value: object, rules: OriginRules) -> None:
        self._expression = expression
        self._matches = matches
        self._value = value
        self._rules = rules
        self._doubtful = False
        """Whether the automaton accepts what the expression itself does not match."""

    def judge(self) -> list[Danger]:
        """Each danger, with the mended expression as a hint where that is without any."""
        dangers = self._dangers()
        hint = _mended(self._expression, self._rules) if dangers else None
        return [danger._replace(hint=hint) for danger in dangers]

    def _dangers(self) -> list[Danger]:
        try:
            automaton = Automaton(self._expression)
            found = [self._unnamed(automaton), self._insecure(automaton)]
        except TooLargeError:
            return [self._unjudged("it is too large")]
        dangers = [danger for danger in found if danger is not None]
        if self._doubtful and not dangers:
            return [self._unjudged("fastcors cannot tell which origins it matches")]
        return dangers

    def _unnamed(self, automaton: Automaton) -> Danger | None:
        """Whether other people can have a host that matches."""
        rules = self._rules
        strangers = [self._stranger(suffix) for suffix in _ANY_SITE]
        if all(strangers):
            return self._danger(
                "origin-regex-any-site", f"lets in any site, for example {strangers[0]}", "name the sites", REFLECT
            )
        example = self._example(unnamed_origins(automaton, rules.public_suffixes, rules.insecure))
        if example is None:
            return None
        for suffix in () if rules.public_suffixes else _public_suffixes(example):
            stranger = self._stranger(suffix)
            if stranger is not None:
                said = f"lets in every site under the public suffix {quote(suffix)}, for example {stranger}"
                return self._danger("origin-regex-public-suffix", said, "name the domains", SUFFIXES)
        open_end = rules.public_suffixes or self._example(unnamed_origins(automaton, True, rules.insecure))
        advice = r"write the whole domain, and write a dot as \."
        said = f"lets in {self._telling(example)}, which it does not name"
        return self._danger("origin-regex-open", said, advice, REFLECT if open_end else SUFFIXES)

    def _insecure(self, automaton: Automaton) -> Danger | None:
        """Whether an origin matches for which anyone on the network can speak."""
        example = None if self._rules.insecure else self._example(insecure_origins(automaton))
        if example is None:
            return None
        said = f"lets in {self._telling(example, 'http')}, which is open to anyone on the network"
        return self._danger("origin-regex-insecure", said, "use https", INSECURE)

    def _unjudged(self, why: str) -> Danger:
        said = f"cannot be checked, because {why}"
        return self._danger(
            "origin-regex-unjudged", said, 'write a simpler one, or list patterns with "*." and ":*"', REFLECT
        )

    def _danger(self, code: str, said: str, advice: str, opt_in: str) -> Danger:
        message = f"{quote(self._expression.pattern)} {said}, and credentials are allowed"
        return Danger(code, self._value, message, advice, opt_in)

    def _example(self, origins: Iterator[str]) -> str | None:
        """The most telling one of the first few origins that get through."""
        found = []
        doubtful = False
        for origin in islice(origins, _MOST_TRIED):
            if self._gets_through(origin):
                found.append(origin)
            else:
                doubtful = True
            if len(found) == _ENOUGH:
                break
        self._doubtful = self._doubtful or doubtful
        return min(found, key=_oddness, default=None)

    def _gets_through(self, origin: str) -> bool:
        return _host_of(origin) is not None and bool(self._matches(origin))

    def _stranger(self, suffix: str) -> str | None:
        """An origin of a site that nobody can have meant, where it gets through."""
        scheme = ["https", "http"] if self._rules.insecure else ["https"]
        tried = (f"{way}://{name}.{suffix}{port}" for way in scheme for name in _STRANGERS for port in _PORTS)
        return next(filter(self._gets_through, tried), None)

    def _telling(self, origin: str, *schemes: str) -> str:
        """The example itself, or a similar one in which the part that nobody has named can be seen."""
        scheme, _, rest = origin.partition("://")
        tried = [f"{rest[:i]}evil{rest[i + 1 :]}" for i, char in enumerate(rest) if char == "x"]
        similar = (
            f"{way}://{host}"
            for way in (schemes or ("https", scheme))
            for host in ["evil.net", "[2001:db8::1]", *tried]
        )
        return next(filter(self._gets_through, similar), origin)


def _host_of(origin: str) -> str | None:
    """The host of a serialised origin (Fetch, section 3.2), or ``None`` where the text is none."""
    parts = parse_origin(origin)
    return parts.host if parts is not None and parts.strict else None


def _oddness(origin: str) -> tuple[bool, bool]:
    """Examples that look like what is meant come first: with a dot in the host, and of the schemes of the web."""
    return "." not in origin, not origin.startswith("http")


def _public_suffixes(origin: str) -> list[str]:
    """The public suffixes in the host of an origin; none for an address and for a single label."""
    host = _host_of(origin)
    if host is None or not is_strict_domain(host) or is_ipv4(host) or "." not in host:
        return []
    labels = host.split(".")
    names = [".".join(labels[i:]) for i in (*range(1, len(labels)), 0)]
    return list(filter(is_public_suffix, names))


_MENDINGS = (
    # http: where https: is meant
    (re.compile(r"\A(\^?)https?\??://"), r"\1https://"),
    # "app.example": any character where a dot is meant
    (re.compile(r"(?<=[A-Za-z0-9)\]])\.(?=[A-Za-z0-9(\[])"), r"\."),
    # ".*example" and ".*\.example": any beginning where sub-domains are meant
    (re.compile(r"(?<=//)\(?\.[*+]\??\)?(?:\\\.)?\??(?=[A-Za-z0-9])"), r"([a-z0-9-]+\.)*"),
    # "example\.com.*": any end where none is meant
    (re.compile(r"(?<=[A-Za-z])\(?\.[*+]\??\)?\$?\Z"), ""),
)


def _mended(expression: re.Pattern[str], rules: OriginRules) -> str | None:
    """The expression that was probably meant, one that these rules let pass; or ``None``."""
    text = expression.pattern
    for wrong, right in _MENDINGS:
        text = wrong.sub(right, text)
    if text == expression.pattern:
        return None
    with suppress(re.error, UnsupportedError, OverflowError, RecursionError):
        mended = re.compile(text, expression.flags)
        if ways(text) < SLOW and not _Expression(mended, mended.fullmatch, text, rules)._dangers():
            return text
    return None
