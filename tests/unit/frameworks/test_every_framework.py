"""``CORS(app, …)`` of several frameworks: outside of all that answers in the application, which stays what it was."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

import fastcors.asgi
import fastcors.wsgi
from fastcors import Policy, PolicyError
from tests.support.shims import shims_over
from tests.unit.frameworks.applications import ACAO, KINDS, OTHER, SITE, Kind

EXPOSE = "access-control-expose-headers"
VARIES = ("vary", "date")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    """A framework that is installed."""
    pytest.importorskip(request.param.name.partition("-")[0])
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=["cython", "python"], autouse=True)
def _shim_of_each_engine(request: pytest.FixtureRequest, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    shims = shims_over(request.param)
    door = importlib.import_module(kind.module)
    for gateway in (fastcors.asgi, fastcors.wsgi):
        monkeypatch.setattr(gateway, "CORSMiddleware", shims[gateway.__name__.rpartition(".")[2]])
    if hasattr(door, "CORSMiddleware"):
        monkeypatch.setattr(door, "CORSMiddleware", shims[kind.gateway])


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("GET", "/hello", {200}),
        ("HEAD", "/hello", {200, 404, 405}),
        ("GET", "/items/7", {200}),
        ("GET", "/nowhere", {404}),
        ("PUT", "/hello", {404, 405}),
        ("GET", "/redirect", {302}),
        ("GET", "/stream", {200}),
        ("GET", "/error", {500}),
        ("OPTIONS", "/hello", {200, 404, 405}),
    ],
)
def test_every_answer_has_the_headers_and_is_otherwise_what_it_was(
    kind: Kind, method: str, path: str, statuses: set[int]
) -> None:
    without, app = kind.make(), kind.make()
    kind.cors(app, allow_origins=[SITE], expose_headers=["X-Id"])
    before, after = kind.get(without, path, method), kind.get(app, path, method)
    assert before.status in statuses
    assert (after.status, after.body) == (before.status, before.body)
    others = [line for line in before.headers if line[0] not in VARIES]
    assert [line for line in after.headers if line[0] not in (ACAO, EXPOSE, *VARIES)] == others
    assert (after.values(ACAO), after.values(EXPOSE)) == ([SITE], ["x-id"])
    vary = ", ".join([*before.values("vary"), "Origin"])  # Falcon's client has one line of each name
    assert ", ".join(after.values("vary")) == vary


def test_the_applications_own_handler_answers_for_an_exception(kind: Kind) -> None:
    app = kind.make()
    kind.cors(app, allow_origins=[SITE])
    answer = kind.get(app, "/error")
    assert (answer.status, answer.body, answer.values(ACAO)) == (500, "sorry: BrokenError", [SITE])


def test_other_origins_and_requests_without_one_get_no_header_but_vary(kind: Kind) -> None:
    app = kind.make()
    kind.cors(app, allow_origins=[SITE])
    for path in ("/hello", "/nowhere", "/error"):
        for origin in (OTHER, "null", None):
            answer = kind.get(app, path, origin=origin)
            assert answer.values(ACAO) == []
            assert answer.values("vary")[-1].endswith("Origin")


def test_preflights_are_answered_whatever_their_path(kind: Kind) -> None:
    app = kind.make()
    kind.cors(app, allow_origins=[SITE], allow_methods=["PUT"], max_age=600)
    for path in ("/hello", "/items/7", "/nowhere", "/error"):
        accepted = kind.get(app, path, "OPTIONS", Access_Control_Request_Method="PUT")
        assert (accepted.status, accepted.body, accepted.values(ACAO)) == (204, "", [SITE])
        assert accepted.values("access-control-max-age") == ["600"]
        for refused in (
            kind.get(app, path, "OPTIONS", Access_Control_Request_Method="PATCH"),
            kind.get(app, path, "OPTIONS", OTHER, Access_Control_Request_Method="PUT"),
        ):
            assert (refused.status, refused.body, refused.values(ACAO)) == (403, "", [])


def test_a_refusal_with_debug_says_why(kind: Kind) -> None:
    app = kind.make()
    kind.cors(app, allow_origins=[SITE], debug=True)
    answer = kind.get(app, "/hello", "OPTIONS", Access_Control_Request_Method="PATCH")
    assert answer.status == 200
    assert "method-not-allowed" in answer.body


def test_routes_choose_a_policy(kind: Kind) -> None:
    app = kind.make()
    kind.cors(app, routes={"/items/{number}": Policy(allow_origins=[SITE]), "/hello": None})
    assert kind.get(app, "/items/7").values(ACAO) == [SITE]
    assert kind.get(app, "/hello").values(ACAO) == kind.get(app, "/nowhere").values(ACAO) == []


def test_the_policy_and_the_routes_of_the_shim_may_be_replaced(kind: Kind) -> None:
    app = kind.make()
    shim = kind.cors(app, Policy(allow_origins=[OTHER]))
    assert kind.get(app, "/hello").values(ACAO) == []
    shim.policy = Policy(allow_origins=[SITE])
    assert kind.get(app, "/hello").values(ACAO) == [SITE]
    shim.routes = {"/items/": shim.policy}
    assert kind.get(app, "/hello").values(ACAO) == []
    assert kind.get(app, "/items/7").values(ACAO) == [SITE]


def test_the_application_stays_the_object_that_it_was(kind: Kind) -> None:
    app, other = kind.make(), kind.make()
    names = type(app).__name__, type(app).__module__, type(app).__qualname__, type(app).__doc__
    shim = kind.cors(app, allow_origins=[SITE])
    assert (type(app).__name__, type(app).__module__, type(app).__qualname__, type(app).__doc__) == names
    assert isinstance(app, type(other))
    assert isinstance(shim, fastcors.asgi.CORSMiddleware if kind.gateway == "asgi" else fastcors.wsgi.CORSMiddleware)
    assert kind.get(other, "/hello").values(ACAO) == []


def test_a_second_cors_is_refused_and_the_first_one_stays(kind: Kind) -> None:
    app = kind.make()
    kind.cors(app, allow_origins=[SITE])
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"has CORS already: a request can have only one policy\. Change"):
            kind.cors(app, allow_origins=[OTHER])
        assert kind.get(app, "/hello").values(ACAO) == [SITE]


def test_what_is_no_application_of_the_framework_is_refused(kind: Kind) -> None:
    app = kind.make()
    shim = kind.cors(kind.make(), allow_origins=[SITE])
    for wrong in (None, "app:app", type(app), shim, lambda scope, receive, send: None, Policy(allow_origins=[SITE])):
        with pytest.raises(TypeError, match=f"app must be a {kind.wrong}"):
            kind.cors(wrong, allow_origins=[SITE])


def test_a_wrong_policy_is_refused_and_the_application_stays_as_it_was(kind: Kind) -> None:
    app = kind.make()
    for error, arguments in (
        (PolicyError, {"allow_origins": ["https://App.example.com/"]}),
        (PolicyError, {"routes": {"api": None}}),
        (PolicyError, {"allow_origins": [SITE], "handle_error": True}),
        (TypeError, {}),
        (ValueError, {"allow_origins": [SITE], "on_conflict": "both"}),
    ):
        with pytest.raises(error):
            kind.cors(app, **arguments)
    assert kind.get(app, "/hello").values(ACAO) == []
    kind.cors(app, allow_origins=[SITE])
    assert kind.get(app, "/hello").values(ACAO) == [SITE]


def test_no_cors_may_be_said(kind: Kind) -> None:
    app = kind.make()
    shim = kind.cors(app, None)
    assert kind.get(app, "/hello").values(ACAO) == []
    shim.policy = Policy(allow_origins=[SITE])
    assert kind.get(app, "/hello").values(ACAO) == [SITE]


@pytest.mark.parametrize("name", sorted({kind.module.rpartition(".")[2] for kind in KINDS}))
def test_the_import_without_the_framework_names_the_package_to_install(name: str) -> None:
    script = f"import sys; sys.modules[{name!r}] = None; import fastcors.{name}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f'pip install "fastcors[{name}]" brings' in done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: fastcors.{name} needs ")


def test_what_an_application_inherits_from_stays_what_it_was(kind: Kind) -> None:
    """Monitors put their own ``__call__`` into the class of a framework, before CORS comes or after."""
    app: Any = kind.make()
    seen: list[str] = []
    framework = type(app)
    own = framework.__call__

    def watched(self: Any, *arguments: Any) -> Any:
        seen.append("called")
        return own(self, *arguments)

    async def watched_asgi(self: Any, *arguments: Any) -> Any:
        seen.append("called")
        return await own(self, *arguments)

    kind.cors(app, allow_origins=[SITE])
    framework.__call__ = watched if kind.gateway == "wsgi" else watched_asgi
    try:
        assert kind.get(app, "/hello").values(ACAO) == [SITE]
    finally:
        framework.__call__ = own
    assert set(seen) == (set() if kind.name == "blacksheep" else {"called"})  # its test client calls no application
