"""A small HTTP/1.1 server on httptools and asyncio or uvloop, with CORS inside: what a server's author has to write.

The CORS part is three places in ``Connection``: a ``RequestFeed`` takes each header as the parser finds it and decides
when the head is there, ``response`` is the whole answer to a preflight, ``merge_asgi`` is for every other response. The
rest is HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple, cast

import httptools

from fastcors import Decision, Policy
from fastcors.embedding import RequestFeed

Headers = list[tuple[bytes, bytes]]

LARGEST_HEAD = LARGEST_BODY = 65536
LARGEST_MESSAGE = 8 * LARGEST_BODY
"""Bytes of a request as they come: a chunk of one byte takes six, and trailers count too."""
PATIENCE = 30.0
"""Seconds that a client has for a request, and that a connection stays open without one."""

logger = logging.getLogger(__name__)


class Request(NamedTuple):
    """A whole request; the names of headers as they came."""

    method: bytes
    target: bytes
    headers: Headers
    body: bytes


class Response(NamedTuple):
    """What an application returns; the server adds Content-Length, Date and what CORS needs."""

    status: int
    headers: Headers
    body: bytes = b""


Application = Callable[[Request], Response]


def plain(status: int) -> Response:
    """Return a response that says its status in words."""
    return Response(status, [(b"content-type", b"text/plain")], HTTPStatus(status).phrase.encode())


class Connection(asyncio.Protocol):
    """One connection: requests are answered in their order, as each of them is whole."""

    def __init__(self, application: Application, policy: Policy) -> None:
        self.application = application
        self.feed = RequestFeed(policy)
        self.parser = httptools.HttpRequestParser(self)
        self.in_head = True
        self.size = 0
        self.ended = False

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self.transport = cast(asyncio.Transport, transport)
        self.loop = asyncio.get_running_loop()
        self.timer = self.loop.call_later(PATIENCE, self.transport.abort)
        self.on_message_begin()

    def connection_lost(self, error: Exception | None) -> None:
        """Stop waiting."""
        self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse what came; after the last response, drop it."""
        if self.ended:
            return
        self.size += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.end()  # it was answered without an upgrade (RFC 9110, section 7.8), and the parser reads no more
        except httptools.HttpParserError:
            self.refuse(400)
        if self.size > (LARGEST_HEAD if self.in_head else LARGEST_MESSAGE):
            self.refuse(431 if self.in_head else 413)

    def pause_writing(self) -> None:
        """Read no more requests while the client does not read the responses."""
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self.transport.resume_reading()

    # What the parser calls

    def on_message_begin(self) -> None:
        """Forget the request before."""
        self.feed.clear()
        self.target = self.body = b""
        self.headers: Headers = []
        self.decision: Decision | None = None
        self.in_head = True
        self.size = 0

    def on_url(self, part: bytes) -> None:
        """Keep a part of the request's target."""
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line, and drop a trailer (RFC 9110, section 6.5.1)."""
        if self.in_head:
            self.headers.append((name, value))
            self.feed.on_header(name, value)

    def on_headers_complete(self) -> None:
        """Decide, before the content is there: an error about the content has CORS headers too."""
        self.in_head = False
        if self.ended:
            return
        self.decision = self.feed.decide(self.parser.get_method())
        hosts, modern = self.values(b"host"), self.parser.get_http_version() == "1.1"
        if len(hosts) > 1 or (not hosts and modern):
            self.refuse(400)  # RFC 9112, section 3.2
        elif len(self.target) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self.refuse(431)
        elif any(int(value) > LARGEST_BODY for value in self.values(b"content-length")):
            self.refuse(413)
        elif self.parser.should_upgrade() and self.values(b"content-length") + self.values(b"transfer-encoding"):
            self.refuse(501)  # the parser does not read the content of a request for an upgrade
        elif modern and b"100-continue" in (value.lower() for value in self.values(b"expect")):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")  # RFC 9110, section 10.1.1

    def on_body(self, part: bytes) -> None:
        """Keep a part of the content."""
        if self.ended:
            return
        self.body += part
        if len(self.body) > LARGEST_BODY:
            self.refuse(413)

    def on_message_complete(self) -> None:
        """Answer the request, and wait for the next one."""
        if self.ended:
            return
        upgrade = self.parser.should_upgrade()
        keep = self.parser.should_keep_alive() and not upgrade and self.parser.get_http_version() == "1.1"
        if self.decision is not None and self.decision.response is not None:
            self.transport.write(self.decision.response)  # to a preflight, which the application never sees
        else:
            self.write(self.ask_application(), keep)
        if not keep:
            self.end()
            return
        self.timer.cancel()
        self.timer = self.loop.call_later(PATIENCE, self.transport.abort)
        self.in_head, self.size = True, 0

    # Answers

    def values(self, name: bytes) -> list[bytes]:
        """Return the lines of a header, which is named in lower case here."""
        return [value for key, value in self.headers if key.lower() == name]

    def ask_application(self) -> Response:
        """Return the application's response, or a 500 where it fails."""
        try:
            return self.application(Request(self.parser.get_method(), self.target, self.headers, self.body))
        except Exception:
            logger.exception("the application failed")
            return plain(500)

    def write(self, response: Response, keep: bool) -> None:
        """Write a response with the policy's headers merged into its own."""
        headers = response.headers if self.decision is None else self.decision.merge_asgi(response.headers)
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.write_head(response.status, lines, len(response.body), keep)
        if self.parser.get_method() != b"HEAD" and response.status not in (204, 304):
            self.transport.write(response.body)

    def write_head(self, status: int, lines: bytes, size: int, keep: bool) -> None:
        """Write the status line and the header lines (RFC 9112, sections 4 and 6.3)."""
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nDate: {formatdate(usegmt=True)}\r\n"
        if status not in (204, 304):  # RFC 9110, section 8.6
            head += f"Content-Length: {size}\r\n"
        if not keep:
            head += "Connection: close\r\n"
        self.transport.write(head.encode() + lines + b"\r\n")

    def refuse(self, status: int) -> None:
        """Answer a request that is not read to its end; nothing after it can be understood."""
        if not self.ended:
            self.write(plain(status), keep=False)
            self.end()

    def end(self) -> None:
        """Write no more. The client closes when it has read; else its time runs out (RFC 9112, section 9.6)."""
        self.ended = True
        self.transport.write_eof()


async def serve(application: Application, policy: Policy, port: int) -> asyncio.Server:
    """Listen on a loopback port, and answer from now on."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(application, policy), "127.0.0.1", port)
