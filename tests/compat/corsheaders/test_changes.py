"""The signal of the drop-in for django-cors-headers, subclasses, settings that change, and reasons."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import override_settings

from fastcors import InsecurePolicyWarning, Reason
from fastcors.compat.corsheaders import middleware
from tests.compat.corsheaders.listed import ANY_WITH_CREDENTIALS, BOTH, LISTED
from tests.compat.corsheaders.project import (
    EXPOSED,
    GOOD,
    MIDDLEWARE,
    ORIGIN,
    OTHER,
    cors,
    get,
    get_async,
    preflight,
    project,
    receiver,
)


@pytest.mark.parametrize("send", BOTH)
def test_a_receiver_allows_an_origin_that_no_setting_does(send: Any) -> None:
    with project(**LISTED):
        with receiver(lambda sender, request, **_: request.path.startswith("/async/api/")):
            assert cors(send("/async/api/x", OTHER)) == {"vary": "origin", ORIGIN: OTHER}
            assert cors(send("/async/x", OTHER)) == {"vary": "origin"}
            assert cors(send("/async/x", GOOD))[ORIGIN] == GOOD
            assert cors(preflight("/async/api/x", OTHER))[ORIGIN] == OTHER
            assert preflight("/async/api/x", OTHER).status_code == 200
        with receiver(lambda sender, request, **_: False):
            assert cors(send("/async/api/x", OTHER)) == {"vary": "origin"}


@pytest.mark.parametrize("send", BOTH)
def test_a_receiver_brings_cors_to_a_path_that_the_expression_leaves_out(send: Any) -> None:
    with (
        project(**LISTED, CORS_URLS_REGEX="^/foo/$"),
        receiver(lambda sender, request, **_: request.path == "/async/open/"),
    ):
        assert cors(send("/async/open/"))[ORIGIN] == GOOD
        assert cors(send("/async/other/")) == {}


@pytest.mark.parametrize("send", BOTH)
def test_a_receiver_is_asked_once_about_an_origin_and_never_about_one_that_is_listed(send: Any) -> None:
    asked: list[str] = []

    def receive(sender: Any, request: Any, **_: Any) -> bool:
        asked.append(request.headers["origin"])
        return True

    with project(**LISTED), receiver(receive):
        send(origin=OTHER)
        assert asked == [OTHER]
        send(origin=GOOD)
        assert asked == [OTHER]


@pytest.mark.parametrize("send", BOTH)
@pytest.mark.parametrize("origin", ["null", "", "https://a.example/<script>", "HTTPS://a.example", "a.example, b"])
def test_a_receiver_cannot_allow_what_is_no_origin(send: Any, origin: str) -> None:
    with project(**LISTED), receiver(lambda sender, request, **_: True):
        assert cors(send(origin=origin)) == {"vary": "origin"}


def test_an_asynchronous_receiver_is_awaited_and_a_synchronous_one_does_not_run_in_the_event_loop() -> None:
    ran: list[bool] = []

    async def receive(sender: Any, request: Any, **_: Any) -> bool:
        await asyncio.sleep(0)
        return True

    def in_loop(sender: Any, request: Any, **_: Any) -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            ran.append(False)
        else:
            ran.append(True)
        return False

    with project(**LISTED), receiver(receive), receiver(in_loop):
        assert cors(get_async(origin=OTHER))[ORIGIN] == OTHER
        assert ran == [False]


def test_an_asynchronous_project_runs_in_the_thread_of_its_event_loop() -> None:
    threads: list[int] = []

    class Inner:
        sync_capable = False
        async_capable = True

        def __init__(self, get_response: Any) -> None:
            self.get_response = get_response
            middleware.markcoroutinefunction(self)

        async def __call__(self, request: Any) -> Any:
            threads.append(threading.get_ident())
            return await self.get_response(request)

    middleware.Inner = Inner  # type: ignore[attr-defined]
    try:
        with project([f"{middleware.__name__}.Inner", MIDDLEWARE, f"{middleware.__name__}.Inner"], **LISTED):
            assert cors(get_async())[ORIGIN] == GOOD
        assert len(set(threads)) == 1
        assert len(threads) == 2
    finally:
        del middleware.Inner  # type: ignore[attr-defined]


class Tenants(middleware.CorsMiddleware):
    def origin_found_in_white_lists(self, origin: str, url: Any) -> bool:
        if url.netloc.endswith(".banned.example"):
            return False
        return url.netloc.endswith(".tenant.example") or super().origin_found_in_white_lists(origin, url)


class Elsewhere(middleware.CorsMiddleware):
    def is_enabled(self, request: Any) -> bool:
        return not request.path.endswith("/closed/") and super().is_enabled(request)

    def check_signal(self, request: Any) -> bool:
        return request.META.get("HTTP_ORIGIN") == "https://signal.example"

    def add_response_headers(self, request: Any, response: Any) -> Any:
        response = super().add_response_headers(request, response)
        response["X-Seen"] = "yes"
        return response


@pytest.mark.parametrize("send", BOTH)
def test_a_subclass_may_say_which_origins_are_allowed(send: Any) -> None:
    listed = [GOOD, "https://x.banned.example"]
    with project(
        f"{__name__}.Tenants", CORS_ALLOWED_ORIGINS=listed, CORS_ALLOWED_ORIGIN_REGEXES=[r"https://r\.example"]
    ):
        for origin in (GOOD, "https://a.tenant.example", "https://r.example"):
            assert cors(send(origin=origin))[ORIGIN] == origin
        for origin in (OTHER, "https://x.banned.example", "https://a.tenant.example/?", "https://[", ""):
            assert cors(send(origin=origin)) == {"vary": "origin"}, origin
        assert cors(preflight(origin="https://a.tenant.example"))[ORIGIN] == "https://a.tenant.example"


@pytest.mark.parametrize("send", BOTH)
def test_a_subclass_may_say_which_requests_are_answered_and_see_the_response(send: Any) -> None:
    with project(f"{__name__}.Elsewhere", **LISTED):
        assert cors(send("/async/closed/")) == {}
        assert cors(send(origin="https://signal.example"))[ORIGIN] == "https://signal.example"
        assert send()["x-seen"] == "yes"
        assert preflight()["x-seen"] == "yes"


def test_settings_that_are_overridden_count_from_the_next_request_on() -> None:
    with project(**LISTED):
        assert cors(get())[ORIGIN] == GOOD
        with override_settings(CORS_ALLOWED_ORIGINS=[OTHER]):
            assert cors(get()) == {"vary": "origin"}
            assert cors(get(origin=OTHER))[ORIGIN] == OTHER
        assert cors(get())[ORIGIN] == GOOD
        assert cors(get(origin=OTHER)) == {"vary": "origin"}


def test_a_list_that_somebody_changes_counts_from_the_next_request_on() -> None:
    origins, expressions, exposed = [GOOD], [r"https://r\.example"], ["x-a"]
    lists: dict[str, Any] = {"CORS_ALLOWED_ORIGINS": origins, "CORS_ALLOWED_ORIGIN_REGEXES": expressions}
    with project(**lists, CORS_EXPOSE_HEADERS=exposed):
        assert cors(get())[ORIGIN] == GOOD
        origins[:] = [OTHER]
        assert cors(get()) == {"vary": "origin"}
        assert cors(get(origin=OTHER))[EXPOSED] == "x-a"
        expressions.append(r"https://s\.example")
        exposed.append("x-b")
        assert cors(get(origin="https://s.example"))[EXPOSED] == "x-a, x-b"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CORS_ALLOW_HEADERS": 5}, r"CORS_ALLOW_HEADERS should be .* \[corsheaders.E001\]"),
        ({"CORS_ALLOW_METHODS": [5], "CORS_EXPOSE_HEADERS": 7}, r"E002\]; .*E008\]"),
        ({"CORS_ALLOWED_ORIGINS": 5}, "E006"),
        ({"CORS_ALLOWED_ORIGIN_REGEXES": [5]}, "E007"),
        ({"CORS_URLS_REGEX": 5}, "E009"),
        ({"CORS_ALLOWED_ORIGIN_REGEXES": ["("]}, "E007"),
        ({"CORS_EXPOSE_HEADERS": ["a\r\nSet-Cookie: b"]}, "CORS_EXPOSE_HEADERS has characters"),
        ({"CORS_ALLOW_HEADERS": ["\N{SNOWMAN}"]}, "CORS_ALLOW_HEADERS has characters"),
        ({"CORS_PREFLIGHT_MAX_AGE": "1\n"}, "E004"),
    ],
)
def test_settings_that_cannot_be_read_are_an_error_when_the_middleware_is_made(settings: Any, said: str) -> None:
    with project(**settings), pytest.raises(ImproperlyConfigured, match=said):
        middleware.CorsMiddleware(lambda request: HttpResponse())


def test_what_is_not_safe_is_warned_of_when_the_middleware_is_made_and_works() -> None:
    said = r"CORS_ALLOW_ALL_ORIGINS: .*\[origins-wildcard-credentials\]"
    with override_settings(**ANY_WITH_CREDENTIALS), pytest.warns(InsecurePolicyWarning, match=said):
        middleware.CorsMiddleware(lambda request: HttpResponse())
    with override_settings(**LISTED):
        middleware.CorsMiddleware(lambda request: HttpResponse())  # a warning would be an error


@pytest.mark.parametrize(
    ("response", "reason", "said"),
    [
        (lambda: get(origin=OTHER), Reason.ORIGIN_NOT_ALLOWED, f"add '{OTHER}' to CORS_ALLOWED_ORIGINS"),
        (lambda: get(origin="null"), Reason.ORIGIN_NULL, "'null' in CORS_ALLOWED_ORIGINS"),
        (lambda: preflight(method="PURGE"), Reason.METHOD_NOT_ALLOWED, "'PURGE' to CORS_ALLOW_METHODS"),
        (
            lambda: preflight(HTTP_ACCESS_CONTROL_REQUEST_HEADERS="x-b"),
            Reason.HEADER_NOT_ALLOWED,
            "'x-b' to CORS_ALLOW_HEADERS",
        ),
        (lambda: get(origin=None), Reason.NOT_CORS, "no Origin"),
        (get, Reason.OK, "It is allowed"),
    ],
)
def test_the_decision_and_its_explanation_can_be_had_of_a_request(response: Any, reason: Reason, said: str) -> None:
    with project(**LISTED, CORS_ALLOWED_ORIGIN_REGEXES=[r"https://r\.example"]):
        request = response().wsgi_request
        decision = middleware.decide(request)
        assert decision is not None
        assert decision.reason is reason
        text = middleware.explain(request)
        assert said in text
        assert "allow_" not in text
    with project(**LISTED, CORS_URLS_REGEX="^/api/"):
        assert middleware.decide(request) is None
        assert "CORS_URLS_REGEX" in middleware.explain(request)
