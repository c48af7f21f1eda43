"""A request and its response: routed, decided on, and handed on as they come."""

from __future__ import annotations

import asyncio
import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import httptools
from heads import LARGEST_HEAD, OF_THE_CONNECTION, by_name, handed_on, plain, request_head, without

from fastcors import Decision, Policy

if TYPE_CHECKING:
    from backend import Backend
    from client import Client
    from config import Upstream
    from heads import Headers

access = logging.getLogger("gateway.access")


class Exchange:
    """A request and its response."""

    status = 0
    size = 0
    """Bytes of the response's content."""
    whole = False
    """Whether the request is there to its end."""
    until_close = False
    """Whether the end of the response's content is that of the connection."""
    has_no_content = False
    """Whether the response is a head alone, whatever its Content-Length says (RFC 9112, section 6.3)."""
    backend: Backend | None = None
    policy: Policy | None = None
    decision: Decision | None = None
    upstream: Upstream | None = None
    host: bytes | None = None
    head = b""
    """What the service gets."""
    tries = 0
    over = False
    """Whether nothing of the request is sent on any more."""

    def __init__(self, client: Client, method: bytes, target: bytes, closing: bool) -> None:
        self.client = client
        self.method = method
        self.target = target
        self.closing = closing or client.parser.should_upgrade()
        """Whether the connection ends after the response: after a wish for an upgrade the parser reads no more."""
        self.modern = client.parser.get_http_version() == "1.1"
        self.upgrade = False
        self.chunked = False
        self.rechunk = False
        self.answer: bytes | None = None
        """The response, where it is the gateway's."""
        self.content = b""
        self.pieces: list[bytes] = []
        """What waits for a connection to the service."""
        self.started = client.loop.time()

    # The request

    def begin(self, headers: Headers) -> None:
        """Find the service and its policy, and decide; or answer what cannot be handed on."""
        values = by_name(headers)
        self.chunked = b"transfer-encoding" in values
        self.empty = not self.chunked and b"content-length" not in values
        self.upgrade = self.is_websocket(values)
        fields = handed_on(headers)
        status = self.fault_of_framing(values) or self.find_service(values) or self.make_head(fields)
        if status == 404:
            self.respond_plainly(status)
        elif status:
            self.refuse(status)
        elif self.policy is not None:
            decision = self.decision = self.policy.decide_pairs(self.method, fields)
            if decision.status is not None:  # a preflight
                self.answer, self.status = decision.response, decision.status
            elif self.upgrade and not decision.allowed:
                self.respond_plainly(403)  # RFC 6455, section 10.2

    def is_websocket(self, values: dict[bytes, list[bytes]]) -> bool:
        """Whether the request wants to become a WebSocket (RFC 6455, section 4.1)."""
        upgrades = b",".join(values.get(b"upgrade", [])).strip().lower()
        return self.method == b"GET" and upgrades == b"websocket" and self.client.parser.should_upgrade()

    def fault_of_framing(self, values: dict[bytes, list[bytes]]) -> int:
        """Return the status for content that the gateway cannot hand on, or 0."""
        if self.method == b"CONNECT":
            return 400
        if self.client.parser.should_upgrade() and not self.empty:
            return 501  # the parser does not read the content of a request for an upgrade
        if self.chunked and b",".join(values[b"transfer-encoding"]).lower() != b"chunked":
            return 501  # RFC 9112, section 6.1
        return 0

    def find_service(self, values: dict[bytes, list[bytes]]) -> int:
        """Find the route by host and path. Returns the status where there is none, or 0."""
        hosts = values.get(b"host", [])
        try:
            url = httptools.parse_url(self.target)
        except httptools.HttpParserInvalidURLError:
            return 400
        if len(hosts) > 1 or (not hosts and self.modern):
            return 400  # RFC 9112, section 3.2
        self.host = hosts[0] if hosts else None
        if url.host is not None:  # RFC 9112, section 3.2.2: the target's own host goes before the field
            self.host = url.host if url.port is None else b"%b:%d" % (url.host, url.port)
            self.target = (url.path or b"/") + (b"" if url.query is None else b"?" + url.query)
        gateway = self.client.gateway
        route = gateway.snapshot.router.route_of(unquote_to_bytes(url.path or b"/"), self.host)
        if route is None:
            return 404
        self.upstream = gateway.snapshot.upstreams[route]
        self.policy = self.upstream.policy
        self.pool = gateway.pools[self.upstream.host, self.upstream.port]
        return 0

    def make_head(self, fields: Headers) -> int:
        """Make the head that the service gets. Returns the status where it cannot have it, or 0."""
        own = [b"X-Forwarded-For: " + self.client.peer, b"X-Forwarded-Proto: http"]
        own += [] if self.host is None else [b"X-Forwarded-Host: " + self.host]
        own += [b"Transfer-Encoding: chunked"] if self.chunked else []
        own += [b"Connection: Upgrade", b"Upgrade: websocket"] if self.upgrade else []
        start = b"%b %b HTTP/1.1" % (self.method, self.target)
        head = self.head = request_head(start, self.host, fields, own)
        if len(head) > LARGEST_HEAD:
            return 431
        if head.count(b"\n") != head.count(b"\r\n") or b"\r\n " in head or b"\r\n\t" in head:
            return 400  # a line that others may read as two (RFC 9112, section 5.2)
        return 0

    def send(self) -> None:
        """Send the request to the service, over an open connection where there is one."""
        backend = self.pool.take()
        if backend is not None:
            self.attach(backend)
        else:
            self.client.gateway.spawn(self.connect())

    async def connect(self) -> None:
        """Send the request over a new connection."""
        try:
            backend = await self.pool.connect()
        except (OSError, asyncio.TimeoutError):
            self.fail()
            return
        if self.client.lost:
            self.pool.give(backend)
        else:
            self.attach(backend)

    def attach(self, backend: Backend) -> None:
        """Send what there is of the request, and what comes of it from now on."""
        self.tries += 1
        self.backend = backend
        backend.begin(self)
        backend.write(self.head + b"".join(self.pieces))
        self.pieces.clear()
        self.client.balance()

    def request_with(self, part: bytes) -> None:
        """Send a part of the request's content on."""
        if self.answer is not None or self.over:
            return  # nobody reads it
        self.push(b"%x\r\n%b\r\n" % (len(part), part) if self.chunked else part)

    def complete(self) -> None:
        """Send the end of the request on."""
        self.whole = True
        if self.chunked and self.answer is None and not self.over:
            self.push(b"0\r\n\r\n")

    def push(self, data: bytes) -> None:
        """Send something on, now or when there is a connection."""
        if self.backend is not None:
            self.backend.write(data)
        else:
            self.pieces.append(data)

    # The response

    def respond(self, status: int, head: bytes, fields: dict[bytes, bytes]) -> bool:
        """Send the head of the response to the client. True: the connection is a tunnel now."""
        tunnel = status == 101 and self.upgrade
        chunked = b"chunked" in fields.get(b"transfer-encoding", b"").lower()
        self.has_no_content = self.method == b"HEAD" or status in (204, 304)
        self.until_close = not (self.has_no_content or tunnel or chunked or b"content-length" in fields)
        self.rechunk = chunked and self.modern and not self.has_no_content
        names = {name.strip().lower() for name in fields.get(b"connection", b"").split(b",")} - {b""}
        left_out = (names | fields.keys() & OF_THE_CONNECTION) - {b"content-length"}
        if chunked and self.modern:
            left_out -= {b"transfer-encoding"}
        if left_out and not tunnel:
            head = without(head, left_out)
        if self.decision is not None:
            head = self.decision.merge_head(head)
        self.closing |= self.until_close or not self.whole or not (tunnel or self.modern)
        if self.closing and not tunnel:
            head = head[:-2] + b"Connection: close\r\n\r\n"
        self.status = status
        self.client.write(b"HTTP/1.1" + head[8:])
        if tunnel and self.backend is not None:
            self.client.open_tunnel(self.backend)
        return tunnel

    def respond_with(self, part: bytes) -> None:
        """Send a part of the response's content to the client."""
        self.size += len(part)
        self.client.write(b"%x\r\n%b\r\n" % (len(part), part) if self.rechunk else part)

    def respond_plainly(self, status: int) -> None:
        """Answer by the gateway itself, so that a page which may read the service's answers can read this one."""
        head = plain(status, self.closing)
        self.answer = head if self.decision is None else self.decision.merge_head(head)
        self.content = b"" if self.method == b"HEAD" else HTTPStatus(status).phrase.encode()
        self.status = status

    def refuse(self, status: int) -> None:
        """Answer a request that is not read to its end, as nothing after it can be understood."""
        self.closing = self.whole = self.over = True
        self.respond_plainly(status)

    def finish(self) -> None:
        """Go on to the next exchange: the response is sent."""
        self.over, self.backend = True, None
        if self.rechunk:
            self.client.write(b"0\r\n\r\n")
        self.client.finish(self)

    def fail(self, retry: bool = False) -> None:
        """Answer 502 where the service gave none, or cut the response off where it gave a part of one.

        A service may close a connection while a request is on its way to it. ``retry`` says that this may be so; then
        a request that can be repeated is (RFC 9110, section 9.2.2).
        """
        self.backend = None
        if self.client.lost:
            return
        if retry and self.whole and self.empty and self.method in (b"GET", b"HEAD", b"OPTIONS") and self.tries < 3:
            self.send()
        elif self.status:
            self.client.transport.abort()
        else:
            self.closing |= not self.whole
            self.respond_plainly(502)
            self.whole = self.over = True
            self.client.go_on()

    def log(self) -> None:
        """Write a line of the access log. What the client sent is escaped."""
        if not self.client.gateway.snapshot.access_log:
            return
        decision = self.decision
        request = json.dumps(f"{self.method.decode('latin-1')} {self.target.decode('latin-1')}")
        cors = "-" if decision is None else f"{decision.kind} {decision.reason} {decision.detail}".rstrip()
        name = "-" if self.upstream is None else self.upstream.name
        spent = 1000 * (self.client.loop.time() - self.started)
        access.info(
            "%s %s %d %d %s %.1fms %s", self.client.peer.decode(), request, self.status, self.size, name, spent, cors
        )
