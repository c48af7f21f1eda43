"""Methods, header names and single values: every refusal with its code and its hint, and what passes."""

from __future__ import annotations

import json
import operator
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from enum import IntEnum
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors import Policy, PolicyError, PolicyIssue


def make(**parameters: Any) -> Policy:
    return Policy(**{"allow_origins": ["https://example.com"], **parameters})


def issues_of(**parameters: Any) -> tuple[PolicyIssue, ...]:
    try:
        make(**parameters)
    except PolicyError as error:
        return error.issues
    return ()


METHODS: list[tuple[Any, tuple[str, ...]]] = [
    ([], ()),
    (["PUT"], ("PUT",)),
    (["delete", "Get", "head", "options", "post", "pUT"], ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")),
    (["PATCH", "custom", "Custom"], ("Custom", "PATCH", "custom")),
    (["put", "PUT", "Put"], ("PUT",)),
    ({"QUERY", "PURGE"}, ("PURGE", "QUERY")),
    (iter(["Z", "a", "0"]), ("0", "Z", "a")),
    (["M" * 64], ("M" * 64,)),
    (["!#$%&'+-.^_`|~09azAZ"], ("!#$%&'+-.^_`|~09azAZ",)),
    ("*", ("*",)),
    (["*"], ("*",)),
    (["PUT", "*", "PATCH"], ("*",)),
    (["CONNECTED"], ("CONNECTED",)),
]


@pytest.mark.parametrize(("value", "expected"), METHODS)
def test_methods(value: Any, expected: tuple[str, ...]) -> None:
    assert make(allow_methods=value).settings.allow_methods == expected


HEADERS: list[tuple[Any, bool, tuple[str, ...]]] = [
    ([], False, ()),
    (["X-B", "x-a", "X-A"], False, ("x-a", "x-b")),
    (["User-Agent", "Range", "Accept", "If-Match"], False, ("accept", "if-match", "range", "user-agent")),
    (["X-HTTP-Method-Override"], False, ("x-http-method-override",)),
    (["Security", "Proxied"], False, ("proxied", "security")),
    (["Access-Control-Custom"], False, ("access-control-custom",)),
    ("*", False, ("*",)),
    ("*", True, ("*",)),
    (["*", "X-A"], False, ("*",)),
    (["X-A", "Authorization", "*"], False, ("*", "authorization")),
    (["X-A", "Authorization", "*"], True, ("*",)),
    (["Authorization"], True, ("authorization",)),
]


@pytest.mark.parametrize(("value", "credentials", "expected"), HEADERS)
def test_headers(value: Any, credentials: bool, expected: tuple[str, ...]) -> None:
    assert make(allow_headers=value, allow_credentials=credentials).settings.allow_headers == expected


EXPOSED: list[tuple[Any, tuple[str, ...]]] = [
    ([], ()),
    (["X-B", "x-a", "X-A"], ("x-a", "x-b")),
    (["ETag", "Authorization", "Content-Length", "Date"], ("authorization", "content-length", "date", "etag")),
    (["Accept-Encoding", "Accept-Ranges"], ("accept-encoding", "accept-ranges")),
    ("*", ("*",)),
    (["X-A", "*", "authorization"], ("*",)),
]


@pytest.mark.parametrize("credentials", [False, True])
@pytest.mark.parametrize(("value", "expected"), EXPOSED)
def test_exposed_headers(value: Any, expected: tuple[str, ...], credentials: bool) -> None:
    assert make(expose_headers=value, allow_credentials=credentials).settings.expose_headers == expected


FORBIDDEN_REQUEST = """Accept-Charset Accept-Encoding Access-Control-Request-Headers Access-Control-Request-Method
    Access-Control-Request-Private-Network Connection Content-Length Cookie Cookie2 Date DNT Expect Host Keep-Alive
    Origin Referer Set-Cookie TE Trailer Transfer-Encoding Upgrade Via Proxy- Proxy-Authorization Sec- Sec-Fetch-Mode
    SEC-CH-UA"""
RESPONSE_ONLY = """Access-Control-Allow-Origin Access-Control-Allow-Credentials Access-Control-Allow-Methods
    Access-Control-Allow-Headers Access-Control-Max-Age Access-Control-Expose-Headers
    Access-Control-Allow-Private-Network"""
REQUEST_ONLY = """Origin Host Cookie Cookie2 Referer TE User-Agent From Expect If-Match If-None-Match
    If-Modified-Since If-Unmodified-Since If-Range Range Max-Forwards Accept-Charset Proxy-Authorization
    Access-Control-Request-Method Access-Control-Request-Headers Access-Control-Request-Private-Network"""


@pytest.mark.parametrize(
    ("field", "code", "names"),
    [
        ("allow_methods", "method-forbidden", "CONNECT TRACE TRACK connect Trace tRACK"),
        ("allow_headers", "header-forbidden", FORBIDDEN_REQUEST),
        ("allow_headers", "header-response-only", RESPONSE_ONLY),
        ("expose_headers", "exposed-header-forbidden", "Set-Cookie set-cookie2"),
        ("expose_headers", "exposed-header-request-only", REQUEST_ONLY),
    ],
)
def test_names_that_cors_cannot_grant(field: str, code: str, names: str) -> None:
    spelled = [spell(name) for name in names.split() for spell in (str, str.lower, str.upper)]
    issues = issues_of(**{field: spelled})
    assert [issue.value for issue in issues] == spelled
    assert {(issue.code, issue.field, issue.hint) for issue in issues} == {(code, field, None)}
    assert [issue.code for issue in issues_of(**{field: ["*", spelled[0]]})] == [code]


NOUNS = [("allow_methods", "method"), ("allow_headers", "header"), ("expose_headers", "exposed-header")]
NO_TOKENS = [
    ("", None),
    (" ", None),
    ("résumé", None),
    ("X\u212a", None),
    ("a b", '["a", "b"]'),
    ("a,b", '["a", "b"]'),
    ("a, b,", '["a", "b"]'),
    (" abc ", "abc"),
    ("abc\r\n", "abc"),
    ("abc:", "abc"),
    ("a:b", None),
    ('"a"', "a"),
    ("['a', 'b']", '["a", "b"]'),
    ('["a"]', '["a"]'),
    ("a\x00", None),
    ("a(b)", None),
    ("a/b", None),
    ("\ud800", None),
]


@pytest.mark.parametrize(("field", "noun"), NOUNS)
@pytest.mark.parametrize(("name", "hint"), NO_TOKENS)
def test_no_tokens(field: str, noun: str, name: str, hint: str | None) -> None:
    (issue,) = issues_of(**{field: ["X-Good", name]})
    assert (issue.code, issue.field, issue.value, issue.hint) == (f"{noun}-token", field, name, hint)
    assert issue.message.isascii()
    assert issue.message.isprintable()


@pytest.mark.parametrize(("field", "noun"), NOUNS)
def test_wrong_types(field: str, noun: str) -> None:
    for value, code, hint in [
        ("GET", f"{noun}s-string", '["GET"]'),
        ("GET, PUT", f"{noun}s-string", '["GET", "PUT"]'),
        ("GET PUT", f"{noun}s-string", '["GET", "PUT"]'),
        ('["GET", "PUT"]', f"{noun}s-string", '["GET", "PUT"]'),
        ("['GET', 'PUT']", f"{noun}s-string", '["GET", "PUT"]'),
        ("[GET]", f"{noun}s-string", '["GET"]'),
        ("", f"{noun}s-string", None),
        ("a/b", f"{noun}s-string", None),
        (b"GET", f"{noun}s-type", None),
        (None, f"{noun}s-type", None),
        (True, f"{noun}s-type", None),
        (5, f"{noun}s-type", None),
        (object(), f"{noun}s-type", None),
        ([b"GET"], f"{noun}-type", "GET"),
        ([b"\xff"], f"{noun}-type", None),
        ([None], f"{noun}-type", None),
        ([["GET"]], f"{noun}-type", None),
        ([1.5], f"{noun}-type", None),
    ]:
        (issue,) = issues_of(**{field: value})
        assert (issue.code, issue.field, issue.hint) == (code, field, hint)
        assert issue.value is value or issue.value is value[0]


def test_lengths() -> None:
    assert [issue.code for issue in issues_of(allow_methods=["M" * 65])] == ["method-too-long"]
    assert [issue.code for issue in issues_of(allow_headers=["x" * 8193])] == ["header-too-long"]
    assert not issues_of(allow_headers=["x" * 8192], expose_headers=["x" * 9000])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        (0, 0),
        (600, 600),
        (86400, 86400),
        (timedelta(0), 0),
        (timedelta(hours=2), 7200),
        (timedelta(days=1), 86400),
        (HTTPStatus.OK, 200),
    ],
)
def test_max_age(value: Any, seconds: int | None) -> None:
    found = make(max_age=value).settings.max_age
    assert found == seconds
    assert type(found) is type(seconds)


