"""decide_head() and write_head_into(): a request as it came over the wire, in HTTP/1.1."""

from __future__ import annotations

import array
import asyncio
import ctypes
import mmap

import pytest
from multidict import CIMultiDict

from fastcors import DeclaredRequest
from fastcors.decision import Reason
from fastcors.embedding import Written
from fastcors.errors import BufferTooSmallError

ORIGIN = b"https://example.com"
LINE = b"Origin: https://example.com\r\n"
GET = b"GET /a?b=c HTTP/1.1\r\n"
HEAD = GET + b"Host: api.example\r\n" + LINE + b"\r\n"
PREFLIGHT = (
    b"OPTIONS * HTTP/1.1\r\nHost: api.example\r\n"
    + LINE
    + b"Access-Control-Request-Method: PUT\r\naccess-control-request-headers: x-a\r\n\r\n"
)
SETTINGS = {"allow_methods": ("PUT",), "allow_headers": ("x-a",)}


@pytest.fixture
def engine_of(make_engine):
    """An engine that allows ORIGIN."""
    return lambda **settings: make_engine([ORIGIN.decode()], **{**SETTINGS, **settings})


def reason(engine, head, **more):
    return engine.decide_head(head, **more).reason


def test_a_head_says_what_its_fields_say(engine_of):
    engine = engine_of(allow_private_network=True)
    assert engine.decide_head(HEAD) == engine.decide("GET", ORIGIN)
    assert engine.decide_head(PREFLIGHT) == engine.decide("OPTIONS", ORIGIN, "PUT", "x-a")
    network = PREFLIGHT[:-2] + b"Access-Control-Request-Private-Network: true\r\n\r\n"
    decision = engine.decide_head(network)
    assert decision == engine.decide("OPTIONS", ORIGIN, "PUT", "x-a", request_private_network="true")
    assert decision.requested == (b"PUT", False, (b"x-a",), True)
    assert engine.decide_head(GET + b"Host: a\r\n\r\n").kind == "none"
    assert engine.decide_head(b"OPTIONS / HTTP/1.1\r\n" + LINE + b"\r\n").kind == "actual"
    assert engine.decide_head(PREFLIGHT.replace(b"OPTIONS", b"options")).kind == "actual"
    assert engine.decide_head(b"GET / HTTP/1.0\r\n" + LINE + b"\r\n").allowed


@pytest.mark.parametrize("name", [b"origin", b"ORIGIN", b"oRiGiN"])
def test_names_are_in_any_letter_case(engine_of, name):
    assert reason(engine_of(), GET + name + b": " + ORIGIN + b"\r\n\r\n") is Reason.OK


@pytest.mark.parametrize("before", [b"", b" ", b"\t", b" \t \t "])
@pytest.mark.parametrize("after", [b"", b" ", b"\t", b" \t \t "])
def test_white_space_around_a_value_is_no_part_of_it(engine_of, before, after):
    decision = engine_of().decide_head(GET + b"Origin:" + before + ORIGIN + after + b"\r\n\r\n")
    assert (decision.reason, decision.origin) == (Reason.OK, ORIGIN)


def test_white_space_within_a_value_is_a_part_of_it(engine_of):
    for value in (b"https://example.com https://example.com", b"https://example\t.com", b"https://example .com"):
        decision = engine_of().decide_head(GET + b"Origin: " + value + b"\r\n\r\n")
        assert (decision.reason, decision.origin) == (Reason.ORIGIN_MALFORMED, value)


def test_several_lines_count_as_several(engine_of):
    engine = engine_of()
    assert reason(engine, HEAD[:-2] + LINE + b"\r\n") is Reason.ORIGIN_MULTIPLE
    assert reason(engine, HEAD[:-2] + b"oriGIN:\r\n\r\n") is Reason.ORIGIN_MULTIPLE
    assert reason(engine, GET + b"Origin:\r\n\r\n") is Reason.ORIGIN_MALFORMED
    twice = PREFLIGHT[:-2] + b"Access-Control-Request-Method: PUT\r\n\r\n"
    assert reason(engine, twice) is Reason.METHOD_MALFORMED
    names = PREFLIGHT[:-2] + b"Access-Control-Request-Headers: x-a, x-b\r\n\r\n"
    decision = engine.decide_head(names)
    assert (decision.reason, decision.requested.headers) == (Reason.HEADER_NOT_ALLOWED, (b"x-a", b"x-a, x-b"))
    many = PREFLIGHT[:-2] + b"Access-Control-Request-Headers: x-a\r\n" * 200 + b"\r\n"
    assert reason(engine, many) is Reason.HEADERS_TOO_LARGE


