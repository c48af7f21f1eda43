"""Origins that a regex or a function allows: the same answers as for listed ones, through every door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.asked import NO, YES, Asked
from tests.contract.doors import doors_of, through
from tests.support.exchange import Answer, AsgiApp, Req, no_receive, pre
from tests.support.shims import middleware

REGEX = r"https://pr-[0-9]+\.example\.com"


VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@pytest.fixture(params=["regex", "function", "both"])
def dynamic(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The parameters that allow YES and not NO."""
    return {
        "regex": {"allow_origin_regex": REGEX},
        "function": {"allow_origin_func": Asked()},
        "both": {"allow_origin_regex": REGEX, "allow_origin_func": lambda origin: False},
    }[request.param]


def same_as(expected: dict[str, str], *, app_ran: bool = True) -> Callable[[Answer], None]:
    def check(answer: Answer) -> None:
        assert answer.cors() == expected
        assert answer.app_ran is app_ran

    return check


def test_actual_requests(policy_class: type[Any], dynamic: dict[str, Any]) -> None:
    policy = policy_class(
        **dynamic, allow_credentials=True, expose_headers=["ETag"], timing_allow_origin=True, max_age=5
    )
    allowed = {
        "access-control-allow-origin": YES.decode(),
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "etag",
        "timing-allow-origin": YES.decode(),
        "vary": "Origin",
    }
    for _ in range(2):
        through(policy, Req(origins=(YES,)), same_as(allowed))
        through(policy, Req(origins=(NO,)), same_as({"vary": "Origin"}))
        through(policy, Req(), same_as({"vary": "Origin"}))
        through(policy, Req(origins=(YES, YES)), same_as({"vary": "Origin"}))


def test_preflights(policy_class: type[Any], dynamic: dict[str, Any]) -> None:
    policy = policy_class(**dynamic, allow_methods=["PUT"], allow_headers=["X-Key"])
    allowed = {
        "access-control-allow-origin": YES.decode(),
        "access-control-allow-methods": "PUT",
        "access-control-allow-headers": "x-key",
        "vary": VARY,
    }
    for _ in range(2):
        through(policy, pre(b"PUT", b"x-key", origin=YES), same_as(allowed, app_ran=False))
        for refused in (pre(b"PUT", origin=NO), pre(b"PATCH", origin=YES), pre(b"PUT", b"x-other", origin=YES)):
            through(policy, refused, same_as({"vary": VARY}, app_ran=False))


def test_listed_origins_are_not_asked_about(policy_class: type[Any]) -> None:
    func = Asked()
    listed = ["https://example.com", "https://*.example.org", "http://localhost:*", "https://a_b.example"]
    policy = policy_class(allow_origins=listed, allow_origin_func=func)
    for origin in (b"https://example.com", b"https://a.example.org", b"http://localhost:1", b"https://a_b.example"):
        through(
            policy, Req(origins=(origin,)), same_as({"access-control-allow-origin": origin.decode(), "vary": "Origin"})
        )
    assert func.origins == []


@pytest.mark.parametrize(
    "origins",
    [
        (b"null",),
        (b"",),
        (b"https://A.example",),
        (b"https://a.example/",),
        (b"https://a_b.example",),
        (b"https://-a.example",),
        (b"https://a.example.",),
        (b"https://a.example:443",),
        (b"https://a.example,https://a.example",),
        (b"https://a.example", b"https://a.example"),
        (b"https://\xe9.example",),
        (b"https://a.example\r\nx: y",),
        (b"https://" + b"a" * 400,),
    ],
    ids=repr,
)
def test_nobody_is_asked_about_what_is_no_single_strict_origin(
    policy_class: type[Any], origins: tuple[bytes, ...]
) -> None:
    func = Asked()
    policy = policy_class(allow_origin_regex=r"(?s).*", allow_origin_func=func)
    granted = policy_class(allow_origin_func=lambda origin: True)
    refused = same_as({"vary": "Origin"})
    for request in (Req(origins=origins), Req(b"POST", origins)):
        if b"\r" not in origins[0]:
            through(policy, request, refused)
        for decision in (
            granted.decide("GET", b", ".join(origins), origin_granted=True),
            granted.decide_asgi(request.scope(), origin_granted=True),
            granted.decide_wsgi(request.environ(), origin_granted=True),
        ):
            assert not decision.allowed
            assert decision.headers == [(b"vary", b"Origin")]
    assert func.origins == []


