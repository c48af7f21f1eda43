"""Section 4 of the contract, "Merging": what the application set, and what leaves the server.

Rows 21, 36 and 37. Every case goes through the decision's merge methods and through the shims.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask, Response

from fastcors.flask import cross_origin
from tests.contract import policies
from tests.contract.expect import tokens
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, pre
from tests.support.rsgi import RsgiApp, call_rsgi, scope_of
from tests.support.shims import middleware

Pairs = list[tuple[bytes, bytes]]
LOCAL = policies.LOCAL.encode()
EVIL = b"https://evil.example"


def _bytes(pairs: Sequence[tuple[str, str]]) -> Pairs:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _str(pairs: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]


def merge_asgi(policy: Any, req: Req, headers: Pairs) -> Pairs:
    result = policy.decide_asgi(req.scope()).merge_asgi(headers)
    assert type(result) is list
    return result  # type: ignore[no-any-return]


def merge_rsgi(policy: Any, req: Req, headers: Pairs) -> Pairs:
    result = policy.decide_rsgi(scope_of(req)).merge_rsgi(_str(headers))
    assert type(result) is list
    return _bytes(result)


def merge_wsgi(policy: Any, req: Req, headers: Pairs) -> Pairs:
    result = policy.decide_wsgi(req.environ()).merge_wsgi(_str(headers))
    assert type(result) is list
    return _bytes(result)


def merge_head(policy: Any, req: Req, headers: Pairs) -> Pairs:
    """Merge into a raw head, and read what comes of it."""
    head = b"HTTP/1.1 200 OK\r\n%b\r\n" % b"".join(b"%b: %b\r\n" % pair for pair in headers)
    start, *lines, end, nothing = policy.decide_asgi(req.scope()).merge_head(head).split(b"\r\n")
    assert (start, end, nothing) == (b"HTTP/1.1 200 OK", b"", b"")
    found = [line.partition(b":") for line in lines]
    return [
        (name if (name, value.strip()) in headers else name.lower(), value.strip(b" \t")) for name, _, value in found
    ]


def shim_asgi(policy: Any, req: Req, headers: Pairs) -> Pairs:
    app = AsgiApp(headers=headers)
    messages = call_asgi(middleware("asgi", policy)(app, policy), req.scope())
    assert len(app.calls) == 1
    return messages[0]["headers"]  # type: ignore[no-any-return]


def shim_rsgi(policy: Any, req: Req, headers: Pairs) -> Pairs:
    app = RsgiApp(headers=_str(headers))
    return _bytes(call_rsgi(middleware("rsgi", policy)(app, policy), scope_of(req)).headers)


def shim_wsgi(policy: Any, req: Req, headers: Pairs) -> Pairs:
    shim = middleware("wsgi", policy)(WsgiApp(headers=_str(headers)), policy)
    return _bytes(call_wsgi(shim, req.environ()).headers)


Merge = Callable[[Any, Req, Pairs], Pairs]
MERGES: list[Merge] = [merge_asgi, merge_rsgi, merge_wsgi, merge_head, shim_asgi, shim_rsgi, shim_wsgi]


@pytest.fixture(params=MERGES, ids=lambda merge: merge.__name__)
def merge(request: pytest.FixtureRequest) -> Merge:
    return request.param  # type: ignore[no-any-return]


def values(pairs: Pairs, name: bytes) -> list[bytes]:
    return [value for key, value in pairs if key.lower() == name]


def vary(pairs: Pairs) -> list[str]:
    """All elements of all Vary lines, lower-case."""
    return [token for value in values(pairs, b"vary") if value for token in tokens(value.decode())]


ALLOWED, REFUSED, NOT_CORS = Req(b"GET", (LOCAL,)), Req(b"GET", (EVIL,)), Req()
ACTUALS = {"allowed": ALLOWED, "refused": REFUSED, "not-cors": NOT_CORS}


@pytest.mark.parametrize("kind", ACTUALS)
@pytest.mark.parametrize(
    ("app", "kept"),
    [
        ([], []),
        ([b"foo"], ["foo"]),
        ([b"Accept-Encoding"], ["accept-encoding"]),
        ([b"accept, cookie"], ["accept", "cookie"]),
        ([b"accept", b"cookie"], ["accept", "cookie"]),
        ([b"accept ,\tcookie"], ["accept", "cookie"]),
        ([b"X-Origin"], ["x-origin"]),
        ([b"Origin-X, xorigin"], ["origin-x", "xorigin"]),
        ([b"accept,,cookie"], ["accept", "cookie"]),
        ([b"accept,cookie"], ["accept", "cookie"]),
        ([b"accept origin"], ["accept origin"]),
        ([b"origin;x"], ["origin;x"]),
    ],
    ids=repr,
)
def test_row_21_vary_keeps_the_applications_tokens_and_gains_origin(
    policy_class: Any, merge: Merge, kind: str, app: list[bytes], kept: list[str]
) -> None:
    headers = [(b"vary", value) for value in app]
    found = merge(policies.built(policy_class, "K7"), ACTUALS[kind], headers)
    elements = [element.strip().lower() for value in values(found, b"vary") for element in value.decode().split(",")]
    assert sorted(element for element in elements if element) == sorted([*kept, "origin"])


@pytest.mark.parametrize("kind", ACTUALS)
@pytest.mark.parametrize(
    "app",
    [
        [b"Origin"],
        [b"origin"],
        [b"ORIGIN"],
        [b"accept, oRiGiN"],
        [b"accept,origin,cookie"],
        [b"origin,accept"],
        [b"accept,origin"],
        [b"origin , accept"],
        [b"accept\t,\torigin\t"],
        [b"accept", b"origin"],
        [b"origin", b"accept"],
        [b"*"],
        [b"accept, *"],
        [b"*", b"accept"],
        [b"accept", b" *"],
    ],
    ids=repr,
)
def test_vary_is_left_alone_where_origin_or_a_star_is_there(
    policy_class: Any, merge: Merge, kind: str, app: list[bytes]
) -> None:
    headers = [(b"Vary", value) for value in app]
    found = merge(policies.built(policy_class, "K7"), ACTUALS[kind], headers)
    before = sorted(element.strip(b" \t").lower() for value in app for element in value.split(b","))
    after = [element for value in values(found, b"vary") for element in value.split(b",")]
    assert sorted(element.strip(b" \t").lower() for element in after) == before


def test_row_21_an_outer_and_an_inner_layer_are_both_kept(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K7")
    inner = middleware("asgi", policy)(AsgiApp(headers=[(b"vary", b"foo")]), policy)

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        async def add(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"].insert(0, (b"vary", b"before"))
            await send(message)

        await inner(scope, receive, add)

    found = call_asgi(outer, ALLOWED.scope())[0]["headers"]
    assert sorted(vary(found)) == ["before", "foo", "origin"]


def test_a_public_policy_adds_no_vary_and_keeps_the_applications(policy_class: Any, merge: Merge) -> None:
    policy = policies.built(policy_class, "K4")
    for req in ACTUALS.values():
        assert values(merge(policy, req, []), b"vary") == []
        assert values(merge(policy, req, [(b"vary", b"accept")]), b"vary") == [b"accept"]


CORS = (
    b"access-control-allow-origin",
    b"access-control-allow-credentials",
    b"access-control-expose-headers",
    b"access-control-allow-methods",
    b"access-control-allow-headers",
    b"access-control-max-age",
    b"access-control-allow-private-network",
)
SPELLINGS = [str.lower, str.upper, str.title, str.swapcase, lambda name: name.replace("a", "A")]


@pytest.mark.parametrize("spelling", range(len(SPELLINGS)))
@pytest.mark.parametrize("kind", ACTUALS)
@pytest.mark.parametrize("policy_name", ["K1", "K4", "K7", "reflect-credentials", "expose-all"])
def test_row_36_only_the_policys_cors_headers_leave_the_server(
    policy_class: Any, merge: Merge, policy_name: str, kind: str, spelling: int
) -> None:
    policy = policies.built(policy_class, policy_name)
    req = ACTUALS[kind]
    app = [
        (b"content-type", b"text/x-app"),
        (b"access-control-allow-origin", b"https://evil.example"),
        (b"access-control-allow-origin", b"*"),
        (b"x-between", b"1"),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"x-secret"),
        (b"access-control-allow-methods", b"DELETE"),
        (b"access-control-allow-headers", b"x-evil"),
        (b"access-control-max-age", b"86400"),
        (b"access-control-allow-private-network", b"true"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
    ]
    respelled = [(SPELLINGS[spelling](name.decode()).encode(), value) for name, value in app]
    found = merge(policy, req, respelled)
    expected = dict(policy.decide(req.method, *req.origins or (None,)).headers)
    for name in CORS:
        assert values(found, name) == ([expected[name]] if name in expected else [])
    assert values(found, b"set-cookie") == [b"a=1", b"b=2"]
    assert values(found, b"x-between") == [b"1"]
    assert values(found, b"content-type") == [b"text/x-app"]
    # The application's other lines keep their order.
    others = [value for name, value in found if name.lower() in (b"content-type", b"x-between", b"set-cookie")]
    assert others == [b"text/x-app", b"1", b"a=1", b"b=2"]


def test_names_that_only_look_like_cors_headers_stay(policy_class: Any, merge: Merge) -> None:
    policy = policies.built(policy_class, "K1")
    app = [
        (b"xaccess-control-allow-origin", b"2"),
        (b"access-control", b"3"),
        (b"access_control_allow_origin", b"4"),
        (b"accesscontrol-allow-origin", b"5"),
        (b"access-controls-expose-headers", b"6"),
        (b"vary-x", b"7"),
        (b"var", b"8"),
    ]
    for req in ACTUALS.values():
        found = merge(policy, req, list(app))
        assert [pair for pair in found if pair in app] == app


def test_the_applications_list_is_never_changed(policy_class: Any) -> None:
    for name in ("K1", "K4", "K7", "expose-all-credentials"):
        policy = policies.built(policy_class, name)
        for req in ACTUALS.values():
            app = [(b"vary", b"accept"), (b"Access-Control-Allow-Origin", b"*"), (b"x-a", b"1")]
            before = copy.deepcopy(app)
            decision = policy.decide_asgi(req.scope())
            assert decision.merge_asgi(app) is not app
            assert app == before
            text = _str(app)
            assert decision.merge_wsgi(text) is not text
            assert text == _str(before)
            assert shim_asgi(policy, req, app) is not app
            assert app == before


def test_the_applications_message_keeps_its_list_and_its_other_keys(policy_class: Any) -> None:
    headers = [(b"vary", b"accept"), (b"x-a", b"1")]
    constant = {"type": "http.response.start", "status": 304, "headers": headers, "trailers": True, "x": [1]}
    before = copy.deepcopy(constant)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(constant)
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": b"x"})
        await send({"type": "http.response.trailers", "headers": [(b"x-trailer", b"1")]})

    policy = policies.built(policy_class, "K7")
    shim = middleware("asgi", policy)(app, policy)
    first = call_asgi(shim, ALLOWED.scope())
    assert constant == before
    assert constant["headers"] is headers
    assert {key: first[0][key] for key in ("type", "status", "trailers", "x")} == {
        "type": "http.response.start",
        "status": 304,
        "trailers": True,
        "x": [1],
    }
    assert first[1:] == [
        {"type": "http.response.body", "body": b"", "more_body": True},
        {"type": "http.response.body", "body": b"x"},
        {"type": "http.response.trailers", "headers": [(b"x-trailer", b"1")]},
    ]
    assert call_asgi(shim, ALLOWED.scope())[0]["headers"] == first[0]["headers"]


@pytest.mark.parametrize("req", [*ACTUALS.values(), pre(b"GET", origin=LOCAL), pre(b"PUT", origin=LOCAL)])
@pytest.mark.parametrize("policy_name", ["K1", "K4", "K7", "minimal"])
def test_row_37_a_changed_list_does_not_reach_the_next_response(policy_class: Any, policy_name: str, req: Req) -> None:
    policy = policies.built(policy_class, policy_name)
    asgi = middleware("asgi", policy)(AsgiApp(), policy)
    wsgi = middleware("wsgi", policy)(WsgiApp(), policy)

    def produce() -> list[list[Any]]:
        decision = policy.decide_asgi(req.scope())
        return [
            decision.headers,
            decision.headers_str,
            decision.merge_asgi([(b"x", b"1")]),
            decision.merge_wsgi([("x", "1")]),
            call_asgi(asgi, req.scope())[0]["headers"],
            call_wsgi(wsgi, req.environ()).headers,
        ]

    first = produce()
    before = copy.deepcopy(first)
    for headers in first:
        assert type(headers) is list
        headers.append(("x", "y"))
        headers.reverse()
        del headers[1:]
        headers[:] = [None]
    assert produce() == before


def test_a_decisions_lists_are_new_every_time(policy_class: Any) -> None:
    for name in policies.K:
        policy = policies.built(policy_class, name)
        decision = policy.decide(b"GET", LOCAL)
        for make in (
            lambda decision=decision: decision.headers,
            lambda decision=decision: decision.headers_str,
            lambda decision=decision: decision.merge_asgi([]),
            lambda decision=decision: decision.merge_wsgi([]),
        ):
            one, two = make(), make()
            assert one == two
            assert one is not two
            one.append(("x", "y"))
            assert make() == two


@pytest.mark.parametrize("make", [list, tuple, iter, lambda pairs: (pair for pair in pairs)])
@pytest.mark.parametrize("pair", [tuple, list])
def test_headers_may_be_any_iterable_of_pairs(policy_class: Any, make: Any, pair: Any) -> None:
    decision = policies.built(policy_class, "K7").decide(b"GET", LOCAL)
    app = [(b"vary", b"accept"), (b"x-a", b"1")]
    found = decision.merge_asgi(make([pair(item) for item in app]))
    assert found == decision.merge_asgi(app)
    assert all(type(item) is tuple for item in found)
    found = decision.merge_wsgi(make([pair(item) for item in _str(app)]))
    assert found == decision.merge_wsgi(_str(app))
    assert all(type(item) is tuple for item in found)


def test_an_asgi_start_message_without_headers_gets_them(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K7")
    assert shim_asgi(policy, ALLOWED, None) == policy.decide(b"GET", LOCAL).headers  # type: ignore[arg-type]


class TestExposeAllWithCredentials:
    """``expose_headers="*"`` with credentials: the names that the response really carries."""

    @pytest.fixture
    def policy(self, policy_class: Any) -> Any:
        return policies.built(policy_class, "expose-all-credentials")

    def test_the_names_of_the_response_are_listed_once_in_order(self, policy: Any, merge: Merge) -> None:
        app = [
            (b"x-b", b"1"),
            (b"x-a", b"2"),
            (b"x-b", b"3"),
            (b"etag", b"4"),
        ]
        found = merge(policy, ALLOWED, app)
        assert values(found, b"access-control-expose-headers") == [b"x-b, x-a, etag, vary"]

    def test_names_come_out_in_lower_case(self, policy: Any, merge: Merge) -> None:
        found = merge(policy, ALLOWED, [(b"X-Upper", b"1"), (b"x-upper", b"2")])
        assert values(found, b"access-control-expose-headers") == [b"x-upper, vary"]

    def test_safelisted_forbidden_and_cors_names_are_left_out(self, policy: Any, merge: Merge) -> None:
        names = (
            b"cache-control",
            b"content-language",
            b"content-length",
            b"content-type",
            b"expires",
            b"last-modified",
            b"pragma",
            b"set-cookie",
            b"Set-Cookie2",
            b"access-control-allow-origin",
            b"Access-Control-Allow-Methods",
        )
        found = merge(policy, ALLOWED, [(name, b"1") for name in names])
        assert values(found, b"access-control-expose-headers") == [b"vary"]

    def test_names_that_are_no_tokens_are_left_out(self, policy: Any) -> None:
        decision = policy.decide(b"GET", LOCAL)
        app = [(b"x a", b"1"), (b"x,b", b"1"), (b"", b"1"), (b"x\xe9", b"1"), (b"x-c", b"1")]
        found = decision.merge_asgi(app)
        assert values(found, b"access-control-expose-headers") == [b"x-c, vary"]
        assert values(_bytes(decision.merge_wsgi(_str(app))), b"access-control-expose-headers") == [b"x-c, vary"]

    def test_the_applications_own_list_does_not_count(self, policy: Any, merge: Merge) -> None:
        app = [(b"access-control-expose-headers", b"x-secret"), (b"x-a", b"1")]
        found = merge(policy, ALLOWED, app)
        assert values(found, b"access-control-expose-headers") == [b"vary, x-a"]

    def test_the_policys_own_vary_counts(self, policy: Any, merge: Merge) -> None:
        found = merge(policy, ALLOWED, [(b"content-type", b"text/plain")])
        assert values(found, b"access-control-expose-headers") == [b"vary"]

    def test_refused_and_not_cors_requests_get_none(self, policy: Any, merge: Merge) -> None:
        for req in (REFUSED, NOT_CORS):
            found = merge(policy, req, [(b"x-a", b"1"), (b"access-control-expose-headers", b"x-a")])
            assert values(found, b"access-control-expose-headers") == []

    def test_a_decision_alone_writes_no_star(self, policy: Any) -> None:
        decision = policy.decide(b"GET", LOCAL)
        assert b"access-control-expose-headers" not in dict(decision.headers)


@pytest.mark.parametrize("kind", [*ACTUALS, "accepted", "refused method", "refused origin"])
@pytest.mark.parametrize("name", [*policies.K])
def test_merging_what_was_merged_changes_nothing_more(policy_class: Any, name: str, kind: str) -> None:
    preflights = {
        "accepted": pre(b"GET", origin=LOCAL),
        "refused method": pre(b"BREW", origin=LOCAL),
        "refused origin": pre(b"GET", origin=EVIL),
    }
    decision = policies.built(policy_class, name).decide_asgi({**ACTUALS, **preflights}[kind].scope())
    for app in ([], [(b"x-a", b"1"), (b"vary", b"accept")], [(b"access-control-max-age", b"9"), (b"x-a", b"1")]):
        once = decision.merge_asgi(app)
        assert decision.merge_asgi(once) == once
        text = decision.merge_wsgi(_str(app))
        assert decision.merge_wsgi(text) == text


ROW_45 = [
    (b"Access-Control-Allow-Methods", b"DELETE"),
    (b"access-control-max-age", b"86400"),
    (b"ACCESS-CONTROL-ALLOW-HEADERS", b"x-evil"),
    (b"access-control-allow-private-network", b"true"),
]


@pytest.mark.parametrize("origin", [LOCAL, EVIL])
@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"GET"])
@pytest.mark.parametrize("on_conflict", ["replace", "keep"])
def test_row_45_an_application_cannot_widen_a_preflights_answer(
    policy_class: Any, origin: bytes, method: bytes, on_conflict: Any
) -> None:
    policy = policy_class(allow_origins=[policies.LOCAL], allow_methods=["PUT"], max_age=600)
    req = pre(method, origin=origin)
    expected = sorted((name.decode(), value.decode()) for name, value in policy.decide_asgi(req.scope()).headers)
    options: dict[str, Any] = {"preflight_continue": True, "on_conflict": on_conflict}
    asgi = middleware("asgi", policy)(AsgiApp(headers=ROW_45), policy, **options)
    wsgi = middleware("wsgi", policy)(WsgiApp(headers=_str(ROW_45)), policy, **options)
    for found in (
        _str(call_asgi(asgi, req.scope())[0]["headers"]),
        call_wsgi(wsgi, req.environ()).headers,
        flask_answer(policy, req),
    ):
        lines = [(name.lower(), value) for name, value in found if not name.lower().startswith("content-")]
        assert sorted(lines) == expected


def flask_answer(policy: Any, req: Req) -> list[tuple[str, str]]:
    """The headers of a Flask view that answers preflights itself, under a policy of its own."""
    app = Flask(__name__, static_folder=None)

    @app.route("/thing", methods=["OPTIONS", "GET", "PUT", "DELETE"])
    @cross_origin(policy, automatic_options=False)
    def thing() -> Response:
        response = Response(b"", 200)
        response.headers[:] = _str(ROW_45)
        return response

    return call_wsgi(app, req.environ()).headers
