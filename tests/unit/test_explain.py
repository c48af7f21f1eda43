"""What explain() says: the kind, the verdict, why, and the parameter and the value to change."""

from __future__ import annotations

from typing import Any

import pytest

from fastcors import DeclaredRequest, Policy
from fastcors._browser.steps import examine
from fastcors._config.plan import Plan
from fastcors._explain.sentences import debug_body, explain
from fastcors.decision import Reason, escape

ORIGIN = "https://example.com"


@pytest.fixture
def say(make_engine):
    """Explain the decision on an actual request from the origin, under a policy of these patterns."""

    def explained(origin, patterns=(ORIGIN,), **settings):
        return make_engine(list(patterns), **settings).decide("GET", origin).explain()

    return explained


@pytest.fixture
def say_preflight(make_engine):
    """Explain the decision on a preflight from an allowed origin."""

    def explained(method="GET", headers=None, private_network=None, **settings):
        engine = make_engine([ORIGIN], **settings)
        return engine.decide("OPTIONS", ORIGIN, method, headers, request_private_network=private_network).explain()

    return explained


def test_the_reasons_are_in_the_order_in_which_the_native_engine_counts_them():
    assert [str(reason) for reason in Reason] == [
        "ok",
        "not-cors",
        "origin-malformed",
        "origin-null",
        "origin-multiple",
        "origin-not-allowed",
        "method-malformed",
        "method-not-allowed",
        "header-not-allowed",
        "headers-malformed",
        "headers-too-large",
        "private-network-not-allowed",
    ]


def test_a_reason_is_its_value_as_text():
    assert Reason.OK == "ok"
    assert f"{Reason.NOT_CORS}" == str(Reason.NOT_CORS) == "not-cors"
    assert all(reason.name == reason.value.upper().replace("-", "_") for reason in Reason)


# escape()


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        (None, ""),
        ("", ""),
        (b"", ""),
        ("plain", "plain"),
        (b"plain", "plain"),
        ("a b~!'\"", "a b~!'\""),
        ("\\", "\\\\"),
        ("\r\n\t\0\x1b[31m\x7f", "\\r\\n\\t\\x00\\x1b[31m\\x7f"),
        ("\xe9\u2028\U0001f600\ud800", "\\xe9\\u2028\\U0001f600\\ud800"),
        (b"\xe2\x80\xa8", "\\xe2\\x80\\xa8"),
        ("a" * 256, "a" * 256),
        ("a" * 257, "a" * 253 + "..."),
        ("\0" * 64, "\\x00" * 64),
        ("\0" * 65, "\\x00" * 63 + "..."),
        ("a" * 2**20, "a" * 253 + "..."),
        (b"a" * 2**20, "a" * 253 + "..."),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_escape_gives_printable_ascii_of_at_most_256_characters(value, escaped):
    assert escape(value) == escaped


def test_escape_uses_the_raw_data_of_subclasses():
    class Text(str):
        __slots__ = ()

        def __getitem__(self, index):
            return "evil\n"

        def __str__(self):
            return "evil\n"

    class Bytes(bytes):
        __slots__ = ()
        __class__ = str

        def decode(self, *_):
            return "evil\n"

        def __getitem__(self, index):
            return b"evil\n"

    assert escape(Text("good")) == escape(Bytes(b"good")) == "good"


# The kind and the verdict


def test_a_request_that_is_not_cors_is_said_to_be_none(say):
    assert "not a CORS request" in say(None)
    assert "no Origin" in say(None)


def test_an_allowed_actual_request_is_said_to_be_allowed(say):
    text = say(ORIGIN)
    assert "actual CORS request" in text
    assert f"'{ORIGIN}'" in text
    assert "allowed (ok)" in text


def test_a_refused_actual_request_is_said_to_reach_the_application(say):
    text = say("https://other.example")
    assert "The application answers it" in text
    assert "origin-not-allowed" in text
    assert "add 'https://other.example' to allow_origins" in text
    assert f"allow_origins is '{ORIGIN}'." in text


def test_a_preflight_is_said_to_be_one_with_its_status(say_preflight):
    assert "preflight" in say_preflight()
    assert "allowed with the status 204 (ok)" in say_preflight()
    assert "refused with the status 403 (method-not-allowed)" in say_preflight("PUT")
    assert "refused with the status 200 (method-not-allowed)" in say_preflight("PUT", debug=True)


# Origins


