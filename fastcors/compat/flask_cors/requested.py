"""Which of the header names that a preflight asks for are allowed.

Only tokens (RFC 9110, section 5.6.2) are ever repeated, and only within limits: what is over one of them is not read,
and no name is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastcors._grammar import MAX_HEADER_BYTES, MAX_HEADER_NAMES, is_token
from fastcors.compat.flask_cors.constants import ResourcePattern

_MAX_MATCHED = 128
"""The longest name that a regular expression sees, which may take long over it."""
_MAX_CACHED = 64
_MAX_CACHED_LENGTH = 512


class HeaderRules:
    """The option ``allow_headers``, compiled. Names are case-insensitive, and regular expressions match whole names."""

    __slots__ = ("_answers", "any_name", "literals", "patterns", "regexes")

    def __init__(self, patterns: Sequence[ResourcePattern]) -> None:
        self.patterns = list(patterns)
        self.regexes = [pattern for pattern in patterns if isinstance(pattern, re.Pattern)]
        self.literals = frozenset(pattern.lower() for pattern in patterns if isinstance(pattern, str))
        self.any_name = any(regex.pattern == ".*" for regex in self.regexes)
        self._answers: dict[str, str] = {}

    def allowed(self, names: str | None) -> str | None:
        """Return the names of an ``Access-Control-Request-Headers`` that are allowed, sorted; None where it is empty.

        Spellings stay as they came. Costs no more for a value over the limits than for one within them.
        """
        if not names:
            return None
        known = self._answers.get(names)
        if known is not None:
            return known
        value = self._select(names)
        if len(names) <= _MAX_CACHED_LENGTH:
            if len(self._answers) >= _MAX_CACHED:
                self._answers = {}
            self._answers[names] = value
        return value

    def _select(self, names: str) -> str:
        if len(names) > MAX_HEADER_BYTES or names.count(",") >= MAX_HEADER_NAMES:
            return ""
        selected: dict[str, str] = {}
        for element in names.split(","):
            name = element.strip(" \t")
            if is_token(name) and name.lower() not in selected and self._allows(name):
                selected[name.lower()] = name
        return ", ".join(sorted(selected.values()))

    def _allows(self, name: str) -> bool:
        if self.any_name or name.lower() in self.literals:
            return True
        return len(name) <= _MAX_MATCHED and any(regex.fullmatch(name) for regex in self.regexes)
