"""What C gets through fastcors.h is what Python gets of the same policy, for random policies, plans and requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.differential import heads
from tests.differential import strategies as s
from tests.differential.pair import engines, planned
from tests.support import c_api
from tests.support.c_api import UNKNOWN
from tests.support.fields import decoded_hpack, decoded_qpack

KINDS = ("none", "actual", "preflight")


def compare(policy: Any, data: st.DataObject, settings: Any, origins: list[str]) -> None:
    """Draw a request, and hold what both are told against each other."""
    preflight = not data.draw(s.one_in(3))
    method = data.draw(st.just(b"OPTIONS") if preflight else st.sampled_from([b"GET", b"OPTIONS", b"options", b""]))
    origin = data.draw(s.sometimes(st.none(), 12, s.origin_values(origins)))
    request_method = data.draw(s.method_values(settings)) if preflight else None
    lines = tuple(data.draw(s.field_lines(settings)))[:199]
    network = data.draw(st.sampled_from([None, None, b"true", b"TRUE", b""]))
    values = (method, origin, request_method, lines)
    decision = policy.decide(*values, request_private_network=network)
    said, granted = c_api.settled(policy, *values, private_network=network)
    assert KINDS[said.kind] == decision.kind
    assert (said.reason, said.status or None) == (decision.reason.value, decision.status)
    assert said.written[:2] == (said.kind, said.status)
    assert bool(said.allowed) is decision.allowed
    assert said.wrote == decision.block
    assert not said.buffer[len(said.wrote) :].strip(b"#")

    asked = {"private_network": network, "granted": granted}
    compare_forms(decision, lambda form, room: c_api.answer(policy, *values, **asked, form=form, room=room))


def compare_forms(decision: Any, said: Callable[[int, int], c_api.Said]) -> None:
    """Hold every form that C writes, into a buffer that has just the room, against those of a decision."""
    if decision.policy.plan.explains and decision.kind == "preflight" and not decision.allowed:
        compare_explained(decision, said)
        return
    whole, body = decision.response or b"", b"" if decision.status == 204 else decision.body
    forms = (decision.block, whole, decision.hpack, decision.qpack, decision.qpack_lines, body)
    for form, expected in enumerate(forms):
        answer = said(form, len(expected))
        assert answer.wrote == expected
        assert answer.written == (KINDS.index(decision.kind), decision.status or 0, len(expected))
        assert answer.buffer[len(expected) :] == b"#" * 16
    for fields in (decoded_hpack(said(c_api.HPACK, 20_000).wrote), decoded_qpack(said(c_api.QPACK, 20_000).wrote)):
        ours = fields[decision.kind == "preflight" :]
        assert ours[: len(decision.headers)] == decision.headers
        if decision.kind == "preflight":
            assert fields[0] == (b":status", b"%d" % decision.status)
            assert [value for name, value in ours if name == b"content-length"] == (
                [] if decision.status == 204 else [b"%d" % len(body)]
            )


def compare_explained(decision: Any, said: Callable[[int, int], c_api.Said]) -> None:
    """Hold the forms of a refusal that Python explains, and C by the name of the reason."""
    name = decision.reason.value.encode()
    assert said(c_api.BODY, 20_000).wrote == name
    fields = [(b":status", b"%d" % decision.status), *decision.headers]
    fields += [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(name))]
    assert decoded_hpack(said(c_api.HPACK, 20_000).wrote) == fields
    assert decoded_qpack(said(c_api.QPACK, 20_000).wrote) == fields
    assert said(c_api.QPACK, 20_000).wrote == b"\0\0" + said(c_api.QPACK_LINES, 20_000).wrote


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
        compare_forms(
            decision,
            lambda form, room, asked=(policy, given_head), granted=granted: (
                c_api.answer_head(*asked, granted=granted, form=form, room=room).said
            ),
        )
        if granted == UNKNOWN:
            compare_head(policy, given_head, decision, found.size)


def compare_head(policy: Any, head: bytes, decision: Any, size: int) -> None:
    """Hold what one call reads, decides and writes against a decision."""
    for whole in (False, True):
        expected = (whole and decision.response) or decision.block
        if policy.plan.explains and whole and decision.kind == "preflight" and not decision.allowed:
            expected = c_api.answer_head(policy, head, form=c_api.RESPONSE).said.wrote
        for room in {len(expected), max(0, len(expected) - 1), len(expected) // 2, 0}:
            wrote = c_api.write_head(policy, head, whole=whole, room=room)
            assert wrote[:4] == (size, 0, decision.reason.value, 0)
            assert wrote.written == (KINDS.index(decision.kind), decision.status or 0, len(expected))
            assert wrote.buffer == (expected if room == len(expected) else b"#" * room) + b"#" * 16
