"""What granian serves for tests/integration/test_rsgi.py: every kind of response, bodies, WebSockets and hooks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import fastcors.rsgi

SITE = "https://site.example"
OWN = [("x-app", "1"), ("vary", "foo"), ("access-control-allow-origin", "https://app.example")]
FILE = Path(__file__).resolve()
NAMES = ["origin", "X-Dup", "x-odd", "nope"]


def shape(headers: Any) -> dict[str, Any]:
    """Everything that a mapping of headers says, in plain types."""
    return {
        "keys": sorted(headers.keys()),
        "values": sorted(headers.values()),
        "items": sorted(map(list, headers.items())),
        "iter": sorted(headers),
        "len": len(headers),
        "in": [name in headers for name in NAMES],
        "get": [headers.get(name) for name in NAMES],
        "get default": [headers.get(name, "default") for name in NAMES],
        "get_all": [headers.get_all(name) for name in NAMES],
        "[]": [headers[name] for name in NAMES if name in headers],
    }


class Application:
    """An object with the method and the hooks of RSGI."""

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Serve."""
        if scope.proto == "ws":
            await self.talk(proto)
            return
        respond = getattr(self, scope.path[1:].replace("-", "_"), self.empty)
        await respond(scope, proto)

    async def talk(self, proto: Any) -> None:
        """Send back what is received."""
        stream = await proto.accept()
        message = await stream.receive()
        await stream.send_str(f"{message.kind}: {message.data}")
        proto.close()

    async def objects(self, scope: Any, proto: Any) -> None:
        proto.response_str(200, OWN, json.dumps(shape(scope.headers)))

    async def empty(self, scope: Any, proto: Any) -> None:
        proto.response_empty(204, OWN)

    async def str(self, scope: Any, proto: Any) -> None:
        proto.response_str(200, OWN, "text: \u20ac")

    async def bytes(self, scope: Any, proto: Any) -> None:
        proto.response_bytes(200, OWN, b"bytes: \xff")

    async def file(self, scope: Any, proto: Any) -> None:
        proto.response_file(200, OWN, str(FILE))

    async def range(self, scope: Any, proto: Any) -> None:
        proto.response_file_range(206, OWN, str(FILE), 3, 11)

    async def no_file(self, scope: Any, proto: Any) -> None:
        proto.response_file(200, OWN, str(FILE / "none"))

    async def stream(self, scope: Any, proto: Any) -> None:
        stream = proto.response_stream(200, OWN)
        await stream.send_bytes(b"one ")
        await stream.send_str("two")

    async def body(self, scope: Any, proto: Any) -> None:
        proto.response_bytes(200, OWN, await proto())

    async def chunks(self, scope: Any, proto: Any) -> None:
        proto.response_bytes(200, OWN, b"".join([chunk async for chunk in proto]))

    async def raises(self, scope: Any, proto: Any) -> None:
        raise RuntimeError("the application is broken")

    async def text(self, scope: Any, proto: Any) -> None:
        """Respond with a header beyond ASCII, which granian writes in UTF-8."""
        proto.response_empty(204, [("x-name", "\u20ac")])

    def __rsgi_init__(self, loop: Any) -> None:
        self.note(f"init {loop.is_running()}")

    def __rsgi_del__(self, loop: Any) -> None:
        self.note(f"del {loop.is_closed()}")

    def note(self, line: Any) -> None:
        """Append a line to a file that the tests read."""
        if "NOTES" in os.environ:
            with open(os.environ["NOTES"], "a", encoding="ascii") as notes:
                notes.write(f"{line}\n")


app = fastcors.rsgi.CORSMiddleware(
    Application(), allow_origins=[SITE], allow_methods=["PUT"], check_websocket_origin=True
)
debug = fastcors.rsgi.CORSMiddleware(Application(), allow_origins=[SITE], debug=True, handle_errors=True)
