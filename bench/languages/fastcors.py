"""fastcors as a peer of itself: its C functions in C loops, and its Python face.

``python -m bench.languages.fastcors``; what the driver asks and gets is in README.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from time import perf_counter_ns
from typing import Any

from bench.languages.cases import BATCH, CASES, POLICIES, REST, Case
from bench.micro import _loops  # type: ignore[attr-defined]
from bench.micro.inputs import HEADERS, PREFLIGHT_HEADERS, Pairs, fresh_bytes, fresh_headers
from bench.micro.policies import policy_class
from bench.micro.rows import EMPTY, python_loop, unroll

TIMES = 16
"""How often a loop goes over a batch before the clock is looked at."""

Loops = tuple[Callable[[], object], Callable[[], object]]
"""What is timed, and the same with nothing in it; each goes TIMES times over a batch."""


@lru_cache
def policy(side: str, name: str) -> Any:
    """Make the policy of that name over an engine."""
    return policy_class(side)(
        allow_origins=POLICIES[name],
        allow_credentials=REST["credentials"],
        allow_methods=REST["methods"],
        allow_headers=REST["headers"],
        expose_headers=REST["expose"],
        max_age=REST["max_age"],
    )


def origins(case: Case) -> list[bytes]:
    """Make the origins of one batch, each an object of its own."""
    texts = case.origins or [""]
    return [fresh_bytes(texts[i % len(texts)].encode()) for i in range(BATCH)]


def lines(case: Case) -> list[bytes] | bytes | None:
    """Make what fastcors takes for Access-Control-Request-Headers."""
    values = [value.encode() for value in case.lines()]
    return values if len(values) > 1 else values[0] if values else None


def requests(case: Case) -> list[Pairs]:
    """Make the header lists of one batch, with what else a browser sends."""

    def request(sender: bytes) -> Pairs:
        pairs = fresh_headers(PREFLIGHT_HEADERS if case.asked_method else HEADERS, sender or None)
        asked = [(b"access-control-request-headers", value.encode()) for value in case.lines()]
        if case.asked_method:
            pairs = [pair for pair in pairs if not pair[0].startswith(b"access-control-request-")]
            pairs[3:3] = [(b"access-control-request-method", case.asked_method.encode()), *asked]
        return pairs

    return [request(sender) for sender in origins(case)]


def c_loops(case: Case) -> Loops:
    """In C: decide and write, on values that the server has found."""
    texts = _loops.Texts(origins(case))
    made = policy("loops", case.policy)
    arguments = (made, texts, case.method, case.asked_method, lines(case))
    return (
        partial(_loops.answer_all, *arguments, cors=bool(case.origins), times=TIMES),
        partial(_loops.nothing, texts, times=TIMES),
    )


def c_find_loops(case: Case) -> Loops | None:
    """In C: find in an array of fields, decide, write. Not among 1,024 fields: the others had them all parsed."""
    if len(case.lines()) > 1:
        return None
    batch = _loops.Requests(requests(case))
    return (
        partial(_loops.find_and_answer_all, policy("loops", case.policy), batch, case.method, times=TIMES),
        partial(_loops.nothing, _loops.Texts(origins(case)), times=TIMES),
    )


def python_loops(case: Case, statement: str, bound: Any, inputs: list[Any]) -> Loops:
    """In Python: a statement for each input."""
    unrolled = unroll(inputs * TIMES)
    return partial(python_loop(statement), bound, unrolled), partial(python_loop(EMPTY), bound, unrolled)


def decide_loops(case: Case) -> Loops:
    """From Python: ``policy.decide(...).headers``."""
    inputs: list[Any] = list(origins(case)) if case.origins else [None] * BATCH
    asked = "" if case.asked_method is None else f", '{case.asked_method}', call[1]"
    statement = f"call[0]('{case.method}', {{it}}{asked}).headers"
    return python_loops(case, statement, (policy("native", case.policy).decide, lines(case)), inputs)


def response_loops(case: Case) -> Loops | None:
    """From Python: ``policy.response_headers(headers)``, which is for actual requests."""
    if case.asked_method is not None:
        return None
    return python_loops(case, "call({it})", policy("native", case.policy).response_headers, requests(case))


SIDES: dict[str, Callable[[Case], Loops | None]] = {
    "C": c_loops,
    "C+find": c_find_loops,
    "decide().headers": decide_loops,
    "response_headers()": response_loops,
}


def answer(peer: str, case: Case) -> dict[str, Any]:
    """Say what is written; by C it is a block of lines, as bytes."""
    case = replace(case, origins=case.origins[:1])  # a loop in C keeps its last answer only
    passed = True
    status = 0
    if peer == "response_headers()":
        pairs = policy("native", case.policy).response_headers(requests(case)[0])
    elif peer == "decide().headers":
        sender = origins(case)[0] if case.origins else None
        decision = policy("native", case.policy).decide(case.method, sender, case.asked_method, lines(case))
        passed, status, pairs = decision.kind != "preflight", decision.status or 0, decision.headers
    else:
        block = SIDES[peer](case)[0]()  # type: ignore[index]
        assert isinstance(block, bytes)
        pairs = [line.split(b": ", 1) for line in block.split(b"\r\n")[:-1]]
        # It is no part of the block: a refusal of a preflight names no origin.
        preflight = case.asked_method is not None and bool(case.origins)
        passed, status = not preflight, preflight * (204 if block.startswith(b"Access-") else 403)
    return {"status": status, "headers": [[n.decode(), v.decode()] for n, v in pairs], "passed": passed}


def measure(loop: Callable[[], object], milliseconds: int) -> dict[str, Any]:
    """Time a loop for so long."""
    spent = operations = 0
    while spent < milliseconds * 1_000_000:
        start = perf_counter_ns()
        loop()
        spent += perf_counter_ns() - start
        operations += BATCH * TIMES
    return {"ns": spent / operations, "operations": operations}


def main() -> None:
    """Answer line by line."""
    prepared = lru_cache(lambda peer, number: SIDES[peer](CASES[number]))
    for line in sys.stdin:
        verb, *words = line.rstrip("\n").split(" ")
        peer, number = words[0], int(words[1])
        loops = prepared(peer, number)
        if loops is None:
            told = {"skip": "it is not for this request"}
        elif verb == "answer":
            told = answer(peer, CASES[number])
        else:
            told = measure(loops[verb == "empty"], int(words[2]))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
