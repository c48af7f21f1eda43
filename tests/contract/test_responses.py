"""Decision.response: a whole HTTP/1.1 response to a preflight, as a client reads it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import h11
import pytest

from fastcors._config.plan import Plan
from tests.contract import policies
from tests.support.exchange import AsgiApp, Req, call_asgi, pre
from tests.support.shims import middleware

LOCAL = policies.LOCAL.encode()
EVIL = b"https://evil.example"

PREFLIGHTS: list[Req] = [
    pre(b"GET", origin=LOCAL),
    pre(b"PUT", b"x-a, X-B", origin=LOCAL),
    pre(b"PURGE", b"authorization", origin=LOCAL),
    pre(b"BREW", origin=LOCAL),
    pre(b"GET", origin=EVIL),
    pre(b"GET", origin=b"bad\r\nx: y"),
    pre(b"GET", origin=LOCAL, private=b"true"),
]
OTHERS: list[Req] = [Req(), Req(b"GET", (LOCAL,)), Req(b"GET", (EVIL,)), Req(b"OPTIONS", (LOCAL,))]
STATUSES: list[dict[str, Any]] = [
    {},
    {"preflight_status": 200},
    {"preflight_status": 205, "preflight_failure_status": 404},
    {"preflight_failure_status": 204},
    {"preflight_failure_status": 299},
]


def read(response: bytes) -> tuple[int, bytes, list[tuple[bytes, bytes]], bytes]:
    """Status, phrase, headers and body of one response to OPTIONS, as h11 reads it, with no byte left."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="OPTIONS", target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(response)
    head = client.next_event()
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert client.trailing_data == (b"", False)
    return head.status_code, bytes(head.reason), list(head.headers), body


def decisions(policy_class: Any, *, debug: bool) -> Iterator[tuple[Any, Req, Any]]:
    for name in policies.K:
        policy = policies.built(policy_class, name, debug=debug)
        for req in PREFLIGHTS:
            yield policy, req, policy.decide_asgi(req.scope())


@pytest.mark.parametrize("debug", [False, True])
def test_a_client_reads_the_status_headers_and_body_of_the_decision(policy_class: Any, debug: bool) -> None:
    for _, _, decision in decisions(policy_class, debug=debug):
        status, phrase, headers, body = read(decision.response)
        assert (status, body) == (decision.status, decision.body)
        assert phrase == HTTPStatus(status).phrase.encode()
        assert headers[: len(decision.headers)] == decision.headers
        assert decision.response.startswith(b"HTTP/1.1 %d %b\r\n%b" % (status, phrase, decision.block))


@pytest.mark.parametrize("debug", [False, True])
def test_it_is_what_the_asgi_shim_sends(policy_class: Any, debug: bool) -> None:
    for policy, req, decision in decisions(policy_class, debug=debug):
        start, end = call_asgi(middleware("asgi", policy)(AsgiApp(), policy), req.scope())
        status, _, headers, body = read(decision.response)
        assert (status, headers, body) == (start["status"], start["headers"], end["body"])


@pytest.mark.parametrize("statuses", STATUSES, ids=repr)
@pytest.mark.parametrize("req", [PREFLIGHTS[0], PREFLIGHTS[4]], ids=["accepted", "refused"])
def test_content_length_is_there_but_for_204(policy_class: Any, statuses: dict[str, Any], req: Req) -> None:
    decision = policy_class(allow_origins=[policies.LOCAL], **statuses).decide_asgi(req.scope())
    status, phrase, headers, body = read(decision.response)
    assert (status, body) == (decision.status, b"")
    assert phrase
    lengths = [value for name, value in headers if name == b"content-length"]
    assert lengths == ([] if status == 204 else [b"0"])


def test_a_body_never_follows_a_204(engine: Any) -> None:
    plan = Plan(refused_status=204, accepted_status=204, refused_body="HTTP/1.1 200 OK\r\n\r\n", accepted_body="OK")
    for origin in (LOCAL, EVIL):
        decision = engine.Engine(plan, [policies.LOCAL]).decide("OPTIONS", origin, "GET")
        assert decision.response == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_a_body_of_the_plan_is_written_with_its_length(engine: Any) -> None:
    plan = Plan(accepted_status=200, accepted_body="OK", refused_status=400, refused_body="No: ", failures=("o",) * 4)
    policy = engine.Engine(plan, [policies.LOCAL])
    for origin, status, body in ((LOCAL, 200, b"OK"), (EVIL, 400, b"No: o")):
        found = read(policy.decide("OPTIONS", origin, "GET").response)
        assert (found[0], found[3]) == (status, body)
        assert (b"content-length", b"%d" % len(body)) in found[2]
        assert (b"content-type", b"text/plain; charset=utf-8") in found[2]


def test_responses_that_follow_each_other_are_told_apart(policy_class: Any) -> None:
    policy = policy_class(allow_origins=[policies.LOCAL], debug=True)
    accepted, refused = (policy.decide("OPTIONS", origin, "GET").response for origin in (LOCAL, EVIL))
    client = h11.Connection(h11.CLIENT)
    stream = refused + accepted + refused
    found = []
    for _ in range(3):
        client.send(h11.Request(method="OPTIONS", target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        client.receive_data(stream)
        stream = b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            found += [event.status_code] if isinstance(event, h11.Response) else []
        client.start_next_cycle()
    assert found == [200, 204, 200]


@pytest.mark.parametrize("req", OTHERS, ids=lambda req: req.method.decode())
def test_other_requests_have_none(policy_class: Any, req: Req) -> None:
    for name in policies.K:
        assert policies.built(policy_class, name).decide_asgi(req.scope()).response is None