def test_what_the_caller_says_counts_and_nobody_is_asked(policy_class: type[Any]) -> None:
    func = Asked()
    policy = policy_class(allow_origins=["https://example.com"], allow_origin_func=func)
    for granted in (True, False):
        for request in (Req(origins=(NO,)), pre(b"GET", origin=NO)):
            preflight = "GET" if request.is_preflight else None
            assert policy.decide(request.method, NO, preflight, origin_granted=granted).allowed is granted
            assert policy.decide_asgi(request.scope(), origin_granted=granted).allowed is granted
            assert policy.decide_wsgi(request.environ(), origin_granted=granted).allowed is granted
        assert policy.decide("GET", "https://example.com", origin_granted=granted).allowed
        assert policy.decide("GET", None, origin_granted=granted).allowed
    assert func.origins == []
    plain = policy_class(allow_origins=["https://example.com"])
    assert not plain.decide("GET", NO, origin_granted=True).allowed
    for wrong in (1, 0, "True", object()):
        for one in (policy, plain):
            with pytest.raises(TypeError, match="origin_granted"):
                one.decide("GET", None, origin_granted=wrong)
            with pytest.raises(TypeError, match="origin_granted"):
                one.decide_asgi({}, origin_granted=wrong)
            with pytest.raises(TypeError, match="origin_granted"):
                one.decide_wsgi({}, origin_granted=wrong)


def test_origin_and_headers_are_those_of_the_request_whatever_the_function_does_to_them(
    policy_class: type[Any],
) -> None:
    """What is borrowed of a request is held before a function runs, which may throw all of the request away."""

    def func(origin: str) -> bool:
        for mine in requests:
            mine.clear()
        junk.append([bytes([i % 256]) * len(origin) for i in range(500)])
        return True

    junk: list[Any] = []
    requests: list[Any] = []
    policy = policy_class(
        allow_origin_func=func, origin_cache_ttl=0, allow_methods="*", allow_headers="*", allow_credentials=True
    )
    for number in range(4):
        origin = f"https://x{number}.example".encode()
        lines = [b"x-%d" % number, b"y-%d" % number]
        expected = [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-methods", b"PUT%d" % number),
            (b"access-control-allow-headers", b",".join(lines)),
            (b"vary", VARY.encode()),
        ]
        request = pre(b"PUT%d" % number, *lines, origin=origin)
        scope, environ, arguments, more = request.scope(), request.environ(), list(lines), list(lines)
        requests[:] = [scope["headers"], scope]
        assert policy.decide_asgi(scope).headers == expected
        requests[:] = [environ]
        assert policy.decide_wsgi(environ).headers[:3] == expected[:3]
        requests[:] = [arguments]
        asked = b"PUT%d" % number
        assert policy.decide(b"OPTIONS", origin, asked, arguments).headers == expected
        requests[:] = [more]
        buffer = bytearray(1000)
        size = policy.write_into(buffer, 0, b"OPTIONS", origin, asked, more).size
        assert b"\r\nAccess-Control-Allow-Headers: " + b",".join(lines) in buffer[:size]
        headers = Req(origins=(origin,)).lines()
        requests[:] = [headers]
        assert policy.response_headers(headers)[0] == (b"access-control-allow-origin", origin)
        for kind in (pre(asked, *lines, origin=origin), Req(origins=(origin,))):
            scope = kind.scope()
            requests[:] = [scope["headers"]]
            sent: list[Any] = []
            shim = middleware("asgi", policy)(AsgiApp(), policy)
            send_all(shim, scope, sent)
            assert (b"access-control-allow-origin", origin) in sent[0]["headers"]


def send_all(shim: Any, scope: Any, sent: list[Any]) -> None:
    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        await shim(scope, no_receive, send)

    asyncio.run(main())


def test_a_function_may_ask_the_policy_itself(policy_class: type[Any]) -> None:
    def func(origin: str) -> bool:
        seen.append(policy.decide("GET", origin).allowed)
        return bool(origin == "https://a.example" or policy.is_origin_allowed("https://a.example"))

    seen: list[bool] = []
    policy = policy_class(allow_origin_func=func)
    assert policy.is_origin_allowed("https://b.example")
    assert policy.decide("GET", "https://a.example").allowed
    assert seen == [False, False]


def test_an_error_of_the_function_is_a_refusal_through_every_door(
    policy_class: type[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def func(origin: str) -> bool:
        raise RuntimeError("the database is away")

    policy = policy_class(allow_origin_func=func)
    through(policy, Req(origins=(YES,)), same_as({"vary": "Origin"}))
    through(policy, pre(b"GET", origin=YES), same_as({"vary": VARY}, app_ran=False))
    assert [record.levelname for record in caplog.records if record.name == "fastcors"] == ["ERROR"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_is_no_error_passes_through_every_door(policy_class: type[Any], error: type[BaseException]) -> None:
    def func(origin: str) -> bool:
        raise error

    policy = policy_class(allow_origin_func=func)
    for door in doors_of(policy):
        if door.name == "django-async":
            continue  # Django answers in a task of its own there, and asyncio ends its loop for these
        with pytest.raises(error):
            door.open(policy, Req(origins=(YES,)))
        if door.name != "response_headers":
            with pytest.raises(error):
                door.open(policy, pre(b"GET", origin=YES))
