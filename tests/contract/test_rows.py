"""The cases of the contract, each through every door of the library and over both engines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import doors, expect, policies
from tests.contract.cases import CASES, LOCAL, Case
from tests.support.exchange import APP_BODY, APP_STATUS, Answer, Req


@pytest.mark.parametrize("case", CASES, ids=str)
def test_row(policy_class: Any, case: Case) -> None:
    def check(answer: Answer) -> None:
        assert answer.app_ran is (case.status is None)
        if case.status is None:
            assert (answer.status, answer.body) == (APP_STATUS, APP_BODY)
        else:
            assert (answer.status, answer.body) == (case.status, b"")
        expect.check(answer.cors(), case.headers)

    doors.through(policies.built(policy_class, case.policy), case.req, check)


@pytest.mark.parametrize("name", policies.K)
def test_every_policy_leaves_actual_requests_to_the_application(policy_class: Any, name: str) -> None:
    def check(answer: Answer) -> None:
        assert (answer.app_ran, answer.status, answer.body) == (True, APP_STATUS, APP_BODY)

    policy = policies.built(policy_class, name)
    for method in (b"GET", b"POST", b"OPTIONS"):
        for origins in ((), (LOCAL,), (b"https://evil.example",), (b"",), (b"null",), (LOCAL, LOCAL)):
            doors.through(policy, Req(method, origins), check)


def test_row_39_a_pattern_that_another_one_covers_is_pruned(policy_class: Any) -> None:
    assert policies.built(policy_class, "pruned").origins() == ["https://*.example.com:8080"]
    policy = policy_class(allow_origins=["https://a.example.com", "https://*.example.com", "https://b.example"])
    assert policy.origins() == ["https://*.example.com", "https://b.example"]
    again = policy_class(allow_origins=policy.origins())
    assert again.origins() == policy.origins()


def test_case_names_are_unique() -> None:
    names = [str(case) for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("method", [b"options", b"Options", b"OPTIONS ", b"OPTION", b"OPTIONSX"])
def test_only_the_method_options_itself_makes_a_preflight(policy_class: Any, method: bytes) -> None:
    decision = policies.built(policy_class, "K1").decide(method, LOCAL, b"GET")
    assert (decision.kind, decision.allowed, decision.status) == ("actual", True, None)


def test_an_empty_requested_method_makes_a_preflight(policy_class: Any) -> None:
    decision = policies.built(policy_class, "K1").decide(b"OPTIONS", LOCAL, b"")
    assert (decision.kind, decision.allowed, decision.status) == ("preflight", False, 403)


def test_the_first_failure_decides_the_reason(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K7")

    def reason(origin: bytes, method: bytes, names: bytes) -> str:
        decision = policy.decide(b"OPTIONS", origin, method, names, request_private_network=b"true")
        assert not decision.allowed
        return str(decision.reason.value)

    assert reason(b"https://x.example", b"PUT", b"nope") == "origin-not-allowed"
    assert reason(LOCAL, b"PUT", b"nope") == "method-not-allowed"
    assert reason(LOCAL, b"GET", b"nope") == "header-not-allowed"
    assert reason(LOCAL, b"GET", b"") == "private-network-not-allowed"


def test_a_longer_refused_origin_costs_the_same_answer(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K10")
    short, long = (policy.decide(b"GET", b"http://" + b"a" * length) for length in (328, 1 << 20))
    assert (short.reason, short.headers) == (long.reason, long.headers)
    assert len(long.detail) <= 256


def test_an_origin_of_326_bytes_can_be_allowed(policy_class: Any) -> None:
    scheme = "a" * 64
    host = ".".join(["a" * 63] * 3) + "." + "a" * 49 + ".example.com"
    assert len(host) == 253
    origin = f"{scheme}://{host}:65535".encode()
    assert len(origin) == 326
    policy = policy_class(allow_origins=[f"{scheme}://*.example.com:*"])
    assert policy.is_origin_allowed(origin)
    assert policy.decide(b"GET", origin).headers[0] == (b"access-control-allow-origin", origin)
    assert not policy.is_origin_allowed(origin + b"5")
