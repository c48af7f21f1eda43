"""``allow_origins``: hints of the wildest values pass, and what another parameter takes is sent there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors import Policy
from tests.unit.refused import NULL, is_good, issues_of

_PIECES = {
    "before": ["", " ", "\ufeff"],
    "scheme": ["https", "http", "HTTPS", "app", "file", "1x", "h_t", "", "*", "ws", "ſ"],
    "separator": ["://", "://", "://", ":", ":/", "//", ""],
    "user": ["", "", "", "user@", "u:p@", "@", "*@"],
    "wildcard": ["", "", "*.", "*", "**.", "a.*."],
    "host": [
        "example.com",
        "Example.COM",
        "localhost",
        "A.localhost",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "1.2.3.4.",
        "256.1.1.1",
        "[::1]",
        "[::1",
        "::1",
        "[0:0::1]",
        "[::ffff:127.0.0.1]",
        "[2001:DB8::1]",
        "[fe80::1%25eth0]",
        "[::1]x",
        "例え.jp",
        "faß.de",
        "☃.la",
        "xn--ls8h.la",
        "xn--f",
        "xn--r8jz45g.jp",
        "a_b.com",
        "-a.com",
        "a.com.",
        "com",
        "github.io",
        "kawasaki.jp",
        "co.uk",
        "a..b",
        ".a",
        "foo.0x",
        "foo.1",
        "-",
        "ａ.com",
        "\ud800.com",
        "a\u200b.com",
        "a,b",
        "ex%41.com",
        "xn--p1ai",
        "a\x00b",
        "null",
    ],
    "port": ["", "", "", ":", ":80", ":443", ":08080", ":0443", ":0", ":65536", ":*", ":80*", ":abc", ":٣", ":21"],
    "tail": ["", "", "", "/", "/path", "?q", "#f", "//", "\\", "\n", " /"],
}


_MESS = st.tuples(*(st.sampled_from(pieces) for pieces in _PIECES.values())).map("".join)


_SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        name: st.booleans()
        for name in [
            "allow_credentials",
            "dangerously_allow_insecure_origins",
            "dangerously_allow_public_suffixes",
            "dangerously_allow_null_origin",
            "dangerously_reflect_any_origin",
        ]
    },
)


@given(text=st.one_of(_MESS, _MESS, st.text(), st.lists(_MESS).map(",".join)), settings=_SETTINGS, bare=st.booleans())
def test_hints_pass(text: str, settings: dict[str, bool], bare: bool) -> None:
    """A hint never leads to the next error, and every problem has a name of its own."""
    for issue in issues_of(allow_origins=text if bare else [text], **settings):
        assert issue.message.isascii()
        assert issue.message.isprintable()
        assert not issue.message.endswith("is not an origin")
        if issue.hint is not None:
            hint = json.loads(issue.hint) if issue.hint.startswith("[") else [issue.hint]
            assert is_good(hint, **settings)


def test_the_scheme_file_is_as_good_as_null(policy_class: type[Policy]) -> None:
    (issue,) = issues_of(allow_origins=["file://"])
    assert (issue.code, issue.hint) == ("origin-file", None)
    assert "dangerously_allow_null_origin" in issue.message
    (issue,) = issues_of(allow_origins=["file:///home/index.html"], **NULL)
    assert (issue.code, issue.hint) == ("origin-file", "file://")
    policy = policy_class(allow_origins=["file://"], allow_credentials=True, **NULL)
    assert policy.origins() == ["file://"]
    assert policy_class.from_dict(policy.to_dict()) == policy
    assert policy.decide("GET", b"file://").allowed
    assert not policy.is_origin_allowed("file:///")
    assert not policy_class(allow_origins=["https://a.com"], **NULL).is_origin_allowed("file://")


@pytest.mark.parametrize("form", [lambda value: value, lambda value: [value]])
def test_what_another_parameter_takes_is_sent_there(form: Callable[[Any], Any]) -> None:
    def allow(origin: str) -> bool:
        return True

    for value, name in [
        (r"https://.*\.example\.com", r'allow_origin_regex=r"https://.*\.example\.com"'),
        (re.compile("https://a"), "allow_origin_regex"),
        (allow, "allow_origin_func"),
        (lambda origin: True, "allow_origin_func"),
    ]:
        (issue,) = issues_of(allow_origins=form(value))
        assert name in issue.message
    for pattern in ("https://app-*.vercel.app", "https://a.*.example.com", "chrome-extension://*"):
        (issue,) = issues_of(allow_origins=[pattern])
        assert "allow_origin_regex" in issue.message


def test_several_regexes_are_one_with_bars_between_them() -> None:
    for value in ([r"https://a\.com", r"https://b\.com"], (re.compile("https://a"),)):
        (issue,) = issues_of(allow_origin_regex=value)
        assert (issue.code, issue.field) == ("wrong-type", "allow_origin_regex")
        assert "with | between several" in issue.message
    assert not issues_of(allow_origin_regex=r"https://a\.com|https://b\.com")


def test_a_shell_origin_is_neither_insecure_nor_under_a_public_suffix() -> None:
    for pattern in ("app://.", "app://COM", "ionic://Example.com"):
        assert is_good([pattern], allow_credentials=True)