@pytest.mark.parametrize(
    ("origin", "pattern", "expected"),
    [
        ("http://example.com", ORIGIN, [f"'{ORIGIN}'", "only in the scheme", "add 'http://example.com'"]),
        ("https://example.com:8443", ORIGIN, [f"'{ORIGIN}'", "only in the port", "add 'https://example.com:8443'"]),
        ("https://example.com", "https://example.com:8443", ["'https://example.com:8443'", "only in the port"]),
        ("https://example.com:1", "https://example.com:8443", ["'https://example.com:8443'", "only in the port"]),
        ("https://[::1]:1", "https://[::1]:2", ["'https://[::1]:2'", "only in the port"]),
        ("https://www.example.com", ORIGIN, [f"'{ORIGIN}'", "'www.'"]),
        ("https://example.com", "https://www.example.com", ["'https://www.example.com'", "'www.'"]),
        ("https://api.example.com", ORIGIN, [f"'{ORIGIN}'", "sub-domains", "pattern with '*.'"]),
        ("https://a_b.example.com", "https://*.example.com", ["'_'", "exactly", "add 'https://a_b.example.com'"]),
        ("https://a.example.com.", "https://*.example.com", ["trailing dot", "add 'https://a.example.com.'"]),
        ("https://-a.example.com", "https://*.example.com", ["hyphen", "add 'https://-a.example.com'"]),
        ("https://Example.com", ORIGIN, [f"'{ORIGIN}'", "only in letter case"]),
        ("https://example.com/", ORIGIN, [f"'{ORIGIN}'", "only in a trailing slash"]),
        (" https://example.com", ORIGIN, [f"'{ORIGIN}'", "only in white space"]),
        ("https://Example.com/", ORIGIN, [f"'{ORIGIN}'", "letter case or a slash"]),
        ("https://example.com:443", ORIGIN, [f"'{ORIGIN}'", "default port"]),
    ],
)
def test_a_near_miss_is_named_with_what_is_allowed(say, origin, pattern, expected):
    for part in expected:
        assert part in say(origin, [pattern])


@pytest.mark.parametrize(
    ("origin", "listed", "differing"),
    [
        ("http://127.0.0.1:3000", "http://localhost:3000", "the name"),
        ("http://localhost:3000", "http://127.0.0.1:3000", "the name"),
        ("http://[::1]:3000", "http://localhost:*", "the name"),
        ("http://127.0.0.1:5173", "http://localhost:3000", "the name and the port"),
        ("https://localhost", "http://[::1]:3000", "the scheme, the name and the port"),
    ],
)
def test_the_names_of_this_machine_are_said_to_be_different_origins(say, origin, listed, differing):
    text = say(origin, [listed])
    allowed = listed.replace(":*", ":3000")
    assert f"'{allowed}' is allowed. It is the same machine, but another origin: it differs in {differing}." in text
    assert f"add '{origin}' to allow_origins" in text


def test_a_scheme_and_a_port_that_both_differ_are_named(say):
    text = say("http://localhost:3000", ["https://localhost:3443"])
    assert "It differs from 'https://localhost:3443', which is allowed, only in the scheme and the port." in text
    assert "same machine" not in say("http://localhost:3000", ["https://127.1.1.1"])


def test_the_nearest_of_several_listed_origins_is_named(say):
    text = say("http://localhost:3000", ["https://127.0.0.1:1", "http://localhost:8080", "https://localhost:9"])
    assert "'http://localhost:8080', which is allowed, only in the port" in text


def test_a_refused_request_is_said_to_be_no_matter_of_cors_where_the_page_is_of_the_same_site(say, make_engine):
    assert "If the page comes from this server itself, nothing is wrong" in say("https://api.example")
    assert "a page of another site may not read the response" in say("https://api.example")
    preflight = make_engine([ORIGIN]).decide("OPTIONS", "https://api.example", "GET").explain()
    assert "this server itself" not in preflight  # no browser sends a preflight to its own site
    assert "this server itself" not in say("null")


# Credentials


def test_credentials_are_said_to_be_unknown_and_refused_where_the_policy_does_not_allow_them(say, say_preflight):
    for text in (say(ORIGIN), say_preflight("GET"), say("https://a.example", ["*"])):
        assert "allowed" in text
        assert "No request shows whether the page asked for credentials" in text
        assert "allow_credentials is False" in text
    for text in (say(ORIGIN, allow_credentials=True), say_preflight("GET", allow_credentials=True), say(None)):
        assert "credentials" not in text


def test_what_the_caller_knows_of_credentials_is_said(make_engine):
    decision = make_engine([ORIGIN]).decide("GET", ORIGIN)
    asked = explain(decision, credentials=True)
    assert "The page asked for credentials, so the browser still refuses the response" in asked
    assert "'Access-Control-Allow-Credentials: true'" in asked
    assert "credentials" not in explain(decision, credentials=False)
    allowing = make_engine([ORIGIN], allow_credentials=True).decide("GET", ORIGIN)
    assert explain(allowing, credentials=True) == explain(allowing)


