"""``timing_allow_origin``: what reads detailed timings, seen with the TAO check of browsers (Fetch, "TAO check")."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from fastcors import Policy, PolicyError
from tests.contract.doors import through
from tests.support.exchange import Answer, Req, pre

LISTED, OTHER, RUM = "https://app.example", "https://other.example", "https://rum.example"
ORIGINS: dict[str, dict[str, Any]] = {
    "list": {"allow_origins": [LISTED, "https://*.pages.example"]},
    "credentials": {"allow_origins": [LISTED], "allow_credentials": True, "expose_headers": "*"},
    "star": {"allow_origins": "*"},
    "function": {"allow_origin_func": lambda origin: origin == LISTED},
    "null": {"allow_origins": [LISTED], "dangerously_allow_null_origin": True},
}
ACTUAL = [Req(), Req(origins=(LISTED.encode(),)), Req(origins=(OTHER.encode(),)), Req(b"POST", (b"null",))]


def passes(answer: Answer, page: str) -> bool:
    """Steps 2 to 4 of the TAO check: what a browser finds in a response for a page."""
    values = [value.strip() for value in answer.cors().get("timing-allow-origin", "").split(",")]
    return "*" in values or page in values


def expects(tao: str | None) -> Callable[[Answer], None]:
    def check(answer: Answer) -> None:
        assert answer.cors().get("timing-allow-origin") == tao

    return check


@pytest.mark.parametrize("origins", ORIGINS.values(), ids=ORIGINS)
@pytest.mark.parametrize("value", [[RUM, LISTED], "*", ["*"], (RUM,)], ids=str)
def test_a_list_is_on_every_response_and_changes_no_vary(
    policy_class: type[Any], origins: dict[str, Any], value: Any
) -> None:
    plain, timed = policy_class(**origins), policy_class(**origins, timing_allow_origin=value)
    expected = ", ".join(sorted(value))
    for req in ACTUAL:
        through(timed, req, expects(expected))
        without = [pair for pair in timed.decide_asgi(req.scope()).headers if pair[0] != b"timing-allow-origin"]
        assert without == plain.decide_asgi(req.scope()).headers
    for preflight in (pre(b"GET", origin=LISTED.encode()), pre(b"GET", origin=b"")):
        through(timed, preflight, expects(None))


def test_no_cors_loads_of_listed_pages_pass_the_tao_check(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=[LISTED], timing_allow_origin=[LISTED, RUM])

    def check(answer: Answer) -> None:
        assert [passes(answer, page) for page in (LISTED, RUM, OTHER, "null")] == [True, True, False, False]

    for req in ACTUAL:
        through(policy, req, check)


def test_true_names_the_allowed_origin_of_the_request_alone(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=[LISTED, RUM], timing_allow_origin=True)
    for req, tao in zip(ACTUAL, [None, LISTED, None, None], strict=True):
        through(policy, req, expects(tao))
    for req in ACTUAL:
        through(policy_class(allow_origins="*", timing_allow_origin=True), req, expects("*"))


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ([RUM, LISTED, RUM], [LISTED, RUM]),
        ("*", "*"),
        (["*"], "*"),
        ([], False),
        (True, True),
        (False, False),
        (["app://localhost", "http://plain.example"], ["app://localhost", "http://plain.example"]),
    ],
    ids=repr,
)
def test_it_goes_through_dictionaries_and_pickle(policy_class: type[Any], value: Any, canonical: Any) -> None:
    policy = policy_class(allow_origins=[LISTED], allow_credentials=True, timing_allow_origin=value)
    assert policy.to_dict()["timing_allow_origin"] == canonical
    assert policy.timing_allow_origin == (tuple(canonical) if isinstance(canonical, list) else canonical)
    assert policy_class.from_dict(policy.to_dict()) == policy
    again = Policy.from_dict(policy.to_dict())
    assert pickle.loads(pickle.dumps(again)) == again


@pytest.mark.parametrize(
    ("value", "code", "hint"),
    [
        (None, "wrong-type", None),
        (1, "wrong-type", "True"),
        ("false", "wrong-type", "False"),
        ("https://a.example", "origins-string", '["https://a.example"]'),
        (["https://A.example"], "origin-upper-case", "https://a.example"),
        (["https://*.a.example"], "timing-origin-wildcard", None),
        (["http://localhost:*"], "timing-origin-wildcard", None),
        (["*", "https://a.example"], "origin-wildcard-mixed", None),
        (["null"], "origin-null", None),
        ([f"https://{number}.example" for number in range(200)], "timing-origins-too-long", "True"),
        ([f"https://{number}.example" for number in range(100_000)], "timing-origins-too-long", "True"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_be_meant_is_an_error(policy_class: type[Any], value: Any, code: str, hint: str | None) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_class(allow_origins=[LISTED], timing_allow_origin=value)
    assert [(issue.code, issue.field, issue.hint) for issue in caught.value.issues] == [
        (code, "timing_allow_origin", hint)
    ]


def test_the_applications_own_does_not_widen_a_list(policy_class: type[Any]) -> None:
    policy = policy_class(allow_origins=[LISTED], timing_allow_origin=[RUM])
    for req in ACTUAL:
        merged = policy.decide_asgi(req.scope()).merge_asgi([(b"Timing-Allow-Origin", b"*")])
        assert [value for name, value in merged if name.lower() == b"timing-allow-origin"] == [RUM.encode()]
