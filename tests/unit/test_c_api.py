"""fastcors.h: the functions and what their comments promise, from an extension module in C (tests/support/c_api.c)."""

from __future__ import annotations

import gc
import re
import weakref
from pathlib import Path
from typing import Any

import pytest
from hpack import Encoder

import fastcors
from fastcors import DeclaredRequest, Policy, Reason
from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
from fastcors._engine import Engine
from fastcors._twin.engine import Engine as TwinEngine
from fastcors.embedding import Router
from tests.support import c_api
from tests.support.c_api import GRANTED, NOT_GRANTED, PAGE, answer, answer_head
from tests.support.fields import decoded_hpack, decoded_qpack
from tests.threads.together import THREADS, together

TOP = Path(__file__).resolve().parents[2]
OTHER = b"https://elsewhere.example"

pytest.importorskip("fastcors._core", exc_type=ImportError)
native = pytest.mark.skipif(fastcors.backend != "cython", reason="the policies of this process are the twin's")


@pytest.fixture(scope="module")
def c() -> Any:
    return c_api.built()


@native
def test_a_verdict_and_its_block_are_those_of_the_policy() -> None:
    policy = Policy(
        allow_origins=["https://*.example.com"],
        allow_methods=["PUT"],
        allow_headers=["x-a", "x-b"],
        disclose="minimal",
        preflight_status=200,
        allow_private_network=True,
    )
    for arguments in (
        (b"GET", None),
        (b"GET", PAGE),
        (b"GET", OTHER),
        (b"GET", PAGE + b"/"),
        (b"OPTIONS", PAGE),
        (b"OPTIONS", None, b"PUT"),
        (b"OPTIONS", PAGE, b"PUT", [b"x-a"]),
        (b"OPTIONS", PAGE, b"PUT", [b"x-a", b"X-B"]),
        (b"OPTIONS", PAGE, b"PUT", [b"x-c"]),
        (b"OPTIONS", PAGE, b""),
        (b"options", PAGE, b"PUT"),
    ):
        decision = policy.decide(*arguments)
        said = answer(policy, *arguments)
        assert ("none", "actual", "preflight")[said.kind] == decision.kind
        assert said.reason == decision.reason.value
        assert (said.status or None, bool(said.allowed), said.must_ask) == (decision.status, decision.allowed, 0)
        assert said.written[:2] == (said.kind, said.status)
        assert said.wrote == decision.block
        assert not said.buffer[said.written[2] :].strip(b"#")


@native
def test_the_response_to_a_preflight_is_that_of_the_decision_and_there_is_none_to_anything_else() -> None:
    for more in ({}, {"preflight_status": 200}, {"preflight_failure_status": 400}, {"disclose": "minimal"}):
        policy = Policy(allow_origins=[PAGE.decode()], allow_methods=["PUT"], **more)
        for arguments in ((b"OPTIONS", PAGE, b"PUT"), (b"OPTIONS", OTHER, b"PUT"), (b"OPTIONS", PAGE, b"DELETE")):
            decision = policy.decide(*arguments)
            said = answer(policy, *arguments, form=c_api.RESPONSE)
            assert said.written[:2] == (2, decision.status)
            assert said.wrote == decision.response
            short = answer(policy, *arguments, form=c_api.RESPONSE, room=len(said.wrote) - 1)
            assert short.written == said.written
            assert not short.buffer.strip(b"#")
        for arguments in ((b"GET", PAGE), (b"GET", None), (b"OPTIONS", PAGE)):
            assert answer(policy, *arguments, form=c_api.RESPONSE).written[2] == 0


@native
def test_a_response_of_a_policy_in_debug_says_the_reason_by_its_name() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], debug=True)
    arguments = (b"OPTIONS", OTHER, b"PUT")
    head, _, body = answer(policy, *arguments, form=c_api.RESPONSE).wrote.partition(b"\r\n\r\n")
    assert body == b"origin-not-allowed"
    expected, _, _ = policy.decide(*arguments).response.partition(b"\r\n\r\n")
    assert re.sub(rb"Length: \d+", b"", head) == re.sub(rb"Length: \d+", b"", expected)
    assert b"Content-Length: 18" in head


