"""Field blocks of HTTP/2 and sections of HTTP/3, read by decoders of others."""

from __future__ import annotations

import pylsqpack
from hpack import Decoder


def decoded_hpack(block: bytes, decoder: Decoder | None = None) -> list[tuple[bytes, bytes]]:
    """The fields of a block, by hpack."""
    decoder = Decoder() if decoder is None else decoder
    return [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]


def decoded_qpack(section: bytes, decoder: pylsqpack.Decoder | None = None) -> list[tuple[bytes, bytes]]:
    """The fields of a section, by ls-qpack. It must need nothing of a dynamic table.

    A section without a line is whole too (RFC 9204, section 4.5), but ls-qpack takes its prefix for a cut-off one.
    """
    if section == b"\0\0":
        return []
    decoder = pylsqpack.Decoder(4096, 16) if decoder is None else decoder
    _, fields = decoder.feed_header(0, section)
    return list(fields)
