"""The run-time grammar of origins and the patterns, seen through an engine's public names.

A policy that reflects lets every strict origin pass and nothing else; ``*`` lets lenient ones pass too.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from tests.unit.grammar_values import HOST_253, INVALID, LABEL_63

STRICT = [
    "https://example.com",
    "http://example.com",
    "https://example.com:8080",
    "https://example.com:1",
    "https://example.com:65535",
    "https://example.com:80",
    "http://example.com:443",
    "ws://example.com:443",
    "wss://example.com:80",
    "ftp://example.com:80",
    "custom://example.com:80",
    "http://localhost",
    "https://a",
    "https://a.b.c.d.e.f",
    "https://a-b.example.com",
    "https://a--b.example.com",
    "https://xn--bcher-kva.example",
    "https://1.example.com",
    "https://0x.example.com",
    "https://123abc",
    "https://0xg",
    "https://00xff",
    f"https://{LABEL_63}.com",
    f"https://{HOST_253}",
    f"https://{HOST_253}:65535",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0f0f0f0f-1111-2222-3333-444444444444",
    "capacitor://localhost",
    "tauri://localhost",
    "a://b",
    "a+b-c.1://b",
    "s" * 64 + "://b",
    "https://0.0.0.0",
    "https://127.0.0.1",
    "https://255.255.255.255:8080",
    "custom://127.0.0.1",
    "https://[::]",
    "https://[::1]",
    "http://[::1]:9090",
    "https://[1::]",
    "https://[2001:db8::1]",
    "https://[2001:db8:0:1:1:1:1:1]",
    "https://[1:0:0:2::3]",
    "https://[1::2:0:0:3:4]",
    "https://[::ffff:102:304]",
    "https://[1:2:3:4:5:6:7:8]",
    "https://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
]


LENIENT = [
    "https://a_b.example.com",
    "https://_.example.com",
    "https://_dmarc.example.com:8080",
    "https://-a.example.com",
    "https://a-.example.com",
    "https://example.com.",
    "https://example.com.:8080",
    "https://localhost.",
    "app://-",
    "app://-.",
    "https://" + "-" * 63,
    f"https://{HOST_253[:-1]}.",
    "https://0x_",
    "https://1_",
    "https://12-",
]


@pytest.fixture(scope="session")
def grade(make_engine):
    """Say what the grammar makes of an origin: strict, lenient or invalid."""
    reflecting, anyone = make_engine([], dangerously_reflect_any_origin=True), make_engine(["*"])

    def graded(origin):
        if reflecting.is_origin_allowed(origin):
            assert anyone.is_origin_allowed(origin)
            return "strict"
        return "lenient" if anyone.is_origin_allowed(origin) else "invalid"

    return graded


@pytest.mark.parametrize("origin", STRICT, ids=ascii)
def test_a_serialised_origin_is_strict(grade, origin):
    assert grade(origin) == grade(origin.encode()) == "strict"


@pytest.mark.parametrize("origin", LENIENT, ids=ascii)
def test_what_browsers_send_beyond_the_grammar_is_lenient(grade, origin):
    assert grade(origin) == grade(origin.encode()) == "lenient"


@pytest.mark.parametrize("origin", INVALID, ids=ascii)
def test_anything_else_is_invalid(grade, origin):
    assert grade(origin) == grade(origin.encode("utf-8", "surrogatepass")) == "invalid"


def test_each_byte_outside_the_alphabet_makes_a_host_invalid(grade):
    alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789-_."
    for byte in range(256):
        if byte not in alphabet and byte != ord(":"):
            assert grade(b"https://a" + bytes([byte]) + b"b.example") == "invalid", byte


def test_each_byte_outside_the_alphabet_makes_a_scheme_invalid(grade):
    for byte in range(256):
        expected = "strict" if byte in b"abcdefghijklmnopqrstuvwxyz0123456789+-." else "invalid"
        assert grade(b"a" + bytes([byte]) + b"b://c") == expected, byte


def test_an_ipv6_address_has_one_form_whatever_its_zero_groups(grade):
    for mask in range(256):  # which of the eight groups are zero
        groups = [0 if mask >> i & 1 else 0xA0 + i for i in range(8)]
        plain = ":".join(f"{group:x}" for group in groups)
        address = str(IPv6Address(plain))
        assert "." not in address
        assert grade(f"https://[{address}]") == "strict"
        assert grade(f"https://[{plain}]") == ("strict" if plain == address else "invalid")


def is_of_the_web(origin):
    return origin.startswith(("https://", "http://"))


def test_sift_leaves_out_exactly_the_strict_origins_of_the_web_that_need_no_second_look(engine):
    plain = [origin for origin in STRICT if "xn--" not in origin and is_of_the_web(origin)]
    others = [*LENIENT, *INVALID, "https://xn--bcher-kva.example", "*", "null", "https://*.a", "https://a:*"]
    others += [origin for origin in STRICT if not is_of_the_web(origin)]
    assert engine.sift(plain, True) == []
    assert engine.sift(others, True) == list(range(len(others)))


def test_sift_returns_http_unless_insecure_origins_are_fine(engine):
    patterns = ["http://example.com", "https://example.com", "ws://example.com"]
    assert engine.sift(patterns, False) == [0, 2]
    assert engine.sift(patterns, True) == [2]


def test_sift_returns_what_is_no_exact_str(engine):
    class Text(str):
        __slots__ = ()

    patterns = [b"https://example.com", None, 1, Text("https://example.com"), ["https://example.com"]]
    assert engine.sift(patterns, True) == [0, 1, 2, 3, 4]


def test_sift_returns_labels_that_begin_with_the_ace_prefix(engine):
    patterns = ["https://xn--a.com", "https://a.xn--b", "xn--a://b.com"]
    assert {0, 1} <= set(engine.sift(patterns, True))


@pytest.mark.parametrize("pattern", [*STRICT, *LENIENT], ids=ascii)
def test_a_listed_origin_is_allowed_and_listed(make_engine, pattern):
    engine = make_engine([pattern])
    assert engine.origins() == [pattern]
    assert engine.is_origin_allowed(pattern)
    assert engine.is_origin_allowed(pattern.encode())
