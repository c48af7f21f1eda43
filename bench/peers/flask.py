"""Flask: the extension around a whole application, and the decorator of one view."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bench.micro.rows import Peer
from bench.peers import BODY, HEADERS, MAX_AGE, METHODS, ORIGINS, PARAMETERS, Setup, need, own_policy

__all__ = ["SETUPS"]

ARGUMENTS = {"origins": ORIGINS, "methods": METHODS, "allow_headers": HEADERS, "max_age": MAX_AGE}
"""The policy in the words of flask-cors."""


def flask_app(decorate: Any = lambda view: view) -> Any:
    """Make an application of one view."""
    app = need("flask").Flask("bench")

    @app.route("/items", methods=["GET", "PUT"])  # type: ignore[untyped-decorator]
    @decorate  # type: ignore[untyped-decorator]
    def items() -> Any:
        return BODY, {"Content-Type": "application/json"}

    return app


@lru_cache
def whole() -> tuple[Any, Any]:
    """Make an application, and give what it is without CORS and with it: they share all but the shim."""
    need("fastcors.flask")
    app = flask_app()
    bare = app.wsgi_app
    need("fastcors.flask").CORS(app, **PARAMETERS)
    return bare, app


def make_whole(side: str) -> Any:
    if side in ("bare", "native"):
        return whole()[side == "native"]
    app = flask_app()
    need("fastcors.compat.flask_cors" if side == "drop-in" else "flask_cors").CORS(app, **ARGUMENTS)
    return app


@lru_cache
def plain() -> Any:
    return flask_app()


def make_view(side: str) -> Any:
    if side == "bare":
        return plain()
    if side == "native":
        return flask_app(need("fastcors.flask").cross_origin(own_policy()))
    library = need("fastcors.compat.flask_cors" if side == "drop-in" else "flask_cors")
    return flask_app(library.cross_origin(**ARGUMENTS))


def make_view_behind(side: str) -> Any:
    """A view with its own policy in an application that has the extension, as flask.md advises.

    The other libraries have no such form: theirs is the plain view.
    """
    app = make_view(side)
    if side == "native":
        need("fastcors.flask").CORS(app, policy=None)
    return app


SETUPS = (
    Setup(
        "Flask",
        "Flask, CORS(app)",
        "wsgi",
        make_whole,
        (Peer("flask-cors", 20), Peer("drop-in", at_most=1.5)),
        (Peer("flask-cors", 50), Peer("drop-in", at_most=1.5)),
    ),
    Setup(
        "Flask",
        "Flask, @cross_origin",
        "wsgi",
        make_view,
        (Peer("flask-cors", 10), Peer("drop-in", at_most=1.5)),
        (Peer("flask-cors"), Peer("drop-in", at_most=1.5)),
    ),
    Setup(
        "Flask",
        "Flask, @cross_origin, CORS(app)",
        "wsgi",
        make_view_behind,
        (Peer("flask-cors", 10),),
        (Peer("flask-cors"),),
    ),
)
