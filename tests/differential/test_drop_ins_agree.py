"""Each drop-in over the native engine and over the twin: the same answer to any request, the order of lines apart."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors import Policy
from tests.contract import policies
from tests.contract.drop_ins import DROP_INS
from tests.differential import strategies as s
from tests.support.drop_in import Ask, DropIn, check_safe
from tests.support.exchange import Answer, Req


@cache
def asks(name: str, policy: str) -> tuple[Ask, ...]:
    drop_in = DROP_INS[name]
    return tuple(drop_in.over(backend, drop_in.options(policies.K[policy])) for backend in ("cython", "python"))


@cache
def compiled(policy: str) -> Policy:
    return Policy(**policies.K[policy])


@st.composite
def requests(draw: st.DrawFn, policy: Policy) -> Req:
    """A request as bytes: of this policy's origins, methods and names, and of everything near them."""
    settings: Any = policy.settings
    origins = draw(st.lists(s.origin_values(policy.origins()), max_size=2))
    acrm = draw(st.one_of(st.none(), s.method_values(settings), s.method_values(settings)))
    method = draw(st.one_of(st.just(b"OPTIONS"), st.just(b"OPTIONS"), st.sampled_from([b"GET", b"POST", b"PUT"])))
    private = draw(st.sampled_from([None, None, b"true", b"false", b""]))
    return Req(method, tuple(origins), acrm, tuple(draw(s.field_lines(settings))), private)


@pytest.mark.parametrize("drop_in", DROP_INS.values(), ids=lambda drop_in: drop_in.name)
@given(data=st.data())
def test_a_drop_in_answers_alike_over_both_engines(drop_in: DropIn, data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from([name for name in policies.K if name not in drop_in.unsaid]))
    req = data.draw(requests(compiled(policy)))
    native, twin = (ask(req) for ask in asks(drop_in.name, policy))
    assert in_order(native) == in_order(twin)
    check_safe(native)


def in_order(answer: Answer) -> Answer:
    return answer._replace(headers=sorted(answer.headers))
