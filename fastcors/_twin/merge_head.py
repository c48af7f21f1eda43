"""Merging into the head of an HTTP/1 response as it came over the wire, by the rules of ``merge.py``.

Parsers disagree about what lies outside the grammar. What one of them takes for a line or a name and another does not
could be a field of CORS that nobody takes out, so a head with such a thing in it is refused.

RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from fastcors._grammar import TOKEN_BYTES
from fastcors._http1 import MAX_FIELDS, head_error
from fastcors._twin.find import is_a, view_of
from fastcors._twin.merge import Merged, Pairs

_CUT, _STATUS, _CONTROL, _NAME, _MORE, _TOO_MANY = range(-1, -7, -1)
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110, section 5.5, but for HTAB
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] [1-9][0-9]{2}(?: .*)?", re.DOTALL)  # RFC 9112, section 4


class Head(NamedTuple):
    """A response's head, read."""

    start: bytes
    """The status line."""
    lines: list[bytes]
    """The line of each field with its line break; a folded one unfolded."""
    pairs: Pairs
    """The name and the value of each."""

    @property
    def is_informational(self) -> bool:
        """Whether it is a head before that of the response (RFC 9110, section 15.2)."""
        return self.start[9:10] == b"1"


def bytes_of(head: Any) -> bytes:
    """Return the bytes of a head that a caller gave. TypeError: it has none."""
    if is_a(head, bytes):
        return bytes.__getitem__(head, slice(None))
    view = view_of(head)
    if view is None:
        raise TypeError(f"head must be bytes, a bytearray or a memoryview, not {type(head).__name__}")
    with view:
        return view.tobytes()


def read_head(head: bytes) -> Head:
    """Return a head, read. ValueError: it is none."""
    end = _line_end(head, 0, 1)
    if _STATUS_LINE.fullmatch(head, 0, end) is None:
        raise head_error(_STATUS, 1)
    read = Head(head[: end + 2], [], [])
    at, number = end + 2, 2
    while head[at : at + 1] != b"\r":
        colon = _colon(head, at, number)
        if len(read.lines) == MAX_FIELDS:
            raise head_error(_TOO_MANY, number)
        end = _line_end(head, colon + 1, number)
        number += 1
        while head[end + 2 : end + 3] in (b" ", b"\t"):  # a folded line (RFC 9112, section 5.2)
            end = _line_end(head, end + 2, number)
            number += 1
        line = head[at:end].replace(b"\r\n", b"  ")
        name, _, value = line.decode("latin-1").partition(":")
        read.lines.append(line + b"\r\n")
        read.pairs.append((name, value.strip(" \t")))
        at = end + 2
    _line_end(head, at, number)
    if len(head) > at + 2:
        raise head_error(_MORE, number)
    return read


def _line_end(head: bytes, at: int, number: int) -> int:
    """Return where the line break of a line is."""
    found = _CONTROLS.search(head, at)
    if found is None or head[found.start() :] == b"\r":
        raise head_error(_CUT, number)
    if head[found.start() : found.start() + 2] != b"\r\n":
        raise head_error(_CONTROL, number)
    return found.start()


def _colon(head: bytes, at: int, number: int) -> int:
    """Return where the colon behind the name of a field is; white space before it is refused (RFC 9112, 5.1)."""
    found = TOKEN_BYTES.match(head, at)
    colon = at if found is None else found.end()
    if colon == len(head):
        raise head_error(_CUT, number)
    if colon == at or head[colon : colon + 1] != b":":
        raise head_error(_NAME, number)
    return colon


def joined_head(read: Head, merged: Merged) -> bytes:
    """Return a head of merged headers. A pair that is still the one that was read is written as it was."""
    lines = {id(pair): line for pair, line in zip(read.pairs, read.lines, strict=True)}

    def text(pairs: Pairs) -> list[bytes]:
        return [lines.get(id(pair)) or f"{pair[0]}: {pair[1]}\r\n".encode("latin-1") for pair in pairs]

    ours = [name.title() + b": " + value + b"\r\n" for name, value in merged.ours]
    return b"".join([read.start, *text(merged.before), *ours, *text(merged.after), b"\r\n"])
