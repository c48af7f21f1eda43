"""merge_head(): the head of a response as it came over the wire, merged by the rules of merge_asgi."""

from __future__ import annotations

import http.client
import io
import re

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.names import name_of
from tests.threads.together import together

ORIGIN = "https://example.com"
OTHER = "https://other.example"
START = b"HTTP/1.1 200 OK\r\n"
OURS = b"Access-Control-Allow-Origin: https://example.com\r\n"
VARY = b"Vary: Origin\r\n"
EXPOSING = {"expose_headers": ("*",), "allow_credentials": True}


def head(*lines):
    return START + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@pytest.fixture
def actual(make_engine):
    """Decide on an actual request with the origin, which is allowed if it is ORIGIN."""

    def decide(origin=ORIGIN, **settings):
        return make_engine([ORIGIN], **settings).decide("GET", origin)

    return decide


# What stays, byte for byte


PLAIN = [
    b"Server: x",
    b"server:x",
    b"X-Empty:",
    b"X-Blank: \t ",
    b"X-Odd:\t  a  b\t",
    b"X-\xc3: 1"[:2] + b"C: caf\xc3\xa9 \xff",
    b"Set-Cookie: a=1",
    b"Set-Cookie: b=2",
    b"X: 1",
    b"Access-Control: 1",
    b"Xccess-Control-Allow-Origin: *",
    b"Access_Control-Allow-Origin: *",
    b"Timing-Allow-Origin: *",
    b"Varying: 1",
    b"!#$%&'*+-.^_`|~: 1",
]


def test_the_policys_lines_come_behind_all_others_which_stay_byte_for_byte(actual):
    assert actual().merge_head(head(*PLAIN)) == head(*PLAIN)[:-2] + OURS + VARY + b"\r\n"
    assert actual(OTHER).merge_head(head(*PLAIN)) == head(*PLAIN)[:-2] + VARY + b"\r\n"
    assert actual().merge_head(head()) == START + OURS + VARY + b"\r\n"


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 200 \r\n",
        b"HTTP/1.1 200\r\n",
        b"HTTP/1.1 304 Not  Modified\t\r\n",
        b"HTTP/1.1 500 caf\xe9\r\n",
        b"HTTP/1.1 999 x\r\n",
    ],
    ids=repr,
)
def test_the_status_line_stays_as_it_is(actual, start):
    assert actual().merge_head(start + b"A: b\r\n\r\n") == start + b"A: b\r\n" + OURS + VARY + b"\r\n"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: memoryview(b"x" + data + b"y")[1:-1]])
def test_a_head_may_be_bytes_a_bytearray_or_a_memoryview(actual, kind):
    given = kind(head(b"A: b"))
    merged = actual().merge_head(given)
    assert type(merged) is bytes
    assert merged == head(b"A: b", OURS[:-2], VARY[:-2])
    assert bytes(given) == head(b"A: b")


def test_a_subclass_of_bytes_counts_by_its_data(actual):
    class Bytes(bytes):
        __slots__ = ()

        def __getitem__(self, at):
            return b"HTTP/1.1 200 OK\r\nevil: 1\r\n\r\n"

        def __len__(self):
            return 3

    assert actual().merge_head(Bytes(head(b"A: b"))) == head(b"A: b", OURS[:-2], VARY[:-2])


@pytest.mark.parametrize(
    "wrong", ["HTTP/1.1 200 OK\r\n\r\n", None, 5, [72, 84], (START,), memoryview(head() + head())[::2]], ids=name_of
)
def test_anything_else_is_a_type_error(actual, wrong):
    with pytest.raises(TypeError, match="head must be bytes"):
        actual().merge_head(wrong)


def test_on_conflict_has_two_values(actual):
    with pytest.raises(ValueError, match="on_conflict must be"):
        actual().merge_head(head(), on_conflict="both")


# What goes


