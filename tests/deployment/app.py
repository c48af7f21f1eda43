"""What is deployed: an application for WSGI and one for ASGI, which say in which process and on which engine they run.

Below ``/asked/`` a function says which origins are allowed, and takes its time, so that several requests wait for it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

import fastcors
import fastcors.asgi
import fastcors.wsgi
from fastcors import Policy

SITE = "https://app.example.com"


def told() -> bytes:
    """The body of every answer."""
    thread = threading.current_thread().name
    return json.dumps({"process": os.getpid(), "backend": fastcors.backend, "thread": thread}).encode()


def slowly(origin: str) -> bool:
    """Whether an origin is allowed, after a while. Under gevent, other requests run in the meantime."""
    time.sleep(0.05)
    return origin == SITE


ROUTES = {
    "/": Policy(allow_origins=[SITE], allow_methods=["PUT"]),
    "/asked/": Policy(allow_origin_func=slowly, origin_cache_ttl=0.001),
}


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    """Answer."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [told()]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": told()})


wsgi = application = fastcors.wsgi.CORSMiddleware(wsgi_app, routes=ROUTES)
asgi = fastcors.asgi.CORSMiddleware(asgi_app, routes=ROUTES)
