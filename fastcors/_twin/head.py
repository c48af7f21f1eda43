"""Find, in the head of an HTTP/1.1 request as it came over the wire.

RFC 9110 is https://www.rfc-editor.org/rfc/rfc9110, RFC 9112 is https://www.rfc-editor.org/rfc/rfc9112.
"""

from __future__ import annotations

import operator
import re
from typing import Any, NamedTuple, SupportsIndex

from fastcors._grammar import TOKEN_BYTES
from fastcors._header_list import wrong_head
from fastcors._twin.find import Text, check_text, view_of

__all__ = ["Head", "read_head"]

_TOKEN = TOKEN_BYTES.pattern
_REQUEST_LINE = re.compile(b"(" + _TOKEN + rb") [!-~]+ HTTP/1\.[0-9]\r\n")
"""RFC 9112, section 3."""
_FIELD_LINE = re.compile(b"(" + _TOKEN + rb"):([\t -~\x80-\xff]*)\r\n")
"""RFC 9112, section 5; what may stand in a value is in RFC 9110, section 5.5."""


class Head(NamedTuple):
    """What is in a head. There is nothing in one that is cut or malformed."""

    method: Text
    """The method, which a caller may have given."""
    pairs: list[tuple[bytes, bytes]]
    """The fields, name and value, in order."""


def read_head(given: Any, start: SupportsIndex, end: SupportsIndex | None, method: Text | None) -> Head:
    """Return what is in ``given[start:end]``, up to the empty line behind the fields.

    It begins with the request line or, where ``method`` is given, with the first field line. TypeError for wrong types,
    ValueError where ``start`` and ``end`` are not within it and in this order.
    """
    head = _part(given, start, end)
    check_text("method", method)
    at = 0
    found = method
    if found is None:
        line = _REQUEST_LINE.match(head)
        if line is None:
            return Head(b"", [])
        found = line[1]
        at = line.end()
    pairs = []
    while field := _FIELD_LINE.match(head, at):
        pairs.append((field[1], field[2].strip(b" \t")))
        at = field.end()
    whole = head.startswith(b"\r\n", at)
    return Head(found, pairs) if whole else Head(b"" if method is None else method, [])


def _part(given: Any, start: SupportsIndex, end: SupportsIndex | None) -> bytes:
    view = view_of(given)
    if view is None:
        raise wrong_head(given)
    first, last = operator.index(start), len(view) if end is None else operator.index(end)
    if not 0 <= first <= last <= len(view):
        raise ValueError(f"start {first} and end {last} are no part of the head of {len(view)} bytes")
    return view[first:last].tobytes()