MALFORMED = {
    "a bare LF": HEAD.replace(b"\r\n", b"\n"),
    "one bare LF": HEAD.replace(LINE, LINE[:-2] + b"\n"),
    "a bare LF at the end": HEAD[:-2] + b"\n",
    "a bare CR": HEAD.replace(LINE, LINE[:-2] + b"\r"),
    "a bare CR in a value": HEAD.replace(b"api.example", b"api\r.example"),
    "two CR": HEAD.replace(LINE, LINE[:-2] + b"\r\r\n"),
    "NUL in a value": HEAD.replace(b"api.example", b"api\0.example"),
    "NUL in a name": HEAD.replace(b"Host", b"Ho\0st"),
    "a control character": HEAD.replace(b"api.example", b"api\x01.example"),
    "DEL": HEAD.replace(b"api.example", b"api\x7f.example"),
    "a vertical tab": HEAD.replace(b"api.example", b"api\x0b.example"),
    "a folded line": HEAD[:-2] + b" folded\r\n\r\n",
    "a folded line, with a tab": HEAD[:-2] + b"\tfolded\r\n\r\n",
    "a fold before the first field": GET + b" " + LINE + b"\r\n",
    "white space before the colon": HEAD.replace(b"Host:", b"Host :"),
    "white space before the colon of Origin": HEAD.replace(b"Origin:", b"Origin\t:"),
    "white space in a name": HEAD.replace(b"Host:", b"Ho st:"),
    "no colon": HEAD.replace(b"Host:", b"Host"),
    "an empty name": HEAD.replace(b"Host:", b":"),
    "a name that is no token": HEAD.replace(b"Host:", b"Ho(st:"),
    "a name beyond ASCII": HEAD.replace(b"Host:", b"H\xf6st:"),
    "an empty line first": b"\r\n" + HEAD,
    "no method": HEAD.replace(b"GET ", b" "),
    "a method that is no token": HEAD.replace(b"GET", b"G@T"),
    "no target": HEAD.replace(b" /a?b=c", b""),
    "an empty target": HEAD.replace(b"/a?b=c", b""),
    "two spaces": HEAD.replace(b" /a", b"  /a"),
    "a tab": HEAD.replace(b" /a", b"\t/a"),
    "a space in the target": HEAD.replace(b"/a", b"/ a"),
    "a target beyond ASCII": HEAD.replace(b"/a", b"/\xc3\xa4"),
    "no version": HEAD.replace(b" HTTP/1.1", b""),
    "HTTP/2": HEAD.replace(b"HTTP/1.1", b"HTTP/2.0"),
    "HTTP/1": HEAD.replace(b"HTTP/1.1", b"HTTP/1"),
    "http/1.1": HEAD.replace(b"HTTP/1.1", b"http/1.1"),
    "HTTP/1.11": HEAD.replace(b"HTTP/1.1", b"HTTP/1.11"),
    "a space behind the version": HEAD.replace(b"HTTP/1.1", b"HTTP/1.1 "),
    "a status line": HEAD.replace(GET, b"HTTP/1.1 200 OK\r\n"),
    "no empty line": HEAD[:-2],
    "nothing": b"",
    "an empty line": b"\r\n",
}


