"""Hostile paths in a table of routes: none raises, takes memory, or costs more for being long."""

from __future__ import annotations

import gc
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcors._twin import routes as twin_routes
from tests.hostile.test_memory import allocated, peak, steps

MIB = 2**20
TABLE = {
    "/": 1,
    "/api/": 2,
    "/api/{a}/{b}/c": 3,
    "/{a}/{b}/{c}/{d}/": 4,
    "/a" * 64: 5,
    "/{x}" * 64: 6,
    "/é/{x}": 7,
    "/long/" + "y" * 8000: 8,
}
SHAPES = {
    "slashes": "/" * MIB,
    "segments": "/a" * (MIB // 2),
    "one segment": "/" + "a" * MIB,
    "dots": "/.x" * (MIB // 3),
    "escapes": "/%2e" * (MIB // 4),
    "backslashes": "\\" * MIB,
    "beyond latin-1": "/\u20ac" * (MIB // 4),
    "latin-1": "/\xe9" * (MIB // 2),
    "surrogates": "/\ud800" * (MIB // 4),
}


@pytest.fixture(scope="session")
def router(router_class: type[Any]) -> Any:
    return router_class(TABLE)


@pytest.fixture(scope="session")
def native_class(engine: ModuleType, router_class: type[Any]) -> type[Any]:
    """The Router of the native engine, which allocates nothing to find."""
    if engine.__name__ != "fastcors._core":
        pytest.skip("the twin is Python: each of its steps allocates")
    return router_class


@pytest.fixture(scope="session")
def native_router(native_class: type[Any]) -> Any:
    return native_class(TABLE)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_of_a_mebibyte_is_in_no_route(router: Any, shape: str) -> None:
    path = SHAPES[shape]
    assert router.find(path) is None
    assert router.find_wsgi(path) is None
    assert router.find("/v1" + path, root_path="/v1") is None
    assert router.find("/x", root_path=path) == 1


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_a_longer_path_takes_no_more_steps_and_hardly_more_memory_than_its_bytes(router: Any, shape: str) -> None:
    path = SHAPES[shape]
    assert steps(lambda: router.find(path)) <= steps(lambda: router.find(path[:8200]))
    assert peak(lambda: router.find(path)) < 4 * MIB


@pytest.mark.parametrize("cut", [2_000, *(pytest.param(cut, marks=pytest.mark.long) for cut in (30, MIB))])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_native_router_allocates_nothing_for_any_path(native_router: Any, shape: str, cut: int) -> None:
    path = SHAPES[shape][:cut]
    find, find_wsgi = native_router.find, native_router.find_wsgi
    nothing = allocated(lambda: None)
    assert allocated(lambda: find(path)) == nothing
    assert allocated(lambda: find(path, root_path=path[:10])) <= nothing + sys.getsizeof(path[:10])
    assert allocated(lambda: find_wsgi(path)) == nothing
    assert allocated(lambda: bytes(17)) > nothing  # it would be seen


strange = st.one_of(
    st.text(),
    st.text("/.\\%25cefé\u20ac\ud800a{}").map(lambda text: "/" + text),
    st.binary(),
    st.none(),
    st.integers(),
    st.lists(st.text(), max_size=1),
)


@given(strange, strange)
def test_no_path_and_no_root_path_raises_or_is_found_differently(router: Any, path: Any, root: Any) -> None:
    assert router.find(path, root_path=root) in {None, *TABLE.values()}
    assert router.find_wsgi(path) in {None, *TABLE.values()}
    assert twin_routes.Router(TABLE).find(path, root_path=root) is router.find(path, root_path=root)
    assert twin_routes.Router(TABLE).find_wsgi(path) is router.find_wsgi(path)


def test_tables_that_were_built_or_refused_leave_no_memory_behind(router_class: type[Any]) -> None:
    def build() -> None:
        router_class(TABLE).find("/api/x/y/c")
        for wrong in ({"/a" * 65: 1}, {"/{a}": 1, "/{b}": 2}, {"/\ud800": 1}, {5: 1}, 5):
            with pytest.raises((ValueError, AttributeError, TypeError)):
                router_class(wrong)

    for _ in range(3):
        build()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(50):
        build()
    gc.collect()
    assert sys.getallocatedblocks() - before < 100


HOSTS = {
    "dots": "a." * (MIB // 2),
    "one label": "a" * MIB,
    "digits": "1" * MIB,
    "colons": ":" * MIB,
    "an address": "[" + "0:" * (MIB // 2),
    "beyond latin-1": "\u20ac" * MIB,
}


@pytest.mark.parametrize("shape", HOSTS)
def test_a_host_of_a_mebibyte_is_in_no_route_and_takes_no_more_steps(router_class: type[Any], shape: str) -> None:
    table, host = router_class({"//*.a/": 1, "/": 2}), HOSTS[shape]
    assert table.find("/", host) is None
    assert steps(lambda: table.find("/", host)) <= steps(lambda: table.find("/", host[:270]))


def test_the_native_router_allocates_nothing_for_any_host(native_class: type[Any]) -> None:
    find = native_class({"//*.a/": 1, "/": 2}).find
    nothing = allocated(lambda: None)
    for host in ("B.A:80", b"b.a", "x" * MIB, "a." * 120):
        assert allocated(lambda host=host: find("/", host)) == nothing  # type: ignore[misc]
