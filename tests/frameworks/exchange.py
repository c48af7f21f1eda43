"""One door's application on one server, with CORS and without, and what goes over the wire."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from tests.frameworks.cells import Place
from tests.integration.wire import Process, Response, message

SOON = 10.0
"""Seconds that a part of a response, or a frame of a WebSocket, may take."""
HELLO = b"hello"


class Streamed(NamedTuple):
    response: Response
    first: bytes
    """What came before the application was told to go on."""


class Side:
    """An application on a server: with CORS, or without."""

    def __init__(self, door: str, server: str, cors: bool) -> None:
        self.gate = socket.create_server(("127.0.0.1", 0))
        self.gate.settimeout(SOON)
        release = str(self.gate.getsockname()[1])
        environment = {"DOOR": door, "WITH_CORS": "1" if cors else "0", "RELEASE": release}
        environment["PYTHONHASHSEED"] = "0"  # some write a set of methods into Allow
        self.process = Process(server, "tests.frameworks.served:app", **environment)

    def ask(self, method: str, path: str, **headers: str) -> Response:
        """Send a request that must be answered; an underscore in a name stands for a hyphen."""
        return self.process.ask(self._request(method, path, headers))

    def _request(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        lines = [(b"Host", b"127.0.0.1")]
        lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return message(method, path, lines)

    @contextmanager
    def _sent(self, method: str, path: str, headers: dict[str, str]) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.process.port), timeout=SOON) as connection:
            connection.sendall(self._request(method, path, headers))
            yield connection

    def stream(self, path: str, **headers: str) -> Streamed:
        """Get a response that is sent in parts. The application goes on when the first one has come."""
        with self._sent("GET", path, headers) as connection, closing(http.client.HTTPResponse(connection)) as parsed:
            try:
                parsed.begin()
                first = parsed.read1(100)
            except TimeoutError:
                raise AssertionError("nothing comes before all has been sent") from None
            finally:
                self.gate.accept()[0].close()
            body = first + parsed.read()
            found = [(name.lower(), value) for name, value in parsed.getheaders()]
            return Streamed(Response(parsed.status, found, body), first)

    def websocket(self, path: str, origin: str) -> tuple[Response, bytes]:
        """Open a WebSocket, and return the answer to its handshake and what is sent back for a text.

        RFC 6455, sections 4.1 and 5.2.
        """
        headers = {
            "Origin": origin,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        with self._sent("GET", path, headers) as connection, closing(http.client.HTTPResponse(connection)) as parsed:
            parsed.begin()
            found = [(name.lower(), value) for name, value in parsed.getheaders()]
            if parsed.status != 101:
                return Response(parsed.status, found, parsed.read()), b""
            mask = bytes(4)
            connection.sendall(bytes([0x81, 0x80 | len(HELLO)]) + mask + HELLO)
            _, length = parsed.fp.read(2)
            return Response(101, found, b""), parsed.fp.read(length)

    def end(self) -> None:
        """Ask the server to end."""
        self.process.end()
        self.gate.close()


def same_but_for_cors(without: Response, response: Response, varying: tuple[str, ...]) -> None:
    """Assert that two responses differ in their CORS headers alone. ``varying`` names headers that differ anyway."""

    def rest(response: Response) -> tuple[object, ...]:
        left_out = ("date", "vary", *varying)
        lines = [
            (name, value)
            for name, value in response.headers
            if not name.startswith("access-control-") and name not in left_out
        ]
        return response.status, lines, [name for name in response.vary() if name != "origin"], response.body

    assert rest(response) == rest(without)


class Pair:
    """A door's application on a server, with CORS and without."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.varying = place.door.varying
        assert place.server is not None
        self.plain, self.cors = (Side(place.name, place.server, cors) for cors in (False, True))

    def ask(self, method: str, path: str, **headers: str) -> Response:
        """Ask both, hold that they differ in CORS headers alone, and return the answer with CORS."""
        without, response = (side.ask(method, path, **headers) for side in (self.plain, self.cors))
        same_but_for_cors(without, response, self.varying)
        return response

    def end(self) -> None:
        """End both."""
        for side in (self.plain, self.cors):
            side.end()
        for side in (self.plain, self.cors):
            side.process.wait()
