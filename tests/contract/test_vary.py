"""Functions that see the request: what ``vary`` declares, through every door, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
import trio

from fastcors import DeclaredRequest, NotDeclaredError
from tests.contract.doors import doors_of, through
from tests.support.exchange import Answer, AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, no_receive, pre
from tests.support.shims import middleware

ORIGIN = b"https://page.example"
ONE, TWO = b"one.example", b"two.example:8443"
PREFLIGHT = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


class Seen:
    """A function that allows what a test says, and notes what it saw."""

    def __init__(self, allows: Callable[[DeclaredRequest], bool]) -> None:
        self.allows = allows
        self.requests: list[DeclaredRequest] = []

    def __call__(self, origin: str, request: DeclaredRequest) -> bool:
        assert (type(origin), origin) == (str, ORIGIN.decode())
        assert type(request) is DeclaredRequest
        self.requests.append(request)
        return self.allows(request)


def gets(expected: dict[str, str]) -> Callable[[Answer], None]:
    def check(answer: Answer) -> None:
        assert answer.cors() == expected

    return check


def by_header_alone(policy: Any) -> bool:
    return not {":method", ":path"} & set(policy.settings.vary)


def everywhere(policy: Any, req: Req, expected: dict[str, str]) -> None:
    """Put a request through every door that can know what the policy's function sees."""
    if by_header_alone(policy):
        through(policy, req, gets(expected))
        return
    for door in doors_of(policy):
        if door.fits(req) and door.name != "response_headers":
            gets(expected)(door.open(policy, req))


ALLOWED = {"access-control-allow-origin": ORIGIN.decode()}


def test_an_answer_for_one_host_never_leaks_to_another(policy_class: type[Any]) -> None:
    func = Seen(lambda request: request.host == "one.example")
    policy = policy_class(allow_origin_func=func, vary=[":authority"])
    for _ in range(3):
        for host in (ONE, TWO):
            vary = {"vary": "Origin, Host"}
            everywhere(policy, Req(origins=(ORIGIN,), host=host), {**vary, **(ALLOWED if host == ONE else {})})
            vary = {"vary": f"{PREFLIGHT}, Host"}
            preflight = pre(b"GET", origin=ORIGIN, host=host)
            everywhere(policy, preflight, {**vary, **(ALLOWED if host == ONE else {})})
    assert [request.host for request in func.requests] == ["one.example", "two.example:8443"]


@pytest.mark.parametrize("async_", [False, True])
def test_the_shims_remember_each_host_by_itself(policy_class: type[Any], async_: bool) -> None:
    calls: list[str] = []

    def judge(origin: str, request: DeclaredRequest) -> bool:
        calls.append(request.host)
        return request.host == "one.example"

    async def judge_later(origin: str, request: DeclaredRequest) -> bool:
        return judge(origin, request)

    policy = policy_class(allow_origin_func=judge_later if async_ else judge, vary=["Host"])
    shim = middleware("asgi", policy)(AsgiApp(), policy)
    for _ in range(3):
        for host in (TWO, ONE, TWO):
            for req in (Req(origins=(ORIGIN,), host=host), pre(b"GET", origin=ORIGIN, host=host)):
                headers = call_asgi(shim, req.scope())[0]["headers"]
                assert ((b"access-control-allow-origin", ORIGIN) in headers) is (host == ONE)
    assert calls == ["two.example:8443", "one.example"]


def test_method_and_path_are_seen_and_are_not_in_vary(policy_class: type[Any]) -> None:
    func = Seen(lambda request: request.path == "/thing" and request.method == "GET")
    policy = policy_class(allow_origin_func=func, vary=[":method", ":path"])
    everywhere(policy, Req(origins=(ORIGIN,)), {**ALLOWED, "vary": "Origin"})
    everywhere(policy, Req(b"POST", (ORIGIN,)), {"vary": "Origin"})
    everywhere(policy, pre(b"GET", origin=ORIGIN), {"vary": PREFLIGHT})
    assert {(request.method, request.path) for request in func.requests} == {
        ("GET", "/thing"),
        ("POST", "/thing"),
        ("OPTIONS", "/thing"),
    }


