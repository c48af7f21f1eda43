"""What an answer's CORS headers must be: exact values, or token lists that are or hold certain tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

ACAO = "access-control-allow-origin"
ACAC = "access-control-allow-credentials"
ACAM = "access-control-allow-methods"
ACAH = "access-control-allow-headers"
ACMA = "access-control-max-age"
ACEH = "access-control-expose-headers"
ACAPN = "access-control-allow-private-network"
TAO = "timing-allow-origin"
VARY = "vary"


def tokens(value: str, *, lower: bool = True) -> list[str]:
    """The elements of a list header that the library wrote: no empty element, nothing but tokens."""
    found = [element.strip(" ") for element in value.split(",")]
    assert all(TOKEN.fullmatch(element) for element in found), f"no token list: {value!r}"
    return [element.lower() for element in found] if lower else found


class Exactly:
    """A token list with these tokens, each once, in any order; names in any letter case."""

    def __init__(self, *names: str) -> None:
        self.names = sorted(name.lower() for name in names)

    def accepts(self, value: str) -> bool:
        return sorted(tokens(value)) == self.names

    def __repr__(self) -> str:
        return f"exactly {self.names}"


class Covers:
    """A token list with at least these tokens, byte for byte; never with a ``*`` unless it is asked for."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def accepts(self, value: str) -> bool:
        found = set(tokens(value, lower=False))
        return self.names <= found and ("*" in self.names or "*" not in found)

    def __repr__(self) -> str:
        return f"at least {sorted(self.names)}"


Expected = Mapping[str, "str | Exactly | Covers"]

VARY_ORIGIN = Exactly("origin")
VARY_PREFLIGHT = Exactly("origin", "access-control-request-method", "access-control-request-headers")
VARY_PREFLIGHT_PNA = Exactly(
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
    "access-control-request-private-network",
)


def check(found: Mapping[str, str], expected: Expected) -> None:
    """Assert that ``found`` has the expected headers and no others."""
    assert set(found) == set(expected)
    for name, want in expected.items():
        value = found[name]
        matches = value == want if isinstance(want, str) else want.accepts(value)
        assert matches, f"{name}: {value!r} is not {want!r}"
