"""The drop-in for Starlette's middleware: the same answers where they are safe, and a warning where they are not."""

from __future__ import annotations

import inspect
import warnings
from types import ModuleType
from typing import Any

import pytest
from starlette.middleware import cors as theirs

from fastcors import InsecurePolicyWarning
from tests.compat.starlette.calls import (
    ACAH,
    ACAO,
    ACAPN,
    CONFIGURATIONS,
    GOOD,
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
from tests.support.exchange import APP_STATUS, AsgiApp, call_asgi, no_receive


def test_the_signatures_and_names_are_starlettes(ours: ModuleType) -> None:
    if "QUERY" not in theirs.ALL_METHODS:
        pytest.skip("an older Starlette")
    assert ours.ALL_METHODS == theirs.ALL_METHODS
    assert ours.SAFELISTED_HEADERS == theirs.SAFELISTED_HEADERS
    for name in ("__init__", "is_allowed_origin", "preflight_response", "simple_response", "send"):
        mine, peers = (
            [(p.name, p.kind, p.default) for p in inspect.signature(getattr(cls, name)).parameters.values()]
            for cls in (ours.CORSMiddleware, theirs.CORSMiddleware)
        )
        assert mine == peers, name


@pytest.mark.parametrize("parameters", CONFIGURATIONS, ids=lambda value: repr(value)[:60])
def test_it_answers_as_starlette_does(ours: ModuleType, parameters: dict[str, Any]) -> None:
    if "QUERY" not in theirs.ALL_METHODS:
        pytest.skip("an older Starlette")
    mine = quiet(ours, **parameters)
    peers = theirs.CORSMiddleware(AsgiApp(), **parameters)
    listed = parameters.get("allow_origins", ())
    for scope in REQUESTS:
        origin = dict(scope["headers"]).get(b"origin", b"").decode()
        if (
            origin == "example.com"
            and origin not in listed
            and (parameters.get("allow_credentials") or b"access-control-request-method" in dict(scope["headers"]))
        ):
            continue  # no browser sends it: it is not sent back, nor is a preflight from it accepted
        expected, found = ask(peers, scope), ask(mine, scope)
        assert (found.status, found.body) == (expected.status, expected.body), scope
        if expected.status == APP_STATUS and ACAO not in expected.headers:
            # Starlette adds these to a response that no page can read, too.
            for name in ("access-control-allow-credentials", "access-control-expose-headers"):
                expected.headers.pop(name, None)
        for answer in (expected, found):  # Starlette sends back the white space beside the commas, too
            answer.headers[ACAH] = answer.headers.get(ACAH, "").replace(", ", ",")
        assert found.headers == expected.headers, scope


def test_positions_are_starlettes(ours: ModuleType) -> None:
    arguments = ([GOOD], ["PUT"], ["X-A"], True, None, True, ["X-B"], 7)
    answer = ask(ours.CORSMiddleware(AsgiApp(), *arguments), preflight(method="PUT", names="x-a", private="true"))
    assert (answer.status, answer.body) == (200, b"OK")
    assert answer.headers == {
        "vary": VARY_PREFLIGHT,
        ACAO: GOOD,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "PUT",
        ACAH: "Accept, Accept-Language, Content-Language, Content-Type, X-A",
        ACAPN: "true",
        "access-control-max-age": "7",
        "content-length": "2",
        "content-type": "text/plain; charset=utf-8",
    }


UNSAFE: list[tuple[dict[str, Any], list[str]]] = [
    ({"allow_origins": ["*"], "allow_credentials": True}, ["allow_origins", "https://app.example.com"]),
    ({"allow_origins": [GOOD + "/"]}, ["allow_origins", f"'{GOOD}'"]),
    ({"allow_origins": ["a.example"]}, ["allow_origins", "a.example"]),
    ({"allow_origins": ["https://A.Example:443", OTHER]}, ["allow_origins", f"'{GOOD}'"]),
    ({"allow_origins": ["https://*.example"]}, ["allow_origins", "allow_origin_regex"]),
    ({"allow_origins": ["null"]}, ["allow_origins", "null"]),
    ({"allow_origins": [7, GOOD]}, ["allow_origins", "7"]),
    ({"allow_origins": ["https://a.example\r\nx: y"]}, ["allow_origins"]),
    ({"allow_origins": GOOD}, ["allow_origins", f"['{GOOD}']"]),
    ({"allow_origins": [GOOD], "allow_methods": "GET, POST"}, ["allow_methods", "['GET', 'POST']"]),
    ({"allow_origins": [GOOD], "allow_headers": "X-A"}, ["allow_headers", "['X-A']"]),
    ({"allow_origins": [GOOD], "expose_headers": "X-A"}, ["expose_headers", "['X-A']"]),
    ({"allow_origin_regex": "https://.*", **WITH}, ["allow_origin_regex", "any site"]),
    ({"allow_origin_regex": r"https://a\.example.*", **WITH}, ["allow_origin_regex", "https://a.exampleevil"]),
    ({"allow_origin_regex": r"https://(a|b)\.example(.*)$", **WITH}, ["allow_origin_regex", ".exampleevil"]),
    ({"allow_origin_regex": r"https://app.a.example", **WITH}, ["allow_origin_regex", r"Write 'https://app\\.a"]),
    ({"allow_origin_regex": r"https://.*example\.com", **WITH}, ["https://evilexample.com", "[origin-regex-open]"]),
    ({"allow_origin_regex": r"https://.*\.vercel\.app", **WITH}, ["vercel.app", "[origin-regex-public-suffix]"]),
    ({"allow_origin_regex": r"http://192\.168\.\d+\.\d+", **WITH}, ["http://192.168.", "[origin-regex-insecure]"]),
    ({"allow_origins": ["http://192.168.1.5:3000", GOOD], **WITH}, ["allow_origins", "https://192.168.1.5:3000"]),
    ({"allow_origins": {"null"}, **WITH}, ["allow_origins", "[origin-null]"]),
]


@pytest.mark.parametrize(("parameters", "words"), UNSAFE, ids=lambda value: repr(value)[:60])
def test_what_is_unsafe_starts_and_warns_once(ours: ModuleType, parameters: dict[str, Any], words: list[str]) -> None:
    with pytest.warns(InsecurePolicyWarning) as caught:
        middleware = ours.CORSMiddleware(AsgiApp(), **parameters)
    (warning,) = caught
    assert warning.filename == __file__
    message = str(warning.message)
    assert all(word in message for word in words), message
    assert message.isprintable()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scope in REQUESTS:
            ask(middleware, scope)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"allow_origins": "*"},
        {"allow_origins": ["*"], "allow_methods": "*", "allow_headers": "*"},
        {"allow_origins": [GOOD, "http://localhost:*".removesuffix(":*"), "https://my_host.example", "app://-"]},
        {"allow_origins": [GOOD, "http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"], **WITH},
        {"allow_origins": ["http://192.168.1.5"]},
        {"allow_origin_regex": r"https://([a-z0-9-]+\.)*example\.com(:[0-9]+)?", **WITH},
        {"allow_origin_regex": r"https://pr-\d+\.preview\.example\.com", **WITH},
        {"allow_origin_regex": r"http://localhost:.*", **WITH},
        {"allow_origin_regex": r"https://[^.]+\.example\.com", **WITH},
        {"allow_origin_regex": r"https://.*\.vercel\.app"},
    ],
    ids=repr,
)
def test_what_is_safe_does_not_warn(ours: ModuleType, parameters: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.CORSMiddleware(AsgiApp(), **parameters)


def test_a_string_is_not_searched_for_the_origin(ours: ModuleType) -> None:
    middleware = quiet(ours, allow_origins="https://a.example.org,https://b.example")
    for origin in ("https://a.example", "https://a", "a", "https", ","):
        assert ACAO not in ask(middleware, scope_of("GET", origin)).headers
        assert ask(middleware, preflight(origin)).status == 400
    for origin in ("https://a.example.org", "https://b.example"):
        assert ask(middleware, scope_of("GET", origin)).headers[ACAO] == origin
    assert ACAO not in ask(quiet(ours, allow_origins="https://*.example.com"), scope_of("GET")).headers


EVIL = [
    b"https://a.example\r\nset-cookie: x=y",
    b"https://a.example\n",
    b"https://a.example\x00",
    b"https://a.example\xe9",
    b"https://a.example ",
    b"\thttps://a.example",
    b"https://evil.example/.example",
    b"https://a@b.example",
    b"https://a.example,https://b.example",
    b"https://" + b"a" * 400 + b".example",
    b"",
]


WIDE: list[dict[str, Any]] = [
    {"allow_origins": ["*"], "allow_credentials": True, "allow_headers": ["*"]},
    {"allow_origin_regex": r"(?s).*", "allow_headers": ["*"]},
    {"allow_origins": [text.decode("latin-1") for text in EVIL[:6]], "allow_headers": ["*"]},
]


@pytest.mark.parametrize("parameters", WIDE, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("origin", EVIL)
def test_no_other_origin_is_sent_back(ours: ModuleType, parameters: dict[str, Any], origin: bytes) -> None:
    middleware = quiet(ours, **parameters)
    answer = ask(middleware, scope_of("GET", origin))
    assert ACAO not in answer.headers
    assert answer.headers["vary"] == "Origin"
    answer = ask(middleware, preflight(origin))
    assert (answer.status, answer.body) == (400, b"Disallowed CORS origin")
    assert ACAO not in answer.headers


def test_of_two_origins_none_is_believed(ours: ModuleType) -> None:
    for parameters in ({"allow_origins": [GOOD]}, {"allow_origin_regex": r"https://a\.example"}, *WIDE[:1]):
        middleware = quiet(ours, **parameters)
        for make in (scope_of("GET"), preflight()):
            scope = {**make, "headers": [*make["headers"], (b"origin", GOOD.encode())]}
            assert ACAO not in ask(middleware, scope).headers


@pytest.mark.parametrize("names", ["x-a; <script>", "x a", "x-a\r\nset-cookie: b=c", "x-a,\x00", "x" * 9000, "\xe9"])
def test_requested_names_that_are_none_are_refused_and_not_sent_back(ours: ModuleType, names: str) -> None:
    for parameters in ({"allow_origins": ["*"], "allow_headers": ["*"]}, {"allow_origins": [GOOD]}):
        answer = ask(quiet(ours, **parameters), preflight(names=names))
        assert (answer.status, answer.body) == (400, b"Disallowed CORS headers")
        assert names not in answer.headers.get(ACAH, "")


def test_empty_elements_and_several_lines_of_names_are_fine(ours: ModuleType) -> None:
    scope = preflight(names="x-a,,")
    scope["headers"].append((b"access-control-request-headers", b"x-b"))
    assert ask(quiet(ours, allow_origins=[GOOD], allow_headers=["X-A", "X-B"]), scope).status == 200
    answer = ask(quiet(ours, allow_origins=["*"], allow_headers=["*"]), scope)
    assert (answer.status, answer.headers[ACAH]) == (200, "x-a, x-b")


SEVERAL: list[dict[str, Any]] = [
    {"allow_origins": [GOOD]},
    {"allow_origins": ["*"]},
    {"allow_origin_regex": r"https://a\.example"},
]


@pytest.mark.parametrize("parameters", SEVERAL, ids=repr)
def test_one_line_leaves_whatever_the_application_set(ours: ModuleType, parameters: dict[str, Any]) -> None:
    given = [
        (b"Access-Control-Allow-Origin", b"https://app.example"),
        (b"ACCESS-CONTROL-EXPOSE-HEADERS", b"X"),
        (b"Vary", b"Accept, origin"),
        (b"etag", b"1"),
    ]
    app = AsgiApp(headers=given, extra={"trailers": True})
    before = list(given)
    for _ in range(2):
        messages = call_asgi(quiet(ours, app, **parameters), scope_of("GET"))
        answer = Response(messages)
        assert answer.headers[ACAO] == ("*" if parameters.get("allow_origins") == ["*"] else GOOD)
        assert answer.headers["vary"] == "Accept, origin"
        assert "access-control-expose-headers" not in answer.headers
        assert messages[0]["trailers"] is True
        assert all(type(pair) is tuple for pair in answer.raw)
        answer.raw.clear()
    assert app.headers == before


@pytest.mark.parametrize("parameters", SEVERAL, ids=repr)
def test_headers_may_be_missing_or_a_generator(ours: ModuleType, parameters: dict[str, Any]) -> None:
    middleware = quiet(ours, AsgiApp(headers=None), **parameters)
    assert ACAO in ask(middleware, scope_of("GET")).headers
    middleware = quiet(ours, AsgiApp(headers=iter([[b"x", b"1"]])), **parameters)
    scope = scope_of("GET")
    answer = ask(middleware, {**scope, "headers": iter(scope["headers"])})
    assert (answer.headers["x"], ACAO in answer.headers) == ("1", True)


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
@pytest.mark.parametrize("parameters", SEVERAL, ids=repr)
def test_other_scopes_pass_untouched(ours: ModuleType, kind: str, parameters: dict[str, Any]) -> None:
    calls = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        calls.append((scope, receive, send))

    async def send(message: Any) -> None:
        raise AssertionError

    scope = {"type": kind}
    with pytest.raises(StopIteration):
        quiet(ours, app, **parameters)(scope, no_receive, send).__await__().send(None)
    assert calls == [(scope, no_receive, send)]


@pytest.mark.parametrize("parameters", SEVERAL, ids=repr)
def test_exceptions_of_the_application_pass(ours: ModuleType, parameters: dict[str, Any]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("the application's")

    with pytest.raises(RuntimeError, match="the application's"):
        ask(quiet(ours, app, **parameters), scope_of("GET"))


def test_servers_take_it_for_asgi_3(ours: ModuleType) -> None:
    middleware = quiet(ours)
    assert inspect.iscoroutinefunction(middleware.__call__)

    class Logged(ours.CORSMiddleware):  # type: ignore[misc, name-defined]
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["method"])
            await super().__call__(scope, receive, send)

    seen: list[str] = []
    middleware = quiet(type("M", (), {"CORSMiddleware": Logged}), allow_origins=[GOOD])
    assert ask(middleware, scope_of("GET")).headers[ACAO] == GOOD
    assert call_asgi(middleware.__call__, scope_of("PUT"))[0]["status"] == 207
    assert seen == ["GET", "PUT"]


@pytest.mark.parametrize("credentials", [False, True])
def test_the_engine_says_the_same_in_all_its_forms(ours: ModuleType, credentials: bool) -> None:
    middleware = quiet(ours, allow_origins=["*"], allow_credentials=credentials, expose_headers=["X-A"])
    engine = middleware._policies
    star = {ACAO: "*"}
    expected: dict[str | None, dict[str, str]] = {None: {}, GOOD: star, "not an origin": star}
    if credentials:
        expected.update({GOOD: {ACAO: GOOD}, "not an origin": {}})
    for origin, wanted in expected.items():
        decision = engine.decide("GET", origin)
        request = [] if origin is None else [(b"origin", origin.encode())]
        assert engine.response_headers(request) == tuple(decision.headers) == tuple(decision.merge_asgi([]))
        found = {name.decode(): value.decode() for name, value in decision.headers}
        assert found.pop("vary") == "Origin"
        assert {name: value for name, value in found.items() if name == ACAO} == wanted
        assert ("access-control-expose-headers" in found) is bool(wanted)
