"""How ``fastcors.aiohttp`` is used, for the type checkers."""

from __future__ import annotations

from aiohttp import web

from fastcors import Policy
from fastcors.aiohttp import CORS, Shim

policy = Policy(allow_origins=["https://app.example.com"], allow_credentials=True)


async def hello(request: web.Request) -> web.Response:
    decision = request["fastcors"]
    return web.Response(text=str(decision.reason))


app = web.Application()
app.add_routes([web.get("/hello", hello)])

shim: Shim = CORS(app, policy, on_conflict="keep", preflight_continue=True, tell_application=True, count_decisions=True)
shim.policy = Policy(allow_origins="*")
shim.routes = {"/api/": policy, "/closed/": None}
current: Policy | None = shim.policy

CORS(web.Application(), allow_origins=["https://app.example.com"], max_age=600, check_websocket_origin=True)
CORS(web.Application(), routes={"/api/": policy, "/public/": {"allow_origins": "*"}})
CORS(web.Application(), None)

still: web.Application = app
