"""Huge, strange and lying inputs: the answer is right, and nothing but the documented exceptions comes out."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from fastcors._config.plan import compiled
from fastcors.errors import BufferTooSmallError
from tests.hostile import nasty

MIB = 1 << 20
OK = b"https://a.example"


@pytest.fixture
def policy(engine: ModuleType) -> Any:
    return engine.Engine(*compiled(nasty.SETTINGS, nasty.ORIGINS))


HUGE_LINES: dict[str, Any] = {
    "commas": b"," * MIB,
    "one-name": b"x" * MIB,
    "allowed-names": b"x-a," * (MIB // 4),
    "spaces": b" " * MIB,
    "tabs-and-commas": b"\t," * (MIB // 2),
    "space-inside": b"x-a" + b" " * MIB + b",x-a",
    "empty-lines": [b""] * 1024,
    "many-empty-lines": [b""] * 200_000,
    "many-lines": [b"x-a"] * 200_000,
    "str-lines": ["x-a"] * 200_000,
    "nul": b"\x00" * MIB,
    "non-ascii": "é" * MIB,
    "astral": "\U0001f600" * MIB,
    "good-then-huge": [b"x-a", b"x" * MIB],
}


@pytest.mark.parametrize("name", HUGE_LINES)
def test_huge_requested_headers_are_refused(policy: Any, name: str) -> None:
    lines = HUGE_LINES[name]
    decision = policy.decide(b"OPTIONS", OK, b"PUT", lines)
    assert (decision.kind, decision.allowed) == ("preflight", False)
    assert decision.reason.value in ("headers-too-large", "headers-malformed")
    assert len(decision.block) < 1000
    assert len(decision.explain()) < 2000
    buffer = bytearray(1000)
    written = policy.write_into(buffer, 0, b"OPTIONS", OK, b"PUT", lines)
    assert written == ("preflight", decision.status, len(decision.block))


@pytest.mark.parametrize("size", [60_000, MIB, 8 * MIB])
@pytest.mark.parametrize("make", [bytes, lambda value: value.decode("latin-1")])
def test_huge_values_of_every_other_kind_are_refused(policy: Any, size: int, make: Callable[[bytes], Any]) -> None:
    for huge in (b"a" * size, b"https://" + b"a." * (size // 2) + b"b.example", b"\xff" * size, b"," * size):
        value = make(huge)
        for decision in (policy.decide(b"GET", value), policy.decide(value, value, value, value)):
            assert not decision.allowed
            assert decision.headers == [(b"vary", b"Origin")]
            assert len(decision.detail) <= 256
        decision = policy.decide(b"OPTIONS", OK, value)
        assert decision.reason.value == "method-malformed"
        assert len(decision.detail) <= 256
        decision = policy.decide(b"OPTIONS", OK, b"PUT", [], request_private_network=value)
        assert decision.allowed


def scope(headers: Any, method: str = "GET") -> dict[str, Any]:
    return {"type": "http", "method": method, "headers": headers}


@pytest.mark.parametrize("count", [500, 100_000])
def test_an_origin_is_found_among_very_many_headers(policy: Any, count: int) -> None:
    noise = [(b"x-%d" % number, b"y") for number in range(count)]
    for headers in ([*noise, (b"origin", OK)], [(b"origin", OK), *noise], [*noise, (b"Origin", OK), *noise]):
        assert policy.decide_asgi(scope(headers)).allowed
        assert policy.response_headers(headers)[0] == (b"access-control-allow-origin", OK)
    twice = [(b"origin", OK), *noise, (b"origin", OK)]
    assert policy.decide_asgi(scope(twice)).reason.value == "origin-multiple"
    asked = [(b"origin", OK), (b"access-control-request-method", b"PUT")]
    asked += [(b"access-control-request-headers", b"x-a")] * count
    assert policy.decide_asgi(scope(asked, "OPTIONS")).reason.value == "headers-too-large"


def gone() -> Iterator[Any]:
    yield (b"origin", OK)


NO_ORIGIN: dict[str, Any] = {
    "none": None,
    "empty": [],
    "pairs-of-three": [(b"origin", OK, b"x")],
    "pairs-of-one": [(b"origin",)],
    "no-pairs": [None, 1, b"", "", (), object()],
    "value-none": [(b"origin", None)],
    "name-none": [(None, OK)],
    "value-list": [(b"origin", [OK])],
    "value-bytearray": [(b"origin", bytearray(OK))],
    "name-bytearray": [(bytearray(b"origin"), OK)],
    "near-names": [(b"origi", OK), (b"origins", OK), (b"xorigin", OK), (b"orig\x00n", OK), (b"", OK)],
    "underscore": [(b"or_gin", OK)],
}


@pytest.mark.parametrize("name", NO_ORIGIN)
def test_a_scope_without_a_readable_origin_is_not_cors(policy: Any, name: str) -> None:
    for method in ("GET", "OPTIONS"):
        decision = policy.decide_asgi(scope(NO_ORIGIN[name], method))
        assert (decision.kind, decision.reason.value) == ("none", "not-cors")
    assert policy.response_headers(NO_ORIGIN[name]) == ((b"vary", b"Origin"),)


@pytest.mark.parametrize(
    "headers",
    [5, "origin", b"origin", {b"origin": OK}, {}, object()],
    ids=lambda value: f"{type(value).__name__}-{bool(value)}",
)
def test_a_container_that_no_request_chooses_is_a_type_error(policy: Any, headers: Any) -> None:
    for method in ("GET", "OPTIONS"):
        with pytest.raises(TypeError, match="headers must be a list of"):
            policy.decide_asgi(scope(headers, method))
    with pytest.raises(TypeError, match="headers must be a list of"):
        policy.response_headers(headers)


def test_a_scope_may_lack_everything(policy: Any) -> None:
    for strange in ({}, {"type": "http"}, {"method": None, "headers": None}, {"headers": ()}):
        assert policy.decide_asgi(strange).kind == "none"
    for strange in ({}, {"REQUEST_METHOD": 1}, {"HTTP_ORIGIN": None}, {"HTTP_ORIGIN": [OK]}):
        assert policy.decide_wsgi(strange).kind == "none"


ORIGIN_FOUND: dict[str, Callable[[], Any]] = {
    "list-of-lists": lambda: [[b"origin", OK]],
    "tuple": lambda: ((b"origin", OK),),
    "generator": gone,
    "iterator": lambda: iter([(b"origin", OK)]),
    "str": lambda: [("origin", OK.decode())],
    "upper-case": lambda: [(b"ORIGIN", OK)],
    "subclasses": lambda: [(nasty.LyingBytes(b"Origin"), nasty.LyingBytes(OK))],
    "str-subclasses": lambda: [(nasty.LyingStr("Origin"), nasty.LyingStr(OK.decode()))],
    "beside-junk": lambda: [None, (b"origin", None), (b"origin", OK), 5, ("x",), (b"origin", OK, OK)],
    "pairs-as-iterators": lambda: [iter((b"origin", OK))],
    "dict": lambda: {(b"origin", OK): 1},
}


@pytest.mark.parametrize("name", ORIGIN_FOUND)
def test_an_origin_in_a_strange_header_list_is_found(policy: Any, name: str) -> None:
    decision = policy.decide_asgi(scope(ORIGIN_FOUND[name]()))
    assert (decision.kind, decision.allowed) == ("actual", True)
    assert (b"access-control-allow-origin", OK) in decision.headers
    assert type(decision.headers[0][1]) is bytes
    assert (b"access-control-allow-origin", OK) in policy.response_headers(ORIGIN_FOUND[name]())


def test_an_exception_of_the_servers_own_iterator_comes_through(policy: Any) -> None:
    with pytest.raises(RuntimeError, match="generator"):
        policy.decide_asgi(scope(nasty.exploding()))
    with pytest.raises(RuntimeError, match="generator"):
        policy.response_headers(nasty.exploding())
    with pytest.raises(RuntimeError, match="generator"):
        policy.decide(b"GET", OK).merge_asgi(nasty.exploding())


def test_a_lying_subclass_is_judged_by_its_data(policy: Any) -> None:
    evil = b"https://evil.example"
    for make in (nasty.LyingBytes, lambda value: nasty.LyingStr(value.decode())):
        assert policy.is_origin_allowed(make(OK))
        assert not policy.is_origin_allowed(make(evil))
        decision = policy.decide(make(b"OPTIONS"), make(OK), make(b"PUT"), [make(b"X-A")])
        assert decision.allowed
        assert dict(decision.headers)[b"access-control-allow-origin"] == OK
        assert dict(decision.headers_str)["Access-Control-Allow-Origin"] == OK.decode()
        for _, value in decision.headers:
            assert type(value) is bytes
        assert not policy.decide(make(b"OPTIONS"), make(OK), make(b"PATCH")).allowed
        assert policy.decide(make(b"options"), make(OK), make(b"PATCH")).kind == "actual"
        assert not policy.decide(b"OPTIONS", OK, b"PUT", [make(b"x-b")]).allowed
    assert policy.decide(b"OPTIONS", OK, b"PUT", nasty.LyingList([b"x-a"])).allowed
    assert not policy.decide(b"OPTIONS", OK, b"PUT", nasty.LyingList([b"x-b"])).allowed
    assert policy.decide(b"OPTIONS", OK, b"PUT", nasty.LyingTuple([b"x-a"])).allowed
    assert not policy.decide(b"OPTIONS", OK, b"PUT", nasty.LyingTuple([b"x-b"])).allowed


def test_surrogates_are_valid_nowhere(policy: Any) -> None:
    for text in ("\ud800", "\udcff", "https://a.example\udce9", "x-a\udc80", "PUT\ud800"):
        assert not policy.is_origin_allowed(text)
        assert policy.decide("GET", text).reason.value == "origin-malformed"
        assert not policy.decide("OPTIONS", OK, text).allowed
        assert not policy.decide("OPTIONS", OK, "PUT", text).allowed
        assert policy.decide(text, OK).kind == "actual"
        assert not policy.decide_wsgi({"HTTP_ORIGIN": text}).allowed
        assert policy.decide("OPTIONS", OK, text).explain().isascii()


def test_decide_raises_type_errors_only(policy: Any) -> None:
    good: list[Any] = [b"OPTIONS", OK, b"PUT", [b"x-a"]]
    for position in range(4):
        for value in nasty.values():
            arguments = list(good)
            arguments[position] = value
            for call in (
                lambda arguments=arguments: policy.decide(*arguments),
                lambda arguments=arguments: policy.write_into(bytearray(9000), 0, *arguments),
            ):
                try:
                    call()
                except TypeError:
                    assert not issubclass(type(value), (str, bytes))
    for value in nasty.values():
        if not issubclass(type(value), (str, bytes, type(None))):
            with pytest.raises(TypeError):
                policy.decide(b"GET", OK, request_private_network=value)
            with pytest.raises(TypeError):
                policy.is_origin_allowed(value)
    for arguments in ((), (b"GET",), (b"GET", OK, None, None, None), (b"GET", OK, None, None, b"true")):
        with pytest.raises(TypeError):
            policy.decide(*arguments)


def test_write_into_raises_its_own_errors_only(policy: Any) -> None:
    for value in nasty.values():
        try:
            policy.write_into(value, 0, b"GET", OK)
        except (TypeError, BufferTooSmallError):
            pass
        except ValueError:
            assert type(value) is memoryview  # a released one
        if type(value) is not nasty.Explosive:
            with contextlib.suppress(TypeError, ValueError):
                policy.write_into(bytearray(500), value, b"GET", OK)
    with pytest.raises(RuntimeError, match="index"):
        policy.write_into(bytearray(500), nasty.Explosive(), b"GET", OK)


def test_half_built_objects_are_empty_and_say_so(engine: ModuleType) -> None:
    with pytest.raises(TypeError):
        engine.Engine.__new__(engine.Engine)
    for decision in (engine.Decision.__new__(engine.Decision), engine.Decision()):
        check_empty(engine, decision)


def check_empty(engine: ModuleType, decision: Any) -> None:
    for name in (
        "kind", "allowed", "reason", "status", "headers", "headers_str", "block", "body", "origin",
        "request_method", "detail", "policy",
    ):  # fmt: skip
        with pytest.raises(TypeError):
            getattr(decision, name)
    for call in (
        decision.explain,
        lambda: decision.merge_asgi([]),
        lambda: decision.merge_wsgi([]),
        lambda: repr(decision),
        lambda: hash(decision),
        lambda: decision == engine.Decision.__new__(engine.Decision),
    ):
        with pytest.raises(TypeError):
            call()


def test_engines_and_decisions_do_not_change(policy: Any) -> None:
    decision = policy.decide(b"GET", OK)
    for thing, names in (
        (policy, ("settings", "decide", "origins", "anything", "__dict__", "_settings")),
        (decision, ("kind", "allowed", "headers", "policy", "explain", "anything", "__dict__", "_facts")),
    ):
        for name in names:
            with pytest.raises((AttributeError, TypeError)):
                setattr(thing, name, None)
            with pytest.raises((AttributeError, TypeError)):
                delattr(thing, name)
    policy.origins().clear()
    assert policy.origins() == sorted(nasty.ORIGINS)


def test_a_second_init_changes_nothing(policy: Any) -> None:
    before = policy.decide(b"GET", OK).headers
    for arguments in ((), (nasty.SETTINGS, ["*"]), (None, None)):
        with contextlib.suppress(TypeError):
            policy.__init__(*arguments)
        assert policy.origins() == sorted(nasty.ORIGINS)
        assert policy.decide(b"GET", OK).headers == before
    decision = policy.decide(b"GET", OK)
    for arguments in ((), (policy,), (None, None)):
        with contextlib.suppress(TypeError):
            decision.__init__(*arguments)
        assert decision.headers == before


def test_engines_can_be_copied_and_pickled_and_decisions_copied_only(engine: ModuleType, policy: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        other = pickle.loads(pickle.dumps(policy, protocol))
        assert type(other) is engine.Engine
        assert (other.settings, other.origins()) == (policy.settings, policy.origins())
        assert other.decide(b"GET", OK).headers == policy.decide(b"GET", OK).headers
    for copied in (copy.copy(policy), copy.deepcopy(policy)):
        assert (copied.settings, copied.origins()) == (policy.settings, policy.origins())
    decision = policy.decide(b"GET", OK)
    assert copy.copy(decision) is copy.deepcopy(decision) is decision  # it never changes
    with pytest.raises(TypeError):
        pickle.dumps(decision)


def test_a_decision_cannot_be_subclassed(engine: ModuleType) -> None:
    with pytest.raises(TypeError):
        type("Child", (engine.Decision,), {})


def test_a_subclass_of_an_engine_is_an_engine(engine: ModuleType) -> None:
    class Child(engine.Engine):  # type: ignore[misc,name-defined]
        def is_origin_allowed(self, origin: Any) -> bool:
            return True

    child = Child(*compiled(nasty.SETTINGS, nasty.ORIGINS))
    assert child.is_origin_allowed(b"https://evil.example")
    assert not child.decide(b"GET", b"https://evil.example").allowed  # the engine asks itself, not the subclass
    assert child.decide(b"GET", OK).policy is child


def test_a_decision_keeps_what_it_was_made_on(policy: Any) -> None:
    lines = [b"x-a", "X-A"]
    decision = policy.decide(b"OPTIONS", OK, b"PUT", lines)
    minimal = type(policy)(*compiled(nasty.SETTINGS._replace(disclose="minimal"), nasty.ORIGINS))
    mirrored = minimal.decide(b"OPTIONS", OK, b"PUT", lines)
    before = [(item.headers, item.block, item.explain()) for item in (decision, mirrored)]
    lines[:] = [b"evil\r\n"] * 500
    assert [(item.headers, item.block, item.explain()) for item in (decision, mirrored)] == before


def test_decisions_are_equal_where_they_say_the_same(engine: ModuleType, policy: Any) -> None:
    other = engine.Engine(*compiled(nasty.SETTINGS, nasty.ORIGINS))
    one, two = policy.decide(b"GET", OK), other.decide("GET", OK.decode())
    assert one == two
    assert hash(one) == hash(two)
    assert one != policy.decide(b"GET", None)
    assert one != policy.decide(b"GET", b"https://x.b.example")
    assert (one == 5) is False
    assert len({one, two, policy.decide(b"GET", OK)}) == 1


class Hungry:
    """A header for which there is no memory."""

    def __iter__(self) -> Any:
        raise MemoryError("the header's own")


def test_want_of_memory_is_told_and_not_taken_for_an_odd_header(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=["https://a.example"])
    decision = policy.decide("GET", "https://a.example")
    for call in (
        lambda: policy.response_headers([Hungry()]),
        lambda: policy.decide_asgi(scope([Hungry()])),
        lambda: decision.merge_asgi([Hungry()]),
        lambda: decision.merge_wsgi([Hungry()]),
    ):
        with pytest.raises(MemoryError, match="the header's own"):
            call()
