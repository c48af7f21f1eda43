"""The side of the gateway that faces the services: connections to them, kept open in pools."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools
from heads import LARGEST_HEAD

if TYPE_CHECKING:
    from exchange import Exchange

MOST_IDLE = 64
"""Connections to a service that are kept open without a request."""
PATIENCE = 5.0
"""Seconds that a service may take to accept a connection."""


class Backend(asyncio.Protocol):
    """A connection to a service: idle in its pool, or at work on one exchange."""

    exchange: Exchange | None = None
    tunnelled = False
    choked = False
    """Whether the service does not read as fast as the client sends."""
    used = False
    """Whether an exchange was whole before this one, so that the service may have closed meanwhile."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def begin(self, exchange: Exchange) -> None:
        """Get ready for the response to an exchange."""
        self.exchange = exchange
        self.parser = httptools.HttpResponseParser(self)
        self.head = bytearray()
        self.in_head = True
        self.interim = self.done = self.extra = self.keep = False
        self.fields: dict[bytes, bytes] = {}

    def write(self, data: bytes) -> None:
        """Send something on."""
        self.transport.write(data)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Parse what the service sends; hand on what a tunnel brings."""
        if self.tunnelled and self.exchange is not None:
            self.exchange.client.write(data)
            return
        if self.exchange is None:  # nobody has asked
            self.transport.abort()
            return
        if self.in_head:
            self.head += data
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self.tunnelled:
                self.exchange.client.write(data[upgrade.args[0] :])
                return
            self.fail()
        except httptools.HttpParserError:
            self.extra = True
            if not self.done:
                self.fail()
        if self.in_head and len(self.head) > LARGEST_HEAD:
            self.fail()
        if self.done:
            self.end(self.keep and not self.extra)

    def connection_lost(self, error: Exception | None) -> None:
        """End the exchange: well, where the end of the connection is that of the content."""
        self.pool.forget(self)
        if self.exchange is None:
            return
        if self.tunnelled or (not self.in_head and self.exchange.until_close and error is None):
            self.end(False)
        else:
            self.fail()

    def pause_writing(self) -> None:
        """Read no more of the client while the service does not read."""
        self.choked = True
        if self.exchange is not None:
            self.exchange.client.balance()

    def resume_writing(self) -> None:
        """Read on."""
        self.choked = False
        if self.exchange is not None:
            self.exchange.client.balance()

    # What the parser calls

    def on_message_begin(self) -> None:
        """Note what comes after the response, which belongs to nobody."""
        self.extra = self.done

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line that says how the response is sent; a second one joins the first."""
        if self.in_head:
            key = name.lower()
            self.fields[key] = self.fields[key] + b"," + value if key in self.fields else value

    def on_headers_complete(self) -> None:
        """Hand the head on as it came."""
        end = self.head.index(b"\r\n\r\n") + 4
        head = bytes(self.head[:end])
        del self.head[:end]
        status = self.parser.get_status_code()
        if self.exchange is None or self.done:
            return
        if status < 200 and status != 101:  # RFC 9110, section 15.2: another head follows
            self.interim = True
            if status == 100:
                self.exchange.client.write(head)
            self.fields.clear()
            return
        if status == 101 and not self.exchange.upgrade:
            self.fail()
            return
        self.in_head = False
        self.keep = self.parser.should_keep_alive()
        self.tunnelled = self.exchange.respond(status, head, self.fields)
        self.done = not self.tunnelled and self.exchange.has_no_content

    def on_body(self, part: bytes) -> None:
        """Hand a part of the content on."""
        if self.exchange is not None and not self.done:
            self.exchange.respond_with(part)

    def on_message_complete(self) -> None:
        """Note the end of the response."""
        if self.interim:
            self.interim = False
        elif not self.tunnelled:
            self.done = True

    # Ends

    def end(self, keep: bool) -> None:
        """Finish the exchange, and keep the connection where another can use it."""
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        if keep and exchange.whole and not self.choked and not self.transport.is_closing():
            self.used = True
            self.transport.resume_reading()
            self.pool.give(self)
        else:
            self.transport.close()
        exchange.finish()

    def fail(self) -> None:
        """Drop the connection; the exchange is answered by the gateway, or tried once more."""
        exchange, self.exchange = self.exchange, None
        self.transport.abort()
        if exchange is not None:
            exchange.fail(retry=self.used and self.in_head and not self.head)


class Pool:
    """The connections to one address."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.idle: list[Backend] = []
        self.closed = False

    def take(self) -> Backend | None:
        """Return an open connection, the one that was used last, or None."""
        while self.idle:
            backend = self.idle.pop()
            if not backend.transport.is_closing():
                return backend
        return None

    async def connect(self) -> Backend:
        """Open a connection. OSError or TimeoutError: the service does not accept one."""
        loop = asyncio.get_running_loop()
        connecting = loop.create_connection(lambda: Backend(self), self.host, self.port)
        _, backend = await asyncio.wait_for(connecting, PATIENCE)
        return backend

    def give(self, backend: Backend) -> None:
        """Take a connection back."""
        if self.closed or len(self.idle) >= MOST_IDLE:
            backend.transport.close()
        else:
            self.idle.append(backend)

    def forget(self, backend: Backend) -> None:
        """Drop a connection that is closed."""
        if backend in self.idle:
            self.idle.remove(backend)

    def close(self) -> None:
        """Close what is idle now, and the rest when its exchange is finished."""
        self.closed = True
        while self.idle:
            self.idle.pop().transport.close()
