"""``CORS(app)`` around other WSGI middlewares, that use werkzeug as Flask does or copy the environ.

Each application is in a process of its own: what is decorated anywhere in a process, and which request is the first,
makes a difference inside.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.unit.flask.inner import APP, VIEW

BOTH = {APP, VIEW}


@pytest.fixture(params=["cython", "python"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "cython" and importlib.util.find_spec("fastcors._core") is None:
        pytest.skip("there is no native engine")
    return str(request.param)


def run(scenario: str, engine: str) -> list[tuple[str, int, set[str]]]:
    """Each request of a scenario: its path, its status, and the origins that may read the answer."""
    environment = os.environ | {"FASTCORS_PURE": "1" if engine == "python" else ""}
    command = [sys.executable, "-W", "error", "-m", "tests.unit.flask.inner", scenario]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    backend, *answers = json.loads(done.stdout)
    assert backend == engine
    found = []
    for first, second in zip(answers[::2], answers[1::2], strict=True):
        assert first[:1] + first[2:3] == second[:1] + second[2:3]
        assert all(answer[3] in (None, answer[1]) for answer in (first, second))
        found.append((first[0], first[2], {answer[3] for answer in (first, second)} - {None}))
    return found


def test_a_middleware_that_answers_with_werkzeug_gets_the_applications_headers_from_the_first_request_on(
    engine: str,
) -> None:
    assert run("plain", engine) == [("/limited", 429, {APP}), ("/plain", 200, {APP}), ("/limited", 429, {APP})]


def test_views_keep_their_own_policies_beside_such_a_middleware_from_the_first_request_on(engine: str) -> None:
    nothing: set[Any] = set()
    assert run("decorated", engine) == [
        ("/closed", 401, {VIEW}),
        ("/limited", 429, {APP}),
        ("/own", 200, {VIEW}),
        ("/plain", 200, {APP}),
        ("/exempt", 200, nothing),
        ("/nowhere", 404, {APP}),
        ("/limited", 429, {APP}),
    ]


def test_a_middleware_may_start_the_response_after_it_replaced_flasks_request(engine: str) -> None:
    assert run("buffered", engine) == [("/own", 200, {VIEW}), ("/plain", 200, {APP}), ("/exempt", 200, set())]


def test_decorated_views_alone_stay_right_beside_such_a_middleware(engine: str) -> None:
    assert run("lone_views", engine) == [
        ("/limited", 429, set()),
        ("/own", 200, {VIEW}),
        ("/own", 200, {VIEW}),
        ("/limited", 429, set()),
        ("/plain", 200, set()),
    ]


def test_socketio_may_come_before_cors(engine: str) -> None:
    """Its middleware gives Flask a copy of the environ, and answers by itself at /socket.io/."""
    pytest.importorskip("flask_socketio")
    polling = "/socket.io/?EIO=4&transport=polling"
    assert run("socketio", engine) == [(polling, 200, {APP}), ("/own", 200, {VIEW}), ("/plain", 200, {APP})]


def test_a_request_of_another_flask_application_says_nothing_about_this_ones_views(engine: str) -> None:
    """Its endpoints may have the same names."""
    assert run("mounted", engine) == [("/own", 200, {VIEW}), ("/other/own", 200, {APP}), ("/plain", 200, {APP})]
