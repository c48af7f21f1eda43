"""Typed use of the drop-in for Flask-CORS. It is checked by mypy --strict, and not run."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from flask import Blueprint, Flask, Response

from fastcors.compat import flask_cors
from fastcors.compat.flask_cors import CORS, cross_origin
from fastcors.compat.flask_cors.core import ACL_ORIGIN, ALL_METHODS, get_cors_options, set_cors_headers

app = Flask(__name__)
blueprint = Blueprint("api", __name__)
version: str = flask_cors.__version__

everywhere: CORS = CORS(app)
CORS(blueprint, origins="https://app.example.com")
later = CORS(origins={"https://app.example.com", re.compile(r"https://pr-\d+\.example\.com")}, methods=ALL_METHODS)
later.init_app(app, max_age=timedelta(hours=1), supports_credentials=True)
later.init_app(blueprint)

CORS(app, resources=r"/api/*")
CORS(app, resources=[r"/api/*", re.compile("/v2/.*")], max_age=600)
CORS(app, resources={r"/api/*": {"origins": ["https://app.example.com"], "max_age": "600"}, re.compile("/v2/.*"): {}})


@app.route("/users/<int:number>")
@cross_origin(origins=["https://*.example.com", "http://localhost:*"], expose_headers="X-Total", vary_header=True)
def user(number: int) -> str:
    return str(number)


@app.route("/events")
@cross_origin(
    allow_headers=["Content-Type", re.compile("X-.*")],
    allow_private_network=False,
    always_send=False,
    automatic_options=True,
    send_wildcard=False,
)
async def events() -> Response:
    return set_cors_headers(Response("event"), get_cors_options(app, {"origins": "*"}))


text: str = user(1)  # the decorator keeps the type of a view
header: str | None = Response().headers.get(ACL_ORIGIN)
logging.getLogger("flask_cors").setLevel(logging.DEBUG)

CORS(app, origin="*")  # type: ignore[call-arg]
cross_origin(resources="/*")  # type: ignore[call-arg]
CORS("app")  # type: ignore[arg-type]
