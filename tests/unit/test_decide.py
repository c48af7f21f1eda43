"""What is decided: the kinds, the order of the checks, the limits at their edges, and what is written."""

from __future__ import annotations

import pytest

from fastcors.decision import Reason

ORIGIN = b"https://example.com"
VARY = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
ALLOWED = [(b"access-control-allow-origin", ORIGIN)]
CREDENTIALS = [*ALLOWED, (b"access-control-allow-credentials", b"true")]


@pytest.fixture
def preflight(make_engine):
    """Decide on a preflight, from an allowed origin unless another is given."""

    def decide(method="GET", headers=None, *, origin=ORIGIN, private_network=None, origins=None, **settings):
        engine = make_engine(origins or [ORIGIN.decode()], **settings)
        return engine.decide("OPTIONS", origin, method, headers, request_private_network=private_network)

    return decide


def written(decision):
    """The headers without Vary, names shortened, for reading."""
    return {
        name.removeprefix(b"access-control-").decode(): value.decode()
        for name, value in decision.headers
        if name != b"vary"
    }


# Which request is what


def test_a_request_without_origin_is_not_cors(make_engine):
    decision = make_engine([ORIGIN.decode()], debug=True).decide("OPTIONS", None, "PUT", "x-a")
    assert (decision.kind, decision.allowed, decision.reason) == ("none", True, Reason.NOT_CORS)
    assert (decision.status, decision.body, decision.detail) == (None, b"", "")
    assert decision.headers == [(b"vary", b"Origin")]


ANY_METHOD = "*, DELETE, OPTIONS, PATCH, PUT"


@pytest.mark.parametrize("method", ["OPTIONS", b"OPTIONS"])
@pytest.mark.parametrize("asked", ["GET", b"GET", "", b"", "\xe9"])
def test_options_with_a_requested_method_even_an_empty_one_is_a_preflight(make_engine, method, asked):
    assert make_engine([ORIGIN.decode()]).decide(method, ORIGIN, asked).kind == "preflight"


@pytest.mark.parametrize("method", ["options", "OPTIONS ", "OPTION", "OPTIONSS", "GET", "", "\xd6PTIONS", "\0"])
def test_another_method_is_an_actual_request(make_engine, method):
    assert make_engine([ORIGIN.decode()]).decide(method, ORIGIN, "GET").kind == "actual"


def test_options_without_a_requested_method_is_an_actual_request(make_engine):
    decision = make_engine([ORIGIN.decode()]).decide("OPTIONS", ORIGIN, None, "x-a")
    assert (decision.kind, decision.allowed, decision.status) == ("actual", True, None)


# The origin


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("https://example.com", Reason.OK),
        ("https://other.example", Reason.ORIGIN_NOT_ALLOWED),
        ("https://other.example.", Reason.ORIGIN_NOT_ALLOWED),
        ("http://example.com", Reason.ORIGIN_NOT_ALLOWED),
        ("", Reason.ORIGIN_MALFORMED),
        ("https://EXAMPLE.com", Reason.ORIGIN_MALFORMED),
        ("https://example.com\r\nx: y", Reason.ORIGIN_MALFORMED),
        ("null", Reason.ORIGIN_NULL),
        ("Null", Reason.ORIGIN_MALFORMED),
        ("https://example.com,https://example.com", Reason.ORIGIN_MULTIPLE),
        ("https://example.com, https://example.com", Reason.ORIGIN_MULTIPLE),
        ("null,null", Reason.ORIGIN_MULTIPLE),
        (",", Reason.ORIGIN_MULTIPLE),
        ("," * 327, Reason.ORIGIN_MULTIPLE),
        ("," * 328, Reason.ORIGIN_MALFORMED),
        ("," * 2**20, Reason.ORIGIN_MALFORMED),
        ("\xe9,", Reason.ORIGIN_MULTIPLE),  # a character of a WSGI str is a byte
        (b"\xe9,", Reason.ORIGIN_MULTIPLE),
        ("\u0100,", Reason.ORIGIN_MALFORMED),  # this one is none
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_the_origin_decides_the_reason_of_actual_requests_and_preflights_alike(make_engine, origin, reason):
    engine = make_engine([ORIGIN.decode()])
    for decision in (engine.decide("GET", origin), engine.decide("OPTIONS", origin, "", "\0")):
        expected = reason
        if reason is Reason.OK and decision.kind == "preflight":
            expected = Reason.METHOD_MALFORMED
        assert decision.reason is expected
        assert decision.allowed == (expected is Reason.OK)
    assert engine.is_origin_allowed(origin) == (reason is Reason.OK)


