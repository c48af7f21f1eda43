"""``request.fastcors`` and the counts: what was decided reaches the views of a Django project."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from fastcors import Outcome, Reason
from fastcors.django import cors_exempt, cross_origin
from tests.unit.django.project import MIDDLEWARE, OTHER, SITE, preflight, project, send, send_async

BOTH = pytest.mark.parametrize("by", [send, send_async])
told: list[Any] = []


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    told.clear()


def view(request: HttpRequest) -> HttpResponse:
    told.append(getattr(request, "fastcors", "nothing"))
    return HttpResponse()


class Log:
    """A middleware around the other one, as an access log is."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        told.append(request.fastcors)
        return response


@pytest.fixture
def policy(policy_class: Any) -> Any:
    return policy_class(allow_origins=[SITE], allow_methods=["PUT"], name="the project's")


@BOTH
def test_a_view_is_told_what_was_decided(policy: Any, by: Any) -> None:
    with project(FASTCORS={"policy": policy, "tell_application": True}, urls=(path("", view),)):
        for origin in (SITE, OTHER, None):
            by("/", origin)
    assert told == [
        Outcome(Reason.OK, True, "the project's"),
        Outcome(Reason.ORIGIN_NOT_ALLOWED, False, "the project's"),
        Outcome(Reason.NOT_CORS, True, "the project's"),
    ]


@BOTH
def test_a_view_with_a_policy_of_its_own_is_told_of_that_one(policy: Any, policy_class: Any, by: Any) -> None:
    own = policy_class(allow_origins=[OTHER], name="the view's")
    urls = (path("own", cross_origin(own)(view)), path("out", cors_exempt(view)))
    with project(FASTCORS={"policy": policy, "tell_application": True, "count_decisions": True}, urls=urls):
        by("/own", OTHER)
        by("/out", OTHER)
    assert told == [Outcome(Reason.OK, True, "the view's"), None]
    assert sum(policy.counts().values()) == 0
    assert own.counts()[Reason.OK] == 1


@BOTH
def test_what_stands_around_it_is_told_of_preflights_too(policy: Any, by: Any) -> None:
    settings = {"policy": policy, "tell_application": True}
    with project(FASTCORS=settings, urls=(path("", view),), middleware=(f"{__name__}.Log", MIDDLEWARE)):
        assert preflight("/", by=by).status_code == 204
        assert preflight("/", OTHER, by=by).status_code == 403
    assert [outcome.reason for outcome in told] == [Reason.OK, Reason.ORIGIN_NOT_ALLOWED]


@BOTH
def test_where_no_policy_is_for_the_path_the_outcome_is_none(by: Any) -> None:
    with project(FASTCORS={"routes": {"/api/": None}, "tell_application": True}, urls=(path("", view),)):
        by("/")
    assert told == [None]


def test_nobody_is_told_where_nobody_asks(policy: Any) -> None:
    with project(FASTCORS={"policy": policy, "count_decisions": True}, urls=(path("", view),)):
        send("/")
    assert told == ["nothing"]


@BOTH
def test_each_decision_is_counted_once_by_its_reason(policy: Any, by: Any) -> None:
    with project(FASTCORS={"policy": policy, "count_decisions": True}, urls=(path("", view),)):
        for origin in (SITE, SITE, OTHER, None):
            by("/", origin)
        preflight("/", by=by)
        preflight("/", method="PURGE", by=by)
    counted = {reason: number for reason, number in policy.counts().items() if number}
    assert counted == {
        Reason.OK: 3,
        Reason.ORIGIN_NOT_ALLOWED: 1,
        Reason.NOT_CORS: 1,
        Reason.METHOD_NOT_ALLOWED: 1,
    }


@BOTH
def test_a_function_sees_what_vary_declares(policy_class: Any, by: Any) -> None:
    seen: list[Any] = []

    def allows(origin: str, request: Any) -> bool:
        seen.append((request.method, request.path))
        return bool(request.path == "/thing")

    async def allows_later(origin: str, request: Any) -> bool:
        return allows(origin, request)

    for function in (allows, allows_later):
        policy = policy_class(allow_origin_func=function, vary=[":method", ":path"])
        with project(policy):
            assert by("/thing")["Access-Control-Allow-Origin"] == SITE
            assert "Access-Control-Allow-Origin" not in by("/thing-async")
            assert preflight("/thing", method="GET", by=by).status_code == 204
    assert seen == [("GET", "/thing"), ("GET", "/thing-async"), ("OPTIONS", "/thing")] * 2
