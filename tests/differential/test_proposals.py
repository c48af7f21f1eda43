"""What explain() proposes: Policy accepts it, and the request passes. Where nothing is proposed, nothing would help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fastcors import PolicyError
from fastcors._explain.proposals import Advice, advise
from fastcors.policy import Configured
from tests.differential import strategies
from tests.differential.pair import native, twin

ENGINES = [type("Policy", (Configured, module.Engine), {"__slots__": ()}) for module in (native, twin)]

ORIGINS = [
    "https://example.com", "https://*.example.com", "https://a_b.example.com", "http://localhost:*",
    "http://127.0.0.1:3000", "http://[::1]", "https://shop.github.io", "app://-", "https://xn--bcher-kva.example",
]  # fmt: skip
GOOD_ORIGINS = ["https://example.com", "https://a.example.com", "https://other.example", "http://localhost"]
ODD_ORIGINS = [
    "https://c_d.example.com", "https://a.example.com.", "http://example.com", "http://10.0.0.7:8080",
    "http://127.0.0.1:5173", "https://xn--a.com", "https://b.github.io", "ws://example.com", "wss://example.com",
    "chrome-extension://abc", "null", "https://EXAMPLE.com", "", "https://a.example, https://b.example",
    "https://example.com/", "app://.", "package://", "safari-web-extension://7A-B", "file://",
]  # fmt: skip
GOOD_METHODS = ["GET", "PUT", "PATCH", "PURGE"]
ODD_METHODS = ["patch", "put", "purge", "TRACE", "Connect", "*", "P*", "P UT", "", "M" * 64, "M" * 65]
GOOD_NAMES = ["x-a", "X-B", "authorization", "Content-Type"]
ODD_NAMES = [
    "cookie", "origin", "access-control-allow-origin", "sec-x", "proxy-y", "*", "x-*", "host", "x a", "\xe9", "",
    "n" * 100,
]  # fmt: skip
LISTED_METHODS, LISTED_NAMES = ["PUT", "PATCH", "PURGE"], ["x-a", "content-type", "authorization", "x-c"]

many = settings(max_examples=max(200, settings.default.max_examples))


def mostly(good: list[str], odd: list[str]) -> st.SearchStrategy[str]:
    """A good value, and one time in six an odd one: a request with two of them says little about either."""
    return strategies.sometimes(st.sampled_from(odd), 6, st.sampled_from(good))


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters of a policy. Some are refused together, such as ``"*"`` with credentials."""
    some = strategies.one_in
    names = st.lists(st.sampled_from(LISTED_NAMES), max_size=2)
    names = st.one_of(names, names, st.just("*"), st.just(["*", "authorization"]))
    configuration: dict[str, Any] = {
        "allow_origins": draw(st.one_of(st.lists(st.sampled_from(ORIGINS), min_size=1, max_size=3), st.just("*"))),
        "allow_methods": draw(st.one_of(st.lists(st.sampled_from(LISTED_METHODS), max_size=2), st.just("*"))),
        "allow_headers": draw(names),
        "allow_credentials": draw(st.booleans()),
        "allow_private_network": draw(st.booleans()),
        "debug": draw(st.booleans()),
        "dangerously_allow_insecure_origins": draw(some(8)),
        "dangerously_allow_null_origin": draw(some(8)),
        "dangerously_reflect_any_origin": draw(some(8)),
    }
    if configuration["allow_origins"] != "*" and draw(some(5)):
        configuration |= {"allow_origins": [], "allow_origin_regex": r"https://pr-[0-9]+\.example\.com"}
    return configuration


