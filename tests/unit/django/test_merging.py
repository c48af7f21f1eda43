"""Headers of CORS in Django's mapping of headers: the quick way and the general one, both as merging has it."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from django.http.response import ResponseHeaders
from hypothesis import given
from hypothesis import strategies as st

from fastcors._shims.mapping import fill, join, store_of
from fastcors._twin import engine as twin
from fastcors._twin import store as twin_store

SITE, OTHER = "https://app.example.com", "https://other.example"
POLICIES: dict[str, dict[str, Any]] = {
    "listed": {"allow_origins": [SITE]},
    "credentials": {"allow_origins": [SITE], "allow_credentials": True, "expose_headers": ["X-Total", "ETag"]},
    "any": {"allow_origins": "*", "expose_headers": "*"},
    "present names": {"allow_origins": [SITE], "allow_credentials": True, "expose_headers": "*"},
    "timing": {"allow_origins": ["https://*.example.com"], "timing_allow_origin": True},
    "regex": {"allow_origins": [], "allow_origin_regex": r"https://app\.example\.com"},
    "reflect": {"dangerously_reflect_any_origin": True},
}
NAMES = [
    "Content-Type",
    "X-Total",
    "ETag",
    "Vary",
    "VARY",
    "Timing-Allow-Origin",
    "Access-Control-Allow-Origin",
    "access-control-allow-methods",
    "Access-Control-",
    "Access-Controls",
    "Nary",
]
VALUES = ["", "*", "Origin", "accept, ORIGIN", "Accept", "https://evil.example", "a, b"]
ORIGINS = [None, "", SITE, OTHER, "null", f"{SITE},{SITE}", "https://A.example", "\xe9", "\u20ac", "x" * 400]

headers = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4)


@pytest.fixture(scope="module")
def merge_store(engine: Any) -> Any:
    return twin_store.merge_store if engine is twin else engine.merge_store


@pytest.fixture(scope="module")
def policies(policy_class: Any) -> dict[str, Any]:
    return {name: policy_class(**parameters) for name, parameters in POLICIES.items()}


class Plain(MutableMapping[str, str]):
    """A mapping without letter case that keeps its headers somewhere else than Django's."""

    def __init__(self, given: Any) -> None:
        self.lines = {name.lower(): (name, value) for name, value in given}

    def __getitem__(self, name: str) -> str:
        return self.lines[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        self.lines[name.lower()] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self.lines[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.lines.values())

    def __len__(self) -> int:
        return len(self.lines)


def lowered(pairs: Any) -> dict[str, str]:
    found = {name.lower(): value for name, value in pairs}
    assert len(found) == len(list(pairs))
    return found


@given(given=headers, origin=st.sampled_from(ORIGINS), keep=st.booleans(), name=st.sampled_from(list(POLICIES)))
def test_every_way_of_merging_gives_what_a_header_list_gets(
    policies: dict[str, Any], merge_store: Any, given: Any, origin: Any, keep: bool, name: str
) -> None:
    policy = policies[name]
    decision = policy.decide_wsgi({"HTTP_ORIGIN": origin})
    theirs = ResponseHeaders(dict(given))
    before = list(theirs.items())
    expected = lowered(decision.merge_wsgi(before, on_conflict="keep" if keep else "replace"))

    quick = ResponseHeaders(dict(given))
    if merge_store(policy, origin, store_of(quick)):
        assert lowered(quick.items()) == expected
        assert {key: pair[0].lower() for key, pair in quick._store.items()} == {key: key for key in expected}
    else:
        assert list(quick.items()) == before
    for general in (quick, theirs, Plain(before)):
        join(general, decision, keep=keep)
        assert lowered(general.items()) == expected
        join(general, decision, keep=keep)  # merging twice changes nothing
        assert lowered(general.items()) == expected


@pytest.mark.parametrize("origin", [SITE, OTHER, None])
def test_a_usual_response_takes_the_quick_way(policies: dict[str, Any], merge_store: Any, origin: Any) -> None:
    for name in ("listed", "credentials", "any", "timing", "regex", "reflect"):
        store = {"content-type": ("Content-Type", "text/html"), "x-frame-options": ("X-Frame-Options", "DENY")}
        assert merge_store(policies[name], origin, store), name


def test_what_one_response_has_no_other_one_gets(policies: dict[str, Any], merge_store: Any) -> None:
    first: dict[str, Any] = {}
    assert merge_store(policies["listed"], SITE, first)
    expected = dict(first)
    first["access-control-allow-origin"] = ("Access-Control-Allow-Origin", "*")
    second: dict[str, Any] = {}
    assert merge_store(policies["listed"], SITE, second)
    assert second == expected
    assert second == {
        "access-control-allow-origin": ("Access-Control-Allow-Origin", SITE),
        "vary": ("Vary", "Origin"),
    }


class Text(str):
    """Text whose comparison runs code."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("nobody asks")

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    "store",
    [None, [], ResponseHeaders({}), {1: 2}, {b"vary": 1}, {Text("vary"): 1}, type("D", (dict,), {})()],
    ids=lambda store: type(store).__name__,
)  # fmt: skip
def test_what_is_no_store_is_left_to_the_general_way(policies: dict[str, Any], merge_store: Any, store: Any) -> None:
    assert merge_store(policies["listed"], SITE, store) is False


@pytest.mark.parametrize(
    "name", ["\xe9" * 15, "\xe9ary", "\u20ac" * 20, "access-control-\xe9", "ACCESS-CONTROL-X", "vary"]
)
def test_a_name_that_may_have_to_go_is_left_to_the_general_way(
    policies: dict[str, Any], merge_store: Any, name: str
) -> None:
    store = {name: (name, "x")}
    assert merge_store(policies["listed"], SITE, store) is False
    assert store == {name: (name, "x")}


@pytest.mark.parametrize("origin", [b"https://app.example.com", 5, ["x"], object()])
def test_an_origin_that_is_no_text_is_left_to_the_general_way(
    policies: dict[str, Any], merge_store: Any, origin: Any
) -> None:
    assert merge_store(policies["listed"], origin, {}) is False


def test_what_is_no_policy_or_has_to_wait_is_left_to_the_general_way(policy_class: Any, merge_store: Any) -> None:
    async def allows(origin: str) -> bool:
        return True

    assert merge_store(policy_class(allow_origin_func=allows), SITE, {}) is False
    assert merge_store(None, SITE, {}) is False
    assert merge_store(policy_class, SITE, {}) is False


def test_a_function_that_changes_the_response_is_seen(policy_class: Any, merge_store: Any) -> None:
    store: dict[str, Any] = {}

    def allows(origin: str) -> bool:
        store["vary"] = ("Vary", "Accept")
        return True

    assert merge_store(policy_class(allow_origin_func=allows), SITE, store) is False
    assert store == {"vary": ("Vary", "Accept")}


def test_headers_are_put_in_place_of_those_of_their_names() -> None:
    for mapping in (ResponseHeaders({"X-A": "1"}), Plain([("X-A", "1")])):
        fill(mapping, [("x-a", "2"), ("X-B", "3")])
        assert lowered(mapping.items()) == {"x-a": "2", "x-b": "3"}
