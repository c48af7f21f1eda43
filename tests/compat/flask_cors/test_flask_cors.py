"""The drop-in for Flask-CORS: every option, which one counts, what it warns of, and what never gets into a header.

The suite of Flask-CORS itself is run by ``make test-peers``.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest

from fastcors import InsecurePolicyWarning
from fastcors.compat.flask_cors import CORS, core, cross_origin
from tests.compat.flask_cors.apps import (
    CREDENTIALS,
    EVIL,
    EXPOSE,
    HEADERS,
    MAX_AGE,
    METHODS,
    ORIGIN,
    A,
    B,
    bare,
    both,
    decorated,
    extended,
    preflight,
    send,
)


@both
def test_by_default_any_origin_is_repeated(make: Any) -> None:
    app = make()
    assert send(app).headers[ORIGIN] == A
    assert send(app).headers["Vary"] == "Origin"
    assert send(app, origin=None).headers[ORIGIN] == "*"
    assert "Vary" not in send(app, origin=None).headers
    answer = preflight(app, names="X-B, x-a")
    assert answer.headers[METHODS] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert answer.headers[HEADERS] == "X-B, x-a"
    assert not {CREDENTIALS, EXPOSE, MAX_AGE} & set(answer.headers.keys())


@both
@pytest.mark.parametrize("collect", [list, tuple, set, iter, dict.fromkeys, lambda origins: origins * 2])
def test_listed_origins_are_allowed_and_no_other(make: Any, collect: Any) -> None:
    app = make(origins=collect([B, A]))
    for origin in (A, B):
        assert send(app, origin=origin).headers[ORIGIN] == origin
    for origin in (EVIL, A + ".evil.example", A + "/", "null", "x" * 400):
        answer = send(app, origin=origin)
        assert ORIGIN not in answer.headers
        assert answer.headers["Vary"] == "Origin"
    assert send(app, origin=None).headers[ORIGIN] == A


@both
def test_origins_are_compared_without_case(make: Any) -> None:
    assert send(make(origins=[A, B]), origin="HTTPS://A.example").headers[ORIGIN] == "HTTPS://A.example"


@both
def test_the_only_origin_needs_no_vary_where_it_is_sent(make: Any) -> None:
    app = make(origins=A)
    assert "Vary" not in send(app).headers
    assert "Vary" not in send(app, origin=None).headers
    assert send(app, origin=EVIL).headers["Vary"] == "Origin"


@both
def test_ipv6_origins_are_literals(make: Any) -> None:
    app = make(origins="http://[::1]:3000")
    assert send(app, origin="http://[::1]:3000").headers[ORIGIN] == "http://[::1]:3000"
    assert ORIGIN not in send(app, origin="http://:").headers


@both
@pytest.mark.parametrize("value", ["X-Two, X-One", ["X-Two, X-One"]])
def test_exposed_headers_given_as_text_stay_as_they_are(make: Any, value: Any) -> None:
    assert send(make(expose_headers=value)).headers[EXPOSE] == "X-Two, X-One"


@both
def test_lists_are_sorted(make: Any) -> None:
    app = make(expose_headers={"X-Two", "X-One"}, methods=["put", "GET"])
    assert preflight(app).headers[EXPOSE] == "X-One, X-Two"
    assert preflight(app).headers[METHODS] == "GET, PUT"
    assert METHODS not in preflight(app, "POST").headers
    assert METHODS not in send(app).headers


@both
@pytest.mark.parametrize(
    ("value", "sent"), [(timedelta(hours=1), "3600"), (600, "600"), ("600", "600"), (0, "0"), (None, None)]
)
def test_max_age(make: Any, value: Any, sent: str | None) -> None:
    assert preflight(make(max_age=value)).headers.get(MAX_AGE) == sent
    assert MAX_AGE not in send(make(max_age=value)).headers


def test_a_regular_expression_sees_no_name_of_a_header_over_128_bytes() -> None:
    app = extended(allow_headers="x*")
    assert preflight(app, names="x" * 128).headers[HEADERS] == "x" * 128
    assert HEADERS not in preflight(app, names="x" * 129).headers


def test_options_that_only_python_takes_for_equal_are_not() -> None:
    first, second = (core.serialize_options({"max_age": value}) for value in (True, 1))
    assert (first.max_age, second.max_age) == (None, "1")


def test_equal_options_are_compiled_once() -> None:
    first, second = (core.serialize_options({"origins": [A, re.compile("x")], "max_age": 1}) for _ in range(2))
    assert first is second


@both
def test_requested_headers_are_matched_whole_and_without_case(make: Any) -> None:
    app = make(allow_headers=["Content-Type", r"X-Company-\w+", re.compile("X-Id")])
    asked = "content-type, X-COMPANY-one, X-Company-, X-Id, X-Ids, other,"
    for _ in range(2):
        assert preflight(app, names=asked).headers[HEADERS] == "content-type, X-COMPANY-one, X-Id"
    for garbled in ("content-type, <b>", "content-type, X-Company-\u00e9", "content-type;x-id"):
        assert HEADERS not in preflight(app, names=garbled).headers
    assert HEADERS not in preflight(app, names="other").headers
    assert METHODS in preflight(app, names="other").headers


@both
def test_credentials(make: Any) -> None:
    app = make(origins=[A, B], supports_credentials=True)
    assert send(app).headers[CREDENTIALS] == "true"
    assert preflight(app).headers[CREDENTIALS] == "true"
    assert CREDENTIALS not in send(app, origin=EVIL).headers


@both
def test_any_origin_with_credentials_is_never_the_wildcard(make: Any) -> None:
    with pytest.warns(InsecurePolicyWarning, match="supports_credentials"):
        app = make(supports_credentials=True)
    assert send(app).headers[ORIGIN] == A
    assert ORIGIN not in send(app, origin=None).headers


@both
def test_the_wildcard_with_credentials_is_an_error(make: Any) -> None:
    with pytest.raises(ValueError, match="send_wildcard"):
        make(origins="*", supports_credentials=True, send_wildcard=True)


@both
def test_the_wildcard_is_sent_on_demand(make: Any) -> None:
    app = make(send_wildcard=True)
    assert send(app).headers[ORIGIN] == "*"
    assert "Vary" not in send(app).headers


@both
def test_without_always_send_a_request_without_an_origin_gets_nothing(make: Any) -> None:
    app = make(always_send=False)
    assert ORIGIN not in send(app, origin=None).headers
    assert send(app).headers[ORIGIN] == A


@both
def test_vary_can_be_switched_off(make: Any) -> None:
    app = make(vary_header=False)
    assert "Vary" not in send(app).headers
    assert "Vary" not in send(make(origins=[A, B], vary_header=False), origin=EVIL).headers


def test_only_the_decorator_has_automatic_options() -> None:
    assert ORIGIN in preflight(extended(automatic_options=False)).headers
    assert ORIGIN not in preflight(decorated(automatic_options=False)).headers


@pytest.mark.parametrize(
    ("option", "value"),
    [("methods", "GET\r\nX: y"), ("expose_headers", ["X\n"]), ("max_age", "1\r"), ("methods", "\u20ac")],
)
def test_what_cannot_be_in_a_header_is_an_error(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=option):
        CORS(bare(), **{option: value})


@pytest.mark.parametrize("value", ["(", re.compile(b"x"), b"https://a.example", [5]])
@pytest.mark.parametrize("option", ["origins", "allow_headers", "resources"])
def test_what_is_no_pattern_is_an_error_at_construction(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=option):
        CORS(bare(), **{option: value})
    if option == "origins":
        with pytest.raises(ValueError, match=option):
            cross_origin(origins=value)


def test_unknown_options_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "flask_cors"):
        CORS(bare(), origin=A)  # type: ignore[call-arg]
    (record,) = caplog.records
    assert record.name == "flask_cors.core"
    assert "origin" in record.getMessage()
