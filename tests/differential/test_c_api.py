"""What C gets through fastcors.h is what Python gets of the same policy, for random policies, plans and requests."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.differential import heads
from tests.differential import strategies as s
from tests.differential.pair import engines, planned
from tests.support import c_api
from tests.support.c_api import UNKNOWN

KINDS = ("none", "actual", "preflight")


def compare(policy: Any, data: st.DataObject, settings: Any, origins: list[str]) -> None:
    """Draw a request, and hold what both are told against each other."""
    preflight = not data.draw(s.one_in(3))
    method = data.draw(st.just(b"OPTIONS") if preflight else st.sampled_from([b"GET", b"OPTIONS", b"options", b""]))
    origin = data.draw(s.sometimes(st.none(), 12, s.origin_values(origins)))
    request_method = data.draw(s.method_values(settings)) if preflight else None
    lines = tuple(data.draw(s.field_lines(settings)))[:199]
    network = data.draw(st.sampled_from([None, None, b"true", b"TRUE", b""]))
    decision = policy.decide(method, origin, request_method, lines, request_private_network=network)
    said, granted = c_api.settled(policy, method, origin, request_method, lines, private_network=network)
    assert KINDS[said.kind] == decision.kind
    assert (said.reason, said.status or None) == (decision.reason.value, decision.status)
    assert said.written[:2] == (said.kind, said.status)
    assert bool(said.allowed) is decision.allowed
    assert said.wrote == decision.block
    assert not said.buffer[len(said.wrote) :].strip(b"#")
    needed = len(decision.block)
    if needed:
        short = c_api.answer(
            policy, method, origin, request_method, lines, private_network=network, room=needed - 1, granted=granted
        )
        assert short.written == said.written
        assert not short.buffer.strip(b"#")


@given(st.data())
def test_a_policy(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    policy = engines(settings, origins).native
    for _ in range(3):
        compare(policy, data, settings, origins)


@given(st.data())
def test_a_plan(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    plan, origins = data.draw(s.plans(settings, origins))
    compare(planned(plan, origins, settings).native, data, settings, origins)


@given(st.data())
def test_a_raw_head(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    policy = engines(settings, origins).native
    _, head = data.draw(heads.whole(data.draw(heads.lines_of(settings, origins))))
    for given_head in (head, head + b"GET / HTTP/1.1\r\n", data.draw(heads.hostile(head))):
        decision = policy.decide_head(given_head)
        found = c_api.answer_head(policy, given_head)
        granted = UNKNOWN
        if found.said.must_ask:
            granted = c_api.built().ask(policy, found.method, decision.origin, False)
            found = c_api.answer_head(policy, given_head, granted=granted)
        assert (KINDS[found.said.kind], found.said.reason) == (decision.kind, decision.reason.value)
        assert found.said.wrote == decision.block
        assert (found.method is None) is (found.target is None) is (found.size < 0)
        if given_head.startswith(head):
            assert found.size == len(head)
            assert head.startswith(b"%s %s HTTP/1." % (found.method, found.target))
        if not settings.debug:
            whole = c_api.answer_head(policy, given_head, granted=granted, form=c_api.RESPONSE)
            assert whole.said.wrote == (decision.response or b"")
