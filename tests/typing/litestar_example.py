"""fastcors.litestar in use, for mypy --strict and pyright."""

from __future__ import annotations

from litestar import Litestar, get

import fastcors.asgi
from fastcors import Policy
from fastcors.litestar import CORS


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