def test_no_origin_is_no_allowed_origin(make_engine):
    assert make_engine(["*"]).is_origin_allowed(None) is False


def test_null_passes_only_where_it_is_allowed_or_anything_is(make_engine):
    assert make_engine([], dangerously_allow_null_origin=True).decide("GET", "null").reason is Reason.OK
    assert make_engine(["*"]).decide("GET", "null").reason is Reason.OK
    assert make_engine([], dangerously_reflect_any_origin=True).decide("GET", "null").reason is Reason.ORIGIN_NULL


def test_reflection_covers_strict_origins_and_what_is_listed(make_engine):
    engine = make_engine(["https://a_b.example", "https://c_d.example:*"], dangerously_reflect_any_origin=True)
    for origin in ("https://any.example", "https://a_b.example", "https://c_d.example:1"):
        assert engine.decide("GET", origin).headers[0] == (b"access-control-allow-origin", origin.encode())
    assert engine.decide("GET", "https://e_f.example").reason is Reason.ORIGIN_NOT_ALLOWED


# The method


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        *[(name, Reason.OK) for name in ("GET", "HEAD", "POST", "PUT", "x-Custom", b"PUT")],
        *[(name, Reason.METHOD_NOT_ALLOWED) for name in ("get", "put", "X-CUSTOM", "PATCH", "TRACE", "M" * 64)],
        *[
            (name, Reason.METHOD_MALFORMED)
            for name in ("", " ", "PUT ", " PUT", "PUT,GET", "P T", "PUT\0", "\xe9", "M" * 65, "M" * 2**20, "é")
        ],
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_the_requested_method_is_compared_byte_for_byte(preflight, method, reason):
    assert preflight(method, allow_methods=("PUT", "x-Custom")).reason is reason


def test_any_method_means_any_but_the_forbidden_ones(preflight):
    for name in ("PUT", "put", "ANYTHING", "*", "M" * 64, "CONNECTX"):
        assert preflight(name, allow_methods=("*",)).reason is Reason.OK
    for name in ("CONNECT", "Trace", "track"):
        assert preflight(name, allow_methods=("*",)).reason is Reason.METHOD_NOT_ALLOWED


def test_every_byte_is_a_method_exactly_where_rfc_9110_says_tchar(preflight):
    tchar = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for byte in range(256):
        method = b"M" + bytes([byte])
        expected = Reason.OK if byte in tchar else Reason.METHOD_MALFORMED
        assert preflight(method, allow_methods=("*",)).reason is expected, byte


# The header names


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (None, Reason.OK),
        ("", Reason.OK),
        ([], Reason.OK),
        ((), Reason.OK),
        ("x-a", Reason.OK),
        (b"X-A,x-B", Reason.OK),
        ("x-b,x-a,x-b", Reason.OK),
        (["x-a", b"x-b"], Reason.OK),
        (("x-a", "", "x-b"), Reason.OK),
        ("x-a, x-b", Reason.OK),
        ("\tx-a ,\t x-b", Reason.OK),
        (",,x-a,,", Reason.OK),
        ("x-c", Reason.HEADER_NOT_ALLOWED),
        ("x-a,x-c", Reason.HEADER_NOT_ALLOWED),
        ("x-", Reason.HEADER_NOT_ALLOWED),
        ("x-aa", Reason.HEADER_NOT_ALLOWED),
        ("*", Reason.HEADER_NOT_ALLOWED),
        ("x-a;x-b", Reason.HEADERS_MALFORMED),
        ("x-a x-b", Reason.HEADERS_MALFORMED),
        ("x-a:", Reason.HEADERS_MALFORMED),
        ("x-a\r\n", Reason.HEADERS_MALFORMED),
        ("x-a,\0", Reason.HEADERS_MALFORMED),
        ("x-\xe9", Reason.HEADERS_MALFORMED),
        (b"x-\xe9", Reason.HEADERS_MALFORMED),
        ("x-\u212a", Reason.HEADERS_MALFORMED),
        ("\v", Reason.HEADERS_MALFORMED),
        ("   x-a", Reason.HEADERS_TOO_LARGE),
        (" x-a\t ", Reason.HEADERS_TOO_LARGE),
        ("x-a,   ", Reason.HEADERS_TOO_LARGE),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_each_requested_header_must_be_an_allowed_token(preflight, headers, reason):
    assert preflight("GET", headers, allow_headers=("x-a", "x-b")).reason is reason