@pytest.mark.parametrize("head", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_head_is_no_cors_request_as_a_whole(engine_of, head):
    decision = engine_of().decide_head(head)
    assert (decision.kind, decision.origin, decision.request_method) == ("none", None, None)


@pytest.mark.parametrize("head", [HEAD, PREFLIGHT])
def test_a_head_that_is_cut_anywhere_is_no_cors_request(engine_of, head):
    engine = engine_of()
    for size in range(len(head)):
        assert engine.decide_head(head[:size]).kind == "none"
        assert engine.decide_head(bytearray(head), 0, size).kind == "none"
    assert engine.decide_head(head).allowed


@pytest.mark.parametrize("more", [b"", b"body", LINE + b"\r\n", b"\r\n", b"\0", HEAD])
def test_what_comes_after_the_empty_line_is_not_looked_at(engine_of, more):
    assert reason(engine_of(), HEAD + more) is Reason.OK
    assert reason(engine_of(), GET + b"\r\n" + more) is Reason.NOT_CORS


def test_a_control_character_at_any_place_of_a_long_value_makes_the_head_malformed(engine_of):
    engine = engine_of()
    for size in (0, 1, 7, 8, 15, 16, 17, 31, 33, 64):
        for at in range(size + 1):
            for byte in (b"\0", b"\x1f", b"\x7f", b"\r", b"\n"):
                value = b"v" * at + byte + b"v" * (size - at)
                assert reason(engine, LINE + b"A:" + value + b"\r\n\r\n", method="GET") is Reason.NOT_CORS
            for byte in (b"\t", b" ", b"\x80", b"\xff"):
                value = b"v" * at + byte + b"v" * (size - at)
                assert reason(engine, LINE + b"A:" + value + b"\r\n\r\n", method="GET") is Reason.OK


def test_a_name_is_a_token_at_any_place(engine_of):
    engine = engine_of()
    tokens = {byte for byte in range(256) if chr(byte) in "!#$%&'*+-.^_`|~" or (chr(byte).isalnum() and byte < 128)}
    for size in (0, 3, 14, 15, 16, 30):
        for byte in range(256):
            head = LINE + b"n" * size + bytes([byte]) + b"n" * 17 + b":\r\n\r\n"
            expected = byte in tokens or (byte == ord(":") and size > 0)
            assert (reason(engine, head, method="GET") is Reason.OK) is expected, (size, byte)


def test_a_head_without_its_request_line_begins_with_its_first_field(engine_of):
    engine = engine_of()
    fields = PREFLIGHT.partition(b"\r\n")[2]
    for method in ("OPTIONS", b"OPTIONS"):
        assert engine.decide_head(fields, method=method) == engine.decide_head(PREFLIGHT)
    assert engine.decide_head(fields, method="PUT").kind == "actual"
    assert engine.decide_head(PREFLIGHT, method="OPTIONS").kind == "none"
    assert engine.decide_head(fields).kind == "none"
    assert engine.decide_head(b"\r\n", method="GET").kind == "none"


def test_a_part_of_a_buffer_is_read_and_nothing_beyond_it(engine_of):
    engine = engine_of()
    data = LINE + HEAD + LINE
    start, end = len(LINE), len(LINE + HEAD)
    for given in (data, bytearray(data), memoryview(data), memoryview(bytearray(data)), array.array("B", data)):
        assert engine.decide_head(given, start, end).allowed
        assert engine.decide_head(given, start).allowed
        assert engine.decide_head(given, start, end - 1).kind == "none"
        assert engine.decide_head(given, start + 1, end).kind == "actual"  # "ET"
        assert engine.decide_head(given, start, start).kind == "none"
    assert engine.decide_head((ctypes.c_char * len(HEAD)).from_buffer_copy(HEAD)).allowed
    with mmap.mmap(-1, 4096) as mapped:
        mapped[: len(HEAD)] = HEAD
        assert engine.decide_head(mapped).allowed


@pytest.mark.parametrize(
    ("start", "end"), [(-1, None), (0, -1), (3, 2), (0, 11), (11, None), (0, 2**70), (-(2**70), 1)]
)
def test_a_part_outside_the_head_is_a_value_error(engine_of, start, end):
    with pytest.raises(ValueError, match="head of 10 bytes"):
        engine_of().decide_head(b"x" * 10, start, end)


def test_a_decision_owns_what_it_was_made_of(engine_of):
    head = bytearray(PREFLIGHT)
    decision = engine_of(disclose="minimal").decide_head(head)
    expected = engine_of(disclose="minimal").decide("OPTIONS", ORIGIN, "PUT", "x-a").headers
    head[:] = b"\xee" * len(head)
    head.clear()  # no view of it is left
    assert decision.headers == expected
    assert (decision.origin, decision.requested.headers) == (ORIGIN, (b"x-a",))
    assert type(decision.origin) is bytes


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("GET / HTTP/1.1\r\n\r\n", "the bytes that came over the wire"),
        ([(b"origin", ORIGIN)], "decide_pairs"),
        (((b"origin", ORIGIN),), "decide_pairs"),
        (CIMultiDict({"Origin": "x"}), "decide_mapping"),
        ({"type": "http", "headers": []}, "decide_asgi"),
        ({"REQUEST_METHOD": "GET"}, "decide_wsgi"),
        (None, "NoneType"),
        (5, "int"),
        (memoryview(HEAD)[::2], "memoryview"),
        (array.array("H", [1, 2, 3]), "array"),
        (memoryview(HEAD[:12]).cast("B", (3, 4)), "memoryview"),
    ],
)
def test_what_is_no_run_of_bytes_is_a_type_error_that_names_its_reader(engine_of, given, named):
    with pytest.raises(TypeError, match=named):
        engine_of().decide_head(given)
    with pytest.raises(TypeError, match=named):
        engine_of().write_head_into(bytearray(100), 0, given)


