"""Random applications of Litestar: the policy that a request gets is that of the handler which the framework runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("litestar")

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from litestar import Litestar, Request, Router, WebSocket, asgi, route, websocket
from litestar.exceptions import ImproperlyConfiguredException

import fastcors.litestar
from fastcors import Policy
from fastcors._twin.routes import Router as Table
from fastcors.litestar import CORS, cors_exempt, cross_origin
from tests.support.shims import shims_over

ORIGIN = (b"origin", b"https://app.example.com")
EXPOSE, MAX_AGE = b"access-control-expose-headers", b"access-control-max-age"


def policy_of(number: int) -> Policy:
    """A policy that can be told from the others by what it says of its age and of names."""
    return Policy(allow_origins="*", expose_headers=[f"X-{number}"], max_age=number, allow_methods=["PUT", "DELETE"])


POLICIES = [policy_of(number) for number in range(1, 4)]
GIVEN: list[dict[str, Any]] = [
    {"/": policy_of(9)},
    {"/": policy_of(9), "/a/": None, "/a/{x}": policy_of(8), "/b": policy_of(7), "/v1/": None},
]
Says = Any
"""A policy, None for no CORS, or a table for what no mark is about."""


@pytest.fixture(params=["cython", "python"], scope="module")
def shim(request: pytest.FixtureRequest) -> Any:
    return shims_over(request.param)["asgi"]


SEGMENTS = ["a", "b", "v1", "{x:int}", "{x:str}"]
MARKS = st.sampled_from([None, "exempt", 0, 1, 2])
METHODS = st.sampled_from([["GET"], ["PUT"], ["GET", "PUT"], ["DELETE"]])


@st.composite
def paths_of_handlers(draw: st.DrawFn) -> str:
    segments = draw(st.lists(st.sampled_from(SEGMENTS), max_size=3))
    named = [segment.replace("x", f"x{number}") for number, segment in enumerate(segments)]
    return "/" + "/".join(named) + draw(st.sampled_from(["", "", "", "/{rest:path}"]))


leaves = st.tuples(st.sampled_from(["route", "route", "socket"]), paths_of_handlers(), METHODS, MARKS)
mounts = st.tuples(st.just("mount"), st.sampled_from(["/m", "/a/m"]), st.none(), st.sampled_from(["exempt", 0, 1]))
routers = st.tuples(
    st.just("router"), st.sampled_from(["/", "/a", "/v1"]), st.lists(leaves, min_size=1, max_size=4), MARKS
)


def mounts_once(tree: list[Any]) -> bool:
    """Whether no path has two mounts, of which Litestar would give one every other path."""
    mounted = [path for kind, path, _, _ in tree if kind == "mount"]
    return len(mounted) == len(set(mounted))


trees: Any = st.lists(leaves | leaves | mounts | routers, min_size=1, max_size=6).filter(mounts_once)


class Application:
    """An application that was made of a tree, and what each of its handlers says."""

    def __init__(self, tree: list[Any], routes: dict[str, Any]) -> None:
        self.last: tuple[int, str] | None = None
        self.expected: list[Says] = []
        handlers = self.handlers(tree, Table(routes))
        self.app = Litestar(handlers, openapi_config=None, logging_config=None)

    def handlers(self, tree: list[Any], outer: Says) -> list[Any]:
        return [self.handler(kind, path, inner, said, outer) for kind, path, inner, said in tree]

    def handler(self, kind: str, path: str, inner: Any, said: Any, outer: Says) -> Any:
        says = outer if said is None else None if said == "exempt" else POLICIES[said]
        if kind == "router":
            router = Router(path, route_handlers=self.handlers(inner, says))
            if said is not None:
                CORS(router, says)
            return router
        self.expected.append(says)
        view = getattr(self, kind)(len(self.expected) - 1)
        if said is not None:
            view = (cors_exempt if says is None else cross_origin(says))(view)
        if kind == "socket":
            return websocket(path)(view)
        if kind == "mount":
            return asgi(path, is_mount=True, copy_scope=True)(view)
        return route(path, http_method=inner, status_code=200)(view)

    def route(self, number: int) -> Callable[..., Any]:
        async def view(request: Request[Any, Any, Any]) -> None:
            self.last = number, request.scope["path"]

        return view

    def socket(self, number: int) -> Callable[..., Any]:
        async def view(socket: WebSocket[Any, Any, Any]) -> None:
            self.last = number, socket.scope["path"]
            await socket.accept()

        return view

    def mount(self, number: int) -> Callable[..., Any]:
        async def view(scope: Any, receive: Any, send: Any) -> None:
            self.last = number, scope["path"]
            if scope["type"] == "websocket":
                await send({"type": "websocket.accept"})
                return
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        return view

    def runs(self, scope: dict[str, Any]) -> list[Policy | None]:
        """What the handler says that the framework runs, without a shim in front of it; nothing where none runs."""
        self.last = None
        self.ask(scope, Litestar.__call__)
        if self.last is None:
            return []
        number, path = self.last
        says = self.expected[number]
        return [says.find(path) if isinstance(says, Table) else says]

    def ask(self, scope: dict[str, Any], of: Any = None) -> list[dict[str, Any]]:
        """The messages that a server gets."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect" if scope["type"] == "websocket" else "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        call = (of or type(self.app).__call__)(self.app, dict(scope), receive, send)
        with pytest.raises(StopIteration):  # nothing here waits for anything
            call.send(None)
        return sent


