"""The drop-in for Starlette's middleware: the same answers where they are safe, and a warning where they are not."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.middleware import cors as theirs

import fastcors._engine
from fastcors import InsecurePolicyWarning
from fastcors._twin.shims import ASGIShim as TwinShim
from fastcors._twin.watched import Watched as TwinWatched
from tests.support.exchange import APP_STATUS, AsgiApp, call_asgi, no_receive

TOP = Path(__file__).resolve().parents[3]
GOOD, OTHER = "https://a.example", "https://other.example"
VARY_PREFLIGHT = (
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"
)
ACAO, ACAH, ACAPN = (f"access-control-allow-{what}" for what in ("origin", "headers", "private-network"))
MODULES = ("starlette.plan", "starlette.config", "starlette")


@pytest.fixture(scope="module")
def ours(engine: ModuleType) -> Iterator[ModuleType]:
    """The drop-in's module over the engine under test."""
    with pytest.MonkeyPatch.context() as patch:
        twin = engine.__name__.endswith("_twin.engine")
        shim, watched = (TwinShim, TwinWatched) if twin else (engine.ASGIShim, engine.Watched)
        names = {"Engine": engine.Engine, "sift": engine.sift, "ASGIShim": shim, "Watched": watched}
        for name, value in names.items():
            patch.setattr(fastcors._engine, name, value)
        for name in MODULES:
            patch.delitem(sys.modules, f"fastcors.compat.{name}", raising=False)
        package = importlib.import_module("fastcors.compat")
        before = vars(package).get("starlette")
        module = importlib.import_module("fastcors.compat.starlette")
        yield module
        for name in MODULES:
            sys.modules.pop(f"fastcors.compat.{name}", None)
        if before is not None:
            vars(package)["starlette"] = before


def scope_of(method: str, origin: str | bytes | None = GOOD, *more: tuple[str, str]) -> dict[str, Any]:
    headers = [(b"host", b"api.example"), (b"accept", b"*/*")]
    if origin is not None:
        headers.append((b"origin", origin if isinstance(origin, bytes) else origin.encode("latin-1")))
    headers += [(name.encode(), value.encode("latin-1")) for name, value in more]
    return {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": headers}


def preflight(
    origin: str | bytes | None = GOOD, method: str = "GET", names: str | None = None, private: str | None = None
) -> dict[str, Any]:
    more = [("access-control-request-method", method)]
    if names is not None:
        more.append(("access-control-request-headers", names))
    if private is not None:
        more.append(("access-control-request-private-network", private))
    return scope_of("OPTIONS", origin, *more)


class Response:
    """What came back: ``headers`` by lower-case name, and each name of a CORS header once only."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start, *rest = messages
        self.status: int = start["status"]
        self.raw: list[tuple[bytes, bytes]] = start["headers"]
        self.body = b"".join(message["body"] for message in rest)
        self.headers: dict[str, str] = {}
        for name, value in self.raw:
            key = name.decode().lower()
            assert not key.startswith("access-control-") or key not in self.headers, key
            self.headers[key] = ", ".join(filter(None, [self.headers.get(key), value.decode("latin-1")]))


def ask(middleware: Any, scope: dict[str, Any]) -> Response:
    return Response(call_asgi(middleware, scope))


def quiet(module: Any, app: Any = None, *arguments: Any, **parameters: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecurePolicyWarning)
        return module.CORSMiddleware(app or AsgiApp(), *arguments, **parameters)


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


CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"allow_origins": [GOOD]},
    {"allow_origins": (GOOD, "http://localhost:8080"), "allow_credentials": True, "expose_headers": ["X-A", "X-B"]},
    {"allow_origins": {GOOD}, "allow_methods": ["POST", "PURGE"], "allow_headers": ["X-One", "content-type"]},
    {"allow_origins": ["*"]},
    {"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"], "max_age": 5},
    {"allow_origins": ["*"], "allow_credentials": True, "allow_headers": ["*"], "expose_headers": ["X-A"]},
    {"allow_origins": [GOOD], "allow_credentials": True, "expose_headers": ["*"]},
    {"allow_origin_regex": r"https://[a-z]+\.example", "allow_credentials": True},
    {"allow_origins": [OTHER, "https://my_host.example"], "allow_origin_regex": r"https://a\.example"},
    {"allow_origins": ["*"], "allow_private_network": True},
    {"allow_origins": ["example.com", GOOD + "/", "https://*.example"]},
    {"allow_origins": ["null"]},
]
REQUESTS = [
    *(scope_of(method, origin) for method in ("GET", "POST", "OPTIONS") for origin in (None, GOOD, OTHER, "null")),
    scope_of("GET", "https://my_host.example"),
    scope_of("GET", "example.com"),
    scope_of("OPTIONS", None, ("access-control-request-method", "GET")),
    *(
        preflight(origin, method, names, private)
        for origin in (GOOD, OTHER, "null", "example.com")
        for method in ("GET", "POST", "PURGE", "post")
        for names in (None, "x-one", "x-one,x-two", "X-One, Content-Type", "accept")
        for private in (None, "true")
    ),
]


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


WITH = {"allow_credentials": True}
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


# Lists that the application changes

NEW = "https://new.example"
CHANGES: list[tuple[str, Callable[[Any], None]]] = [
    ("extended", lambda origins: grow(origins, NEW)),
    ("shortened", lambda origins: origins.remove(GOOD)),
    ("exchanged, of the same length", lambda origins: (origins.remove(OTHER), grow(origins, OTHER + ":8443"))),
    ("emptied", lambda origins: origins.clear()),
    ("filled again", lambda origins: [grow(origins, text) for text in (GOOD, OTHER)]),
    ("with what is no origin", lambda origins: grow(origins, "not an origin")),
    ("with what is no string", lambda origins: grow(origins, 7)),
    ("with null", lambda origins: grow(origins, "null")),
    ("with a star, which counts at the start alone", lambda origins: grow(origins, "*")),
    ("with all that is odd taken out", lambda origins: [origins.remove(x) for x in ("not an origin", 7, "null", "*")]),
]


def grow(origins: Any, text: object) -> None:
    origins.add(text) if isinstance(origins, set) else origins.append(text)


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
    for _ in range(20):
        del origins[1:]
        origins.append(Hostile())
        origins.append(OTHER)
        assert ask(middleware, scope).headers[ACAO] == GOOD


# The engine


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


# What a subclass may override


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
