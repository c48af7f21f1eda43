"""Routes: which policy a path gets, over both engines, and what is wrong with a table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
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
def test_the_longest_route_decides_and_no_route_means_no_cors(router: Any, path: str, expected: Any) -> None:
    assert router(TABLE).find(path) is expected


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
def test_a_path_that_applications_read_differently_is_in_no_route(router: Any, path: str) -> None:
    table = router({"/": ONE, "/api/": TWO, "/api/{name}": TWO})
    assert table.find(path) is None
    assert table.find_wsgi(path) is None
    assert table.find("/v1" + path, "/v1") is None
    assert table.find(path + "/é") is None


@pytest.mark.parametrize(
    "path",
    [
        *("/.well-known/x", "/a/..b", "/a/...", "/a./", "/a..", "/...", "/a/.../b", "/"),
        *("/a%2Fb", "/%2ea", "/%", "/a/%2", "/%%", "/a%2F", "/%252F/x", "/a/%c/b", "/5C/2f", "/a/%2g/"),
        *("/.%61/", "/%2e%2e%2e"),
    ],
)
def test_a_path_that_only_looks_like_these_is_found(router: Any, path: str) -> None:
    assert router({"/": ONE}).find(path) is ONE
    assert router({"/": ONE}).find_wsgi(path) is ONE


def test_a_final_slash_never_matters(router: Any) -> None:
    table = router({"/": ONE, "/a": TWO, "/b/": TWO, "/c/{name}": TWO, "/d/{name}/": TWO, "/e": TWO, "/e/": THREE})
    for path in ("/a", "/b", "/c/x", "/d/x", "/e"):
        assert table.find(path) is TWO
        assert table.find(path + "/") is TWO
        assert table.find_wsgi(path + "/") is TWO
        assert table.find(path + "//") is None
    assert table.find("/e/x") is THREE
    assert table.find("/a/x") is ONE


# The end of a long path


def test_a_path_of_more_than_8192_bytes_is_in_no_route(router: Any) -> None:
    table = router({"/": ONE})
    for letter, length in (("x", 8_191), ("é", 4_095), ("\u20ac", 2_730), ("\U0001f600", 2_047)):
        path = "/" + letter * length
        assert table.find(path) is ONE
        assert table.find(path + letter) is None
        assert table.find("/v1" + path, "/v1") is ONE
        assert table.find_wsgi(path.encode().decode("latin-1")) is ONE
        assert table.find_wsgi((path + letter).encode().decode("latin-1")) is None


def test_a_route_has_at_most_64_segments() -> None:
    deepest = "/a" * 64
    assert check_routes({deepest: ONE, deepest[2:] + "/": ONE})
    with pytest.raises(PolicyError):
        check_routes({deepest + "/{name}": ONE})


def test_the_deepest_route_is_found(router: Any) -> None:
    deepest = "/a" * 64
    named = "/{x}" * 63 + "/end"
    table = router({deepest: ONE, named: TWO, "/a/": THREE})
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
    router: Any, path: str, root: Any, expected: Any
) -> None:
    table = {"/": ONE, "/admin/": TWO}
    if root == "":
        table = {"/": ONE, "/v1/admin/": TWO}
    assert router(table).find(path, root) is expected


def test_an_empty_path_is_the_root(router: Any) -> None:
    table = router({"/": ONE})
    assert table.find("") is ONE
    assert table.find_wsgi("") is ONE
    assert table.find_wsgi(None) is ONE
    assert table.find(None) is None
    assert table.find(b"/") is None
    assert table.find_wsgi(b"/") is None


def test_the_bytes_of_a_wsgi_path_are_those_of_the_decoded_one(router: Any) -> None:
    table = router({"/é/": ONE, "/日本": TWO})
    assert table.find("/é/x") is ONE
    assert table.find("/é/x/日本") is ONE
    assert table.find("/é/x/\U0001f600") is ONE
    assert table.find("/日本") is TWO
    assert table.find_wsgi("/é/x".encode().decode("latin-1")) is ONE
    assert table.find_wsgi("/é/x") is None
    assert table.find_wsgi("/日本") is None
    assert table.find_wsgi("/日本".encode().decode("latin-1")) is TWO


def test_a_string_of_another_class_is_read_past_what_it_overrides(router: Any) -> None:
    class Odd(str):
        def encode(self, *_: Any) -> bytes:
            raise AssertionError

        startswith = __getitem__ = __len__ = __eq__ = encode  # type: ignore[assignment]
        __hash__ = None  # type: ignore[assignment]

    assert router(TABLE).find(Odd("/health")) is ONE
    assert router(TABLE).find(Odd("/v1/health"), Odd("/v1")) is ONE
    assert router(TABLE).find_wsgi(Odd("/health")) is ONE


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
def test_a_name_stands_for_one_segment_and_a_path_for_the_rest(router: Any, path: str, expected: Any) -> None:
    table = {
        "/items/{id}": TWO,
        "/items/new": THREE,
        "/items/{id}/parts": ONE,
        "/items/{id}/parts/{part}": THREE,
        "/files/{rest:path}": ONE,
        "/files/{name}/raw": TWO,
        "/é/{name}/x/": TWO,
    }
    assert router(table).find(path) is expected
    assert router(table).find_wsgi(path.encode().decode("latin-1")) is expected


def test_the_longest_literal_beginning_wins_then_an_exact_path_then_a_template_then_a_prefix(router: Any) -> None:
    assert router({"/a/{x}/c": ONE, "/a/b/": TWO}).find("/a/b/c") is TWO
    assert router({"/a/{x}": ONE, "/a/b": TWO, "/a/b/": THREE, "/a/": None}).find("/a/b") is TWO
    assert router({"/a/{x}": ONE, "/a/": TWO}).find("/a/b") is ONE
    assert router({"/a/{x}/": ONE, "/a/": TWO}).find("/a/b/c") is ONE
    assert router({"/{x}/b": ONE, "/a/": TWO, "/": THREE}).find("/a/b") is TWO
    assert router({"/{x}/b": None, "/": THREE}).find("/a/b") is None
    # Where these are equal, the same rule holds from the name on.
    assert router({"/a/{x}/c": ONE, "/a/{x}/{y}": TWO, "/a/{x}/": THREE}).find("/a/b/c") is ONE
    assert router({"/a/{x}/{y}": TWO, "/a/{x}/": THREE}).find("/a/b/c") is TWO
    assert router({"/a/{x}": TWO, "/a/{x}/": THREE}).find("/a/b") is TWO


# The oracle: every route of a table in turn, by the words of the documents

literals = st.sampled_from(["a", "b", "api", ".x", "é", "{", "日本"])
names = st.sampled_from(["{x}", "{y}"])
ends = st.sampled_from(["", "/", "/{rest:path}"])
routes = st.builds(
    lambda segments, end: "".join("/" + segment for segment in segments) + end or "/",
    st.lists(st.one_of(literals.filter(lambda text: text != "{"), names), max_size=4),
    ends,
)
tables = st.dictionaries(routes, st.sampled_from([ONE, TWO, THREE, None]), min_size=1, max_size=12).filter(
    lambda table: len({_twin_routes.read_route(route) for route in table}) == len(table)
)
pieces = st.sampled_from(["a", "b", "api", ".x", "é", "日本", "{}", "c", "", ".", "..", "\\", "%2f", "%2E", "%", "%5C"])
paths = st.lists(pieces, max_size=6).map(lambda segments: "/" + "/".join(segments)) | st.builds(
    lambda route, tail: re.sub(r"\{[^}]*\}", "é", route) + tail,
    routes,
    st.sampled_from(["", "/", "a", "//", "/a/b"]),
)


def is_unclear(path: str) -> bool:
    decoded = path
    for escape, character in (("%2f", "/"), ("%2e", "."), ("%5c", "\\")):
        decoded = re.sub(escape, character.replace("\\", "\\\\"), decoded, flags=re.IGNORECASE)
    return bool("//" in decoded or "\\" in decoded or re.search(r"/\.{1,2}(/|$)", decoded))


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
def test_engines_agree_with_a_plain_reading_of_the_documents(router: Any, table: dict[str, Any], path: str) -> None:
    check_routes(table)
    built = router(table)
    assert built.find(path) is plain(table, path)
    assert built.find_wsgi(path.encode().decode("latin-1")) is plain(table, path)
    assert built.find("/v1" + path, "/v1") is plain(table, path)
    assert built.find(path, "/v1") is plain(table, path)


@given(tables, paths)
def test_no_route_that_stands_for_a_path_begins_longer_than_the_one_that_wins(
    router: Any, table: dict[str, Any], path: str
) -> None:
    def beginning(route: str) -> int:
        return len(route.partition("{")[0].rstrip("/"))

    def kind(route: str) -> int:
        return 1 if "{" in route.removesuffix("{rest:path}") else 2 if route.endswith(("/", "}")) else 0

    fits = [route for route in table if re.fullmatch(expression_of(route), path, re.DOTALL)]
    found = {route: object() for route in table}
    winner = router(found).find(path)
    if is_unclear(path) or not fits:
        assert winner is None
        return
    (won,) = (route for route in table if found[route] is winner)
    assert beginning(won) == max(map(beginning, fits))
    assert kind(won) == min(kind(route) for route in fits if beginning(route) == beginning(won))


@pytest.mark.parametrize("form", ["/tenants/{}/", "/tenants/{}/parts/{{id}}", "/{{tenant}}/x{}/"])
def test_ten_thousand_routes_are_each_found(router: Any, form: str) -> None:
    table = {form.format(i): (ONE, TWO, None)[i % 3] for i in range(10_000)}
    built = router(table)
    for route, policy in table.items():
        assert built.find(re.sub(r"\{\w+\}", "7", route)) is policy
    assert built.find("/tenants/10000/x") is None


def test_as_many_policies_as_routes_are_each_found(router: Any) -> None:
    table = {f"/{i}/": Policy(allow_origins=[f"https://{i}.example"]) for i in range(300)}
    built = router(table)
    assert all(built.find(route) is policy for route, policy in table.items())


def test_a_table_without_routes_finds_nothing(router: Any) -> None:
    assert router({}).find("/") is None


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
    ("/a%20b/", "route-escape", "/a b/", "/a b/c"),
    ("/search?q=", "route-query", "/search", "/search"),
    ("/x#y", "route-query", "/x", "/x"),
    ("/" + "a" * 8192, "route-too-long", None, None),
    ("/a" * 65, "route-too-deep", None, None),
    ("/\ud800", "route-unicode", None, None),
]


@pytest.mark.parametrize(("route", "code", "hint", "path"), HINTS, ids=[ascii(row[0])[:30] for row in HINTS])
def test_what_is_no_route_is_an_error_with_a_hint_that_works(
    router: Any, route: str, code: str, hint: str | None, path: str | None
) -> None:
    with pytest.raises(PolicyError) as caught:
        check_routes({route: ONE})
    (issue,) = caught.value.issues
    assert (issue.code, issue.hint) == (code, hint)
    if hint is not None:
        assert router(check_routes({hint: ONE})).find(path) is ONE


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
def test_characters_that_paths_have_are_no_expressions(router: Any, route: str) -> None:
    assert router(check_routes({route: ONE})).find(route.replace("{user-id}", "7")) is ONE


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


def test_a_router_refuses_what_no_check_lets_through(router: Any) -> None:
    with pytest.raises(ValueError, match="64"):
        router({"/a" * 65: ONE})
    with pytest.raises(ValueError, match="same paths"):
        router({"/{a}": ONE, "/{b}": TWO})
    with pytest.raises(TypeError):
        router()


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
