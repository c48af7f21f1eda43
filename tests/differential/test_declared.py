"""Functions that see the request: both engines ask alike, through every way in, and as a plain reading has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fastcors import DeclaredRequest
from fastcors._config.settings import Settings
from tests.differential import strategies as s
from tests.differential.pair import Raised, engines, outcome

ORIGIN = b"https://page.example"
HOSTS = [b"a.example", b"A.Example:8443", b"[::1]:80", b"", b"a b", b"a.example/", b"x@a", b"\xe9", b"h" * 1025]
PATHS = ["/", "/a", "/a/b%20c", "", "/caf\xe9", "/a//b", "/a/./b", "/%2e%2e/", "/a\\b", "a", "/" + "p" * 1024]
VALUES = [b"", b"a", b"caf\xe9", b"a, b", b"v" * 1024, b"v" * 1025, b"a\r\nb"]
NAMES = [":method", ":path", ":authority", "x-tenant", "content-type", "access-control-request-method"]


class Notes:
    """A function that notes what it saw, and allows by that alone."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, origin: str, request: DeclaredRequest) -> bool:
        self.seen.append((origin, request))
        return hash((origin, *map(str, request.values))) % 2 == 0


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request in the words of ASGI; its origin is mostly one that is asked about."""
    lines = [
        (
            b"origin",
            draw(s.sometimes(st.sampled_from([b"null", b"x y", b"https://listed.example"]), 4, st.just(ORIGIN))),
        )
    ]
    lines += [(b"host", host) for host in draw(st.lists(st.sampled_from(HOSTS), max_size=2))]
    for name in (b"x-tenant", b"Content-Type", b":authority", b"x_tenant"):
        lines += [(name, value) for value in draw(st.lists(st.sampled_from(VALUES), max_size=2))]
    if draw(st.booleans()):
        lines.append((b"access-control-request-method", b"GET"))
    return {
        "type": "http",
        "method": draw(st.sampled_from(["GET", "OPTIONS", "POST"])),
        "path": draw(st.sampled_from(PATHS)),
        "root_path": draw(st.sampled_from(["", "/a", "/other"])),
        "headers": draw(st.permutations(lines)),
    }


def environ_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    environ = {"REQUEST_METHOD": scope["method"], "PATH_INFO": scope["path"].encode().decode("latin-1")}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def both_ask(settings: Settings, ask: Any) -> tuple[Any, list[Any]]:
    """Ask both engines; return what both answer, and what the function saw of both."""
    notes = Notes(), Notes()
    pairs = [engines(settings._replace(allow_origin_func=func), ["https://listed.example"]) for func in notes]
    one, two = outcome(ask, pairs[0].native), outcome(ask, pairs[1].twin)
    assert (one if isinstance(one, Raised) else one.headers) == (two if isinstance(two, Raised) else two.headers)
    assert notes[0].seen == notes[1].seen
    return one, notes[0].seen


@given(st.data())
def test_the_engines_ask_alike(data: st.DataObject) -> None:
    vary = tuple(sorted(data.draw(st.sets(st.sampled_from(NAMES), min_size=1))))
    settings = Settings(vary=vary, origin_cache_ttl=data.draw(st.sampled_from([0, 60])))
    scope = data.draw(requests())
    _, of_scope = both_ask(settings, lambda engine: engine.decide_asgi(scope))
    both_ask(settings, lambda engine: engine.decide_asgi({**scope, "headers": iter(scope["headers"])}))
    both_ask(settings, lambda engine: engine.decide_wsgi(environ_of(scope)))
    given_: dict[str, Any] = {":path": scope["path"], ":authority": data.draw(st.sampled_from(HOSTS)), "x-tenant": b"a"}
    for name in data.draw(st.sets(st.sampled_from(list(given_)))):
        del given_[name]
    both_ask(settings, lambda engine: engine.decide(scope["method"], ORIGIN, request=given_))
    for _, request in of_scope:
        assert request.names == vary
        plain(request, scope)


def plain(request: DeclaredRequest, scope: Mapping[str, Any]) -> None:
    """What the function saw is what the documents say of this scope."""
    lines: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        lines.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    for name, value in zip(request.names, request.values, strict=True):
        if name == ":method":
            assert value == scope["method"]
        elif name == ":authority":
            assert [value] == ([host.lower() for host in lines.get("host", [])] or [""])
        elif name == ":path":
            path = scope["path"]
            root = scope["root_path"]
            if path == root or path.startswith(f"{root}/"):
                path = path[len(root) :]
            assert value == (path or "/")
        else:
            assert value == (", ".join(lines[name]) if name in lines else None)
        assert value is None or len(value) <= 1024


@given(st.data())
def test_what_is_remembered_is_what_would_be_said(data: st.DataObject) -> None:
    """A policy that remembers answers any number of requests as one that asks each time."""
    vary = tuple(sorted(data.draw(st.sets(st.sampled_from(NAMES), min_size=1))))
    remembers, asks = (
        engines(Settings(vary=vary, allow_origin_func=Notes(), origin_cache_ttl=ttl), []) for ttl in (60, 0)
    )
    for scope in data.draw(st.lists(requests(), min_size=2, max_size=6)):
        for one, two in zip(remembers, asks, strict=True):
            assert one.decide_asgi(scope).allowed is two.decide_asgi(scope).allowed
            environ = environ_of(scope)
            assert one.decide_wsgi(environ).allowed is two.decide_wsgi(environ).allowed
