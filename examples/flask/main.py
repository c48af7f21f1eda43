"""An API whose paths have policies of their own: ``python examples/flask/main.py``."""

from __future__ import annotations

import contextlib
import os

from flask import Flask, Response, abort, jsonify, request
from page import Page
from werkzeug.serving import make_server

from fastcors import Policy
from fastcors.flask import CORS


def create_app(page: str) -> Flask:
    """Return the API: a part for the pages of one origin, a part for everybody, and one for no other site."""
    app = Flask(__name__)
    ours = Policy(
        allow_origins=[page],
        allow_credentials=True,
        allow_methods=["PUT"],
        allow_headers=["X-Api-Key"],
        expose_headers=["X-Total"],
        max_age=600,
    )
    CORS(app, routes={"/api/": ours, "/api/internal/": None, "/public/": Policy(allow_origins="*")})

    @app.before_request
    def check_key() -> None:
        """Refuse who writes without the key. A preflight has none, and never comes here."""
        if request.method == "PUT" and request.headers.get("X-Api-Key") != "secret":
            abort(403)

    @app.get("/api/orders")
    def orders() -> Response:
        response = jsonify([7, 8])
        response.headers["X-Total"] = "2"
        return response

    @app.put("/api/orders/<int:number>")
    def write(number: int) -> dict[str, int]:
        return {"written": number}

    @app.get("/api/broken")
    def broken() -> str:
        raise RuntimeError("a fault of the application")

    @app.get("/api/internal/health")
    def health() -> str:
        return "well"

    @app.get("/public/prices")
    def prices() -> dict[str, int]:
        return {"apple": 3}

    return app


def main() -> None:
    """Serve the page on PAGE_PORT and the API on API_PORT."""
    page = Page(int(os.environ.get("PAGE_PORT", "8000")))
    server = make_server("127.0.0.1", int(os.environ.get("API_PORT", "8001")), create_app(page.origin), threaded=True)
    page.show(f"http://127.0.0.1:{server.port}")
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