@pytest.mark.parametrize(
    ("value", "code", "hint"),
    [
        (-1, "max-age-negative", "0"),
        pytest.param(-(10**5000), "max-age-negative", "0", id="very negative"),
        (timedelta(seconds=-1), "max-age-negative", "0"),
        (86401, "max-age-too-long", "86400"),
        pytest.param(10**5000, "max-age-too-long", "86400", id="endless"),
        (timedelta(days=2), "max-age-too-long", "86400"),
        (timedelta(seconds=1.5), "max-age-fraction", "1"),
        (timedelta(milliseconds=-1), "max-age-fraction", "0"),
        (timedelta.max, "max-age-fraction", "86400"),
        (True, "wrong-type", None),
        (False, "wrong-type", None),
        ("600", "wrong-type", "600"),
        (" 86400\n", "wrong-type", "86400"),
        ("86401", "wrong-type", None),
        ("-1", "wrong-type", None),
        ("9" * 5000, "wrong-type", None),
        ("\u0663", "wrong-type", None),
        ("", "wrong-type", None),
        (600.0, "wrong-type", "600"),
        (600.5, "wrong-type", None),
        (1e300, "wrong-type", None),
        (float("nan"), "wrong-type", None),
        (float("inf"), "wrong-type", None),
        ([], "wrong-type", None),
    ],
)
def test_bad_max_age(value: Any, code: str, hint: str | None) -> None:
    (issue,) = issues_of(max_age=value)
    assert (issue.code, issue.field, issue.hint) == (code, "max_age", hint)
    assert issue.value is value