@native
def test_the_fields_and_the_body_are_those_of_the_decision_and_can_be_put_behind_any_others() -> None:
    for more in ({}, {"preflight_status": 200}, {"preflight_failure_status": 400}, {"disclose": "minimal"}):
        policy = Policy(
            allow_origins=[PAGE.decode()], allow_methods=["PUT"], expose_headers=["Content-Length", "x-a"], **more
        )
        for arguments in ((b"OPTIONS", PAGE, b"PUT"), (b"OPTIONS", OTHER, b"PUT"), (b"GET", PAGE), (b"GET", None)):
            decision = policy.decide(*arguments)
            hpack, qpack, lines, body = (
                answer(policy, *arguments, form=form)
                for form in (c_api.HPACK, c_api.QPACK, c_api.QPACK_LINES, c_api.BODY)
            )
            assert (hpack.wrote, qpack.wrote, lines.wrote) == (decision.hpack, decision.qpack, decision.qpack_lines)
            assert {said.written[:2] for said in (hpack, qpack, lines, body)} == {(hpack.kind, decision.status or 0)}
            assert body.wrote == b""
            theirs = [(b":status", b"200"), (b"etag", b'"1"')]
            assert decoded_hpack(Encoder().encode(theirs) + hpack.wrote) == [*theirs, *decoded_hpack(decision.hpack)]


@native
def test_the_body_of_a_plan_is_written_but_behind_a_204() -> None:
    plan, origins, _ = compiled(Settings(), [PAGE.decode()])
    arguments = (b"OPTIONS", PAGE, b"GET")
    for status, body in ((200, b"OK"), (204, b"")):
        policy = Engine(plan._replace(accepted_body="OK", accepted_status=status), origins)
        assert answer(policy, *arguments, form=c_api.BODY).wrote == body
        assert answer(policy, *arguments, form=c_api.HPACK).wrote == policy.decide(*arguments).hpack


@native
def test_the_fields_of_a_policy_in_debug_describe_the_name_of_the_reason() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], debug=True)
    arguments = (b"OPTIONS", OTHER, b"PUT")
    assert answer(policy, *arguments, form=c_api.BODY).wrote == b"origin-not-allowed"
    for fields in (
        decoded_hpack(answer(policy, *arguments, form=c_api.HPACK).wrote),
        decoded_qpack(answer(policy, *arguments, form=c_api.QPACK).wrote),
    ):
        assert fields[0] == (b":status", b"200")
        assert fields[-1] == (b"content-length", b"18")


@native
def test_one_call_reads_a_head_decides_and_writes_the_lines_or_the_whole_response() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], allow_methods=["PUT"])
    preflight = b"OPTIONS / HTTP/1.1\r\nOrigin: %s\r\nAccess-Control-Request-Method: PUT\r\n\r\n" % PAGE
    actual = b"GET / HTTP/1.1\r\nOrigin: %s\r\n\r\n" % PAGE
    for head in (preflight, actual, preflight.replace(b"PUT", b"PATCH"), b"GET / HTTP/1.1\r\n\r\n"):
        decision = policy.decide_head(head)
        for whole, expected in ((False, decision.block), (True, decision.response or decision.block)):
            wrote = c_api.write_head(policy, head + b"rest", whole=whole)
            assert wrote[:4] == (len(head), 0, decision.reason.value, 0)
            assert wrote.written[1:] == (decision.status or 0, len(expected))
            assert wrote.buffer.rstrip(b"#") == expected
            for room in range(len(expected)):
                assert c_api.write_head(policy, head, whole=whole, room=room).written == wrote.written
                assert not c_api.write_head(policy, head, whole=whole, room=room).buffer.strip(b"#")
    assert c_api.write_head(policy, actual, finds=0).found == 77, "it was not asked for"
    assert c_api.write_head(policy, actual, finds=-1).written == (-1, 0, 0), "nobody made the verdict"
    for wrong, found in ((preflight[:-1], -1), (b"", -1), (b"\n" + preflight, -2)):
        wrote = c_api.write_head(policy, wrong, whole=True)
        assert (wrote.found, wrote.reason, wrote.written[0]) == (found, "not-cors", 0)
        assert wrote.buffer.rstrip(b"#") == policy.decide("GET", None).block


