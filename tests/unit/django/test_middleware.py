"""``fastcors.django.CORSMiddleware``: what a request is answered, synchronously and asynchronously."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, iscoroutinefunction
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from fastcors import PolicyError, Reason
from fastcors.django import CORSMiddleware
from tests.unit.django.project import (
    COMMON,
    CREDENTIALS,
    EXPOSED,
    METHODS,
    MIDDLEWARE,
    ORIGIN,
    OTHER,
    RAISED,
    SITE,
    BrokenError,
    cors,
    preflight,
    project,
    send,
    send_async,
)

BOTH = pytest.mark.parametrize("by", [send, send_async])
ALLOWED = {"vary": "Origin", ORIGIN: SITE}


@pytest.fixture
def policy(policy_class: Any) -> Any:
    return policy_class(allow_origins=[SITE], allow_methods=["PUT"])


def refuse(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("a thread was used")


class Inner:
    """A middleware below that answers by itself, or raises."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        if "inner-raises" in request.GET:
            raise BrokenError("in a middleware")
        return HttpResponse(b"inner", status=401) if "inner" in request.GET else self.get_response(request)


INNER = f"{__name__}.Inner"


class TestResponses:
    @BOTH
    def test_a_response_gets_what_the_policy_says(self, policy: Any, by: Any) -> None:
        with project(policy):
            assert cors(by("/thing")) == ALLOWED
            assert cors(by("/thing", OTHER)) == cors(by("/thing", None)) == {"vary": "Origin"}
            assert by("/thing").content == b"the view"

    @BOTH
    @pytest.mark.parametrize(("what", "status"), [(what, status) for what, (_, status) in RAISED.items()])
    @pytest.mark.parametrize("debug", [False, True])
    def test_an_error_of_a_view_has_the_headers(
        self, policy: Any, by: Any, what: str, status: int, debug: bool
    ) -> None:
        with project(policy, DEBUG=debug):
            for view in ("raises", "raises-async"):
                response = by(f"/{view}/{what}")
                assert (response.status_code, cors(response)) == (status, ALLOWED)
                if what == "broken":
                    assert (b"secret" in response.content) is debug

    @BOTH
    @pytest.mark.parametrize("debug", [False, True])
    def test_a_404_and_a_redirect_to_the_slash_have_the_headers(self, policy: Any, by: Any, debug: bool) -> None:
        with project(policy, middleware=(MIDDLEWARE, COMMON), DEBUG=debug):
            missing, redirect = by("/nowhere"), by("/slash")
        assert (missing.status_code, cors(missing)) == (404, ALLOWED)
        assert (redirect.status_code, redirect["Location"], cors(redirect)) == (301, "/slash/", ALLOWED)

    @BOTH
    def test_what_a_middleware_below_answers_or_raises_has_the_headers(self, policy: Any, by: Any) -> None:
        with project(policy, middleware=(MIDDLEWARE, INNER)):
            for query, status in (("inner", 401), ("inner-raises", 500)):
                response = by(f"/thing?{query}")
                assert (response.status_code, cors(response)) == (status, ALLOWED)

    @BOTH
    def test_the_answer_to_a_host_that_is_not_allowed_has_the_headers(self, policy: Any, by: Any) -> None:
        with project(policy, middleware=(MIDDLEWARE, COMMON), ALLOWED_HOSTS=["api.example"]):
            response = by("/thing", HTTP_HOST="evil.example")
        assert (response.status_code, cors(response)) == (400, ALLOWED)

    @BOTH
    def test_streams_and_files_have_the_headers(self, policy: Any, by: Any) -> None:
        with project(policy):
            for where in ("/stream", "/file"):
                response = by(where)
                assert cors(response) == ALLOWED
                assert isinstance(response, StreamingHttpResponse)
                response.close()

    @BOTH
    def test_an_exception_reaches_whoever_asks_for_it(self, policy: Any, by: Any) -> None:
        with project(policy), pytest.raises(BrokenError):
            by("/raises/broken", raises=True)
        with project(policy, DEBUG_PROPAGATE_EXCEPTIONS=True), pytest.raises(BrokenError):
            by("/raises/broken")

    @BOTH
    def test_names_that_a_response_carries_are_exposed_with_credentials(self, policy_class: Any, by: Any) -> None:
        policy = policy_class(allow_origins=[SITE], expose_headers="*", allow_credentials=True)
        with project(policy):
            found = cors(by("/thing?x-total=7&vary=accept"))
        assert found == {"vary": "accept, Origin", ORIGIN: SITE, CREDENTIALS: "true", EXPOSED: "x-total, vary"}

    @BOTH
    @pytest.mark.parametrize("name", ["access-control-allow-origin", "ACCESS-CONTROL-Expose-Headers"])
    def test_headers_of_cors_that_a_view_set_are_taken_out_or_kept(self, policy: Any, by: Any, name: str) -> None:
        where = f"/thing?{name}=x-theirs"
        with project(policy):
            assert cors(by(where)) == ALLOWED
            assert cors(by(where, OTHER)) == {"vary": "Origin"}
        with project(FASTCORS={"policy": policy, "on_conflict": "keep"}):
            kept = cors(by(where))
        theirs = {"vary": "Origin", ORIGIN: "x-theirs"}
        assert kept == (theirs if name == ORIGIN else ALLOWED)

    def test_without_a_policy_everything_is_the_applications(self) -> None:
        with project(None):
            assert cors(send(f"/thing?{ORIGIN}=x")) == {ORIGIN: "x"}
            assert preflight("/thing").content == b"the view"

    @BOTH
    def test_routes_go_by_the_path_by_which_django_routes(self, policy: Any, by: Any) -> None:
        with project(FASTCORS={"routes": {"/thing": policy, "/\xfc/": {"allow_origins": "*"}}}):
            assert cors(by("/thing")) == ALLOWED
            assert cors(by("/stream" if by is send else "/thing-async")) == {}
            if by is send:  # Django's client for ASGI does not decode a path as servers do
                assert cors(by("/%C3%BC/x")) == {ORIGIN: "*"}
            assert preflight("/thing", by=by).status_code == 204
            assert preflight("/thing-async", by=by).status_code == 200

    def test_routes_do_not_see_where_the_project_is_mounted(self, policy: Any) -> None:
        with project(FASTCORS={"routes": {"/thing": policy}}):
            assert cors(send("/thing", SCRIPT_NAME="/v1", PATH_INFO="/thing")) == ALLOWED


