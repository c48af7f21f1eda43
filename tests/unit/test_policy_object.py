"""The policy as an object: everything wrong at once, and round trips, equality, pickles, copies, immutability."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import threading
from collections import UserDict
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastcors
from fastcors import Policy, PolicyError, PolicyIssue
from fastcors._config.readable import PARAMETERS
from fastcors._config.settings import Settings
from fastcors._twin import engine as _twin
from fastcors.policy import Configured

ORIGINS = ["https://example.com", "https://*.example.com:*", "http://localhost:3000"]


class TwinPolicy(Configured, _twin.Engine):
    """A policy over the pure-Python engine, with a name that pickle finds."""

    __slots__ = ()


class Tenant(Policy):
    """A subclass with a way of its own to be made, and with state."""

    def __new__(cls, name: str) -> Tenant:
        return super().__new__(cls, allow_origins=[f"https://{name}.example.com"], allow_credentials=True)


def rich(policy_class: type[Any] = Policy) -> Any:
    return policy_class(
        allow_origins=ORIGINS,
        allow_methods=["put", "PATCH"],
        allow_headers=["X-B", "x-a"],
        expose_headers="*",
        allow_credentials=True,
        max_age=timedelta(minutes=10),
        allow_private_network=True,
        timing_allow_origin=True,
        disclose="minimal",
        preflight_status=200,
        preflight_failure_status=418,
        debug=True,
    )


def test_everything_wrong_is_reported_at_once_and_in_the_order_of_the_parameters(policy_class: type[Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_class(
            nonsense=1,
            dangerously_reflect_any_origin=0,
            debug="yes",
            preflight_failure_status=500,
            preflight_status=500,
            disclose="some",
            timing_allow_origin=None,
            max_age=-1,
            allow_credentials=True,
            expose_headers=["Set-Cookie", "a b"],
            allow_headers=["Cookie", 5],
            allow_methods=["TRACE", "PUT"],
            allow_origins=["https://A.com", "null", "https://ok.com", "http://b.com", "https://*.com", "*"],
        )
    error = caught.value
    assert isinstance(error, ValueError)
    assert isinstance(error.issues, tuple)
    assert [(issue.field, issue.code) for issue in error.issues] == [
        ("allow_origins", "origin-upper-case"),
        ("allow_origins", "origin-null"),
        ("allow_origins", "origin-insecure"),
        ("allow_origins", "origin-public-suffix"),
        ("allow_origins", "origin-wildcard-mixed"),
        ("allow_origins", "origins-wildcard-credentials"),
        ("allow_methods", "method-forbidden"),
        ("allow_headers", "header-forbidden"),
        ("allow_headers", "header-type"),
        ("expose_headers", "exposed-header-forbidden"),
        ("expose_headers", "exposed-header-token"),
        ("max_age", "max-age-negative"),
        ("timing_allow_origin", "wrong-type"),
        ("disclose", "disclose-unknown"),
        ("preflight_status", "preflight-status-range"),
        ("preflight_failure_status", "preflight-failure-status-range"),
        ("debug", "wrong-type"),
        ("dangerously_reflect_any_origin", "wrong-type"),
        ("nonsense", "unknown-parameter"),
    ]
    for issue in error.issues:
        assert issue.code in str(error)
        assert issue.message in str(error)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (["https://example.com"], r"write Policy\(allow_origins=\['https://example.com'\]\)"),
        ("https://example.com", r"write Policy\(allow_origins=\['https://example.com'\]\)"),
        ("*", r"write Policy\(allow_origins='\*'\)"),
        (iter(["https://example.com"]), r"write Policy\(allow_origins=\[...\]\)"),
        ({"allow_origins": "*"}, r"Policy\.from_dict\(mapping\)"),
    ],
)
def test_positional_arguments_are_a_type_error_that_names_the_parameter(
    policy_class: type[Any], value: Any, advice: str
) -> None:
    with pytest.raises(TypeError, match=advice):
        policy_class(value)


def test_every_parameter_can_be_read(policy_class: type[Any]) -> None:
    for variant in (*VARIANTS, {"allow_origins": "*", "allow_origin_func": None}):
        policy = policy_class(**variant)
        for name, value in policy.to_dict().items():
            assert getattr(policy, name) == (tuple(value) if isinstance(value, list) else value)
    policy = rich(policy_class)
    assert (policy.max_age, policy.expose_headers, policy.allow_methods) == (600, "*", ("PATCH", "PUT"))
    assert policy.allow_origins == tuple(sorted(ORIGINS))


@pytest.mark.parametrize("name", PARAMETERS)
def test_no_parameter_can_be_set(policy_class: type[Any], name: str) -> None:
    policy = rich(policy_class)
    before = policy.to_dict()
    for kind in (policy, type("Named", (policy_class,), {}).from_dict(before)):
        with pytest.raises(AttributeError, match=f"a policy does not change: .*'{name}': 5"):
            setattr(kind, name, 5)
        with pytest.raises(AttributeError, match="a policy does not change"):
            delattr(kind, name)
        assert kind.to_dict() == before


def test_settings(policy_class: type[Any]) -> None:
    assert rich(policy_class).settings == Settings(
        allow_methods=("PATCH", "PUT"),
        allow_headers=("x-a", "x-b"),
        expose_headers=("*",),
        allow_credentials=True,
        max_age=600,
        allow_private_network=True,
        timing_allow_origin=True,
        disclose="minimal",
        preflight_status=200,
        preflight_failure_status=418,
        debug=True,
    )
    assert policy_class(allow_origins="*").settings == Settings()


def test_to_dict(policy_class: type[Any]) -> None:
    values = rich(policy_class).to_dict()
    assert list(values) == list(PARAMETERS)
    assert values == {
        "allow_origins": sorted(ORIGINS),
        "allow_origin_regex": None,
        "allow_origin_func": None,
        "vary": [],
        "origin_cache_ttl": 60,
        "origin_cache_size": 4096,
        "origin_timeout": None,
        "allow_methods": ["PATCH", "PUT"],
        "allow_headers": ["x-a", "x-b"],
        "expose_headers": "*",
        "allow_credentials": True,
        "max_age": 600,
        "allow_private_network": True,
        "timing_allow_origin": True,
        "disclose": "minimal",
        "preflight_status": 200,
        "preflight_failure_status": 418,
        "name": None,
        "debug": True,
        "dangerously_allow_insecure_origins": False,
        "dangerously_allow_public_suffixes": False,
        "dangerously_allow_null_origin": False,
        "dangerously_reflect_any_origin": False,
    }
    policy = policy_class(allow_origins="*", allow_headers=["Authorization", "*"])
    assert policy.to_dict()["allow_origins"] == "*"
    assert policy.to_dict()["allow_headers"] == ["*", "authorization"]
    assert policy.to_dict()["allow_methods"] == []
    values["allow_origins"].clear()
    assert rich(policy_class).to_dict() != values


VARIANTS: list[dict[str, Any]] = [
    {"allow_origins": "*"},
    {"allow_origins": "*", "dangerously_allow_null_origin": True},
    {"allow_origins": ["null"], "dangerously_allow_null_origin": True},
    {"allow_origins": ORIGINS},
    {"allow_origins": ORIGINS[:1]},
    {"allow_origins": ORIGINS, "allow_credentials": True},
    {"allow_origins": ORIGINS, "allow_origin_regex": r"https://pr-\d+\.example\.org"},
    {"allow_origin_regex": r"https://pr-\d+\.example\.org"},
    {"allow_origin_regex": r"(?i)https://pr-\d+\.example\.org", "origin_cache_size": 5},
    {"allow_origin_regex": "https://x", "dangerously_reflect_any_origin": True, "origin_cache_ttl": 0.5},
    {"allow_origins": ORIGINS, "allow_methods": "*"},
    {"allow_origins": ORIGINS, "allow_methods": ["PUT"]},
    {"allow_origins": ORIGINS, "allow_headers": "*"},
    {"allow_origins": ORIGINS, "allow_headers": ["*", "Authorization"]},
    {"allow_origins": ORIGINS, "expose_headers": ["X-A"]},
    {"allow_origins": ORIGINS, "max_age": 0},
    {"allow_origins": ORIGINS, "max_age": 5},
    {"allow_origins": ORIGINS, "disclose": "minimal"},
    {"dangerously_reflect_any_origin": True},
    {"dangerously_reflect_any_origin": True, "allow_credentials": True},
    {"dangerously_reflect_any_origin": True, "dangerously_allow_null_origin": True},
    {"allow_origins": ["http://*.com"], "allow_credentials": True}
    | dict.fromkeys(["dangerously_allow_insecure_origins", "dangerously_allow_public_suffixes"], True),
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_round_trips(policy_class: type[Any], variant: dict[str, Any]) -> None:
    policy = policy_class(**variant)
    again = policy_class.from_dict(policy.to_dict())
    assert type(again) is policy_class
    assert again == policy
    assert again.settings == policy.settings
    assert again.origins() == policy.origins()
    assert hash(again) == hash(policy)
    assert repr(again) == repr(policy)
    assert policy_class.from_dict(json.loads(json.dumps(policy.to_dict()))) == policy
    assert policy_class(**policy.to_dict()) == policy


def test_equality(policy_class: type[Any]) -> None:
    policies = [policy_class(**variant) for variant in VARIANTS]
    for i, policy in enumerate(policies):
        assert [policy == other for other in policies] == [i == j for j in range(len(policies))]
        assert policy != "policy"
        assert policy is not None
        assert policy.__eq__(5) is NotImplemented
    assert len(set(policies)) == len(policies)
    swapped = policy_class(allow_origins=reversed(ORIGINS), allow_methods=["PUT", "put", "PUT"])
    assert swapped == policy_class(allow_origins=iter(ORIGINS), allow_methods=("put",))
    same_count = policy_class(allow_origins=["https://a.com"]), policy_class(allow_origins=["https://b.com"])
    assert same_count[0] != same_count[1]


def test_both_backends_are_equal() -> None:
    for variant in VARIANTS:
        assert TwinPolicy(**variant) == Policy(**variant)
        assert hash(TwinPolicy(**variant)) == hash(Policy(**variant))
        assert TwinPolicy(**variant).to_dict() == Policy(**variant).to_dict()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", [Policy, TwinPolicy])
def test_pickle(kind: type[Any], protocol: int) -> None:
    for variant in VARIANTS:
        policy = kind(**variant)
        again = pickle.loads(pickle.dumps(policy, protocol))
        assert type(again) is kind
        assert again == policy


def test_copies_are_the_policy_itself(policy_class: type[Any]) -> None:
    policy = rich(policy_class)
    assert copy.copy(policy) is policy
    assert copy.deepcopy(policy) is policy
    assert copy.deepcopy([policy])[0] is policy


def test_immutable(policy_class: type[Any]) -> None:
    policy = rich(policy_class)
    before = policy.to_dict()
    policy.__init__()
    policy.__init__(allow_origins="*")
    for name in ("settings", "debug", "anything", "_settings"):
        with pytest.raises(AttributeError):
            setattr(policy, name, None)
    with pytest.raises(AttributeError):
        del policy.settings
    assert not hasattr(policy, "__dict__")
    policy.origins().clear()
    policy.to_dict().clear()
    assert policy.to_dict() == before


def test_the_configuration_given_is_not_kept(policy_class: type[Any]) -> None:
    origins, methods = list(ORIGINS), ["PUT"]
    policy = policy_class(allow_origins=origins, allow_methods=methods)
    before = policy.to_dict()
    origins.append("https://evil.example")
    methods.append("PATCH")
    assert policy.to_dict() == before
    given_again = list(ORIGINS)
    policy_class(allow_origins=given_again)
    assert given_again == ORIGINS


def test_repr(policy_class: type[Any]) -> None:
    assert repr(policy_class(allow_origins="*")).endswith("Policy(allow_origins='*')")
    text = repr(policy_class(allow_origins=["https://a.com"], allow_credentials=True, allow_methods=["put"]))
    assert text.endswith("(allow_origins=['https://a.com'], allow_methods=['PUT'], allow_credentials=True)")
    assert "allow_origins=[], dangerously" not in repr(policy_class(dangerously_allow_null_origin=True))
    assert eval(text, {"Policy": policy_class}) == eval(text, {"Policy": Policy})
    many = repr(policy_class(allow_origins=[f"https://{i:02}.com" for i in range(20)]))
    assert "'https://07.com', ... 12 more]" in many
    assert "https://08.com" not in many
    assert "more" not in repr(policy_class(allow_origins=[f"https://{i}a.com" for i in range(8)]))


def test_subclasses() -> None:
    class Named(Policy):
        __slots__ = ()

    policy = Named(allow_origins=ORIGINS)
    assert type(Named.from_dict(policy.to_dict())) is Named
    assert repr(policy).startswith("Named(")
    assert policy == Policy(allow_origins=ORIGINS)
    assert hash(policy) == hash(Policy(allow_origins=ORIGINS))

    tenant = Tenant("a")
    again = pickle.loads(pickle.dumps(tenant))
    assert type(again) is Tenant
    assert again == tenant
    assert again.origins() == ["https://a.example.com"]
    assert copy.copy(tenant) is tenant


def test_new_without_configuration(policy_class: type[Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_class.__new__(policy_class)
    assert [issue.code for issue in caught.value.issues] == ["origins-missing"]


def test_from_dict_takes_any_mapping(policy_class: type[Any]) -> None:
    values = rich().to_dict()
    for mapping in (MappingProxyType(values), UserDict(values)):
        assert policy_class.from_dict(mapping) == rich(policy_class)


def test_from_dict_of_something_else(policy_class: type[Any]) -> None:
    for thing in (None, [], [("allow_origins", "*")], "allow_origins", 5, rich()):
        with pytest.raises(PolicyError) as caught:
            policy_class.from_dict(thing)
        (issue,) = caught.value.issues
        assert (issue.code, issue.field) == ("wrong-type", "configuration")
    with pytest.raises(PolicyError) as caught:
        policy_class.from_dict({"allow_origins": "https://a.com", 5: "x", "origin": "y", "cls": 1, b"debug": True})
    assert [(issue.code, issue.field, issue.hint) for issue in caught.value.issues] == [
        ("origins-string", "allow_origins", '["https://a.com"]'),
        ("unknown-parameter", "origin", "allow_origins"),
        ("unknown-parameter", "cls", None),
        ("unknown-parameter", "int", None),
        ("unknown-parameter", "bytes", None),
    ]
    with pytest.raises(PolicyError) as caught:
        policy_class.from_dict({"allow_origins": "*", None: 1})
    assert [issue.code for issue in caught.value.issues] == ["unknown-parameter"]


def test_from_dict_of_text_says_how_it_becomes_a_mapping(policy_class: type[Any]) -> None:
    for text in ('{"allow_origins": "*"}', b"{}"):
        with pytest.raises(PolicyError, match=r"not (str|bytes); json\.loads makes one"):
            policy_class.from_dict(text)


def test_built_by_several_threads_at_once() -> None:
    """The list of public suffixes is read once, by whoever comes first."""
    built: list[Policy] = []

    def build() -> None:
        built.append(Policy(allow_origins=["https://*.example.co.uk"], allow_credentials=True))

    threads = [threading.Thread(target=build) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [built[0]] * 8


def test_a_million_plain_origins() -> None:
    count = 1_000_000 if fastcors.backend == "cython" else 50_000
    origins = (f"https://tenant{i}.example.com" for i in range(count))
    policy = Policy(allow_origins=origins, allow_credentials=True)
    assert policy.origin_count() == count
    assert policy.is_origin_allowed(f"https://tenant{count - 1}.example.com")
    assert isinstance(hash(policy), int)


_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.timedeltas(),
    st.datetimes(),
    st.just(object()),
    st.just(int),
    st.just(len),
    st.sampled_from(["*", "null", "GET", "https://a.com", "http://*.com", "X-A", "full", 204, 403]),
)
_junk = st.one_of(
    _leaves,
    st.lists(_leaves),
    st.sets(st.text()),
    st.dictionaries(st.text(), _leaves),
    st.lists(st.lists(_leaves)),
    st.lists(_leaves).map(iter),
    st.just(range(3)),
)


@given(st.dictionaries(st.one_of(st.sampled_from(PARAMETERS), st.text()), _junk))
def test_junk_raises_nothing_but_policy_errors(parameters: dict[str, Any]) -> None:
    with contextlib.suppress(PolicyError):
        policy = Policy(**parameters)
        assert Policy.from_dict(policy.to_dict()) == policy
        assert TwinPolicy.from_dict(policy.to_dict()) == policy


@given(_junk)
def test_junk_as_a_mapping(thing: Any) -> None:
    with pytest.raises(PolicyError):
        Policy.from_dict(thing)


@given(_junk)
def test_junk_as_a_list(thing: Any) -> None:
    found: tuple[PolicyIssue, ...] = ()
    shown = ""
    try:
        Policy(allow_origins=thing)
    except PolicyError as error:
        found, shown = error.issues, str(error)
    assert all(issue.code.startswith("origin") for issue in found)
    assert all(str(issue) in shown for issue in found)


def test_the_error_is_public_and_can_be_pickled() -> None:
    assert fastcors.PolicyError is PolicyError
    with pytest.raises(PolicyError) as caught:
        Policy()
    assert pickle.loads(pickle.dumps(caught.value)).issues == caught.value.issues
