"""A server of our own with CORS in it, and a page on another origin: ``python examples/http1-server/main.py``."""

from __future__ import annotations

import asyncio
import contextlib
import os

from page import Page
from server import Request, Response, plain, serve

from fastcors import Policy


def policy_for(page: str) -> Policy:
    """Return what pages of this origin may do."""
    return Policy(allow_origins=[page], allow_methods=["PUT"], expose_headers=["X-Served-By"], max_age=600)


def application(request: Request) -> Response:
    """Answer a request; of CORS it knows nothing."""
    headers = [(b"content-type", b"text/plain"), (b"x-served-by", b"example"), (b"vary", b"Accept")]
    if request.target == b"/hello":
        return Response(200, headers, b"hello")
    if request.target == b"/echo":
        return Response(200, headers, request.body)
    if request.target == b"/broken":
        raise RuntimeError("a fault of the application")
    return plain(404)


async def run() -> None:
    """Serve the page on PAGE_PORT and the API on API_PORT."""
    page = Page(int(os.environ.get("PAGE_PORT", "8000")))
    server = await serve(application, policy_for(page.origin), int(os.environ.get("API_PORT", "8001")))
    page.show(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        try:
            import uvloop
        except ImportError:  # it is not for Windows
            asyncio.run(run())
        else:
            uvloop.run(run())
