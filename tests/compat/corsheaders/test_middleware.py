"""The drop-in for django-cors-headers: what a request is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from corsheaders import middleware as theirs
from django.http import HttpResponse
from django.test import override_settings

from fastcors import Reason
from fastcors.compat.corsheaders import middleware
from tests.compat.corsheaders.listed import ANY, ANY_WITH_CREDENTIALS, BOTH, LISTED
from tests.compat.corsheaders.project import (
    AGE,
    CREDENTIALS,
    EXPOSED,
    GOOD,
    HEADERS,
    METHODS,
    MIDDLEWARE,
    NETWORK,
    ORIGIN,
    OTHER,
    cors,
    get,
    get_async,
    preflight,
    project,
)


def test_the_names_are_those_of_django_cors_headers() -> None:
    mine = {name: value for name, value in vars(middleware).items() if name.startswith("ACCESS_CONTROL_")}
    assert mine == {name: value for name, value in vars(theirs).items() if name.startswith("ACCESS_CONTROL_")}
    methods = {name for name in vars(theirs.CorsMiddleware) if not name.startswith("_")}
    assert methods <= {*dir(middleware.CorsMiddleware), "async_mode"}


@pytest.mark.parametrize("send", BOTH)
def test_every_response_varies_and_a_listed_origin_gets_itself(send: Any) -> None:
    with project(**LISTED):
        assert cors(send(origin=None)) == {"vary": "origin"}
        assert cors(send(origin=OTHER)) == {"vary": "origin"}
        assert cors(send(origin=GOOD)) == {"vary": "origin", ORIGIN: GOOD}
        assert send(origin=GOOD).content == b"the view"


@pytest.mark.parametrize("origin", [None, GOOD, OTHER, "null"])
def test_with_no_settings_nothing_is_allowed(origin: str | None) -> None:
    with project():
        assert cors(get(origin=origin)) == {"vary": "origin"}


@pytest.mark.parametrize(
    ("listed", "origin"),
    [
        (["https://app.example.com", "http://localhost:9000"], "http://localhost:9000"),
        ([GOOD, "null"], "null"),
        ([GOOD, "file://"], "file://"),
        (["capacitor://localhost"], "capacitor://localhost"),
        (["app://."], "app://."),
        (["HTTPS://app.example.com/"], GOOD),
        ((GOOD,), GOOD),
        ({GOOD}, GOOD),
        (GOOD, GOOD),
    ],
)
def test_a_listed_origin_is_allowed(listed: Any, origin: str) -> None:
    with project(CORS_ALLOWED_ORIGINS=listed):
        assert cors(get(origin=origin))[ORIGIN] == origin


@pytest.mark.parametrize(
    ("listed", "origin"),
    [
        (["http://app.example.com"], GOOD),
        (["*"], GOOD),
        (["https://*.example.com"], GOOD),
        (["https://app.example.com:*"], GOOD),
        (["app.example.com"], GOOD),
        (["https://app.example.com:443"], GOOD),
        (["https://[app.example.com"], GOOD),
        (["https://app.example.com.evil.org"], GOOD),
        ([GOOD], "null"),
    ],
)
def test_an_origin_that_is_not_listed_as_browsers_send_it_is_not_allowed(listed: list[str], origin: str) -> None:
    with project(CORS_ALLOWED_ORIGINS=listed):
        assert cors(get(origin=origin)) == {"vary": "origin"}


@pytest.mark.parametrize("send", BOTH)
def test_any_origin_gets_a_star_and_with_credentials_itself(send: Any) -> None:
    with project(**ANY):
        assert cors(send()) == {"vary": "origin", ORIGIN: "*"}
        assert cors(send(origin=None)) == {"vary": "origin"}
    with project(**ANY_WITH_CREDENTIALS):
        assert cors(send()) == {"vary": "origin", ORIGIN: GOOD, CREDENTIALS: "true"}


def test_credentials_and_exposed_names_are_for_allowed_origins_alone() -> None:
    with project(**LISTED, CORS_ALLOW_CREDENTIALS=True, CORS_EXPOSE_HEADERS=["accept", "content-type"]):
        assert cors(get()) == {"vary": "origin", ORIGIN: GOOD, CREDENTIALS: "true", EXPOSED: "accept, content-type"}
        assert cors(get(origin=OTHER)) == {"vary": "origin"}


@pytest.mark.parametrize("expression", [r"^https://\w+\.example\.com$", re.compile(r"https://\w+\.example\.com")])
def test_an_expression_allows_what_it_matches_as_a_whole(expression: Any) -> None:
    with project(CORS_ALLOWED_ORIGIN_REGEXES=[r"^https://\w+\.example\.org$", expression]):
        assert cors(get(origin=GOOD))[ORIGIN] == GOOD
        assert cors(get(origin="https://foo.example.org"))[ORIGIN] == "https://foo.example.org"
        for origin in (OTHER, "https://app.example.com.evil.org", "https://app.example.com/", "null"):
            assert cors(get(origin=origin)) == {"vary": "origin"}, origin


@pytest.mark.parametrize("name", ["CORS_ORIGIN_WHITELIST", "CORS_ORIGIN_REGEX_WHITELIST"])
def test_the_older_names_count_where_the_new_ones_are_not_set(name: str) -> None:
    newer = {"CORS_ORIGIN_WHITELIST": "CORS_ALLOWED_ORIGINS"}.get(name, "CORS_ALLOWED_ORIGIN_REGEXES")
    with project(**{name: [GOOD]}):
        assert ORIGIN in cors(get())
        with override_settings(**{newer: [OTHER]}):
            assert ORIGIN not in cors(get())
    with project(CORS_ORIGIN_ALLOW_ALL=True):
        assert cors(get())[ORIGIN] == "*"


@pytest.mark.parametrize("send", BOTH)
def test_error_responses_get_the_headers(send: Any) -> None:
    with project(**LISTED):
        for query, status in (("?status=401", 401), ("?fail=yes", 500)):
            response = send(f"/async/{query}")
            assert (response.status_code, cors(response)[ORIGIN]) == (status, GOOD)


def test_vary_is_merged() -> None:
    with project(**LISTED):
        assert cors(get("/?Vary=Accept-Encoding"))["vary"] == "Accept-Encoding, origin"
        assert cors(get("/?Vary=Accept,%20Origin"))["vary"] == "Accept, Origin"
        assert cors(get("/?Vary=*"))["vary"] == "*"


@pytest.mark.parametrize("name", [ORIGIN, "ACCESS-CONTROL-ALLOW-ORIGIN", CREDENTIALS, METHODS, EXPOSED, NETWORK])
def test_what_the_view_said_of_cors_itself_is_taken_out(name: str) -> None:
    with project(**LISTED):
        assert cors(get(f"/?{name}=x&X-Own=1")) == {"vary": "origin", ORIGIN: GOOD}
        assert get(f"/?{name}=x&X-Own=1")["x-own"] == "1"
        assert cors(get(f"/?{name}=x", OTHER)) == {"vary": "origin"}
    with project(**LISTED, CORS_URLS_REGEX="^/api/"):
        assert cors(get(f"/?{name}=x", OTHER)) == {name.lower(): "x"}


@pytest.mark.parametrize("send", BOTH)
def test_a_preflight_is_answered_with_the_whole_lists(send: Any) -> None:
    lists = {"CORS_ALLOW_HEADERS": ["content-type"], "CORS_ALLOW_METHODS": ["GET", "OPTIONS"]}
    asked = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD" if send is get else "access-control-request-method": "GET"}
    with project(**LISTED, **lists, CORS_PREFLIGHT_MAX_AGE=1002):
        response = send("/async/", method="OPTIONS", **asked)
        assert (response.status_code, response.content, response["content-length"]) == (200, b"", "0")
        expected = {"vary": "origin", ORIGIN: GOOD, METHODS: "GET, OPTIONS", HEADERS: "content-type", AGE: "1002"}
        assert cors(response) == expected
        refused = send("/async/", OTHER, method="OPTIONS", **asked)
        assert (refused.status_code, cors(refused)) == (200, {"vary": "origin"})


def test_the_defaults_are_those_of_django_cors_headers() -> None:
    with project(**LISTED):
        found = cors(preflight())
        assert found[METHODS] == "DELETE, GET, OPTIONS, PATCH, POST, PUT"
        assert found[HEADERS] == "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with"
        assert found[AGE] == "86400"
        assert CREDENTIALS not in found


def test_a_method_or_name_that_is_not_listed_gets_the_same_answer_and_the_browser_compares() -> None:
    with project(**LISTED, CORS_ALLOW_METHODS=["GET"], CORS_ALLOW_HEADERS=["x-a"]):
        accepted = cors(preflight())
        assert cors(preflight(method="DELETE")) == accepted
        assert cors(preflight(HTTP_ACCESS_CONTROL_REQUEST_HEADERS="x-b")) == accepted
        assert cors(preflight(method="<script>", HTTP_ACCESS_CONTROL_REQUEST_HEADERS="<script>")) == accepted
        assert cors(preflight(method="")) == accepted


def test_a_max_age_of_zero_and_empty_lists_are_left_out() -> None:
    with project(**LISTED, CORS_PREFLIGHT_MAX_AGE=0, CORS_ALLOW_HEADERS=[], CORS_ALLOW_METHODS=[]):
        assert cors(preflight()) == {"vary": "origin", ORIGIN: GOOD}


@pytest.mark.parametrize("value", ["*", ["*"]])
def test_a_star_for_names_and_methods_is_sent_as_it_is(value: Any) -> None:
    with project(**LISTED, CORS_ALLOW_HEADERS=value, CORS_ALLOW_METHODS=value):
        found = cors(preflight())
        assert (found[HEADERS], found[METHODS]) == ("*", "*")


def test_a_star_is_known_to_be_a_mere_name_where_credentials_are_allowed() -> None:
    lists = {"CORS_ALLOW_HEADERS": ["*"], "CORS_ALLOW_METHODS": ["*"]}
    for credentials, reason in ((False, Reason.OK), (True, Reason.METHOD_NOT_ALLOWED)):
        with project(**LISTED, **lists, CORS_ALLOW_CREDENTIALS=credentials):
            decision = middleware.decide(preflight(method="PUT").wsgi_request)
            assert decision is not None
            assert decision.reason is reason


def test_access_to_a_private_network_is_given_where_it_is_asked_for_and_configured() -> None:
    asked = {"HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": "true"}
    with project(**LISTED, CORS_ALLOW_PRIVATE_NETWORK=True):
        assert cors(preflight(**asked))[NETWORK] == "true"
        assert cors(preflight(method="PURGE", **asked))[NETWORK] == "true"
        assert NETWORK not in cors(preflight())
        assert NETWORK not in cors(preflight(HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK="TRUE"))
        assert cors(preflight(origin=OTHER, **asked)) == {"vary": "origin"}
    with project(**LISTED):
        assert NETWORK not in cors(preflight(**asked))


@pytest.mark.parametrize("environ", [{}, {"origin": None, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"}])
def test_an_options_request_that_is_no_preflight_reaches_the_view(environ: dict[str, Any]) -> None:
    with project(**LISTED):
        assert get(method="OPTIONS", **environ).content == b"the view"


def test_a_preflight_is_answered_in_front_of_what_is_inside_and_not_outside() -> None:
    class Outer:
        def __init__(self, get_response: Any) -> None: ...
        def __call__(self, request: Any) -> Any:
            return HttpResponse(b"outer")

    middleware.Outer = Outer  # type: ignore[attr-defined]
    outer = f"{middleware.__name__}.Outer"
    try:
        with project([MIDDLEWARE, outer], **LISTED):
            assert preflight().content == b""
            assert cors(get())[ORIGIN] == GOOD
        with project([outer, MIDDLEWARE], **LISTED):
            assert preflight().content == b"outer"
            assert cors(get()) == {}
    finally:
        del middleware.Outer  # type: ignore[attr-defined]


@pytest.mark.parametrize("send", BOTH)
@pytest.mark.parametrize("expression", [r"^/async/foo/$", re.compile("/async/foo/")])
def test_cors_is_for_the_paths_that_the_expression_matches_from_their_beginning(send: Any, expression: Any) -> None:
    with project(**LISTED, CORS_URLS_REGEX=expression):
        assert ORIGIN in cors(send("/async/foo/"))
        assert cors(send("/async/bar/")) == {}
        assert cors(send("/x/async/foo/")) == {}
        assert preflight("/async/bar/").content == b"the view"


def test_the_expression_is_for_the_path_below_the_script_name() -> None:
    with project(**LISTED, CORS_URLS_REGEX=r"^/foo/$"):
        assert ORIGIN in cors(get("/foo/", SCRIPT_NAME="/prefix"))


def test_the_request_says_whether_cors_is_for_it() -> None:
    with project(**LISTED, CORS_URLS_REGEX=r"^/foo/$"):
        assert get("/foo/").wsgi_request._cors_enabled is True
        assert get("/bar/").wsgi_request._cors_enabled is False
        assert preflight("/foo/").wsgi_request._cors_enabled is True


@pytest.mark.parametrize("expression", ["^.*$", "^/forget/$"])
def test_a_view_may_take_the_attribute_away_or_turn_cors_off(expression: str) -> None:
    with project(**LISTED, CORS_URLS_REGEX=expression):
        assert ORIGIN in cors(get("/forget/"))
        assert cors(get("/forget/?off=1")) == {}
        assert cors(get_async("/forget/?off=1")) == {}
        assert ORIGIN in cors(get_async("/forget/"))