NAMES = [b"Access-Control-Allow-Origin", b"access-control-allow-credentials", b"ACCESS-CONTROL-OF-TOMORROW"]
NAMES += [b"Access-Control-Expose-Headers", b"aCCESS-cONTROL-mAX-aGE", b"access-control-"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("origin", [ORIGIN, OTHER, "null", None])
def test_fields_of_cors_are_taken_out_and_ours_come_in_the_place_of_the_first(actual, name, origin):
    given = head(b"A: b", name + b": *", b"C: d", name + b":x,\r\n y", b"E: f")
    ours = OURS if origin == ORIGIN else b""
    assert actual(origin).merge_head(given) == START + b"A: b\r\n" + ours + VARY + b"C: d\r\nE: f\r\n\r\n"


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("together", [1, 2])
def test_fields_of_cors_are_taken_out_wherever_they_are_and_however_many(actual, number, together):
    places = [(b"A%d: b" % place, [b"Access-Control-X: %d" % place] * together) for place in range(number)]
    given = head(b"Vary: a", *(line for other, cors in places for line in (other, *cors)), b"D: e\r\n f", b"Last: 1")
    lines = [b"Vary: a, Origin", b"A0: b", OURS.removesuffix(b"\r\n"), *(other for other, _ in places[1:])]
    assert actual().merge_head(given) == head(*lines, b"D: e   f", b"Last: 1")


def test_timing_allow_origin_is_taken_out_where_the_policy_has_it(actual):
    given = head(b"timing-allow-origin: *", b"A: b")
    assert actual(OTHER).merge_head(given) == given[:-2] + VARY + b"\r\n"
    timed = actual(OTHER, timing_allow_origin=True)
    assert timed.merge_head(given) == head(b"Vary: Origin", b"A: b")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([b"Vary: foo"], [b"Vary: foo, Origin"]),
        ([b"vary:foo \t"], [b"vary: foo, Origin"]),
        ([b"Vary: foo", b"A: b", b"VARY: bar"], [b"Vary: foo", b"A: b", b"VARY: bar, Origin"]),
        ([b"Vary:\tORIGIN  "], [b"Vary:\tORIGIN  "]),
        ([b"Vary: x", b"Vary: a,origin"], [b"Vary: x", b"Vary: a,origin"]),
        ([b"Vary: origin", b"Vary: a"], [b"Vary: origin", b"Vary: a"]),
        ([b"Vary: a ,\t* "], [b"Vary: a ,\t* "]),
        ([b"Vary:"], [b"Vary: Origin"]),
        ([b"Vary: \t"], [b"Vary: Origin"]),
        ([b"Vary: x-origin, \xe9"], [b"Vary: x-origin, \xe9, Origin"]),
        ([b"Vary: a,\r\n Origin"], [b"Vary: a,   Origin"]),
        ([b"Vary: a,\r\n\tb"], [b"Vary: a,  \tb, Origin"]),
        ([b"Vary:\r\n a\r\n "], [b"Vary: a, Origin"]),
    ],
    ids=repr,
)
def test_vary_keeps_its_names_and_gets_origin(actual, lines, expected):
    assert actual(OTHER).merge_head(head(b"X: 1", *lines, b"Y: 2")) == head(b"X: 1", *expected, b"Y: 2")


def test_every_name_that_a_preflights_vary_misses_is_added(make_engine):
    decision = make_engine([ORIGIN]).decide("OPTIONS", OTHER, "GET")
    given = head(b"Vary: access-control-request-method")
    rest = b"Origin, Access-Control-Request-Headers"
    assert decision.merge_head(given) == head(b"Vary: access-control-request-method, " + rest)


def test_a_static_star_leaves_vary_alone(make_engine):
    decision = make_engine(["*"]).decide("GET", None)
    assert decision.merge_head(head(b"Vary: a")) == head(b"Vary: a", b"Access-Control-Allow-Origin: *")