def test_statuses() -> None:
    class Code(IntEnum):
        FINE = 299

    for status in (200, 204, 299, HTTPStatus.NO_CONTENT, Code.FINE):
        assert make(preflight_status=status).settings.preflight_status == status
        assert type(make(preflight_failure_status=status).settings.preflight_failure_status) is int
    for status in (400, 403, 499):
        assert make(preflight_failure_status=status).settings.preflight_failure_status == status


@pytest.mark.parametrize(
    ("field", "value", "code", "hint"),
    [
        ("preflight_status", 199, "preflight-status-range", "204"),
        ("preflight_status", 300, "preflight-status-range", "204"),
        ("preflight_status", 403, "preflight-status-range", "204"),
        ("preflight_status", 2, "preflight-status-range", "204"),
        ("preflight_status", -1, "preflight-status-range", "204"),
        pytest.param("preflight_status", 10**5000, "preflight-status-range", "204", id="huge status"),
        ("preflight_status", True, "wrong-type", None),
        ("preflight_status", "204", "wrong-type", "204"),
        ("preflight_status", "403", "wrong-type", None),
        ("preflight_failure_status", "200", "wrong-type", "200"),
        ("preflight_status", None, "wrong-type", None),
        ("preflight_failure_status", 302, "preflight-failure-status-range", "403"),
        ("preflight_failure_status", 500, "preflight-failure-status-range", "403"),
        ("preflight_failure_status", 403.0, "wrong-type", "403"),
        ("origin_cache_ttl", "60", "wrong-type", "60"),
        ("origin_cache_size", "4096", "wrong-type", "4096"),
        ("origin_cache_size", "0", "wrong-type", None),
        ("disclose", "Full", "disclose-unknown", "full"),
        ("disclose", "minimum", "disclose-unknown", "minimal"),
        ("disclose", "nothing", "disclose-unknown", None),
        ("disclose", "", "disclose-unknown", None),
        ("disclose", None, "wrong-type", None),
        ("disclose", True, "wrong-type", None),
    ],
)
def test_bad_values(field: str, value: Any, code: str, hint: str | None) -> None:
    (issue,) = issues_of(**{field: value})
    assert (issue.code, issue.field, issue.hint) == (code, field, hint)


