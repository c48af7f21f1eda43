"""What the extension module must do. It is the same for the module in C and for the one in Rust."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from gate import Gate

from fastcors import Policy

PAGE = b"https://app.example.com"
TENANT = b"https://tenant.example"
POLICY = Policy(allow_origins=["https://*.example.com"], allow_methods=["PUT"], allow_headers=["X-Token"])


@pytest.mark.parametrize(
    "request_",
    [
        (b"GET", None),
        (b"GET", PAGE),
        (b"GET", b"https://elsewhere.example"),
        (b"OPTIONS", PAGE, b"PUT"),
        (b"OPTIONS", PAGE, b"PUT", (b"x-token", b"X-Token")),
        (b"OPTIONS", PAGE, b"PUT", (b"x-other",)),
        (b"OPTIONS", PAGE, b"DELETE"),
        (b"OPTIONS", PAGE, b"PUT", (b"",) * 200),
    ],
)
def test_an_answer_is_that_of_the_policy(request_: tuple[bytes, ...]) -> None:
    decision = POLICY.decide(*request_)
    assert Gate(POLICY).answer(*request_) == (decision.status or 0, decision.reason.value, decision.block)


def test_a_function_is_asked_about_the_origins_that_it_decides_on() -> None:
    asked = []

    def known(origin: str) -> bool:
        asked.append(origin)
        return origin == TENANT.decode()

    gate = Gate(Policy(allow_origins=["https://*.example.com"], allow_origin_func=known))
    assert [gate.answer(b"GET", origin)[1] for origin in (PAGE, TENANT, b"null")] == ["ok", "ok", "origin-null"]
    assert asked == [TENANT.decode()]


def test_an_exception_of_asking_is_raised() -> None:
    async def known(origin: str) -> bool:
        return True

    with pytest.raises(TypeError, match="asynchronous"):
        Gate(Policy(allow_origin_func=known)).answer(b"GET", TENANT)


def test_a_gate_keeps_its_policy_alive_and_lets_it_go() -> None:
    class Own(Policy):
        pass

    policy = Own(allow_origins=[PAGE.decode()])
    gone = weakref.ref(policy)
    gate = Gate(policy)
    del policy
    gc.collect()
    assert gate.answer(b"GET", PAGE)[1] == "ok"
    del gate
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("wrong", [None, "*", object()])
def test_what_is_no_policy_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="policy must be"):
        Gate(wrong)


def test_threads_share_a_gate() -> None:
    gate = Gate(POLICY)
    expected = gate.answer(b"OPTIONS", PAGE, b"PUT", (b"x-token",))
    right = []

    def work() -> None:
        right.append(all(gate.answer(b"OPTIONS", PAGE, b"PUT", (b"x-token",)) == expected for _ in range(2000)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 4
