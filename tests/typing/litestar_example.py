"""fastcors.litestar in use, for mypy --strict and pyright."""

from __future__ import annotations

from litestar import Controller, Litestar, Router, get

import fastcors.asgi
from fastcors import Policy
from fastcors.litestar import CORS, cors_exempt, cross_origin


@get("/hello")
async def hello() -> str:
    """Answer."""
    return "hello"


policy = Policy(allow_origins=["https://app.example.com"])
app = Litestar([hello])
shim: fastcors.asgi.CORSMiddleware = CORS(
    app, policy, handle_errors=False, preflight_continue=False, on_conflict="keep", check_websocket_origin=True
)
CORS(Litestar([hello]), allow_origins=["https://app.example.com"], max_age=600)
CORS(Litestar([hello]), routes={"/api/": policy, "/open/": {"allow_origins": "*"}, "/health": None})
shim.routes = {"/": policy}
CORS(Router("/part", route_handlers=[hello]), policy)
CORS(Litestar([hello]), allow_origins=["https://app.example.com"], methods="route")


@cross_origin(policy)
class Reports(Controller):
    """A controller."""

    @get("/")
    @cors_exempt
    async def reports(self) -> list[str]:
        """A handler."""
        return []


@cross_origin(allow_origins=["https://app.example.com"], methods="route")
async def plain(number: int) -> int:
    """Stay what it was."""
    return number


async def use() -> int:
    """Call what was decorated."""
    return await plain(7)
