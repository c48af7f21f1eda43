"""What the shims add to a request, driven in process, against the application alone and against N (``_floor.pyx``).

Their targets are in N, the cost of a native wrapper that copies the application's headers and appends a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bench._floor import AsgiFloor, WsgiFloor  # type: ignore[import-not-found]
from bench.inputs import ACCEPTED, STRANGER, environ_of, requests, scope_of
from bench.policies import policy
from bench.rows import Row, Side, Target, python_loop, unroll
from fastcors import _shim, _twin_shims
from fastcors.asgi import CORSMiddleware as Asgi
from fastcors.wsgi import CORSMiddleware as Wsgi

KINDS = (("no Origin", None), ("allowed", ACCEPTED), ("refused", STRANGER))

PREFLIGHT_ASGI = policy("native", "1,000").decide_asgi(scope_of("OPTIONS", ACCEPTED)).headers
PREFLIGHT_WSGI = policy("native", "1,000").decide_wsgi(environ_of("OPTIONS", ACCEPTED)).headers_str


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with five headers and a small body."""
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"11"),
                (b"cache-control", b"no-store"),
                (b"etag", b'"33a64df5"'),
                (b"x-total-count", b"1"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": b'{"ok": true}'})


async def asgi_preflight(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the very bytes of an accepted preflight."""
    await send({"type": "http.response.start", "status": 204, "headers": list(PREFLIGHT_ASGI)})
    await send({"type": "http.response.body", "body": b""})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    """The same for WSGI."""
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", "11"),
            ("Cache-Control", "no-store"),
            ("ETag", '"33a64df5"'),
            ("X-Total-Count", "1"),
        ],
    )
    return [b'{"ok": true}']


def wsgi_preflight(environ: Any, start_response: Any) -> list[bytes]:
    """The same for WSGI."""
    start_response("204 No Content", list(PREFLIGHT_WSGI))
    return []


class Server:
    """Takes what an application sends, as cheaply as a server can, and keeps the last headers for the check."""

    headers: list[Any]

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.headers = message["headers"]

    def start_response(self, status: str, headers: list[Any], exc_info: Any = None) -> None:
        self.headers = headers


def over_twin(shim: type, base: type) -> Any:
    """Make the class that a shim is where the native engine cannot be loaded."""
    own = {name: value for name, value in vars(shim).items() if name not in ("__dict__", "__weakref__")}
    return type(shim.__name__, (_shim.Configurable, base), own)


TwinAsgi = over_twin(Asgi, _twin_shims.ASGIShim)
TwinWsgi = over_twin(Wsgi, _twin_shims.WSGIShim)


def run_to_end(coroutine: Any) -> None:
    """Run what never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def shim_side(form: Form, fresh: Callable[[], list[Any]], app: Any, headers: int) -> Side:
    """A side that answers requests, each with so many headers."""
    server = Server()
    if form.name == "ASGI":
        answer = python_loop("await call[0]({it}, None, call[1])")
    else:
        answer = python_loop("call[0]({it}, call[1])")
    bound = (app, server.send if form.name == "ASGI" else server.start_response)

    def loop(inputs: Any) -> None:
        coroutine: Any = answer(bound, inputs)
        if coroutine is not None:
            run_to_end(coroutine)

    def check() -> None:
        loop(unroll(fresh()))
        assert len(server.headers) == headers, server.headers

    return Side(loop, lambda: unroll(fresh()), len(fresh()), check)


class Form(NamedTuple):
    """What ASGI and WSGI differ in."""

    name: str
    app: Any
    preflight: Any
    native: Any
    twin: Any
    floor: Any
    request: Callable[[str, bytes | None], dict[str, object]]


FORMS = (
    Form("ASGI", asgi_app, asgi_preflight, Asgi, TwinAsgi, AsgiFloor, scope_of),
    Form("WSGI", wsgi_app, wsgi_preflight, Wsgi, TwinWsgi, WsgiFloor, environ_of),
)


def added_row(form: Form, name: str, sender: bytes | None) -> Row:
    """What the shim adds to an application with five headers of its own; N in the same way."""

    def make(side: str) -> Side:
        made: dict[str, Callable[[], tuple[Any, int]]] = {
            "bare": lambda: (form.app, 5),
            "N": lambda: (form.floor(form.app), 6),
            "native": lambda: (form.native(form.app, policy("native", "1,000")), 9 if sender == ACCEPTED else 6),
            "twin": lambda: (form.twin(form.app, policy("twin", "1,000")), 9 if sender == ACCEPTED else 6),
        }
        return shim_side(form, lambda: requests(lambda: form.request("GET", sender)), *made[side]())

    section = f"fastcors.{form.name.lower()}: added to a request"
    return Row(section, name, make, ("bare", "N", "native", "twin"), "bare", Target(1.3, "N"))


def preflight_row(form: Form) -> Row:
    """A whole preflight, against an application that answers with the same bytes."""

    def make(side: str) -> Side:
        app = form.preflight
        if side != "bare":
            app = (form.twin if side == "twin" else form.native)(form.app, policy(side, "1,000"))
        return shim_side(form, lambda: requests(lambda: form.request("OPTIONS", ACCEPTED)), app, 6)

    section = f"fastcors.{form.name.lower()}: a whole preflight, against an app that answers the same"
    return Row(section, "accepted", make, ("bare", "native", "twin"), None, Target(1.2, "bare"))


ROWS = [row for form in FORMS for row in (*(added_row(form, *kind) for kind in KINDS), preflight_row(form))]


def test_shims(case: Any, measure: Any) -> None:
    measure(case)