def scope_of(path: str, root: str, method: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": root,
        "query_string": b"",
        "headers": [(b"host", b"app.example"), ORIGIN, *headers],
    }


def socket_of(path: str, root: str) -> dict[str, Any]:
    scope = {**scope_of(path, root, "GET"), "type": "websocket", "scheme": "ws", "subprotocols": []}
    del scope["method"]
    return scope


def sign(policy: Policy | None, header: bytes) -> bytes | None:
    """What the header that tells policies apart says under a policy."""
    if policy is None:
        return None
    number = policy.to_dict()["max_age"]
    return b"%d" % number if header == MAX_AGE else b"x-%d" % number


def said(messages: list[dict[str, Any]], header: bytes) -> bytes | None:
    (start,) = [message for message in messages if message["type"] == "http.response.start"]
    return dict(start["headers"]).get(header)


def begins_alike(path: str, root: str) -> bool:
    """Whether ``root_path`` is in front of a path, up to the edge of a segment, or nowhere in it; ``/`` is in front."""
    return root in ("/", path) or path.startswith(root + "/") or root not in path


roots = st.sampled_from(["", "/v1", "/v1", "/v1", "/a", "/", "v1", "/v1/", "/a/v1"])
pieces = st.sampled_from(["/a", "/b", "/7", "/v1", "/v1a", "/av1", "/m", "/mv1", "/é", "/a/v1"])
paths = st.lists(pieces, min_size=1, max_size=5).map("".join) | st.just("/")
ADMIN = ("route", "/a", ["GET"], "exempt")


@example([ADMIN, ("route", "/{rest:path}", ["GET"], None)], GIVEN[0], "/v1", ["/b/v1/a", "/v1a", "/bv1/a", "/v1/a"])
@example([("route", "/a/7", ["GET"], None), ("route", "/b", ["GET"], None)], GIVEN[1], "/v1", ["/b/v1/a/7", "/a/v1/b"])
@example([("socket", "/a", None, "exempt"), ("socket", "/b", None, 0)], GIVEN[0], "/v1", ["/b/v1/a", "/v1/b"])
@example([ADMIN, ("route", "/v1/a", ["GET"], 0)], GIVEN[0], "/v1/", ["/v1/a"])
@example([("route", "/", ["GET"], "exempt"), ("socket", "/{rest:path}", None, "exempt")], GIVEN[0], "", ["/a"])
@settings(max_examples=200, deadline=None)
@given(trees, st.sampled_from(GIVEN), roots, st.lists(paths, min_size=1, max_size=8))
def test_the_handler_that_runs_is_the_one_whose_policy_holds(
    shim: Any, tree: list[Any], routes: dict[str, Any], root: str, asked: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastcors.litestar, "CORSMiddleware", shim)
        try:
            made = Application(tree, routes)
        except ImproperlyConfiguredException:  # two handlers for one path
            assume(False)
        CORS(made.app, routes=routes, check_websocket_origin=True)
    for path in asked:
        for method in ("GET", "PUT", "DELETE", "POST"):
            for policy in made.runs(scope_of(path, root, method)):
                fit = [policy] if begins_alike(path, root) else [policy, None]  # None, unless it is for every path
                where = path, root, method
                answer = made.ask(scope_of(path, root, method))
                assert said(answer, EXPOSE) in [sign(each, EXPOSE) for each in fit], where
                asks = (b"access-control-request-method", method.encode())
                preflight = made.ask(scope_of(path, root, "OPTIONS", asks))
                assert said(preflight, MAX_AGE) in [sign(each, MAX_AGE) for each in fit], where
        for policy in made.runs(socket_of(path, root)):
            (first, *_) = made.ask(socket_of(path, root))
            closes = first["type"] == "websocket.close"
            assert closes or policy is not None, (path, root)
            assert not closes or policy is None or not begins_alike(path, root), (path, root)
