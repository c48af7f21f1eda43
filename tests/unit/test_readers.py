"""Readers of what servers hold a request in: mappings, header lists of HTTP/2, parsers that call back."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import h11
import httptools
import llhttp
import pytest
from django.utils.datastructures import MultiValueDict
from hpack import HeaderTuple
from multidict import CIMultiDict

from fastcors.decision import Reason
from tests.support.readers import MAPPINGS, READERS, feed_class, feed_pieces, h2_pairs, pieces
from tests.support.rsgi import Scope

ORIGIN = b"https://app.example.com"
PUT = (b"access-control-request-method", b"PUT")
NETWORK = b"access-control-request-private-network"
PREFLIGHT = [(b"host", b"api.example"), (b"origin", ORIGIN), PUT, (b"access-control-request-headers", b"x-b, x-a")]
REQUESTS: dict[str, tuple[bytes, list[tuple[bytes, bytes]]]] = {
    "no CORS": (b"GET", [(b"accept", b"*/*"), (b"cookie", b"a=b")]),
    "actual": (b"GET", [(b"host", b"api.example"), (b"origin", ORIGIN)]),
    "refused": (b"POST", [(b"origin", b"https://other.example")]),
    "malformed": (b"GET", [(b"origin", b"https://app.example.com/")]),
    "empty": (b"GET", [(b"origin", b"")]),
    "beyond ASCII": (b"GET", [(b"origin", b"https://app.example.com\xe9")]),
    "two origins": (b"GET", [(b"origin", ORIGIN), (b"accept", b"*/*"), (b"origin", ORIGIN)]),
    "preflight": (b"OPTIONS", PREFLIGHT),
    "plain OPTIONS": (b"OPTIONS", [(b"origin", ORIGIN)]),
    "no origin": (b"OPTIONS", [PUT]),
    "two methods": (b"OPTIONS", [(b"origin", ORIGIN), PUT, PUT]),
    "several lines": (b"OPTIONS", [*PREFLIGHT, (b"access-control-request-headers", b"x-a")]),
    "other header": (b"OPTIONS", [*PREFLIGHT[:3], (b"access-control-request-headers", b"x-c")]),
    "too many lines": (b"OPTIONS", [*PREFLIGHT, *[(b"access-control-request-headers", b"")] * 600]),
    "too many bytes": (b"OPTIONS", [*PREFLIGHT[:3], (b"access-control-request-headers", b"x" * 9000)]),
    "just too many bytes": (b"OPTIONS", [*PREFLIGHT[:3], *[(b"access-control-request-headers", b"x" * 4096)] * 2]),
    "as many bytes": (b"OPTIONS", [*PREFLIGHT[:3], (b"access-control-request-headers", b"x" * 8192)]),
    "network": (b"OPTIONS", [*PREFLIGHT, (NETWORK, b"true")]),
    "network, last": (b"OPTIONS", [*PREFLIGHT, *[(NETWORK, b"no" * 50)] * 700, (NETWORK, b"true")]),
    "no network": (b"OPTIONS", [*PREFLIGHT, (NETWORK, b"TRUE"), (NETWORK, b"true ")]),
    "long origin": (b"GET", [(b"origin", b"https://" + b"a" * 400)]),
    "two long origins": (b"GET", [(b"origin", b"https://" + b"a" * 400)] * 2),
    "long method": (b"OPTIONS", [(b"origin", ORIGIN), (PUT[0], b"M" * 500)]),
}


@pytest.fixture
def policy(make_engine: Any) -> Any:
    settings = {"allow_methods": ("PUT",), "allow_headers": ("x-a", "x-b"), "disclose": "minimal"}
    return make_engine([ORIGIN.decode()], **settings)


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("name", READERS)
def test_every_reader_decides_as_pairs_are_decided(policy: Any, name: str, request_name: str) -> None:
    method, lines = REQUESTS[request_name]
    expected = policy.decide_pairs(method, lines)
    try:
        found = READERS[name](policy, method, lines, "/")
    except ValueError:
        pytest.skip("this cannot hold these lines")
    assert found == expected
    assert found._verdict() == expected._verdict()
    assert (found.detail, found.explain()) == (expected.detail, expected.explain())


@pytest.mark.parametrize("name", READERS)
def test_no_reader_raises_for_what_a_client_sends(policy: Any, name: str) -> None:
    names = [b"wsgi.version", b"asgi", b"items", b"get", b":status", b"headers"]
    method, lines = b"OPTIONS", [*((each, b"x") for each in names if name.startswith("decide_m")), *PREFLIGHT]
    try:
        assert READERS[name](policy, method, lines, "/") == policy.decide_pairs(method, PREFLIGHT)
    except ValueError:
        pytest.skip("this cannot hold these lines")


class TestMappings:
    def test_the_letter_case_of_names_does_not_matter(self, policy: Any) -> None:
        for change in (bytes.lower, bytes.upper, bytes.title):
            lines = [(change(name), value) for name, value in PREFLIGHT]
            for make in MAPPINGS.values():
                assert policy.decide_mapping("OPTIONS", make(lines)).allowed

    def test_names_of_a_dictionary_in_two_letter_cases_are_two_lines(self, policy: Any) -> None:
        headers = {"origin": ORIGIN.decode(), "Origin": ORIGIN.decode()}
        for given in (headers, MappingProxyType(headers)):
            assert policy.decide_mapping("GET", given).reason is Reason.ORIGIN_MULTIPLE

    def test_a_dictionary_that_gives_lists_is_read_by_its_method(self, policy: Any) -> None:
        headers = MultiValueDict({"origin": ["https://a.example", ORIGIN.decode()]})
        assert policy.decide_mapping("GET", headers).reason is Reason.ORIGIN_MULTIPLE

    def test_a_value_that_is_no_text_is_malformed_in_a_mapping_and_passed_over_in_a_dictionary(
        self, policy: Any
    ) -> None:
        for value in (None, 5, bytearray(ORIGIN)):
            assert policy.decide_mapping("GET", {"origin": value}).reason is Reason.NOT_CORS
            assert policy.decide_mapping("GET", CIMultiDict([("origin", value)])).reason is Reason.ORIGIN_MALFORMED

    def test_a_mapping_with_get_alone_has_one_value_or_a_list(self, policy: Any) -> None:
        class Getter:
            def __init__(self, value: Any) -> None:
                self.value = value

            def get(self, name: str) -> Any:
                return self.value if name == "origin" else None

        assert policy.decide_mapping("GET", Getter(ORIGIN)).allowed
        assert policy.decide_mapping("GET", Getter([ORIGIN, ORIGIN])).reason is Reason.ORIGIN_MULTIPLE
        assert policy.decide_mapping("GET", Getter(None)).reason is Reason.NOT_CORS


class TestH2:
    def test_a_list_without_exactly_one_method_in_front_is_no_preflight(self, policy: Any) -> None:
        method = (b":method", b"OPTIONS")
        good = [(b":path", b"/"), method, *PREFLIGHT]
        assert policy.decide_h2(good).kind == "preflight"
        for pairs in (PREFLIGHT, [method, *good], [*PREFLIGHT, method], [(b":Method", b"OPTIONS"), *PREFLIGHT]):
            assert policy.decide_h2(pairs).kind == "actual"
        assert policy.decide_h2([]).reason is Reason.NOT_CORS

    def test_what_a_subclass_of_tuple_overrides_does_not_count(self, policy: Any) -> None:
        class Lying(HeaderTuple):
            def __iter__(self) -> Any:
                return iter((b"origin", b"https://evil.example"))

            def __getitem__(self, index: Any) -> Any:
                return b"evil"

            def __len__(self) -> int:
                return 7

        pairs = [Lying(*item) for item in h2_pairs(b"OPTIONS", PREFLIGHT, "/")]
        assert policy.decide_h2(pairs) == policy.decide_pairs("OPTIONS", PREFLIGHT)
        assert policy.decide_pairs("OPTIONS", pairs).allowed
        answer = policy.decide_h2(pairs).merge_asgi([Lying(b"x-a", b"1")])
        assert answer[0] == (b"x-a", b"1")

    def test_a_function_sees_the_path_and_the_authority(self, policy_class: Any) -> None:
        seen = []

        def asked(origin: str, request: Any) -> bool:
            seen.append((request.method, request.path, request.host))
            return True

        policy = policy_class(allow_origin_func=asked, vary=[":method", ":path", ":authority"], origin_cache_ttl=0)
        origin = (b"origin", ORIGIN)
        pseudo = [(b":method", b"GET"), (b":path", b"/caf%C3%A9?x=/y"), (b":authority", b"API.example")]
        assert policy.decide_h2([*pseudo, origin]).allowed
        assert policy.decide_h2([*pseudo, origin, (b"host", b"api.example")], path="/mounted").allowed
        assert policy.decide_h2([*pseudo, origin], path=b"/caf\xc3\xa9").allowed
        assert seen == [
            ("GET", "/caf\xe9", "api.example"),
            ("GET", "/mounted", "api.example"),
            ("GET", "/caf\xe9", "api.example"),
        ]
        for pairs in ([*pseudo, origin, (b"host", b"other.example")], [*pseudo[::2], origin], [*pseudo[1:], origin]):
            assert not policy.decide_h2(pairs).allowed
        assert len(seen) == 3


@pytest.mark.parametrize(
    ("given", "reader"),
    [
        (b"GET / HTTP/1.1\r\n", "decide_head"),
        (memoryview(b"GET"), "decide_head"),
        ("Origin: x", "decide_head"),
        ([(b"origin", ORIGIN)], "decide_pairs"),
        ([(b":method", b"GET")], "decide_h2"),
        ([(":method", "GET")], "decide_h2"),
        ({"origin": "x"}, "decide_mapping"),
        (CIMultiDict(origin="x"), "decide_mapping"),
        ({"type": "http", "asgi": {"version": "3.0"}, "headers": []}, "decide_asgi"),
        ({"wsgi.version": (1, 0), "REQUEST_METHOD": "GET"}, "decide_wsgi"),
        (Scope({}), "decide_rsgi"),
    ],
)
def test_a_container_of_the_wrong_kind_is_an_error_that_names_the_reader(policy: Any, given: Any, reader: str) -> None:
    takes = {
        "decide_pairs": lambda: policy.decide_pairs("GET", given),
        "decide_mapping": lambda: policy.decide_mapping("GET", given),
        "decide_h2": lambda: policy.decide_h2(given),
        "decide_asgi": lambda: policy.decide_asgi(given),
        "decide_wsgi": lambda: policy.decide_wsgi(given),
        "decide_rsgi": lambda: policy.decide_rsgi(given),
        "response_headers": lambda: policy.response_headers(given),
    }
    both = {"decide_pairs", "decide_h2", "response_headers"}  # lists of pairs are all that is needed
    same = {"decide_asgi", "decide_wsgi"}  # any mapping may be a scope
    for name, call in takes.items():
        if name == reader or {name, reader} <= both or (name in same and hasattr(given, "get")):
            continue
        with pytest.raises(TypeError, match=rf"not {type(given).__name__}: .*\b{reader}\("):
            call()


@pytest.mark.parametrize("given", [None, 5, object(), [b"origin", b"x"], ["Origin: x"], [5]])
def test_what_no_reader_takes_is_an_error(policy: Any, given: Any) -> None:
    for call in (policy.decide_h2, lambda given: policy.decide_mapping("GET", given)):
        with pytest.raises(TypeError, match="must be a"):
            call(given)


# Feeds


class Collector:
    """What httptools and llhttp call back, handed on to a feed."""

    def __init__(self, feed: Any) -> None:
        self.on_header = feed.on_header


def head(method: bytes, lines: list[tuple[bytes, bytes]]) -> bytes:
    return b"%s / HTTP/1.1\r\n%s\r\n" % (method, b"".join(b"%s: %s\r\n" % line for line in lines))


FINE = ("no CORS", "actual", "refused", "empty", "two origins", "preflight", "two methods", "network")


@pytest.mark.parametrize("name", FINE)
def test_httptools_feeds_it(policy: Any, name: str) -> None:
    method, lines = REQUESTS[name]
    feed = feed_class(policy)(policy)
    for _ in range(2):  # two requests of one connection
        parser = httptools.HttpRequestParser(Collector(feed))
        for part in pieces(head(method, [*lines, (b"Host", b"x")]), 7):
            parser.feed_data(part)
        assert feed.decide(parser.get_method()) == policy.decide_pairs(method, lines)
        feed.clear()


@pytest.mark.parametrize("name", FINE)
def test_h11_feeds_it(policy: Any, name: str) -> None:
    method, lines = REQUESTS[name]
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(head(method, [*(line for line in lines if line[0] != b"host"), (b"Host", b"x")]))
    request: Any = connection.next_event()
    feed = feed_class(policy)(policy)
    for field, value in request.headers:
        feed.on_header(field, value)
    assert feed.decide(request.method) == policy.decide_pairs(method, lines)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("name", FINE)
def test_llhttp_feeds_it_in_pieces(policy: Any, name: str, size: int) -> None:
    method, lines = REQUESTS[name]
    feed = feed_class(policy)(policy)

    class Parser(llhttp.Request):  # type: ignore[misc]
        def on_header_field(self, part: Any) -> None:
            feed.on_header_field(part)

        def on_header_value(self, part: Any) -> None:
            feed.on_header_value(part)

    parser = Parser()
    for part in pieces(head(method, lines), size):
        parser.execute(part)
    assert feed.decide(method) == policy.decide_pairs(method, lines)


@pytest.mark.parametrize("size", [1, 2, 7, 100, 10_000])
@pytest.mark.parametrize("name", REQUESTS)
def test_pieces_of_any_size_make_the_fields(policy: Any, name: str, size: int) -> None:
    method, lines = REQUESTS[name]
    assert feed_pieces(policy, method, lines, "/", size) == policy.decide_pairs(method, lines)


def test_pieces_and_whole_fields_of_every_kind_of_text_may_be_mixed(policy: Any) -> None:
    feed = feed_class(policy)(policy)
    feed.on_header("Host", b"x")
    feed.on_header_field("Ori")
    feed.on_header_field(bytearray(b"gin"))
    feed.on_header_value(memoryview(ORIGIN[:5]))
    feed.on_header_value(ORIGIN[5:].decode())
    feed.on_header(*PUT)
    feed.on_header_field(b"Access-Control-Request-Headers")
    feed.on_header_value(b"x-a")
    decision = feed.decide("OPTIONS")
    assert decision == policy.decide("OPTIONS", ORIGIN, "PUT", "x-a")
    assert feed.decide("OPTIONS") == decision
    assert feed.decide("GET").kind == "actual"


def test_a_name_with_no_value_yet_has_an_empty_one(policy: Any) -> None:
    feed = feed_class(policy)(policy)
    feed.on_header_field(b"Origin")
    assert feed.decide("GET").reason is Reason.ORIGIN_MALFORMED
    feed.clear()
    assert feed.decide("GET").reason is Reason.NOT_CORS


def test_an_origin_stays_the_callers_object(policy: Any) -> None:
    origin = bytes(bytearray(ORIGIN))
    for give in ("whole", "piece"):
        feed = feed_class(policy)(policy)
        if give == "whole":
            feed.on_header(b"origin", origin)
        else:
            feed.on_header_field(b"origin")
            feed.on_header_value(origin)
        assert feed.decide("GET").origin is origin


def test_a_function_sees_what_is_declared(policy_class: Any) -> None:
    seen = []

    def asked(origin: str, request: Any) -> bool:
        seen.append((request.path, request.host, request.header("x")))
        return True

    policy = policy_class(allow_origin_func=asked, vary=[":path", "Host", "X"], origin_cache_ttl=0)
    for reader in (READERS["RequestFeed, on_header"], READERS["RequestFeed, pieces"]):
        lines = [(b"Host", b"A.example"), (b"origin", ORIGIN), (b"x", b"1"), (b"X", b"2"), (b"y", b"3")]
        assert reader(policy, "GET", lines, "/p").allowed
        assert seen.pop() == ("/p", "a.example", "1, 2")
        for more in ((b"host", b"b.example"), (b"x", b"x" * 2000), *[(b"x", b"")] * 1):
            lines.append(more)
            reader(policy, "GET", lines, "/p")
            assert reader(policy, "GET", lines, "/p") == policy.decide_pairs("GET", lines, path="/p")
    feed = feed_class(policy)(policy)
    with pytest.raises(TypeError, match="path="):
        feed.decide("GET")


@pytest.mark.parametrize(
    "line",
    [
        (b"origin", b"x" * 10**6),
        (b"access-control-request-headers", b"x" * 10**6),
        (NETWORK, b"true"),
        (b"x" * 10**6, b""),
    ],
)
def test_its_memory_is_bounded(policy: Any, line: tuple[bytes, bytes]) -> None:
    import tracemalloc

    feed = feed_class(policy)(policy)
    tracemalloc.start()
    for _ in range(2000):
        feed.on_header(*line)
    for _ in range(100):
        feed.on_header_field(line[0])
        feed.on_header_value(line[1])
        feed.on_header_value(line[1])
    assert tracemalloc.get_traced_memory()[0] < 200_000
    tracemalloc.stop()


def test_wrong_kinds_are_refused(policy: Any) -> None:
    feed = feed_class(policy)(policy)
    for call in (
        lambda: feed.on_header(None, b""),
        lambda: feed.on_header(b"", 5),
        lambda: feed.on_header_field([b"x"]),
        lambda: feed.on_header_value(None),
        lambda: feed.decide(None),
        lambda: feed.decide("GET", origin_granted=1),
        lambda: feed_class(policy)(None),
        lambda: feed_class(policy).__new__(feed_class(policy)).decide("GET"),
        lambda: feed_class(policy).__new__(feed_class(policy)).on_header(b"", b""),
    ):
        with pytest.raises(TypeError):
            call()


def test_a_parsers_protocol_may_inherit_from_it(policy: Any) -> None:
    class Protocol(feed_class(policy)):  # type: ignore[misc]
        def __init__(self, policy: Any, path: str) -> None:
            super().__init__(policy)
            self.path = path

    protocol = Protocol(policy, "/")
    parser = httptools.HttpRequestParser(protocol)
    parser.feed_data(head(b"OPTIONS", PREFLIGHT))
    assert protocol.decide(parser.get_method(), path=protocol.path).allowed