def test_what_a_preflight_is_for_may_be_declared_and_is_in_vary_once(policy_class: type[Any]) -> None:
    func = Seen(lambda request: request.header("access-control-REQUEST-method") in (None, "GET"))
    policy = policy_class(allow_origin_func=func, vary=["Access-Control-Request-Method"], allow_methods=["PUT"])
    name = "Access-Control-Request-Method"
    allowed = {**ALLOWED, "access-control-allow-methods": "PUT"}
    everywhere(policy, Req(origins=(ORIGIN,)), {**ALLOWED, "vary": f"Origin, {name}"})
    everywhere(policy, pre(b"GET", origin=ORIGIN), {**allowed, "vary": PREFLIGHT})
    everywhere(policy, pre(b"PUT", origin=ORIGIN), {"vary": PREFLIGHT})


def test_header_values_are_latin_1_text_and_several_lines_are_joined(policy_class: type[Any]) -> None:
    func = Seen(lambda request: request.header("X-Tenant") == "caf\xe9, b")
    policy = policy_class(allow_origin_func=func, vary=["X-TENANT", "content-type"])
    two = Req(origins=(ORIGIN,), more=((b"X-Tenant", b"caf\xe9"), (b"x-tenant", b"b")))
    decision = policy.decide_asgi(two.scope())
    assert decision.allowed
    assert ("Vary", "Origin, Content-Type, X-Tenant") in decision.headers_str
    one = Req(origins=(ORIGIN,), more=((b"x-tenant", b"caf\xe9, b"), (b"content-type", b"a/b")))
    for door in doors_of(policy):
        if "rsgi" not in door.name:  # granian hands over no value that is not ASCII
            assert "access-control-allow-origin" in door.open(policy, one).cors()
    assert {request.header("content-type", "none") for request in func.requests} == {"none", "a/b"}


def test_the_declared_headers_are_in_vary_on_every_response(policy_class: type[Any]) -> None:
    policy = policy_class(
        allow_origins=["https://listed.example"],
        allow_origin_func=Seen(lambda request: False),
        vary=["X-Tenant", ":authority", ":path"],
    )
    vary = {"vary": "Origin, Host, X-Tenant"}
    everywhere(policy, Req(), vary)
    everywhere(policy, Req(origins=(ORIGIN,)), vary)
    everywhere(policy, Req(origins=(b"null",)), vary)
    listed = {"access-control-allow-origin": "https://listed.example"}
    everywhere(policy, Req(origins=(b"https://listed.example",)), {**vary, **listed})
    everywhere(policy, pre(b"GET", origin=ORIGIN), {"vary": f"{PREFLIGHT}, Host, X-Tenant"})


def test_the_applications_own_vary_keeps_its_tokens_and_gains_the_declared(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origin_func=Seen(lambda request: True), vary=["Host", "X-Tenant"])
    app = WsgiApp(headers=[("vary", "x-tenant, Accept")])
    result = call_wsgi(middleware("wsgi", policy)(app, policy), Req(origins=(ORIGIN,)).environ())
    assert ("vary", "x-tenant, Accept, Origin, Host") in result.headers


@pytest.mark.parametrize(
    ("vary", "read", "named"),
    [
        ([":path"], lambda request: request.host, ":authority"),
        ([":path"], lambda request: request.method, ":method"),
        (["Host"], lambda request: request.path, ":path"),
        (["Host", ":method", ":path"], lambda request: request.header("X-Tenant"), "X-Tenant"),
    ],
)
def test_what_is_not_declared_cannot_be_read_and_means_no(
    policy_class: type[Any], caplog: pytest.LogCaptureFixture, vary: list[str], read: Any, named: str
) -> None:
    def func(origin: str, request: DeclaredRequest) -> bool:
        try:
            return bool(read(request)) or True
        except NotDeclaredError as error:
            errors.append(error)
            raise

    errors: list[NotDeclaredError] = []
    policy = policy_class(allow_origin_func=func, vary=vary, name="partners")
    for path in ("/a", "/b"):
        assert not policy.decide_asgi(Req(origins=(ORIGIN,), path=path, host=path[1:].encode()).scope()).allowed
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "of the policy 'partners'" in record.getMessage()
    assert f"{named.lower()}']" in record.getMessage()
    assert "[not-declared]" in record.getMessage()
    assert "test_vary.py" in record.getMessage()
    assert (errors[0].code, errors[0].name.lower()) == ("not-declared", named.lower())
    assert errors[0].hint == f"vary={[*policy.vary, errors[0].name]!r}"


