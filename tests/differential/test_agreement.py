"""The native engine and its twin agree in everything that can be seen, exceptions included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hpack import HeaderTuple
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from fastcors._config.plan import plan_of
from fastcors._config.settings import Settings
from fastcors.embedding import Written
from tests.differential import strategies as s
from tests.differential.pair import Engines, Raised, engines, exact, native, outcome, planned, shown, twin
from tests.support.readers import by_name, feed_pieces, feed_whole
from tests.support.rsgi import Headers, Scope, readable


@given(st.data())
def test_decide(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    args, kwargs = data.draw(s.arguments(settings, origins))
    one, two = pair.decisions(lambda engine: engine.decide(*args, **kwargs))
    if not isinstance(one, Raised):
        assert one.policy is pair.native
        assert two.policy is pair.twin
        if type(args[1]) is bytes:
            assert one.origin is args[1]
            assert [a is args[1] for _, a in one.headers] == [b is args[1] for _, b in two.headers]


@given(st.data())
def test_plans(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    plan, origins = data.draw(s.plans(settings, origins))
    pair = planned(plan, origins, settings)
    for _ in range(3):
        args, kwargs = data.draw(s.arguments(settings, origins))
        pair.decisions(lambda engine, args=args, kwargs=kwargs: engine.decide(*args, **kwargs))


@given(st.data())
def test_is_origin_allowed(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    for _ in range(5):
        origin = data.draw(s.sometimes_wrong(st.one_of(st.none(), s.forms(s.origin_values(origins)))))
        pair.both(lambda engine, origin=origin: engine.is_origin_allowed(origin))


@given(st.data())
def test_write_into(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    args, kwargs = data.draw(s.arguments(settings, origins))
    size = data.draw(st.sampled_from([0, 10, 60, 100, 200, 300, 20_000]))
    offset = data.draw(st.sampled_from([0, 0, 0, 1, 7, size, size + 1, -1, 1 << 63, -(1 << 70), True]))
    whole = data.draw(st.booleans())
    kind: Any = data.draw(st.sampled_from([bytearray, lambda value: memoryview(bytearray(value))]))

    def write(engine: Any) -> tuple[Any, bytes]:
        buffer = kind(b"\xee" * size)
        return outcome(engine.write_into, buffer, offset, *args, **kwargs, whole=whole), bytes(buffer)

    written, buffer = pair.both(write)
    decision = outcome(pair.twin.decide, *args, **kwargs)
    if isinstance(written, Raised):
        assert buffer == b"\xee" * size
    else:
        expected = (whole and decision.response) or decision.block
        assert written == Written(decision.kind, decision.status, len(expected))
        assert buffer == b"\xee" * offset + expected + b"\xee" * (size - offset - len(expected))


@given(st.data())
def test_merge(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    merge(data, engines(settings, origins), settings, origins, on_conflict="replace")


@given(st.data())
def test_merging_under_plans(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    plan, origins = data.draw(s.plans(settings, origins))
    pair = planned(plan, origins, settings)
    merge(data, pair, settings, origins, on_conflict=data.draw(st.sampled_from(["replace", "keep"])))


def merge(data: st.DataObject, pair: Engines, settings: Settings, origins: list[str], *, on_conflict: str) -> None:
    """Merge random headers with what both engines decide on a random request."""
    args, kwargs = data.draw(s.arguments(settings, origins))
    one, two = pair.decisions(lambda engine: engine.decide(*args, **kwargs))
    if isinstance(one, Raised):
        return
    shape: Any = data.draw(st.sampled_from([list, list, tuple, iter]))
    convert: Callable[[bytes], Any]
    for name, convert in (
        ("merge_asgi", bytes),
        ("merge_rsgi", lambda value: value.decode("utf-8", "replace")),
        ("merge_wsgi", lambda value: value.decode("latin-1")),
    ):
        headers = data.draw(s.response_pairs(convert))
        results = []
        for decision in (one, two):
            items = [_again(item) for item in headers]
            before = list(items)
            results.append(outcome(getattr(decision, name), shape(items), on_conflict=on_conflict))
            assert len(items) == len(before)
            assert all(a is b for a, b in zip(items, before, strict=True))
        assert exact(results[0]) == exact(results[1])


def _again(item: Any) -> Any:
    """The item, or a fresh iterator with the same content: an iterator serves one engine only."""
    return iter(item.__reduce__()[1][0]) if type(item) is type(iter(())) else item


@given(st.data())
def test_scopes(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    pair.decisions(lambda engine: engine.decide_asgi(scope))
    pair.both(lambda engine: engine.response_headers(scope["headers"]))
    if isinstance(scope["headers"], (list, tuple)):
        items = list(scope["headers"])
        pair.decisions(lambda engine: engine.decide_asgi({**scope, "headers": iter(items)}))
        pair.both(lambda engine: engine.response_headers(item for item in items))


@given(st.data())
def test_pairs(data: st.DataObject) -> None:
    """Header pairs of any form are decided on as those of a scope; only a method of a wrong type is refused."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    method, headers = scope.get("method"), scope["headers"]
    decisions = pair.decisions(lambda engine: engine.decide_pairs(method, headers))
    if isinstance(headers, list):
        assert shown(outcome(pair.native.decide_pairs, method, tuple(headers))) == shown(decisions[0])
    if isinstance(method, (str, bytes)):
        assert shown(outcome(pair.native.decide_asgi, scope)) == shown(decisions[0])
    else:
        assert decisions[0] == Raised(TypeError)