@native
def test_one_call_for_a_head_says_that_a_function_must_be_asked() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], allow_origin_func=lambda origin: origin == OTHER.decode())
    head = b"GET / HTTP/1.1\r\nOrigin: %s\r\n\r\n"
    assert c_api.write_head(policy, head % OTHER)[1:3] == (1, "origin-not-allowed")
    assert c_api.write_head(policy, head % PAGE)[1:3] == (0, "ok")


@native
def test_a_raw_head_is_found_in_up_to_its_empty_line_and_a_cut_or_malformed_one_is_no_cors_request() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], allow_methods=["PUT"])
    head = b"OPTIONS /items?a=b HTTP/1.1\r\nHost: a\r\nOrigin: %s\r\nAccess-Control-Request-Method: PUT\r\n\r\n" % PAGE
    found = answer_head(policy, head + b"rest", form=c_api.RESPONSE)
    assert (found.size, found.method, found.target) == (len(head), b"OPTIONS", b"/items?a=b")
    assert found.said.wrote == policy.decide_head(head).response
    for wrong, size in ((head[:-1], -1), (b"", -1), (head.replace(b"Host:", b"Host :"), -2), (b"\n" + head, -2)):
        found = answer_head(policy, wrong)
        assert (found.size, found.method, found.target, found.said.reason) == (size, None, None, "not-cors")


@native
@pytest.mark.parametrize("keep", [False, True])
def test_the_head_of_a_response_is_merged_as_the_decision_merges_it(c: Any, keep: bool) -> None:
    policies = (
        Policy(allow_origins=["https://*.example.com"], expose_headers=["x-a"], timing_allow_origin=True),
        Policy(allow_origins=["https://*.example.com"], expose_headers="*", allow_credentials=True),
    )
    responses = (
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nX-B: 1\r\nVary: Accept\r\naccess-control-allow-origin: *\r\nETag: 2\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nAccess-Control-Allow-Origin: *\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    )
    for policy in policies:
        for origin in (PAGE, OTHER, None):
            asked = b"GET / HTTP/1.1\r\n%s\r\n" % (b"" if origin is None else b"Origin: %s\r\n" % origin)
            for response in responses:
                decision = policy.decide_head(asked)
                merged = decision.merge_head(response, on_conflict="keep" if keep else "replace")
                written, buffer = c.merge(policy, asked, response, keep, len(merged))
                assert written == (int(origin is not None), 0, len(merged))
                assert buffer == merged + b"#" * 16
                written, buffer = c.merge(policy, asked, response, keep, len(merged) - 1)
                assert written[2] == len(merged)
                assert buffer.endswith(b"#" * 16)
    for wrong in (b"", responses[0][:-1], b"HTTP/1.1 200 OK\nX: a\n\n", b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n"):
        written, buffer = c.merge(policies[0], asked, wrong, keep, 1000)
        assert (written[0], written[2]) == (-2, 0)
        assert not buffer.strip(b"#")


@native
def test_a_router_finds_the_policy_that_the_router_of_python_finds(c: Any) -> None:
    page, other = Policy(allow_origins=[PAGE.decode()]), Policy(allow_origins="*")
    router = Router({"/": page, "/internal/": None, "/items/{id}": other, "//*.example.com/": other})
    for host in (None, b"api.example.com", b"API.example.com:8080", b"example.com", b"a b", b"\xff"):
        for path in (b"/", b"", b"/internal/x", b"/items/7", b"/items/caf\xc3\xa9", b"//", b"/../", b"x", b"/%2e%2e/a"):
            assert c.route(router, host, path) is router.find(path, host)
    with pytest.raises(TypeError, match="router must be"):
        c.route({"/": page}, None, b"/")


@native
def test_doubled_lines_are_refused_as_they_are_from_header_pairs() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], allow_methods=["PUT"])
    assert answer(policy, several=(True, False)).reason == "origin-multiple"
    assert answer(policy, b"OPTIONS", PAGE, b"PUT", several=(False, True)).reason == "method-malformed"
    assert answer(policy, b"OPTIONS", PAGE, b"PUT", private_network=b"true").reason == "private-network-not-allowed"
    assert answer(policy, b"OPTIONS", PAGE, b"PUT", private_network=b"TRUE").reason == "ok"