UNFIT: dict[str, dict[str, Any]] = {
    "a long host": {"host": b"a." * 600 + b"example"},
    "a host with a path": {"host": b"one.example/x"},
    "a host with a user": {"host": b"x@one.example"},
    "two hosts joined": {"host": b"one.example, two.example"},
    "a host beyond ASCII": {"host": b"caf\xe9.example"},
    "a host with a line break": {"host": b"one.example\n"},
    "a long path": {"path": "/" + "a" * 1024},
    "a path with an empty segment": {"path": "/a//b"},
    "a path with a dot segment": {"path": "/a/../b"},
    "a path with a backslash": {"path": "/a\\b"},
    "a path with a control character": {"path": "/a\n"},
    "a path that decodes to a control character": {"path": "/a%7F/b"},
    "a path that decodes to a dot segment": {"path": "/a/%2e%2e/b"},
    "a long header": {"more": ((b"x-tenant", b"a" * 1025),)},
    "a header that is long when its lines are joined": {"more": ((b"x-tenant", b"a" * 600),) * 2},
}


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_nobody_is_asked_about_a_request_that_has_no_one_meaning(
    policy_class: type[Any], unfit: dict[str, Any]
) -> None:
    func = Seen(lambda request: True)
    policy = policy_class(
        allow_origins=["https://listed.example"],
        allow_origin_regex="https://regex[.]example",
        allow_origin_func=func,
        vary=["X-Tenant", ":authority", ":path"],
    )
    shims = [middleware(interface, policy) for interface in ("asgi", "wsgi")]
    for origin, allowed in ((ORIGIN, False), (b"https://listed.example", True), (b"https://regex.example", True)):
        req = Req(origins=(origin,), **unfit)
        assert policy.decide_asgi(req.scope()).allowed is allowed
        assert policy.decide_wsgi(req.environ()).allowed is allowed
        assert policy.decide("GET", origin, request=req.declared()).allowed is allowed
        assert policy.origin_check.allows(origin, req.declared()) is (allowed and b"listed" not in origin)
        headers = call_asgi(shims[0](AsgiApp(), policy), req.scope())[0]["headers"]
        assert ((b"access-control-allow-origin", origin) in headers) is allowed
        result = call_wsgi(shims[1](WsgiApp(), policy), req.environ())
        assert (("Access-Control-Allow-Origin", origin.decode()) in result.headers) is allowed
    assert func.requests == []
    assert policy.decide_asgi(Req(origins=(ORIGIN,)).scope()).allowed


def test_a_host_twice_or_nowhere_is_nobodys_and_empty(policy_class: type[Any]) -> None:
    func = Seen(lambda request: request.host == "")
    policy = policy_class(allow_origin_func=func, vary=["Host"])
    origin = (b"origin", ORIGIN)
    assert not policy.decide_asgi({"headers": [(b"host", ONE), origin, (b"host", ONE)]}).allowed
    assert not policy.decide_asgi({"headers": [(b":authority", ONE), (b"host", TWO), origin]}).allowed
    assert [request.host for request in func.requests] == ["two.example:8443"]
    assert policy.decide_asgi({"headers": [(b":authority", ONE), origin]}).allowed
    assert policy.decide_wsgi({"HTTP_ORIGIN": ORIGIN.decode()}).allowed


def test_the_path_is_the_one_by_which_the_application_routes(policy_class: type[Any]) -> None:
    func = Seen(lambda request: True)
    policy = policy_class(allow_origin_func=func, vary=[":path"], origin_cache_ttl=0)
    scope = Req(origins=(ORIGIN,)).scope()
    policy.decide_asgi({**scope, "path": "/v1/caf\xe9", "root_path": "/v1"})
    policy.decide_asgi({**scope, "path": "/v1", "root_path": "/v1"})
    environ = Req(origins=(ORIGIN,)).environ()
    policy.decide_wsgi({**environ, "SCRIPT_NAME": "/v1", "PATH_INFO": "/caf\xc3\xa9"})
    policy.decide_wsgi({**environ, "SCRIPT_NAME": "/v1", "PATH_INFO": ""})
    policy.decide("GET", ORIGIN, request={":path": b"/caf\xc3\xa9"})
    assert [request.path for request in func.requests] == ["/caf\xe9", "/", "/caf\xe9", "/", "/caf\xe9"]


