"""Routes: which policy a path gets, over both engines."""

from __future__ import annotations

from typing import Any

import pytest

from fastcors import PolicyError
from fastcors._shims.routes import check_routes
from tests.unit.routed import ONE, TABLE, THREE, TWO


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/", ONE),
        ("/api/users/7", ONE),
        ("/api/v2", TWO),
        ("/api/v2/", TWO),
        ("/api/v2/exact", THREE),
        ("/api/v2/exact/", THREE),
        ("/api/v2/exact/x", TWO),
        ("/api/v2/exactly", TWO),
        ("/health", ONE),
        ("/health/", ONE),
        ("/health/x", None),
        ("/healthy", None),
        ("/heal", None),
        ("/api", ONE),
        ("/apis/", None),
        ("/API/", None),
        ("/", None),
        ("", None),
        ("api/", None),
        ("*", None),
        ("http://host/api/", None),
        ("/api/closed/", None),
        ("/api/closed/x", None),
        ("/api/closed", None),
        ("/api/?q", ONE),
        ("/api/é", ONE),
        ("/api/\ud800", None),
        ("/api/" + "x/" * 1_000, ONE),
        ("/api/" + "x" * 8_000, ONE),
    ],
)
def test_the_longest_route_decides_and_no_route_means_no_cors(
    router_class: type[Any], path: str, expected: Any
) -> None:
    assert router_class(TABLE).find(path) is expected


# What applications read differently

UNCLEAR = [
    *("//api/x", "//", "///", "/api//x", "/api//", "/api///x", "//api"),
    *(
        "/api/./x",
        "/api/../x",
        "/api/..",
        "/api/.",
        "/api/a/../../b",
        "/api/.a/./",
        "/api/..a/..",
        "/./api",
        "/.",
        "/..",
    ),
    *("/api\n", "/api/x\n", "/api/\n", "/\napi", "/a\rb", "/a\0", "/a\x1f/b", "/a\x7f", "\x7f/api", "/a\tb"),
    *("/api%0a", "/api/x%0A", "/%0d", "/a%00b", "/a/%1F", "/%7f", "/%7F/x"),
    *("/api\\x", "/\\api", "/api/\\", "\\api", "/api/x\\"),
    *(
        "/%2Fapi",
        "/api/%2f/x",
        "/api%2F/x",
        "/api/%2f",
        "/api/%2e/x",
        "/api/%2E%2e",
        "/api/.%2e/x",
        "/api%5Cx",
        "/api/%5c",
    ),
]


@pytest.mark.parametrize("path", UNCLEAR)
def test_a_path_that_applications_read_differently_is_in_no_route(router_class: type[Any], path: str) -> None:
    table = router_class({"/": ONE, "/api/": TWO, "/api/{name}": TWO})
    assert table.find(path) is None
    assert table.find_wsgi(path) is None
    assert table.find("/v1" + path, root_path="/v1") is None
    assert table.find(path + "/é") is None


@pytest.mark.parametrize(
    "path",
    [
        *("/.well-known/x", "/a/..b", "/a/...", "/a./", "/a..", "/...", "/a/.../b", "/"),
        *("/a%2Fb", "/%2ea", "/%", "/a/%2", "/%%", "/a%2F", "/%252F/x", "/a/%c/b", "/5C/2f", "/a/%2g/"),
        *("/.%61/", "/%2e%2e%2e", "/a b", "/~", "/\x80", "/%20", "/%7e", "/%8a", "/%0", "/%0g", "/%1", "/%a0"),
    ],
)
def test_a_path_that_only_looks_like_these_is_found(router_class: type[Any], path: str) -> None:
    assert router_class({"/": ONE}).find(path) is ONE
    assert router_class({"/": ONE}).find_wsgi(path) is ONE