@native
def test_a_buffer_that_is_too_small_stays_as_it_is_and_the_size_says_what_is_needed() -> None:
    policy = Policy(allow_origins=[PAGE.decode()])
    block = policy.decide("GET", PAGE).block
    for room in (0, 1, len(block) - 1):
        said = answer(policy, room=room)
        assert said.written == (1, 0, len(block))
        assert not said.buffer.strip(b"#")
    said = answer(policy, room=len(block))
    assert said.wrote == block
    assert not said.buffer[len(block) :].strip(b"#")


@native
def test_lines_without_data_and_too_many_lines_are_no_reason_to_read_beyond_the_end() -> None:
    policy = Policy(allow_origins=[PAGE.decode()], allow_headers=["x-a"])
    assert answer(policy, b"OPTIONS", PAGE, b"GET", [None, b"x-a", None]).reason == "ok"
    assert answer(policy, b"OPTIONS", PAGE, b"GET", 7).reason == "ok"  # a count, and no lines
    assert answer(policy, b"OPTIONS", PAGE, b"GET", [None] * 17).reason == "headers-too-large"
    assert answer(policy, b"OPTIONS", PAGE, b"GET", [b"x-a"] * 199).reason == "headers-too-large"


@native
def test_structs_that_no_init_function_made_are_refused_and_an_undecided_verdict_writes_nothing(c: Any) -> None:
    assert c.unmade(Policy(allow_origins=["*"])) == ((-1, -1, -1), 0)


@native
def test_a_policy_with_a_function_says_so_and_is_asked_between_two_decisions(c: Any) -> None:
    asked = []

    def known(origin: str) -> bool:
        asked.append(origin)
        return origin == "https://tenant.example"

    policy = Policy(allow_origins=["https://*.example.com"], allow_origin_func=known)
    assert c.needs_python(policy) is True
    assert c.needs_python(Policy(allow_origins=["*"])) is False
    assert answer(policy).must_ask == 0
    assert answer(policy, origin=None).must_ask == 0
    assert answer(policy, origin=b"https://tenant.example/").must_ask == 0
    for origin, granted in ((b"https://tenant.example", GRANTED), (OTHER, NOT_GRANTED)):
        first = answer(policy, origin=origin)
        assert (first.must_ask, first.reason, first.wrote) == (1, "origin-not-allowed", b"Vary: Origin\r\n")
        assert c.ask(policy, b"GET", origin, False) == granted
        second = answer(policy, origin=origin, granted=granted)
        assert second.must_ask == 0
        assert second.wrote == policy.decide("GET", origin).block
    assert asked == ["https://tenant.example", OTHER.decode()]


@native
def test_a_regular_expression_is_asked_like_a_function(c: Any) -> None:
    policy = Policy(allow_origin_regex=r"https://pr-[0-9]+\.example\.com")
    assert c.needs_python(policy) is True
    assert answer(policy, origin=b"https://pr-7.example.com").must_ask == 1
    assert c.ask(policy, b"GET", b"https://pr-7.example.com", False) == GRANTED
    assert c.ask(policy, b"GET", PAGE, False) == NOT_GRANTED