def test_the_apex_of_a_sub_domain_pattern_is_explained(say):
    text = say("https://example.com", ["https://*.example.com"])
    assert "A pattern with '*.' covers sub-domains only, not the domain itself" in text
    assert "add 'https://example.com' to allow_origins" in text
    assert "allow_origins is 'https://*.example.com'." in text


def test_a_malformed_origin_is_never_offered_to_be_added(say):
    for origin in ("", "nonsense", "https://A.example", "https://.example.com", "https://a b", "x" * 400):
        assert "to allow_origins" not in say(origin)
        assert "serialised origin" in say(origin)
    assert "longer than 327 bytes" in say("x" * 400)


def test_null_and_several_origins_are_explained(say):
    assert "dangerously_allow_null_origin" in say("null")
    assert "comma" in say("https://a.example, https://b.example")


def test_several_origin_lines_are_explained(make_engine):
    headers = [(b"origin", ORIGIN.encode())] * 2
    text = make_engine([ORIGIN]).decide_asgi({"method": "GET", "headers": headers}).explain()
    assert "more than one Origin line" in text


def test_a_static_star_is_said_to_answer_malformed_origins_as_all_others(say):
    assert "'*'" in say("malformed", ["*"])


def test_a_short_list_of_origins_is_shown_and_a_long_one_counted(say):
    patterns = [f"https://{letter}.example" for letter in "abcdefgh"]
    assert "'https://a.example', 'https://b.example'" in say("https://other.test", patterns)
    text = say("https://other.test", [*patterns, "https://i.example"])
    assert "allow_origins has 9 patterns." in text
    assert "https://a.example" not in text
    assert "allow_origins is empty." in say("https://other.test", [])


def test_a_large_policy_is_not_turned_into_a_list(engine):

    class Policy(engine.Engine):
        __slots__ = ()

        def origins(self):
            raise AssertionError("the whole list was made")

    policy = Policy(Plan(), [f"https://o{number}.example" for number in range(100)])
    for origin in ("https://other.example", "http://o1.example", "nonsense", "null", ORIGIN):
        assert policy.decide("GET", origin).explain()


# What cannot be configured


def test_an_origin_that_policy_refuses_with_credentials_is_never_offered(say):
    text = say("http://10.0.0.7", allow_credentials=True)
    assert "add 'http://10.0.0.7'" not in text
    assert "Serve the page over https:" in text
    assert "add 'http://10.0.0.7' to allow_origins" in say("http://10.0.0.7")


def test_the_origin_of_a_program_that_embeds_a_browser_is_offered_exactly(say):
    assert "add 'app://.' to allow_origins" in say("app://.")
    assert "this policy has no list" in say("app://.", ["*"])
    assert "Every local file has this origin" in say("file://")


def test_an_origin_that_no_list_takes_is_never_offered(say):
    text = say("https://xn--a.com")
    assert "to allow_origins" not in text
    assert "allow_origins cannot list this origin" in text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "Access-Control-Allow-Origin",
            "a response header: the server sends it. Take it out of the page's fetch()",
        ),
        ("Cookie", "is set by the browser"),
        ("origin", "is set by the browser"),
        ("x-*", "'*' in a name means the character itself"),
    ],
)
def test_a_header_that_policy_refuses_is_never_offered(say_preflight, name, why):
    text = say_preflight("GET", f"x-a, {name}")
    assert why in text
    assert "to allow_headers" not in text


def test_patch_in_lower_case_is_mended_in_the_page_and_not_in_the_policy(say_preflight):
    for methods in ((), ("PATCH",), ("PUT",)):
        text = say_preflight("patch", allow_methods=methods)
        assert "Write 'PATCH' in the page's fetch()" in text
        assert "to allow_methods" not in text
    text = say_preflight("PATCH", allow_methods=("patch",))
    assert "Add 'PATCH' to allow_methods" in text
    assert "fetch()" not in text


def test_a_method_that_browsers_upper_case_comes_from_no_browser(say_preflight):
    assert "The client that sent 'put' is not a browser" in say_preflight("put", allow_methods=("PUT",))


# Methods, headers, private network


def test_a_method_in_the_wrong_letter_case_is_explained(say_preflight):
    text = say_preflight("patch", allow_methods=("PATCH",))
    assert "case-sensitive: 'PATCH' is allowed, 'patch' is not" in text
    assert "case-sensitive: 'GET' is allowed, 'get' is not" in say_preflight("get")


def test_a_method_that_is_not_allowed_is_offered_to_be_added(say_preflight):
    text = say_preflight("PURGE", allow_methods=("DELETE", "PUT"))
    assert "Add 'PURGE' to allow_methods" in text
    assert "allow_methods is 'DELETE', 'PUT'; GET, HEAD and POST always pass." in text
    assert "allow_methods is empty;" in say_preflight("PURGE")


