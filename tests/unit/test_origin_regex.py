"""``allow_origin_regex`` at configuration time, with google-re2 and without."""

from __future__ import annotations

import importlib.util
import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors import PolicyError, PolicyIssue
from fastcors._config import expressions
from fastcors._config.expression_cost import SLOW, ways
from fastcors.policy import Policy

ENGINES = ["re", "re2"]


@pytest.fixture(params=ENGINES)
def regex_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if name == "re":
        monkeypatch.setattr(expressions, "_re2", None)
    elif importlib.util.find_spec("re2") is None:
        pytest.skip("google-re2 is not installed")
    return name


pytestmark = pytest.mark.usefixtures("regex_engine")


def issues(regex: Any, **parameters: Any) -> tuple[PolicyIssue, ...]:
    try:
        Policy(allow_origin_regex=regex, **parameters)
    except PolicyError as error:
        return error.issues
    return ()


def found(regex: Any, **parameters: Any) -> list[str]:
    return [issue.code for issue in issues(regex, **parameters)]


GOOD = [
    r"https://.*\.example\.com",
    r"^https://([a-z0-9-]+\.)*example\.com$",
    r"https?://(localhost|127\.0\.0\.1|192\.168\.\d+\.\d+)(:\d+)?",
    r"https://(?:[^.]+\.)+example\.(?:com|org)",
    r"https://pr-\d+-(app|api)\.example\.com(?::8443)?",
    r"http://(?:\d{1,3}\.){3}\d{1,3}",
    r"(?i)https://EXAMPLE\.com",
    r"\Ahttps://(?P<name>\w+?)\.example\.com",
    r"https://[a-z]+-.*\.example\.com",
    r"a|b|",
]


@pytest.mark.parametrize("regex", GOOD)
def test_what_can_be_matched_fast_is_taken_with_either_engine(regex: str) -> None:
    assert Policy(allow_origin_regex=regex).settings.allow_origin_regex == regex


@pytest.mark.parametrize(
    ("regex", "allowed", "refused"),
    [
        (
            r"https://[a-z]+\.example\.com",
            ["https://a.example.com"],
            ["https://a.example.com.evil.example", "https://a.example.com:8443", "https://a1.example.com"],
        ),
        (r"^https://example\.com$", ["https://example.com"], ["http://example.com", "https://example.com.au"]),
        (r"https://a|b", ["https://a"], ["https://ab", "https://b"]),
        (r"(?i)HTTPS://EXAMPLE\.com", ["https://example.com"], ["https://examplekcom"]),
        (r"https://example\.com(:\d+)?", ["https://example.com", "https://example.com:1"], ["https://example.com1"]),
    ],
)
def test_the_whole_origin_must_match(
    policy_class: type[Any], regex: str, allowed: list[str], refused: list[str]
) -> None:
    policy = policy_class(allow_origin_regex=regex)
    for origin in allowed * 2:
        assert policy.is_origin_allowed(origin), origin
    for origin in refused * 2:
        assert not policy.is_origin_allowed(origin), origin


SLOW_ONES = [
    r"^(https?://)?(([a-z\d]([a-z\d-]*[a-z\d])*)\.)+example\.com$",
    r"https://([a-z]+)*\.example\.com",
    r"https://(?:[a-z]+-?)+\.example\.com",
    r"(a|a)*b",
    r"(abc|abd|x)*y",
    r"(a?b?)*c",
    r"(?:a{1,16}){1,16}b",
    r"https://.*a.*a.*a.*b",
    r"https://(.*?\.)+?example\.com",
    r"(?:(?:a|b)+|c)*d",
    r"(x*)*",
]


@pytest.mark.parametrize("regex", SLOW_ONES)
def test_what_re_could_take_long_over_needs_re2(regex_engine: str, regex: str) -> None:
    assert found(regex) == (["origin-regex-slow"] if regex_engine == "re" else [])


@given(
    st.recursive(
        st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "a?", r"\w", "-"]),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=4).map("".join),
            st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?"])),
            st.builds("(?:{}|{})".format, inner, inner),
        ),
        max_leaves=8,
    ),
    st.text("ab", min_size=30, max_size=60),
)
def test_what_is_taken_for_re_is_fast(regex: str, text: str) -> None:
    """No regular expression that passes the check takes long over a text that nearly matches."""
    if ways(regex) < SLOW:
        compiled = re.compile(regex)
        start = time.perf_counter()
        for subject in ("https://" + text + "!", "a" * 60 + "!", "ab" * 30 + "!", text[:20] * 2 + "-!"):
            compiled.fullmatch(subject)
        assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "regex",
    [
        r"https://(?=a).*",
        r"https://(?!a).*",
        r"https://a(?<=a)b",
        r"https://(.)\1\.example\.com",
        r"https://example\.com\Z",
        r"(?x)https://example\.com # that site",
        r"https://(?x: a )",
        re.compile(r"https://example\.com", re.VERBOSE),
        r"https://(a)?(?(1)b|c)",
    ],
)
def test_what_google_re2_has_not_is_never_taken(regex: Any) -> None:
    assert found(regex) == ["origin-regex-unsupported"]


