"""What a type checker must accept of the drop-in for Starlette: ``mypy --strict`` passes, and nothing is ignored."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Send

from fastcors.compat.starlette import ALL_METHODS, SAFELISTED_HEADERS, CORSMiddleware

ORIGINS = ["https://app.example.com"]

app = Starlette(middleware=[Middleware(CORSMiddleware, allow_origins=ORIGINS, allow_methods=ALL_METHODS)])
app.add_middleware(CORSMiddleware, allow_origins=("https://app.example.com",), allow_headers={"X-Key"}, max_age=60)

middleware = CORSMiddleware(app, ORIGINS, ["GET"], ["X-Key"], True, None, False, ["ETag"], 600)
outer: ASGIApp = GZipMiddleware(middleware, minimum_size=0)
wrapped: ASGIApp = middleware

origin_regex: re.Pattern[str] | None = middleware.allow_origin_regex
constant: dict[str, str] = middleware.preflight_headers
always: set[str] = SAFELISTED_HEADERS


class PerTenant(CORSMiddleware):
    """Overrides what there is to override."""

    def is_allowed_origin(self, origin: str) -> bool:
        """Ask somebody, too."""
        return origin.endswith(".tenant.example") or super().is_allowed_origin(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Add to the answer."""
        response = super().preflight_response(request_headers)
        response.headers["x-checked"] = "yes"
        return response

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Look at the request."""
        await super().send(message, send, request_headers)

    @staticmethod
    def allow_explicit_origin(headers: MutableHeaders, origin: str) -> None:
        """Add to the response."""
        CORSMiddleware.allow_explicit_origin(headers, origin)