BOOLEANS = """allow_credentials allow_private_network debug dangerously_allow_insecure_origins
    dangerously_allow_public_suffixes dangerously_allow_null_origin dangerously_reflect_any_origin""".split()  # noqa: SIM905


@pytest.mark.parametrize("field", BOOLEANS)
def test_booleans_are_booleans(field: str) -> None:
    for value, hint in [
        (1, "True"),
        (0, "False"),
        ("false", "False"),
        (" TRUE ", "True"),
        ("1", "True"),
        ("0", "False"),
        ("yes", "True"),
        ("Off", "False"),
        ("2", None),
        ("", None),
        (2, None),
        (10**5000, None),
        (None, None),
        (1.0, None),
        ([], None),
    ]:
        (issue,) = issues_of(**{field: value})
        assert (issue.code, issue.field, issue.hint) == ("wrong-type", field, hint)
    assert getattr(make(**{field: True}).settings, field) is True
    assert getattr(make(**{field: False}).settings, field) is False


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("allow_origin", "allow_origins"),
        ("origins", "allow_origins"),
        ("origin", "allow_origins"),
        ("allowed_origins", "allow_origins"),
        ("allow_all_origins", "allow_origins"),
        ("CORS_ALLOWED_ORIGINS", "allow_origins"),
        ("CORS_ALLOW_ALL_ORIGINS", "allow_origins"),
        ("supports_credentials", "allow_credentials"),
        ("credentials", "allow_credentials"),
        ("CORS_ALLOW_CREDENTIALS", "allow_credentials"),
        ("allow_method", "allow_methods"),
        ("methods", "allow_methods"),
        ("headers", "allow_headers"),
        ("allowed_headers", "allow_headers"),
        ("expose_header", "expose_headers"),
        ("exposed_headers", "expose_headers"),
        ("max-age", "max_age"),
        ("maxAge", "max_age"),
        ("CORS_PREFLIGHT_MAX_AGE", "max_age"),
        ("CORS_ALLOWED_ORIGIN_REGEXES", "allow_origin_regex"),
        ("optionsSuccessStatus", "preflight_status"),
        ("allowCredentials", "allow_credentials"),
        ("dangerously_allow_any_origin", None),
        ("cls", None),
        ("self", None),
        ("", None),
    ],
)
def test_unknown_parameters(name: str, hint: str | None) -> None:
    (issue,) = issues_of(**{name: 5})
    assert (issue.code, issue.field, issue.value) == ("unknown-parameter", name, 5)
    if hint is not None:
        assert issue.hint == hint


