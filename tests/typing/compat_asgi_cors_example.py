"""What a type checker must accept of the drop-in for asgi-cors: ``mypy --strict`` passes, and nothing is ignored."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.types import ASGIApp

from fastcors import Policy
from fastcors.compat.asgi_cors import asgi_cors, asgi_cors_decorator


async def from_database(origin: bytes) -> bool:
    """Ask somebody."""
    return origin == b"https://app.example.com"


app = Starlette()
wrapped: ASGIApp = asgi_cors(
    app, False, ["https://app.example.com", b"https://b.example"], headers=["X-Key"], max_age=60
)
asked: ASGIApp = asgi_cors(app, callback=from_database)
also: ASGIApp = asgi_cors(app, callback=lambda origin: origin.endswith(b".example"))
decorated: ASGIApp = asgi_cors_decorator(allow_all=True, methods=("PUT",))(app)
policy: Policy | None = asgi_cors(app, host_wildcards={"https://*.example.com"}).policy
