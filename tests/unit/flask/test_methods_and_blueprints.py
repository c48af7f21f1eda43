"""``methods="route"`` and ``CORS(blueprint, …)`` in Flask."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("flask")

from flask import Blueprint, Flask

from fastcors import Policy, PolicyError
from fastcors.flask import CORS, cors_exempt, cross_origin

ONE, TWO = "https://one.example", "https://two.example"
ACAO, ACAM = "Access-Control-Allow-Origin", "Access-Control-Allow-Methods"
P1, P2 = Policy(allow_origins=[ONE], allow_methods=["PUT"]), Policy(allow_origins=[TWO])


def methods(app: Flask, path: str, method: str) -> Any:
    """What the answer to a preflight says of methods; None where it is refused."""
    asks = {"Origin": ONE, "Access-Control-Request-Method": method}
    return app.test_client().options(path, headers=asks).headers.get(ACAM)


def readers(app: Flask, path: str) -> list[str]:
    client = app.test_client()
    return [origin for origin in (ONE, TWO) if client.get(path, headers={"Origin": origin}).headers.get(ACAO) == origin]


def senders(app: Flask, path: str, method: str) -> list[str]:
    client = app.test_client()
    asks = {"Access-Control-Request-Method": method}
    return [origin for origin in (ONE, TWO) if ACAO in client.options(path, headers={"Origin": origin, **asks}).headers]


def routed() -> Flask:
    app = Flask("routed")
    app.add_url_rule("/x", "get", lambda: "get", methods=["GET", "DELETE"])
    app.add_url_rule("/y/<int:number>", "put", lambda number: "put", methods=["PUT"])
    return app


def test_a_preflight_gets_the_methods_of_its_rule() -> None:
    for late in (False, True):
        app = routed()
        if late:
            CORS(allow_origins=[ONE], methods="route").init_app(app)
        else:
            CORS(app, allow_origins=[ONE], methods="route")
        for _ in range(2):  # the first request is another one than the second
            assert "DELETE" in methods(app, "/x", "DELETE")
            assert "PUT" in methods(app, "/y/7", "PUT")
            assert methods(app, "/x", "PUT") is methods(app, "/no", "PUT") is None
        assert readers(app, "/x") == readers(app, "/no") == [ONE]


def test_a_view_may_have_it_alone_with_the_extension_and_without() -> None:
    for extended in (False, True):
        app = Flask("view")
        view = cross_origin(allow_origins=[ONE], methods="route")(lambda: "x")
        app.add_url_rule("/x", "x", view, methods=["GET", "PATCH"])
        if extended:
            CORS(app, policy=None)
        assert "PATCH" in methods(app, "/x", "PATCH")
        assert methods(app, "/x", "PUT") is None


def test_methods_are_said_once() -> None:
    for call in (
        lambda: CORS(routed(), P1, methods="route"),
        lambda: CORS(routed(), routes={"/": P1}, methods="route"),
        lambda: cross_origin(P1, methods="route"),
        lambda: CORS(Blueprint("b", __name__), P1, methods="route"),
    ):
        with pytest.raises(TypeError, match="leave allow_methods out"):
            call()
    with pytest.raises(TypeError, match=r'methods must be "route" or left out'):
        CORS(routed(), allow_origins=[ONE], methods=["PUT"])  # type: ignore[arg-type]


def test_a_blueprint_has_a_policy_wherever_it_is_registered() -> None:
    part, nested = Blueprint("part", __name__), Blueprint("nested", __name__, url_prefix="/nested")
    CORS(part, P1)
    part.add_url_rule("/x", "x", lambda: "x")
    part.add_url_rule("/closed", "closed", cors_exempt(lambda: "closed"))
    part.add_url_rule("/own", "own", cross_origin(P2)(lambda: "own"))
    nested.add_url_rule("/y", "y", lambda: "y")
    part.register_blueprint(nested)
    app = routed()
    app.register_blueprint(part, url_prefix="/part")
    app.register_blueprint(part, url_prefix="/again", name="again")
    CORS(app, P2)
    for _ in range(2):
        for place in ("/part", "/again"):
            assert readers(app, place + "/x") == readers(app, place + "/nested/y") == [ONE]
            assert senders(app, place + "/x", "PUT") == senders(app, place + "/nested/y", "GET") == [ONE]
            assert readers(app, place + "/closed") == []
            assert readers(app, place + "/own") == [TWO]
        assert readers(app, "/x") == senders(app, "/x", "GET") == readers(app, "/part/no") == [TWO]


def test_a_blueprint_without_a_policy_is_exempt() -> None:
    part = Blueprint("part", __name__)
    CORS(part, None)
    part.add_url_rule("/x", "x", lambda: "x")
    app = routed()
    app.register_blueprint(part, url_prefix="/part")
    CORS(app, P2)
    assert readers(app, "/part/x") == senders(app, "/part/x", "GET") == []
    assert readers(app, "/x") == [TWO]


def test_a_blueprint_takes_a_policy_once_and_nothing_of_a_shim() -> None:
    part = Blueprint("part", __name__)
    with pytest.raises(TypeError, match="routes and options belong to an application"):
        CORS(part, P1, handle_errors=True)
    with pytest.raises(PolicyError):
        CORS(part)
    CORS(part, P1)
    with pytest.raises(RuntimeError, match="has a policy already"):
        CORS(part, P2)
