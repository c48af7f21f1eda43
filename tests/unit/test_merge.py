"""Merging with what the application set: the policy is the one authority, nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from tests.support.names import name_of

ORIGIN = "https://example.com"
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@pytest.fixture(params=["asgi", "wsgi"])
def interface(request):
    return request.param


@pytest.fixture
def merge(interface):
    """Merge the headers, given as str, in either interface; the result as str, our names in lower case."""

    def merged(decision, *headers):
        if interface == "wsgi":
            given = list(headers)
            result = decision.merge_wsgi(given)
            assert given == list(headers)
            ours = [name for name, _ in decision.headers_str] + ["Access-Control-Expose-Headers"]
            return [(name.lower() if name in ours else name, value) for name, value in result]
        given = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        before = list(given)
        result = decision.merge_asgi(given)
        assert given == before
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in result]

    return merged


@pytest.fixture
def actual(make_engine):
    """Decide on an actual request with the origin, which is allowed if it is ORIGIN."""

    def decide(origin=ORIGIN, **settings):
        return make_engine([ORIGIN], **settings).decide("GET", origin)

    return decide


VARY = ("vary", "Origin")
ALLOWED = [("access-control-allow-origin", ORIGIN), VARY]


def test_the_policys_headers_come_after_the_applications(merge, actual):
    app = [("content-type", "text/plain"), ("x-a", "1"), ("x-a", "2"), ("set-cookie", "c=1")]
    assert merge(actual(), *app) == [*app, *ALLOWED]
    assert merge(actual()) == ALLOWED


CORS = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-allow-private-network",
    "access-control-of-tomorrow",
    "access-control-",
]


@pytest.mark.parametrize("name", CORS)
@pytest.mark.parametrize("change", [str.lower, str.upper, str.title, str.swapcase])
@pytest.mark.parametrize("origin", [ORIGIN, "https://other.example", "null", None])
def test_the_applications_own_are_taken_out_whatever_the_origin(merge, actual, name, change, origin):
    app = [("x-a", "1"), (change(name), "*"), ("x-b", "2"), (change(name), "x")]
    expected = ALLOWED if origin == ORIGIN else [VARY]
    assert merge(actual(origin), *app) == [("x-a", "1"), *expected, ("x-b", "2")]


@pytest.mark.parametrize("name", CORS)
@pytest.mark.parametrize("origin", [ORIGIN, "https://other.example"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_applications_own_do_not_widen_a_preflights_answer(merge, make_engine, name, origin, method):
    decision = make_engine([ORIGIN], allow_methods=("PUT",), max_age=5).decide("OPTIONS", origin, method)
    alone = merge(decision)
    assert merge(decision, ("x-a", "1"), (name, "DELETE"), (name.upper(), "86400")) == [("x-a", "1"), *alone]
    assert decision.allowed is ((origin, method) == (ORIGIN, "PUT"))


def test_the_applications_own_are_taken_out_for_a_static_star_too(merge, make_engine):
    decision = make_engine(["*"]).decide("GET", None)
    app = [("Access-Control-Allow-Origin", ORIGIN), ("ACCESS-CONTROL-ALLOW-CREDENTIALS", "true")]
    assert merge(decision, *app) == [("access-control-allow-origin", "*")]


@pytest.mark.parametrize(
    "name",
    [
        "timing-allow-origin",
        "x-access-control-allow-origin",
        "access-control",
        "access-controls-allow-origin",
        "access_control_allow_origin",
        " access-control-allow-origin",
        "varies",
        "var",
        "",
    ],
)
def test_other_headers_stay_as_they_are(merge, actual, name):
    assert merge(actual(), (name, "x")) == [(name, "x"), *ALLOWED]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["foo"], ["foo, Origin"]),
        (["foo", "bar"], ["foo", "bar, Origin"]),
        (["origin"], ["origin"]),
        (["ORIGIN", "foo"], ["ORIGIN", "foo"]),
        (["foo, Origin , bar"], ["foo, Origin , bar"]),
        (["foo,\tOriGin"], ["foo,\tOriGin"]),
        (["*"], ["*"]),
        (["*", "foo"], ["*", "foo"]),
        (["foo, *"], ["foo, *"]),
        ([""], ["Origin"]),
        ([" \t"], ["Origin"]),
        (["foo", ""], ["foo", "Origin"]),
        (["original, x-origin"], ["original, x-origin, Origin"]),
        (["origin foo"], ["origin foo, Origin"]),
        (["**"], ["**, Origin"]),
        (["\xe9"], ["\xe9, Origin"]),
        (["\xe9, Origin"], ["\xe9, Origin"]),
    ],
)
@pytest.mark.parametrize("name", ["vary", "Vary", "VARY"])
def test_vary_keeps_the_applications_tokens_and_gets_origin(merge, actual, lines, expected, name):
    app = [("x-a", "1"), *[(name, value) for value in lines], ("x-b", "2")]
    result = merge(actual("https://other.example"), *app)
    kept = [("x-a", "1"), *[(name, value) for value in expected], ("x-b", "2")]
    # Our own name is recognised whatever its case; the application's case stays.
    assert [(key.lower(), value) for key, value in result] == [(key.lower(), value) for key, value in kept]
    if name != "Vary":
        assert result == kept


def test_the_name_of_the_applications_vary_keeps_its_letter_case(actual):
    assert actual().merge_asgi([(b"VaRy", b"a")])[0] == (b"VaRy", b"a, Origin")
    assert actual().merge_wsgi([("VaRy", "a")])[0] == ("VaRy", "a, Origin")


def test_a_static_star_leaves_vary_alone(merge, make_engine):
    decision = make_engine(["*"]).decide("GET", ORIGIN)
    assert merge(decision, ("vary", "foo")) == [("vary", "foo"), ("access-control-allow-origin", "*")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("foo", f"foo, {PREFLIGHT_VARY}"),
        ("access-control-request-method", f"access-control-request-method, {PREFLIGHT_VARY}"),
        (PREFLIGHT_VARY.upper(), PREFLIGHT_VARY.upper()),
        ("*", "*"),
        ("", PREFLIGHT_VARY),
    ],
)
def test_every_missing_token_of_a_preflights_vary_is_added(merge, make_engine, line, expected):
    decision = make_engine([ORIGIN]).decide("OPTIONS", "https://other.example", "GET")
    if line == "access-control-request-method":
        expected = f"{line}, Origin, Access-Control-Request-Headers"
    assert merge(decision, ("vary", line)) == [("vary", expected)]


def test_a_preflight_merges_as_any_decision_does(merge, make_engine):
    decision = make_engine([ORIGIN], max_age=5).decide("OPTIONS", ORIGIN, "GET")
    assert merge(decision, ("x-a", "1"), ("access-control-allow-origin", "*")) == [
        ("x-a", "1"),
        ("access-control-allow-origin", ORIGIN),
        ("access-control-max-age", "5"),
        ("vary", PREFLIGHT_VARY),
    ]


# Exposing everything with credentials


def test_with_credentials_the_names_of_the_response_are_exposed(merge, actual):
    app = [
        ("Content-Type", "text/plain"),
        ("X-B", "1"),
        ("x-a", "2"),
        ("x-b", "3"),
        ("Set-Cookie", "c"),
        ("set-cookie2", "c"),
        ("access-control-anything", "x"),
        ("Cache-Control", "x"),
        ("content-language", "x"),
        ("Content-Length", "0"),
        ("expires", "x"),
        ("last-modified", "x"),
        ("pragma", "x"),
        ("no token", "x"),
        ("x-\xe9", "x"),
        ("", "x"),
        ("x-c", "x"),
    ]
    settings = {"expose_headers": ("*",), "allow_credentials": True, "timing_allow_origin": True}
    taken = [pair for pair in app if pair[0] != "access-control-anything"]
    merged = merge(actual(**settings), *app)
    assert [pair for pair in merged if pair in app] == taken
    assert [pair for pair in merged if pair not in app] == [
        ("access-control-allow-origin", ORIGIN),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "x-b, x-a, timing-allow-origin, vary, x-c"),
        ("timing-allow-origin", ORIGIN),
        VARY,
    ]


def test_the_policys_own_vary_is_exposed_as_a_star_would(merge, actual):
    settings = {"expose_headers": ("*",), "allow_credentials": True}
    app = [("content-type", "x"), ("Access-Control-Expose-Headers", "x-a")]
    assert merge(actual(**settings), *app) == [
        ("content-type", "x"),
        ("access-control-allow-origin", ORIGIN),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "vary"),
        VARY,
    ]


def test_a_refused_origin_is_exposed_nothing(merge, actual):
    settings = {"expose_headers": ("*",), "allow_credentials": True}
    for origin in ("https://other.example", None):
        assert merge(actual(origin, **settings), ("x-a", "1")) == [("x-a", "1"), VARY]


def test_without_credentials_the_star_is_written(merge, actual):
    assert merge(actual(expose_headers=("*",)), ("x-a", "1")) == [
        ("x-a", "1"),
        ("access-control-allow-origin", ORIGIN),
        ("access-control-expose-headers", "*"),
        VARY,
    ]


def test_a_preflight_exposes_nothing(merge, make_engine):
    decision = make_engine([ORIGIN], expose_headers=("*",), allow_credentials=True).decide("OPTIONS", ORIGIN, "GET")
    names = [name for name, _ in merge(decision, ("x-a", "1"))]
    assert "access-control-expose-headers" not in names


# Types


class Bytes(bytes):
    """A subclass whose overrides lie."""

    __slots__ = ()

    def __bytes__(self):
        return b"evil"

    def lower(self):
        return b"evil"

    def decode(self, *_):
        return "evil"


class Text(str):
    """The same for str."""

    __slots__ = ()

    def __str__(self):
        return "evil"

    def lower(self):
        return "evil"

    def encode(self, *_):
        return b"evil"


def exact(pairs, kind):
    return all(type(pair) is tuple and [type(part) for part in pair] == [kind, kind] for pair in pairs)


@pytest.mark.parametrize(
    "pair",
    [
        (b"X-A", b"v\xe9"),
        [b"X-A", b"v\xe9"],
        ("X-A", "v\xe9"),
        (bytearray(b"X-A"), memoryview(b"v\xe9")),
        (memoryview(b"xX-Ax")[1:-1], bytearray(b"v\xe9")),
        (memoryview(b"X.-.A.")[::2], b"v\xe9"),
        (Bytes(b"X-A"), Text("v\xe9")),
        (Text("X-A"), Bytes(b"v\xe9")),
    ],
    ids=name_of,
)
def test_pairs_come_out_as_exact_tuples_of_exact_types(actual, pair):
    as_bytes, as_text = actual().merge_asgi([pair]), actual().merge_wsgi([pair])
    assert as_bytes[0] == (b"X-A", b"v\xe9")
    assert as_text[0] == ("X-A", "v\xe9")
    assert exact(as_bytes, bytes)
    assert exact(as_text, str)
    assert exact(actual().merge_wsgi([(Text("Vary"), Text("a"))]), str)
    assert exact(actual().merge_asgi([(Bytes(b"Vary"), Bytes(b"a"))]), bytes)


@pytest.mark.parametrize(
    "name", [Bytes(b"access-control-allow-origin"), Text("Access-Control-Allow-Origin")], ids=["bytes", "str"]
)
def test_the_applications_own_are_recognised_in_any_type(actual, name):
    assert [pair[0] for pair in actual().merge_asgi([(name, "*")])] == [b"access-control-allow-origin", b"vary"]
    assert [pair[0] for pair in actual().merge_wsgi([(name, "*")])] == ["Access-Control-Allow-Origin", "Vary"]


def test_any_iterable_of_pairs_works(actual):
    pairs = [(b"x-a", b"1"), (b"x-b", b"2")]
    for headers in (tuple(pairs), iter(pairs), (iter(pair) for pair in pairs), dict(pairs).items()):
        assert actual().merge_asgi(headers)[:2] == pairs
    assert actual().merge_wsgi(iter([("x-a", "1")]))[0] == ("x-a", "1")


@pytest.mark.parametrize(
    "item",
    [None, 1, (), ("x-a",), ("x-a", "1", "2"), ("x-a", None), ("x-a", 1), (1, "x"), b"x-a", "x-a", object(), ["x"]],
    ids=name_of,
)
def test_what_is_no_pair_of_text_raises_type_error(actual, item):
    for merge in (actual().merge_asgi, actual().merge_wsgi):
        with pytest.raises(TypeError, match="response header"):
            merge([("x-a", "1"), item])


@pytest.mark.parametrize("headers", [None, 1, object()], ids=["None", "int", "object"])
def test_headers_that_are_not_iterable_raise_type_error(actual, headers):
    for merge in (actual().merge_asgi, actual().merge_wsgi):
        with pytest.raises(TypeError):
            merge(headers)


def test_text_beyond_latin_1_cannot_become_bytes(actual):
    for pair in (("x-a", "\u1234"), ("\u1234", "x"), (b"x", "\ud800")):
        with pytest.raises(UnicodeEncodeError):
            actual().merge_asgi([pair])


@pytest.mark.parametrize("name", ["access-control-\u1234", "ACCESS-Control-\xe9"])
def test_the_beginning_of_a_name_counts_whatever_comes_after_it(actual, name):
    assert [pair[0] for pair in actual().merge_wsgi([(name, "x")])] == ["Access-Control-Allow-Origin", "Vary"]
    assert [pair[0] for pair in actual().merge_asgi([(name, "x")])] == [b"access-control-allow-origin", b"vary"]


def test_text_beyond_latin_1_passes_through_wsgi_unchanged(actual):
    assert actual().merge_wsgi([("x-a", "\u1234"), ("Vary", "\u1234")])[:2] == [
        ("x-a", "\u1234"),
        ("Vary", "\u1234, Origin"),
    ]


def test_the_given_list_and_earlier_results_are_not_touched(actual):
    decision = actual()
    app = [(b"vary", b"a"), (b"Access-Control-Allow-Origin", b"*")]
    first = decision.merge_asgi(app)
    assert app == [(b"vary", b"a"), (b"Access-Control-Allow-Origin", b"*")]
    second = decision.merge_asgi(app)
    assert first == second
    assert first is not second
    first.clear()
    assert decision.merge_asgi(app) == second


# Twice, and kept

NAMES = [
    *CORS,
    "vary",
    "timing-allow-origin",
    "x-a",
    "content-type",
    "access-control-\u1234",
    "access-control-\xe9",
    "\xe9",
    "vary\u1234",
]
VALUES = ["", "*", "Origin", "x, ORIGIN", "accept,\taccess-control-request-method", ORIGIN, "true", "\xe9", " "]
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([name, name.upper(), name.title()])),
        st.sampled_from(VALUES),
    ),
    max_size=8,
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "allow_credentials": st.just(True),
        "expose_headers": st.sampled_from([("*",), ("x-a", "x-b")]),
        "timing_allow_origin": st.just(True),
        "allow_methods": st.sampled_from([("PUT",), ("*",)]),
        "allow_headers": st.sampled_from([("x-a",), ("*",)]),
        "max_age": st.just(5),
        "disclose": st.just("minimal"),
        "allow_private_network": st.just(True),
    },
)
REQUESTS = st.tuples(
    st.sampled_from(["GET", "OPTIONS"]),
    st.sampled_from([ORIGIN, "https://other.example", "null", None]),
    st.sampled_from([None, "GET", "PUT"]),
)


@given(SETTINGS, REQUESTS, HEADERS, st.sampled_from(["replace", "keep"]), st.sampled_from([[ORIGIN], ["*"]]))
@settings(max_examples=200, deadline=None)
def test_merging_twice_changes_nothing(make_engine, chosen, request_, headers, on_conflict, origins):
    decision = make_engine(origins, **chosen).decide(*request_)
    once = decision.merge_wsgi(headers, on_conflict=on_conflict)
    assert decision.merge_wsgi(once, on_conflict=on_conflict) == once
    encodable = [(name, value) for name, value in headers if max(name + value, default="a") < "\u0100"]
    once = decision.merge_asgi(encodable, on_conflict=on_conflict)
    assert decision.merge_asgi(once, on_conflict=on_conflict) == once


@given(SETTINGS, REQUESTS, HEADERS, st.sampled_from([[ORIGIN], ["*"]]))
@settings(max_examples=200, deadline=None)
def test_whatever_the_application_set_a_browser_sees_the_policys_cors_headers(
    make_engine, chosen, request_, headers, origins
):
    decision = make_engine(origins, **chosen).decide(*request_)
    present = decision.kind == "actual" and chosen.get("allow_credentials") and chosen.get("expose_headers") == ("*",)
    merged = [(name.lower(), value) for name, value in decision.merge_wsgi(headers)]
    ours = [(name.decode(), value.decode()) for name, value in decision.headers]
    cors = [pair for pair in merged if pair[0].startswith("access-control-")]
    if present:
        cors = [pair for pair in cors if pair[0] != "access-control-expose-headers"]
    assert cors == [pair for pair in ours if pair[0].startswith("access-control-")]
    others = [pair for pair in headers if not pair[0].lower().startswith(("access-control-", "vary", "timing-"))]
    assert [pair for pair in merged if not pair[0].startswith(("access-control-", "vary", "timing-"))] == [
        (name.lower(), value) for name, value in others
    ]


@given(SETTINGS, REQUESTS, HEADERS)
@settings(max_examples=200, deadline=None)
def test_keep_adds_nothing_but_vary_to_an_answer_of_the_applications(make_engine, chosen, request_, headers):
    decision = make_engine([ORIGIN], **chosen).decide(*request_)
    headers = [("Access-Control-Allow-Origin", "https://own.example"), *headers]
    merged = decision.merge_wsgi(headers, on_conflict="keep")
    assert [pair for pair in merged if pair[0].lower() != "vary"] == [
        pair for pair in headers if pair[0].lower() != "vary"
    ]
    assert {
        token.strip(" \t").lower() for name, value in merged if name.lower() == "vary" for token in value.split(",")
    } & {
        "*",
        "origin",
    }


@pytest.mark.parametrize("origin", [ORIGIN, "https://other.example", None])
def test_a_policy_of_timing_takes_the_applications_timing_allow_origin_out(merge, actual, origin):
    decision = actual(origin, timing_allow_origin=True)
    assert merge(decision, ("Timing-Allow-Origin", "*")) == merge(decision)
    assert merge(actual(origin), ("timing-allow-origin", "*"))[0] == ("timing-allow-origin", "*")


def test_a_multidict_is_merged_into_a_copy_of_its_own_type(actual):
    class Own(CIMultiDict):
        """A multidict with a name."""

    given = Own([("VARY", "a"), ("X-A", "1"), ("x-a", "2"), ("access-control-ALLOW-origin", "*")])
    merged = actual().merge_multidict(given)
    assert type(merged) is Own
    assert list(merged.items()) == actual().merge_wsgi(list(given.items()))
    assert next(iter(given.items())) == ("VARY", "a")
    assert actual().merge_multidict(Own()).getall("vary") == ["Origin"]


def test_what_is_no_multidict_is_refused(actual):
    for wrong in ({}, [], None, "x"):
        with pytest.raises(TypeError, match=r"headers must be a multidict, which has add\(name, value\)"):
            actual().merge_multidict(wrong)
    with pytest.raises(ValueError, match="on_conflict must be"):
        actual().merge_multidict(CIMultiDict(), on_conflict="both")
