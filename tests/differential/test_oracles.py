"""The engine against witnesses that share nothing with it: a modelled browser, a grammar, a naive matcher."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import assume, given
from hypothesis import strategies as st

from fastcors._config.settings import Settings
from tests.differential import strategies as s
from tests.differential.pair import engines, outcome
from tests.support.browser import cors_check, preflight_passes, requests_behind
from tests.support.grammar import classify

REFLECT = engines(Settings(dangerously_reflect_any_origin=True), [])
ANY = engines(Settings(), ["*"])


@given(st.data())
def test_the_browser_accepts_exactly_what_the_engine_allows(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    if settings.preflight_failure_status < 300:
        settings = settings._replace(preflight_failure_status=403)
    origin = data.draw(s.origin_values(origins))
    method = data.draw(s.method_values(settings))
    lines = data.draw(s.field_lines(settings))
    private = data.draw(st.booleans())
    network = b"true" if private else None
    verdicts = set()
    for debug in (False, True):
        for engine in engines(settings._replace(debug=debug), origins):
            decision = engine.decide(b"OPTIONS", origin, method, lines, request_private_network=network)
            verdicts.add((decision.allowed, decision.reason))
            for request in requests_behind(origin, method, lines, private_network=private):
                expected = decision.allowed and (settings.allow_credentials or not request.credentials)
                assert preflight_passes(request, decision.status, decision.headers) is expected
    assert len(verdicts) == 1


@given(st.data())
def test_a_refusal_with_a_2xx_status_gives_the_browser_nothing_either(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    settings = settings._replace(preflight_failure_status=200, debug=False)
    origin = data.draw(s.origin_values(origins))
    method, lines = data.draw(s.method_values(settings)), data.draw(s.field_lines(settings))
    for engine in engines(settings, origins):
        decision = engine.decide(b"OPTIONS", origin, method, lines)
        for request in requests_behind(origin, method, lines):
            expected = decision.allowed and (settings.allow_credentials or not request.credentials)
            assert preflight_passes(request, decision.status, decision.headers) is expected


@given(st.data())
def test_the_browser_shows_responses_to_allowed_origins_only(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    origin = data.draw(s.origin_values(origins))
    for engine in engines(settings, origins):
        decision = engine.decide(b"POST", origin)
        for request in requests_behind(origin, b"POST", []):
            expected = decision.allowed or origins == ["*"]
            expected = expected and (settings.allow_credentials or not request.credentials)
            assert cors_check(request, decision.headers) is expected


@given(st.data())
def test_the_grammar_of_origins(data: st.DataObject) -> None:
    for _ in range(5):
        origin = data.draw(s.origin_values([]))
        found = classify(origin)
        for engine in REFLECT:
            assert engine.is_origin_allowed(origin) is (found == "strict")
        for engine in ANY:
            assert engine.is_origin_allowed(origin) is (found != "invalid" or origin == b"null")


@given(st.data())
def test_a_regex_and_a_function_add_strict_origins_and_no_other(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    assume(origins != ["*"])
    settings = settings._replace(
        allow_origin_regex=data.draw(st.none() | st.sampled_from(s.REGEXES)),
        allow_origin_func=data.draw(st.none() | st.sampled_from(s.FUNCTIONS)),
    )
    static = engines(settings._replace(allow_origin_regex=None, allow_origin_func=None), origins).native
    dynamic = engines(settings, origins)
    for _ in range(5):
        origin = data.draw(s.origin_values(origins))
        expected = static.is_origin_allowed(origin)
        if not expected and classify(origin) == "strict":
            text = origin.decode()
            expected = _is_local_or_safe(text, settings) and (
                re.fullmatch(settings.allow_origin_regex or "(?!)", text) is not None
                or outcome(settings.allow_origin_func or s.fails, text) is True
            )
        for engine in dynamic:
            assert engine.is_origin_allowed(origin) is expected
            assert engine.is_origin_allowed(origin) is expected  # and from what it remembers


def _is_local_or_safe(origin: str, settings: Settings) -> bool:
    host = re.sub(":[0-9]+$", "", origin.partition("://")[2])
    local = host in ("localhost", "[::1]", "127.0.0.1") or host.endswith(".localhost")
    return not settings.allow_credentials or not origin.startswith("http://") or local


IPV6 = st.lists(st.sampled_from([0, 0, 0, 1, 0x10, 0xABC, 0xFFFF]), min_size=8, max_size=8)


@st.composite
def ipv6_spellings(draw: st.DrawFn) -> str:
    """An IPv6 address in one of its many spellings, mostly not the right one."""
    texts = [f"{group:{draw(st.sampled_from(['x', 'x', 'x', '04x', 'X']))}}" for group in draw(IPV6)]
    start, end = sorted((draw(st.integers(0, 8)), draw(st.integers(0, 8))))
    if draw(st.booleans()) and all(int(text, 16) == 0 for text in texts[start:end]):
        return ":".join(texts[:start]) + "::" + ":".join(texts[end:])
    return ":".join(texts)


@given(st.data())
def test_the_grammar_of_ipv6_hosts(data: st.DataObject) -> None:
    for _ in range(5):
        origin = f"http://[{data.draw(ipv6_spellings())}]".encode()
        for engine in REFLECT:
            assert engine.is_origin_allowed(origin) is (classify(origin) == "strict")


def test_every_ipv6_address_of_zeros_and_ones_has_one_spelling() -> None:
    """All 256 shapes of zero runs, each in every way to write one ``::``."""
    for shape in range(256):
        groups = ["1" if shape >> bit & 1 else "0" for bit in range(8)]
        accepted = set()
        for start in range(9):
            for end in range(start, 9):
                if "1" in groups[start:end]:
                    continue
                spelling = ":".join(groups[:start]) + "::" + ":".join(groups[end:])
                for text in {spelling, ":".join(groups)}:
                    origin = f"http://[{text}]".encode()
                    verdicts = {engine.is_origin_allowed(origin) for engine in REFLECT}
                    assert verdicts == {classify(origin) == "strict"}
                    if verdicts == {True}:
                        accepted.add(text)
        assert len(accepted) == 1


def matches(patterns: Sequence[str], origin: bytes) -> bool:
    """The contract's section 2, read plainly: whether any of the patterns stands for the origin."""
    found = classify(origin)
    if found == "invalid":
        return origin.decode("latin-1") in patterns  # the origin of a shell, listed whole
    text = origin.decode("ascii")
    scheme, _, rest = text.partition("://")
    host, colon, port = rest.rpartition(":")
    if not colon or "]" in port:
        host, port = rest, ""
    for pattern in patterns:
        their_scheme, _, their_rest = pattern.partition("://")
        any_port = their_rest.endswith(":*")
        their_host, colon, their_port = their_rest.rpartition(":")
        if not colon or "]" in their_port:
            their_host, their_port = their_rest, ""
        if scheme != their_scheme or not (any_port or port == their_port):
            continue
        if not their_host.startswith("*."):
            if host == their_host:
                return True
        elif found == "strict" and host.endswith(their_host[1:]) and host[0] != "[":
            return True
    return False


@given(st.data())
def test_lists_of_patterns(data: st.DataObject) -> None:
    origins = data.draw(s.pattern_lists())
    pair = engines(Settings(), origins)
    for _ in range(6):
        origin = data.draw(s.origin_values(origins))
        for engine in pair:
            assert engine.is_origin_allowed(origin) is matches(origins, origin)
            assert engine.is_origin_allowed(origin.decode("latin-1")) is matches(origins, origin)


@given(st.data())
def test_nothing_of_a_refused_request_is_echoed(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    marker = b"zq9"
    origin = data.draw(s.mutated(b"https://zq9.zq9")) + marker
    method = marker + data.draw(s.method_values(settings))
    lines = [*data.draw(s.field_lines(settings)), b"x-" + marker]
    for engine in engines(settings._replace(debug=False), origins):
        for decision in (
            engine.decide(b"OPTIONS", origin, method, lines),
            engine.decide(b"GET", origin, method, lines),
        ):
            if not decision.allowed:
                assert marker not in decision.block
