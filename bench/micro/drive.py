"""Drives applications in process, as cheaply as a server can, and checks what they answer."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from bench.micro import _floor
from bench.micro.inputs import ACCEPTED, environ_of, scope_of
from bench.micro.rows import UNROLLED, Side, python_loop
from bench.micro.scopes import rsgi_scope_of
from bench.peers import BODY

__all__ = ["chilled", "driven"]

COUNT = UNROLLED
"""Requests in a round: few enough to stay in the near caches, where a server that has just parsed them finds them, and
for the rounds of two sides to follow each other closely.
"""


class Server:
    """Takes what an application sends, and keeps it for the check."""

    def __init__(self) -> None:
        self.status: Any = None
        self.headers: Any = ()
        self.body = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body = message["body"]

    async def receive(self) -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    def response_bytes(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def response_empty(self, status: int, headers: Any) -> None:
        self.response_bytes(status, headers, b"")

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    def drain(self, chunks: Any) -> None:
        for chunk in chunks:
            self.body = chunk
        if hasattr(chunks, "close"):
            chunks.close()

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The last answer; of two headers of one name, the last."""

        def text(value: Any) -> str:
            return value.decode("latin-1") if isinstance(value, bytes) else value

        status = self.status if isinstance(self.status, int) else int(self.status[:3])
        return status, {text(name).lower(): text(value) for name, value in self.headers}, self.body


def run_to_end(coroutine: Any) -> None:
    """Run what never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def chilled(side: Side, alone: Side, walked: int) -> Side:
    """Make a side of one request that finds the caches as behind a real server: full of other things.

    So many bytes are walked over, and the application alone answers a request, before the clock starts: the interpreter
    and the application are warm then, and what stands around the application is not.
    """
    memory = bytes(walked)

    def inputs() -> Any:
        made, warm = side.inputs(), alone.inputs()
        _floor.walk(memory)
        alone.loop(warm)
        return tuple(made)  # no list: such a round is not repeated

    return Side(side.loop, inputs, side.operations, side.check)


def driven(
    gateway: str,
    app: Any,
    method: str,
    sender: bytes | None,
    *,
    cors: bool,
    paths: Sequence[str] = ("/items",),
    count: int = COUNT,
) -> Side:
    """A side that answers requests, to these paths in turn. Every one is new in every round, to its last byte.

    ``count`` is how many requests a round has. ``cors`` says whether the application has a policy: the check asserts
    that it answers accordingly.
    """
    server = Server()
    ahead = cycle(paths)
    if gateway == "asgi":
        answer, make = python_loop("await call[0]({it}, call[1], call[2])", count), scope_of
        bound: tuple[Any, ...] = (app, server.receive, server.send)
    elif gateway == "rsgi":
        answer, make = python_loop("await call[0]({it}, call[1])", count), rsgi_scope_of
        bound = (app, server)
    else:
        answer, make = python_loop("call[1](call[0]({it}, call[2]))", count), environ_of
        bound = (app, server.drain, server.start_response)

    def loop(inputs: Any) -> None:
        coroutine: Any = answer(bound, inputs)
        if coroutine is not None:
            run_to_end(coroutine)

    def check() -> None:
        loop([tuple(fresh())])
        status, headers, body = server.answer()
        if method == "OPTIONS":
            assert status in (200, 204), status
            assert "PUT" in headers["access-control-allow-methods"], headers
            names = headers["access-control-allow-headers"].lower()
            assert {"authorization", "content-type"} <= {name.strip() for name in names.split(",")}, headers
        else:
            assert (status, body) == (200, BODY), (status, headers, body)
        if sender is None:
            return  # some answer as if an origin of their list had asked, which no browser will see
        allowed = cors and sender == ACCEPTED
        assert headers.get("access-control-allow-origin") == (ACCEPTED.decode() if allowed else None), headers

    def fresh() -> list[Any]:
        return [make(method, sender, path) for path in islice(ahead, count)]

    def inputs() -> Any:
        # Frameworks leave cycles behind, and the collector is off: without this they would run in ever new memory.
        gc.collect(0)
        return [tuple(fresh())]

    return Side(loop, inputs, count, check)
