"""The doors of several frameworks in use, for mypy --strict and pyright."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import falcon
import falcon.asgi
from blacksheep import Application
from bottle import Bottle
from pyramid.config import Configurator
from quart import Quart

import fastcors.asgi
import fastcors.blacksheep
import fastcors.bottle
import fastcors.falcon
import fastcors.pyramid
import fastcors.quart
import fastcors.wsgi
from fastcors import Policy

if TYPE_CHECKING:
    from typing_extensions import assert_type

policy = Policy(allow_origins=["https://app.example.com"])

quart_shim = fastcors.quart.CORS(Quart("shop"), policy, check_websocket_origin=True)
blacksheep_shim = fastcors.blacksheep.CORS(Application(), routes={"/api/": policy, "/open/": {"allow_origins": "*"}})
bottle_shim = fastcors.bottle.CORS(Bottle(), allow_origins=["https://app.example.com"], handle_errors=True)

wsgi_app: falcon.App[falcon.Request, falcon.Response] = falcon.App()
asgi_app: falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response] = falcon.asgi.App()
falcon_shim = fastcors.falcon.CORS(wsgi_app, policy, on_conflict="keep")
falcon_asgi_shim = fastcors.falcon.CORS(asgi_app, policy, check_websocket_origin=True)


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """Make a Pyramid application, as an ini file does."""
    config = Configurator(settings={"fastcors.policy": policy, **settings})
    config.include("fastcors.pyramid")
    return config.make_wsgi_app()


pyramid_shim = fastcors.pyramid.CORS(Configurator().make_wsgi_app(), policy, preflight_continue=False)
pyramid_shim.policy = policy


def types() -> None:
    """Each door says which shim it returns."""
    if TYPE_CHECKING:
        for asgi in (quart_shim, blacksheep_shim, falcon_asgi_shim):
            assert_type(asgi, fastcors.asgi.CORSMiddleware)
        for wsgi in (bottle_shim, falcon_shim, pyramid_shim):
            assert_type(wsgi, fastcors.wsgi.CORSMiddleware)
