"""``@cross_origin`` and ``@cors_exempt``: views of Django with a policy of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fastcors import PolicyError
from fastcors.django import cors_exempt, cross_origin
from tests.unit.django.project import (
    COMMON,
    METHODS,
    MIDDLEWARE,
    ORIGIN,
    OTHER,
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
LOCALE = "django.middleware.locale.LocaleMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


@pytest.fixture
def own(policy_class: Any) -> Any:
    """The view's own policy."""
    return policy_class(allow_origins=[SITE], allow_methods=["PUT"])


@pytest.fixture
def rest(policy_class: Any) -> Any:
    """The policy of the project."""
    return policy_class(allow_origins=[OTHER], allow_methods=["DELETE"])


def plain(request: HttpRequest) -> HttpResponse:
    if request.GET.get("raise"):
        raise BrokenError
    return HttpResponse(request.method.encode())


async def plain_async(request: HttpRequest) -> HttpResponse:
    return plain(request)


class Base(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return plain(request)

    put = get


class BaseAsync(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return plain(request)


def class_above(own: Any, base: Any = Base) -> Any:
    return cross_origin(own)(type("Decorated", (base,), {})).as_view()


def class_by_dispatch(own: Any, base: Any = Base) -> Any:
    return method_decorator(cross_origin(own), name="dispatch")(type("Decorated", (base,), {})).as_view()


MAKES: dict[str, Callable[[Any], Any]] = {
    "function": lambda own: cross_origin(own)(plain),
    "async function": lambda own: cross_origin(own)(plain_async),
    "below csrf_exempt": lambda own: csrf_exempt(cross_origin(own)(plain)),
    "above csrf_exempt": lambda own: cross_origin(own)(csrf_exempt(plain)),
    "partial": lambda own: cross_origin(own)(functools.partial(plain)),
    "class": class_above,
    "async class": lambda own: class_above(own, BaseAsync),
    "as_view": lambda own: cross_origin(own)(Base.as_view()),
    "dispatch": class_by_dispatch,
    "async dispatch": lambda own: class_by_dispatch(own, BaseAsync),
}


@BOTH
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_a_views_own_policy_holds_in_place_of_the_projects(own: Any, rest: Any, make: Any, by: Any) -> None:
    with project(rest, urls=(path("own", make(own)), path("rest", plain))):
        response = by("/own")
        assert (response.content, cors(response)) == (b"GET", ALLOWED)
        assert cors(by("/own", OTHER)) == {"vary": "Origin"}
        assert cors(by("/rest")) == {"vary": "Origin"}
        assert cors(by("/rest", OTHER))[ORIGIN] == OTHER
        assert cors(preflight("/own", by=by))[METHODS] == "PUT"
        assert preflight("/own", OTHER, "DELETE", by=by).status_code == 403
        assert preflight("/rest", OTHER, "DELETE", by=by).status_code == 204


@BOTH
def test_its_errors_and_what_is_answered_in_its_place_have_its_headers(own: Any, rest: Any, by: Any) -> None:
    urls = (
        path("raises", cross_origin(own)(plain)),
        path("post", require_POST(cross_origin(own)(plain))),
        path("locked", cross_origin(own)(plain)),
    )
    with project(rest, urls=urls, middleware=(MIDDLEWARE, f"{__name__}.Lock", CSRF)):
        for response, status in (
            (by("/raises?raise=1"), 500),
            (by("/post"), 405),
            (by("/locked"), 401),
        ):
            assert (response.status_code, cors(response)) == (status, ALLOWED)
        assert cors(by("/nowhere", OTHER))[ORIGIN] == OTHER


class Lock:
    """A middleware that answers before Django has looked for a view."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return HttpResponse(status=401) if "locked" in request.path else self.get_response(request)


@BOTH
def test_an_exempt_view_is_left_alone(rest: Any, by: Any) -> None:
    with project(rest, urls=(path("out", cors_exempt(plain)),)):
        assert cors(by("/out", OTHER)) == {}
        response = preflight("/out", OTHER, "DELETE", by=by)
        assert (response.content, cors(response)) == (b"OPTIONS", {})


def test_with_no_policy_of_the_project_decorated_views_alone_have_cors(own: Any) -> None:
    with project(None, urls=(path("own", cross_origin(own)(plain)), path("rest", plain))):
        assert cors(send("/own")) == ALLOWED
        assert preflight("/own").status_code == 204
        assert cors(send("/rest")) == {}
        assert preflight("/rest").content == b"OPTIONS"


@BOTH
def test_a_method_of_a_class_may_have_its_own(own: Any, rest: Any, by: Any) -> None:
    class Mixed(Base):
        @method_decorator(cross_origin(own))
        def put(self, request: HttpRequest) -> HttpResponse:
            return plain(request)

        @method_decorator(cors_exempt)
        def delete(self, request: HttpRequest) -> HttpResponse:
            return plain(request)

    with project(rest, urls=(path("mixed", Mixed.as_view()),)):
        assert preflight("/mixed", SITE, "PUT", by=by).status_code == 204
        assert preflight("/mixed", OTHER, "PUT", by=by).status_code == 403
        assert cors(by("/mixed", SITE, "PUT")) == ALLOWED
        assert cors(by("/mixed", SITE)) == cors(by("/mixed", SITE, "HEAD")) == {"vary": "Origin"}
        assert cors(by("/mixed", OTHER))[ORIGIN] == OTHER
        assert cors(preflight("/mixed", OTHER, "DELETE", by=by)) == {}


def test_the_get_of_a_class_also_answers_head(own: Any) -> None:
    class OwnGet(View):
        @method_decorator(cross_origin(own))
        def get(self, request: HttpRequest) -> HttpResponse:
            return plain(request)

    with project(None, urls=(path("own", OwnGet.as_view()),)):
        assert cors(send("/own", method="HEAD")) == ALLOWED


def test_a_subclass_and_two_uses_of_one_view_keep_their_policies_apart(policy_class: Any, own: Any) -> None:
    other = policy_class(allow_origins=[OTHER])
    decorated = cross_origin(own)(type("Parent", (Base,), {}))
    child = cross_origin(other)(type("Child", (decorated,), {}))
    urls = (
        path("parent", decorated.as_view()),
        path("child", child.as_view()),
        path("one", cross_origin(own)(plain)),
        path("two", cross_origin(other)(plain)),
    )
    with project(None, urls=urls):
        for where, origin in (("/parent", SITE), ("/child", OTHER), ("/one", SITE), ("/two", OTHER)):
            assert cors(send(where, origin))[ORIGIN] == origin
            assert cors(send(where, SITE if origin == OTHER else OTHER)) == {"vary": "Origin"}


@BOTH
def test_views_of_included_urls_and_of_the_requests_urlconf_are_found(own: Any, rest: Any, by: Any) -> None:
    decorated = cross_origin(own)(lambda request, number: plain(request))
    urls = (path("api/", include([path("own/<int:number>", plain)])),)
    inside = (path("api/", include([path("own/<int:number>", decorated)])),)
    with project(rest, urls=inside):
        assert preflight("/api/own/7", by=by).status_code == 204
        assert preflight("/api/own/x", by=by).status_code == 403
    with project(rest, urls=urls, middleware=(f"{__name__}.Hosts", MIDDLEWARE)):
        Hosts.urls = inside
        assert preflight("/api/own/7", by=by).status_code == 204
        assert cors(by("/api/own/7")) == ALLOWED


class Hosts:
    """A middleware that chooses the routes by the host, say."""

    urls: Any = ()

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        request.urlconf = Hosts.urls
        return self.get_response(request)


def test_views_under_a_language_are_found(own: Any) -> None:
    urls = tuple(i18n_patterns(path("own", cross_origin(own)(plain))))
    with project(None, urls=urls, middleware=(MIDDLEWARE, LOCALE), USE_I18N=True, LANGUAGE_CODE="en"):
        for language in ("en", "de"):
            assert preflight(f"/{language}/own").status_code == 204
            assert cors(send(f"/{language}/own")) == {"vary": "Origin", ORIGIN: SITE}


@pytest.mark.parametrize("method", ["PUT", "", "put", "\xe9", "dispatch", "P" * 100_000])
def test_a_requested_method_of_any_kind_raises_nothing(own: Any, method: str) -> None:
    with project(None, urls=(path("own", class_by_dispatch(own)), path("plain", Base.as_view()))):
        expected = 204 if method == "PUT" else 403
        assert preflight("/own", method=method).status_code == expected
        assert preflight("/plain", method=method).status_code == 200


def test_what_the_decorator_is_given_is_checked_at_once(own: Any) -> None:
    with pytest.raises(PolicyError, match="max-age-negative"):
        cross_origin(allow_origins=[SITE], max_age=-1)
    with pytest.raises(TypeError, match="not both"):
        cross_origin(own, max_age=5)
    with pytest.raises(TypeError, match=r"write cross_origin\(policy\)"):
        cross_origin(plain)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no dispatch"):
        cross_origin(own)(int)
    with pytest.raises(TypeError, match="a view is expected"):
        cors_exempt(5)  # type: ignore[type-var]


def test_a_decorated_view_is_called_as_it_is(own: Any) -> None:
    request = RequestFactory().get("/")
    assert cross_origin(own)(plain)(request).content == b"GET"
    assert class_above(own)(request).content == b"GET"
    assert COMMON.startswith("django.")


# methods="route"


class TestMethodsOfTheRoute:
    @pytest.fixture
    def route(self, policy_class: Any) -> Any:
        return cross_origin(policy_class(allow_origins=[SITE]), methods="route")

    @BOTH
    @pytest.mark.parametrize("base", [Base, BaseAsync])
    def test_a_class_of_views_allows_the_methods_that_it_has(self, route: Any, by: Any, base: Any) -> None:
        with project(None, urls=(path("own", route(type("Own", (base,), {})).as_view()),)):
            assert preflight("/own", by=by).status_code == (204 if base is Base else 403)
            assert preflight("/own", method="DELETE", by=by).status_code == 403
            assert preflight("/own", method="GET", by=by).status_code == 204
            assert cors(by("/own")) == ALLOWED

    def test_a_method_that_the_class_does_not_let_through_is_none(self, route: Any) -> None:
        limited = type("Limited", (Base,), {"http_method_names": ["get", "options"]})
        with project(None, urls=(path("own", route(limited).as_view()),)):
            assert preflight("/own").status_code == 403

    def test_a_function_takes_every_method(self, route: Any) -> None:
        with project(None, urls=(path("own", route(plain)),)):
            for method in ("PUT", "DELETE", "PURGE"):
                assert preflight("/own", method=method).status_code == 204

    def test_one_decorator_is_for_several_views(self, route: Any) -> None:
        urls = (path("one", route(type("One", (Base,), {})).as_view()), path("two", route(plain)))
        with project(None, urls=urls):
            assert preflight("/one", method="DELETE").status_code == 403
            assert preflight("/two", method="DELETE").status_code == 204

    def test_methods_are_said_in_one_way(self, own: Any) -> None:
        with pytest.raises(TypeError, match="leave allow_methods out"):
            cross_origin(own, methods="route")
        with pytest.raises(TypeError, match='methods must be "route"'):
            cross_origin(allow_origins=[SITE], methods=["PUT"])  # type: ignore[arg-type]
