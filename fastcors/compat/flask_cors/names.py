"""The option ``allow_headers``: names, ``*`` and regular expressions, of which a plan has the first two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastcors._grammar import MAX_HEADER_BYTES, elements, is_token
from fastcors.compat.flask_cors.constants import ResourcePattern

_MAX_MATCHED = 128
"""The longest name that a regular expression sees, which may take long over it."""


class HeaderRules:
    """Names are case-insensitive, and regular expressions match whole names."""

    __slots__ = ("listed", "patterns", "regexes")

    listed: tuple[str, ...]
    """What a plan has of it: lower-case names, or ``*``."""
    regexes: list[re.Pattern[str]]

    def __init__(self, patterns: Sequence[ResourcePattern]) -> None:
        self.patterns = list(patterns)
        regexes = [pattern for pattern in patterns if isinstance(pattern, re.Pattern)]
        literals = {pattern.lower() for pattern in patterns if isinstance(pattern, str)}
        any_name = any(regex.pattern == ".*" for regex in regexes)
        self.listed = ("*",) if any_name else tuple(sorted(name for name in literals if is_token(name)))
        self.regexes = [] if any_name else regexes

    def matched(self, names: str) -> tuple[str, ...]:
        """Return which of the names in an ``Access-Control-Request-Headers`` a regular expression allows, sorted.

        They are looked at within the limits of the engine, which says what else is wrong with the value.
        """
        matched = set()
        line = names.encode("latin-1", "replace")
        for element in elements([line]) if len(line) <= MAX_HEADER_BYTES else ():
            if element is None or not is_token(element):
                break
            name = element.decode("ascii")
            if len(name) <= _MAX_MATCHED and any(regex.fullmatch(name) for regex in self.regexes):
                matched.add(name.lower())
        return tuple(sorted(matched))
