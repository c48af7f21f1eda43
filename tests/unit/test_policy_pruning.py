"""``allow_origins``: what is pruned, and which suffixes are public."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from fastcors import Policy
from fastcors._config.hosts import is_public_suffix
from tests.unit.refused import is_good

PRUNED = [
    (["https://a.com", "https://a.com"], ["https://a.com"]),
    (["https://*.a.com", "https://*.a.com"], ["https://*.a.com"]),
    (["https://a.com:*", "https://a.com:*"], ["https://a.com:*"]),
    (["https://*.a.com:8080", "https://*.b.a.com:8080"], ["https://*.a.com:8080"]),
    (["https://*.c.b.a.com", "https://*.b.a.com", "https://*.a.com"], ["https://*.a.com"]),
    (["https://*.a.com", "https://*.b.a.com:8080"], None),
    (["https://*.a.com:8080", "https://*.b.a.com:*"], None),
    (["https://*.a.com", "http://*.b.a.com"], None),
    (["https://*.a.com", "https://*.ba.com"], None),
    (["https://*.a.com", "https://a.com"], None),
    (["https://*.a.com:*", "https://*.a.com", "https://*.a.com:1"], ["https://*.a.com:*"]),
    (["https://*.a.com:*", "https://b.a.com:*"], ["https://*.a.com:*"]),
    (["https://*.a.com:*", "https://*.b.a.com:1", "https://b.a.com:*"], ["https://*.a.com:*"]),
    (["https://*.a.com", "https://b.a.com:*"], None),
    (["https://*.a.com:*", "https://a.com:*"], None),
    (["https://a.com:*", "https://a.com", "https://a.com:1"], ["https://a.com:*"]),
    (["https://*.a.com", "https://b.a.com", "https://c.b.a.com"], ["https://*.a.com"]),
    (["https://*.a.com:*", "https://b_c.a.com:*"], None),  # "*." does not match these three
    (["https://*.a.com:*", "https://b.a.com.:*"], None),
    (["https://*.a.com:*", "https://-b.a.com:*"], None),
    (["https://*.a.com", "https://b_c.a.com"], None),
]


@pytest.mark.parametrize(("given_patterns", "kept"), PRUNED)
@pytest.mark.parametrize("order", [list, lambda patterns: patterns[::-1]], ids=["forward", "backward"])
def test_pruning(
    policy_class: type[Policy],
    given_patterns: list[str],
    kept: list[str] | None,
    order: Callable[[list[str]], list[str]],
) -> None:
    policy = policy_class(allow_origins=order(given_patterns))
    assert policy.origins() == sorted(given_patterns if kept is None else kept)
    assert policy == policy_class(allow_origins=kept or given_patterns)


_hosts = st.sampled_from(["a.com", "b.a.com", "c.b.a.com", "a_.a.com", "b.a.com.", "ba.com"])


_pattern = st.builds(
    lambda scheme, star, host, port: f"{scheme}://{star}{host}{port}",
    st.sampled_from(["https", "http"]),
    st.sampled_from(["", "*."]),
    _hosts,
    st.sampled_from(["", ":1", ":*"]),
).filter(lambda pattern: is_good([pattern]))


_origin = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}{port}",
    st.sampled_from(["https", "http"]),
    st.sampled_from(["a.com", "b.a.com", "c.b.a.com", "d.c.b.a.com", "a_.a.com", "b.a.com.", "x.ba.com"]),
    st.sampled_from(["", ":1", ":2"]),
)


@given(patterns=st.lists(_pattern, min_size=1), origin=_origin)
def test_pruning_changes_no_verdict(patterns: list[str], origin: str) -> None:
    """A policy allows what any of its patterns alone allows."""
    alone = any(Policy(allow_origins=[pattern]).is_origin_allowed(origin) for pattern in patterns)
    assert Policy(allow_origins=patterns).is_origin_allowed(origin) == alone


def test_a_hundred_thousand_wildcards() -> None:
    """A quadratic step would take hours."""
    patterns = [f"https://*.tenant{i}.example.com:*" for i in range(100_000)]
    assert Policy(allow_origins=patterns, allow_credentials=True).origin_count() == 100_000
    assert Policy(allow_origins=[*patterns, "https://*.example.com:*"]).origin_count() == 1


def test_public_suffixes_are_those_of_the_list() -> None:
    reference = PublicSuffixList()
    with open(__import__("publicsuffixlist").PSLFILE, encoding="utf-8") as lines:
        rules = [line.split()[0] for line in lines if line.strip() and line[0] != "/" and line.isascii()]
    for rule in rules:
        name = rule.lstrip("!*.")
        for domain in (name, f"x.{name}", f"x.y.{name}"):
            assert is_public_suffix(domain) == reference.is_public(domain), domain
    assert not is_public_suffix("localhost")
    assert not is_public_suffix("a.localhost")
