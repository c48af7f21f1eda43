"""The application of RSGI's door: there is no framework, so it routes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from string import Template
from typing import Any

from fastcors.rsgi import CORSMiddleware
from tests.frameworks.door import ARGUMENTS, BrokenError, CrashError, async_chunks
from tests.integration.wire import Response
from tests.support.exchange import drive
from tests.support.rsgi import Headers, Proto, Scope

TEXT = [("content-type", "text/plain")]
ITEM = Template("item $number")


async def home(proto: Any) -> None:
    proto.response_str(200, [*TEXT, ("x-id", "7")], "hello")


async def item(proto: Any) -> None:
    proto.response_str(200, TEXT, ITEM.substitute(number=7))


async def error(proto: Any) -> None:
    raise BrokenError


async def crash(proto: Any) -> None:
    raise CrashError


async def redirect(proto: Any) -> None:
    proto.response_empty(302, [("location", "/")])


async def stream(proto: Any) -> None:
    sent = proto.response_stream(200, TEXT)
    async for chunk in async_chunks():
        await sent.send_bytes(chunk)


async def socket(proto: Any) -> None:
    talk = await proto.accept()
    message = await talk.receive()
    await talk.send_str(message.data)
    proto.close()


MOUNTED = {"/items/7": item}
PAGES = {"/": home, "/items/7": item, "/error": error, "/crash": crash, "/redirect": redirect, "/stream": stream}


async def route(pages: dict[str, Any], scope: Any, path: str, proto: Any) -> None:
    """Respond by the page of a path."""
    page = pages.get(path)
    if page is None:
        proto.response_str(404, TEXT, "nothing is here")
    elif scope.method != "GET":
        proto.response_empty(405, [("allow", "GET")])
    else:
        await page(proto)


async def application(scope: Any, proto: Any) -> None:
    if scope.proto == "ws":
        await socket(proto)
        return
    mounted = scope.path.startswith("/mounted/")
    try:
        await route(MOUNTED if mounted else PAGES, scope, scope.path.removeprefix("/mounted"), proto)
    except BrokenError:
        proto.response_str(500, TEXT, "it is broken")


def make(cors: bool) -> Any:
    """Make the application."""
    return CORSMiddleware(application, **ARGUMENTS, check_websocket_origin=True) if cors else application


@contextmanager
def exchanges(app: Any) -> Iterator[Any]:
    """Give requests to the application without a server: RSGI has no test client of its own."""

    def send(method: str, path: str, headers: dict[str, str]) -> Response:
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        proto = Proto()
        try:
            drive(app(Scope(Headers(lines), method, path), proto))
        except CrashError:
            return Response(500, [], b"")  # granian's, which has no CORS headers
        (given,) = proto.given
        body = given.content[0].encode() if given.content else b""
        return Response(given.status, given.headers, body)

    yield send