def test_the_wildcard_covers_authorization_only_with_credentials(preflight):
    for name in ("authorization", "Authorization"):
        assert preflight("GET", name, allow_headers=("*",)).reason is Reason.HEADER_NOT_ALLOWED
        assert preflight("GET", name, allow_headers=("*", "authorization")).reason is Reason.OK
        assert preflight("GET", name, allow_headers=("*",), allow_credentials=True).reason is Reason.OK
    assert preflight("GET", "anything,*,x-a", allow_headers=("*",)).reason is Reason.OK


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        pytest.param("a" * 8192, "a" * 8193, id="8192 bytes in one line"),
        pytest.param(["a" * 4096, "a" * 4095], ["a" * 4096, "a" * 4096], id="8192 bytes in two, with a comma"),
        pytest.param(["a" * 8191, ""], ["a" * 8192, ""], id="the comma of an empty line counts"),
        pytest.param(",".join(["a"] * 128), ",".join(["a"] * 129), id="128 names"),
        pytest.param(["a"] * 128, ["a"] * 129, id="128 lines of one name"),
        pytest.param("a" + "," * 16, "a" + "," * 17, id="16 empty elements"),
        pytest.param([""] * 16 + ["a"], [""] * 17 + ["a"], id="16 empty lines"),
        pytest.param(["a"] * 128 + [""] * 16, ["a"] * 128 + [""] * 17, id="144 lines"),
        pytest.param(" a ,  a,a\t\t", "a ,   a", id="2 bytes of white space beside a name"),
        pytest.param("  ,a", "   ,a", id="2 bytes of white space alone"),
    ],
)
def test_the_limits_on_requested_headers_hold_exactly(preflight, allowed, refused):
    assert preflight("GET", allowed, allow_headers=("*",)).reason is Reason.OK
    assert preflight("GET", refused, allow_headers=("*",)).reason is Reason.HEADERS_TOO_LARGE


@pytest.mark.parametrize("headers", ["," * 2**20, "a" * 2**20, " " * 2**20, [""] * 1024, ["\0" * 2**20]])
def test_huge_requested_headers_are_too_large(preflight, headers):
    decision = preflight("GET", headers, allow_headers=("*",))
    assert (decision.reason, decision.status, decision.headers) == (Reason.HEADERS_TOO_LARGE, 403, [VARY])


def test_the_first_failure_in_order_decides(preflight):
    assert preflight("GET", "a,\0," + "," * 20, allow_headers=("a",)).reason is Reason.HEADERS_MALFORMED
    assert preflight("GET", "b,\0", allow_headers=("a",)).reason is Reason.HEADER_NOT_ALLOWED
    assert preflight("GET", ["b", "a" * 8192], allow_headers=("a",)).reason is Reason.HEADER_NOT_ALLOWED
    assert preflight("GET", ["b" + "a" * 8192], allow_headers=("a",)).reason is Reason.HEADERS_TOO_LARGE
    assert preflight("GET", "   \0", allow_headers=("a",)).reason is Reason.HEADERS_TOO_LARGE
    assert preflight("\0", "\0", private_network="true").reason is Reason.METHOD_MALFORMED
    assert preflight("PUT", "\0", private_network="true").reason is Reason.METHOD_NOT_ALLOWED
    assert preflight("GET", "b", private_network="true").reason is Reason.HEADER_NOT_ALLOWED


# The private network


@pytest.mark.parametrize("value", ["true", b"true"])
def test_private_network_access_needs_its_setting(preflight, value):
    assert preflight(private_network=value).reason is Reason.PRIVATE_NETWORK_NOT_ALLOWED
    decision = preflight(private_network=value, allow_private_network=True)
    assert written(decision)["allow-private-network"] == "true"
    assert decision.headers[-1] == (b"vary", VARY[1] + b", Access-Control-Request-Private-Network")


@pytest.mark.parametrize("value", [None, "", "True", "true ", b"TRUE", "1", "\xe9", "true" * 2**18])
def test_other_values_of_private_network_are_ignored(preflight, value):
    assert "allow-private-network" not in written(preflight(private_network=value, allow_private_network=True))
    assert preflight(private_network=value).reason is Reason.OK


# What is written