def test_keep_leaves_all_fields_of_an_upstream_that_sets_the_origin(actual):
    given = head(b"Access-Control-Max-Age: 5", b"access-control-allow-origin: *", b"A: b")
    assert actual().merge_head(given, on_conflict="keep") == given[:-2] + VARY + b"\r\n"
    given = head(b"access-control-allow-origin: *", b"Vary: a", b"A: b")
    merged = actual().merge_head(given, on_conflict="keep")
    assert merged == head(b"access-control-allow-origin: *", b"Vary: a, Origin", b"A: b")
    given = head(b"Access-Control-Max-Age: 5", b"A: b")
    assert actual().merge_head(given, on_conflict="keep") == START + OURS + VARY + b"A: b\r\n\r\n"


def test_a_folded_line_becomes_one_line_and_hides_nothing(actual):
    given = head(b"A: b\r\n Access-Control-Allow-Origin: *", b"C:\r\n\td\r\n ", b"Access-Control-Max-Age: 1\r\n E: f")
    lines = [b"A: b   Access-Control-Allow-Origin: *", b"C:  \td   "]
    assert actual(OTHER).merge_head(given) == head(*lines, b"Vary: Origin")


# Exposing everything with credentials


def test_with_credentials_the_names_of_the_response_are_exposed_once_each(actual):
    fields = [
        b"Content-Type: a",
        b"X-B: 1",
        b"x-a:2",
        b"x-b: 3",
        b"Access-Control-Expose-Headers: x-z",
        b"Set-Cookie: c",
    ]
    fields += [b"set-cookie2: c", b"Cache-Control: x", b"content-language: x", b"Content-Length: 0", b"expires: x"]
    fields += [b"last-modified: x", b"pragma: x", b"X-C: 1"]
    merged = actual(timing_allow_origin=True, **EXPOSING).merge_head(head(*fields))
    assert merged == head(
        *fields[:4],
        OURS[:-2],
        b"Access-Control-Allow-Credentials: true",
        b"Access-Control-Expose-Headers: x-b, x-a, timing-allow-origin, vary, x-c",
        b"Timing-Allow-Origin: https://example.com",
        b"Vary: Origin",
        *fields[5:],
    )
    assert b"Expose" not in actual(OTHER, **EXPOSING).merge_head(head(*fields[:4]))
    assert b"Expose" not in actual(**EXPOSING).merge_head(head(b"Vary: *"), on_conflict="keep").replace(
        b"Access-Control-Expose-Headers: vary", b""
    )


# Informational heads


@pytest.mark.parametrize("start", [b"HTTP/1.1 100 Continue", b"HTTP/1.1 101 x", b"HTTP/1.1 103 Early Hints"])
def test_the_head_of_an_informational_response_is_left_as_it_is(actual, start):
    given = start + b"\r\nAccess-Control-Allow-Origin: *\r\nVary: a\r\nLink: </a>\r\n\r\n"
    assert actual().merge_head(given) == given
    assert actual(**EXPOSING).merge_head(given, on_conflict="keep") == given
    assert actual().merge_head(start + b"\r\n\r\n") == start + b"\r\n\r\n"


# What is no head