@given(st.data())
def test_header_lists_of_http_2(data: st.DataObject) -> None:
    """A list with pseudo-header fields is decided on as the pairs behind them, with its method."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    method, headers = scope.get("method"), scope["headers"]
    if not isinstance(headers, (list, tuple)):
        assert pair.decisions(lambda engine: engine.decide_h2(headers))[0] == Raised(TypeError)
        return
    pairs = [(b":method", method), (b":path", b"/"), *headers]
    pairs[0] = data.draw(st.sampled_from([lambda item: HeaderTuple(*item), tuple, list]))(pairs[0])
    one, _ = pair.decisions(lambda engine: engine.decide_h2(pairs))
    if isinstance(method, (str, bytes)):
        assert shown(outcome(pair.native.decide_pairs, method, headers)) == shown(one)
    pair.decisions(lambda engine: engine.decide_h2(headers))
    pair.decisions(lambda engine: engine.decide_h2([(b":method", b"OPTIONS"), *headers, (":method", "GET")]))


@given(st.data())
def test_dictionaries(data: st.DataObject) -> None:
    """The items of a dictionary are decided on as pairs; a list or tuple is a line for each of its items."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    method = scope.get("method")
    items = [item for item in scope["headers"] or () if is_pair_of_bytes(item)]
    lines = by_name(items)
    gathered = [(name, value) for name, values in lines.items() for value in values]
    one, _ = pair.decisions(lambda engine: engine.decide_mapping(method, lines))
    assert shown(outcome(pair.native.decide_pairs, method, gathered)) == shown(one)
    odd = {
        name: data.draw(st.one_of(st.just(values[0]), st.just(tuple(values)), s.WRONG))
        for name, values in lines.items()
    }
    pair.decisions(lambda engine: engine.decide_mapping(method, odd))


@given(st.data())
def test_feeds(data: st.DataObject) -> None:
    """Fields that a parser hands over one by one, whole or in pieces, are decided on as pairs."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    method = scope.get("method")
    lines = [item for item in scope["headers"] or () if is_pair_of_bytes(item)]
    size = data.draw(st.sampled_from([0, 1, 5, 100]))
    read = (lambda *request: feed_pieces(*request, size)) if size else feed_whole
    one, _ = pair.decisions(lambda engine: read(engine, method, lines, "/"))
    expected = outcome(pair.native.decide_pairs, method, lines)
    if isinstance(one, Raised):
        assert one == expected
    else:
        assert (one, one._verdict(), one.explain()) == (expected, expected._verdict(), expected.explain())


@given(st.data())
def test_multidicts(data: st.DataObject) -> None:
    """The lines of a multidict are decided on as the pairs that it was made of."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.scopes(settings, origins))
    method = scope.get("method")
    pairs = [
        (name.decode("latin-1"), value if keeps_bytes else value.decode("latin-1"))
        for name, value in (item for item in scope["headers"] or () if is_pair_of_bytes(item))
        for keeps_bytes in [data.draw(st.booleans())]
    ]
    one, _ = pair.decisions(lambda engine: engine.decide_mapping(method, CIMultiDict(pairs)))
    assert shown(outcome(pair.native.decide_pairs, method, pairs)) == shown(one)
    assert pair.decisions(lambda engine: engine.decide_mapping(method, pairs))[0] == Raised(TypeError)


def is_pair_of_bytes(item: Any) -> bool:
    return isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(part, bytes) for part in item)


class Strange(CIMultiDict[Any]):
    """A multidict with names and values of any kind."""

    def __init__(self, pairs: list[Any]) -> None:
        super().__init__()
        self.pairs = pairs

    def __iter__(self) -> Any:
        return iter([name for name, _ in self.pairs])

    def items(self) -> Any:
        return list(self.pairs)

    def copy(self) -> Any:
        return Strange(list(self.pairs))

    def clear(self) -> None:
        self.pairs.clear()

    def add(self, name: Any, value: Any) -> None:
        self.pairs.append((name, value))


