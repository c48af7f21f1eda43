"""Finding the values that matter in an ASGI scope and a WSGI environ."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from fastcors.decision import Reason

ORIGIN = b"https://example.com"


@pytest.fixture
def policy(make_engine):
    """Allow one origin, PUT and two headers; mirror what was asked."""
    settings = {"allow_methods": ("PUT",), "allow_headers": ("x-a", "x-b"), "disclose": "minimal"}
    return make_engine([ORIGIN.decode()], **settings)


def scope(*headers, method="OPTIONS"):
    return {"type": "http", "method": method, "headers": list(headers)}


PREFLIGHT = [
    (b"host", b"api.example"),
    (b"origin", ORIGIN),
    (b"access-control-request-method", b"PUT"),
    (b"access-control-request-headers", b"x-a"),
]


def test_a_preflight_is_found_in_a_scope(policy):
    decision = policy.decide_asgi(scope(*PREFLIGHT))
    assert decision == policy.decide("OPTIONS", ORIGIN, "PUT", "x-a")
    assert (decision.kind, decision.allowed, decision.origin) == ("preflight", True, ORIGIN)
    assert decision.request_method == b"PUT"


def test_header_names_may_be_in_any_letter_case(policy):
    for change in (bytes.upper, bytes.title, bytes.swapcase):
        headers = [(change(name), value) for name, value in PREFLIGHT]
        assert policy.decide_asgi(scope(*headers)) == policy.decide_asgi(scope(*PREFLIGHT))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([list(pair) for pair in PREFLIGHT], id="lists"),
        pytest.param(tuple(PREFLIGHT), id="a tuple of tuples"),
        pytest.param([(name.decode(), value.decode()) for name, value in PREFLIGHT], id="str"),
        pytest.param([(name.decode().title(), value) for name, value in PREFLIGHT], id="str names"),
        pytest.param(dict(PREFLIGHT).items(), id="a dict's items"),
    ],
)
def test_any_iterable_of_pairs_of_bytes_or_str_works(policy, headers):
    decision = policy.decide_asgi({"method": "OPTIONS", "headers": headers})
    assert decision == policy.decide_asgi(scope(*PREFLIGHT))


def test_iterators_work_too(policy):
    headers = (iter(pair) for pair in PREFLIGHT)
    assert policy.decide_asgi({"method": "OPTIONS", "headers": headers}).allowed


def test_what_is_no_pair_of_bytes_or_str_is_skipped(policy):
    class Odd:
        def __iter__(self):
            raise RuntimeError

    odd = [None, 1, (), (b"origin",), (b"origin", b"null", b""), (b"origin", None), (b"origin", 1)]
    odd += [(None, b"null"), (1, 2), ([], []), b"origin", "origin", b"ab", object(), Odd(), [b"origin"]]
    odd += [(bytearray(b"origin"), b"null"), (b"origin", memoryview(b"null"))]
    assert policy.decide_asgi(scope(*odd, *PREFLIGHT, *odd)) == policy.decide_asgi(scope(*PREFLIGHT))
    assert policy.response_headers([*odd, *PREFLIGHT]) == policy.response_headers(PREFLIGHT)


@pytest.mark.parametrize("headers", [None, [], (), iter(())])
def test_a_scope_without_headers_has_no_origin(policy, headers):
    assert policy.decide_asgi({"method": "GET", "headers": headers}).reason is Reason.NOT_CORS
    assert policy.response_headers(headers) == ((b"vary", b"Origin"),)


def test_a_scope_without_method_or_headers_is_a_get_without_origin(policy):
    assert policy.decide_asgi({}).reason is Reason.NOT_CORS
    headers = [(b"origin", ORIGIN), (b"access-control-request-method", b"PUT")]
    assert policy.decide_asgi({"headers": headers}).kind == "actual"
    assert policy.decide_asgi({"headers": headers, "method": None}).kind == "actual"
    assert policy.decide_asgi({"headers": headers, "method": b"OPTIONS"}).kind == "preflight"


def test_several_origin_lines_are_refused_even_if_equal(policy):
    decision = policy.decide_asgi(scope((b"Origin", ORIGIN), *PREFLIGHT, method="GET"))
    assert (decision.kind, decision.reason, decision.detail) == ("actual", Reason.ORIGIN_MULTIPLE, ORIGIN.decode())
    assert decision.headers == [(b"vary", b"Origin")]
    decision = policy.decide_asgi(scope(*PREFLIGHT, (b"ORIGIN", b"")))
    assert (decision.kind, decision.reason, decision.status) == ("preflight", Reason.ORIGIN_MULTIPLE, 403)
    assert policy.response_headers([*PREFLIGHT, *PREFLIGHT]) == ((b"vary", b"Origin"),)


def test_several_requested_methods_are_refused_even_if_equal(policy):
    decision = policy.decide_asgi(scope(*PREFLIGHT, (b"Access-Control-Request-Method", b"PUT")))
    assert (decision.reason, decision.detail) == (Reason.METHOD_MALFORMED, "PUT")


def test_the_origin_is_checked_before_several_requested_methods(policy):
    method = PREFLIGHT[2]
    assert policy.decide_asgi(scope((b"origin", b"null"), method, method)).reason is Reason.ORIGIN_NULL


def test_requested_headers_are_taken_from_all_lines_in_order(policy):
    decision = policy.decide_asgi(scope(*PREFLIGHT, (b"Access-Control-Request-Headers", "X-B,x-a")))
    assert (b"access-control-allow-headers", b"x-a,x-b,x-a") in decision.headers
    line = (b"access-control-request-headers", b"")
    assert policy.decide_asgi(scope(*PREFLIGHT, *[line] * 16)).allowed
    assert policy.decide_asgi(scope(*PREFLIGHT, *[line] * 17)).reason is Reason.HEADERS_TOO_LARGE
    assert policy.decide_asgi(scope(*PREFLIGHT, *[line] * 1024)).reason is Reason.HEADERS_TOO_LARGE


def test_any_line_that_is_true_asks_for_the_private_network(policy):
    name = b"access-control-request-private-network"
    for values, reason in (
        ([b"true"], Reason.PRIVATE_NETWORK_NOT_ALLOWED),
        ([b"false", "true", b"1"], Reason.PRIVATE_NETWORK_NOT_ALLOWED),
        ([b"True", b"true ", b""], Reason.OK),
    ):
        assert policy.decide_asgi(scope(*PREFLIGHT, *[(name, value) for value in values])).reason is reason


def test_the_request_lines_of_another_method_are_not_looked_at(policy):
    decision = policy.decide_asgi(scope(*PREFLIGHT, method="GET"))
    assert (decision.kind, decision.allowed, decision.request_method) == ("actual", True, None)


def test_the_request_lines_without_an_origin_are_not_looked_at(policy):
    for decision in (
        policy.decide_asgi(scope(*[pair for pair in PREFLIGHT if pair[0] != b"origin"])),
        policy.decide_wsgi({**ENVIRON, "HTTP_ORIGIN": None}),
    ):
        assert (decision.reason, decision.request_method) == (Reason.NOT_CORS, None)


def test_similar_names_are_not_taken_for_the_right_ones(policy):
    names = [b"origin ", b" origin", b"origin\0", b"origi", b"origins", b"x-origin", b"0rigin", b"\xeforigin"]
    names += ["or\u0131gin", "\u1d0frigin", "ORIG\u0130N", b"", "", b"o" * 2**16]
    assert policy.decide_asgi(scope(*[(name, ORIGIN) for name in names])).reason is Reason.NOT_CORS


def test_response_headers_are_those_of_an_actual_request(make_engine):
    for origins in (["*"], [ORIGIN.decode()], ["https://*.example"]):
        engine = make_engine(origins, expose_headers=("x-a",))
        for origin in (ORIGIN, b"https://a.example", b"null", b"", b"a,b"):
            answer = engine.response_headers([(b"Origin", origin)])
            assert answer == tuple(engine.decide("GET", origin).headers)
        assert engine.response_headers([]) == tuple(engine.decide("GET", None).headers)
        assert type(answer) is tuple
        assert {type(pair) for pair in answer} <= {tuple}


ENVIRON = {
    "REQUEST_METHOD": "OPTIONS",
    "HTTP_ORIGIN": ORIGIN.decode(),
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "x-a, x-b",
}


def test_a_preflight_is_found_in_an_environ(policy):
    decision = policy.decide_wsgi(ENVIRON)
    assert decision == policy.decide("OPTIONS", ORIGIN, "PUT", "x-a, x-b")
    assert decision.origin == ORIGIN.decode()
    assert policy.decide_wsgi({name: value.encode() for name, value in ENVIRON.items()}) == decision


def test_an_environ_without_a_method_is_a_get(policy):
    for method in ({}, {"REQUEST_METHOD": None}, {"REQUEST_METHOD": 1}):
        environ = {name: value for name, value in ENVIRON.items() if name != "REQUEST_METHOD"}
        assert policy.decide_wsgi({**environ, **method}).kind == "actual"
    assert policy.decide_wsgi({}).reason is Reason.NOT_CORS


@pytest.mark.parametrize("value", [None, 1, [], bytearray(b"null")])
def test_values_of_an_environ_that_are_no_text_count_as_absent(policy, value):
    assert policy.decide_wsgi({**ENVIRON, "HTTP_ORIGIN": value}).reason is Reason.NOT_CORS
    assert policy.decide_wsgi({**ENVIRON, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": value}).kind == "actual"
    assert policy.decide_wsgi({**ENVIRON, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": value}).allowed
    assert policy.decide_wsgi({**ENVIRON, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": value}).allowed


@pytest.mark.parametrize("origin", ["", "\xe9", "https://example.com\r\n", "https://example.com\0", "x" * 328])
def test_odd_origins_that_servers_let_through_are_malformed(policy, origin):
    assert policy.decide_wsgi({**ENVIRON, "HTTP_ORIGIN": origin}).reason is Reason.ORIGIN_MALFORMED


def test_doubles_that_a_server_joined_are_refused(policy):
    for joint in (",", ", "):
        environ = {**ENVIRON, "HTTP_ORIGIN": joint.join([ORIGIN.decode()] * 2)}
        assert policy.decide_wsgi(environ).reason is Reason.ORIGIN_MULTIPLE
        environ = {**ENVIRON, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": joint.join(["PUT"] * 2)}
        assert policy.decide_wsgi(environ).reason is Reason.METHOD_MALFORMED


def test_an_environ_may_ask_for_the_private_network(policy):
    environ = {**ENVIRON, "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": "true"}
    assert policy.decide_wsgi(environ).reason is Reason.PRIVATE_NETWORK_NOT_ALLOWED


# Pairs and multidicts, for servers and frameworks that are neither


@pytest.mark.parametrize("make", [list, tuple, iter])
@pytest.mark.parametrize("change", [bytes.lower, bytes.title])
def test_a_preflight_is_found_in_pairs(policy, make, change):
    decision = policy.decide_pairs("OPTIONS", make([(change(name), value) for name, value in PREFLIGHT]))
    assert decision == policy.decide("OPTIONS", ORIGIN, "PUT", "x-a")
    assert (decision.origin, decision.request_method) == (ORIGIN, b"PUT")


@pytest.mark.parametrize("change", [str.lower, str.title])
def test_a_preflight_is_found_in_a_multidict(policy, change):
    headers = CIMultiDict((change(name.decode()), value.decode()) for name, value in PREFLIGHT)
    for made in (headers, CIMultiDictProxy(headers)):
        decision = policy.decide_mapping("OPTIONS", made)
        assert decision == policy.decide("OPTIONS", ORIGIN, "PUT", "x-a")
        assert (decision.origin, decision.request_method) == (ORIGIN.decode(), "PUT")


def test_doubled_lines_in_pairs_and_multidicts_are_refused(policy):
    for line, reason in (
        ("Origin", Reason.ORIGIN_MULTIPLE),
        ("Access-Control-Request-Method", Reason.METHOD_MALFORMED),
    ):
        pairs = [(name.decode(), value.decode()) for name, value in PREFLIGHT]
        pairs += [(name, value) for name, value in pairs if name == line.lower()]
        assert policy.decide_pairs("OPTIONS", pairs).reason is reason
        assert policy.decide_mapping("OPTIONS", CIMultiDict(pairs)).reason is reason
    assert policy.decide_mapping("GET", CIMultiDict(pairs)).kind == "actual"


def test_a_multidict_may_ask_for_the_private_network_and_many_lines(policy):
    pairs = [("Origin", ORIGIN.decode()), ("Access-Control-Request-Method", "PUT")]
    lines = [("Access-Control-Request-Headers", "x-a")] * 200
    assert policy.decide_mapping("OPTIONS", CIMultiDict(pairs + lines)).reason is Reason.HEADERS_TOO_LARGE
    for value, reason in (("true", Reason.PRIVATE_NETWORK_NOT_ALLOWED), ("false", Reason.OK)):
        network = [("Access-Control-Request-Private-Network", "no"), ("Access-Control-Request-Private-Network", value)]
        decision = policy.decide_mapping("OPTIONS", CIMultiDict(pairs + network))
        assert (decision.reason, decision.requested.private_network) == (reason, value == "true")


def test_wrong_kinds_for_pairs_and_multidicts_are_refused(policy):
    for method in (None, 1):
        with pytest.raises(TypeError, match="method must be str or bytes"):
            policy.decide_pairs(method, PREFLIGHT)
        with pytest.raises(TypeError, match="method must be str or bytes"):
            policy.decide_mapping(method, CIMultiDict())
    for headers in (5, b"origin: x"):
        with pytest.raises(TypeError):
            policy.decide_pairs("GET", headers)


def test_what_was_asked_for_an_origin_counts_for_pairs_and_multidicts(policy):
    headers = [(b"origin", b"https://asked.example")]
    text = CIMultiDict(origin="https://asked.example")
    assert not policy.decide_pairs("GET", headers).allowed
    with pytest.raises(TypeError):
        policy.decide_pairs("GET", headers, origin_granted=1)
    with pytest.raises(TypeError):
        policy.decide_mapping("GET", text, origin_granted=1)