def test_the_headers_of_an_actual_request_come_in_order(make_engine):
    settings = {"expose_headers": ("x-a", "x-b"), "timing_allow_origin": True, "allow_credentials": True}
    assert make_engine([ORIGIN.decode()], **settings).decide("GET", ORIGIN).headers == [
        *CREDENTIALS,
        (b"access-control-expose-headers", b"x-a, x-b"),
        (b"timing-allow-origin", ORIGIN),
        (b"vary", b"Origin"),
    ]


def test_a_refused_actual_request_gets_vary_only(make_engine):
    engine = make_engine([ORIGIN.decode()], expose_headers=("x-a",), timing_allow_origin=True)
    decision = engine.decide("GET", "https://other.example")
    assert (decision.allowed, decision.status, decision.headers) == (False, None, [(b"vary", b"Origin")])


@pytest.mark.parametrize("origin", [None, "https://example.com", "null", "malformed", "a,b", ""])
def test_a_static_star_writes_the_same_for_every_request_that_is_no_preflight(make_engine, origin):
    engine = make_engine(["*"], expose_headers=("*",), timing_allow_origin=True)
    assert engine.decide("GET", origin).headers == [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"*"),
        (b"timing-allow-origin", b"*"),
    ]


def test_exposing_everything_with_credentials_is_left_to_merging(make_engine):
    listed = make_engine([ORIGIN.decode()], expose_headers=("*",))
    assert (b"access-control-expose-headers", b"*") in listed.decide("GET", ORIGIN).headers
    with_credentials = make_engine([ORIGIN.decode()], expose_headers=("*",), allow_credentials=True)
    assert with_credentials.decide("GET", ORIGIN).headers == [*CREDENTIALS, (b"vary", b"Origin")]


def test_the_headers_of_a_preflight_come_in_order(preflight):
    decision = preflight(
        "PUT",
        "x-b",
        private_network="true",
        allow_credentials=True,
        allow_methods=("GET", "PUT"),
        allow_headers=("x-a", "x-b"),
        expose_headers=("x-c",),
        max_age=30,
        allow_private_network=True,
        timing_allow_origin=True,
    )
    assert (decision.reason, decision.status, decision.body) == (Reason.OK, 204, b"")
    assert decision.headers == [
        *CREDENTIALS,
        (b"access-control-allow-methods", b"GET, PUT"),
        (b"access-control-allow-headers", b"x-a, x-b"),
        (b"access-control-max-age", b"30"),
        (b"access-control-allow-private-network", b"true"),
        (b"vary", VARY[1] + b", Access-Control-Request-Private-Network"),
    ]


@pytest.mark.parametrize(
    ("settings", "method", "headers", "expected"),
    [
        pytest.param({}, "GET", None, {}, id="nothing configured"),
        pytest.param({"max_age": 0}, "GET", None, {"max-age": "0"}, id="a max-age of 0"),
        pytest.param({"allow_methods": ("GET", "HEAD", "POST")}, "POST", None, {}, id="only safelisted methods"),
        pytest.param({"allow_methods": ("PUT",)}, "GET", None, {"allow-methods": "PUT"}, id="methods"),
        pytest.param({"allow_methods": ("*",)}, "PUT", None, {"allow-methods": ANY_METHOD}, id="any method"),
        pytest.param({"allow_headers": ("x-a",)}, "GET", None, {"allow-headers": "x-a"}, id="headers"),
        pytest.param({"allow_headers": ("*",)}, "GET", "x-b", {"allow-headers": "*"}, id="any header"),
        pytest.param(
            {"allow_headers": ("*", "authorization")},
            "GET",
            None,
            {"allow-headers": "*, authorization"},
            id="any header and authorization",
        ),
        pytest.param({"allow_methods": ("PUT",), "disclose": "minimal"}, "GET", None, {}, id="minimal, safelisted"),
        pytest.param(
            {"allow_methods": ("*",), "allow_headers": ("*",), "disclose": "minimal"},
            "PUT",
            ["X-B , x-a", "", "X-b"],
            {"allow-methods": "PUT", "allow-headers": "x-b,x-a,x-b"},
            id="minimal",
        ),
    ],
)
def test_an_accepted_preflight_says_what_is_configured_or_what_was_asked(
    preflight, settings, method, headers, expected
):
    decision = preflight(method, headers, **settings)
    assert decision.reason is Reason.OK
    assert written(decision) == {"allow-origin": ORIGIN.decode(), **expected}


