"""What explain() proposes through a drop-in: in its own words, and put into it, the request passes."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastcors import InsecurePolicyWarning
from fastcors._config.readable import PARAMETERS
from fastcors._explain.proposals import Proposal, advise
from tests.contract.drop_ins import DROP_INS
from tests.differential import strategies
from tests.differential.test_proposals import GOOD_METHODS, GOOD_NAMES, GOOD_ORIGINS, ODD_NAMES, ODD_ORIGINS, mostly
from tests.support.drop_in import DropIn
from tests.support.exchange import Req

every_drop_in = pytest.mark.parametrize("drop_in", DROP_INS.values(), ids=lambda drop_in: drop_in.name)

OWN_WORDS = {
    "starlette": set(PARAMETERS),
    "falcon": {"allow_origins", "allow_credentials", "allow_private_network"},
    "flask_cors": {"allow_headers", "allow_private_network"},
}
"""The parameters of ``Policy`` that a library has under the same name."""
WORDS = {"name", "vary"}
"""Those that are words of English as well."""


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters that every library can say, in its way."""
    origins = st.lists(st.sampled_from(["https://example.com", "https://a.example.com", "http://[::1]"]), min_size=1)
    return {
        "allow_origins": draw(origins.map(lambda some: list(dict.fromkeys(some)))),
        "allow_methods": draw(st.lists(st.sampled_from(["PUT", "PATCH"]), max_size=2, unique=True)),
        "allow_headers": draw(st.lists(st.sampled_from(["x-a", "content-type"]), max_size=2, unique=True)),
        "allow_credentials": draw(st.booleans()),
        "allow_private_network": draw(st.booleans()),
    }


def encoded(text: str) -> bytes:
    return text.encode("latin-1")


@st.composite
def requests(draw: st.DrawFn) -> Req:
    """An actual request or a preflight, mostly as browsers send it."""
    origin = encoded(draw(mostly(GOOD_ORIGINS, ODD_ORIGINS)))
    if draw(strategies.one_in(4)):
        return Req(b"GET", (origin,))
    names = draw(st.lists(mostly(GOOD_NAMES, ODD_NAMES), max_size=3))
    network = b"true" if draw(strategies.one_in(4)) else None
    lines = (encoded(",".join(names)),) if names else ()
    return Req(b"OPTIONS", (origin,), encoded(draw(st.sampled_from([*GOOD_METHODS, "patch", "P*"]))), lines, network)


def put_in(options: dict[str, Any], proposal: Proposal) -> dict[str, Any]:
    """The options of a drop-in with what is proposed: a flag set, a list or a text that lists things longer by one."""
    before = options.get(proposal.parameter)
    if isinstance(proposal.value, bool):
        return {**options, proposal.parameter: proposal.value}
    if isinstance(before, str):
        separator = " " if proposal.parameter.endswith("origin") else ", "
        return {**options, proposal.parameter: separator.join(filter(None, [before, proposal.value]))}
    return {**options, proposal.parameter: [*(before or ()), proposal.value]}


@every_drop_in
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policies(), requests())
def test_what_is_proposed_makes_the_request_pass_in_the_drop_ins_own_words(
    drop_in: DropIn, policy: dict[str, Any], req: Req
) -> None:
    options = drop_in.options(policy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecurePolicyWarning)  # of what a policy would refuse
        decision, said = drop_in.explained(options, req)
        advice = advise(decision)
        others = set(PARAMETERS) - OWN_WORDS.get(drop_in.name, set()) - WORDS
        assert not [name for name in others if re.search(rf"\b{name}\b", said)], said
        assert bool(advice.proposals or advice.obstacles) is not decision.allowed
        for proposal in advice.proposals:
            assert proposal.parameter in said
            assert str(proposal.value) in said
            options = put_in(options, proposal)
        if advice.proposals:
            passing, told = drop_in.explained(options, req)
            assert passing.allowed, told


@every_drop_in
def test_each_drop_in_proposes_what_it_has_an_option_for(drop_in: DropIn) -> None:
    options = drop_in.options({"allow_origins": ["https://example.com"], "allow_methods": [], "allow_headers": ["x-a"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecurePolicyWarning)
        decision, said = drop_in.explained(options, Req(b"OPTIONS", (b"https://a.example",), b"GET", (b"x-a",)))
    (proposal,) = advise(decision).proposals
    assert proposal.parameter in {**options, "allow_origins": None}
    assert f"If you trust this origin, add 'https://a.example' to {proposal.parameter}." in said
