"""One policy, many threads: every answer is the one that a single thread gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import policies
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, pre
from tests.support.shims import middleware
from tests.threads.together import together, while_changing

ROUNDS = 15
LOCAL = policies.LOCAL.encode()

REQUESTS = [
    Req(),
    Req(b"GET", (LOCAL,)),
    Req(b"GET", (b"https://a.example.com",)),
    Req(b"POST", (b"https://evil.example",)),
    Req(b"GET", (b"http://a.example.com:1234",)),
    Req(b"GET", (b"x" * 400,)),
    Req(b"GET", (LOCAL, LOCAL)),
    pre(b"GET", origin=LOCAL),
    pre(b"PURGE", b"authorization", origin=LOCAL),
    pre(b"PUT", b"x-a, X-B", b"x-c", origin=LOCAL),
    pre(b"PUT", b"," * 9000, origin=LOCAL),
    pre(b"PUT", b"x-a", origin=b"https://evil.example"),
]
NAMES = ("K1", "K2", "K4", "K6", "K10", "minimal", "reflect", "expose-all-credentials")


def everything(policy: Any, req: Req) -> list[Any]:
    """All that a policy says to a request."""
    arguments = (req.method, req.origins[0] if req.origins else None, req.acrm, list(req.acrh))
    decision = policy.decide(*arguments)
    buffer = bytearray(20_000)
    written = policy.write_into(buffer, 0, *arguments)
    return [
        decision.kind, decision.reason, decision.status, decision.headers, decision.headers_str, decision.block,
        decision.body, decision.detail, decision.explain(), bytes(buffer[: written.size]), written,
        decision.merge_asgi([(b"vary", b"x"), (b"x-a", b"1")]), decision.merge_wsgi([("Vary", "x"), ("X-A", "1")]),
        policy.decide_asgi(req.scope()).headers, policy.decide_wsgi(req.environ()).headers_str,
        policy.response_headers(req.lines()), policy.is_origin_allowed(arguments[1]), policy.origins(),
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_equals_the_single_threaded_one(policy_class: Any, name: str) -> None:
    for debug in (False, True):
        policy = policies.built(policy_class, name, debug=debug)
        expected = [everything(policy, req) for req in REQUESTS]

        def work(number: int, policy: Any = policy, expected: list[Any] = expected) -> None:
            for step in range(ROUNDS * 2):
                index = (number + step) % len(REQUESTS)
                assert everything(policy, REQUESTS[index]) == expected[index]

        together(work)


def test_the_shims_serve_many_threads_at_once(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K6")
    asgi = middleware("asgi", policy)(AsgiApp(), policy)
    wsgi = middleware("wsgi", policy)(WsgiApp(), policy)

    def work(number: int) -> None:
        for step in range(ROUNDS * 5):
            origin = f"https://t{number}.s{step}.example.com"
            req = Req(b"GET", (origin.encode(),))
            assert (b"access-control-allow-origin", origin.encode()) in call_asgi(asgi, req.scope())[0]["headers"]
            assert ("Access-Control-Allow-Origin", origin) in call_wsgi(wsgi, req.environ()).headers
            req = pre(b"PUT", b"foo", origin=origin.encode())
            assert call_asgi(asgi, req.scope())[0]["status"] == 204
            assert call_wsgi(wsgi, req.environ()).status.startswith("204")

    together(work)


def test_a_decision_may_be_read_by_many_threads(policy_class: Any) -> None:
    policy = policies.built(policy_class, "minimal", debug=True)
    decisions = [policy.decide(b"OPTIONS", LOCAL, b"PUT", lines) for lines in ([b"x-a"], [b"x-b,X-A"], [b"x-c"])]
    expected = [(each.headers, each.block, each.explain(), each.body) for each in decisions]

    def work(number: int) -> None:
        for step in range(ROUNDS * 20):
            index = (number + step) % len(decisions)
            each = decisions[index]
            found = each.headers
            assert (found, each.block, each.explain(), each.body) == expected[index]
            found.clear()

    together(work)


def test_policies_come_and_go_while_others_decide(policy_class: Any) -> None:
    shared = policies.built(policy_class, "K8")

    def work(number: int) -> None:
        for step in range(ROUNDS):
            origins = [f"https://{number}-{step}-{index}.example" for index in range(20)]
            own = policy_class(allow_origins=origins)
            decision = own.decide(b"GET", origins[step % 20])
            del own
            assert decision.allowed
            assert decision.headers[0][1].decode() == origins[step % 20]
            assert not shared.is_origin_allowed(origins[0])
            assert shared.is_origin_allowed("https://foo.com")

    together(work)


def test_a_list_of_lines_that_another_thread_changes_is_read_as_it_was_or_as_it_is(policy_class: Any) -> None:
    """Each answer is one of those that the list's states can give; nothing in between, and no crash."""
    policy = policies.built(policy_class, "two-headers")
    lines: list[bytes] = [b"x-header-1"]
    seen: set[str] = set()

    def change(step: int) -> None:
        lines[:] = [b"x-header-2"] * (step % 50) if step % 3 else [b"x" * 9000]

    def use() -> None:
        decision = policy.decide(b"OPTIONS", LOCAL, b"GET", lines)
        seen.add(str(decision.reason.value))
        assert len(decision.block) < 1000

    while_changing(change, use, ROUNDS * 100)
    assert seen <= {"ok", "headers-too-large"}