def test_a_final_slash_never_matters(router_class: type[Any]) -> None:
    table = router_class(
        {"/": ONE, "/a": TWO, "/b/": TWO, "/c/{name}": TWO, "/d/{name}/": TWO, "/e": TWO, "/e/": THREE}
    )
    for path in ("/a", "/b", "/c/x", "/d/x", "/e"):
        assert table.find(path) is TWO
        assert table.find(path + "/") is TWO
        assert table.find_wsgi(path + "/") is TWO
        assert table.find(path + "//") is None
    assert table.find("/e/x") is THREE
    assert table.find("/a/x") is ONE


# The end of a long path


def test_a_path_of_more_than_8192_bytes_is_in_no_route(router_class: type[Any]) -> None:
    table = router_class({"/": ONE})
    for letter, length in (("x", 8_191), ("é", 4_095), ("\u20ac", 2_730), ("\U0001f600", 2_047)):
        path = "/" + letter * length
        assert table.find(path) is ONE
        assert table.find(path + letter) is None
        assert table.find("/v1" + path, root_path="/v1") is ONE
        assert table.find_wsgi(path.encode().decode("latin-1")) is ONE
        assert table.find_wsgi((path + letter).encode().decode("latin-1")) is None


def test_a_route_has_at_most_64_segments() -> None:
    deepest = "/a" * 64
    assert check_routes({deepest: ONE, deepest[2:] + "/": ONE})
    with pytest.raises(PolicyError):
        check_routes({deepest + "/{name}": ONE})


def test_the_deepest_route_is_found(router_class: type[Any]) -> None:
    deepest = "/a" * 64
    named = "/{x}" * 63 + "/end"
    table = router_class({deepest: ONE, named: TWO, "/a/": THREE})
    assert table.find(deepest) is ONE
    assert table.find(deepest + "/") is ONE
    assert table.find(deepest + "/a") is THREE
    assert table.find("/b" * 63 + "/end") is TWO
    assert table.find("/b" * 64 + "/end") is None


# What the application routes by


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/v1/admin/x", "/v1", TWO),
        ("/admin/x", "/v1", TWO),
        ("/v1/v1/admin/x", "/v1", ONE),
        ("/v1admin/x", "/v1", ONE),
        ("/v1", "/v1", ONE),
        ("/v1/", "/v1", ONE),
        ("/v1//admin/x", "/v1", None),
        ("/v1//admin/x", "/v1/", TWO),
        ("/v1/admin/x", "", TWO),
        ("/v1/admin/x", "/V1", ONE),
        ("/admin/x", "/admin/x/y", TWO),
        ("/ü/admin/x", "/ü", TWO),
        ("/ü/admin/é", "/ü", TWO),
        ("/admin/é", "/ü", TWO),
        ("/ü/\u20ac", "/ü/\u20ac", ONE),
        ("/\ud800/admin/x", "/\ud800", TWO),
        ("/admin/x", None, TWO),
        ("/admin/x", b"/admin", TWO),
        ("/admin/x", 7, TWO),
    ],
)
def test_root_path_is_taken_off_where_a_path_begins_with_it_at_the_edge_of_a_segment(
    router_class: type[Any], path: str, root: Any, expected: Any
) -> None:
    table = {"/": ONE, "/admin/": TWO}
    if root == "":
        table = {"/": ONE, "/v1/admin/": TWO}
    assert router_class(table).find(path, root_path=root) is expected


def test_an_empty_path_is_the_root(router_class: type[Any]) -> None:
    table = router_class({"/": ONE})
    assert table.find("") is ONE
    assert table.find_wsgi("") is ONE
    assert table.find_wsgi(None) is ONE
    assert table.find(None) is None
    assert table.find(b"") is ONE
    assert table.find_wsgi(b"") is ONE


def test_a_path_may_be_bytes(router_class: type[Any]) -> None:
    table = router_class({"/é/": ONE, "/": TWO})
    for find in (table.find, table.find_wsgi):
        assert find("/é/x".encode()) is ONE
        assert find(b"/\xe9/x") is TWO
        assert find(b"//x") is None
        assert find(memoryview(b"/")) is None