def test_a_forbidden_method_is_never_offered_to_be_added(say_preflight):
    for method in ("TRACE", "connect", "Track"):
        text = say_preflight(method, allow_methods=("*",))
        assert "cannot be allowed" in text
        assert "Add " not in text


def test_a_malformed_method_and_several_are_explained(say_preflight, make_engine):
    assert "token of 1 to 64 bytes" in say_preflight("P UT")
    line = (b"access-control-request-method", b"GET")
    headers = [(b"origin", ORIGIN.encode()), line, line]
    text = make_engine([ORIGIN]).decide_asgi({"method": "OPTIONS", "headers": headers}).explain()
    assert "more than one Access-Control-Request-Method line" in text


def test_a_header_that_is_not_allowed_is_offered_to_be_added(say_preflight):
    text = say_preflight("GET", "x-a, X-Z", allow_headers=("x-a", "x-b"))
    assert "'X-Z'" in text
    assert "Add 'x-z' to allow_headers" in text
    assert "allow_headers is 'x-a', 'x-b'." in text


def test_the_star_that_does_not_cover_authorization_is_explained(say_preflight):
    text = say_preflight("GET", "Authorization", allow_headers=("*",))
    assert "'*' does not cover Authorization" in text
    assert "does not cover" not in say_preflight("GET", "authorization", allow_headers=("x-a",))


def test_a_long_list_is_shortened(say_preflight):
    names = tuple(sorted(f"x-{number:02}" for number in range(20)))
    text = say_preflight("GET", "x-other", allow_headers=names)
    assert "'x-07' and 12 more." in text
    assert "'x-08'" not in text


def test_malformed_and_too_large_header_lists_are_explained(say_preflight):
    assert "'x a' in Access-Control-Request-Headers is not a header name" in say_preflight("GET", "x a")
    assert "8192 bytes, 128 names" in say_preflight("GET", "," * 17)


def test_a_private_network_refusal_names_the_parameter(say_preflight):
    assert "allow_private_network to True" in say_preflight(private_network="true")


# Whatever a client sends


HOSTILE = ["\r\nSet-Cookie: a=b", "\x1b[2J", "\xe9" * 400, "{here}{there}{0}", "%s%n", "'", "\\", "a" * 2**20]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize("kind", [str, lambda text: text.encode("latin-1")], ids=["str", "bytes"])
def test_the_text_is_printable_ascii_and_short_whatever_a_client_sends(make_engine, hostile, kind):
    engine = make_engine([ORIGIN], debug=True)
    for request in (
        ("GET", kind(hostile)),
        ("GET", kind("https://" + hostile)),
        ("OPTIONS", kind(hostile), "GET"),
        ("OPTIONS", ORIGIN, kind(hostile)),
        ("OPTIONS", ORIGIN, "GET", kind(hostile)),
        ("OPTIONS", ORIGIN, "GET", [kind(hostile[:8192])]),
    ):
        decision = engine.decide(*request)
        for text in (decision.explain(), decision.detail, decision.body.decode("ascii")):
            assert all(line.isprintable() and line.isascii() for line in text.split("\n"))
            assert len(text) < 2000
        assert "Set-Cookie" not in [line[:10] for line in decision.explain().split("\n")]


def test_the_debug_body_is_the_reason_line_and_the_explanation(make_engine):
    decision = make_engine([ORIGIN], debug=True).decide("OPTIONS", ORIGIN, "PUT")
    assert decision.body == debug_body(decision)
    assert decision.body.decode("ascii") == f"method-not-allowed\n{explain(decision)}\n"


# Functions that see the request


def by_host(origin: str, request: DeclaredRequest) -> bool:
    return request.host == "one.example"


def test_an_explanation_says_what_the_function_sees_of_the_request(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origin_func=by_host, vary=["Host", ":path"])
    decision = policy.decide("GET", "https://a.example", request={":authority": "two.example", ":path": "/"})
    sentence = "allow_origin_func does not allow it for this request (it looks at ':authority', ':path' too)."
    assert sentence in decision.explain().splitlines()
    assert not decision.allowed


def test_what_a_browser_would_send_is_decided_for_the_host_that_it_is_for() -> None:
    policy = Policy(allow_origin_func=by_host, vary=["Host"], allow_methods=["PUT"])
    for host, passes in (("one.example", True), ("two.example", False), ("", False)):
        steps = examine(policy, "PUT", "https://a.example", host=host)
        assert [step.passes for step in steps] == [passes, passes]
        asking = examine(policy, "PUT", "https://a.example", host=host, credentials=True)
        assert [step.passes for step in asking] == [False, False]