@given(st.data())
def test_merging_into_a_multidict(data: st.DataObject) -> None:
    """A multidict gets what a list of its items gets, and is left as it is itself."""
    settings, origins = data.draw(s.policies())
    plan, origins = data.draw(s.plans(settings, origins))
    pair = planned(plan, origins, settings)
    on_conflict = data.draw(st.sampled_from(["replace", "keep"]))
    args, kwargs = data.draw(s.arguments(settings, origins))
    one, two = pair.decisions(lambda engine: engine.decide(*args, **kwargs))
    if isinstance(one, Raised):
        return
    headers = data.draw(s.response_pairs(lambda value: value.decode("latin-1")))
    text = [item for item in headers if type(item) is tuple and len(item) == 2 and all(type(x) is str for x in item)]
    given, before = CIMultiDict(text), list(text)
    merged = [decision.merge_multidict(given, on_conflict=on_conflict) for decision in (one, two)]
    assert list(given.items()) == before
    assert [type(each) for each in merged] == [CIMultiDict, CIMultiDict]
    for each in merged:
        assert list(each.items()) == one.merge_wsgi(text, on_conflict=on_conflict)
        again = list(one.merge_multidict(each, on_conflict=on_conflict).items())
        assert plan.leaves or again == list(each.items())
    odd = [item for item in headers if type(item) is tuple and len(item) == 2]
    results = [
        outcome(lambda decision=decision: decision.merge_multidict(Strange(list(odd)), on_conflict=on_conflict).pairs)
        for decision in (one, two)
    ]
    assert exact(results[0]) == exact(results[1])


@given(st.data())
def test_rsgi_scopes(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    scope = data.draw(s.rsgi_scopes(settings, origins))
    pair.decisions(lambda engine: engine.decide_rsgi(scope))


@given(st.data())
def test_environs(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    environ = data.draw(s.environs(settings, origins))
    pair.decisions(lambda engine: engine.decide_wsgi(environ))


@given(st.data())
def test_the_shims_ways_in_agree_with_decide(data: st.DataObject) -> None:
    """What a server delivers as separate lines is decided as the same values given to ``decide``."""
    settings, origins = data.draw(s.policies())
    pair = engines(settings, origins)
    origin = data.draw(s.origin_values(origins))
    method = data.draw(s.method_values(settings))
    lines = data.draw(s.field_lines(settings))
    scope = {
        "type": "http",
        "method": "OPTIONS",
        "headers": [
            (b"origin", origin),
            (b"access-control-request-method", method),
            *((b"access-control-request-headers", line) for line in lines),
        ],
    }
    environ = {
        "REQUEST_METHOD": "OPTIONS",
        "HTTP_ORIGIN": origin.decode("latin-1"),
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method.decode("latin-1"),
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": b",".join(lines).decode("latin-1"),
    }
    if not lines:
        del environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"]
    joined = b",".join(lines) if lines else None
    for engine in pair:
        plain = engine.decide(b"OPTIONS", origin, method, lines)
        assert engine.decide_asgi(scope) == plain
        if all(map(readable, [origin, method, *lines])):
            assert engine.decide_rsgi(Scope(Headers(scope["headers"]), "OPTIONS")) == plain
        # One long line may be over the limit of bytes where the first of many lines holds a bad name.
        one_line = engine.decide(b"OPTIONS", origin, method, joined)
        assert engine.decide_wsgi(environ) == one_line
        assert (one_line.allowed, one_line.status) == (plain.allowed, plain.status)
        assert not plain.allowed or one_line.headers == plain.headers


def patterns_and_others() -> st.SearchStrategy[Any]:
    """Origin patterns, valid or damaged, and what is none at all."""
    damaged = s.patterns().flatmap(lambda pattern: s.mutated(pattern.encode())).map(lambda b: b.decode("latin-1"))
    return st.one_of(s.patterns(), damaged, st.text(max_size=8), st.sampled_from(["*", "null", "", "https://*"]))


@given(st.lists(patterns_and_others(), max_size=4), st.booleans())
def test_engines_take_and_refuse_the_same_patterns(origins: list[str], reflect: bool) -> None:
    settings = Settings(dangerously_reflect_any_origin=reflect)
    results = [outcome(module.Engine, plan_of(settings, any_origin=False), origins) for module in (native, twin)]
    if isinstance(results[0], Raised) or isinstance(results[1], Raised):
        assert results[0] == results[1] == Raised(ValueError)
    else:
        assert results[0].origins() == results[1].origins()
        assert results[0].origin_count() == results[1].origin_count() == len(results[0].origins())


@pytest.mark.parametrize("origins", [[1], [None], [b"https://a.example"], ["https://a.example", 2], 5, None])
def test_engines_refuse_wrong_types_alike(origins: Any) -> None:
    results = [outcome(module.Engine, Settings(), origins) for module in (native, twin)]
    assert results[0] == results[1]
    assert isinstance(results[0], Raised)


@given(
    st.lists(st.one_of(patterns_and_others(), s.patterns().map(str.encode), s.WRONG), max_size=8),
    st.booleans(),
)
def test_sift(candidates: list[Any], insecure: bool) -> None:
    one, two = (outcome(module.sift, list(candidates), insecure) for module in (native, twin))
    assert exact(one) == exact(two)


def test_limits_are_the_same_and_the_contracts() -> None:
    limits = {
        "MAX_ORIGIN": 327,
        "MAX_METHOD": 64,
        "MAX_HEADER_BYTES": 8192,
        "MAX_HEADER_NAMES": 128,
        "MAX_EMPTY_ELEMENTS": 16,
        "MAX_ELEMENT_OWS": 2,
        "MAX_LINES": 145,
    }
    for module in (native, twin):
        assert {name: getattr(module, name) for name in limits} == limits
