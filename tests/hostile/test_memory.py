"""What a request costs does not grow with it, and nothing is left behind: memory, blocks, references."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest
from multidict import CIMultiDict

from fastcors._config.plan import compiled
from tests.hostile import nasty

ROUNDS = 1000
pytestmark = pytest.mark.long

KIB, MIB = 1 << 10, 1 << 20
OK = b"https://a.example"


@pytest.fixture
def policy(engine: ModuleType) -> Any:
    return engine.Engine(*compiled(nasty.SETTINGS._replace(debug=False), nasty.ORIGINS))


def own(value: bytes) -> bytes:
    """A bytes object that nobody else has."""
    return bytes(bytearray(value))


def peak(function: Callable[[], object]) -> int:
    """The most bytes of Python's memory that a call takes at a time."""
    function()
    gc.collect()
    tracemalloc.start()
    try:
        function()
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        for _ in range(5):
            function()
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()


def bodies(size: int) -> dict[str, Any]:
    """Requested headers of about that many bytes, each over a limit."""
    return {
        "commas": b"," * size,
        "one-name": b"x" * size,
        "names": b"x-a," * (size // 4),
        "white-space": b" " * size,
        "str": "x" * size,
        "non-ascii": "é" * size,
        "lines": [b"x" * 1024] * (size // 1024),
        "empty-lines": [b""] * (size // 16),
    }


@pytest.mark.parametrize("shape", bodies(16))
def test_refusing_a_mebibyte_takes_no_more_memory_than_refusing_a_little_too_much(policy: Any, shape: str) -> None:
    def refuse(lines: Any) -> Callable[[], object]:
        def call() -> None:
            decision = policy.decide(b"OPTIONS", OK, b"PUT", lines)
            assert not decision.allowed
            assert decision.headers
            assert decision.block
            assert decision.detail is not None
            policy.write_into(buffer, 0, b"OPTIONS", OK, b"PUT", lines)

        return call

    buffer = bytearray(1000)
    little, much = (peak(refuse(bodies(size)[shape])) for size in (9 * KIB, MIB))
    assert much < 64 * KIB
    assert much - little < 4 * KIB


@pytest.mark.parametrize("way", ["asgi", "wsgi"])
def test_the_shims_ways_in_take_no_more_memory_either(policy: Any, way: str) -> None:
    def refuse(size: int) -> Callable[[], object]:
        headers = [
            (b"origin", OK),
            (b"access-control-request-method", b"PUT"),
            (b"access-control-request-headers", b"x" * size),
        ]
        scope = {"type": "http", "method": "OPTIONS", "headers": headers}
        environ = {
            "REQUEST_METHOD": "OPTIONS",
            "HTTP_ORIGIN": OK.decode(),
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT",
            "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "x" * size,
        }

        def call() -> None:
            decision = policy.decide_asgi(scope) if way == "asgi" else policy.decide_wsgi(environ)
            assert not decision.allowed
            assert decision.headers

        return call

    little, much = (peak(refuse(size)) for size in (9 * KIB, MIB))
    assert much - little < 4 * KIB


@pytest.mark.parametrize("make", [bytes, lambda value: value.decode("latin-1")])
def test_refusing_a_huge_origin_or_method_takes_no_memory_that_grows(policy: Any, make: Any) -> None:
    def refuse(size: int) -> Callable[[], object]:
        value = make(b"https://" + b"a." * (size // 2))

        def call() -> None:
            assert not policy.is_origin_allowed(value)
            for decision in (
                policy.decide(b"GET", value),
                policy.decide(b"OPTIONS", OK, value),
                policy.decide(b"OPTIONS", OK, b"PUT", value),
            ):
                assert not decision.allowed
                assert decision.block
                assert decision.explain()

        return call

    little, much = (peak(refuse(size)) for size in (9 * KIB, 8 * MIB))
    assert much - little < 4 * KIB


def steps(function: Callable[[], object]) -> int:
    """How many lines of Python a call runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", bodies(16))
def test_refusing_a_mebibyte_takes_no_more_steps(policy: Any, shape: str) -> None:
    """The twin's steps are lines of Python; the native engine has none, whatever the size."""

    def refuse(size: int) -> Callable[[], object]:
        lines = bodies(size)[shape]
        return lambda: policy.decide(b"OPTIONS", OK, b"PUT", lines).headers

    little, much = (steps(refuse(size)) for size in (256 * KIB, MIB))
    assert much == little


def attempt(function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    with contextlib.suppress(TypeError, ValueError):
        function(*args, **kwargs)


def test_no_reference_to_an_input_is_kept_or_lost(policy: Any) -> None:
    method, origin, refused, asked = own(b"OPTIONS"), own(OK), own(b"https://evil.example"), own(b"PUT")
    name, bad_name, text = own(b"x-a"), own(b"x-nope"), "".join(["https://", "a.example"])
    lines, bad_lines, wrong_lines = [name, name], [name, bad_name], [name, 5]
    pair, odd_pair = (own(b"origin"), origin), [own(b"origin"), origin]
    headers, odd_headers, wrong = [pair], [odd_pair, (own(b"x"),), None], object()
    response = [(own(b"vary"), own(b"x")), (own(b"x-a"), own(b"y"))]
    bad_response = [*response, wrong]
    scope = {"type": "http", "method": "OPTIONS", "headers": headers}
    environ = {"REQUEST_METHOD": "OPTIONS", "HTTP_ORIGIN": text}
    buffer, small = bytearray(1000), bytearray(3)
    decision = policy.decide(b"GET", origin)
    watched = [
        method, origin, refused, asked, name, bad_name, text, lines, bad_lines, wrong_lines, pair, odd_pair,
        headers, odd_headers, wrong, response, bad_response, scope, environ, buffer, small, policy, decision,
        *response, response[0][0], response[1][1], type(decision), type(policy), policy.settings,
        *type(decision.reason),
    ]  # fmt: skip

    def everything() -> None:
        for arguments in (
            (method, origin),
            (method, refused),
            (method, None),
            (method, text, asked),
            (method, origin, asked, lines),
            (method, origin, asked, tuple(lines)),
            (method, origin, asked, bad_lines),
            (method, origin, bad_name, name),
            # Errors, at each argument.
            (wrong, origin),
            (method, wrong, asked),
            (method, origin, wrong),
            (method, origin, asked, wrong),
            (method, origin, asked, wrong_lines),
        ):
            attempt(policy.decide, *arguments)
            attempt(policy.write_into, buffer, 0, *arguments)
            attempt(policy.write_into, small, 0, *arguments)
            attempt(policy.write_into, wrong, 0, *arguments)
            attempt(policy.write_into, buffer, wrong, *arguments)
            attempt(policy.write_into, buffer, 5000, *arguments)
        attempt(policy.decide, method, origin, asked, lines, request_private_network=wrong)
        made = policy.decide(method, origin, asked, lines)
        for each in (made, decision, policy.decide(method, refused, asked, lines)):
            each.headers, each.headers_str, each.block, each.response, each.body, each.detail, each.reason  # noqa: B018
            each.policy  # noqa: B018
            each.explain()
            attempt(each.merge_asgi, response)
            attempt(each.merge_wsgi, response)
            attempt(each.merge_asgi, bad_response)
            attempt(each.merge_wsgi, bad_response)
            attempt(each.merge_asgi, wrong)
            for head in (
                nasty.HEAD,
                bytearray(nasty.HEAD),
                nasty.HEAD[:-1],
                nasty.HEAD[:-2] + b"A: " + b"a" * 5000 + b"\r\n\r\n",
                wrong,
            ):
                attempt(each.merge_head, head)
            for multidict in (CIMultiDict(a="b"), CIMultiDict(vary="x"), wrong):
                attempt(each.merge_multidict, multidict)
            hash(each)
        policy.is_origin_allowed(origin), policy.is_origin_allowed(text)
        attempt(policy.is_origin_allowed, wrong)
        for list_ in (headers, odd_headers, None):
            policy.response_headers(list_)
            policy.decide_asgi({**scope, "headers": list_})
            for verb in (method, wrong):
                attempt(policy.decide_pairs, verb, list_)
                attempt(policy.decide_mapping, verb, CIMultiDict(origin=text))
                attempt(policy.decide_mapping, verb, wrong)
        attempt(policy.response_headers, wrong)
        attempt(policy.decide_asgi, {**scope, "headers": wrong})
        policy.decide_asgi(scope)
        policy.decide_wsgi(environ)

    for _ in range(10):
        everything()
    gc.collect()
    before = [sys.getrefcount(value) for value in watched]
    none = sys.getrefcount(None)
    for _ in range(ROUNDS // 10):
        everything()
    gc.collect()
    assert [sys.getrefcount(value) for value in watched] == before
    assert abs(sys.getrefcount(None) - none) < 20


def test_no_memory_block_is_left_behind(policy: Any) -> None:
    def everything() -> None:
        for debug in (policy.decide(b"OPTIONS", own(OK), own(b"PATCH"), [own(b"x")]), policy.decide("GET", OK)):
            debug.headers, debug.headers_str, debug.block, debug.response, debug.explain()
            debug.merge_asgi([(b"vary", b"x"), ["a", "b"]])
            attempt(debug.merge_wsgi, [("a", 5)])
        attempt(policy.decide, b"GET", 5)
        attempt(policy.write_into, bytearray(1), 0, b"GET", OK)
        policy.decide_asgi({"headers": [[b"origin", OK]], "method": "OPTIONS"})
        policy.response_headers([(b"origin", own(OK))])

    for _ in range(100):
        everything()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(ROUNDS):
        everything()
    gc.collect()
    assert sys.getallocatedblocks() - before < 100


LEAK = """
import resource, sys
import {module} as module
from fastcors._config.plan import Plan

def build(origins):
    try:
        module.Engine(Plan(names=("x-a",)), origins).decide(b"GET", b"https://t0.example")
    except ValueError:
        pass

good = ["https://t%d.example" % n for n in range(1000)] + ["https://*.w%d.example:%d" % (n, n + 1) for n in range(500)]
bad = good + ["https://*.no pattern"]
worse = good + ["no pattern"]
def grown():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for origins in (good, bad, worse) * 5:
    build(origins)
start = grown()
for origins in (good, bad, worse) * {rounds}:
    build(origins)
print(grown() - start)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux only")
def test_engines_that_were_built_or_refused_give_all_their_memory_back(engine: ModuleType) -> None:
    rounds = 120 if engine.__name__.endswith("_core") else 15
    done = subprocess.run(
        [sys.executable, "-c", LEAK.format(module=engine.__name__, rounds=rounds)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ,
        check=True,
    )
    # One kind of engine lost each time would be some 100 KiB a round.
    assert int(done.stdout) < 5000


REFUSALS: dict[str, tuple[Any, ...]] = {
    "origin": (b"GET", b"https://evil.example"),
    "malformed": (b"GET", b"https://a.example/"),
    "60-kb-origin": (b"GET", b"https://" + b"a." * 30_000 + b"example"),
    "origin-of-a-preflight": (b"OPTIONS", b"https://evil.example", b"PUT", b"x-a"),
    "method": (b"OPTIONS", OK, b"PURGE"),
    "header": (b"OPTIONS", OK, b"PUT", b"x-a,x-nope"),
    **{f"{name}-of-a-mebibyte": (b"OPTIONS", OK, b"PUT", lines) for name, lines in bodies(MIB).items()},
    "1,024-empty-lines": (b"OPTIONS", OK, b"PUT", [b""] * 1024),
}


def allocated(function: Callable[[], object]) -> int:
    """As peak, of one call and to the byte; what measuring takes is in it."""
    function()
    gc.collect()
    tracemalloc.start()
    try:
        function()
        # Its pair is kept for the next one. Were it made for the first time below, it would count as the call's.
        tracemalloc.get_traced_memory()
        start = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        function()
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", REFUSALS)
def test_the_native_engine_allocates_nothing_for_a_refusal(policy: Any, engine: ModuleType, name: str) -> None:
    if engine.__name__ != "fastcors._core":
        pytest.skip("the twin is Python: each of its steps allocates")
    buffer = bytearray(1000)
    method, origin, asked, lines = (*REFUSALS[name], None, None)[:4]
    write_into = policy.write_into
    assert not policy.decide(method, origin, asked, lines).allowed
    nothing = allocated(lambda: None)
    assert allocated(lambda: write_into(buffer, 0, method, origin, asked, lines)) == nothing
    assert allocated(lambda: bytes(17)) > nothing  # it would be seen


def test_many_headers_take_no_memory_of_their_own(policy: Any) -> None:
    def answer(count: int) -> Callable[[], object]:
        headers = [*((b"x-%d" % number, b"y") for number in range(count)), (b"origin", b"https://evil.example")]
        scope = {"type": "http", "method": "GET", "headers": headers}

        def call() -> None:
            assert policy.response_headers(headers) == ((b"vary", b"Origin"),)
            assert not policy.decide_asgi(scope).allowed

        return call

    little, much = (peak(answer(count)) for count in (20, 500))
    copied = 8 * (500 - 20) if type(policy).__module__ == "fastcors._twin.engine" else 0  # which reads one state of it
    assert much - little < 1 * KIB + copied
