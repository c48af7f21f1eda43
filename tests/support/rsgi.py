"""RSGI without a server: what granian gives an application, in the same shape, and an application to give it to.

The headers and the protocol object are as strict as granian's own, against which tests/integration/test_rsgi.py holds
them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.support.exchange import APP_BODY, APP_HEADERS, APP_STATUS, Req, drive, text_of

_VISIBLE = bytes([*b"\t", *range(0x20, 0x7F)])


def readable(value: bytes) -> bool:
    """Whether granian hands a value over: visible ASCII, spaces and tabs alone."""
    return not value.translate(None, _VISIBLE)


class Headers:
    """The headers of a request, as ``RSGIHeaders`` has them."""

    def __init__(self, lines: list[tuple[bytes, bytes]]) -> None:
        self._lines: dict[str, list[bytes]] = {}
        for name, value in lines:
            self._lines.setdefault(name.decode("ascii").lower(), []).append(value)

    def get_all(self, key: str) -> list[str]:
        return [value.decode("ascii") for value in self._lines.get(key.lower(), ()) if readable(value)]

    def get(self, key: str, default: Any = None) -> Any:
        values = self._lines.get(key.lower())
        return values[0].decode("ascii") if values and readable(values[0]) else default

    def keys(self) -> list[str]:
        return list(self._lines)

    def values(self) -> list[str]:
        return [value for name in self._lines for value in self.get_all(name)]

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name in self._lines for value in self.get_all(name)]

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._lines

    def __getitem__(self, key: str) -> str:
        if key not in self:
            raise KeyError(key)
        return str(self.get(key, ""))

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@dataclass(frozen=True)
class Scope:
    """The scope of a request."""

    headers: Any
    method: str = "GET"
    path: str = "/thing"
    proto: str = "http"
    rsgi_version: str = "1.6"
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "127.0.0.1:5000"
    scheme: str = "http"
    query_string: str = ""
    authority: str | None = None


def scope_of(req: Req, **fields: Any) -> Scope:
    """The RSGI scope of a request."""
    return Scope(Headers(req.lines()), **{"method": req.method.decode("latin-1"), **fields})


class Given(NamedTuple):
    """A response as an application gave it: by which method of the protocol object, and with which arguments."""

    method: str
    status: int
    headers: list[tuple[str, str]]
    content: tuple[Any, ...]


class Transport:
    """The stream of a response."""

    def __init__(self, sent: list[Any]) -> None:
        self._sent = sent

    async def send_bytes(self, data: bytes) -> None:
        self._sent.append(data)

    async def send_str(self, data: str) -> None:
        self._sent.append(data.encode())


class Proto:
    """The server's side of a request: it takes the first response alone, and lists or tuples of tuples of str."""

    def __init__(self, *body: bytes) -> None:
        self.body = body
        self.given: list[Given] = []
        self.sent: list[bytes] = []

    async def __call__(self) -> bytes:
        return b"".join(self.body)

    async def _chunks(self) -> AsyncIterator[bytes]:
        for chunk in self.body:
            yield chunk

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def client_disconnect(self) -> str:
        return "gone"

    def response_empty(self, status: int = 200, headers: Any = ()) -> None:
        self._take("response_empty", status, headers)

    def response_str(self, status: int = 200, headers: Any = (), body: str = "") -> None:
        self._take("response_str", status, headers, body)

    def response_bytes(self, status: int = 200, headers: Any = (), body: bytes = b"") -> None:
        self._take("response_bytes", status, headers, body)

    def response_file(self, status: int, headers: Any, file: str) -> None:
        self._take("response_file", status, headers, file)

    def response_file_range(self, status: int, headers: Any, file: str, start: int, end: int) -> None:
        self._take("response_file_range", status, headers, file, start, end)

    def response_stream(self, status: int = 200, headers: Any = ()) -> Transport:
        if self.given:
            raise RuntimeError("RSGI protocol error")
        self._take("response_stream", status, headers)
        return Transport(self.sent)

    def _take(self, method: str, status: int, headers: Any, *content: Any) -> None:
        assert type(headers) in (list, tuple)
        for pair in headers:
            if type(pair) is not tuple or [type(part) for part in pair] != [str, str]:
                raise TypeError(f"not a pair of str: {pair!r}")
        if type(status) is not int:
            raise TypeError(f"not a status: {status!r}")
        if not self.given:
            self.given.append(Given(method, status, list(headers), content))


class WebSocketProto:
    """The server's side of a WebSocket."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def accept(self) -> Transport:
        self.calls.append("accept")
        return Transport([])

    def close(self, status: int | None = None) -> None:
        self.calls.append(status)


@dataclass
class RsgiApp:
    """An application that records what it was called with and answers with what it was told."""

    status: int = APP_STATUS
    headers: Any = field(default_factory=lambda: text_of(APP_HEADERS))
    body: bytes = APP_BODY
    calls: list[tuple[Any, Any]] = field(default_factory=list)

    async def __call__(self, scope: Any, proto: Any) -> None:
        self.calls.append((scope, proto))
        proto.response_bytes(self.status, self.headers, self.body)


class Result(NamedTuple):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def call_rsgi(app: Any, scope: Any) -> Result:
    """The response of ``app`` for ``scope``."""
    proto = Proto()
    drive(app(scope, proto))
    (given,) = proto.given
    body = given.content[0] if given.content else b"".join(proto.sent)
    return Result(given.status, given.headers, body.encode() if isinstance(body, str) else body)
