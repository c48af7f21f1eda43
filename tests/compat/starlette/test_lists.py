"""Lists of the drop-in for Starlette that change, its engine, and what a subclass may override."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.middleware import cors as theirs

from tests.compat.starlette.calls import (
    ACAO,
    CHANGES,
    CONFIGURATIONS,
    GOOD,
    NEW,
    OTHER,
    REQUESTS,
    VARY_PREFLIGHT,
    WITH,
    Response,
    ask,
    preflight,
    quiet,
    scope_of,
)
from tests.support.exchange import AsgiApp, no_receive

TOP = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("kind", [list, set])
@pytest.mark.parametrize(
    "parameters", [{}, WITH, {"allow_origin_regex": r"https://a\.regex"}, {"expose_headers": ["*"], **WITH}], ids=repr
)
def test_a_list_that_changes_is_answered_as_it_is_on_preflights_and_requests(
    ours: ModuleType, kind: type[Any], parameters: dict[str, Any]
) -> None:
    mine, peers = kind([GOOD, OTHER]), kind([GOOD, OTHER])
    middleware = quiet(ours, allow_origins=mine, **parameters)
    peer = theirs.CORSMiddleware(AsgiApp(), allow_origins=peers, **parameters)
    for what, change in [("as given", lambda origins: None), *CHANGES]:
        change(mine)
        change(peers)
        for origin in (GOOD, OTHER, NEW, OTHER + ":8443", "null", "https://a.regex", "https://evil.example"):
            for scope in (scope_of("GET", origin), preflight(origin), scope_of("GET", origin)):
                found, expected = ask(middleware, scope), ask(peer, scope)
                assert found.status == expected.status, (what, origin)
                assert found.headers.get(ACAO) == expected.headers.get(ACAO), (what, origin)


def test_an_origin_that_is_taken_out_is_not_allowed_from_the_next_request_on(ours: ModuleType) -> None:
    origins = [GOOD, OTHER]
    middleware = quiet(ours, allow_origins=origins, **WITH)
    for _ in range(2):
        assert ask(middleware, scope_of("GET", GOOD)).headers[ACAO] == GOOD
        origins.remove(GOOD)
        assert ACAO not in ask(middleware, scope_of("GET", GOOD)).headers
        assert ask(middleware, preflight(GOOD)).status == 400
        origins.append(GOOD)


@pytest.mark.parametrize(("kind", "for_good"), [(tuple, True), (frozenset, True), (list, False), (set, False)])
def test_what_can_change_is_watched_and_what_cannot_is_compiled_for_good(
    ours: ModuleType, engine: ModuleType, kind: type[Any], for_good: bool
) -> None:
    rules = quiet(ours, allow_origins=kind([GOOD]))._policies
    assert isinstance(rules, engine.Engine) is for_good
    compiled = rules if for_good else rules.current()
    assert isinstance(compiled, engine.Engine)
    assert compiled.origins() == [GOOD]
    if not for_good:
        assert rules.current() is compiled  # nothing is made anew where nothing has changed


def test_methods_that_are_taken_out_of_a_list_are_not_allowed_any_more(ours: ModuleType) -> None:
    methods = ["GET", "DELETE"]
    middleware = quiet(ours, allow_origins=[GOOD], allow_methods=methods)
    assert ask(middleware, preflight(method="DELETE")).status == 200
    methods.remove("DELETE")
    assert ask(middleware, preflight(method="DELETE")).status == 400


def test_an_entry_whose_comparison_changes_everything_does_no_harm(ours: ModuleType) -> None:
    scope = scope_of("GET", GOOD)
    lines = list(scope["headers"])

    class Hostile:
        def __eq__(self, other: object) -> bool:
            del scope["headers"][:]
            del origins[1:]
            scope["headers"] = list(lines)
            gc.collect()
            return False

        __hash__ = object.__hash__

    origins: list[Any] = [GOOD, OTHER]
    middleware = quiet(ours, allow_origins=origins, **WITH)
    for _ in range(4):
        del origins[1:]
        origins.append(Hostile())
        origins.append(OTHER)
        assert ask(middleware, scope).headers[ACAO] == GOOD


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset])
@pytest.mark.parametrize("names", [["X-A"], ["*"]])
def test_the_native_engine_answers_every_preflight_and_request_of_a_plain_instance(
    ours: ModuleType, engine: ModuleType, monkeypatch: pytest.MonkeyPatch, kind: type[Any], names: list[str]
) -> None:
    if engine.__name__.endswith("_twin.engine"):
        pytest.skip("the twin is Python")

    async def in_python(*_: Any) -> None:
        raise AssertionError("a request took the way in Python")

    middleware = quiet(ours, allow_origins=kind([GOOD, "example.com"]), allow_headers=names, allow_credentials=True)
    monkeypatch.setattr(ours.CORSMiddleware, "_respond", in_python)
    assert ask(middleware, preflight(names="x-a")).status == 200
    assert ask(middleware, preflight("example.com")).headers[ACAO] == "example.com"
    assert ask(middleware, preflight(OTHER, "PURGE", "x y", "true")).body == (
        b"Disallowed CORS origin, method, headers, private-network"
    )
    assert ask(middleware, scope_of("GET")).headers[ACAO] == GOOD
    assert ACAO not in ask(middleware, scope_of("GET", OTHER)).headers


@pytest.mark.parametrize("parameters", CONFIGURATIONS, ids=lambda value: repr(value)[:60])
def test_its_policy_decides_as_it_answers(ours: ModuleType, parameters: dict[str, Any]) -> None:
    middleware = quiet(ours, **parameters)
    for scope in REQUESTS:
        decision, answer = middleware.policy.decide_asgi(scope), ask(middleware, scope)
        assert {name.decode(): value.decode() for name, value in decision.headers}.items() <= answer.headers.items()
        assert decision.explain().isprintable() is False  # several lines
        if decision.kind == "preflight":
            assert (decision.status, decision.body) == (answer.status, answer.body)
            assert decision.allowed is (answer.status == 200)


@pytest.mark.parametrize(
    ("request_", "reason", "words"),
    [
        (("GET", OTHER), "origin-not-allowed", f"add '{OTHER}' to allow_origins"),
        (("OPTIONS", GOOD, "POST"), "method-not-allowed", "Add 'POST' to allow_methods"),
        (("OPTIONS", GOOD, "PUT", "x-b"), "header-not-allowed", "Add 'x-b' to allow_headers"),
        (("OPTIONS", GOOD, "PUT"), "ok", "It is allowed with the status 200"),
    ],
)
def test_its_policy_says_why(ours: ModuleType, request_: tuple[str, ...], reason: str, words: str) -> None:
    middleware = ours.CORSMiddleware(AsgiApp(), allow_origins=[GOOD], allow_methods=["PUT"], allow_headers=["x-a"])
    decision = middleware.policy.decide(*request_)
    assert decision.reason.value == reason
    assert words in decision.explain()
    assert "always pass" not in decision.explain()


def test_its_policy_follows_what_is_assigned(ours: ModuleType) -> None:
    middleware = ours.CORSMiddleware(AsgiApp(), allow_origins=[GOOD])
    assert not middleware.policy.is_origin_allowed(OTHER)
    middleware.allow_origins = [OTHER]
    assert middleware.policy.is_origin_allowed(OTHER)
    assert not middleware.policy.is_origin_allowed(GOOD)


def test_a_subclass_may_decide_on_origins(ours: ModuleType) -> None:
    asked = []

    class Dynamic(ours.CORSMiddleware):  # type: ignore[misc, name-defined]
        def is_allowed_origin(self, origin: str) -> bool:
            asked.append(origin)
            return origin.endswith(".tenant.example") or super().is_allowed_origin(origin)

    middleware = Dynamic(AsgiApp(), allow_origins=[GOOD], allow_credentials=True)
    for origin in (GOOD, "https://x.tenant.example"):
        assert ask(middleware, scope_of("GET", origin)).headers[ACAO] == origin
        assert ask(middleware, preflight(origin)).headers[ACAO] == origin
    assert ACAO not in ask(middleware, scope_of("GET", OTHER)).headers
    assert ask(middleware, preflight(OTHER)).body == b"Disallowed CORS origin"
    assert asked == [GOOD, GOOD, "https://x.tenant.example", "https://x.tenant.example", OTHER, OTHER]
    assert ACAO not in ask(middleware, scope_of("GET", "x\r\ny: .tenant.example")).headers


def test_a_subclass_may_answer_preflights(ours: ModuleType) -> None:
    from starlette.datastructures import Headers
    from starlette.responses import Response as Answer

    class Own(ours.CORSMiddleware):  # type: ignore[misc, name-defined]
        def preflight_response(self, request_headers: Headers) -> Answer:
            answer: Answer = super().preflight_response(request_headers)
            answer.headers["x-method"] = request_headers["access-control-request-method"]
            return answer

    answer = ask(Own(AsgiApp(), allow_origins=[GOOD]), preflight(names="x-nope"))
    assert (answer.status, answer.body) == (400, b"Disallowed CORS headers")
    assert (answer.headers[ACAO], answer.headers["x-method"]) == (GOOD, "GET")
    assert answer.headers["vary"] == VARY_PREFLIGHT


def test_a_subclass_may_send_and_answer(ours: ModuleType) -> None:
    class Own(ours.CORSMiddleware):  # type: ignore[misc, name-defined]
        async def simple_response(self, scope: Any, receive: Any, send: Any, request_headers: Any) -> None:
            seen.append(("simple_response", request_headers.get("origin")))
            await super().simple_response(scope, receive, send, request_headers)

        async def send(self, message: Any, send: Any, request_headers: Any) -> None:
            seen.append((message["type"], request_headers.get("origin")))
            await super().send(message, send, request_headers)

        @staticmethod
        def allow_explicit_origin(headers: Any, origin: str) -> None:
            seen.append(("explicit", origin))
            ours.CORSMiddleware.allow_explicit_origin(headers, origin)

    seen: list[tuple[str, str | None]] = []
    middleware = Own(AsgiApp(), allow_origins=[GOOD])
    assert ask(middleware, scope_of("GET")).headers[ACAO] == GOOD
    start, body = "http.response.start", "http.response.body"
    assert seen == [("simple_response", GOOD), (start, GOOD), ("explicit", GOOD), (body, GOOD)]
    seen.clear()
    assert ask(middleware, scope_of("GET", None)).headers["vary"] == "Origin"
    assert seen == [("simple_response", None), (start, None), (body, None)]


def test_new_values_of_attributes_count(ours: ModuleType) -> None:
    middleware = ours.CORSMiddleware(AsgiApp(), allow_origins=[GOOD])
    assert ACAO not in ask(middleware, scope_of("GET", OTHER)).headers
    middleware.allow_origins = [OTHER]
    for scope in (scope_of("GET", OTHER), preflight(OTHER)):
        assert ask(middleware, scope).headers[ACAO] == OTHER
    for scope in (scope_of("GET"), preflight()):
        assert ACAO not in ask(middleware, scope).headers
    middleware.preflight_headers["X-More"] = "1"
    middleware.simple_headers["X-More"] = "2"
    assert ask(middleware, preflight(OTHER)).headers["x-more"] == "1"
    assert ask(middleware, scope_of("GET", OTHER)).headers["x-more"] == "2"
    middleware.is_allowed_origin = lambda origin: True
    assert ask(middleware, scope_of("GET")).headers[ACAO] == GOOD
    middleware.app = AsgiApp(status=299)
    assert ask(middleware, scope_of("GET", OTHER)).status == 299


def test_a_container_of_ones_own_is_asked_each_time(ours: ModuleType) -> None:
    class Tenants(list[str]):
        def __contains__(self, origin: object) -> bool:
            return origin in tenants

    tenants = {GOOD}
    middleware = ours.CORSMiddleware(AsgiApp(), allow_origins=Tenants())
    assert ask(middleware, scope_of("GET")).headers[ACAO] == GOOD
    tenants.clear()
    assert ACAO not in ask(middleware, scope_of("GET")).headers


WITHOUT_STARLETTE = """
import sys
sys.modules["starlette"] = None
from fastcors.compat.starlette import CORSMiddleware

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})

