"""merge_head() of both engines under any plan, over heads of responses from clean to hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors._config.plan import Part, Plan, lines
from fastcors._grammar import is_token
from tests.differential import heads
from tests.differential import strategies as s
from tests.differential.pair import Raised, exact, outcome, planned

STARTS = [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.0 404 Not Found", b"HTTP/1.1 204 ", b"HTTP/1.1 500"]
ODD_STARTS = [b"HTTP/1.1 103 Early Hints", b"HTTP/2 200", b"HTTP/1.1 20", b"GET / HTTP/1.1", b""]
BLANKS = st.sampled_from([b"", b"", b" ", b" ", b"\t", b" \t "])


@st.composite
def fields(draw: st.DrawFn) -> list[tuple[bytes, bytes]]:
    """The fields of a response, whose names and values the wire can have."""
    pairs = draw(s.response_pairs(bytes))
    plain = [pair for pair in pairs if type(pair) is tuple and len(pair) == 2 and all(type(x) is bytes for x in pair)]
    return [(name, heads.clean(value)) for name, value in plain if is_token(name)]


@st.composite
def whole(draw: st.DrawFn, pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A head that is well-formed."""
    lines = [b"%s:%s%s%s\r\n" % (name, draw(BLANKS), value, draw(BLANKS)) for name, value in pairs]
    return draw(st.sampled_from(STARTS)) + b"\r\n" + b"".join(lines) + b"\r\n"


def read(head: bytes) -> list[tuple[str, str]]:
    """The fields of a head that is well-formed and has no folded line."""
    lines = [line.partition(b":") for line in head.split(b"\r\n")[1:-2]]
    return [(name.decode("latin-1"), value.strip(b" \t").decode("latin-1")) for name, _, value in lines]


@given(st.data())
def test_a_head_is_merged_as_the_list_of_its_fields_is(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    plan, origins = data.draw(s.plans(settings, origins))
    args, kwargs = data.draw(s.arguments(settings, origins))
    one, two = planned(plan, origins, settings).decisions(lambda engine: engine.decide(*args, **kwargs))
    if isinstance(one, Raised):
        return
    on_conflict = data.draw(st.sampled_from(["replace", "keep"]))
    pairs = data.draw(fields())
    head = data.draw(whole(pairs))
    merged = one.merge_head(head, on_conflict=on_conflict)
    assert merged == two.merge_head(head, on_conflict=on_conflict)
    assert read(merged) == one.merge_wsgi(read(head), on_conflict=on_conflict)
    assert plan.leaves or one.merge_head(merged, on_conflict=on_conflict) == merged
    untouched = [
        line for line in head.split(b"\r\n") if not line.lower().startswith((b"access-c", b"vary:", b"timing-"))
    ]
    left = iter(merged.split(b"\r\n"))
    assert all(line in left for line in untouched), "byte for byte, in order"


@pytest.mark.parametrize("count", range(5))
def test_the_names_that_a_head_has_are_listed_behind_at_most_two_lines_of_a_plan(count: int) -> None:
    parts = (Part.ORIGIN, Part.CREDENTIALS, Part.TIMING_ANY, Part.VARY)[:count]
    values = lines({Part.CREDENTIALS: "true", Part.TIMING_ANY: "*", Part.VARY: "Origin"})
    plan = Plan(allowed=sum(parts), values=values, exposes_present=True)
    both = planned(plan, ["https://a"]).decisions(lambda engine: engine.decide("GET", "https://a"))
    merged = {decision.merge_head(b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n") for decision in both}
    names = [name for name, _ in read(*merged)]
    assert names.index("Access-Control-Expose-Headers") == 1 + min(count, 2)
    assert len(names) == 2 + count


@given(st.data())
def test_both_engines_refuse_the_same_heads(data: st.DataObject) -> None:
    settings, origins = data.draw(s.policies())
    plan, origins = data.draw(s.plans(settings, origins))
    args, kwargs = data.draw(s.arguments(settings, origins))
    one, two = planned(plan, origins, settings).decisions(lambda engine: engine.decide(*args, **kwargs))
    if isinstance(one, Raised):
        return
    head = data.draw(whole(data.draw(fields())))
    if data.draw(st.booleans()):
        head = data.draw(st.sampled_from(ODD_STARTS)) + head[head.index(b"\r\n") :]
    head = data.draw(heads.hostile(head))
    results = [outcome(decision.merge_head, head) for decision in (one, two)]
    assert exact(results[0]) == exact(results[1])
    if isinstance(results[0], Raised):
        assert results[0].type is ValueError
        assert _message(one, head) == _message(two, head)


def _message(decision: object, head: bytes) -> str:
    try:
        decision.merge_head(head)  # type: ignore[attr-defined]
    except ValueError as error:
        return str(error)
    raise AssertionError("it was refused")
