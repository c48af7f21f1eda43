"""Field lines of HTTP/2 and HTTP/3, and the other forms for servers, checked by decoders of others."""

from __future__ import annotations

from typing import Any

import pylsqpack
import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
from fastcors._twin.fields import HPACK, QPACK, QPACK_PREFIX, field_lines
from tests.support.fields import decoded_hpack, decoded_qpack

ORIGIN = "https://app.example.com"
POLICIES: dict[str, dict[str, Any]] = {
    "list": {"allow_origins": [ORIGIN], "allow_credentials": True, "max_age": 600, "expose_headers": ["ETag"]},
    "any": {"allow_origins": "*", "allow_methods": "*", "allow_headers": "*", "expose_headers": "*"},
    "static values": {
        "allow_origins": [ORIGIN], "allow_headers": ["Content-Type"], "expose_headers": ["Content-Length"],
        "timing_allow_origin": "*",
    },
    "cache-control": {"allow_origins": "*", "allow_headers": ["Cache-Control"], "allow_methods": ["PUT"]},
    "minimal": {
        "allow_origins": [ORIGIN], "allow_methods": ["PUT"], "allow_headers": "*", "disclose": "minimal",
        "timing_allow_origin": True, "allow_private_network": True,
    },
    "long": {"allow_origins": [ORIGIN], "allow_headers": [f"x-{'a' * 50}-{i}" for i in range(60)]},
    "debug": {"allow_origins": [ORIGIN], "debug": True},
}  # fmt: skip
REQUESTS: dict[str, tuple[Any, ...]] = {
    "no CORS": ("GET", None),
    "actual": ("GET", ORIGIN),
    "refused": ("GET", "https://other.example"),
    "preflight": ("OPTIONS", ORIGIN, "PUT", "content-type"),
    "long preflight": ("OPTIONS", ORIGIN, "GET", ",".join(f"x-{i:05}" for i in range(120))),
    "refused preflight": ("OPTIONS", "https://other.example", "PUT"),
    "refused method": ("OPTIONS", ORIGIN, "PATCH"),
}


def whole(decision: Any) -> list[tuple[bytes, bytes]]:
    """The fields that a decision's block must have."""
    if decision.kind != "preflight":
        return decision.headers
    messages = decision.asgi_messages
    return [(b":status", str(decision.status).encode()), *messages[0]["headers"]]


every_policy = pytest.mark.parametrize("name", POLICIES)


@every_policy
def test_decoders_read_exactly_the_headers(policy_class: Any, name: str) -> None:
    policy = policy_class(**POLICIES[name])
    for arguments in REQUESTS.values():
        decision = policy.decide(*arguments)
        assert decoded_hpack(decision.hpack) == whole(decision)
        assert decoded_qpack(decision.qpack) == whole(decision)
        assert decision.qpack == b"\0\0" + decision.qpack_lines
        assert type(decision.hpack) is type(decision.qpack) is type(decision.qpack_lines) is bytes


@pytest.mark.parametrize("status", [*range(200, 300), *range(400, 500)])
def test_every_status_is_read(policy_class: Any, status: int) -> None:
    accepted = status if status < 300 else 204
    policy = policy_class(allow_origins=[ORIGIN], preflight_status=accepted, preflight_failure_status=status)
    for origin, expected in ((ORIGIN, accepted), ("https://other.example", status)):
        decision = policy.decide("OPTIONS", origin, "GET")
        assert decision.status == expected
        assert decoded_hpack(decision.hpack) == whole(decision)
        assert decoded_qpack(decision.qpack) == whole(decision)


@every_policy
def test_they_can_be_put_behind_any_block_and_change_no_state(policy_class: Any, name: str) -> None:
    policy = policy_class(**POLICIES[name])
    encoder, decoder = Encoder(), Decoder()
    section_encoder, section_decoder = pylsqpack.Encoder(), pylsqpack.Decoder(4096, 16)
    section_decoder.feed_encoder(section_encoder.apply_settings(4096, 16))
    theirs = [(b":status", b"200"), (b"x-served-by", b"one"), (b"etag", b'"1"'), (b"vary", b"accept")]
    for number, origin in enumerate([ORIGIN, None, "https://other.example", ORIGIN, ORIGIN]):
        decision = policy.decide("GET", origin)
        fields = [*theirs, (b"x-request-id", str(number).encode())]
        # Each block of theirs adds to the dynamic tables and refers to what earlier ones added.
        assert decoded_hpack(encoder.encode(fields) + decision.hpack, decoder) == fields + decision.headers
        stream, section = section_encoder.encode(4 * number, fields)
        section_decoder.feed_encoder(stream)
        control, found = section_decoder.feed_header(4 * number, section + decision.qpack_lines)
        section_encoder.feed_decoder(control)
        assert found == fields + decision.headers