async def send(message):
    if "status" in message:
        print(message["status"])

for regex in (None, "x"):
    middleware = CORSMiddleware(app, ["https://a.example"], allow_origin_regex=regex)
    for method in ("GET", "OPTIONS"):
        headers = [(b"origin", b"https://a.example"), (b"access-control-request-method", b"GET")]
        try:
            middleware({"type": "http", "method": method, "headers": headers}, None, send).__await__().send(None)
        except StopIteration:
            pass
"""


def test_starlette_itself_is_not_needed() -> None:
    command = [sys.executable, "-c", WITHOUT_STARLETTE]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == (["200"] * 4, "")


def test_it_works_in_a_starlette_application_under_gzip(ours: ModuleType) -> None:
    from starlette.applications import Starlette
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("x" * 2000))])
    app.add_middleware(ours.CORSMiddleware, allow_origins=[GOOD])
    app.add_middleware(GZipMiddleware)
    scope = scope_of("GET", GOOD, ("accept-encoding", "gzip"))

    async def run() -> list[dict[str, Any]]:
        messages = []

        async def send(message: Any) -> None:
            messages.append(message)

        await app({**scope, "root_path": ""}, no_receive, send)
        return messages

    answer = Response(asyncio.run(run()))
    assert answer.headers[ACAO] == GOOD
    assert answer.headers["content-encoding"] == "gzip"
    assert {part.strip().lower() for part in answer.headers["vary"].split(",")} == {"origin", "accept-encoding"}
