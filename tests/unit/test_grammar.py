"""The run-time grammar of origins and the patterns, seen through an engine's public names.

A policy that reflects lets every strict origin pass and nothing else; ``*`` lets lenient ones pass too.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from fastcors.decision import Reason

LABEL_63 = "a" * 63
HOST_253 = ".".join([LABEL_63, LABEL_63, LABEL_63, "a" * 61])

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

INVALID = [
    "",
    " ",
    "*",
    "https",
    "https:",
    "https:/",
    "https://",
    "https:///",
    "https://.",
    "https://..",
    "https://:8080",
    "https:example.com",
    "https:/example.com",
    "//example.com",
    "://example.com",
    "example.com",
    "NULL",
    "null ",
    "file://",
    "file://example.com",
    "1http://example.com",
    "-a://example.com",
    "a_b://example.com",
    "HTTPS://example.com",
    "hTtps://example.com",
    "s" * 65 + "://b",
    "https://EXAMPLE.com",
    "https://example.com/",
    "https://example.com/path",
    "https://example.com?",
    "https://example.com#",
    "https://example.com\\",
    "https://user@example.com",
    "https://user:password@example.com",
    "https://@example.com",
    "https://evil.com/.example.com",
    "https://a..example.com",
    "https://.example.com",
    "https://x@.example.com",
    "https://example.com..",
    "https://*.example.com",
    "https://exa mple.com",
    " https://example.com",
    "https://example.com ",
    "https://example.com\t",
    "https://example.com\n",
    "https://example.com\r\n",
    "https://example.com\0",
    "https://\0example.com",
    "https://exam\x7fple.com",
    "https://b\xfccher.example",
    "https://b\u0434.example",
    "https://\u212aelvin.example",
    "https://\ud800.example",
    "https://example.com\uff0eorg",
    "https://%65xample.com",
    f"https://{LABEL_63}a.com",
    f"https://{HOST_253}a",
    f"https://{HOST_253}.",
    "https://example.com:",
    "https://example.com:0",
    "https://example.com:08",
    "https://example.com:080",
    "https://example.com:65536",
    "https://example.com:99999",
    "https://example.com:100000",
    "https://example.com:18446744073709551617",
    "https://example.com:+1",
    "https://example.com:-1",
    "https://example.com: 1",
    "https://example.com:1 ",
    "https://example.com:1_0",
    "https://example.com:8a",
    "https://example.com:*",
    "https://example.com:80:80",
    "https://example.com:443",
    "http://example.com:80",
    "ws://example.com:80",
    "wss://example.com:443",
    "ftp://example.com:21",
    "https://example.com:\u0661",
    "https://1",
    "https://1.2.3",
    "https://1.2.3.4.5",
    "https://1.2.3.256",
    "https://1.2.3.04",
    "https://01.2.3.4",
    "https://1.2.3.4.",
    "https://1.2..4",
    "https://1.2.3.1000",
    "https://1.2.3.0x4",
    "https://0x",
    "https://0x7f000001",
    "https://0xdeadbeef",
    "https://example.0xff",
    "https://example.0x",
    "https://example.0x.",
    "https://example.1",
    "https://example.1.",
    "https://a_b.1",
    "custom://1.2.3",
    "https://[]",
    "https://[",
    "https://]",
    "https://[::1",
    "https://::1",
    "http://::1:9090",
    "https://[::1]:",
    "https://[::1]a",
    "https://[::1].",
    "https://[::1]]",
    "https://[[::1]]",
    "https://[::1]:443",
    "https://a[::1]",
    "https://[:::]",
    "https://[:1]",
    "https://[1:]",
    "https://[1::2::3]",
    "https://[::01]",
    "https://[::0]",
    "https://[0::]",
    "https://[0:0:0:0:0:0:0:1]",
    "https://[2001:db8::0:1]",
    "https://[2001:db8::1:1:1:1:1]",
    "https://[2001:db8:0:0:1::1]",
    "https://[1::2:0:0:0:3]",
    "https://[1:0:0:2:0:0:0:3]",
    "https://[2001:DB8::1]",
    "https://[::ffff:1.2.3.4]",
    "https://[::1.2.3.4]",
    "https://[fe80::1%eth0]",
    "https://[fe80::1%25eth0]",
    "https://[1:2:3:4:5:6:7]",
    "https://[1:2:3:4:5:6:7:8:9]",
    "https://[1:2:3:4:5:6:7::]",
    "https://[::2:3:4:5:6:7:8]",
    "https://[12345::]",
    "https://[g::]",
    "https://[v1.a]",
    "https://[::1/64]",
]

SHELL = [
    "app://.",
    "package://",
    "file://",
    "safari-web-extension://1A2B3C4D-0000-4444-8888-ABCDEFABCDEF",
    "custom://1.2.3",
    "app://0xff",
    "ftp://example.com:21",
    "app://%2e!#$&()+-./:;<=>?@[]^_`{|}~",
    f"{'a' * 64}://{'~' * 253}",
    "httpx://A",
    "wsss://.",
    "files://.",
    "a.b+c-d://.",
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


@pytest.mark.parametrize(
    "pattern",
    [
        *[text for text in INVALID if text not in ("*", "https://*.example.com", "https://example.com:*", *SHELL)],
        "null",
        "https://*",
        "https://*.",
        "https://*.*.example.com",
        "https://a.*.example.com",
        "https://*example.com",
        "https://a*.example.com",
        "https://*.a_b.example.com",
        "https://*.example.com.",
        "https://*.1.2.3.4",
        "https://*.[::1]",
        "https://[::*]",
        "https://*:*",
        "*://example.com",
        "https://example.com:80:*",
        "https://example.com:*:*",
        "https://example.com:8*",
        "https://*.example.com:443",
        "file://*.example.com",
        "file://example.com:*",
        "https://example.com/*.a",
    ],
    ids=ascii,
)
def test_what_is_no_pattern_raises_value_error(make_engine, pattern):
    with pytest.raises(ValueError):
        make_engine([pattern])


@pytest.mark.parametrize("origin", SHELL, ids=ascii)
def test_a_shell_origin_is_listed_whole_and_compared_byte_for_byte(make_engine, origin):
    engine = make_engine([origin, "https://a.example"], allow_credentials=True)
    assert engine.origins() == sorted([origin, "https://a.example"])
    assert engine.origin_count() == 2
    decision = engine.decide("GET", origin.encode())
    assert decision.allowed
    assert (b"access-control-allow-origin", origin.encode()) in decision.headers
    assert engine.decide("OPTIONS", origin, "GET").allowed
    others = [origin + "x", origin[:-1], origin + "/", origin.swapcase(), "x" + origin, origin + "\0", f" {origin}"]
    for other in others:
        assert not engine.is_origin_allowed(other), other


@pytest.mark.parametrize("origin", [*SHELL, "null"], ids=ascii)
def test_no_wildcard_regex_or_function_covers_a_shell_origin(make_engine, origin):
    scheme = origin.partition("://")[0]
    asked = []

    def allow(origin):
        asked.append(origin)
        return True

    wild = [f"{scheme}://*.a:*", f"{scheme}://a:*"] if scheme not in ("null", "file") else ["https://a"]
    engines = [
        make_engine(wild, allow_origin_regex="(?s).*", allow_origin_func=allow),
        make_engine([], dangerously_reflect_any_origin=True),
    ]
    for engine in engines:
        decision = engine.decide("GET", origin)
        assert decision.reason in (Reason.ORIGIN_MALFORMED, Reason.ORIGIN_NULL)
        assert decision.headers == [(b"vary", b"Origin")]
    assert asked == []


@pytest.mark.parametrize("byte", [*range(0x21), *b"*,\"'\\", 0x7F])
def test_a_shell_origin_is_of_visible_ascii_without_separators_quotes_and_stars(make_engine, byte):
    for text in (f"app://{chr(byte)}", f"app://A{chr(byte)}A"):
        with pytest.raises(ValueError):
            make_engine([text])


@pytest.mark.parametrize(
    "text",
    [
        *[f"{scheme}://A" for scheme in ("http", "https", "ws", "wss", "file", "App", "1app", "-a", "")],
        "app:/A",
        "app//A",
        "app",
        "A",
        "app://\xe9",
        "app://\u0130",
        f"{'a' * 65}://A",
        f"app://{'A' * 254}",
        "file:///",
        "file://a",
    ],
    ids=ascii,
)
def test_what_is_no_shell_origin_raises_value_error(make_engine, text):
    with pytest.raises(ValueError):
        make_engine([text])


def test_the_lone_star_does_not_mix_with_a_shell_origin(make_engine):
    with pytest.raises(ValueError):
        make_engine(["*", "app://."])


def test_the_lone_star_does_not_mix_with_other_patterns(make_engine):
    for patterns in (["*", "https://example.com"], ["https://*.example.com", "*"]):
        with pytest.raises(ValueError):
            make_engine(patterns)


def test_a_sub_domain_pattern_takes_one_or_more_labels_and_its_own_port(make_engine):
    engine = make_engine(["https://*.example.com", "https://*.example.org:8080", "https://*.example.net:*"])
    for origin in (
        "https://a.example.com",
        "https://a.b.example.com",
        "https://1.example.com",
        "https://a.example.org:8080",
        "https://a.example.net",
        "https://a.b.example.net:1",
    ):
        assert engine.is_origin_allowed(origin), origin
    for origin in (
        "https://example.com",
        "http://a.example.com",
        "https://a.example.com:8080",
        "https://a.example.org",
        "https://a.example.org:8081",
        "https://example.net:1",
        "https://com",
        "https://a.com",
    ):
        assert engine.decide("GET", origin).reason == "origin-not-allowed", origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com/.example.com",
        "https://a..example.com",
        "https://x@.example.com",
        "https://.example.com",
        "https://A.example.com",
        "https://evilexample.com",
        "https://example.com.evil.org",
        "https://a.example.com:443",
        "https://a.example.com.",
        "https://a_b.example.com",
        "https://-a.example.com",
        "https://a-.example.com",
    ],
)
def test_nothing_but_strict_sub_domains_passes_a_sub_domain_pattern(make_engine, origin):
    assert not make_engine(["https://*.example.com"]).is_origin_allowed(origin)
    assert not make_engine(["https://*.example.com:*"]).is_origin_allowed(origin)


def test_an_any_port_pattern_takes_every_port_and_none(make_engine):
    engine = make_engine(["http://localhost:*", "http://[::1]:*", "http://127.0.0.1:*", "https://a_b.example.:*"])
    for origin in (
        "http://localhost",
        "http://localhost:1",
        "http://localhost:65535",
        "http://[::1]:9090",
        "http://127.0.0.1:443",
        "https://a_b.example.",
        "https://a_b.example.:8080",
    ):
        assert engine.is_origin_allowed(origin), origin
    for origin in ("http://localhost:80", "http://localhost:0", "https://localhost", "http://::1:9090", "http://a"):
        assert not engine.is_origin_allowed(origin), origin


def test_a_host_of_253_bytes_passes_a_sub_domain_pattern(make_engine):
    suffix = HOST_253.partition(".")[2]
    assert make_engine([f"https://*.{suffix}"]).is_origin_allowed(f"https://{HOST_253}")


def test_origins_covered_by_a_pattern_and_duplicates_are_dropped(make_engine):
    engine = make_engine(
        [
            "https://z.example",
            "https://a.example.com",
            "https://a.example.com:8080",
            "https://*.example.com",
            "https://a_b.example.com",
            "https://example.com",
            "https://z.example",
            "https://h.example:*",
            "https://h.example",
            "https://h.example:8080",
        ]
    )
    assert engine.origins() == [
        "https://*.example.com",
        "https://a.example.com:8080",
        "https://a_b.example.com",
        "https://example.com",
        "https://h.example:*",
        "https://z.example",
    ]
    assert engine.origin_count() == 6


def test_the_listing_is_sorted_and_new_each_time(make_engine):
    engine = make_engine(["https://b.example", "https://a.example"])
    engine.origins().clear()
    assert engine.origins() == ["https://a.example", "https://b.example"]
    assert make_engine(["*"]).origins() == ["*"]
    assert make_engine(["*"]).origin_count() == 1
    assert make_engine([]).origins() == []
    assert make_engine([]).origin_count() == 0
