"""What other parsers of HTTP/1.1 see in a head: its method and the fields that CORS is about.

That is None where they refuse it. Each reads one request and ignores what comes after its head.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

OWN = b"access-control-request-"
FIELDS = (b"origin", OWN + b"method", OWN + b"headers", OWN + b"private-network")


class Seen(NamedTuple):
    """A request as a parser sees it: its method, and the lines of the fields that CORS is about, in order."""

    method: bytes
    lines: list[tuple[bytes, bytes]]


def seen(method: bytes, pairs: Any) -> Seen:
    """What matters of a request; white space around a value, which some parsers leave there, is none of it."""
    lines = [(bytes(name).lower(), bytes(value).strip(b" \t")) for name, value in pairs]
    return Seen(method, [(name, value) for name, value in lines if name in FIELDS])


def by_httptools(head: bytes) -> Seen | None:
    """Llhttp, as uvicorn uses it."""
    import httptools

    whole: list[Seen] = []
    pairs: list[tuple[bytes, bytes]] = []

    class Protocol:
        def on_header(self, name: bytes, value: bytes) -> None:
            pairs.append((name, value))

        def on_headers_complete(self) -> None:
            whole.append(seen(parser.get_method(), pairs))
            pairs.clear()

    parser = httptools.HttpRequestParser(Protocol())
    # What is wrong may be wrong with what comes after the head.
    with contextlib.suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
        parser.feed_data(head)
    return whole[0] if whole else None


def by_h11(head: bytes) -> Seen | None:
    """Read by h11, as hypercorn and uvicorn use it."""
    import h11

    connection = h11.Connection(h11.SERVER)
    try:
        connection.receive_data(head)
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    return seen(event.method, event.headers) if isinstance(event, h11.Request) else None


def by_aiohttp(head: bytes) -> Seen | None:
    """Llhttp in strict mode, as aiohttp has it."""
    return _by_aiohttp("HttpRequestParser", head)


def by_aiohttp_in_python(head: bytes) -> Seen | None:
    """The parser that aiohttp has where there is no C."""
    return _by_aiohttp("HttpRequestParserPy", head)


def _by_aiohttp(name: str, head: bytes) -> Seen | None:
    import asyncio

    from aiohttp import http_parser
    from aiohttp.base_protocol import BaseProtocol
    from aiohttp.http_exceptions import HttpProcessingError

    async def parse() -> Seen | None:
        loop = asyncio.get_running_loop()
        parser = getattr(http_parser, name)(BaseProtocol(loop), loop, 2**16)
        try:
            messages, _, _ = parser.feed_data(head)
        except HttpProcessingError:
            return None
        return seen(messages[0][0].method.encode(), messages[0][0].raw_headers) if messages else None

    return asyncio.run(parse())


PARSERS: dict[str, Callable[[bytes], Seen | None]] = {
    "httptools": by_httptools,
    "h11": by_h11,
    "aiohttp": by_aiohttp,
    "aiohttp in Python": by_aiohttp_in_python,
}


def assert_no_more(ours: Any, theirs: Seen, parser: str) -> None:
    """Each value that a decision was made on is one that the parser sees too, and it sees no more of them."""
    values = {name: [value for key, value in theirs.lines if key == name] for name in FIELDS}
    origins, methods, names, networks = values.values()
    if ours.kind == "none":
        return
    assert origins, parser
    assert ours.origin == origins[0], parser
    assert len(origins) == 1 or ours.reason.value == "origin-multiple", parser
    if ours.kind != "preflight":
        return
    assert (theirs.method, ours.request_method) == (b"OPTIONS", methods[0]), parser
    assert ours.requested.several_methods is (len(methods) > 1), parser
    assert [line[:8193] for line in names[:145]] == list(ours.requested.headers), parser
    assert ours.requested.private_network is (b"true" in networks), parser