def test_with_credentials_wildcards_are_answered_with_what_was_asked(preflight):
    settings = {"allow_methods": ("*",), "allow_headers": ("*",), "allow_credentials": True}
    decision = preflight("PUT", "X-B, authorization", **settings)
    assert written(decision)["allow-methods"] == "PUT"
    assert written(decision)["allow-headers"] == "x-b,authorization"
    assert preflight("GET", ",", **settings).headers == [*CREDENTIALS, VARY]


def test_a_refused_preflight_gets_vary_only(preflight):
    for decision in (
        preflight(origin="https://other.example"),
        preflight("PUT", max_age=30, allow_credentials=True),
        preflight("GET", "x-a"),
        preflight(private_network="true"),
    ):
        assert (decision.allowed, decision.status, decision.body) == (False, 403, b"")
        assert decision.headers == [VARY]


def test_the_statuses_of_preflights_are_configured(preflight):
    settings = {"preflight_status": 200, "preflight_failure_status": 400}
    assert preflight(**settings).status == 200
    assert preflight("PUT", **settings).status == 400


def test_a_static_star_needs_no_vary_unless_its_preflights_differ(preflight):
    private_vary = (b"vary", VARY[1] + b", Access-Control-Request-Private-Network")
    for settings, expected in (
        ({"allow_headers": ("*",)}, []),
        ({"disclose": "minimal"}, [VARY]),
        ({"allow_private_network": True}, [private_vary]),
    ):
        for method in ("GET", "PUT"):
            headers = preflight(method, origins=["*"], **settings).headers
            assert [line for line in headers if line[0] == b"vary"] == expected
    assert preflight(origins=["*"]).headers == [(b"access-control-allow-origin", b"*")]


# Debug


@pytest.mark.parametrize(
    ("request_", "reason", "earned"),
    [
        ({"origin": "https://other.example"}, Reason.ORIGIN_NOT_ALLOWED, {}),
        ({"origin": "null"}, Reason.ORIGIN_NULL, {}),
        ({"method": "PATCH"}, Reason.METHOD_NOT_ALLOWED, {"allow-methods": "GET, HEAD, POST"}),
        ({"method": "\0"}, Reason.METHOD_MALFORMED, None),
        ({"headers": "x-z"}, Reason.HEADER_NOT_ALLOWED, {"allow-methods": "PUT"}),
        (
            {"headers": "X-B,x-a,x-z"},
            Reason.HEADER_NOT_ALLOWED,
            {"allow-methods": "PUT", "allow-headers": "x-b,x-a"},
        ),
        ({"headers": "x-a,\0"}, Reason.HEADERS_MALFORMED, None),
        ({"headers": "x-a,    "}, Reason.HEADERS_TOO_LARGE, None),
        (
            {"private_network": "true"},
            Reason.PRIVATE_NETWORK_NOT_ALLOWED,
            {"allow-methods": "PUT", "allow-headers": "x-a, x-b"},
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else "",
)
def test_debug_shows_the_browser_what_was_earned_before_the_failure(preflight, request_, reason, earned):
    settings = {"allow_methods": ("PUT",), "allow_headers": ("x-a", "x-b"), "allow_credentials": True, "max_age": 9}
    decision = preflight(**request_, **settings, debug=True)
    assert (decision.reason, decision.allowed, decision.status) == (reason, False, 200)
    if earned and not reason.value.startswith("origin"):
        earned = {"allow-origin": ORIGIN.decode(), "allow-credentials": "true", **earned}
    assert written(decision) == (earned or {})
    assert decision.headers[-1] == VARY
    assert decision.body == f"{reason}\n{decision.explain()}\n".encode("ascii")


@pytest.mark.parametrize(("status", "expected"), [(200, 200), (202, 202), (204, 200), (205, 200), (299, 299)])
def test_debug_answers_a_refused_preflight_with_a_status_that_has_a_body(preflight, status, expected):
    assert preflight("PUT", debug=True, preflight_status=status).status == expected


def test_debug_changes_nothing_but_refused_preflights(make_engine):
    plain, debug = make_engine([ORIGIN.decode()], debug=False), make_engine([ORIGIN.decode()], debug=True)
    for request in (("GET", None), ("GET", ORIGIN), ("GET", "null"), ("OPTIONS", ORIGIN, "GET")):
        assert plain.decide(*request) == debug.decide(*request)
        assert debug.decide(*request).body == b""
