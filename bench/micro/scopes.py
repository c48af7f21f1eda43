"""The scopes of RSGI, made by granian itself: nobody else can make its objects."""

from __future__ import annotations

import asyncio
import socket
import threading
from functools import lru_cache
from typing import Any

from bench.micro.inputs import ACCEPTED, BROWSER, STRANGER, fresh_headers
from bench.peers import need

__all__ = ["rsgi_scope_of"]

PATIENCE = 60
"""Seconds that granian may take."""


@lru_cache
def rsgi_scopes(path: str) -> dict[tuple[str, bytes | None], Any]:
    """Let granian make the scopes of a browser's requests to a path, by method and sender.

    Each gives new texts and a new mapping of headers whenever it is read, so one of a kind is enough.
    """
    granian = need("granian.server.embed")
    made: list[Any] = []

    async def keep(scope: Any, proto: Any) -> None:
        made.append(scope)
        proto.response_empty(204, [])

    keys = [(method, sender) for method in ("GET", "OPTIONS") for sender in (ACCEPTED, STRANGER, None)]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def main() -> None:
        server = granian.Server(keep, port=port, log_enabled=False, websockets=False)
        serving = asyncio.create_task(server.serve())
        for method, sender in keys:
            await fetch(port, method, sender, path)
        server.stop()
        await serving

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    thread.join(PATIENCE)
    return dict(zip(keys, made, strict=True))


def rsgi_scope_of(method: str, sender: bytes | None, path: str = "/items") -> Any:
    """Return the RSGI scope of a request, as granian made it."""
    return rsgi_scopes(path)[method, sender]


async def fetch(port: int, method: str, sender: bytes | None, path: str) -> None:
    """Send one request, and wait for the answer; the server may not listen yet."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0)
            continue
        break
    head = b"\r\n".join(name + b": " + value for name, value in fresh_headers(BROWSER[method], sender))
    writer.write(f"{method} {path} HTTP/1.1\r\n".encode() + head + b"\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