def test_headers_that_can_be_read_once_are_seen(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origin_func=Seen(lambda request: request.host == "one.example"), vary=["Host"])
    lines = Req(origins=(ORIGIN,), host=ONE).lines()
    for headers in (iter(lines), tuple(lines), [[*pair] for pair in lines], ((n.decode(), v) for n, v in lines)):
        assert policy.decide_asgi({"headers": headers}).allowed
    assert len(policy.response_headers(iter(lines))) == 2
    scope = {**Req(origins=(ORIGIN,), host=ONE).scope(), "headers": iter(lines)}
    messages = call_asgi(middleware("asgi", policy)(AsgiApp(), policy), scope)
    assert (b"access-control-allow-origin", ORIGIN) in messages[0]["headers"]


def test_a_websocket_is_opened_for_the_host_that_it_is_for(policy_class: type[Any]) -> None:
    policy = policy_class(
        allow_origin_func=Seen(lambda request: (request.method, request.host) == ("GET", "one.example")),
        vary=["Host", ":method"],
    )
    for host in (ONE, TWO):
        app = AsgiApp()
        shim = middleware("asgi", policy)(app, policy, check_websocket_origin=True)
        scope = Req(origins=(ORIGIN,), host=host).scope()
        del scope["method"]
        call_asgi(shim, {**scope, "type": "websocket"})
        assert bool(app.calls) is (host == ONE)


# What a caller gives


def test_a_policy_that_sees_the_request_is_given_it_or_says_so(policy_class: type[Any]) -> None:
    policy = policy_class(
        allow_origins=["https://listed.example"],
        allow_origin_func=Seen(lambda request: True),
        vary=["Host", ":path", "X-Tenant"],
    )
    buffer = bytearray(200)
    for origin in (None, b"null", b"https://listed.example", ORIGIN):
        for request in (None, {}, {":authority": "a"}, {":path": "/", ":authority": None}, 5, "a", [], {5: "a"}):
            for call in (
                lambda o, r: policy.decide("GET", o, request=r),
                lambda o, r: policy.is_origin_allowed(o),
                lambda o, r: policy.write_into(buffer, 0, "GET", o, request=r),
                lambda o, r: policy.origin_check.allows(o, r),
                lambda o, r: asyncio.run(policy.origin_check.ask(o, r)),
            ):
                with pytest.raises(TypeError, match="request"):
                    call(origin, request)
        with pytest.raises(TypeError, match="decide_asgi"):
            policy.response_headers([] if origin is None else [(b"origin", origin)])
    assert policy.decide("GET", ORIGIN, origin_granted=True).allowed
    with pytest.raises(TypeError, match="request"):
        policy.decide("GET", ORIGIN, request={":path": "/", ":authority": "a", "X-Tenant": 5})


def test_a_request_is_given_as_a_mapping_or_as_it_was_seen(policy_class: type[Any]) -> None:
    func = Seen(lambda request: request.host == "one.example" and request.header("x-tenant") == "\xe9")
    policy = policy_class(allow_origin_func=func, vary=["X-Tenant", "Host"], origin_cache_ttl=0)
    given: list[Any] = [
        {":authority": "One.Example", "x-tenant": "\xe9"},
        {"HOST": b"one.example", "X-TENANT": b"\xe9", "X-Other": "x", ":path": "/"},
        DeclaredRequest({"Host": "one.example", "X-Tenant": "\xe9"}),
        DeclaredRequest({"X-Tenant": "\xe9", "Host": "one.example", ":path": "/"}),
    ]
    for request in given:
        assert policy.decide("GET", ORIGIN, request=request).allowed
        assert policy.origin_check.allows(ORIGIN, request)
        assert asyncio.run(policy.origin_check.ask(ORIGIN, request))
        buffer = bytearray(100)
        assert policy.write_into(buffer, 0, "GET", ORIGIN, request=request).size > 50
    assert len(set(func.requests)) == 1


