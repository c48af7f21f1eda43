"""Which patterns an engine takes, and which origins they cover."""

from __future__ import annotations

import pytest

from fastcors.decision import Reason
from tests.unit.grammar_values import HOST_253, INVALID

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
