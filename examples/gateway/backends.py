"""Two services for the gateway to stand in front of. Of CORS they know nothing, or the wrong things."""

from __future__ import annotations

import asyncio
import contextlib

from uvicorn import Config, Server


async def shop(scope, receive, send):  # type: ignore[no-untyped-def]
    """A service with JSON, uploads, server-sent events and a WebSocket; it allows every origin."""
    headers = [(b"access-control-allow-origin", b"*"), (b"vary", b"Accept"), (b"x-served-by", b"shop")]
    if scope["type"] == "websocket":
        await echo_socket(receive, send)
    elif scope["path"] == "/upload":
        await respond(send, headers, [b"%d" % await size_of_content(receive)])
    elif scope["path"] == "/events":
        events = [b"data: %d\n\n" % number for number in range(5)]
        await respond(send, [*headers, (b"content-type", b"text/event-stream")], events, 0.2)
    elif scope["path"] == "/items":
        await respond(send, [*headers, (b"content-type", b"application/json")], [b'["a", "b"]'])
    elif scope["path"] == "/broken":
        raise RuntimeError("a fault of the service")
    else:
        await respond(send, headers, [b"not found"], status=404)


async def size_of_content(receive):  # type: ignore[no-untyped-def]
    """Return how many bytes a client sends."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return size


async def feeds(scope, receive, send):  # type: ignore[no-untyped-def]
    """A service whose answers are for everybody."""
    await respond(send, [(b"content-type", b"application/json")], [b'{"news": []}'])


async def respond(send, headers, parts, pause=0.0, status=200):  # type: ignore[no-untyped-def]
    """Send a response in parts, with a pause behind each."""
    if len(parts) == 1:
        headers = [*headers, (b"content-length", b"%d" % len(parts[0]))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for number, part in enumerate(parts):
        await send({"type": "http.response.body", "body": part, "more_body": number + 1 < len(parts)})
        await asyncio.sleep(pause)


async def echo_socket(receive, send):  # type: ignore[no-untyped-def]
    """Send back what comes."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


@contextlib.asynccontextmanager
async def running(application):  # type: ignore[no-untyped-def]
    """Serve an application on a free loopback port, which is yielded."""
    server = Server(Config(application, port=0, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
