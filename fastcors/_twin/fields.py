"""Fields: a verdict becomes the field lines of HTTP/2 and HTTP/3, in the order and with the content of the other forms.

They are references to the static tables, and literals that are not put into a dynamic table: they neither read nor
change a connection's state. There is no Huffman code.

RFC 7541 (HPACK) is https://www.rfc-editor.org/rfc/rfc7541, RFC 9204 (QPACK) https://www.rfc-editor.org/rfc/rfc9204.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fastcors._http1 import body_headers, encoded

__all__ = ["HPACK", "QPACK", "QPACK_PREFIX", "Table", "field_lines"]

QPACK_PREFIX = b"\x00\x00"
"""Required Insert Count and Base of 0: RFC 9204, section 4.5.1."""

Fields = list[tuple[bytes, bytes, bool]]
"""Names in lower case, values, and whether the policy made the value."""


class Table(NamedTuple):
    """A static table, as far as an answer can use it, and how a field line begins."""

    fields: Mapping[tuple[bytes, bytes], int]
    """The indices of whole fields."""
    names: Mapping[bytes, int]
    """The indices of names, the first of each."""
    indexed: tuple[int, int]
    """The first byte of a field line that is an index, and how many bits of it the index has."""
    named: tuple[int, int]
    """The first byte of a literal that has the index of its name."""
    literal: tuple[bytes, int, int]
    """What a literal with a name of its own begins with, then the first byte of that name."""


HPACK = Table(
    # RFC 7541, appendix A, and sections 6.1 and 6.2.2
    fields={
        (b":status", b"200"): 8,
        (b":status", b"204"): 9,
        (b":status", b"206"): 10,
        (b":status", b"400"): 12,
        (b":status", b"404"): 13,
    },
    names={
        b":status": 8,
        b"access-control-allow-origin": 20,
        b"content-length": 28,
        b"content-type": 31,
        b"vary": 59,
    },
    indexed=(0x80, 7),
    named=(0x00, 4),
    literal=(b"\x00", 0x00, 7),
)
QPACK = Table(
    # RFC 9204, appendix A, and sections 4.5.2, 4.5.4 and 4.5.6
    fields={
        (b"content-length", b"0"): 4,
        (b":status", b"200"): 25,
        (b":status", b"404"): 27,
        (b"access-control-allow-headers", b"cache-control"): 33,
        (b"access-control-allow-headers", b"content-type"): 34,
        (b"access-control-allow-origin", b"*"): 35,
        (b":status", b"204"): 64,
        (b":status", b"206"): 65,
        (b":status", b"400"): 67,
        (b":status", b"403"): 68,
        (b":status", b"421"): 69,
        (b":status", b"425"): 70,
        (b"access-control-allow-headers", b"*"): 75,
        (b"access-control-expose-headers", b"content-length"): 79,
        (b"timing-allow-origin", b"*"): 93,
    },
    names={
        b"content-length": 4,
        b":status": 24,
        b"access-control-allow-headers": 33,
        b"access-control-allow-origin": 35,
        b"content-type": 44,
        b"vary": 59,
        b"access-control-allow-credentials": 73,
        b"access-control-allow-methods": 76,
        b"access-control-expose-headers": 79,
        b"timing-allow-origin": 93,
    },
    indexed=(0xC0, 6),
    named=(0x50, 4),
    literal=(b"", 0x20, 3),
)


def field_lines(table: Table, fields: Fields, status: int | None, body: bytes) -> bytes:
    """Return the field lines; those of the whole response to a preflight, which has a status.

    A 204 has no body, and so nothing that describes one (RFC 9110, section 15.3.5).
    """
    if status is not None:
        described = body_headers(status, b"" if status == 204 else body)
        fields = [
            (b":status", str(status).encode("ascii"), True),
            *fields,
            *((*pair, True) for pair in encoded(described)),
        ]
    return b"".join(_line(table, *field) for field in fields)


def _line(table: Table, name: bytes, value: bytes, constant: bool) -> bytes:
    """Return a field line."""
    index = table.fields.get((name, value)) if constant else None
    if index is not None:
        return _number(*table.indexed, index)
    index = table.names.get(name)
    if index is not None:
        start = _number(*table.named, index)
    else:
        before, first, bits = table.literal
        start = before + _number(first, bits, len(name)) + name
    return start + _number(0, 7, len(value)) + value


def _number(first: int, bits: int, number: int) -> bytes:
    """Return a number of which the first byte has so many bits, beside ``first`` (RFC 7541, section 5.1)."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([first | number])
    digits = bytearray([first | most])
    number -= most
    while number >= 128:
        digits.append(number & 127 | 128)
        number >>= 7
    digits.append(number)
    return bytes(digits)
