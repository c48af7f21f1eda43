"""fastcors.starlette in use, and what decisions and shims say about their types, for mypy --strict and pyright."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Mount

import fastcors
import fastcors.asgi
import fastcors.wsgi
from fastcors import Policy
from fastcors.starlette import CORS, cors_exempt, cross_origin

if TYPE_CHECKING:
    from typing_extensions import assert_type

policy = Policy(allow_origins=["https://app.example.com"])
app = FastAPI()
shim: fastcors.asgi.CORSMiddleware = CORS(
    app, policy, handle_errors=False, preflight_continue=False, on_conflict="keep", check_websocket_origin=True
)
CORS(Starlette(), allow_origins=["https://app.example.com"], max_age=600)
CORS(FastAPI(), routes={"/api/": policy, "/open/": {"allow_origins": "*"}, "/health": None}, handle_errors=True)
router = APIRouter()
CORS(router, policy)
CORS(Mount("/sub", app=FastAPI()), allow_origins=["https://app.example.com"], methods="route")
CORS(FastAPI(), methods="route", allow_origins=["https://app.example.com"])
CORS(FastAPI())


@router.get("/items/{number}")
@cross_origin(policy)
def item(number: int, name: str = "") -> str:
    """A view."""
    return name * number


@router.get("/closed")
@cors_exempt
async def closed(number: int) -> int:
    """Another view."""
    return number


@cross_origin(allow_origins=["https://app.example.com"], methods="route")
class Endpoint(HTTPEndpoint):
    """A class of endpoints."""


shim.policy = Policy.from_dict(policy.to_dict())
shim.routes = {"/": policy}


def configured(middleware: fastcors.asgi.CORSMiddleware | fastcors.wsgi.CORSMiddleware) -> dict[str, Any]:
    """The configuration that a shim goes by."""
    return {} if middleware.policy is None else middleware.policy.to_dict()


def decided(decision: fastcors.Decision) -> dict[str, Any]:
    """The configuration that decided."""
    return decision.policy.to_dict()


async def views() -> int:
    """A marked view is what it was."""
    return await closed(7)


def types(gateway: fastcors.wsgi.CORSMiddleware) -> None:
    """Types are public ones."""
    if TYPE_CHECKING:
        assert_type(policy.decide("GET", None), fastcors.Decision)
        assert_type(item(7, name="x"), str)
        assert_type(Endpoint, type[Endpoint])
        assert_type(CORS(router, policy), None)
        assert_type(policy.decide("GET", None).policy, Policy)
        assert_type(shim.policy, Policy | None)
        assert_type(gateway.policy, Policy | None)
        assert_type(policy.decide("GET", None).headers, list[tuple[bytes, bytes]])