@pytest.mark.parametrize("given", [HEAD, bytearray(HEAD), memoryview(HEAD)])
def test_a_reader_of_pairs_names_the_reader_of_heads(engine_of, given):
    with pytest.raises(TypeError, match="decide_head"):
        engine_of().decide_pairs("GET", given)
    with pytest.raises(TypeError, match="decide_head"):
        engine_of().decide_asgi({"method": "GET", "headers": given})


def test_other_arguments_of_a_wrong_type_are_type_errors(engine_of):
    engine = engine_of()
    for arguments, more in (
        ((HEAD, "0"), {}),
        ((HEAD, 0, "1"), {}),
        ((HEAD, None), {}),
        ((HEAD,), {"method": 1}),
        ((HEAD,), {"method": bytearray(b"GET")}),
        ((HEAD,), {"origin_granted": 1}),
    ):
        with pytest.raises(TypeError):
            engine.decide_head(*arguments, **more)
        with pytest.raises(TypeError):
            engine.write_head_into(bytearray(500), 0, *arguments, **more)


def test_a_head_is_written_into_a_buffer(engine_of):
    engine = engine_of()
    for head, kind, status in ((HEAD, "actual", None), (PREFLIGHT, "preflight", 204), (b"x", "none", None)):
        block = engine.decide_head(head).block
        buffer = bytearray(b"." * (len(block) + 7))
        written = engine.write_head_into(buffer, 3, head)
        assert written == Written(kind, status, len(block))
        assert type(written) is Written
        assert buffer == b"..." + block + b"...."
    refused = engine.write_head_into(bytearray(500), 0, PREFLIGHT.replace(b"PUT", b"PATCH"))
    assert refused[:2] == ("preflight", 403)
    with pytest.raises(BufferTooSmallError) as raised:
        engine.write_head_into(bytearray(50), 40, HEAD)
    assert (raised.value.needed, raised.value.available) == (len(engine.decide_head(HEAD).block), 10)
    with pytest.raises(ValueError, match="offset 51"):
        engine.write_head_into(bytearray(50), 51, HEAD)


@pytest.mark.parametrize("more", [{}, {"preflight_status": 200}, {"debug": True}, {"disclose": "minimal"}])
def test_a_head_of_a_preflight_is_written_as_its_whole_response(engine_of, more):
    engine = engine_of(**more)
    for head in (PREFLIGHT, PREFLIGHT.replace(b"PUT", b"PATCH"), PREFLIGHT.replace(ORIGIN, b"https://x.example")):
        decision = engine.decide_head(head)
        response = decision.response
        for given in (head, bytearray(head)):
            buffer = bytearray(b"." * (len(response) + 7))
            written = engine.write_head_into(buffer, 3, given, whole=True)
            assert written == Written("preflight", decision.status, len(response))
            assert type(written) is Written
            assert buffer == b"..." + response + b"...."
        shared = bytearray(head + bytes(1000))
        assert engine.write_head_into(shared, 20, shared, 0, len(head), whole=True).size == len(response)
        assert shared[20 : 20 + len(response)] == response
        for room in range(len(response)):
            buffer = bytearray(b"." * room)
            with pytest.raises(BufferTooSmallError) as raised:
                engine.write_head_into(buffer, 0, head, whole=True)
            assert (raised.value.needed, raised.value.available) == (len(response), room)
            assert buffer == b"." * room
    for head in (HEAD, PREFLIGHT[:-1], b""):
        block = engine.decide_head(head).block
        buffer = bytearray(500)
        assert engine.write_head_into(buffer, 0, head, whole=True).size == len(block)
        assert buffer[: len(block)] == block


