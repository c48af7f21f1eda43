"""Merge: the policy's headers join those of the application's response.

The policy is the one authority for CORS, so every header of CORS that the application set is taken out: each whose name
begins with "access-control-". One that stayed would widen the policy, because browsers join the lines of a name (Fetch,
https://fetch.spec.whatwg.org/, section 2.2.2, "get, decode, and split").

Works on text, latin-1 for ASGI's bytes; :func:`text_pairs` reads either interface's header list.
"""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

from fastcors._grammar import is_token
from fastcors._header_list import pair
from fastcors._twin.find import is_a
from fastcors._twin.write import ACEH, TAO, VARY, Headers

Pairs = list[tuple[str, str]]

_CORS = "access-control-"
_ALWAYS_EXPOSED = (  # Fetch, section 2.2.2, "CORS-safelisted response-header name"
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
)
_NEVER_EXPOSED = ("set-cookie", "set-cookie2")  # Fetch, section 2.2.2, "forbidden response-header name"
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def text_pairs(headers: Iterable[object]) -> Pairs:
    """Return an application's header list as pairs of exact str. TypeError for anything else in it."""
    pairs = []
    for item in headers:
        found = pair(item)
        if found is None:
            raise TypeError(f"a response header must be a pair of name and value, not {type(item).__name__}")
        pairs.append((_as_text(found[0], "name"), _as_text(found[1], "value")))
    return pairs


def _as_text(value: Any, what: str) -> str:
    if is_a(value, str):
        return str.__getitem__(value, slice(None))
    if is_a(value, bytes):
        return bytes.__getitem__(value, slice(None)).decode("latin-1")
    if is_a(value, bytearray):
        return bytearray.__getitem__(value, slice(None)).decode("latin-1")
    if is_a(value, memoryview):
        return memoryview.tobytes(value).decode("latin-1")
    raise TypeError(f"the {what} of a response header must be str or bytes, not {type(value).__name__}")


class Merged(NamedTuple):
    """A response's headers: the policy's, and the application's on both sides of them."""

    before: Pairs
    ours: Headers
    after: Pairs


def merge(
    theirs: Pairs, ours: Headers, *, keep: bool, owns_timing: bool, exposes_present: bool, leaves: bool
) -> Merged:
    """Return the application's headers with the policy's.

    The policy's come where the first one was that is taken out, or else at the end: so they come to the same place
    where a response is merged twice. With ``keep`` an application that set Access-Control-Allow-Origin keeps its own,
    and gets Vary alone. ``exposes_present`` lists the names that the response carries. With ``leaves`` it is kept too,
    and nothing is taken out but what there is a line of.
    """
    keep = (keep or leaves) and any(_lower(name) == "access-control-allow-origin" for name, _ in theirs)
    at = len(theirs)
    if keep:
        ours = [line for line in ours if line[0] == VARY]
    else:
        written = {name.decode("ascii") for name, _ in ours if name != ACEH}
        gone = [
            index
            for index, (name, _) in enumerate(theirs)
            if _is_policys(name, owns_timing) and (not leaves or _lower(name) in written)
        ]
        at = gone[0] if gone else at
        theirs = [line for index, line in enumerate(theirs) if index not in gone]
    if any(_lower(name) == "vary" for name, _ in theirs):
        theirs, ours = _with_varies(theirs, ours, apart=leaves)
    before, after = theirs[:at], theirs[at:]
    if exposes_present and not keep:
        names = exposable([*before, *((name.decode("ascii"), "") for name, _ in ours), *after])
        if names:
            ours = [*ours[:2], (ACEH, ", ".join(names).encode("ascii")), *ours[2:]]  # after ACAO and ACAC
    return Merged(before, ours, after)


def names_stay(names: Iterable[object]) -> bool:
    """Return whether no header of these names is touched by a merge, whatever its value."""
    return all(is_a(name, str) and _stays(str.__getitem__(name, slice(None))) for name in names)  # type: ignore[index]


def _stays(name: str) -> bool:
    if len(name) < len(_CORS) and len(name) != len("vary"):
        return True
    return name.isascii() and _lower(name) != "vary" and not _is_policys(name, owns_timing=True)


def _with_varies(theirs: Pairs, ours: Headers, *, apart: bool) -> tuple[Pairs, Headers]:
    """Return both with Vary in the application's own line; what is missing there stays a line of ours if ``apart``."""
    left = [line for line in ours if line[0] != VARY]
    for tokens in (line[1].decode("ascii").split(", ") for line in ours if line[0] == VARY):
        missing = missing_from_vary(theirs, tokens)
        if apart and missing:
            left.append((VARY, ", ".join(missing).encode("ascii")))
        elif missing:
            theirs = with_vary(theirs, tokens)
    return theirs, left


def _is_policys(name: str, owns_timing: bool) -> bool:
    lowered = _lower(name)
    return lowered.startswith(_CORS) or (owns_timing and lowered == TAO.decode("ascii"))


def is_open_to(name: str) -> bool:
    """Return whether no policy has a say in a header of this name, which surely stays as it is."""
    if len(name) < len(_CORS) and len(name) != len("vary"):
        return True
    return name.isascii() and _lower(name) != "vary" and not _is_policys(name, owns_timing=True)


def with_vary(pairs: Pairs, tokens: list[str]) -> Pairs:
    """Return the headers with the missing tokens appended to the last Vary line; there must be one."""
    missing = missing_from_vary(pairs, tokens)
    if not missing:
        return pairs
    last = max(index for index, (name, _) in enumerate(pairs) if _lower(name) == "vary")
    name, value = pairs[last]
    before = [value] if value.strip(" \t") else []
    merged = list(pairs)
    merged[last] = (name, ", ".join(before + missing))
    return merged


def missing_from_vary(pairs: Pairs, tokens: list[str]) -> list[str]:
    """Return which tokens are in no Vary line; none where ``*`` is in one."""
    lines = [value for name, value in pairs if _lower(name) == "vary"]
    present = {_lower(token.strip(" \t\r\n")) for line in lines for token in line.split(",")}
    return [] if "*" in present else [token for token in tokens if _lower(token) not in present]


def exposable(pairs: Pairs) -> list[str]:
    """Return the names, lower-case and each once, that a literal ``*`` would expose of this response."""
    names: list[str] = []
    for given, _ in pairs:
        name = _lower(given)
        if name in _ALWAYS_EXPOSED or name in _NEVER_EXPOSED or name.startswith(_CORS):
            continue
        if name not in names and name.isascii() and is_token(name.encode("ascii")):
            names.append(name)
    return names


def _lower(text: str) -> str:
    """Return the text with only A to Z lowered: header names are ASCII."""
    return text.translate(_LOWER)
