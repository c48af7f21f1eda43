"""Routes with hosts: which policy a path of a host gets, over both engines."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastcors import PolicyError, embedding
from fastcors._grammar import read_host
from fastcors._shims.routes import check_routes
from fastcors._twin import routes as twin_routes
from tests.unit.routed import ONE, THREE, TWO

FOUR: Any = object()
TABLE = {
    "//api.example.com/admin/": ONE,
    "//api.example.com/items/{id}": None,
    "//*.example.com/": TWO,
    "//*.internal.example.com/": THREE,
    "//*.internal.example.com/admin/": ONE,
    "//[2001:db8::1]/": ONE,
    "//192.0.2.1/": TWO,
    "//localhost/": THREE,
    "//xn--bcher-kva.example/": THREE,
    "/admin/": FOUR,
}


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("api.example.com", "/admin/x", ONE),
        ("api.example.com", "/items/7", None),
        ("api.example.com", "/items/7/x", TWO),
        ("api.example.com", "/", TWO),
        ("www.example.com", "/admin/x", TWO),
        ("a.b.example.com", "/admin/x", TWO),
        ("example.com", "/admin/x", FOUR),
        ("example.com", "/", None),
        ("a.internal.example.com", "/x", THREE),
        ("a.internal.example.com", "/admin/x", ONE),
        ("internal.example.com", "/admin/x", TWO),
        ("evilexample.com", "/admin/x", FOUR),
        ("example.com.evil.org", "/admin/x", FOUR),
        ("[2001:db8::1]", "/x", ONE),
        ("192.0.2.1", "/x", TWO),
        ("localhost", "/x", THREE),
        ("xn--bcher-kva.example", "/x", THREE),
        (None, "/admin/x", FOUR),
        (None, "/x", None),
        ("api.example.com", "//admin/x", None),
        ("api.example.com", "/admin/../x", None),
    ],
)
def test_a_host_goes_before_a_wildcard_a_longer_one_before_a_shorter_one_and_that_before_no_host(
    router_class: type[Any], host: str | None, path: str, expected: Any
) -> None:
    table = router_class(TABLE)
    assert table.find(path, host) is expected
    assert table.find(path, host=None if host is None else host.encode()) is expected
    assert table.find("/v1" + path, host, root_path="/v1") is expected
    assert table.find_wsgi(path, host) is expected
    route = table.route_of(path, host)
    assert TABLE.get(route) is expected


# What a Host field holds (RFC 9110, section 7.2)

ALIKE = {
    "api.example.com": [
        *("API.Example.COM", "api.example.com:443", "api.example.com:8443", "api.example.com:", "api.example.com:0"),
        *("api.example.com.", "Api.example.com.:80", "api.example.com:00080", "api.example.com:65535"),
    ],
    "[2001:db8::1]": ["[2001:DB8::1]", "[2001:db8::1]:443", "[2001:db8::1]:"],
    "192.0.2.1": ["192.0.2.1:80"],
    "localhost": ["LOCALHOST", "localhost.", "localhost:8000"],
}


@pytest.mark.parametrize("host", ALIKE)
def test_letter_case_the_port_and_a_final_dot_of_a_host_do_not_matter(router_class: type[Any], host: str) -> None:
    table = router_class({f"//{host}/": ONE, "/": TWO})
    for form in (host, *ALIKE[host]):
        assert table.find("/x", form) is ONE
        assert table.find("/x", form.encode()) is ONE


MALFORMED = [
    *(
        "",
        " ",
        ".",
        ":",
        ":80",
        "a b",
        " a",
        "a ",
        "a\t",
        "a\n",
        "a\0",
        "a/b",
        "a?b",
        "a#b",
        "a@b",
        "user@api.example.com",
    ),
    *("a,b", "api.example.com, evil.example", "api.example.com:80:80", "api.example.com:x", "api.example.com:65536"),
    *("api.example.com:000080", "api.example.com:-1", "a..b", ".a", "a..", "http://api.example.com", "*"),
    *("*.example.com", "a%2eb", "api%2Eexample.com", "bücher.example", "b\xfccher.example", "api.example.com\u3002"),
    *("127.1", "0x7f.0.0.1", "2130706433", "192.0.2.01", "192.0.2.1.", "1.2.3.4.5", "256.0.0.1", "::1", "[::1", "::1]"),
    *("[0:0:0:0:0:0:0:1]", "[::ffff:1.2.3.4]", "[fe80::1%25eth0]", "[::1]a", "[::1]:x", "[]", "[v1.a]", "a[::1]"),
    *("a" * 64, ("a" * 62 + ".") * 4 + "ab", "\u212aey.example", "\ud800", "api.example.com\\", "null\x7f"),
]
"""What no browser sends: some take the first of several for the host, some the last, some decode or resolve it."""


@pytest.mark.parametrize("host", MALFORMED)
def test_a_host_that_may_be_read_in_two_ways_is_in_no_route_of_a_table_with_hosts(
    router_class: type[Any], host: str
) -> None:
    table = router_class(
        {"//api.example.com/": ONE, "//*.example.com/": ONE, "//[::1]/": ONE, "//127.0.0.1/": ONE, "/": TWO}
    )
    assert table.find("/x", host) is None
    assert table.find_wsgi("/x", host) is None
    assert table.route_of("/x", host) is None
    if host.isascii():
        assert table.find("/x", host.encode()) is None
    assert router_class({"/": TWO}).find("/x", host) is TWO


def test_a_host_of_253_bytes_is_the_longest(router_class: type[Any]) -> None:
    longest = ("a" * 62 + ".") * 4 + "a"
    assert len(longest) == 253
    table = router_class({f"//{longest}/": ONE, "//*.a/": TWO})
    assert table.find("/", longest + ":65535") is ONE
    assert table.find("/", "b" + longest[1:]) is TWO
    assert table.find("/", longest + "a") is None


@pytest.mark.parametrize("host", ["a_b.example.com", "-a.example.com", "a-.example.com", "_.example.com"])
def test_a_wildcard_stands_for_every_host_that_browsers_connect_to(router_class: type[Any], host: str) -> None:
    assert router_class({"//*.example.com/": ONE, "/": TWO}).find("/", host) is ONE


def test_a_host_of_another_type_is_an_error_with_and_without_hosts(router_class: type[Any]) -> None:
    for table in (router_class({"//a.example/": ONE}), router_class({"/": ONE})):
        for wrong in (5, ["a.example"], bytearray(b"a.example")):
            for find in (table.find, table.find_wsgi, table.route_of):
                with pytest.raises(TypeError, match=r"^host must be str, bytes or None, not "):
                    find("/", wrong)


def test_as_many_hosts_as_tenants_are_each_found(router_class: type[Any]) -> None:
    table = router_class({f"//t{i}.example/a/{{x}}": (ONE, TWO)[i % 2] for i in range(2_000)} | {"//*.example/": THREE})
    for i in range(2_000):
        assert table.find("/a/7", f"T{i}.example:80") is (ONE, TWO)[i % 2]
        assert table.find("/a", f"t{i}.example") is THREE
    assert table.find("/a/7", "t2000.example") is THREE


# Held against a plain reading of the documents

labels = st.sampled_from(["a", "b", "api", "x-1"])
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
keys = st.builds(
    lambda star, name, path: ("//" + star + name if name else "") + path,
    st.sampled_from(["", "*."]),
    st.one_of(st.just(""), names),
    st.sampled_from(["/", "/a/", "/a", "/{x}"]),
)


def plain(table: dict[str, Any], host: str, path: str) -> Any:
    """The policy by the words of the documents: each kind of host in turn."""
    listed = {re.match(r"(?://([^/]*))?", key)[1] for key in table}  # type: ignore[index]
    fits = [name for name in listed if name is None or name == host or (name[:2] == "*." and host.endswith(name[1:]))]
    for name in sorted(fits, key=lambda name: (name is None, name != host, -len(name or ""))):
        start = "" if name is None else f"//{name}"
        below = {key[len(start) :]: policy for key, policy in table.items() if key.startswith(start + "/")}
        below = {path: policy for path, policy in below.items() if not path.startswith("//")} if name is None else below
        route = twin_routes.Router(below).route_of(path)
        if route is not None:
            return below[route]
    return None


@example({"//a/": ONE, "//*.a/": TWO}, "a", "/")
@example({"//a.b/a": ONE, "//*.b/": TWO, "/b": THREE}, "a.b", "/b")
@given(
    st.dictionaries(keys, st.sampled_from([ONE, TWO, THREE, None]), min_size=1, max_size=8),
    names,
    st.sampled_from(["/", "/a", "/b", "/a/b", "/b/a"]),
)
def test_engines_agree_with_a_plain_reading(
    router_class: type[Any], table: dict[str, Any], host: str, path: str
) -> None:
    check_routes(table, hosts=True)
    assert router_class(table).find(path, host) is plain(table, host, path)


hosts = st.text() | st.text("aA.-_:[]0123456789fx%@, \u212a\xe9", max_size=12) | st.binary(max_size=20) | st.none()


@given(hosts, st.sampled_from(["/", "/a/b"]))
def test_no_host_raises_or_is_read_differently_by_the_engines(
    router_class: type[Any], host: str | bytes | None, path: str
) -> None:
    table = {"//a/": ONE, "//*.a/": TWO, "//[::1]/": ONE, "//0.0.0.0/": ONE, "/": THREE}
    assert router_class(table).find(path, host) is twin_routes.Router(table).find(path, host)


@given(st.binary(max_size=300))
def test_a_host_that_is_read_is_read_alike_again(value: bytes) -> None:
    host = read_host(value)
    assert host is None or read_host(host) == host


# The public table


def test_the_public_router_checks_its_table_and_takes_parameters_of_a_policy() -> None:
    router = embedding.Router({"//*.example.com/": {"allow_origins": ["https://app.example.com"]}, "/": None})
    policy = router.find("/x", "api.example.com")
    assert policy is not None
    assert policy is router.routes["//*.example.com/"]
    assert policy.decide("GET", "https://app.example.com").allowed
    assert router.route_of("/x", "example.com") == "/"
    assert router.find("/x", "example.com") is None


HINTS: list[tuple[str, str, str | None]] = [
    # route, code, hint
    ("//API.example.com/", "route-host", "//api.example.com/"),
    ("//api.example.com:8443/v1/", "route-host", "//api.example.com/v1/"),
    ("//api.example.com:443/v1/", "route-host", "//api.example.com/v1/"),
    ("//api.example.com:*/", "route-host", "//api.example.com/"),
    ("//api.example.com./", "route-host", "//api.example.com/"),
    ("//b\xfccher.example/x/*", "route-host", "//xn--bcher-kva.example/x/"),
    ("//user@api.example.com/", "route-host", "//api.example.com/"),
    ("//*.192.0.2.1/", "route-host", "//192.0.2.1/"),
    ("//127.1/", "route-host", "//127.0.0.1/"),
    ("//[0:0::1]/", "route-host", "//[::1]/"),
    ("//*/x", "route-host", "/x"),
    ("///x", "route-host", "/x"),
    ("//*.*.example.com/", "route-host", None),
    ("//a.*.example.com/", "route-host", None),
    ("//a..example.com/", "route-host", None),
    ("//{tenant}.example.com/", "route-host", None),
    ("https://api.example.com/v1/", "route-host", "//api.example.com/v1/"),
    ("HTTPS://api.example.com", "route-host", "//api.example.com/"),
    ("//api.example.com", "route-no-slash", "//api.example.com/"),
    ("//api.example.com?x", "route-host", "//api.example.com/"),
    ("//api.example.com//x", "route-empty-segment", "//api.example.com/x"),
    ("//api.example.com/<int:id>", "route-template", "//api.example.com/{id}"),
    ("//api.example.com/a/../b", "route-dot-segment", "//api.example.com/b"),
    ("api.example.com/x", "route-no-slash", "/api.example.com/x/"),
]


@pytest.mark.parametrize(("route", "code", "hint"), HINTS)
def test_what_is_wrong_with_a_route_is_named_and_its_hint_is_a_route(route: str, code: str, hint: str | None) -> None:
    with pytest.raises(PolicyError) as caught:
        embedding.Router({route: ONE})
    (issue,) = caught.value.issues
    assert (issue.code, issue.field, issue.value, issue.hint) == (code, "routes", route, hint)
    if hint is not None:
        assert embedding.Router({hint: ONE}).routes == {hint: ONE}


def test_two_routes_for_the_same_paths_of_one_host_are_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        embedding.Router({"//a.example/{x}": ONE, "//a.example/{y}": TWO, "/{z}": ONE, "//*.a.example/{y}": TWO})
    assert [(issue.code, issue.value) for issue in caught.value.issues] == [("route-duplicate", "//a.example/{y}")]


@given(st.text("abAB.*:/[]@%{}x-1\xe9 ?#", max_size=16).map(lambda text: "//" + text))
def test_any_text_is_a_route_or_has_a_fault_whose_hint_is_one(text: str) -> None:
    try:
        embedding.Router({text: ONE})
    except PolicyError as error:
        (issue,) = error.issues
        assert issue.hint is None or embedding.Router({issue.hint: ONE})


def test_the_routes_of_a_shim_have_no_host() -> None:
    with pytest.raises(PolicyError) as caught:
        check_routes({"//api.example.com/": ONE})
    assert [issue.code for issue in caught.value.issues] == ["route-host"]