class TestPreflights:
    @BOTH
    def test_it_is_answered_before_all_that_is_below(self, policy: Any, by: Any) -> None:
        with project(policy, middleware=(MIDDLEWARE, INNER, COMMON)):
            for where in ("/thing?inner", "/nowhere", "/slash", "/raises/broken"):
                response = preflight(where, by=by)
                assert (response.status_code, response.content) == (204, b"")
                assert cors(response)[METHODS] == "PUT"
                assert {name.lower() for name in response.headers} == set(cors(response))

    @BOTH
    def test_a_refused_one_has_no_headers_of_cors(self, policy: Any, by: Any) -> None:
        with project(policy):
            for response in (preflight("/thing", OTHER, by=by), preflight("/thing", method="PURGE", by=by)):
                assert (response.status_code, response.content, response["Content-Length"]) == (403, b"", "0")
                assert set(cors(response)) == {"vary"}

    @BOTH
    def test_in_debug_it_says_the_reason(self, policy_class: Any, by: Any) -> None:
        with project(policy_class(allow_origins=[SITE], debug=True)):
            response = preflight("/thing", by=by)
        assert response.status_code == 200
        assert Reason.METHOD_NOT_ALLOWED.value.encode() in response.content
        assert response["Content-Type"] == "text/plain; charset=utf-8"

    @BOTH
    def test_a_plain_options_request_reaches_the_view(self, policy: Any, by: Any) -> None:
        with project(policy):
            assert by("/thing", method="OPTIONS").content == b"the view"
            assert by("/thing", None, "OPTIONS", HTTP_ACCESS_CONTROL_REQUEST_METHOD="PUT").content == b"the view"

    @BOTH
    def test_a_method_that_only_django_writes_in_upper_case_makes_none(self, policy: Any, by: Any) -> None:
        with project(policy):
            response = by("/thing", SITE, "options", HTTP_ACCESS_CONTROL_REQUEST_METHOD="PUT")
        assert (response.content, cors(response)) == (b"the view", ALLOWED)

    @BOTH
    def test_preflight_continue_lets_the_view_answer(self, policy: Any, by: Any) -> None:
        with project(FASTCORS={"policy": policy, "preflight_continue": True}):
            response = preflight("/thing?access-control-allow-methods=DELETE", by=by)
        assert (response.status_code, response.content) == (200, b"the view")
        assert cors(response)[METHODS] == "PUT"

    @BOTH
    def test_with_keep_a_view_that_says_nothing_is_answered_for(self, policy: Any, by: Any) -> None:
        with project(FASTCORS={"policy": policy, "preflight_continue": True, "on_conflict": "keep"}):
            response = preflight("/thing", by=by)
            assert (response.status_code, cors(response)[ORIGIN]) == (204, SITE)
            response = preflight(f"/thing?{ORIGIN}=x", by=by)
            assert (response.content, cors(response)[ORIGIN]) == (b"the view", "x")


