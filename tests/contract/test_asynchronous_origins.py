"""Asynchronous functions of an origin, through every door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import trio

from fastcors import PolicyError
from tests.contract.asked import NO, YES, Asked
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_wsgi, no_receive, pre
from tests.support.shims import middleware


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


def test_what_refused_is_named(policy_class: type[Any]) -> None:
    asked = Asked()
    policy = policy_class(allow_origin_regex=r"https://pr-[0-9]+\.x", allow_origin_func=asked, debug=True)
    decision = policy.decide("OPTIONS", NO, "GET")
    for text in (decision.explain(), decision.body.decode()):
        assert r"allow_origin_regex does not match the whole origin: 'https://pr-[0-9]+\.x'." in text
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
