"""Routes: which policy a path gets, over both engines, and what is wrong with a table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors import Policy, PolicyError
from fastcors._shims.routes import check_routes
from fastcors._twin import engine as _twin
from fastcors._twin import routes as _twin_routes
from fastcors.asgi import CORSMiddleware

ONE = Policy(allow_origins=["https://one.example"])
TWO = Policy(allow_origins=["https://two.example"])
THREE = Policy(allow_origins=["https://three.example"])
TABLE = {"/api/": ONE, "/api/v2/": TWO, "/api/v2/exact": THREE, "/health": ONE, "/api/closed/": None}


@pytest.fixture(scope="session")
def router(engine: Any) -> Any:
    """The class that goes with the engine."""
    return _twin_routes.Router if engine is _twin else engine.Router


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/", ONE),
        ("/api/users/7", ONE),
        ("/api/v2", ONE),
        ("/api/v2/", TWO),
        ("/api/v2/exact", THREE),
        ("/api/v2/exact/", TWO),
        ("/api/v2/exactly", TWO),
        ("/api//v2/", ONE),
        ("/health", ONE),
        ("/health/", None),
        ("/healthy", None),
        ("/heal", None),
        ("/api", None),
        ("/apis/", None),
        ("/API/", None),
        ("/", None),
        ("", None),
        ("//api/", None),
        ("api/", None),
        ("*", None),
        ("http://host/api/", None),
        ("/api/closed/", None),
        ("/api/closed/x", None),
        ("/api/closed", ONE),
        ("/api/?q", ONE),
        ("/api/é", ONE),
        ("/api/\ud800", None),
        ("/api/" + "x/" * 100_000, ONE),
        ("/api/" + "x" * 100_000, ONE),
    ],
)
def test_the_longest_route_decides_and_no_route_means_no_cors(router: Any, path: str, expected: Any) -> None:
    assert router(TABLE).find(path) is expected


@pytest.mark.parametrize("tail", ["/./x", "/../x", "/..", "/.", "/a/../../b", "/.a/./", "/..a/.."])
def test_a_path_with_a_dot_segment_is_in_no_route(router: Any, tail: str) -> None:
    table = router({"/": ONE, "/api" + tail: TWO})
    assert table.find("/api" + tail) is None
    assert table.find_wsgi("/api" + tail) is None


@pytest.mark.parametrize("path", ["/.well-known/x", "/a/..b", "/a/...", "/a./", "/a..", "/...//"])
def test_a_dot_that_is_no_segment_of_its_own_is_a_letter_like_others(router: Any, path: str) -> None:
    assert router({"/": ONE}).find(path) is ONE


def test_an_empty_path_is_the_root(router: Any) -> None:
    table = router({"/": ONE})
    assert table.find("") is ONE
    assert table.find_wsgi("") is ONE
    assert table.find_wsgi(None) is ONE
    assert table.find(None) is None
    assert table.find(b"/") is None


def test_the_bytes_of_a_wsgi_path_are_those_of_the_decoded_one(router: Any) -> None:
    table = router({"/é/": ONE, "/日本": TWO})
    assert table.find("/é/x") is ONE
    assert table.find_wsgi("/é/x".encode().decode("latin-1")) is ONE
    assert table.find_wsgi("/é/x") is None
    assert table.find_wsgi("/日本") is None
    assert table.find_wsgi("/日本".encode().decode("latin-1")) is TWO


def test_a_string_of_another_class_is_read_past_what_it_overrides(router: Any) -> None:
    class Odd(str):
        def encode(self, *_: Any) -> bytes:
            raise AssertionError

        __hash__ = None  # type: ignore[assignment]

    assert router(TABLE).find(Odd("/health")) is ONE


segments = st.lists(st.sampled_from(["", "a", "b", "api", ".", "..", ".x", "é"]), max_size=5).map("/".join)
paths = segments.map(lambda text: "/" + text)


def plain(table: dict[str, Any], path: str) -> Any:
    """What the documents say, in so many words."""
    if {".", ".."} & set(path.split("/")):
        return None
    fits = [route for route in table if route == path or (route.endswith("/") and path.startswith(route))]
    return table[max(fits, key=len)] if fits else None


@given(table=st.dictionaries(paths, st.sampled_from([ONE, TWO, None]), min_size=1), path=paths)
def test_routers_agree_with_what_the_documents_say(router: Any, table: dict[str, Any], path: str) -> None:
    assert router(table).find(path) is plain(table, path)
    assert router(table).find_wsgi(path.encode().decode("latin-1")) is plain(table, path)


def test_ten_thousand_routes_are_each_found(router: Any) -> None:
    table = {f"/tenants/{i}/": (ONE, TWO, None)[i % 3] for i in range(10_000)}
    built = router(table)
    assert all(built.find(f"/tenants/{i}/x") is policy for i, policy in enumerate(table.values()))
    assert built.find("/tenants/10000/x") is None


def test_everything_that_is_wrong_with_a_table_is_reported_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        check_routes({"api": ONE, "/x*": ONE, 5: ONE, "/a": 7, "/b": {"allow_origins": ["https://B"], "max_ages": 1}})
    assert [(issue.field, issue.code) for issue in caught.value.issues] == [
        ("routes", "route-no-slash"),
        ("routes", "route-wildcard"),
        ("routes", "route-type"),
        ("routes", "route-policy"),
        ("routes['/b'].allow_origins", "origin-upper-case"),
        ("routes['/b'].max_ages", "unknown-parameter"),
    ]


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
    with pytest.raises(TypeError, match="together"):
        CORSMiddleware(app, **arguments)