def test_the_head_and_what_is_written_may_share_a_buffer(engine_of):
    engine = engine_of(disclose="minimal")
    block = engine.decide_head(PREFLIGHT).block
    for at in (0, 20, 45, 60, 90, len(PREFLIGHT)):
        buffer = bytearray(PREFLIGHT + bytes(500))
        assert engine.write_head_into(buffer, at, buffer).size == len(block)
        assert buffer[at : at + len(block)] == block
        buffer.clear()  # no view of it is left


def test_a_function_is_asked_about_the_origin_of_a_head_and_sees_what_is_declared(engine_of):
    seen = []

    def allows(origin, request):
        seen.append((origin, request))
        return origin == "https://tenant.example"

    engine = engine_of(allow_origin_func=allows, vary=(":method", ":path", ":authority", "x-tenant"))
    head = PREFLIGHT.replace(ORIGIN, b"https://tenant.example")[:-2] + b"X-Tenant: a\r\nx-tenant:  b \r\n\r\n"
    assert engine.decide_head(head, path="/a").allowed
    values = {":method": "OPTIONS", ":path": "/a", ":authority": "api.example", "x-tenant": "a, b"}
    assert seen == [("https://tenant.example", DeclaredRequest(values))]
    fields = head.partition(b"\r\n")[2]
    assert engine.decide_head(fields, method="OPTIONS", path=b"/a").allowed
    written = engine.write_head_into(bytearray(500), 0, head, path="/a")
    assert (written.kind, written.status) == ("preflight", 204)
    assert len(seen) == 1
    for malformed in (head[:-2], b"", HEAD):
        with pytest.raises(TypeError, match="path="):
            engine.decide_head(malformed)
    assert engine.decide_head(head[:-2], path="/a").kind == "none"
    assert len(seen) == 1


def test_what_a_function_is_asked_about_is_what_is_decided_on(engine_of):
    head = bytearray(HEAD.replace(ORIGIN, b"https://tenant.com"))

    def allows(origin):
        head[:] = head.replace(b"https://tenant.com", b"https://evil.x.com")
        return origin == "https://tenant.com"

    engine = engine_of(allow_origin_func=allows)
    buffer = bytearray(500)
    size = engine.write_head_into(buffer, 0, head).size
    assert b"evil" in head
    assert b"Access-Control-Allow-Origin: https://tenant.com\r\n" in buffer[:size]


def test_an_asynchronous_function_takes_two_steps(engine_of):
    async def allows(origin):
        return origin == "https://tenant.example"

    engine = engine_of(allow_origin_func=allows)
    head = HEAD.replace(ORIGIN, b"https://tenant.example")
    buffer = bytearray(500)
    for given in (head, HEAD, b""):
        with pytest.raises(TypeError, match="asynchronous"):
            engine.decide_head(given)
        with pytest.raises(TypeError, match="asynchronous"):
            engine.write_head_into(buffer, 0, given)
    decision = engine.decide_head(head, origin_granted=False)
    granted = asyncio.run(engine.origin_check.ask(decision.origin))
    assert engine.decide_head(head, origin_granted=granted).allowed
    size = engine.write_head_into(buffer, 0, head, origin_granted=granted).size
    assert buffer[:size] == engine.decide_head(head, origin_granted=True).block
    arguments = ("GET", b"https://tenant.example")
    assert engine.write_into(buffer, 0, *arguments, origin_granted=True).size == size
    assert engine.write_into(buffer, 0, *arguments, origin_granted=False).size < size
