"""Origins that a regex or a function allows: the same answers as for listed ones, through every door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import trio

from fastcors import PolicyError
from tests.contract.doors import DOORS, through
from tests.support.exchange import Answer, AsgiApp, Req, WsgiApp, call_wsgi, no_receive, pre
from tests.support.shims import middleware

YES, NO = b"https://pr-7.example.com", b"https://evil.example"
REGEX = r"https://pr-[0-9]+\.example\.com"
VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


class Asked:
    """A function that allows what the regex would, and notes what it is asked."""

    def __init__(self) -> None:
        self.origins: list[str] = []

    def __call__(self, origin: str) -> bool:
        self.origins.append(origin)
        return origin.startswith("https://pr-")


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
        size = policy.write_into(buffer, 0, b"OPTIONS", origin, asked, more)
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
    for door in DOORS:
        if door.name == "django-async":
            continue  # Django answers in a task of its own there, and asyncio ends its loop for these
        with pytest.raises(error):
            door.open(policy, Req(origins=(YES,)))
        if door.name != "response_headers":
            with pytest.raises(error):
                door.open(policy, pre(b"GET", origin=YES))


# Asynchronous functions


async def allows_yes(origin: str) -> bool:
    await asyncio.sleep(0)
    return origin == YES.decode()


def test_a_synchronous_door_refuses_an_asynchronous_function_whatever_the_request(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=["https://example.com"], allow_origin_func=allows_yes)
    buffer = bytearray(100)
    for origin in (None, b"null", b"https://example.com", YES, b""):
        headers = [] if origin is None else [(b"origin", origin)]
        for call in (
            lambda o, h: policy.decide("GET", o),
            lambda o, h: policy.decide_asgi({"headers": h}),
            lambda o, h: policy.decide_wsgi({} if o is None else {"HTTP_ORIGIN": o.decode()}),
            lambda o, h: policy.response_headers(h),
            lambda o, h: policy.is_origin_allowed(o),
            lambda o, h: policy.write_into(buffer, 0, "GET", o),
        ):
            with pytest.raises(TypeError, match="asynchronous"):
                call(origin, headers)
    assert buffer == bytes(100)


def test_the_wsgi_shim_takes_no_asynchronous_function(policy_class: type[Any]) -> None:
    shim = middleware("wsgi", policy_class)
    waiting, plain = policy_class(allow_origin_func=allows_yes), policy_class(allow_origin_func=lambda origin: True)
    for arguments in ({"policy": waiting}, {"routes": {"/a": plain, "/b": waiting}}, {"allow_origin_func": allows_yes}):
        with pytest.raises(TypeError, match="asynchronous"):
            shim(WsgiApp(), **arguments)
    made = shim(WsgiApp(), plain)
    with pytest.raises(TypeError, match="asynchronous"):
        made.policy = waiting
    with pytest.raises(TypeError, match="asynchronous"):
        made.routes = {"/": waiting}
    assert made.policy is plain
    result = call_wsgi(made, Req(origins=(YES,)).environ())
    assert ("Access-Control-Allow-Origin", YES.decode()) in result.headers


class Gate:
    """An asynchronous function that answers once it is let."""

    def __init__(self, event: Callable[[], Any]) -> None:
        self.open = event()
        self.calls: list[str] = []

    async def __call__(self, origin: str) -> bool:
        self.calls.append(origin)
        await self.open.wait()
        return origin == YES.decode()


class Client:
    """Sends requests to a shim and keeps what came back."""

    def __init__(self, policy: Any, **options: Any) -> None:
        self.app = AsgiApp()
        self.shim = middleware("asgi", policy)(self.app, policy, **options)
        self.answers: list[tuple[int, list[tuple[bytes, bytes]]]] = []

    async def get(self, request: Req) -> None:
        messages: list[Any] = []

        async def send(message: Any) -> None:
            messages.append(message)

        await self.shim(request.scope(), no_receive, send)
        self.answers.append((messages[0]["status"], messages[0]["headers"]))

    def allowed(self) -> list[bool]:
        return [(b"access-control-allow-origin", YES) in headers for _, headers in self.answers]


@pytest.mark.parametrize("request_", [Req(origins=(YES,)), pre(b"PUT", origin=YES)], ids=["actual", "preflight"])
def test_ten_requests_at_once_ask_once_and_the_loop_goes_on(policy_class: type[Any], request_: Req) -> None:
    async def on_asyncio() -> None:
        gate = Gate(asyncio.Event)
        client = Client(policy_class(allow_origin_func=gate, allow_methods=["PUT"]))
        tasks = [asyncio.create_task(client.get(request_)) for _ in range(10)]
        for _ in range(5):
            await asyncio.sleep(0)
        assert (gate.calls, client.answers, client.app.calls) == ([YES.decode()], [], [])
        await client.get(Req())  # others are not held up
        gate.open.set()
        await asyncio.gather(*tasks)
        await client.get(request_)
        assert client.allowed() == [False] + [True] * 11
        assert gate.calls == [YES.decode()]

    async def on_trio() -> None:
        gate = Gate(trio.Event)
        client = Client(policy_class(allow_origin_func=gate, allow_methods=["PUT"]))
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(client.get, request_)
            await trio.lowlevel.checkpoint()
            gate.open.set()
        assert client.allowed() == [True] * 10
        assert gate.calls == [YES.decode()]

    asyncio.run(on_asyncio())
    trio.run(on_trio)


def test_an_asynchronous_function_through_the_shim(policy_class: type[Any]) -> None:
    async def main() -> None:
        policy = policy_class(
            allow_origins=["https://example.com"], allow_origin_func=allows_yes, allow_origin_regex=r"https://r\..*"
        )
        client = Client(policy)
        for _ in range(2):  # asked, and then remembered
            for request in (
                Req(origins=(YES,)),
                Req(origins=(NO,)),
                Req(),
                Req(origins=(b"null",)),
                Req(origins=(YES, YES)),
                pre(b"GET", origin=YES),
                pre(b"GET", origin=NO),
            ):
                await client.get(request)
        assert client.allowed() == [True, False, False, False, False, True, False] * 2
        assert [status for status, _ in client.answers][5:7] == [204, 403]
        assert all(any(name == b"vary" for name, _ in headers) for _, headers in client.answers)
        client.answers.clear()
        await client.get(Req(origins=(b"https://example.com",)))
        await client.get(Req(origins=(b"https://r.example",)))
        for (_, headers), origin in zip(client.answers, (b"https://example.com", b"https://r.example"), strict=True):
            assert (b"access-control-allow-origin", origin) in headers

    asyncio.run(main())


def test_what_is_remembered_takes_the_short_way(policy_class: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        client = Client(policy_class(allow_origin_func=allows_yes))
        await client.get(Req(origins=(YES,)))
        await client.get(Req(origins=(NO,)))

        async def no(*args: Any) -> None:
            raise AssertionError("the general way was taken")

        if policy_class.__mro__[-2].__module__ == "fastcors._core":  # the other one has no short way
            monkeypatch.setattr(type(client.shim), "_respond", no)
        await client.get(Req(origins=(YES,)))
        await client.get(pre(b"GET", origin=YES))
        await client.get(Req(origins=(NO,)))
        assert client.allowed() == [True, False, True, True, False]

    asyncio.run(main())


def test_a_cancelled_request_leaves_the_others_alone(policy_class: type[Any]) -> None:
    async def main() -> None:
        gate = Gate(asyncio.Event)
        client = Client(policy_class(allow_origin_func=gate))
        first, *others = [asyncio.create_task(client.get(Req(origins=(YES,)))) for _ in range(4)]
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*others)
        assert first.cancelled()
        assert client.allowed() == [True] * 3
        assert len(client.app.calls) == 3

    asyncio.run(main())


def test_what_was_asked_about_is_what_is_decided_on(policy_class: type[Any]) -> None:
    """The origin is swapped while the function is asked about another one."""

    async def func(origin: str) -> bool:
        for headers in scopes:
            headers[:] = [(b"origin", NO)]
        await asyncio.sleep(0)
        return origin == YES.decode()

    scopes: list[list[Any]] = []

    async def main() -> None:
        shim = middleware("asgi", policy_class)(AsgiApp(), policy_class(allow_origin_func=func))
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = Req(origins=(YES,)).scope()
        scopes.append(scope["headers"])
        await shim(scope, no_receive, send)
        assert [value for name, value in sent[0]["headers"] if name == b"access-control-allow-origin"] == [YES]

    asyncio.run(main())


@pytest.mark.parametrize("origin", [YES, NO, None])
def test_websocket_handshakes_are_asked_about_too(policy_class: type[Any], origin: bytes | None) -> None:
    async def main() -> None:
        ran: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            ran.append(scope["type"])

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        shim = middleware("asgi", policy_class)(
            app, policy_class(allow_origin_func=allows_yes), check_websocket_origin=True
        )
        headers = [] if origin is None else [(b"origin", origin)]
        await shim({"type": "websocket", "path": "/", "headers": headers}, no_receive, send)
        assert ran == ([] if origin == NO else ["websocket"])
        assert [message["type"] for message in sent] == (["websocket.close"] if origin == NO else [])

    asyncio.run(main())


# Words


def test_what_refused_is_named(policy_class: type[Any]) -> None:
    asked = Asked()
    policy = policy_class(allow_origin_regex=r"https://pr-[0-9]+\.x", allow_origin_func=asked, debug=True)
    decision = policy.decide("OPTIONS", NO, "GET")
    for text in (decision.explain(), decision.body.decode()):
        assert r"allow_origin_regex does not match the whole of it: 'https://pr-[0-9]+\.x'." in text
        assert "allow_origin_func does not allow it." in text
    assert asked.origins == [NO.decode()]  # and not about what an explanation tries
    assert "exactly" in policy.decide("GET", "https://a_b.example").explain()
    careful = policy_class(allow_origin_func=asked, allow_credentials=True)
    assert "http: origin that is not local" in careful.decide("GET", "http://pr-1.example").explain()
    waiting = policy_class(allow_origin_func=allows_yes)
    assert "allow_origin_func" in waiting.decide("GET", NO, origin_granted=False).explain()
    listed = policy_class(allow_origins=["https://example.com"])
    assert "allow_origin_func" not in listed.decide("GET", NO).explain()
    assert "allow_origin_regex" not in listed.decide("GET", NO).explain()


def test_none_of_the_three_is_nobody(policy_class: type[Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_class(allow_origins=[], allow_origin_regex=None, allow_origin_func=None)
    assert [issue.code for issue in caught.value.issues] == ["origins-missing"]