class TestModes:
    def test_each_mode_is_that_of_what_is_below(self, policy: Any) -> None:
        async def below(request: Any) -> HttpResponse:
            return HttpResponse()

        with project(policy):
            assert iscoroutinefunction(CORSMiddleware(below))
            assert not iscoroutinefunction(CORSMiddleware(lambda request: HttpResponse()))

    def test_asynchronous_requests_use_no_thread(self, policy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []

        async def below(request: Any) -> HttpResponse:
            seen.append(threading.get_ident())
            return HttpResponse()

        async def ask() -> None:
            for headers in ({}, {"origin": SITE}, {"origin": OTHER}):
                await middleware(RequestFactory().get("/", headers=headers))
            asked = {"origin": SITE, "access-control-request-method": "PUT"}
            assert (await middleware(RequestFactory().options("/", headers=asked))).status_code == 204

        with project(policy):
            middleware = CORSMiddleware(below)
            monkeypatch.setattr(SyncToAsync, "__call__", refuse)
            asyncio.run(ask())
        assert seen == [threading.get_ident()] * 3

    def test_django_adapts_nothing_around_it(self, policy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django.core.handlers.base.sync_to_async", refuse)
        monkeypatch.setattr("django.core.handlers.base.async_to_sync", refuse)
        with project(policy):
            assert iscoroutinefunction(ASGIHandler()._middleware_chain)

    @BOTH
    def test_an_asynchronous_function_is_awaited_in_both_modes(self, policy_class: Any, by: Any) -> None:
        asked: list[str] = []

        async def allows(origin: str) -> bool:
            asked.append(origin)
            await asyncio.sleep(0)
            return origin == SITE

        policy = policy_class(allow_origin_func=allows, allow_methods=["PUT"])
        with project(policy):
            assert cors(by("/thing")) == ALLOWED
            assert cors(by("/thing", OTHER)) == {"vary": "Origin"}
            assert preflight("/thing", by=by).status_code == 204
            assert preflight("/thing", OTHER, by=by).status_code == 403
            assert preflight("/thing", "https://UPPER.example", by=by).status_code == 403
        assert asked == [SITE, OTHER]

    def test_what_a_request_factory_makes_is_answered_too(self, policy: Any) -> None:
        with project(policy):
            middleware = CORSMiddleware(lambda request: HttpResponse(b"x"))
            assert cors(middleware(RequestFactory().get("/", headers={"origin": SITE}))) == ALLOWED


class TestSettings:
    @BOTH
    def test_settings_that_are_overridden_count_from_the_next_request_on(self, policy: Any, by: Any) -> None:
        with project(FASTCORS={"allow_origins": [SITE]}):
            assert cors(by("/thing")) == ALLOWED
            with override_settings(FASTCORS={"allow_origins": [OTHER]}):
                assert cors(by("/thing")) == {"vary": "Origin"}
                assert cors(by("/thing", OTHER))[ORIGIN] == OTHER
            with override_settings(FASTCORS=None, FASTCORS_POLICY=policy):
                assert preflight("/thing", by=by).status_code == 204
            assert preflight("/thing", by=by).status_code == 403

    def test_a_request_sees_the_settings_of_its_beginning(self) -> None:
        def changing(request: Any) -> HttpResponse:
            overriding.enable()
            return HttpResponse()

        overriding = override_settings(FASTCORS={"allow_origins": "*"})
        with project(FASTCORS={"allow_origins": [SITE]}, urls=(path("thing", changing),)):
            assert cors(send("/thing")) == ALLOWED
            overriding.disable()

    def test_a_mistake_is_an_error_when_the_middleware_is_made(self) -> None:
        with project(FASTCORS={"allow_origins": ["https://a.example/"], "max_age": -1}):
            with pytest.raises(PolicyError) as caught:
                CORSMiddleware(lambda request: HttpResponse())
            assert [issue.code for issue in caught.value.issues] == ["origin-trailing-slash", "max-age-negative"]
            with pytest.raises(PolicyError):
                ASGIHandler()
