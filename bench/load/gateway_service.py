"""The service behind the gateway: ``python -m bench.load.gateway_service``. It allows every origin, wrongly."""

from __future__ import annotations

import asyncio
from typing import cast

CONTENT = b'{"id": 7, "name": "thing"}'
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nVary: Accept\r\n"
    b"Cache-Control: no-cache\r\nETag: W/0123456789abcdef\r\nServer: service\r\nAccess-Control-Allow-Origin: *\r\n"
) % len(CONTENT)
SAME_BYTES = HEAD.replace(b"Accept\r", b"Accept, Origin\r").replace(
    b"Origin: *\r\n",
    b"Origin: https://app.example.com\r\nAccess-Control-Allow-Credentials: true\r\n"
    b"Access-Control-Expose-Headers: x-a\r\n",
)
"""What the policy of the gateway makes of it: below /same/ the service sends this by itself."""


class Service(asyncio.Protocol):
    """Answers every head in the same way, and says which Origin it saw."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)
        self.data = b""

    def data_received(self, data: bytes) -> None:
        """Answer each head that is whole."""
        *heads, self.data = (self.data + data).split(b"\r\n\r\n")
        for head in heads:
            _, _, rest = head.partition(b"\r\nOrigin: ")
            start = SAME_BYTES if head.startswith(b"GET /same/") else HEAD
            self.transport.write(start + b"X-Seen: " + rest.partition(b"\r\n")[0] + b"\r\n\r\n" + CONTENT)


async def serve() -> None:
    """Serve on a free port, which is printed, until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=1024)
    print(f"service http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve())
