"""Clients that invent origins: what a regex or a function said about them is forgotten in time."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest

GOOD = "https://good.example"


@pytest.mark.parametrize(
    "parameters",
    [{"allow_origin_func": lambda origin: origin == GOOD}, {"allow_origin_regex": "https://good[.]example"}],
    ids=["function", "regex"],
)
def test_a_flood_takes_bounded_memory_and_pushes_out_no_good_origin(
    policy_class: type[Any], parameters: dict[str, Any]
) -> None:
    policy = policy_class(**parameters, origin_cache_size=200)
    tail = ".".join(["b" * 60] * 3)

    def flood(start: int) -> int:
        for number in range(start, start + 2000):
            assert not policy.is_origin_allowed(f"https://{number}.{tail}")
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    assert policy.is_origin_allowed(GOOD)
    tracemalloc.start()
    try:
        before = flood(0)
        assert before < 200_000  # 200 of at most 1000 bytes
        assert flood(2000) - before < 20_000
    finally:
        tracemalloc.stop()
    assert policy.origin_check.cached(GOOD) is True
    assert len(policy.origin_check.memory.questions(False)) == 200


def test_huge_and_strange_values_are_never_kept(policy_class: type[Any]) -> None:
    asked: list[str] = []
    policy = policy_class(allow_origin_func=lambda origin: not asked.append(origin))
    for value in ("https://" + "a" * 10_000_000, b"\x00" * 1_000_000, "\ud800", "https://a.example, " * 9, "null", ""):
        assert not policy.is_origin_allowed(value)
        assert not policy.origin_check.allows(value)
    assert asked == []
    assert not policy.origin_check.memory.questions(True)
    assert not policy.origin_check.memory.questions(False)