def test_a_function_of_an_origin_alone_takes_any_request_and_sees_none(policy_class: type[Any]) -> None:
    calls: list[Any] = []

    def func(origin: str, request: object = None) -> bool:
        calls.append(request)
        return True

    policy = policy_class(allow_origin_func=func)
    assert policy.decide("GET", ORIGIN, request={":authority": "a"}).allowed
    assert policy.is_origin_allowed(ORIGIN)
    through(policy, Req(origins=(ORIGIN,)), gets({**ALLOWED, "vary": "Origin"}))
    assert calls == [None]


def test_what_is_seen_is_text_of_the_request_as_it_was(policy_class: type[Any]) -> None:
    """A function that keeps what it saw and throws the request away sees it unchanged."""

    def func(origin: str, request: DeclaredRequest) -> bool:
        mine.clear()
        seen.append(request.host)
        return True

    seen: list[str] = []

    policy = policy_class(allow_origin_func=func, vary=["Host"], origin_cache_ttl=0)
    scope, environ = Req(origins=(ORIGIN,), host=ONE).scope(), Req(origins=(ORIGIN,), host=ONE).environ()
    mine: Any = scope["headers"]
    headers = call_asgi(middleware("asgi", policy)(AsgiApp(), policy), scope)[0]["headers"]
    assert (b"access-control-allow-origin", ORIGIN) in headers
    mine = environ
    started: list[Any] = []
    middleware("wsgi", policy)(WsgiApp(), policy)(environ, lambda status, headers: started.append(headers))
    assert ("Access-Control-Allow-Origin", ORIGIN.decode()) in started[0]
    assert seen == ["one.example", "one.example"]


def test_a_function_may_ask_the_policy_about_another_host(policy_class: type[Any]) -> None:
    def func(origin: str, request: DeclaredRequest) -> bool:
        if request.host == "alias.example":
            return bool(policy.decide("GET", origin, request={":authority": "one.example"}).allowed)
        again.append(policy.decide("GET", origin, request=request).allowed)
        return True

    again: list[bool] = []
    policy = policy_class(allow_origin_func=func, vary=["Host"])
    assert policy.decide("GET", ORIGIN, request={"Host": "alias.example"}).allowed
    assert again == [False]


# Asynchronous functions


@pytest.mark.parametrize("run", ["asyncio", "trio"])
def test_requests_for_one_host_share_a_call_and_those_for_another_do_not(policy_class: type[Any], run: str) -> None:
    library: Any = {"asyncio": asyncio, "trio": trio}[run]
    calls: list[str] = []
    answers: list[tuple[bytes, bool]] = []

    async def func(origin: str, request: DeclaredRequest) -> bool:
        calls.append(request.host)
        await library.sleep(0.01)
        return request.host == "one.example"

    async def get(host: bytes) -> None:
        messages: list[Any] = []

        async def send(message: Any) -> None:
            messages.append(message)

        await shim(Req(origins=(ORIGIN,), host=host).scope(), no_receive, send)
        answers.append((host, (b"access-control-allow-origin", ORIGIN) in messages[0]["headers"]))

    policy = policy_class(allow_origin_func=func, vary=["Host"])
    shim = middleware("asgi", policy)(AsgiApp(), policy)

    async def on_asyncio() -> None:
        await asyncio.gather(*[get(host) for host in (ONE, TWO) * 5])

    async def on_trio() -> None:
        async with trio.open_nursery() as nursery:
            for host in (ONE, TWO) * 5:
                nursery.start_soon(get, host)

    asyncio.run(on_asyncio()) if run == "asyncio" else trio.run(on_trio)
    assert sorted(calls) == ["one.example", "two.example:8443"]
    assert sorted(set(answers)) == [(ONE, True), (TWO, False)]
    assert len(answers) == 10


def test_a_server_asks_with_what_the_function_sees(policy_class: type[Any]) -> None:
    async def func(origin: str, request: DeclaredRequest) -> bool:
        return request.host == "one.example"

    policy = policy_class(allow_origin_func=func, vary=["Host"])
    request = {":authority": "one.example"}
    granted = drive(policy.origin_check.ask(ORIGIN, request))
    assert granted is True
    assert policy.decide("GET", ORIGIN, origin_granted=granted).allowed
    with pytest.raises(TypeError, match="asynchronous"):
        policy.decide("GET", ORIGIN, request=request)
