"""What aiohttp and Sanic serve for the integration tests: an application for each policy of the contract, by path.

``/K1/ok`` is for policy K1; what comes after its name says how the application answers. ``none`` is no policy at all,
and ``/outer-K7/`` has a layer of the application's around that adds a Vary and an Access-Control-Allow-Origin.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from multidict import CIMultiDict
from sanic import Request, Sanic
from sanic.response import HTTPResponse

import fastcors.aiohttp
import fastcors.sanic
from fastcors import Policy
from tests.contract.policies import K
from tests.integration.apps import EXTRA, STATUSES
from tests.support.exchange import APP_BODY, APP_HEADERS, APP_STATUS

ROUTES = {f"/{outer}{name}/": Policy(**parameters) for name, parameters in K.items() for outer in ("", "outer-")}
SHARED: dict[str, CIMultiDict[str]] = {}
"""The headers of an aiohttp application, which gives one multidict to all of its responses."""


def headers_of(what: str) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in (*APP_HEADERS, *EXTRA.get(what, []))]


def fail(what: str) -> None:
    if what == "raise":
        raise RuntimeError("the application is broken")


# aiohttp


async def answer(request: web.Request) -> web.Response:
    """Answer as the path says."""
    what = request.match_info["what"]
    fail(what)
    status = STATUSES.get(what, APP_STATUS)
    headers = SHARED.setdefault(what, CIMultiDict(headers_of(what)))
    return web.Response(body=b"" if status == 304 else APP_BODY, status=status, headers=headers)


async def add_outer(request: web.Request, response: web.StreamResponse) -> None:
    """Add what the outer layer of an application adds."""
    if request.path.startswith("/outer-"):
        response.headers.add("Vary", "before")
        response.headers.add("Access-Control-Allow-Origin", "https://spoilt.example")


def make_aiohttp() -> web.Application:
    app = web.Application()
    fastcors.aiohttp.CORS(app, routes=ROUTES)
    app.router.add_route("*", "/{policy}/{what}", answer)
    app.on_response_prepare.append(add_outer)
    return app


# Sanic


def make_sanic() -> Sanic[Any, Any]:
    app = Sanic("rows", configure_logging=False)
    app.config.AUTO_EXTEND = False
    fastcors.sanic.CORS(app, routes=ROUTES)

    @app.route("/<policy>/<what>", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def answer(request: Request, policy: str, what: str) -> HTTPResponse:
        fail(what)
        status = STATUSES.get(what, APP_STATUS)
        response = HTTPResponse(None if status == 304 else APP_BODY, status)
        for name, value in headers_of(what):
            response.headers.add(name, value)
        return response

    @app.on_response
    async def add_outer(request: Request, response: HTTPResponse) -> None:
        if request.path.startswith("/outer-"):
            response.headers.add("Vary", "before")
            response.headers.add("Access-Control-Allow-Origin", "https://spoilt.example")

    return app


aiohttp_app = make_aiohttp()
sanic_app = make_sanic()
