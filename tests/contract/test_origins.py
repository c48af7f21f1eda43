"""Section 2 of the contract: which ``Origin`` values pass, and through which patterns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import policies
from tests.contract.doors import through
from tests.contract.expect import ACAO, VARY
from tests.support.exchange import Answer, Req, pre
from tests.support.grammar import classify
from tests.support.origins import GOOD_HOST_BYTES, INVALID, LABEL_63, LENIENT, SHELL, STRICT, WILDCARD_REFUSED


@pytest.mark.parametrize("origin", STRICT, ids=repr)
def test_a_serialised_origin_passes_the_grammar(policy_class: Any, origin: bytes) -> None:
    assert classify(origin) == "strict"
    assert policies.built(policy_class, "reflect").is_origin_allowed(origin)
    assert policies.built(policy_class, "K4").is_origin_allowed(origin)


@pytest.mark.parametrize("origin", LENIENT, ids=repr)
def test_what_browsers_send_beyond_the_grammar_is_never_reflected(policy_class: Any, origin: bytes) -> None:
    assert classify(origin) == "lenient"
    assert not policies.built(policy_class, "reflect").is_origin_allowed(origin)
    assert policies.built(policy_class, "K4").is_origin_allowed(origin)


@pytest.mark.parametrize("origin", [value for value in INVALID if value != b"null"], ids=repr)
def test_anything_else_passes_no_policy(policy_class: Any, origin: bytes) -> None:
    assert classify(origin) == "invalid"
    for name in policies.K:
        policy = policies.built(policy_class, name)
        assert not policy.is_origin_allowed(origin)
        decision = policy.decide(b"OPTIONS", origin, b"GET")
        assert not decision.allowed
        wanted = "origin-multiple" if b"," in origin else "origin-malformed"
        assert decision.reason.value == wanted
        assert all(origin not in value for _, value in decision.headers if origin.strip())


@pytest.mark.parametrize("byte", [byte for byte in range(256) if byte not in GOOD_HOST_BYTES])
def test_no_other_byte_passes_inside_a_host(policy_class: Any, byte: int) -> None:
    char = bytes([byte])
    names = ("wildcard", "reflect", "reflect-credentials", "K10", "any-port", "example", "null")
    for origin in (
        b"https://a" + char + b"b.example.com",
        b"https://" + char + b".example.com",
        b"https://evil.example" + char + b".example.com",
        b"https://a.example.com" + char,
        b"https://example.com" + char,
        b"http://localhost" + char,
        b"http://a.example.com" + char + b"8080",
        char + b"https://a.example.com",
        b"http" + char + b"://a.example.com",
    ):
        if classify(origin) != "invalid":  # a digit after the port's colon, `+` in a scheme, …
            assert char in b":+"
            continue
        for name in names:
            assert not policies.built(policy_class, name).is_origin_allowed(origin)


@pytest.mark.parametrize("origin", WILDCARD_REFUSED, ids=repr)
def test_near_misses_of_a_subdomain_wildcard_do_not_pass(policy_class: Any, origin: bytes) -> None:
    decision = policies.built(policy_class, "wildcard").decide(b"GET", origin)
    assert decision.headers == [(b"vary", b"Origin")]
    assert not decision.allowed


@pytest.mark.parametrize(
    "origin",
    [
        b"https://a.example.com",
        b"https://a.b.example.com",
        b"https://1.example.com",
        b"https://1.2.3.4.example.com",
        b"https://xn--bcher-kva.example.com",
        b"https://a-b.example.com",
        b"https://example.com.example.com",
        b"https://" + LABEL_63 + b".example.com",
        b"https://" + b"a." * 121 + b"example.com",
    ],
    ids=repr,
)
def test_a_subdomain_wildcard_stands_for_one_or_more_labels(policy_class: Any, origin: bytes) -> None:
    policy = policies.built(policy_class, "wildcard")
    assert policy.is_origin_allowed(origin)
    assert policy.decide(b"GET", origin).headers[0] == (b"access-control-allow-origin", origin)


def test_a_host_of_253_bytes_passes_a_wildcard_and_one_of_254_does_not(policy_class: Any) -> None:
    policy = policies.built(policy_class, "wildcard")
    longest = b"aaa." + b"a." * 119 + b"example.com"
    assert len(longest) == 253
    assert policy.is_origin_allowed(b"https://" + longest)
    assert not policy.is_origin_allowed(b"https://a" + longest)


@pytest.mark.parametrize("origin", policies.K["odd-hosts"]["allow_origins"])
def test_odd_hosts_pass_where_they_are_listed_exactly(policy_class: Any, origin: str) -> None:
    policy = policies.built(policy_class, "odd-hosts")
    assert policy.is_origin_allowed(origin.encode())
    assert policy.is_origin_allowed(origin)
    assert not policy.is_origin_allowed(origin.encode() + b":8443")


@pytest.mark.parametrize("origin", policies.K["custom"]["allow_origins"])
def test_custom_schemes_work_where_they_are_listed(policy_class: Any, origin: str) -> None:
    policy = policies.built(policy_class, "custom")
    decision = policy.decide("GET", origin)
    assert decision.headers == [(b"access-control-allow-origin", origin.encode()), (b"vary", b"Origin")]
    assert not policy.is_origin_allowed(origin[:-1])
    assert not policy.is_origin_allowed(origin + "a")


def allowed(answer: Answer, origin: bytes) -> None:
    assert answer.cors().get(ACAO) == origin.decode(), answer


def cors_free(answer: Answer) -> None:
    assert set(answer.cors()) <= {VARY}


def shell_requests(origin: bytes) -> list[Req]:
    return [Req(b"GET", (origin,)), Req(b"POST", (origin,)), pre(b"GET", origin=origin)]


@pytest.mark.parametrize("origin", SHELL, ids=repr)
@pytest.mark.parametrize("credentials", [False, True])
def test_the_origin_of_a_shell_passes_where_it_is_listed_whole(
    policy_class: Any, origin: bytes, credentials: bool
) -> None:
    policy = policy_class(allow_origins=[origin.decode(), "https://a.example"], allow_credentials=credentials)
    for req in shell_requests(origin):
        through(policy, req, lambda answer: allowed(answer, origin))
    for other in (origin[:-1], origin + b"a", b"x" + origin, origin.swapcase(), origin + b"/"):
        for req in shell_requests(other):
            through(policy, req, cors_free)


@pytest.mark.parametrize("origin", SHELL, ids=repr)
def test_no_pattern_regex_or_function_lets_the_origin_of_a_shell_pass(policy_class: Any, origin: bytes) -> None:
    scheme = origin.partition(b":")[0].decode()
    for policy in (
        policy_class(allow_origins=[f"{scheme}://*.example", f"{scheme}://a:*"]),
        policy_class(allow_origin_regex="(?s).*", allow_origin_func=lambda origin: True),
        policy_class(dangerously_reflect_any_origin=True),
    ):
        for req in shell_requests(origin):
            through(policy, req, cors_free)


def test_an_odd_host_passes_with_any_port_where_it_is_listed_so(policy_class: Any) -> None:
    policy = policy_class(allow_origins=["https://a_b.example.com:*", "http://example.com.:*"])
    for origin in (
        b"https://a_b.example.com",
        b"https://a_b.example.com:8443",
        b"http://example.com.",
        b"http://example.com.:8080",
    ):
        assert policy.is_origin_allowed(origin)
    for origin in (
        b"https://a_b.example.com:443",
        b"https://a_b.example.com:",
        b"https://x.a_b.example.com",
        b"http://example.com",
        b"http://example.com:8080",
    ):
        assert not policy.is_origin_allowed(origin)


# Patterns; what they allow; what they do not.
MATCHES: list[tuple[str, str, str]] = [
    (
        "https://*.a.example",
        "https://b.a.example",
        "https://b.a.example:1 https://a.example",
    ),
    (
        "https://*.a.example:8443",
        "https://b.a.example:8443",
        "https://b.a.example https://b.a.example:8444 https://b.a.example:84430 https://b.a.example:844",
    ),
    (
        "https://*.a.example:*",
        "https://b.a.example https://b.a.example:1 https://c.b.a.example:65535",
        "https://b.a.example:443 https://b.a.example: https://b.a.example:0 http://b.a.example https://a.example:1",
    ),
    (
        "https://a.example:*",
        "https://a.example https://a.example:8443",
        "https://b.a.example:8443 https://a.example:443 https://a.example:443443 https://xa.example",
    ),
    (
        "https://*.a.example https://*.b.a.example:1",
        "https://b.a.example https://c.b.a.example https://c.b.a.example:1",
        "https://c.a.example:1 https://b.a.example:1",
    ),
    (
        "https://*.a.example http://*.a.example:8080",
        "https://b.a.example http://b.a.example:8080",
        "https://b.a.example:8080 http://b.a.example",
    ),
    (
        "https://*.com.example https://*.om.example",
        "https://a.om.example https://a.com.example",
        "https://acom.example https://com.example https://om.example",
    ),
    (
        "app://*.a app://*.b.a:9",
        "app://x.a app://x.b.a app://x.b.a:9",
        "app://a app://x.a:9 ap://x.a appp://x.a",
    ),
    (
        "http://127.0.0.1:*",
        "http://127.0.0.1 http://127.0.0.1:8080",
        "http://127.0.0.1:80 http://127.0.0.10 http://127.0.0.1.:8080 http://0127.0.0.1:8080",
    ),
    (
        "http://[2001:db8::1] http://[::1]:3000",
        "http://[2001:db8::1] http://[::1]:3000",
        "http://[2001:db8::1]:3000 http://[::1] http://[2001:db8:0::1]",
    ),
    (
        "https://a.example https://a.example:8443",
        "https://a.example https://a.example:8443",
        "https://a.example:8444 https://a.example:84",
    ),
]


@pytest.mark.parametrize(("patterns", "allowed", "not_allowed"), MATCHES)
def test_patterns_match_what_they_say(policy_class: Any, patterns: str, allowed: str, not_allowed: str) -> None:
    policy = policy_class(allow_origins=patterns.split())
    for origin in allowed.split():
        assert policy.is_origin_allowed(origin), origin
        assert policy.is_origin_allowed(origin.encode()), origin
    for origin in not_allowed.split():
        assert not policy.is_origin_allowed(origin), origin
        assert not policy.is_origin_allowed(origin.encode()), origin


def test_every_prefix_and_one_byte_change_of_a_listed_origin_is_refused(policy_class: Any) -> None:
    listed = [
        b"https://example.com:8080",
        b"https://a.example.org",
        b"http://[::1]:9090",
        b"http://127.0.0.1",
    ]
    policy = policy_class(allow_origins=[origin.decode() for origin in listed])
    for origin in listed:
        assert policy.is_origin_allowed(origin)
        for end in range(len(origin)):
            assert not policy.is_origin_allowed(origin[:end])
            assert not policy.is_origin_allowed(origin[end + 1 :])
            for bit in range(8):
                changed = bytearray(origin)
                changed[end] ^= 1 << bit
                assert not policy.is_origin_allowed(bytes(changed))
            assert not policy.is_origin_allowed(origin[:end] + origin[end + 1 :])
            assert not policy.is_origin_allowed(origin[:end] + origin[end : end + 1] * 2 + origin[end + 1 :])


def test_no_origin_is_not_an_allowed_origin(policy_class: Any) -> None:
    for name in policies.K:
        assert policies.built(policy_class, name).is_origin_allowed(None) is False


def test_null_passes_only_where_it_may(policy_class: Any) -> None:
    passes = {name for name in policies.K if policies.built(policy_class, name).is_origin_allowed(b"null")}
    stars = {name for name, kwargs in policies.K.items() if kwargs["allow_origins"] == "*"}
    assert passes == stars | {"null"}
    assert policies.built(policy_class, "K7").decide(b"GET", b"null").reason.value == "origin-null"


def test_ten_thousand_origins_match_exactly(policy_class: Any) -> None:
    origins = [f"https://tenant-{number}.example.com" for number in range(10_000)]
    policy = policy_class(allow_origins=origins)
    assert all(policy.is_origin_allowed(origin) for origin in origins)
    assert not policy.is_origin_allowed("https://tenant-10000.example.com")
    assert not policy.is_origin_allowed("https://tenant-.example.com")
    assert policy.origins() == sorted(origins)
