"""Raw heads: both engines agree, a clean one is what its fields are, and no more is seen in one than parsers see.

What the other parsers say is asked of them as they are installed.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors._config.settings import Settings
from tests.differential import heads
from tests.differential import strategies as s
from tests.differential.pair import Raised, engines, outcome, shown
from tests.differential.parsers import OWN, PARSERS, assert_no_more

Drawn = tuple[Any, bytes, list[tuple[bytes, bytes]], bytes]


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    """A policy in both engines, a method, field lines and a clean head with them."""
    settings, origins = draw(s.policies())
    lines = draw(heads.lines_of(settings, origins))
    method, head = draw(heads.whole(lines))
    return engines(settings, origins), method, lines, head


def given_as(draw: Any, head: bytes) -> tuple[Any, int, int]:
    """The head in a buffer of some kind, with bytes around it, and where in it it is."""
    before, after = draw(st.binary(max_size=20)), draw(st.binary(max_size=20))
    kind: Any = draw(st.sampled_from([bytes, bytearray, memoryview]))
    return kind(before + head + after), len(before), len(before) + len(head)


@given(st.data(), drawn())
def test_a_clean_head_is_decided_on_as_its_fields(data: st.DataObject, case: Drawn) -> None:
    pair, method, lines, head = case
    given = given_as(data.draw, head)
    one, _ = pair.decisions(lambda engine: engine.decide_head(*given))
    assert shown(one) == shown(outcome(pair.native.decide_pairs, method, lines))
    fields = head.partition(b"\r\n")[2]
    two, _ = pair.decisions(lambda engine: engine.decide_head(fields, method=method))
    assert shown(one) == shown(two)


@given(st.data(), drawn())
def test_a_head_is_decided_on_as_the_values_of_its_fields(data: st.DataObject, case: Drawn) -> None:
    pair, method, lines, head = case

    def of(name: bytes) -> list[bytes]:
        return [value for key, value in lines if key.lower() == name]

    origins, methods, networks = of(b"origin"), of(OWN + b"method"), of(OWN + b"private-network")
    if max(map(len, (origins, methods, networks))) > 1:
        return  # which only lines can say
    one, _ = pair.decisions(lambda engine: engine.decide_head(head))
    two = outcome(
        pair.native.decide,
        method,
        origins[0] if origins else None,
        methods[0] if methods else None,
        of(OWN + b"headers"),
        request_private_network=networks[0] if networks else None,
    )
    if isinstance(one, Raised):
        assert one == two
    else:
        assert (one == two, one.reason, one.explain()) == (True, two.reason, two.explain())


@given(st.data(), drawn())
def test_the_engines_agree_on_a_hostile_head(data: st.DataObject, case: Drawn) -> None:
    pair, method, _, head = case
    head = data.draw(heads.hostile(head))
    more = {"method": method} if data.draw(s.one_in(4)) else {}
    given = given_as(data.draw, head)
    pair.decisions(lambda engine: engine.decide_head(*given, **more))


@given(st.data(), drawn())
def test_the_engines_agree_on_what_is_written(data: st.DataObject, case: Drawn) -> None:
    pair, _, _, head = case
    head = data.draw(heads.hostile(head)) if data.draw(st.booleans()) else head
    size = data.draw(st.sampled_from([0, 10, 100, 300, 20_000]))
    offset = data.draw(st.sampled_from([0, 0, 1, 7, size, size + 1, -1]))
    shared, whole = data.draw(st.booleans()), data.draw(st.booleans())

    def write(engine: Any) -> tuple[Any, bytes]:
        buffer = bytearray(b"\xee" * size)
        buffer[: len(head)] = head if shared else buffer[: len(head)]
        given = (buffer, 0, len(head)) if shared else (head,)
        return outcome(engine.write_head_into, buffer, offset, *given, whole=whole), bytes(buffer)

    written, buffer = pair.both(write)
    decision = outcome(pair.twin.decide_head, head)
    if not isinstance(written, Raised):
        expected = (whole and decision.response) or decision.block
        assert buffer[offset : offset + written.size] == expected
        assert written == (decision.kind, decision.status, len(expected))


@pytest.mark.parametrize("name", PARSERS)
def test_a_head_as_browsers_send_it_is_the_same_to_every_parser(name: str) -> None:
    pytest.importorskip(name.split()[0])
    pair = engines(Settings(allow_methods=("PUT",)), ["https://a.example"])
    fields = b"Host: api.example\r\nORIGIN: https://a.example\r\nAccess-Control-Request-Method:PUT\r\n"
    fields += b"access-control-request-headers: x-a \r\nAccess-Control-Request-Headers: x-b\r\n"
    head = b"OPTIONS /a HTTP/1.1\r\n" + fields + b"Access-Control-Request-Private-Network: true\r\n\r\n"
    accepted = PARSERS[name](head)
    assert accepted is not None
    ours, _ = pair.decisions(lambda engine: engine.decide_head(head))
    assert ours.kind == "preflight"
    assert_no_more(ours, accepted, name)


@given(st.data(), drawn())
def test_in_a_hostile_head_no_more_is_seen_than_a_parser_sees_that_accepts_it(data: st.DataObject, case: Drawn) -> None:
    for name in ("httptools", "h11", "aiohttp"):
        pytest.importorskip(name)
    pair, _, _, clean = case
    head = data.draw(heads.hostile(clean))
    ours = outcome(pair.native.decide_head, head, origin_granted=False)
    for name, parse in PARSERS.items():
        accepted = parse(head)
        if accepted is not None:
            assert_no_more(ours, accepted, name)
    if lies_in_the_lines(head, clean) and all(parse(head) is None for parse in PARSERS.values()):
        assert ours.kind == "none", head


def lies_in_the_lines(head: bytes, clean: bytes) -> bool:
    """Whether nothing that parsers may refuse by what it means is other than in the clean head: request line, Host."""
    line, host = clean[: clean.index(b"\n") + 1], b"host:api.example\r\n"
    lower = head.lower()
    return head.startswith(line) and host in lower and lower.count(b"host") == 1
