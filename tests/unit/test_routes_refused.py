"""Routes: what is wrong with a table, and the hint."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors import Policy, PolicyError
from fastcors._shims.routes import check_routes
from fastcors.asgi import CORSMiddleware
from tests.unit.routed import ONE, TABLE, TWO

# What is wrong with a table


def test_everything_that_is_wrong_with_a_table_is_reported_at_once() -> None:
    wrong = {"api": ONE, "/x*": ONE, 5: ONE, "/a": 7, "/b": {"allow_origins": ["https://B"], "max_ages": 1}}
    with pytest.raises(PolicyError) as caught:
        check_routes({**wrong, "/{x}/": ONE, "/{y}/": None})
    assert [(issue.field, issue.code) for issue in caught.value.issues] == [
        ("routes", "route-no-slash"),
        ("routes", "route-wildcard"),
        ("routes", "route-type"),
        ("routes", "route-policy"),
        ("routes['/b'].allow_origins", "origin-upper-case"),
        ("routes['/b'].max_ages", "unknown-parameter"),
        ("routes", "route-duplicate"),
    ]


HINTS: list[tuple[str, str, str | None, str | None]] = [
    # route, code, hint, and a path that was meant
    ("api", "route-no-slash", "/api/", "/api/users/7"),
    ("api/", "route-no-slash", "/api/", "/api/users/7"),
    (" /api/", "route-no-slash", "/api/", "/api/x"),
    ("", "route-no-slash", "/", "/"),
    ("*", "route-no-slash", "/", "/x"),
    ("/*", "route-wildcard", "/", "/x"),
    ("/api/*", "route-wildcard", "/api/", "/api/x"),
    ("/api/**", "route-wildcard", "/api/", "/api/x/y"),
    ("/static*", "route-wildcard", "/static/", "/static/x"),
    ("/a/*/b", "route-wildcard", "/a/{name}/b", "/a/x/b"),
    ("/f/*rest", "route-wildcard", "/f/{rest:path}", "/f/x/y"),
    ("/items/<int:id>", "route-template", "/items/{id}", "/items/7"),
    ("/items/<id>", "route-template", "/items/{id}", "/items/7"),
    ("/items/<id:int>", "route-template", "/items/{id}", "/items/7"),
    ("/f/<path:p>", "route-template", "/f/{p:path}", "/f/x/y"),
    ("/f/<path:p>/raw", "route-template", "/f/", "/f/x/y/raw"),
    ("/items/:id", "route-template", "/items/{id}", "/items/7"),
    ("/items/:id/x", "route-template", "/items/{id}/x", "/items/7/x"),
    ("/items/:id?", "route-template", "/items/{id}", "/items/7"),
    ("/items/:id(\\d+)", "route-expression", "/items/{id}", "/items/7"),
    ("/f/:rest*", "route-template", "/f/{rest:path}", "/f/x/y"),
    ("/items/{id:int}", "route-template", "/items/{id}", "/items/7"),
    ("/items/{id:\\d+}", "route-expression", "/items/{id}", "/items/7"),
    ("/f/{p:path}/raw", "route-template", "/f/", "/f/x/raw"),
    ("/f/{p:.*}", "route-expression", "/f/{p:path}", "/f/x/y"),
    ("/f/{*p}", "route-template", "/f/{p:path}", "/f/x/y"),
    ("/f/{p...}", "route-template", "/f/{p:path}", "/f/x/y"),
    ("/{}/x", "route-template", "/{name}/x", "/7/x"),
    ("/file-{id}.json", "route-template", "/{id}", "/file-7.json"),
    ("/items/{id", "route-template", None, None),
    ("/items/[id]", "route-expression", "/items/{id}", "/items/7"),
    ("/items/[...slug]", "route-expression", "/items/{slug:path}", "/items/x/y"),
    ("/items/[0-9]+", "route-expression", "/items/{name}", "/items/7"),
    ("/items/[0-9]{2,3}/x", "route-expression", "/items/{name}/x", "/items/77/x"),
    ("/items/[^/]+/x", "route-expression", "/items/{name}/x", "/items/7/x"),
    ("/items/\\d+", "route-expression", "/items/{name}", "/items/7"),
    ("^/items/(?P<id>\\d+)/?$", "route-expression", "/items/{id}", "/items/7"),
    ("^/api/.*$", "route-expression", "/api/", "/api/x"),
    ("/api/.+", "route-expression", "/api/", "/api/x"),
    ("/api(/.*)?", "route-expression", "/api/", "/api/x"),
    ("/api/(v1|v2)/x", "route-expression", "/api/{name}/x", "/api/v1/x"),
    ("/api/(?:v1|v2)/x", "route-expression", "/api/{name}/x", "/api/v2/x"),
    ("(?i)^/api/", "route-expression", "/api/", "/api/x"),
    ("/x$", "route-expression", "/x", "/x"),
    ("/a|b", "route-expression", None, None),
    ("//api.example.com/", "route-host", "/", "/x"),
    ("//api.example.com/v1/x", "route-host", "/v1/x", "/v1/x"),
    ("//localhost/x", "route-host", "/x", "/x"),
    ("https://api.example.com/api/", "route-host", "/api/", "/api/x"),
    ("https://api.example.com", "route-host", "/", "/"),
    ("https://[::1]:8000/x", "route-host", "/x", "/x"),
    ("//admin/x", "route-empty-segment", "/admin/x", "/admin/x"),
    ("/a//b", "route-empty-segment", "/a/b", "/a/b"),
    ("/a//", "route-empty-segment", "/a/", "/a/b"),
    ("/a/./b", "route-dot-segment", "/a/b", "/a/b"),
    ("/a/../b/", "route-dot-segment", "/b/", "/b/x"),
    ("/a\\b", "route-backslash", "/a/b", "/a/b"),
    ("/a\n", "route-control", "/a", "/a"),
    ("/a\x7fb/", "route-control", "/ab/", "/ab/c"),
    ("/a%20b/", "route-escape", "/a b/", "/a b/c"),
    ("/search?q=", "route-query", "/search", "/search"),
    ("/x#y", "route-query", "/x", "/x"),
    ("/" + "a" * 8192, "route-too-long", None, None),
    ("/a" * 65, "route-too-deep", None, None),
    ("/\ud800", "route-unicode", None, None),
]


@pytest.mark.parametrize(("route", "code", "hint", "path"), HINTS, ids=[ascii(row[0])[:30] for row in HINTS])
def test_what_is_no_route_is_an_error_with_a_hint_that_works(
    router_class: type[Any], route: str, code: str, hint: str | None, path: str | None
) -> None:
    with pytest.raises(PolicyError) as caught:
        check_routes({route: ONE})
    (issue,) = caught.value.issues
    assert (issue.code, issue.hint) == (code, hint)
    if hint is not None:
        assert router_class(check_routes({hint: ONE})).find(path) is ONE


@given(st.lists(st.sampled_from([*"/ab<>{}:[]()*+?^$\\|.%2f#- é", "path", "//", ".*"]), max_size=12).map("".join))
def test_every_text_is_a_route_or_has_no_hint_or_one_that_is_a_route(text: str) -> None:
    try:
        check_routes({text: ONE})
    except PolicyError as error:
        (issue,) = error.issues
        assert issue.code.startswith("route-")
        assert issue.hint is None or check_routes({issue.hint: ONE})


@pytest.mark.parametrize(
    "route",
    ["/$metadata", "/Products(1)", "/c++/", "/v1/items:batch", "/a b", "/{user-id}", "/~x", "/@x", "/a,b;c=1", "/é"],
)
def test_characters_that_paths_have_are_no_expressions(router_class: type[Any], route: str) -> None:
    assert router_class(check_routes({route: ONE})).find(route.replace("{user-id}", "7")) is ONE


def test_two_routes_for_the_same_paths_are_an_error() -> None:
    for one, two in (
        ("/{a}", "/{b}"),
        ("/x/", "/x/{rest:path}"),
        ("/", "/{rest:path}"),
        ("/{a}/x/", "/{b}/x/{c:path}"),
    ):
        with pytest.raises(PolicyError) as caught:
            check_routes({one: ONE, two: ONE})
        (issue,) = caught.value.issues
        assert (issue.code, issue.value) == ("route-duplicate", two)
        assert one in issue.message
    check_routes({"/x": ONE, "/x/": TWO})


def test_a_router_refuses_what_no_check_lets_through(router_class: type[Any]) -> None:
    with pytest.raises(ValueError, match="64"):
        router_class({"/a" * 65: ONE})
    with pytest.raises(ValueError, match="same paths"):
        router_class({"/{a}": ONE, "/{b}": TWO})
    with pytest.raises(TypeError):
        router_class()


def test_a_route_may_hold_the_parameters_of_its_policy() -> None:
    assert check_routes({"/": {"allow_origins": ["https://one.example"]}, "/x": None}) == {"/": ONE, "/x": None}


async def app(scope: Any, receive: Any, send: Any) -> None: ...


def test_a_bad_policy_or_table_raises_and_the_old_rules_stay() -> None:
    shim = CORSMiddleware(app, ONE)
    for wrong in ("https://one.example", Policy, {"allow_origins": ["https://one.example"]}):
        with pytest.raises(TypeError, match="policy must be"):
            shim.policy = wrong  # type: ignore[assignment]
    with pytest.raises(PolicyError):
        shim.routes = {"api": ONE}
    assert (shim.policy, shim.routes) == (ONE, None)


def test_a_policy_takes_the_place_of_routes_and_the_other_way_round() -> None:
    shim = CORSMiddleware(app, ONE)
    shim.routes = TABLE
    assert (shim.policy, shim.routes) == (None, TABLE)
    shim.policy = TWO
    assert (shim.policy, shim.routes) == (TWO, None)
    shim.routes = None
    assert (shim.policy, shim.routes) == (None, None)


def test_the_table_that_is_shown_cannot_be_changed() -> None:
    table = dict(TABLE)
    shim = CORSMiddleware(app, routes=table)
    table.clear()
    assert shim.routes == TABLE
    with pytest.raises(TypeError):
        shim.routes["/new"] = ONE  # type: ignore[index]


@pytest.mark.parametrize(
    "arguments", [{"policy": ONE, "routes": TABLE}, {"policy": ONE, "max_age": 5}, {"routes": TABLE, "max_age": 5}]
)
def test_two_ways_to_say_what_is_allowed_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="give only one of"):
        CORSMiddleware(app, **arguments)