@given(st.sampled_from(NOUNS), st.one_of(st.text(), st.lists(st.text()), st.lists(st.sampled_from(NO_TOKENS)).map(str)))
def test_hints_pass(where: tuple[str, str], value: Any) -> None:
    field, noun = where
    for issue in issues_of(**{field: value}):
        assert issue.code.startswith(noun)
        if issue.hint is not None:
            hint = [issue.hint]
            if issue.hint.startswith("["):
                hint = json.loads(issue.hint)
            assert not issues_of(**{field: hint})


@pytest.mark.parametrize("name", ["vary_header", "always_send", "send_wildcard", "CORS_VARY_HEADER"])
def test_what_other_libraries_have_and_fastcors_does_not_need_is_explained(name: str) -> None:
    (issue,) = issues_of(**{name: False})
    assert (issue.code, issue.hint) == ("unknown-parameter", None)
    assert issue.message.startswith("no such parameter: ")


@pytest.mark.parametrize("name", ["routes", "handle_errors", "on_conflict", "preflight_continue"])
def test_a_parameter_of_the_shims_is_not_taken_for_a_misspelt_one(name: str) -> None:
    (issue,) = issues_of(**{name: True})
    assert (issue.code, issue.hint) == ("unknown-parameter", None)
    assert f"give {name} to CORS or CORSMiddleware" in issue.message


@pytest.mark.parametrize(
    ("field", "code", "name"),
    [
        ("allow_methods", "method-wildcard", "P*"),
        ("allow_methods", "method-wildcard", "**"),
        ("allow_headers", "header-wildcard", "X-*"),
        ("allow_headers", "header-wildcard", "x-amz-*"),
        ("expose_headers", "exposed-header-wildcard", "X-*"),
    ],
)
def test_a_wildcard_within_a_name_is_none(field: str, code: str, name: str) -> None:
    for names in ([name], ["*", name]):
        (issue,) = issues_of(**{field: names})
        assert (issue.code, issue.value, issue.hint) == (code, name, None)


@pytest.mark.parametrize("name", ["patch", "Patch", "propfind", "query", "purge", "Version-Control"])
def test_a_method_that_differs_from_a_known_one_by_case_alone_is_a_mistake(name: str) -> None:
    (issue,) = issues_of(allow_methods=["PATCH", name])
    assert (issue.code, issue.value, issue.hint) == ("method-case", name, name.upper())
    assert not issues_of(allow_methods=[issue.hint])


class Asked:
    def __call__(self, origin: str) -> bool:
        return True

    def two_too_many(self, origin: str, request: object, more: object) -> bool:
        return True


async def _asked_asynchronously(origin: str, *, strict: bool = True) -> bool:
    return strict


@pytest.mark.parametrize(
    "func",
    [
        lambda origin: True,
        lambda *origins: True,
        lambda origin, cache=None: True,
        Asked(),
        Asked().__call__,
        _asked_asynchronously,
        "https://a.com".__eq__,
        {"https://a.com"}.__contains__,
        partial(operator.eq, "https://a.com"),
    ],
)
def test_a_function_of_one_argument_is_good(func: Any) -> None:
    assert not issues_of(allow_origin_func=func)


def _generator(origin: str) -> Iterator[bool]:
    yield True


async def _async_generator(origin: str) -> AsyncIterator[bool]:
    yield True


@pytest.mark.parametrize(
    ("func", "code"),
    [
        (lambda: True, "origin-func-arguments"),
        (lambda origin, request, more: True, "origin-func-arguments"),
        (lambda *, origin: True, "origin-func-arguments"),
        (Asked().two_too_many, "origin-func-arguments"),
        (_generator, "origin-func-generator"),
        (_async_generator, "origin-func-generator"),
        ("module:function", "wrong-type"),
    ],
)
def test_a_function_that_can_never_allow_an_origin_is_a_mistake(func: Any, code: str) -> None:
    (issue,) = issues_of(allow_origin_func=func)
    assert (issue.code, issue.field) == (code, "allow_origin_func")
    assert "function" in issue.message