def test_the_bytes_of_a_wsgi_path_are_those_of_the_decoded_one(router_class: type[Any]) -> None:
    table = router_class({"/é/": ONE, "/日本": TWO})
    assert table.find("/é/x") is ONE
    assert table.find("/é/x/日本") is ONE
    assert table.find("/é/x/\U0001f600") is ONE
    assert table.find("/日本") is TWO
    assert table.find_wsgi("/é/x".encode().decode("latin-1")) is ONE
    assert table.find_wsgi("/é/x") is None
    assert table.find_wsgi("/日本") is None
    assert table.find_wsgi("/日本".encode().decode("latin-1")) is TWO


def test_a_string_of_another_class_is_read_past_what_it_overrides(router_class: type[Any]) -> None:
    class Odd(str):
        def encode(self, *_: Any) -> bytes:
            raise AssertionError

        startswith = __getitem__ = __len__ = __eq__ = encode  # type: ignore[assignment]
        __hash__ = None  # type: ignore[assignment]

    assert router_class(TABLE).find(Odd("/health")) is ONE
    assert router_class(TABLE).find(Odd("/v1/health"), root_path=Odd("/v1")) is ONE
    assert router_class(TABLE).find_wsgi(Odd("/health")) is ONE


# Templates


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/items/7", TWO),
        ("/items/7/", TWO),
        ("/items/{}", TWO),
        ("/items/{id}", TWO),
        ("/items/new", THREE),
        ("/items/newer", TWO),
        ("/items", None),
        ("/items/", None),
        ("/items/7/x", None),
        ("/items/7/parts", ONE),
        ("/items/7/parts/8", THREE),
        ("/items/new/parts", ONE),
        ("/items/7/part", None),
        ("/items/7/partsy", None),
        ("/files/a/b/c", ONE),
        ("/files/", ONE),
        ("/files/a", ONE),
        ("/files/a/raw", TWO),
        ("/files/a/raw/x", ONE),
        ("/é/x", None),
        ("/é/\u20ac/x/y", TWO),
        ("/é//x", None),
    ],
)
def test_a_name_stands_for_one_segment_and_a_path_for_the_rest(
    router_class: type[Any], path: str, expected: Any
) -> None:
    table = {
        "/items/{id}": TWO,
        "/items/new": THREE,
        "/items/{id}/parts": ONE,
        "/items/{id}/parts/{part}": THREE,
        "/files/{rest:path}": ONE,
        "/files/{name}/raw": TWO,
        "/é/{name}/x/": TWO,
    }
    assert router_class(table).find(path) is expected
    assert router_class(table).find_wsgi(path.encode().decode("latin-1")) is expected


def test_the_longest_literal_beginning_wins_then_an_exact_path_then_a_template_then_a_prefix(
    router_class: type[Any],
) -> None:
    assert router_class({"/a/{x}/c": ONE, "/a/b/": TWO}).find("/a/b/c") is TWO
    assert router_class({"/a/{x}": ONE, "/a/b": TWO, "/a/b/": THREE, "/a/": None}).find("/a/b") is TWO
    assert router_class({"/a/{x}": ONE, "/a/": TWO}).find("/a/b") is ONE
    assert router_class({"/a/{x}/": ONE, "/a/": TWO}).find("/a/b/c") is ONE
    assert router_class({"/{x}/b": ONE, "/a/": TWO, "/": THREE}).find("/a/b") is TWO
    assert router_class({"/{x}/b": None, "/": THREE}).find("/a/b") is None
    # Where these are equal, the same rule holds from the name on.
    assert router_class({"/a/{x}/c": ONE, "/a/{x}/{y}": TWO, "/a/{x}/": THREE}).find("/a/b/c") is ONE
    assert router_class({"/a/{x}/{y}": TWO, "/a/{x}/": THREE}).find("/a/b/c") is TWO
    assert router_class({"/a/{x}": TWO, "/a/{x}/": THREE}).find("/a/b") is TWO