@native
def test_granted_lets_in_nothing_malformed_and_counts_only_where_the_policy_asks(c: Any) -> None:
    asks = Policy(allow_origin_func=lambda origin: True)
    for origin in (b"null", PAGE + b"/", b"https://A.example.com"):
        assert answer(asks, origin=origin, granted=GRANTED).allowed == 0
        assert c.ask(asks, b"GET", origin, False) == NOT_GRANTED
    assert c.ask(asks, b"GET", PAGE, True) == NOT_GRANTED  # several origins
    assert answer(Policy(allow_origins=[PAGE.decode()]), origin=OTHER, granted=GRANTED).allowed == 0


@native
def test_an_asynchronous_function_cannot_be_asked_and_raises(c: Any) -> None:
    async def known(origin: str) -> bool:
        return True

    policy = Policy(allow_origin_func=known)
    assert answer(policy).must_ask == 1
    with pytest.raises(TypeError, match="asynchronous"):
        c.ask(policy, b"GET", PAGE, False)
    assert answer(policy, granted=GRANTED).allowed == 1


@native
def test_a_function_that_sees_the_request_gets_what_the_caller_declares(c: Any) -> None:
    seen = []

    def known(origin: str, request: DeclaredRequest) -> bool:
        seen.append((request.method, request.header("x-tenant")))
        return True

    policy = Policy(allow_origin_func=known, vary=[":method", "x-tenant"])
    with pytest.raises(TypeError):
        c.ask(policy, b"PUT", PAGE, False)
    assert c.ask(policy, b"PUT", PAGE, False, {"x-tenant": "a"}) == GRANTED
    assert seen == [("PUT", "a")]


@native
def test_a_handle_keeps_its_policy_alive_until_it_is_released(c: Any) -> None:
    class Own(Policy):
        pass

    policy = Own(allow_origins=[PAGE.decode()])
    block, gone = policy.decide("GET", PAGE).block, weakref.ref(policy)
    handle = c.hold(policy)
    del policy
    gc.collect()
    assert gone() is not None
    assert answer(handle).wrote == block
    c.release(handle)
    gc.collect()
    assert gone() is None


@native
def test_many_threads_decide_by_one_handle_at_a_time(c: Any) -> None:
    policy = Policy(allow_origins=[f"https://{i}.example.com" for i in range(100)])
    handle = c.hold(policy)
    counts: list[int] = []

    def work(number: int) -> None:
        origin = b"https://%d.example.com" % number
        counts.append(c.count_allowed(handle, origin, 20_000, policy.decide("GET", origin).block))

    together(work)
    c.release(handle)
    assert counts == [20_000] * THREADS


@pytest.mark.parametrize("wrong", [None, "*", {}, Policy, TwinEngine.__new__, object()], ids=lambda one: repr(one)[:20])
def test_what_is_no_policy_of_the_native_engine_is_a_type_error(c: Any, wrong: object) -> None:
    with pytest.raises(TypeError, match="policy must be"):
        c.hold(wrong)


def test_a_policy_that_was_never_whole_is_a_type_error(c: Any) -> None:
    from fastcors._core import Engine

    found = []

    class Half(Engine):  # type: ignore[misc]
        def __del__(self) -> None:
            try:
                c.hold(self)
            except TypeError as error:
                found.append(str(error))

    with pytest.raises(TypeError):
        Half("no plan")
    gc.collect()
    assert [re.sub(r", not .*", "", text) for text in found] == ["policy must be a whole policy of the native engine"]


def test_every_reason_has_its_name_and_nothing_else_has(c: Any) -> None:
    assert [c.reason_name(number) for number in range(len(Reason))] == [reason.value for reason in Reason]
    assert [c.reason_name(number) for number in (-1, len(Reason), 2**31 - 1)] == [None] * 3
