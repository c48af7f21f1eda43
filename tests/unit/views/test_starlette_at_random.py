"""Random applications of Starlette: the policy that a request gets is that of the view which the framework runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("starlette")

from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

import fastcors.starlette
from fastcors import Policy
from fastcors.starlette import CORS, cors_exempt, cross_origin
from tests.support.shims import shims_over

ORIGIN = (b"origin", b"https://app.example.com")


def policy_of(number: int) -> Policy:
    """A policy that can be told from the others by what it says of its age and of names."""
    return Policy(allow_origins="*", expose_headers=[f"X-{number}"], max_age=number, allow_methods=["PUT", "DELETE"])


POLICIES = [policy_of(number) for number in range(1, 4)]
DEFAULT = policy_of(9)


@pytest.fixture(params=["cython", "python"], scope="module")
def shim(request: pytest.FixtureRequest) -> Any:
    return shims_over(request.param)["asgi"]


class Run:
    """What the views of an application did."""

    def __init__(self) -> None:
        self.last: int | None = None

    def view(self, number: int) -> Callable[..., Any]:
        async def view(request: Any) -> PlainTextResponse:
            self.last = number
            return PlainTextResponse("ran")

        return view

    def socket(self, number: int) -> Callable[..., Any]:
        async def socket(websocket: Any) -> None:
            self.last = number
            await websocket.accept()

        return socket


SEGMENTS = ["a", "b", "7", "{x}", "{x:int}", "f-{x}", "{x}.js", "{x:uuid}"]
ENDS = ["", "/", "/{rest:path}", "/{rest:path}/c"]
MARKS = st.sampled_from([None, "exempt", 0, 1, 2])
METHODS = st.sampled_from([["GET"], ["PUT"], ["GET", "PUT"], ["DELETE"], None])


@st.composite
def paths_of_routes(draw: st.DrawFn, ends: tuple[str, ...] = ("", "", "/", "/{rest:path}", "/{rest:path}/c")) -> str:
    segments = draw(st.lists(st.sampled_from(SEGMENTS), max_size=2))
    named = [segment.replace("x", f"x{number}") for number, segment in enumerate(segments)]
    return "".join("/" + segment for segment in named) + draw(st.sampled_from(ends)) or "/"


leaves = st.tuples(st.sampled_from(["route", "route", "class", "socket"]), paths_of_routes(), METHODS, MARKS)
trees: Any = st.recursive(
    st.lists(leaves, min_size=2, max_size=8),
    lambda inner: st.lists(
        leaves | st.tuples(st.sampled_from(["mount", "app", "host"]), paths_of_routes(("",)), inner, MARKS),
        min_size=1,
        max_size=6,
    ),
    max_leaves=12,
)


class Application:
    """An application that was made of a tree, and what each of its views says."""

    def __init__(self, tree: list[Any]) -> None:
        self.run = Run()
        self.expected: list[Policy | None] = []
        self.app = Starlette(routes=self.routes(tree, DEFAULT))
        self.bare = self.app.build_middleware_stack()

    def mark(self, view: Any, said: Any) -> Any:
        if said is None:
            return view
        return cors_exempt(view) if said == "exempt" else cross_origin(POLICIES[said])(view)

    def says(self, said: Any, outer: Policy | None) -> Policy | None:
        return outer if said is None else None if said == "exempt" else POLICIES[said]

    def routes(self, tree: list[Any], outer: Policy | None) -> list[Any]:
        return [self.route(kind, path, inner, said, outer) for kind, path, inner, said in tree]

    def route(self, kind: str, path: str, inner: Any, said: Any, outer: Policy | None) -> Any:
        number = len(self.expected)
        says = self.says(said, outer)
        if kind in ("mount", "app", "host"):
            router = Router(routes=self.routes(inner, says))
            app = Starlette(routes=router.routes) if kind == "app" else router
            made = Host("{sub}.example", app) if kind == "host" else Mount(path.rstrip("/"), app)
            if said is not None:
                CORS(made, None if said == "exempt" else POLICIES[said])
            return made
        self.expected.append(says)
        if kind == "socket":
            return WebSocketRoute(path, self.mark(self.run.socket(number), said))
        if kind == "class":
            return Route(path, self.endpoint(number, inner or ["GET"], said))
        return Route(path, self.mark(self.run.view(number), said), methods=inner)

    def endpoint(self, number: int, methods: list[str], said: Any) -> Any:
        view = self.run.view(number)

        async def answer(self: Any, request: Any) -> Any:
            return await view(request)

        handlers = {method.lower(): answer for method in methods}
        return self.mark(type("Endpoint", (HTTPEndpoint,), handlers), said)

    def runs(self, scope: dict[str, Any]) -> int | None:
        """The number of the view that the framework runs, without a shim in front of it."""
        self.run.last = None
        self.ask(scope, self.bare)
        return self.run.last

    def ask(self, scope: dict[str, Any], app: Any = None) -> list[dict[str, Any]]:
        """The messages that a server gets."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect" if scope["type"] == "websocket" else "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        call = (app or self.app)(dict(scope), receive, send)
        with pytest.raises(StopIteration):  # nothing here waits for anything
            call.send(None)
        return sent