REFUSED = {
    b"": "line 1 is cut off",
    b"HTTP/1.1 200 OK": "line 1 is cut off",
    b"HTTP/1.1 200 OK\r": "line 1 is cut off",
    START: "line 2 is cut off",
    START + b"A": "line 2 is cut off",
    START + b"A: b\r\n": "line 3 is cut off",
    START + b"A: b\r\n\r": "line 3 is cut off",
    b"\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/2 200 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/1.x 200 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"http/1.1 200 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/1.1 20 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/1.1 2000 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/1.1 099 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/1.1  200 OK\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"GET / HTTP/1.1\r\n\r\n": "line 1 is no HTTP/1 status line",
    b"HTTP/1.1 200 OK\n\r\n": "line 1 has a control character",
    b"HTTP/1.1 200 O\x00K\r\n\r\n": "line 1 has a control character",
    head(b"A: b\nAccess-Control-Allow-Origin: *"): "line 2 has a control character",
    head(b"A: b\rAccess-Control-Allow-Origin: *"): "line 2 has a control character",
    head(b"A: b\x00"): "line 2 has a control character",
    head(b"A: b\x7f"): "line 2 has a control character",
    head(b"A: b", b"C: d\r\n e\n f"): "line 4 has a control character",
    START + b"A: b\r\n\n\r\n": "line 3 does not begin with a field name",
    START + b"A: b\n\r\n": "line 2 has a control character",
    START + b"A: b\r\n\rx": "line 3 has a control character",
    head(b"Access-Control-Allow-Origin : *"): "line 2 does not begin with a field name",
    head(b" Access-Control-Allow-Origin: *"): "line 2 does not begin with a field name",
    head(b"A b: c"): "line 2 does not begin with a field name",
    head(b"A"): "line 2 does not begin with a field name",
    head(b": *"): "line 2 does not begin with a field name",
    head(b"A\xe9: b"): "line 2 does not begin with a field name",
    head(b"A: b") + b"body": "line 3 ends the head, and more follows",
    head() + head(): "line 2 ends the head, and more follows",
    head(*[b"A: b"] * 1025): "line 1026 is one field too many",
}


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: repr(given[:60]))
def test_what_is_no_head_is_a_value_error_that_says_where(actual, given):
    for settings in ({}, EXPOSING):
        with pytest.raises(ValueError, match=f"no head of an HTTP/1 response: {REFUSED[given]}") as raised:
            actual(**settings).merge_head(given)
        assert type(raised.value) is ValueError


def test_a_head_may_have_1024_fields(actual):
    lines = [b"X-%d: 1\r\n 2" % number for number in range(1023)]
    merged = actual(**EXPOSING).merge_head(head(*lines, b"x-0: 1"))
    names = b", ".join(b"x-%d" % number for number in range(1023))
    assert b"Access-Control-Expose-Headers: " + names + b", vary\r\n" in merged


FULL = head(
    b"Server: x",
    b"Vary: Accept-Encoding,\r\n Cookie",
    b"access-control-allow-origin: *",
    b"X-Folded: a\r\n\tb",
    b"Timing-Allow-Origin: *",
    b"Content-Length: 3",
)


def test_a_head_that_is_cut_anywhere_is_a_value_error(actual):
    decisions = [actual(), actual(OTHER), actual(timing_allow_origin=True, **EXPOSING)]
    for decision in decisions:
        assert decision.merge_head(FULL)
        for size in range(len(FULL)):
            for cut in (FULL[:size], memoryview(bytearray(FULL))[:size]):
                with pytest.raises(ValueError, match="is cut off"):
                    decision.merge_head(cut)


# At random


HOSTILE = [b"\r", b"\n", b"\r\n", b"\0", b"\x0b", b"\x1b", b"\x7f", b"\x85", b"\xff", b" ", b"\t", b":", b",", b"*"]
HOSTILE += [
    b"\r\n\r\n",
    b"\n\n",
    b"\r\n ",
    b"\r\nAccess-Control-Allow-Origin: *\r\n",
    b"\nAccess-Control-Allow-Origin: *",
]
HOSTILE += [b"Access-Control-Allow-Origin:*", b"HTTP/1.1 200 OK\r\n"]
SAMPLE_NAMES = [b"Vary", b"vary", b"X-A", b"x-a", b"X-B", b"Etag", b"Timing-Allow-Origin", b"Set-Cookie", b"Date", b"*"]
SAMPLE_NAMES += [*NAMES, b"Content-Type", b"content-language", b"Last-Modified", b"Pragma"]
SAMPLE_VALUES = [b"", b"a", b"*", b"Origin", b"origin, b", b"a ,\tb", b"caf\xe9", b"a, *", b"https://x.example", b'"1"']


