"""The side of the gateway that faces clients: connections, and the order of the requests on each."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools
from exchange import Exchange
from heads import LARGEST_HEAD

if TYPE_CHECKING:
    from backend import Backend
    from gateway import Gateway

MOST_WAITING = 1
"""Exchanges of a connection beside which no more of it is read (RFC 9112, section 9.3.2: pipelining)."""


class Client(asyncio.Protocol):
    """A connection of a client: its requests are answered in their order."""

    lost = False
    ended = False
    """Whether the last response is sent, and nothing more is read."""
    choked = False
    """Whether the client does not read as fast as the service sends."""
    paused = False
    finished = False
    """Whether the client sends no more."""
    tunnel: Backend | None = None

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.loop = gateway.loop
        self.parser = httptools.HttpRequestParser(self)
        self.exchanges: deque[Exchange] = deque()
        self.incoming: Exchange | None = None
        self.early = b""
        """What came behind a handshake before the service agreed to it."""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self.transport = cast(asyncio.Transport, transport)
        self.peer = str(transport.get_extra_info("peername")[0]).encode()
        self.gateway.clients.add(self)
        self.on_message_begin()

    def connection_lost(self, error: Exception | None) -> None:
        """End what is at work for the client."""
        self.lost = True
        self.gateway.clients.discard(self)
        if self.exchanges and self.exchanges[0].backend is not None:
            self.exchanges[0].backend.end(False)

    def data_received(self, data: bytes) -> None:
        """Parse what the client sends; hand on what a tunnel brings."""
        if self.tunnel is not None:
            self.tunnel.write(data)
            return
        if self.ended:
            return
        if self.parser.should_upgrade():
            self.early += data
            return
        self.read += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.early = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self.refuse(400)
        if self.in_head and self.read > LARGEST_HEAD:
            self.refuse(431)
        self.balance()

    def eof_received(self) -> bool:
        """Answer what is there already, and then end. True: asyncio leaves the connection open."""
        self.finished = True
        if self.exchanges:
            self.exchanges[-1].closing = True
        return bool(self.exchanges) and self.tunnel is None and self.incoming is None

    def pause_writing(self) -> None:
        """Read no more of the service while the client does not read."""
        self.choked = True
        if self.exchanges and self.exchanges[0].backend is not None:
            self.exchanges[0].backend.transport.pause_reading()
        self.balance()

    def resume_writing(self) -> None:
        """Read on."""
        self.choked = False
        if self.exchanges and self.exchanges[0].backend is not None:
            self.exchanges[0].backend.transport.resume_reading()
        self.balance()

    # What the parser calls

    def on_message_begin(self) -> None:
        """Forget the request before."""
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.in_head = True
        self.read = 0
        self.since = self.loop.time()

    def on_url(self, part: bytes) -> None:
        """Keep a part of the target."""
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line, and drop a trailer (RFC 9110, section 6.5.1)."""
        if self.in_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Start on the request: its content is handed on as it comes."""
        self.in_head = False
        if self.ended:
            return
        exchange = Exchange(self, self.parser.get_method(), self.target, not self.parser.should_keep_alive())
        exchange.begin(self.headers)
        self.incoming = exchange
        self.exchanges.append(exchange)
        if self.exchanges[0] is exchange:
            self.go_on()

    def on_body(self, part: bytes) -> None:
        """Hand a part of the content on."""
        if self.incoming is not None:
            self.incoming.request_with(part)

    def on_message_complete(self) -> None:
        """Note the end of the request, and look for the next one."""
        exchange, self.incoming = self.incoming, None
        self.in_head, self.read, self.since = True, 0, self.loop.time()
        if exchange is not None:
            exchange.complete()
            if exchange.answer is not None and self.exchanges and self.exchanges[0] is exchange:
                self.go_on()

    # Answers

    def write(self, data: bytes) -> None:
        """Send something to the client."""
        if not self.lost:
            self.transport.write(data)

    def go_on(self) -> None:
        """Answer the exchanges in their order, as far as they can be answered."""
        while self.exchanges and not self.ended:
            exchange = self.exchanges[0]
            if exchange.answer is None:
                if exchange.backend is None:
                    exchange.send()
                return
            if not exchange.whole:
                return
            self.write(exchange.answer + exchange.content)
            exchange.size = len(exchange.content)
            self.close(exchange)

    def finish(self, exchange: Exchange) -> None:
        """Go on behind an exchange that a service has answered."""
        if self.exchanges and self.exchanges[0] is exchange:
            self.close(exchange)
            if not self.lost:
                self.go_on()
                self.balance()

    def close(self, exchange: Exchange) -> None:
        """Drop an exchange that is answered, and the connection where it was the last one."""
        self.exchanges.popleft()
        self.since = self.loop.time()
        exchange.log()
        if exchange.closing or self.tunnel is not None:
            self.end()

    def refuse(self, status: int) -> None:
        """Answer what is no request; nothing after it can be understood."""
        if self.ended:
            return
        if self.incoming is not None:  # its content is malformed, and a service may have a part of it
            self.transport.abort()
            return
        exchange = Exchange(self, b"-", b"-", True)
        exchange.refuse(status)
        self.exchanges.append(exchange)
        if self.exchanges[0] is exchange:
            self.go_on()

    def open_tunnel(self, backend: Backend) -> None:
        """Hand everything on from now on."""
        self.tunnel = backend
        if self.early:
            backend.write(self.early)
        self.balance()

    def end(self) -> None:
        """Write no more. The client closes when it has read; else its time runs out (RFC 9112, section 9.6)."""
        if not self.ended and not self.lost:
            self.ended = True
            self.exchanges.clear()
            if self.finished or self.tunnel is not None:
                self.transport.close()
            elif not self.transport.is_closing():
                self.transport.write_eof()

    def balance(self) -> None:
        """Read of the client what can be handed on, and no more."""
        if self.lost or self.transport.is_closing():
            return
        first = self.exchanges[0] if self.exchanges else None
        waits = first is not None and (bool(first.pieces) or (first.backend is not None and first.backend.choked))
        waits |= self.parser.should_upgrade() and self.tunnel is None
        pause = not self.ended and (self.choked or waits or len(self.exchanges) > MOST_WAITING)
        if pause != self.paused:
            self.paused = pause
            (self.transport.pause_reading if pause else self.transport.resume_reading)()
