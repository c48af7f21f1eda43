"""Merging the CORS headers into an application's: one authority, nothing else touched.

Works on text, latin-1 for ASGI's bytes; :func:`text_pairs` reads either interface's header list.
"""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from fastcors._twin.find import is_a, is_token, pair

_POLICYS_OWN = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
)
_ALWAYS_EXPOSED = (  # Fetch, "CORS-safelisted response-header name"
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
)
_NEVER_EXPOSED = ("set-cookie", "set-cookie2")  # Fetch, "forbidden response-header name"
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def text_pairs(headers: Iterable[object]) -> list[tuple[str, str]]:
    """Return an application's header list as pairs of exact str. TypeError for anything else in it."""
    pairs = []
    for item in headers:
        found = pair(item)
        if found is None:
            raise TypeError(f"a response header must be a pair of name and value, not {type(item).__name__}")
        pairs.append((_text(found[0], "name"), _text(found[1], "value")))
    return pairs


def _text(value: Any, what: str) -> str:
    if is_a(value, str):
        return str.__getitem__(value, slice(None))
    if is_a(value, bytes):
        return bytes.__getitem__(value, slice(None)).decode("latin-1")
    if is_a(value, bytearray):
        return bytearray.__getitem__(value, slice(None)).decode("latin-1")
    if is_a(value, memoryview):
        return memoryview.tobytes(value).decode("latin-1")
    raise TypeError(f"the {what} of a response header must be str or bytes, not {type(value).__name__}")


def without_policys_own(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers without those that are the policy's to set."""
    return [(name, value) for name, value in pairs if _lower(name) not in _POLICYS_OWN]


def sets_origin(pairs: list[tuple[str, str]]) -> bool:
    """Return whether there is an Access-Control-Allow-Origin line."""
    return any(_lower(name) == "access-control-allow-origin" for name, _ in pairs)


def has_vary(pairs: list[tuple[str, str]]) -> bool:
    """Return whether there is a Vary line."""
    return any(_lower(name) == "vary" for name, _ in pairs)


def with_vary(pairs: list[tuple[str, str]], tokens: list[str]) -> list[tuple[str, str]]:
    """Return the headers with the missing tokens appended to the last Vary line; there must be one."""
    lines = [index for index, (name, _) in enumerate(pairs) if _lower(name) == "vary"]
    present = {_lower(token.strip(" \t")) for index in lines for token in pairs[index][1].split(",")}
    missing = [token for token in tokens if _lower(token) not in present]
    if not missing or "*" in present:
        return pairs
    name, value = pairs[lines[-1]]
    before = [value] if value.strip(" \t") else []
    merged = list(pairs)
    merged[lines[-1]] = (name, ", ".join(before + missing))
    return merged


def exposable(pairs: list[tuple[str, str]]) -> list[str]:
    """Return the names, lower-case and each once, that a literal ``*`` would expose of this response."""
    names: list[str] = []
    for given, _ in pairs:
        name = _lower(given)
        if name in _ALWAYS_EXPOSED or name in _NEVER_EXPOSED or name.startswith("access-control-"):
            continue
        if name not in names and name.isascii() and is_token(name.encode("ascii")):
            names.append(name)
    return names


def _lower(text: str) -> str:
    """Return the text with only A to Z lowered: header names are ASCII."""
    return text.translate(_LOWER)
