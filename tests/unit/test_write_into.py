"""write_into(): the header block into a caller's buffer, whole or not at all."""

from __future__ import annotations

import array
import ctypes

import pytest

from fastcors.errors import BufferTooSmallError

ORIGIN = b"https://example.com"


def test_write_into_writes_the_block_at_the_offset_and_nothing_else(make_engine):
    engine = make_engine([ORIGIN.decode()], allow_headers=("x-a",))
    request = ("OPTIONS", ORIGIN, "GET", ["x-a"])
    block = engine.decide(*request).block
    buffer = bytearray(b"." * (len(block) + 7))
    assert engine.write_into(buffer, 3, *request).size == len(block)
    assert buffer == b"..." + block + b"...."


def test_write_into_takes_any_buffer_of_writable_bytes(make_engine):
    engine = make_engine(["*"])
    block = engine.decide("GET", None).block
    for buffer in (
        memoryview(bytearray(100)),
        memoryview(bytearray(200))[50:150],
        array.array("b", bytes(100)),
        ctypes.create_string_buffer(100),
        (ctypes.c_ubyte * 100)(),
    ):
        assert engine.write_into(buffer, 1, "GET", None).size == len(block)
        assert bytes(buffer)[1 : len(block) + 1] == block


def test_write_into_an_exact_fit_works_and_one_byte_less_writes_nothing(make_engine):
    engine = make_engine(["*"])
    block = engine.decide("GET", None).block
    buffer = bytearray(len(block))
    assert engine.write_into(buffer, 0, "GET", None).size == len(block)
    for buffer, offset in ((bytearray(len(block) - 1), 0), (bytearray(len(block)), 1), (bytearray(), 0)):
        with pytest.raises(BufferTooSmallError) as raised:
            engine.write_into(buffer, offset, "GET", None)
        assert (raised.value.needed, raised.value.available) == (len(block), len(buffer) - offset)
        assert not any(buffer)


def test_write_into_an_empty_block_needs_no_room(make_engine):
    engine = make_engine(["*"])
    assert engine.write_into(bytearray(), 0, "OPTIONS", "null", "PUT").size == 0
    assert engine.write_into(bytearray(5), 5, "OPTIONS", "null", "PUT").size == 0


@pytest.mark.parametrize("offset", [-1, 11, -11, 2**62, 2**100, -(2**100)])
def test_write_into_refuses_an_offset_outside_the_buffer(make_engine, offset):
    buffer = bytearray(10)
    with pytest.raises(ValueError, match="offset") as raised:
        make_engine(["*"]).write_into(buffer, offset, "GET", None)
    assert type(raised.value) is ValueError
    assert not any(buffer)


@pytest.mark.parametrize(
    "buffer",
    [b"x" * 100, "x" * 100, None, 1, [0] * 100, memoryview(bytes(100)), memoryview(bytearray(200))[::2]],
    ids=lambda buffer: type(buffer).__name__,
)
def test_write_into_refuses_what_is_no_writable_contiguous_buffer(make_engine, buffer):
    with pytest.raises(TypeError):
        make_engine(["*"]).write_into(buffer, 0, "GET", None)


def test_write_into_refuses_items_of_more_than_a_byte(make_engine):
    with pytest.raises(TypeError, match="bytes"):
        make_engine(["*"]).write_into(array.array("i", bytes(400)), 0, "GET", None)


def test_write_into_refuses_wrong_types_before_it_writes(make_engine):
    buffer = bytearray(100)
    for arguments in (("0", "GET", None), (0.0, "GET", None), (0, None, None), (0, "GET", 1)):
        with pytest.raises(TypeError):
            make_engine(["*"]).write_into(buffer, *arguments)
    assert not any(buffer)
    buffer.append(0)  # no view of it is left


@pytest.mark.parametrize("more", [{}, {"preflight_status": 200}, {"debug": True}, {"disclose": "minimal"}])
def test_write_into_writes_the_whole_response_to_a_preflight_or_nothing_of_it(make_engine, more):
    engine = make_engine([ORIGIN.decode()], allow_headers=("x-a",), **more)
    for request in (
        ("OPTIONS", ORIGIN, "GET", ["x-a"]),
        (b"OPTIONS", ORIGIN.decode(), "PATCH"),
        ("OPTIONS", "https://x.example", b"GET", "x-a"),
    ):
        response = engine.decide(*request).response
        buffer = bytearray(b"." * (len(response) + 7))
        written = engine.write_into(buffer, 3, *request, whole=True)
        assert written == ("preflight", engine.decide(*request).status, len(response))
        assert buffer == b"..." + response + b"...."
        for room in range(len(response)):
            buffer = bytearray(b"." * room)
            with pytest.raises(BufferTooSmallError):
                engine.write_into(buffer, 0, *request, whole=True)
            assert buffer == b"." * room
    for request in (("GET", ORIGIN), ("GET", None), ("OPTIONS", ORIGIN)):
        block = engine.decide(*request).block
        buffer = bytearray(b"." * len(block))
        assert engine.write_into(buffer, 0, *request, whole=True).size == len(block)
        assert buffer == block


def test_write_into_takes_whole_as_python_takes_any_truth(make_engine):
    engine = make_engine(["*"])
    request = ("OPTIONS", ORIGIN, "GET")
    size = len(engine.decide(*request).response)
    for truth in (1, "yes", [0]):
        assert engine.write_into(bytearray(500), 0, *request, whole=truth).size == size
    for untruth in (0, None, ""):
        assert engine.write_into(bytearray(500), 0, *request, whole=untruth).size < size


def test_write_into_explains_the_refusal_of_a_name_in_a_list_of_lines(make_engine):
    engine = make_engine([ORIGIN.decode()], debug=True, allow_headers=("x-a",))
    lines = ["x-a", "x-refused"]
    request = ("OPTIONS", ORIGIN, "GET", lines)
    response = engine.decide(*request).response
    buffer = bytearray(2000)
    size = engine.write_into(buffer, 0, *request, whole=True).size
    assert buffer[:size] == response
    assert b"x-refused" in response