def fields():
    blank = st.sampled_from([b"", b" ", b"\t", b"  ", b" \r\n ", b"\r\n\t"])
    line = st.tuples(st.sampled_from(SAMPLE_NAMES), st.just(b":"), blank, st.sampled_from(SAMPLE_VALUES), blank)
    return st.lists(line.map(b"".join), max_size=14)


def decisions_of(make_engine):
    """Decisions of several kinds, under policies of several kinds."""
    for origins, settings in (
        ([ORIGIN], {}),
        (["*"], {"expose_headers": ("x-a",), "timing_allow_origin": True}),
        ([ORIGIN], {"timing_allow_origin": True, **EXPOSING}),
    ):
        engine = make_engine(origins, **settings)
        yield from (engine.decide("GET", ORIGIN), engine.decide("GET", OTHER), engine.decide("GET", None))
        yield from (engine.decide("OPTIONS", ORIGIN, "GET"), engine.decide("OPTIONS", OTHER, "PUT"))


@pytest.fixture(scope="session")
def decisions(make_engine):
    return list(decisions_of(make_engine))


def plain(value):
    return re.sub(rb"[ \t\r\n]+", b" ", value).strip()


def read_by_h11(given):
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "a"), ("Connection", "close")]))
    client.receive_data(given)
    event = client.next_event()
    assert isinstance(event, h11.Response)
    return [(name.decode("latin-1"), plain(value).decode("latin-1")) for name, value in event.headers.raw_items()]


def read_by_http_client(given):
    lines = io.BytesIO(given)
    lines.readline()
    headers = http.client.parse_headers(lines)
    return [(name, plain(value.encode("latin-1")).decode("latin-1")) for name, value in headers.items()]


@pytest.mark.parametrize("read", [read_by_h11, read_by_http_client])
@given(lines=fields(), keep=st.sampled_from(["replace", "keep"]), data=st.data())
def test_it_is_what_comes_of_parsing_merging_and_writing(decisions, read, lines, keep, data):
    decision = data.draw(st.sampled_from(decisions))
    merged = decision.merge_head(head(*lines), on_conflict=keep)
    assert read(merged) == decision.merge_wsgi(read(head(*lines)), on_conflict=keep)
    assert decision.merge_head(merged, on_conflict=keep) == merged


@given(lines=fields(), data=st.data())
def test_whatever_is_in_a_head_no_field_of_cors_but_the_policys_comes_out(decisions, lines, data):
    decision = data.draw(st.sampled_from(decisions))
    given = head(*lines)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(given)))
        insert = data.draw(st.sampled_from(HOSTILE) | st.binary(min_size=1, max_size=4))
        given = given[:at] + insert + given[at + data.draw(st.integers(0, 3)) :]
    try:
        merged = decision.merge_head(given)
    except ValueError:
        return
    if given[9:10] == b"1":
        return
    for read in (read_by_h11, read_by_http_client):
        found = [pair for pair in read(merged) if pair[0].lower().startswith("access-control-")]
        exposed = "Access-Control-Expose-Headers"
        ours = [pair for pair in decision.headers_str if pair[0].startswith("Access-Control-")]
        assert [pair for pair in found if pair[0] != exposed] == [pair for pair in ours if pair[0] != exposed]
        assert len({pair[0] for pair in found}) == len(found)
    assert merged.count(b"\r\n\r\n") == 1
    assert merged.count(b"\n") == merged.count(b"\r") == merged.count(b"\r\n")


def test_threads_may_share_a_decision(actual):
    decision = actual(**EXPOSING)
    expected = decision.merge_head(FULL)
    wrong = []

    def work(number):
        wrong.extend(merged for _ in range(300) if (merged := decision.merge_head(FULL)) != expected)

    together(work)
    assert wrong == []