@pytest.mark.parametrize("regex", ["(", "*", "https://[", "a**", "(?z)a", "(?P<a>b)(?P<a>c)", "\\", "(" * 2000, "é("])
def test_what_does_not_compile(regex: str) -> None:
    (issue,) = issues(regex)
    assert issue.code == "origin-regex-syntax"
    assert issue.message.isascii()


def test_wrong_types() -> None:
    for value in (5, b"https://a", re.compile(b"https://a"), ["https://a"], True, object()):
        (issue,) = issues(value)
        assert (issue.code, issue.field) == ("wrong-type", "allow_origin_regex")
    assert found("") == ["origin-regex-empty"]
    assert found(re.compile("")) == ["origin-regex-empty"]


def test_flags_of_a_compiled_pattern_are_kept_in_the_string() -> None:
    for given_regex, kept, allowed in [
        (re.compile(r"https://A\.example"), r"https://A\.example", False),
        (re.compile(r"https://A\.example", re.IGNORECASE), r"(?i)https://A\.example", True),
        (re.compile(r"(?i)https://A\.example", re.DOTALL), r"(?is)https://A\.example", True),
        (re.compile(r"(?a)https://a\.example", re.MULTILINE), r"(?m)https://a\.example", True),
        ("(?u)https://a", "https://a", False),
    ]:
        policy = Policy(allow_origin_regex=given_regex)
        assert policy.settings.allow_origin_regex == kept
        assert Policy.from_dict(json.loads(json.dumps(policy.to_dict()))) == policy
        assert policy.is_origin_allowed("https://a.example") == allowed


@pytest.mark.parametrize(
    "regex", ["https://.*", r"https://[a-z0-9.-]+(:\d+)?", r"https://[^.]+\..+", r"https://\w+\.\w+"]
)
def test_with_credentials_no_regex_may_match_any_site(regex: str) -> None:
    assert found(regex, allow_credentials=True) == ["origin-regex-any-site"]
    assert found(regex) == []
    assert found(regex, allow_credentials=True, dangerously_reflect_any_origin=True) == []
    assert found(f"(?i){regex.upper()}" if "\\" not in regex else regex, allow_credentials=True)


def test_http_sites_count_whether_they_are_let_in_or_not() -> None:
    insecure = {"allow_credentials": True, "dangerously_allow_insecure_origins": True}
    assert found("http://.*", allow_credentials=True) == ["origin-regex-insecure"]
    assert found("http://.*", **insecure) == ["origin-regex-any-site"]


@pytest.mark.parametrize("regex", [r"https://[a-z0-9-]+\.com", r"https://.*\.co\.uk", r"https://.+\.github\.io"])
def test_with_credentials_no_regex_may_match_a_public_suffix(regex: str) -> None:
    assert found(regex, allow_credentials=True) == ["origin-regex-public-suffix"]
    assert found(regex) == []
    assert found(regex, allow_credentials=True, dangerously_allow_public_suffixes=True) == []


def test_star_goes_with_neither() -> None:
    for parameters in ({"allow_origin_regex": "https://a"}, {"allow_origin_func": lambda origin: True}):
        with pytest.raises(PolicyError) as caught:
            Policy(allow_origins="*", **parameters)
        assert [(issue.code, issue.field) for issue in caught.value.issues] == [
            ("origin-wildcard-mixed", "allow_origins")
        ]


def test_everything_wrong_with_dynamic_origins_is_reported_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(allow_origin_regex="(", allow_origin_func=5, origin_cache_ttl=-1, origin_cache_size=0, origin_timeout=0)
    assert [(issue.code, issue.field) for issue in caught.value.issues] == [
        ("origin-regex-syntax", "allow_origin_regex"),
        ("wrong-type", "allow_origin_func"),
        ("origin-cache-ttl-range", "origin_cache_ttl"),
        ("origin-cache-size-range", "origin_cache_size"),
        ("origin-timeout-range", "origin_timeout"),
    ]
