"""Routes: random tables and paths, held against a plain reading of the documents."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastcors import Policy
from fastcors._config.route_shapes import read_route
from fastcors._shims.routes import check_routes
from tests.unit.routed import ONE, THREE, TWO, routes

tables = st.dictionaries(routes, st.sampled_from([ONE, TWO, THREE, None]), min_size=1, max_size=12).filter(
    lambda table: len({read_route(route) for route in table}) == len(table)
)


pieces = st.sampled_from(
    ["a", "b", "api", ".x", "é", "日本", "{}", "c", "", ".", "..", "\\", "%2f", "%2E", "%", "%5C", "a\n", "%0a", "\x7f"]
)


paths = st.lists(pieces, max_size=6).map(lambda segments: "/" + "/".join(segments)) | st.builds(
    lambda route, tail: re.sub(r"\{[^}]*\}", "é", route) + tail,
    routes,
    st.sampled_from(["", "/", "a", "//", "/a/b"]),
)


def is_unclear(path: str) -> bool:
    decoded = path
    for escape, character in (("%2f", "/"), ("%2e", "."), ("%5c", "\\"), ("%0a", "\n")):
        decoded = re.sub(escape, character.replace("\\", "\\\\"), decoded, flags=re.IGNORECASE)
    return bool("//" in decoded or {"\\", "\n", "\x7f"} & set(decoded) or re.search(r"/\.{1,2}(/|$)", decoded))


def expression_of(route: str) -> str:
    """A regular expression that matches the paths for which a route stands."""
    prefix = route.endswith(("/", ":path}"))
    segments = [part for part in route.removesuffix("{rest:path}").split("/") if part]
    inner = "".join("/[^/]+" if part.startswith("{") else "/" + re.escape(part) for part in segments)
    return inner + ("(?:/.*)?" if prefix else "/?")


def rank_of(route: str) -> tuple[int, ...]:
    """The less, the sooner it wins: at each segment a literal before a name, and an exact end before all below."""
    prefix = route.endswith(("/", ":path}"))
    segments = [part for part in route.removesuffix("{rest:path}").split("/") if part]
    return (*(int(part.startswith("{")) for part in segments), 3 if prefix else 2)


def plain(table: dict[str, Any], path: str) -> Any:
    if is_unclear(path):
        return None
    fits = [route for route in table if re.fullmatch(expression_of(route), path, re.DOTALL)]
    return table[min(fits, key=rank_of)] if fits else None


@example({"/": ONE}, "/")
@example({"/{x}": ONE, "/{x}/": TWO}, "/a")
@example({"/{x}/a": ONE, "/a/{x}": TWO}, "/a/a")
@settings(max_examples=400)
@given(tables, paths)
def test_engines_agree_with_a_plain_reading_of_the_documents(
    router_class: type[Any], table: dict[str, Any], path: str
) -> None:
    check_routes(table)
    built = router_class(table)
    assert built.find(path) is plain(table, path)
    assert built.find_wsgi(path.encode().decode("latin-1")) is plain(table, path)
    assert built.find("/v1" + path, root_path="/v1") is plain(table, path)
    assert built.find(path, root_path="/v1") is plain(table, path)


@given(tables, paths)
def test_no_route_that_stands_for_a_path_begins_longer_than_the_one_that_wins(
    router_class: type[Any], table: dict[str, Any], path: str
) -> None:
    def beginning(route: str) -> int:
        return len(route.partition("{")[0].rstrip("/"))

    def kind(route: str) -> int:
        return 1 if "{" in route.removesuffix("{rest:path}") else 2 if route.endswith(("/", "}")) else 0

    fits = [route for route in table if re.fullmatch(expression_of(route), path, re.DOTALL)]
    found = {route: object() for route in table}
    winner = router_class(found).find(path)
    if is_unclear(path) or not fits:
        assert winner is None
        return
    (won,) = (route for route in table if found[route] is winner)
    assert beginning(won) == max(map(beginning, fits))
    assert kind(won) == min(kind(route) for route in fits if beginning(route) == beginning(won))


@pytest.mark.parametrize("form", ["/tenants/{}/", "/tenants/{}/parts/{{id}}", "/{{tenant}}/x{}/"])
def test_ten_thousand_routes_are_each_found(router_class: type[Any], form: str) -> None:
    table = {form.format(i): (ONE, TWO, None)[i % 3] for i in range(10_000)}
    built = router_class(table)
    for route, policy in table.items():
        assert built.find(re.sub(r"\{\w+\}", "7", route)) is policy
    assert built.find("/tenants/10000/x") is None


def test_as_many_policies_as_routes_are_each_found(router_class: type[Any]) -> None:
    table = {f"/{i}/": Policy(allow_origins=[f"https://{i}.example"]) for i in range(300)}
    built = router_class(table)
    assert all(built.find(route) is policy for route, policy in table.items())


def test_a_table_without_routes_finds_nothing(router_class: type[Any]) -> None:
    assert router_class({}).find("/") is None
