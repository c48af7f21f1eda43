"""A gateway in a thread of its own, before services that speak by a script: what its tests ask."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

from backends import feeds, running, shop
from config import snapshot_of
from gateway import Gateway
from main import configuration

PAGE = "http://app.example.com"
SECONDS = 20.0


class Service:
    """A service that speaks by a script: a function over each connection that it gets."""

    def __init__(self, script: Callable[[socket.socket, int], None]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.script = script
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            connection.settimeout(SECONDS)
            self.script(connection, number)


def head_of(connection: socket.socket) -> bytes:
    """Read a head, and what came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return data
        data += part
    return data


class World:
    """A gateway in a thread of its own, before its services."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.run(),))
        self.thread.start()
        assert self.ready.wait(SECONDS)

    async def run(self) -> None:
        self.stop = asyncio.Event()
        async with running(shop) as shop_port, running(feeds) as feeds_port:
            self.given: Any = configuration(PAGE, shop_port, feeds_port)
            self.gateway = Gateway(snapshot_of(self.given))
            server = await self.gateway.serve(0)
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.stop.wait()
            server.close()
            for client in list(self.gateway.clients):
                client.transport.abort()
            for pool in self.gateway.pools.values():
                pool.close()

    def use(self, **changes: Any) -> None:
        """Let the gateway use a changed configuration."""
        snapshot = snapshot_of({**self.given, **changes})
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (self.gateway.use(snapshot), done.set()))
        assert done.wait(SECONDS)

    def put_before(self, script: Callable[[socket.socket, int], None]) -> Service:
        """Put the gateway before a service of the test's own, for everything below /own/."""
        service = Service(script)
        policy = {"allow_origins": [PAGE], "expose_headers": ["ETag"]}
        own = {"own": {"address": f"127.0.0.1:{service.port}", "policy": policy}}
        self.use(upstreams={**self.given["upstreams"], **own}, routes={**self.given["routes"], "/own/": "own"})
        return service

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()
        self.loop.close()