def scope_of(path: str, method: str, host: bytes, root: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": root + path,
        "root_path": root,
        "query_string": b"",
        "headers": [(b"host", host), ORIGIN, *headers],
    }


def sign(policy: Policy | None, header: bytes) -> bytes | None:
    """What the header that tells policies apart says under a policy."""
    if policy is None:
        return None
    number = policy.to_dict()["max_age"]
    return b"%d" % number if header == b"access-control-max-age" else b"x-%d" % number


def said(messages: list[dict[str, Any]], header: bytes) -> bytes | None:
    (start,) = [message for message in messages if message["type"] == "http.response.start"]
    return dict(start["headers"]).get(header)


paths = st.lists(st.sampled_from(["a", "b", "7", "x", "f-1", "1.js", "c", "é"]), max_size=4).flatmap(
    lambda segments: st.sampled_from(["/" + "/".join(segments), "/" + "/".join([*segments, ""])])
)


@example([("route", "/a", None, None), ("route", "/{x:int}", None, 0)], ["/a", "/7"], b"app.example", "")
@example([("route", "/{x:int}/b", ["GET"], 0), ("route", "/{x}/b", ["PUT"], 1)], ["/7/b", "/a/b"], b"app.example", "")
@example([("mount", "/a", [("route", "/", None, 0)], 1), ("route", "/{x}", None, 2)], ["/a", "/a/"], b"app.example", "")
@example([("route", "/", None, "exempt"), ("socket", "/{rest:path}", None, "exempt")], ["/"], b"app.example", "")
@settings(max_examples=300, deadline=None)
@given(
    trees,
    st.lists(paths, min_size=1, max_size=12),
    st.sampled_from([b"app.example", b"other.test"]),
    st.sampled_from(["", "/v1"]),
)
def test_the_view_that_runs_is_the_one_whose_policy_holds(
    shim: Any, tree: list[Any], asked: list[str], host: bytes, root: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastcors.starlette, "CORSMiddleware", shim)
        made = Application(tree)
        CORS(made.app, DEFAULT, check_websocket_origin=True)
    for path in asked:
        if "//" in path:
            continue
        for method in ("GET", "HEAD", "PUT", "DELETE", "POST"):
            scope = scope_of(path, method, host, root)
            ran = made.runs(scope)
            if ran is None:
                continue  # no view's policy is right or wrong where there is no view
            expected = made.expected[ran]
            assert said(made.ask(scope), b"access-control-expose-headers") == sign(expected, b""), (path, method)
            asks = (b"access-control-request-method", method.encode())
            preflight = made.ask(scope_of(path, "OPTIONS", host, root, asks))
            assert said(preflight, b"access-control-max-age") == sign(expected, b"access-control-max-age"), (
                path,
                method,
            )
        socket = {**scope_of(path, "GET", host, root), "type": "websocket", "subprotocols": []}
        del socket["method"]
        ran = made.runs(socket)
        if ran is not None:
            assert made.ask(socket)[0]["type"] == (
                "websocket.close" if made.expected[ran] is None else "websocket.accept"
            )
