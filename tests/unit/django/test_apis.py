"""Django REST framework and Django Ninja behind the middleware."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import override_settings
from django.urls import include, path
from django.utils.decorators import method_decorator

from fastcors.django import cors_exempt, cross_origin
from tests.unit.django.project import MIDDLEWARE, ORIGIN, OTHER, SITE, BrokenError, cors, preflight, project, send

pytest.importorskip("rest_framework")
pytest.importorskip("ninja")

ALLOWED = {"vary": "Accept, Cookie, Origin", ORIGIN: SITE}
REST = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}


@pytest.fixture(autouse=True, scope="module")
def apps() -> Iterator[None]:
    with override_settings(INSTALLED_APPS=["rest_framework"], REST_FRAMEWORK=REST):
        yield


@pytest.fixture
def policy(policy_class: Any) -> Any:
    return policy_class(allow_origins=[SITE], allow_methods=["PUT"])


@pytest.fixture
def rest(policy_class: Any) -> Any:
    """The policy of the project, where a view has its own."""
    return policy_class(allow_origins=[OTHER], allow_methods=["DELETE"])


def api_view(decorate: Any = lambda view: view) -> Any:
    from rest_framework.decorators import api_view
    from rest_framework.response import Response

    @decorate
    @api_view(["GET", "PUT"])
    def view(request: Any) -> Any:
        return Response({"a": 1})

    return view


def api_class(decorate: Any = lambda view: view) -> Any:
    from rest_framework.exceptions import NotAuthenticated
    from rest_framework.response import Response
    from rest_framework.throttling import SimpleRateThrottle
    from rest_framework.views import APIView

    class Once(SimpleRateThrottle):  # type: ignore[misc]
        rate = "1/day"

        def get_cache_key(self, request: Any, view: Any) -> str | None:
            return "once" if "throttle" in request.GET else None

    class Things(APIView):  # type: ignore[misc]
        throttle_classes = [Once]

        def get(self, request: Any) -> Any:
            if "raise" in request.GET:
                raise BrokenError
            if "refuse" in request.GET:
                raise NotAuthenticated
            return Response({"a": 1})

    return decorate(Things).as_view()


def view_set(decorate: Any = lambda view: view, decorate_list: Any = lambda method: method) -> Any:
    from rest_framework.decorators import action
    from rest_framework.response import Response
    from rest_framework.viewsets import ViewSet

    class Things(ViewSet):  # type: ignore[misc]
        @decorate_list
        def list(self, request: Any) -> Any:
            return Response([])

        def create(self, request: Any) -> Any:
            return Response({})

        @action(detail=False, methods=["put"])
        def change(self, request: Any) -> Any:
            return Response({})

    return decorate(Things)


def routed(things: Any) -> Any:
    from rest_framework.routers import SimpleRouter

    router = SimpleRouter()
    router.register("things", things, basename="things")
    return path("", include(router.urls))


# Django REST framework


def test_what_rest_framework_answers_by_itself_has_the_headers(policy: Any) -> None:
    from django.core.cache import cache

    cache.clear()
    with project(policy, urls=(path("things", api_class()),)):
        for where, method, status in (
            ("/things", "GET", 200),
            ("/things", "POST", 405),
            ("/things", "OPTIONS", 200),
            ("/things?refuse=1", "GET", 403),
            ("/things?throttle=1", "GET", 200),
            ("/things?throttle=2", "GET", 429),
        ):
            response = send(where, SITE, method)
            assert (response.status_code, cors(response)[ORIGIN]) == (status, SITE), where
            assert cors(response)["vary"].endswith("Origin")
        broken = send("/things?raise=1")
        assert (broken.status_code, cors(broken)) == (500, {"vary": "Origin", ORIGIN: SITE})
        assert cors(send("/things", OTHER)) == {"vary": "Accept, Origin"}
        assert preflight("/things").status_code == 204


def test_the_browsable_api_has_the_headers(policy: Any) -> None:
    templates = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
    with project(policy, urls=(path("things", api_class()),), TEMPLATES=templates, STATIC_URL="/static/"):
        response = send("/things", HTTP_ACCEPT="text/html")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<html" in response.content
    assert cors(response)[ORIGIN] == SITE


DECORATED: dict[str, Any] = {
    "function": lambda own: path("things/", api_view(cross_origin(own))),
    "class": lambda own: path("things/", api_class(cross_origin(own))),
    "dispatch": lambda own: path("things/", api_class(method_decorator(cross_origin(own), name="dispatch"))),
    "view set": lambda own: routed(view_set(cross_origin(own))),
}


@pytest.mark.parametrize("make", DECORATED.values(), ids=DECORATED)
def test_a_view_of_rest_framework_may_have_its_own_policy(policy: Any, rest: Any, make: Any) -> None:
    with project(rest, urls=(make(policy),)):
        assert cors(send("/things/"))[ORIGIN] == SITE
        assert cors(send("/things/", method="PATCH"))[ORIGIN] == SITE
        assert ORIGIN not in cors(send("/things/", OTHER))
        assert preflight("/things/").status_code == 204
        assert preflight("/things/", OTHER, "DELETE").status_code == 403


def test_an_action_of_a_view_set_may_have_its_own_policy(policy: Any, rest: Any) -> None:
    things = view_set(decorate_list=method_decorator(cross_origin(policy)))
    with project(rest, urls=(routed(things),)):
        assert cors(send("/things/"))[ORIGIN] == SITE
        assert preflight("/things/", method="GET").status_code == 204
        assert preflight("/things/", SITE, "POST").status_code == 403
        assert preflight("/things/", OTHER, "POST").status_code == 204
        assert preflight("/things/change/", OTHER, "DELETE").status_code == 204


def test_an_exempt_view_of_rest_framework_answers_preflights_itself(rest: Any) -> None:
    with project(rest, urls=(path("things", api_class(cors_exempt)),)):
        response = preflight("/things", OTHER, "DELETE")
    assert (response.status_code, response.json()["name"], ORIGIN in cors(response)) == (200, "Things", False)


def test_a_view_set_allows_the_methods_of_its_actions(policy_class: Any) -> None:
    route = cross_origin(policy_class(allow_origins=[SITE]), methods="route")
    with project(None, urls=(routed(view_set(route)), path("api", api_view(route)))):
        assert preflight("/things/change/").status_code == 204
        assert preflight("/things/").status_code == 403
        assert preflight("/api").status_code == 204
        assert preflight("/api", method="DELETE").status_code == 403


# Django Ninja


@pytest.fixture(scope="module")
def ninja() -> Any:
    from ninja import NinjaAPI

    api = NinjaAPI(urls_namespace="tests")

    @api.get("/things")
    def things(request: HttpRequest, number: int = 0) -> dict[str, int]:
        if number < 0:
            raise BrokenError
        return {"number": number}

    @api.get("/waits")
    async def waits(request: HttpRequest) -> dict[str, int]:
        return {}

    @api.exception_handler(BrokenError)
    def answer(request: HttpRequest, error: Exception) -> Any:
        return api.create_response(request, {"error": "broken"}, status=500)

    return path("api/", api.urls)


def test_what_ninja_answers_has_the_headers(policy: Any, ninja: Any) -> None:
    with project(policy, urls=(ninja,)):
        for where, method, status in (
            ("/api/things", "GET", 200),
            ("/api/waits", "GET", 200),
            ("/api/things", "POST", 405),
            ("/api/things?number=x", "GET", 422),
            ("/api/things?number=-1", "GET", 500),
            ("/api/nowhere", "GET", 404),
            ("/api/openapi.json", "GET", 200),
        ):
            response = send(where, SITE, method)
            assert (response.status_code, cors(response)) == (status, {"vary": "Origin", ORIGIN: SITE}), where
        assert preflight("/api/things").status_code == 204


def test_paths_of_ninja_have_policies_by_routes(policy: Any, ninja: Any) -> None:
    routes = {"/": None, "/api/": policy, "/api/waits": {"allow_origins": "*"}}
    with project(FASTCORS={"routes": routes}, urls=(ninja,), middleware=(MIDDLEWARE,)):
        assert cors(send("/api/things"))[ORIGIN] == SITE
        assert cors(send("/api/waits", OTHER))[ORIGIN] == "*"
        assert preflight("/api/waits", OTHER, "GET").status_code == 204
