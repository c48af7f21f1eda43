"""How ``fastcors.sanic`` is used, for the type checkers."""

from __future__ import annotations

from sanic import Request, Sanic
from sanic.response import HTTPResponse, text

from fastcors import Policy
from fastcors.sanic import CORS, Shim

policy = Policy(allow_origins=["https://app.example.com"], allow_credentials=True)
app = Sanic("example")


@app.get("/hello")
async def hello(request: Request) -> HTTPResponse:
    return text(str(request.ctx.fastcors.reason))


shim: Shim = CORS(app, policy, on_conflict="keep", preflight_continue=True, tell_application=True, count_decisions=True)
shim.policy = Policy(allow_origins="*")
shim.routes = {"/api/": policy, "/closed/": None}
current: Policy | None = shim.policy

CORS(Sanic("other"), allow_origins=["https://app.example.com"], max_age=600, check_websocket_origin=True)
CORS(Sanic("routed"), routes={"/api/": policy, "/public/": {"allow_origins": "*"}})
CORS(Sanic("off"), None)
