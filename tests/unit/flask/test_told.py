"""``g.fastcors``: what was decided about a request, for the views of a Flask application."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, g, jsonify, request

from fastcors import Outcome, Policy, PolicyError, Reason
from fastcors.flask import CORS, cors_exempt, cross_origin
from tests.unit.flask.apps import APP, EVIL, VIEW, call, preflight

POLICY = Policy(allow_origins=[APP], allow_methods=["PUT"], name="app")
OWN = Policy(allow_origins=[VIEW], allow_methods=["PUT"], name="view")


def told(app: Flask) -> list[Any]:
    """Add views that note what they are told; return the notes."""
    notes: list[Any] = []

    def note() -> Any:
        notes.append(g.fastcors)
        return jsonify(outcome=None if g.fastcors is None else g.fastcors.reason)

    app.add_url_rule("/plain", "plain", note, methods=["GET", "PUT"])
    app.add_url_rule("/own", "own", cross_origin(OWN)(lambda: note()), methods=["GET", "PUT"])
    app.add_url_rule("/exempt", "exempt", cors_exempt(lambda: note()))

    @app.errorhandler(404)
    def missing(error: Any) -> Any:
        notes.append(g.fastcors)
        return "missing", 404

    return notes


@pytest.mark.parametrize(
    ("path", "origin", "expected"),
    [
        ("/plain", APP, Outcome(Reason.OK, True, "app")),
        ("/plain", EVIL, Outcome(Reason.ORIGIN_NOT_ALLOWED, False, "app")),
        ("/plain", None, Outcome(Reason.NOT_CORS, True, "app")),
        ("/nowhere", EVIL, Outcome(Reason.ORIGIN_NOT_ALLOWED, False, "app")),
        ("/own", VIEW, Outcome(Reason.OK, True, "view")),
        ("/own", APP, Outcome(Reason.ORIGIN_NOT_ALLOWED, False, "view")),
        ("/exempt", APP, None),
    ],
)
def test_a_view_finds_what_was_decided(path: str, origin: str | None, expected: Outcome | None) -> None:
    app = Flask(__name__)
    CORS(app, POLICY, tell_application=True)
    notes = told(app)
    for _ in range(2):
        call(app, path, origin)
    assert notes == [expected, expected]


def test_a_view_says_its_reason_in_json() -> None:
    app = Flask(__name__)
    CORS(app, POLICY, tell_application=True)
    told(app)
    assert call(app, "/plain", EVIL).json == {"outcome": "origin-not-allowed"}


def test_a_preflight_for_a_view_is_told_and_counted_by_its_own_policy() -> None:
    app, environs = Flask(__name__), list[Any]()
    policy, own = (Policy(allow_origins=[origin], allow_methods=["PUT"]) for origin in (APP, VIEW))
    CORS(app, policy, tell_application=True, count_decisions=True)
    app.add_url_rule("/own", "own", cross_origin(own)(lambda: "own"), methods=["PUT"])
    inner = app.wsgi_app

    def around(environ: Any, start_response: Any) -> Any:
        environs.append(environ)
        return inner(environ, start_response)

    app.wsgi_app = around  # type: ignore[method-assign]
    assert preflight(app, "/own").status_code == 204
    assert environs[0]["fastcors"] is own.decide("GET", VIEW).outcome
    assert (own.counts()[Reason.OK], sum(policy.counts().values())) == (1, 0)
    assert call(app, "/own", VIEW, "PUT").status_code == 200
    assert (own.counts()[Reason.OK], sum(policy.counts().values())) == (2, 0)


def test_the_configuration_may_say_so() -> None:
    app = Flask(__name__)
    app.config.update(CORS_ALLOW_ORIGINS=[APP], CORS_NAME="config", CORS_TELL_APPLICATION=True)
    CORS(app)
    notes = told(app)
    call(app, "/plain", APP)
    assert notes == [Outcome(Reason.OK, True, "config")]


def test_without_the_option_g_is_what_it_was() -> None:
    app = Flask(__name__)
    kind = app.app_ctx_globals_class
    CORS(app, POLICY)
    assert app.app_ctx_globals_class is kind
    with app.test_request_context("/"):
        assert not hasattr(g, "fastcors")
        assert "fastcors" not in request.environ


def test_outside_of_a_request_there_is_nothing_to_tell() -> None:
    app = Flask(__name__)
    CORS(app, POLICY, tell_application=True)
    with app.app_context():
        g.mine = 5
        assert g.mine == 5
        assert not hasattr(g, "fastcors")


def test_the_options_are_true_or_false() -> None:
    with pytest.raises(PolicyError, match="tell_application"):
        CORS(Flask(__name__), POLICY, tell_application="yes")  # type: ignore[arg-type]
