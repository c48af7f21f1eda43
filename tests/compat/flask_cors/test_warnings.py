"""What the drop-in for Flask-CORS warns of, and what never gets into a header."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fastcors import InsecurePolicyWarning
from fastcors.compat.flask_cors import CORS, cross_origin
from tests.compat.flask_cors import apps
from tests.compat.flask_cors.apps import (
    EVIL,
    HEADERS,
    ORIGIN,
    A,
    bare,
    decorated,
    extended,
    preflight,
    send,
    with_views,
)


def caught(function: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    assert all(warning.category is InsecurePolicyWarning for warning in found)
    assert {warning.filename for warning in found} <= {__file__, apps.__file__}
    return found


WITH: dict[str, Any] = {"supports_credentials": True}


UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"origins": "*", "supports_credentials": True}, r"^supports_credentials: .*origins=\[\"https://"),
    ({"origins": r"https?://.*", "supports_credentials": True}, r"^supports_credentials: "),
    (
        {"origins": r"https://.*a\.example", **WITH},
        r"^origins: .*lets in https://evila\.example.*\[origin-regex-open\]",
    ),
    ({"origins": [A, re.compile("https://x+")], **WITH}, r"^origins: \"https://x\+\" lets in https://x"),
    ({"origins": ["https://*.vercel.app"], **WITH}, r"^origins: .*\"vercel\.app\".*\[origin-public-suffix\]"),
    ({"origins": r"https://.*\.vercel\.app", **WITH}, r"^origins: .*\[origin-regex-public-suffix\]"),
    ({"origins": "http://192.168.1.5", **WITH}, r"^origins: .*Write 'https://192\.168\.1\.5' \[origin-insecure\]"),
    ({"origins": "http://*.example.com:*", **WITH}, r"^origins: .*Write 'https://\*\.example\.com:\*'"),
    ({"origins": r"https?://app\.example\.com", **WITH}, r"^origins: .*\[origin-regex-insecure\]"),
    ({"origins": "www.example.com"}, r"^origins: 'www.example.com': no browser sends"),
    ({"origins": [A, "https://b.example/"]}, r"^origins: 'https://b.example/': .*Write 'https://b.example'"),
    ({"origins": "HTTPS://B.example"}, r"^origins: .*Write 'https://b.example'"),
    ({"origins": ["null"]}, r"^origins: \"null\" .*\[origin-null\]"),
]


@pytest.mark.parametrize(("options", "text"), UNSAFE, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_what_is_not_safe_starts_and_warns_once_at_construction(options: dict[str, Any], text: str) -> None:
    def use(make: Any) -> None:
        app = make(**options)
        for origin in (A, EVIL, None):
            assert send(app, origin=origin).status_code == 200
            assert preflight(app, origin=origin).status_code == 200

    for make in (extended, decorated):
        matching = [warning for warning in caught(lambda: use(make)) if re.search(text, str(warning.message))]  # noqa: B023
        assert len(matching) == 1


SLOW = r"https://([a-z]+)*\.example"


def test_a_slow_expression_warns_where_no_engine_makes_it_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastcors._config.expressions._re2", None)
    (warning,) = caught(lambda: CORS(bare(), origins=SLOW, supports_credentials=True))
    assert re.match(r"origins: .* can take very long .*fastcors\[re2\]", str(warning.message))


def test_a_slow_expression_is_fast_in_a_linear_time_engine() -> None:
    pytest.importorskip("re2")
    app = bare()
    assert caught(lambda: CORS(with_views(app, "/"), origins=re.compile(SLOW, re.IGNORECASE))) == []
    assert send(app, origin="https://ABC.example").headers[ORIGIN] == "https://ABC.example"
    assert ORIGIN not in send(app, origin="https://" + "a" * 63 + ".b.example").headers


@pytest.mark.parametrize("regex", [r"https://(?!evil)\w+\.example", r"(?i)https://(\w)\1\.example"])
def test_what_only_re_has_is_matched_by_it(regex: str) -> None:
    app = extended(origins=regex)
    assert send(app, origin="https://aa.example").headers[ORIGIN] == "https://aa.example"
    assert ORIGIN not in send(app, origin="https://evil.example").headers


def test_one_warning_for_all_resources_that_share_an_option() -> None:
    resources: Any = {"/a": {}, "/b": {"max_age": 1}, "/c/.*": {"methods": "GET"}}
    options: Any = {"origins": r"https://.*a\.example", "supports_credentials": True, "resources": resources}
    assert len(caught(lambda: CORS(bare(), **options))) == 1


def test_a_warning_points_at_the_line_that_gave_the_options() -> None:
    def give() -> None:
        extension = CORS(origins="www.example.com")
        extension.init_app(bare())

    (warning,) = caught(give)
    assert warning.lineno == give.__code__.co_firstlineno + 2


def test_the_decorator_warns_of_what_the_configuration_adds() -> None:
    def use() -> None:
        app = bare(origins=r"https://.*a\.example", supports_credentials=True)
        app.add_url_rule("/", "view", cross_origin()(lambda: "text"))
        for _ in range(3):
            send(app)

    (warning,) = caught(use)
    assert "https://evila.example" in str(warning.message)


@pytest.mark.parametrize(
    "options",
    [
        {"origins": r"https://([a-z0-9-]+\.)*example\.com", "supports_credentials": True},
        {"origins": r"https://pr-\d+\.preview\.example\.com", "supports_credentials": True},
        {"origins": ["http://localhost:*", r"https?://127\.0\.0\.1(:\d+)?"], "supports_credentials": True},
        {"origins": [r"https://.*\.vercel\.app", "https://*.vercel.app", "http://192.168.1.5"]},
        {},
        {"origins": A, "supports_credentials": True},
        {"origins": ["https://*.example.com", "http://localhost:*", "http://[::1]:3000", "chrome-extension://abc"]},
        {"origins": "*", "send_wildcard": True},
        {"resources": {"/a": {"origins": A}}, "allow_headers": "X-.*"},
    ],
)
def test_what_is_safe_does_not_warn(options: dict[str, Any]) -> None:
    assert caught(lambda: CORS(bare(), **options)) == []


def test_the_decorator_sees_a_list_that_changes_and_the_extension_has_read_its_own() -> None:
    decorators, extensions = [A], [A]
    app = bare()
    app.add_url_rule("/", "view", cross_origin(origins=decorators)(lambda: "text"))
    extended_app = extended(origins=extensions)
    for origins in (decorators, extensions):
        origins.append("https://new.example")
        origins.remove(A)
    assert send(app, origin="https://new.example").headers[ORIGIN] == "https://new.example"
    assert preflight(app, origin="https://new.example").headers[ORIGIN] == "https://new.example"
    assert ORIGIN not in send(app, origin=A).headers
    assert send(extended_app, origin=A).headers[ORIGIN] == A
    assert ORIGIN not in send(extended_app, origin="https://new.example").headers


OPTIONS: list[dict[str, Any]] = [
    {},
    {"supports_credentials": True},
    {"origins": ".*"},
    {"origins": re.compile(".*", re.DOTALL)},
    {"origins": [r"https?://.*\.example\.com", A]},
    {"origins": ["https://*.example.com", "null", "https://\r\nX: y"], "allow_headers": "x.*"},
    {"origins": r"[\s\S]*", "supports_credentials": True},
]


with warnings.catch_warnings():
    warnings.simplefilter("ignore", InsecurePolicyWarning)
    APPS = [extended(**options) for options in OPTIONS]


latin = st.text(st.characters(max_codepoint=255), max_size=30)


values = st.one_of(
    latin,
    st.builds(lambda a, b, c: f"{a}{b}{c}", st.sampled_from(["", A, "null", "https://x.example.com"]), latin, latin),
    st.lists(st.sampled_from(["x-a", " ", ",", "\r\n", "\t", "\x00", "é", "PUT", "x"]), max_size=8).map("".join),
)


@given(app=st.sampled_from(APPS), origin=values, method=values, names=values)
def test_headers_are_never_split(app: Flask, origin: str, method: str, names: str) -> None:
    environ = EnvironBuilder(method="OPTIONS").get_environ()
    asked = {"ORIGIN": origin, "ACCESS_CONTROL_REQUEST_METHOD": method, "ACCESS_CONTROL_REQUEST_HEADERS": names}
    environ.update({f"HTTP_{name}": value for name, value in asked.items()})
    for verb in ("OPTIONS", "GET"):
        _, status, headers = run_wsgi_app(app, {**environ, "REQUEST_METHOD": verb})
        assert status.startswith("200")
        for name, value in headers:
            assert re.fullmatch("[ -~]*", value), (name, value)
        assert len(headers.getlist(ORIGIN)) <= 1
        assert headers.get(ORIGIN) in (None, "*", A, origin)
        for name in headers.get(HEADERS, "").split(", "):
            assert re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*", name)