def test_no_line_is_longer_than_what_the_static_tables_allow(policy_class: Any) -> None:
    decision = policy_class(**POLICIES["any"]).decide("GET", ORIGIN)
    assert decision.headers[0] == (b"access-control-allow-origin", b"*")
    assert decision.hpack[:4] == b"\x0f\x05\x01*"  # RFC 7541, section 6.2.2: the name at index 20
    assert decision.qpack_lines[:1] == b"\xe3"  # RFC 9204, section 4.5.2: the field at index 35
    decision = policy_class(**POLICIES["list"]).decide("OPTIONS", ORIGIN, "GET")
    assert decision.hpack[:1] == b"\x89"  # RFC 7541, section 6.1: the field at index 9
    assert decision.qpack[:4] == b"\0\0\xff\x01"  # RFC 9204, section 4.5.2: the field at index 64


NAMES = st.sampled_from([*QPACK.names, *HPACK.names, b"x", b"x-a", b"x" * 200, b"access-control-max-age"])


@given(st.lists(st.tuples(NAMES, st.binary(max_size=300), st.booleans()), max_size=5))
def test_any_field_is_read_as_it_was(fields: list[tuple[bytes, bytes, bool]]) -> None:
    fields += [(name, value, True) for table in (HPACK, QPACK) for name, value in table.fields]
    pairs = [(name, value) for name, value, _ in fields]
    assert decoded_hpack(field_lines(HPACK, fields, None, b"")) == pairs
    assert decoded_qpack(QPACK_PREFIX + field_lines(QPACK, fields, None, b"")) == pairs


@every_policy
def test_the_forms_for_gateway_interfaces_say_the_same(policy_class: Any, name: str) -> None:
    policy = policy_class(**POLICIES[name])
    for arguments in REQUESTS.values():
        decision = policy.decide(*arguments)
        text = [(name.decode(), value.decode()) for name, value in decision.headers]
        assert decision.headers_str_lower == text
        assert {type(part) for pair in decision.headers_str_lower for part in pair} <= {str}
        if decision.kind != "preflight":
            assert decision.asgi_messages is decision.rsgi_response is None
            continue
        start, body = decision.asgi_messages
        assert (start["type"], start["status"]) == ("http.response.start", decision.status)
        assert body == {"type": "http.response.body", "body": decision.body, "more_body": False}
        assert start["headers"][: len(text)] == decision.headers
        described = dict(start["headers"][len(text) :])
        assert set(described) <= {b"content-type", b"content-length"}
        assert int(described.get(b"content-length", b"0")) == len(decision.body)
        expected = [(name.decode(), value.decode()) for name, value in start["headers"]]
        assert decision.rsgi_response == (decision.status, expected)


def test_what_is_handed_out_is_the_callers(policy_class: Any) -> None:
    decision = policy_class(**POLICIES["list"]).decide("OPTIONS", ORIGIN, "GET")
    decision.asgi_messages[0]["headers"].clear()
    decision.asgi_messages[1].clear()
    decision.rsgi_response[1].clear()
    decision.headers_str_lower.clear()
    assert decision.headers_str_lower
    assert decision.asgi_messages[0]["headers"]
    assert decision.asgi_messages[1]["body"] == b""
    assert decision.rsgi_response[1]


def test_a_204_with_a_body_has_fields_that_describe_none(engine: Any) -> None:
    plan, origins, _ = compiled(Settings(), [ORIGIN])
    decision = engine.Engine(plan._replace(accepted_body="OK"), origins).decide("OPTIONS", ORIGIN, "GET")
    assert (decision.status, decision.body) == (204, b"OK")
    assert decoded_hpack(decision.hpack) == [(b":status", b"204"), *decision.headers]
    assert decoded_qpack(decision.qpack) == [(b":status", b"204"), *decision.headers]