def pair(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode(), value.encode("latin-1")


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """An ASGI scope: an actual request or a preflight that asks for one thing or several, now and then twice."""
    headers = [pair("origin", draw(mostly(GOOD_ORIGINS, ODD_ORIGINS)))]
    if draw(strategies.one_in(10)):
        headers.append(pair("origin", draw(mostly(GOOD_ORIGINS, ODD_ORIGINS))))
    if draw(strategies.one_in(4)):
        return {"method": draw(st.sampled_from(["GET", "POST", "OPTIONS"])), "headers": headers}
    for _ in range(2 if draw(strategies.one_in(12)) else 1):
        headers.append(pair("access-control-request-method", draw(mostly(GOOD_METHODS, ODD_METHODS))))
    for line in draw(st.lists(st.lists(mostly(GOOD_NAMES, ODD_NAMES), max_size=3), max_size=2)):
        headers.append(pair("access-control-request-headers", ",".join(line)))
    if draw(strategies.one_in(20)):
        headers.append(pair("access-control-request-headers", "," * 20))
    if draw(strategies.one_in(4)):
        headers.append(pair("access-control-request-private-network", "true"))
    return {"method": "OPTIONS", "headers": headers}


def accepted(configuration: dict[str, Any], engine: Callable[..., Any]) -> Any:
    """The policy of a configuration, or None where it is refused."""
    try:
        return engine(**configuration)
    except PolicyError:
        return None


def widened(configuration: dict[str, Any], requested: Any, origin: str) -> dict[str, Any]:
    """The configuration with all that the request asks for in it, whether that makes sense or not."""

    def listed(name: str, *values: str) -> list[str]:
        before = configuration[name]
        return [*([before] if before == "*" else before), *(value for value in values if value)]

    wide = {**configuration, "allow_private_network": True}
    if configuration["allow_origins"] != "*":
        wide["allow_origins"] = listed("allow_origins", origin)
    if requested is not None:
        names = b",".join(requested.headers).decode("latin-1").split(",")
        wide["allow_methods"] = listed("allow_methods", requested.method.decode())
        wide["allow_headers"] = listed("allow_headers", *(name.strip() for name in names))
    return wide


@many
@given(configurations(), requests())
def test_policy_accepts_what_is_proposed_and_the_request_passes_with_it(
    configuration: dict[str, Any], scope: dict[str, Any]
) -> None:
    seen = []
    for engine in ENGINES:
        policy = accepted(configuration, engine)
        assume(policy is not None)
        decision = policy.decide_asgi(scope)
        advice = advise(decision)
        seen.append((advice, decision.explain()))
        if decision.allowed:
            assert advice == Advice()
            continue
        changed = policy.to_dict()
        for proposal in advice.proposals:
            assert engine.from_dict(proposal.applied(policy.to_dict()))
            changed = proposal.applied(changed)
            assert str(proposal.value) in decision.explain()
        assert engine.from_dict(changed).decide_asgi(scope).allowed == bool(advice.proposals)
        assert bool(advice.proposals) != bool(advice.obstacles)
        assert all(obstacle in decision.explain() for obstacle in advice.obstacles)
    assert seen[0] == seen[1]


@many
@given(configurations(), requests())
def test_where_nothing_is_proposed_no_list_would_help(configuration: dict[str, Any], scope: dict[str, Any]) -> None:
    policy = accepted(configuration, ENGINES[0])
    assume(policy is not None)
    decision = policy.decide_asgi(scope)
    advice = advise(decision)
    assume(advice.obstacles)
    # Two things could be listed and would be a mistake: a name with "*", and a method that pages misspell.
    assume(not any("means the character itself" in text or "Write '" in text for text in advice.obstacles))
    wide = widened(policy.to_dict(), decision.requested, decision.origin.decode("latin-1"))
    helped = accepted(wide, ENGINES[0])
    assert helped is None or not helped.decide_asgi(scope).allowed


@pytest.mark.parametrize("engine", ENGINES, ids=["native", "twin"])
def test_a_request_that_lacks_several_things_gets_a_proposal_for_each(engine: Any) -> None:
    policy = engine(allow_origins=["https://example.com"], allow_headers=["x-a"])
    decision = policy.decide("OPTIONS", "https://a.example", "PUT", ["x-a, X-B", "x-c"], request_private_network="true")
    assert advise(decision).proposals == (
        ("allow_origins", "https://a.example"),
        ("allow_methods", "PUT"),
        ("allow_headers", "x-b"),
        ("allow_headers", "x-c"),
        ("allow_private_network", True),
    )
    assert decision.explain().splitlines()[3:7] == [
        "If you trust this origin, add 'https://a.example' to allow_origins.",
        "Add 'PUT' to allow_methods too; the request needs both.",
        "Add 'x-b', 'x-c' to allow_headers too; the request needs both.",
        "Set allow_private_network to True too; the request needs both.",
    ]
