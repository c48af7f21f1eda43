"""Section 5 of the contract: the output forms, their types, and that all of them say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fastcors.embedding import Written
from fastcors.errors import BufferTooSmallError
from tests.contract import doors, policies
from tests.support.exchange import Req, pre
from tests.support.names import name_of

LOCAL = policies.LOCAL.encode()

REQUESTS: list[Req] = [
    Req(),
    Req(b"GET", (LOCAL,)),
    Req(b"GET", (b"https://a.example.com",)),
    Req(b"GET", (b"https://evil.example",)),
    Req(b"GET", (b"bad\r\n",)),
    Req(b"OPTIONS", (LOCAL,)),
    pre(b"GET", origin=LOCAL),
    pre(b"PUT", b"x-a, X-B", origin=LOCAL),
    pre(b"PURGE", b"authorization", origin=LOCAL),
    pre(b"PUT", origin=b"https://evil.example"),
    pre(b"GET", origin=LOCAL, private=b"true"),
]


def decisions(policy_class: Any, *, debug: bool = False) -> Iterator[tuple[Any, Req, Any]]:
    for name in policies.K:
        policy = policies.built(policy_class, name, debug=debug)
        for req in REQUESTS:
            yield (
                policy,
                req,
                policy.decide(
                    req.method,
                    req.origins[0] if req.origins else None,
                    req.acrm,
                    list(req.acrh),
                    request_private_network=req.acrpn,
                ),
            )


@pytest.mark.parametrize("debug", [False, True])
def test_all_forms_have_the_same_content_in_the_same_order(policy_class: Any, debug: bool) -> None:
    for policy, req, decision in decisions(policy_class, debug=debug):
        pairs = [(name.decode(), value.decode()) for name, value in decision.headers]
        assert [(name.lower(), value) for name, value in decision.headers_str] == pairs
        assert doors.parse_block(decision.block) == pairs
        lines = [f"{name}: {value}\r\n" for name, value in decision.headers_str]
        assert decision.block == "".join(lines).encode()
        buffer = bytearray(len(decision.block))
        written = policy.write_into(
            buffer, 0, req.method, *req.origins or (None,), req.acrm, list(req.acrh),
            request_private_network=req.acrpn,
        )  # fmt: skip
        assert written == Written(decision.kind, decision.status, len(decision.block))
        assert bytes(buffer) == decision.block


@pytest.mark.parametrize("debug", [False, True])
def test_the_forms_are_new_lists_of_tuples_of_exact_types(policy_class: Any, debug: bool) -> None:
    for _, _, decision in decisions(policy_class, debug=debug):
        assert type(decision.block) is bytes
        assert type(decision.body) is bytes
        for pairs, kind in (
            (decision.headers, bytes),
            (decision.headers_str, str),
            (decision.merge_asgi([]), bytes),
            (decision.merge_wsgi([]), str),
        ):
            assert type(pairs) is list
            for pair in pairs:
                assert type(pair) is tuple
                assert [type(part) for part in pair] == [kind, kind]


def test_names_are_lower_case_in_asgi_and_title_case_in_wsgi(policy_class: Any) -> None:
    for _, _, decision in decisions(policy_class):
        assert all(name == name.lower() for name, _ in decision.headers)
        assert all(name == name.title() for name, _ in decision.headers_str)
        assert [name.title().encode() for name, _ in decision.headers_str] == [
            line.partition(b":")[0] for line in decision.block.splitlines()
        ]


def test_acao_is_the_callers_own_bytes_object(policy_class: Any) -> None:
    for name, origin in {
        "K1": LOCAL,
        "K6": b"https://a.example.com",
        "K10": b"http://a.example.com:1234",
        "reflect": b"https://x.example",
        "null": b"null",
    }.items():
        own = bytes(bytearray(origin))  # an object that nobody else has
        policy = policies.built(policy_class, name)
        decision = policy.decide(b"GET", own)
        assert dict(decision.headers)[b"access-control-allow-origin"] is own
        assert dict(decision.merge_asgi([]))[b"access-control-allow-origin"] is own
        scope = Req(b"GET", (own,)).scope()
        found = dict(policy.decide_asgi(scope).headers)[b"access-control-allow-origin"]
        assert found is own
        found = dict(policy.response_headers(scope["headers"]))[b"access-control-allow-origin"]
        assert found == own  # these may be shared, as this call makes nothing new


class LyingBytes(bytes):
    """A subclass whose data is an allowed origin and whose methods say otherwise."""

    def __str__(self) -> str:
        return "evil"

    def __bytes__(self) -> bytes:
        return b"evil"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class LyingStr(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "evil"

    def encode(self, *_args: Any) -> bytes:  # type: ignore[override]
        return b"evil"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


def test_an_origin_of_a_subclass_comes_out_as_exact_bytes(policy_class: Any) -> None:
    for name in ("K7", "K10", "reflect"):
        policy = policies.built(policy_class, name)
        origin = {"K7": LOCAL, "K10": b"http://a.example.com"}.get(name, b"https://x.example")
        for given in (LyingBytes(origin), LyingStr(origin.decode()), origin.decode()):
            decision = policy.decide(b"GET", given)
            value = decision.headers[0][1]
            assert type(value) is bytes
            assert value == origin
            text = decision.headers_str[0][1]
            assert type(text) is str
            assert text == origin.decode()
            assert decision.allowed
        for lie in (LyingBytes(b"https://evil.example."), LyingStr("https://evil.example.")):
            assert not policy.decide(b"GET", lie).allowed


def test_str_and_bytes_give_the_same_answer(policy_class: Any) -> None:
    for policy, req, decision in decisions(policy_class):

        def text(value: bytes | None) -> str | None:
            return None if value is None else value.decode("latin-1")

        other = policy.decide(
            text(req.method),
            text(req.origins[0] if req.origins else None),
            text(req.acrm),
            [text(line) for line in req.acrh],
            request_private_network=text(req.acrpn),
        )
        for field in (
            "kind",
            "allowed",
            "reason",
            "status",
            "headers",
            "headers_str",
            "block",
            "body",
            "detail",
        ):
            assert getattr(other, field) == getattr(decision, field)


@pytest.mark.parametrize("make", [lambda lines: list(lines), tuple, lambda lines: b",".join(lines)])
def test_header_lines_may_come_in_any_form(policy_class: Any, make: Any) -> None:
    policy = policies.built(policy_class, "K2")
    lines = [b"x-a", b"X-B,x-c"]
    decision = policy.decide(b"OPTIONS", LOCAL, b"GET", make(lines))
    assert dict(decision.headers)[b"access-control-allow-headers"].replace(b" ", b"") == b"x-a,x-b,x-c"


@pytest.mark.parametrize("nothing", [None, [], (), b"", "", [b""], [""]])
def test_no_requested_names_give_no_acah(policy_class: Any, nothing: Any) -> None:
    for name in ("K2", "minimal", "star-minimal"):
        decision = policies.built(policy_class, name).decide(b"OPTIONS", LOCAL, b"GET", nothing)
        assert decision.allowed
        assert b"access-control-allow-headers" not in dict(decision.headers)


def test_mirrored_names_are_as_asked_in_lower_case(policy_class: Any) -> None:
    for name in ("K2", "star-minimal"):
        decision = policies.built(policy_class, name).decide(
            b"OPTIONS", LOCAL, b"GET", [b",X-B, x-a,,X-b\t", b"", b"!#$%&'*+-.^_`|~09"]
        )
        value = dict(decision.headers)[b"access-control-allow-headers"]
        assert value.replace(b" ", b"") == b"x-b,x-a,x-b,!#$%&'*+-.^_`|~09"


class TestWriteInto:
    ARGS = (b"GET", LOCAL)

    @pytest.fixture
    def policy(self, policy_class: Any) -> Any:
        return policies.built(policy_class, "K1")

    @pytest.mark.parametrize("kind", [bytearray, lambda data: memoryview(bytearray(data))])
    def test_it_writes_at_the_offset_and_nowhere_else(self, policy: Any, kind: Any) -> None:
        block = policy.decide(*self.ARGS).block
        for before, after in ((0, 0), (0, 5), (3, 0), (7, 9)):
            buffer = kind(b"\xee" * (before + len(block) + after))
            assert policy.write_into(buffer, before, *self.ARGS).size == len(block)
            assert bytes(buffer) == b"\xee" * before + block + b"\xee" * after

    def test_a_buffer_that_is_too_small_stays_as_it_was(self, policy: Any) -> None:
        block = policy.decide(*self.ARGS).block
        for size in range(len(block)):
            buffer = bytearray(b"\xee" * (size + 2))
            with pytest.raises(BufferTooSmallError) as caught:
                policy.write_into(buffer, 2, *self.ARGS)
            assert (caught.value.needed, caught.value.available) == (len(block), size)
            assert buffer == b"\xee" * (size + 2)

    def test_the_offset_must_lie_in_the_buffer(self, policy: Any) -> None:
        buffer = bytearray(1000)
        for offset in (-1, -1000, 1001, 1 << 31, 1 << 63, -(1 << 63), 1 << 64, 1 << 200):
            with pytest.raises(ValueError) as caught:
                policy.write_into(buffer, offset, *self.ARGS)
            assert not isinstance(caught.value, BufferTooSmallError)
            assert not any(buffer)
        with pytest.raises(BufferTooSmallError):
            policy.write_into(buffer, 1000, *self.ARGS)

    def test_the_buffer_must_be_writable_bytes(self, policy: Any) -> None:
        import array

        for buffer in (
            b"x" * 1000,
            memoryview(b"x" * 1000),
            "x" * 1000,
            None,
            1000,
            [0] * 1000,
            memoryview(bytearray(2000))[::2],
        ):
            with pytest.raises(TypeError):
                policy.write_into(buffer, 0, *self.ARGS)
        with pytest.raises(TypeError):
            policy.write_into(array.array("d", [0.0] * 1000), 0, *self.ARGS)

    def test_it_leaves_the_buffer_free_to_be_resized(self, policy: Any) -> None:
        buffer = bytearray(1000)
        policy.write_into(buffer, 0, *self.ARGS)
        buffer.extend(b"x")
        with pytest.raises(BufferTooSmallError):
            policy.write_into(buffer, 1000, *self.ARGS)
        buffer.extend(b"x")
        with pytest.raises(TypeError):
            policy.write_into(buffer, 0, None, None)
        buffer.extend(b"x")

    def test_nothing_to_write_fits_an_empty_buffer(self, policy_class: Any) -> None:
        policy = policies.built(policy_class, "K4")
        assert policy.write_into(bytearray(), 0, b"OPTIONS", b"bad origin", b"GET") == ("preflight", 403, 0)


def test_decision_fields_say_what_was_asked(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K7")
    origin, method = bytes(bytearray(LOCAL)), bytes(bytearray(b"PUT"))
    decision = policy.decide(b"OPTIONS", origin, method)
    assert decision.origin is origin
    assert decision.request_method is method
    assert decision.policy is policy
    text = policy.decide("GET", policies.LOCAL)
    assert text.origin == policies.LOCAL
    assert text.request_method is None
    assert policy.decide("GET", None).origin is None


@pytest.mark.parametrize(
    "arguments",
    [
        (None, LOCAL),
        (1, LOCAL),
        (bytearray(b"GET"), LOCAL),
        (memoryview(b"GET"), LOCAL),
        ([b"GET"], LOCAL),
        (b"GET", 1),
        (b"GET", bytearray(LOCAL)),
        (b"GET", [LOCAL]),
        (b"GET", LOCAL, 1),
        (b"GET", LOCAL, [b"PUT"]),
        (b"GET", LOCAL, b"PUT", 1),
        (b"GET", LOCAL, b"PUT", [1]),
        (b"GET", LOCAL, b"PUT", [b"a", None]),
        (b"GET", LOCAL, b"PUT", [[b"a"]]),
        (b"GET", LOCAL, b"PUT", {b"a"}),
        (b"GET", LOCAL, b"PUT", iter([b"a"])),
        (b"GET", LOCAL, b"PUT", bytearray(b"a")),
        (b"GET", None, None, 1),
        (b"GET", None, 1),
    ],
    ids=name_of,
)
def test_wrong_types_are_type_errors_whatever_the_request(policy_class: Any, arguments: tuple[Any, ...]) -> None:
    for name in ("K1", "K4"):
        policy = policies.built(policy_class, name)
        with pytest.raises(TypeError):
            policy.decide(*arguments)
        with pytest.raises(TypeError):
            policy.write_into(bytearray(1000), 0, *arguments)


def test_a_wrong_private_network_argument_is_a_type_error(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K1")
    for value in (True, 1, [b"true"], bytearray(b"true")):
        with pytest.raises(TypeError):
            policy.decide(b"GET", None, request_private_network=value)
    with pytest.raises(TypeError):
        policy.decide(b"GET", None, None, None, b"true")
