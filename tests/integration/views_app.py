"""Applications whose views have policies of their own, for real servers: Starlette and Litestar."""

from __future__ import annotations

from typing import Any

import litestar
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import fastcors.litestar
import fastcors.starlette
from fastcors import Policy

OPEN = Policy(allow_origins=["https://app.example.com"])
PARTNER = Policy(allow_origins=["https://partner.example"], allow_methods=["PUT"])


@fastcors.starlette.cross_origin(PARTNER)
async def change(request: Request) -> PlainTextResponse:
    """Answer."""
    return PlainTextResponse("changed")


@fastcors.starlette.cors_exempt
async def secret(request: Request) -> PlainTextResponse:
    """Answer."""
    return PlainTextResponse("secret")


async def other(request: Request) -> PlainTextResponse:
    """Answer."""
    return PlainTextResponse("other")


starlette = Starlette(
    routes=[
        Route("/items/{number}", change, methods=["PUT"]),
        Route("/items/{number}", other, methods=["GET"]),
        Mount("/admin", routes=[Route("/secret", secret)]),
        Route("/{rest:path}", other),
    ]
)
fastcors.starlette.CORS(starlette, OPEN)


@litestar.put("/items/{number:int}", media_type="text/plain")
@fastcors.litestar.cross_origin(PARTNER)
async def put_item(request: litestar.Request[Any, Any, Any]) -> str:
    """Answer."""
    return "changed"


@litestar.get(["/items/{number:int}", "/", "/{rest:path}"], media_type="text/plain")
async def get_other() -> str:
    """Answer."""
    return "other"


@litestar.get("/admin/secret", media_type="text/plain")
@fastcors.litestar.cors_exempt
async def get_secret() -> str:
    """Answer."""
    return "secret"


of_litestar = litestar.Litestar([put_item, get_other, get_secret], openapi_config=None)
fastcors.litestar.CORS(of_litestar, OPEN)
