"""The drop-in for asgi-cors: what its own suite asserts, the same answers where they are safe, and the differences."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import asgi_cors as theirs
import pytest

from fastcors import InsecurePolicyWarning
from fastcors._config.functions import is_asynchronous
from tests.support.exchange import APP_BODY, APP_HEADERS, AsgiApp, Req, call_asgi, no_receive, pre
from tests.support.origins import INVALID, STRICT

GOOD, OTHER = b"https://a.example", b"https://other.example"


@pytest.fixture(scope="module")
def ours(over: Callable[[str], ModuleType]) -> ModuleType:
    return over("asgi_cors")


def get(*origins: bytes) -> Req:
    return Req(origins=origins)


def headers_of(app: Any, req: Req) -> dict[str, str]:
    """The headers of a response, of which none comes twice; where the application waits, in a loop."""
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def run() -> None:
        await app(req.scope(), no_receive, send)

    asyncio.run(run())
    found: dict[str, str] = {}
    for name, value in messages[0]["headers"]:
        text = name.decode()
        assert text not in found
        found[text] = value if isinstance(value, str) else value.decode()
    return {name: value for name, value in found.items() if not name.startswith(("content-", "x-app"))}


# What the library's own suite asserts


def test_an_application_without_it_has_no_cors() -> None:
    assert headers_of(AsgiApp(), get(GOOD)) == {}


def test_allow_all_is_said_to_everybody(ours: ModuleType) -> None:
    app = ours.asgi_cors(AsgiApp(), allow_all=True)
    for req in (get(), get(GOOD), get(b"null"), pre(b"PUT", origin=GOOD)):
        assert headers_of(app, req) == {"access-control-allow-origin": "*"}


@pytest.mark.parametrize(
    ("origin", "allowed"), [(None, None), (b"http://example.com", "http://example.com"), (b"http://foo.com", None)]
)
@pytest.mark.parametrize("host", ["http://example.com", b"http://example.com"])
def test_listed_hosts(ours: ModuleType, host: str | bytes, origin: bytes | None, allowed: str | None) -> None:
    found = headers_of(ours.asgi_cors(AsgiApp(), hosts=[host]), get(*([origin] if origin else [])))
    assert found.pop("access-control-allow-origin", None) == allowed
    assert found == {"vary": "Origin"}


@pytest.mark.parametrize(
    ("glob", "origin", "allowed"),
    [
        ("https://*.example.com", None, False),
        ("https://*.example.com", b"https://www.example.com", True),
        ("https://*.example.com", b"https://foo.com", False),
        ("http://localhost:8*", b"http://foo.com", False),
        ("http://localhost:8*", b"http://localhost:8000", True),
    ],
)
def test_wildcards(ours: ModuleType, glob: str, origin: bytes | None, allowed: bool) -> None:
    found = headers_of(ours.asgi_cors(AsgiApp(), host_wildcards=[glob]), get(*([origin] if origin else [])))
    assert found.get("access-control-allow-origin") == (origin.decode() if allowed and origin else None)


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_a_callback_is_asked_with_bytes_on_every_request(ours: ModuleType, answer: bool, waits: bool) -> None:
    asked: list[bytes] = []

    def callback(origin: bytes) -> bool:
        asked.append(origin)
        return answer

    async def callback_that_waits(origin: bytes) -> bool:
        await asyncio.sleep(0)
        return callback(origin)

    app = ours.asgi_cors(AsgiApp(), callback=callback_that_waits if waits else callback)
    for _ in range(2):
        found = headers_of(app, get(GOOD))
        assert found.get("access-control-allow-origin") == (GOOD.decode() if answer else None)
    assert asked == [GOOD, GOOD]


@pytest.mark.parametrize("headers", [None, ["x-custom-header"], ["x-custom-header", b"Authorization"]])
@pytest.mark.parametrize("methods", [None, ["POST"], ["GET", b"OPTIONS"]])
@pytest.mark.parametrize("max_age", [None, 0, 3200])
def test_what_every_answer_to_an_allowed_origin_says(
    ours: ModuleType, headers: list[Any] | None, methods: list[Any] | None, max_age: int | None
) -> None:
    options = {"hosts": [GOOD], "headers": headers, "methods": methods, "max_age": max_age}
    for req in (get(GOOD), pre(b"PUT", b"x-any", origin=GOOD), get(OTHER), pre(b"PUT", origin=OTHER), get()):
        found = headers_of(ours.asgi_cors(AsgiApp(), **options), req)
        assert found.pop("vary") == "Origin"
        assert found == headers_of(theirs.asgi_cors(AsgiApp(), **options), req)


def test_what_the_application_set_is_there_once(ours: ModuleType) -> None:
    app = AsgiApp(headers=[[b"content-type", b"text/plain"], [b"Access-Control-Allow-Origin", b"*"]])
    scope = {"type": "http", "headers": []}
    assert call_asgi(ours.asgi_cors(app, allow_all=True), scope)[0]["headers"] == [
        (b"content-type", b"text/plain"),
        (b"access-control-allow-origin", b"*"),
    ]


@pytest.mark.parametrize("parameter", ["hosts", "host_wildcards"])
def test_an_entry_that_ends_in_a_slash_is_an_assertion_error(ours: ModuleType, parameter: str) -> None:
    with pytest.raises(AssertionError, match=r"write 'https://a\.example'"):
        ours.asgi_cors(AsgiApp(), **{parameter: ["https://a.example/"]})
    with pytest.raises(AssertionError):
        theirs.asgi_cors(AsgiApp(), **{parameter: ["https://a.example/"]})


# The same answers

GLOBS = [
    "https://*.example.com",
    "https://*example.com",
    "*.example.com",
    "http://localhost:*",
    "http://localhost:8*",
    "https://a?.example.com",
    "https://[ab].example.com",
    "https://[!ab].example.com",
    "https://[a-c]*.example.com:[0-9][0-9][0-9][0-9]",
    "https://[z-a].example.com",
    "https://[].example.com",
    "https://*a*b*c*d*e*f*.example.com",
    "https://app.example.com",
    "*://app.example.com",
]


@pytest.mark.parametrize("glob", GLOBS)
def test_a_glob_lets_the_same_origins_in(ours: ModuleType, glob: str) -> None:
    names = ["a", "b", "c", "ab", "app", "a.b", "xabcdefg", "www.app"]
    hosts = ["example.com", "localhost", *(f"{name}.example.com" for name in names), "a.example.com.evil.org"]
    origins = [
        f"{scheme}{host}{port}" for scheme in ("https://", "http://") for host in hosts for port in ("", ":8000")
    ]
    one, two = (module.asgi_cors(AsgiApp(), host_wildcards=[glob]) for module in (ours, theirs))
    for origin in origins:
        found = [call_asgi(app, get(origin.encode()).scope())[0]["headers"] for app in (one, two)]
        allowed = [dict(map(tuple, headers)).get(b"access-control-allow-origin") for headers in found]
        assert allowed[0] == allowed[1], origin


@pytest.mark.parametrize("form", ["function", "decorator"])
def test_positions_and_defaults_are_those_of_the_library(ours: ModuleType, form: str) -> None:
    import inspect

    name = "asgi_cors" if form == "function" else "asgi_cors_decorator"
    one, two = (inspect.signature(getattr(module, name)).parameters.values() for module in (ours, theirs))
    assert [(p.name, p.default, p.kind) for p in one] == [(p.name, p.default, p.kind) for p in two]


def test_the_decorator_wraps_and_shows_what_it_wraps(ours: ModuleType) -> None:
    @ours.asgi_cors_decorator(hosts=[GOOD])  # type: ignore[untyped-decorator]
    async def application(scope: Any, receive: Any, send: Any) -> None:
        """Say nothing."""
        await AsgiApp()(scope, receive, send)

    assert (application.__name__, application.__doc__) == ("application", "Say nothing.")
    assert is_asynchronous(application.__wrapped__)
    assert headers_of(application, get(GOOD))["access-control-allow-origin"] == GOOD.decode()
    assert is_asynchronous(application)  # for servers, an ASGI 3 application


def test_attributes_of_the_application_are_there_and_two_wrappers_do_not_mix(ours: ModuleType) -> None:
    inner = AsgiApp()
    middle = ours.asgi_cors(inner, hosts=[OTHER])
    outer = ours.asgi_cors(middle, hosts=[GOOD])
    assert outer.status == inner.status
    assert (outer.app, middle.app) == (middle, inner)
    assert headers_of(outer, get(GOOD))["access-control-allow-origin"] == GOOD.decode()
    assert "access-control-allow-origin" not in headers_of(outer, get(OTHER))
    assert headers_of(middle, get(OTHER))["access-control-allow-origin"] == OTHER.decode()


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_scopes_pass_untouched(ours: ModuleType, kind: str) -> None:
    inner = AsgiApp()
    scope = {"type": kind, "headers": [(b"origin", OTHER)]}
    call_asgi(ours.asgi_cors(inner, hosts=[GOOD]), scope)
    assert inner.calls[0][0] is scope


def test_with_nothing_allowed_nothing_is_touched(ours: ModuleType) -> None:
    inner = AsgiApp(headers=[(b"access-control-allow-origin", b"*")])
    assert headers_of(ours.asgi_cors(inner, methods=["PUT"]), get(GOOD)) == {"access-control-allow-origin": "*"}


def test_preflights_and_errors_are_the_applications(ours: ModuleType) -> None:
    inner = AsgiApp(status=405)
    messages = call_asgi(ours.asgi_cors(inner, hosts=[GOOD], methods=["PUT"]), pre(b"PUT", origin=GOOD).scope())
    assert messages[0]["status"] == 405
    assert messages[1]["body"] == APP_BODY
    assert messages[0]["headers"][: len(APP_HEADERS)] == APP_HEADERS


# What differs


def test_keys_of_a_message_that_nobody_knows_stay(ours: ModuleType) -> None:
    app = ours.asgi_cors(AsgiApp(extra={"trailers": True}), hosts=[GOOD])
    assert call_asgi(app, get(GOOD).scope())[0]["trailers"] is True


def test_every_value_is_bytes(ours: ModuleType) -> None:
    app = ours.asgi_cors(AsgiApp(), hosts=[GOOD], max_age=60, methods=["PUT"], headers=["x-a"])
    for pair in call_asgi(app, get(GOOD).scope())[0]["headers"]:
        assert [type(part) for part in pair] == [bytes, bytes]


@pytest.mark.parametrize(
    "options", [{"hosts": [GOOD, "null"]}, {"host_wildcards": ["*"]}, {"callback": lambda o: True}]
)
@pytest.mark.filterwarnings("ignore::fastcors.InsecurePolicyWarning")
def test_no_origin_is_sent_back_that_no_browser_sends(ours: ModuleType, options: dict[str, Any]) -> None:
    app = ours.asgi_cors(AsgiApp(), **options)
    for origin in INVALID:
        found = headers_of(app, get(origin))
        expected = "null" if origin == b"null" and "hosts" in options else None
        assert found.get("access-control-allow-origin") == expected, origin
    assert "access-control-allow-origin" not in headers_of(app, get(GOOD, GOOD))
    if "hosts" not in options:
        for origin in STRICT:
            assert headers_of(app, get(origin))["access-control-allow-origin"] == origin.decode()


def test_a_callback_that_fails_allows_nothing_and_the_application_answers(
    ours: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    def callback(origin: bytes) -> bool:
        raise RuntimeError("no database")

    assert headers_of(ours.asgi_cors(AsgiApp(), callback=callback), get(GOOD)) == {"vary": "Origin"}
    assert "no database" in caplog.text


def test_a_promise_is_no_answer(ours: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    async def later(origin: bytes) -> bool:
        return True

    app = ours.asgi_cors(AsgiApp(), callback=lambda origin: later(origin))
    assert headers_of(app, get(GOOD)) == {"vary": "Origin"}
    assert "coroutine" in caplog.text


def test_the_policy_says_why(ours: ModuleType) -> None:
    app = ours.asgi_cors(AsgiApp(), hosts=[GOOD], methods=["PUT"], headers=["X-A"])
    reasons = {
        "ok": pre(b"PUT", b"x-a", origin=GOOD),
        "origin-not-allowed": get(OTHER),
        "method-not-allowed": pre(b"DELETE", origin=GOOD),
        "header-not-allowed": pre(b"PUT", b"x-b", origin=GOOD),
        "origin-malformed": get(b"https://A.example"),
        "not-cors": get(),
    }
    for reason, req in reasons.items():
        decision = app.policy.decide_asgi(req.scope())
        assert decision.reason.value == reason
        assert decision.explain()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hosts": ["null"]}, r"hosts: .*\[origin-null\]"),
        ({"host_wildcards": ["null"]}, r"host_wildcards: .*\[origin-null\]"),
        ({"hosts": ["example.com"]}, "hosts has entries .*'https://example.com'"),
        ({"hosts": ["https://*.example.com"]}, "no pattern here"),
        ({"host_wildcards": ["example.com"]}, "host_wildcards has entries"),
        ({"hosts": "https://a.example"}, r"read as hosts=\['https://a.example'\]"),
    ],
)
def test_what_is_not_safe_is_warned_of_at_the_line_that_said_it(
    ours: ModuleType, options: dict[str, Any], text: str
) -> None:
    for call in (lambda: ours.asgi_cors(AsgiApp(), **options), lambda: ours.asgi_cors_decorator(**options)):
        with pytest.warns(InsecurePolicyWarning, match=text) as caught:
            call()
        assert [warning.filename for warning in caught] == [__file__]


def test_what_is_safe_is_not_warned_of(ours: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.asgi_cors(AsgiApp(), allow_all=True)
        ours.asgi_cors(AsgiApp(), hosts=["https://a.example", "app://."], host_wildcards=GLOBS, callback=bool)


@pytest.mark.parametrize("options", [{"methods": ["PUT\r\nX: y"]}, {"headers": ["a b"]}, {"max_age": "soon"}])
def test_what_cannot_be_in_a_header_is_a_value_error(ours: ModuleType, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no name|invalid literal"):
        ours.asgi_cors(AsgiApp(), hosts=["https://a.example"], **options)
