"""What the tests know of a framework: a ``Door`` for each in tests/frameworks/doors/, its application in apps/.

The application of every door answers these requests; what the text of an answer is, is up to the framework.

========================  =============================================================================
``GET /``                 200, with the header ``X-Id: 7``
``GET /items/{number}``   200, from a template of the framework's
``GET /error``            raises ``BrokenError``, for which there is a handler of the framework's: 500
``GET /crash``            raises ``CrashError``, for which there is none
``GET /redirect``         a redirect to ``/``
``GET /stream``           200, sent in parts: ``chunks()``, or ``async_chunks()``
``/ws``                   a WebSocket that sends back what it gets
``GET /mounted/items/7``  200, from a part that is mounted: an application, a blueprint, a router
``DELETE /``              405; and nothing is at ``/nowhere`` and ``/mounted/nowhere``
========================  =============================================================================

``apps/NAME.py`` has ``make(cors)``, which makes this application, with CORS where ``cors`` is true. It has
``client(app)``, a context in which the framework's own test client is a function ``(method, path, headers) ->
Response`` that answers for exceptions as a server does. Where the framework has no test client, ``exchanges(app)`` is
such a context, which the tests have for a debugger. Where they are needed it also has ``sentry(app)``, for what Sentry
does not find by itself, and ``opentelemetry(app, provider)``. Both return the application.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.wire import PATIENCE, Response

SITE = "https://app.example.com"
OTHER = "https://other.example.com"
ARGUMENTS: dict[str, Any] = {
    "allow_origins": [SITE],
    "allow_methods": ["PUT"],
    "allow_headers": ["X-Token"],
    "expose_headers": ["X-Id"],
    "max_age": 600,
}
"""What every application gives to ``CORS``; one that can have WebSockets adds ``check_websocket_origin=True``."""

DOORS = sorted(path.stem for path in Path(__file__).with_name("doors").glob("*.py"))


@dataclass(frozen=True)
class Command:
    """A command line of the framework's, for an application with CORS."""

    arguments: list[str]
    """A module of Python and its arguments. In them ``{app}`` stands for the application as ``module:name``, ``{file}``
    for its file, and ``{port}`` for a free port."""
    ready: str = r"[Rr]unning on"
    """A regular expression that matches what the command says when it serves."""
    serves: bool = True
    """Whether it serves. A command that only tells about an application must tell the same with CORS and without."""


@dataclass(frozen=True)
class Door:
    """A framework in the tests and in the tables of docs/frameworks.md."""

    name: str
    """What people call it."""
    about: str
    """What fastcors has for it: a line of Markdown."""
    page: str
    """The document in docs/frameworks/."""
    packages: tuple[str, ...]
    """The distributions that it takes, the framework first; their versions are told."""
    servers: tuple[str, ...]
    """The servers that it is tested on, by their names in tests/integration/serve.py. ``make test`` takes the first."""
    commands: Mapping[str, Command] = field(default_factory=dict)
    """The framework's own commands, by what people call them."""
    varying: tuple[str, ...] = ()
    """The response headers, in lower case, that differ from request to request by themselves."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """The cells that do not hold, each with the reason in Markdown. A key is the name of a cell, or ``server: cell``
    where only that server is the reason. The tests hold that these do not hold."""

    def why_not(self, cell: str, server: str | None) -> str | None:
        """The reason why a cell does not hold; None where it holds."""
        return self.lacks.get(cell) or self.lacks.get(f"{server}: {cell}")


def load(name: str) -> Door:
    """The door that tests/frameworks/doors/ has under this name."""
    door: Door = importlib.import_module(f"tests.frameworks.doors.{name}").DOOR
    return door


def application(name: str) -> Any:
    """The module of tests/frameworks/apps/ that makes a door's application. Needs the framework."""
    return importlib.import_module(f"tests.frameworks.apps.{name}")


# What the applications use.


class BrokenError(Exception):
    """What an application has a handler for."""


class CrashError(Exception):
    """What an application has no handler for."""


def chunks() -> Iterator[bytes]:
    """The body of ``/stream``."""
    yield b"first\n"
    _wait_for_release()
    yield b"second\n"


async def async_chunks() -> AsyncIterator[bytes]:
    """The body of ``/stream``."""
    yield b"first\n"
    await asyncio.to_thread(_wait_for_release)
    yield b"second\n"


def _wait_for_release() -> None:
    """Wait until the test has got what was sent so far: it takes a connection then, and closes it."""
    with socket.create_connection(("127.0.0.1", int(os.environ["RELEASE"])), timeout=PATIENCE) as connection:
        connection.recv(1)


@contextmanager
def asgi_client(app: Any) -> Iterator[Any]:
    """A client for what a monitor made of an application, where the framework's own test client does not take it."""
    import httpx

    client = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test")

    async def send(method: str, path: str, headers: dict[str, str]) -> Response:
        return of_httpx(await client.request(method, path, headers=headers))

    with closing(asyncio.new_event_loop()) as loop:
        yield lambda method, path, headers: loop.run_until_complete(send(method, path, headers))
        loop.run_until_complete(client.aclose())


def of_httpx(response: Any) -> Response:
    """A response of httpx, and of the test clients that are made with it."""
    headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
    return Response(response.status_code, headers, response.content)
