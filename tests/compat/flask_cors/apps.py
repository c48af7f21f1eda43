"""Applications of Flask behind the drop-in, and requests to them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fastcors.compat.flask_cors import CORS, cross_origin

A, B, EVIL = "https://a.example", "https://b.example", "https://evil.example"


ORIGIN = "Access-Control-Allow-Origin"


METHODS = "Access-Control-Allow-Methods"


HEADERS = "Access-Control-Allow-Headers"


EXPOSE = "Access-Control-Expose-Headers"


CREDENTIALS = "Access-Control-Allow-Credentials"


MAX_AGE = "Access-Control-Max-Age"


def bare(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({f"CORS_{name.upper()}": value for name, value in config.items()})
    return app


def with_views(app: Flask, *paths: str) -> Flask:
    for path in paths:
        app.add_url_rule(path, path, lambda: "text", methods=["GET", "PUT"])
    return app


def extended(**options: Any) -> Flask:
    app = with_views(bare(), "/")
    CORS(app, **options)
    return app


def decorated(**options: Any) -> Flask:
    app = bare()
    app.add_url_rule("/", "view", cross_origin(**options)(lambda: "text"), methods=["GET", "PUT"])
    return app


def send(app: Flask, path: str = "/", origin: str | None = A, method: str = "GET", **headers: str) -> TestResponse:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        headers["Origin"] = origin
    return app.test_client().open(path, method=method, headers=headers)


def preflight(app: Flask, method: str = "PUT", names: str | None = None, **arguments: Any) -> TestResponse:
    headers = {"Access_Control_Request_Method": method}
    if names is not None:
        headers["Access_Control_Request_Headers"] = names
    return send(app, method="OPTIONS", **headers, **arguments)


both = pytest.mark.parametrize("make", [extended, decorated])
