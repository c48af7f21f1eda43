"""``fastcors.sanic.CORS``: outside of all that answers in the application, on Sanic's own server and under ASGI."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sanic_testing")

from sanic import Blueprint, Request, Sanic, Websocket
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, file, json, redirect, text

import fastcors
from fastcors import PolicyError
from fastcors.asgi import CORSMiddleware
from fastcors.sanic import CORS

pytestmark = pytest.mark.filterwarnings("ignore:.*Passing the loop argument to listeners:DeprecationWarning")

SITE = "https://app.example.com"
OTHER = "https://other.example.com"
FROM_SITE = {"Origin": SITE}
ACAO = "access-control-allow-origin"
ASKS_PUT = {"Access-Control-Request-Method": "PUT"}
_numbers = itertools.count()
LOGGERS = ("sanic.root", "sanic.error", "sanic.access", "sanic.server")


class BrokenError(Exception):
    """What the applications here raise."""


async def hello(request: Request) -> HTTPResponse:
    return text("hello")


async def fail(request: Request) -> HTTPResponse:
    raise BrokenError("secret")


async def gone(request: Request) -> HTTPResponse:
    raise SanicException("no more", status_code=410, headers={"X-Own": "1"})


async def move(request: Request) -> HTTPResponse:
    return redirect("/hello")


async def nothing(request: Request) -> None:
    return None


async def empty(request: Request) -> HTTPResponse:
    return HTTPResponse(status=204)


async def items(request: Request) -> HTTPResponse:
    return json([1, 2])


async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/csv", headers={"Vary": "Accept"})
    response.headers["Access-Control-Allow-Origin"] = "*"
    await response.send("one,")
    await response.send("two")
    await response.eof()


VIEWS = (hello, fail, gone, move, nothing, empty, items, stream)


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """Take what Sanic keeps for all applications of a process back to what it was."""
    calls = Sanic.__call__
    kept = dict(Sanic._app_registry)
    yield
    Sanic._app_registry.clear()
    Sanic._app_registry.update(kept)
    Sanic.__call__ = calls  # type: ignore[method-assign]  # which the client for ASGI replaces
    Sanic.test_mode = False


def make(**arguments: Any) -> Sanic[Any, Any]:
    app = Sanic(f"app-{next(_numbers)}", configure_logging=False, **arguments)
    app.config.AUTO_EXTEND = False
    part = Blueprint("part", url_prefix="/sub")
    for view in VIEWS:
        app.add_route(view, f"/{view.__name__}")
        part.add_route(view, f"/{view.__name__}")
    app.blueprint(part)
    return app


def own(app: Sanic[Any, Any], method: str, path: str, headers: Any) -> Any:
    client = app.test_client
    return getattr(client, method.lower())(path, headers=headers, allow_redirects=False, gather_request=False)[1]


def asgi(app: Sanic[Any, Any], method: str, path: str, headers: Any) -> Any:
    async def ask() -> Any:
        return (await app.asgi_client.request(method, path, headers=headers, gather_request=False))[1]

    return asyncio.run(ask())


@pytest.fixture(params=[own, asgi])
def get(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return (status, headers, body) for a request from the site, on Sanic's own server or under ASGI."""

    def get(app: Sanic[Any, Any], path: str, method: str = "GET", **headers: str) -> Any:
        sent = FROM_SITE | {name.replace("_", "-"): value for name, value in headers.items()}
        response = request.param(app, method, path, sent)
        found = dict(response.headers.multi_items())
        assert len(found) == len(response.headers.multi_items())
        return response.status_code, found, response.content

    return get


class TestAnswers:
    @pytest.mark.parametrize("prefix", ["", "/sub"])
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/hello", 200),
            ("HEAD", "/hello", 405),
            ("GET", "/fail", 500),
            ("GET", "/gone", 410),
            ("GET", "/move", 302),
            ("GET", "/nothing", 500),
            ("GET", "/empty", 204),
            ("GET", "/items", 200),
            ("GET", "/nowhere", 404),
            ("PUT", "/hello", 405),
            ("OPTIONS", "/hello", 405),
        ],
    )
    def test_every_answer_has_the_headers_and_all_else_as_it_was(
        self, get: Any, policy_class: Any, prefix: str, method: str, path: str, status: int
    ) -> None:
        without, app = make(), make()
        CORS(app, policy_class(allow_origins=[SITE]))
        before, after = get(without, prefix + path, method), get(app, prefix + path, method)
        assert after == (status, {**before[1], ACAO: SITE, "vary": "Origin"}, before[2])
        assert before[0] == status

    def test_a_stream_has_the_policys_headers_in_place_of_its_own(self, get: Any, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, body = get(app, "/stream")
        assert (status, headers[ACAO], headers["vary"], body) == (200, SITE, "Accept, Origin", b"one,two")

    def test_files_have_the_headers(self, get: Any, policy_class: Any, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("a")
        app = make()
        app.static("/static", tmp_path)
        app.add_route(lambda request: file(tmp_path / "a.txt"), "/a", name="a")
        CORS(app, policy_class(allow_origins=[SITE]))
        answers = [get(app, "/static/a.txt"), get(app, "/static/b.txt"), get(app, "/static/a.txt", "POST")]
        answers.append(get(app, "/a"))
        assert [status for status, _, _ in answers] == [200, 404, 405, 200]
        assert {headers[ACAO] for _, headers, _ in answers} == {SITE}

    def test_the_headers_go_in_after_all_middlewares(self, get: Any, policy_class: Any) -> None:
        app = make()

        @app.on_response(priority=-99)
        async def replace(request: Request, response: HTTPResponse) -> HTTPResponse:
            return text("replaced", headers={"Access-Control-Allow-Origin": "*", "Vary": "Cookie"})

        @app.on_response
        async def never(request: Request, response: HTTPResponse) -> None:
            raise AssertionError("a middleware that answers is the last one")

        CORS(app, policy_class(allow_origins=[SITE]))
        _, headers, body = get(app, "/hello")
        assert (headers[ACAO], headers["vary"], body) == (SITE, "Cookie, Origin", b"replaced")

    def test_an_error_of_a_middleware_leaves_an_answer_with_the_headers(self, get: Any, policy_class: Any) -> None:
        app = make()

        @app.on_request
        async def broken(request: Request) -> None:
            raise BrokenError

        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, _ = get(app, "/hello")
        assert (status, headers[ACAO]) == (500, SITE)
        app = make()

        @app.on_response
        async def broken_later(request: Request, response: HTTPResponse) -> None:
            raise BrokenError

        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, _ = get(app, "/hello")
        assert (status, headers[ACAO]) == (200, SITE)

    def test_a_handler_of_exceptions_answers_with_the_headers(self, get: Any, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))

        @app.exception(BrokenError)
        async def answer(request: Request, error: Exception) -> HTTPResponse:
            return json({"error": type(error).__name__}, 500)

        status, headers, body = get(app, "/fail")
        assert (status, headers[ACAO], body) == (500, SITE, b'{"error":"BrokenError"}')

    def test_a_response_that_is_sent_again_is_left_as_it_is(self, get: Any, policy_class: Any) -> None:
        shared = text("shared", headers={"Access-Control-Allow-Origin": "https://own.example"})
        app = make()
        app.add_route(lambda request: shared, "/a", name="a")
        app.add_route(lambda request: shared, "/b", name="b")
        CORS(app, routes={"/a": policy_class(allow_origins=[SITE])})
        assert [get(app, path)[1][ACAO] for path in ("/a", "/b", "/a")] == [SITE, "https://own.example", SITE]
        assert "vary" not in shared.headers
        assert (type(shared).__name__, repr(shared)) == (
            "HTTPResponse",
            "<HTTPResponse: 200 text/plain; charset=utf-8>",
        )


class TestExceptions:
    @pytest.mark.parametrize("debug", [False, True])
    @pytest.mark.parametrize("path", ["/fail", "/nothing"])
    def test_the_log_and_the_page_are_those_that_there_are_without(
        self, policy_class: Any, caplog: pytest.LogCaptureFixture, debug: bool, path: str
    ) -> None:
        def run(app: Sanic[Any, Any]) -> Any:
            caplog.clear()
            app.config.FALLBACK_ERROR_FORMAT = "text"
            client = app.test_client
            response = client.get(path, headers=FROM_SITE, debug=debug, gather_request=False)[1]
            logged = [
                (record.levelname, frames(record.exc_info)) for record in caplog.records if record.name == "sanic.error"
            ]
            lines = [line for line in response.text.splitlines() if "app-" not in line]
            return (response.status_code, lines, response.headers.get(ACAO)), logged

        for name in LOGGERS:
            logging.getLogger(name).propagate = True
            caplog.set_level(logging.ERROR, name)
        without, log = run(make())
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        found, own_log = run(app)
        assert own_log == log != []
        assert found == (*without[:2], SITE)
        assert any("secret" in line for line in found[1]) is (debug and path == "/fail")

    def test_the_signals_of_a_request_are_sent_as_they_are_without(self, get: Any, policy_class: Any) -> None:
        def watch(app: Sanic[Any, Any]) -> list[str]:
            seen: list[str] = []
            for name in ("request", "handle", "response", "exception"):

                async def note(name: str = name, **_: Any) -> None:
                    seen.append(name)

                app.signal(f"http.lifecycle.{name}")(note)
            return seen

        without, app = make(), make()
        before, after = watch(without), watch(app)
        CORS(app, policy_class(allow_origins=[SITE], allow_methods=["PUT"]))
        for path in ("/hello", "/fail", "/nowhere"):
            get(without, path)
            get(app, path)
        assert after == before
        after.clear()
        assert get(app, "/hello", "OPTIONS", **ASKS_PUT)[0] == 204
        assert after == ["request", "response"]


def frames(info: Any) -> Any:
    """Return the exception of a log record, and the functions that it came through."""
    if not info or info[1] is None:
        return None
    found, traceback = [], info[2]
    while traceback is not None:
        found.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    return type(info[1]).__name__, found


class TestPreflights:
    def test_they_are_answered_before_all_middlewares(self, get: Any, policy_class: Any) -> None:
        app = make()

        @app.on_request
        async def authenticate(request: Request) -> HTTPResponse:
            return text("who are you?", 401)

        CORS(app, policy_class(allow_origins=[SITE], allow_methods=["PUT"], max_age=7))
        for path in ("/hello", "/nowhere", "/sub/hello"):
            status, headers, body = get(app, path, "OPTIONS", **ASKS_PUT)
            assert (status, body, headers[ACAO], headers["access-control-max-age"]) == (204, b"", SITE, "7")
            assert not {"content-length", "content-type"} & set(headers)
        status, headers, body = get(app, "/hello", "OPTIONS", **{**ASKS_PUT, "Origin": OTHER})
        assert (status, body, ACAO in headers) == (403, b"", False)
        assert get(app, "/hello")[0] == 401

    def test_a_refusal_says_why_with_debug(self, get: Any, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE], debug=True))
        status, headers, body = get(app, "/hello", "OPTIONS", **ASKS_PUT, Access_Control_Request_Headers="x-a")
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert b"method-not-allowed" in body

    @pytest.mark.parametrize("on_conflict", ["replace", "keep"])
    def test_the_application_may_answer_them(self, get: Any, policy_class: Any, on_conflict: Any) -> None:
        own = {"Access-Control-Allow-Origin": "https://own.example", "Access-Control-Allow-Methods": "DELETE"}
        app = make()

        @app.options("/answers")
        async def answers(request: Request) -> HTTPResponse:
            return text("mine", 202, headers=own)

        @app.options("/silent")
        async def silent(request: Request) -> HTTPResponse:
            return text("mine", 202)

        @app.options("/streams")
        async def streams(request: Request) -> None:
            response = await request.respond(status=202)
            await response.send("one,")
            await response.send("two", True)

        policy = policy_class(allow_origins=[SITE], allow_methods=["PUT"])
        CORS(app, policy, preflight_continue=True, on_conflict=on_conflict)
        keeps = on_conflict == "keep"
        expected = {
            "/answers": (202, "https://own.example" if keeps else SITE, "DELETE" if keeps else "PUT", b"mine"),
            "/silent": (204 if keeps else 202, SITE, "PUT", b"" if keeps else b"mine"),
            "/streams": (202, SITE, "PUT", b"one,two"),
        }
        for path, answer in expected.items():
            status, headers, body = get(app, path, "OPTIONS", **ASKS_PUT)
            assert (status, headers[ACAO], headers["access-control-allow-methods"], body) == answer
        status, headers, _ = get(app, "/nowhere", "OPTIONS", **ASKS_PUT)
        assert (status, headers[ACAO]) == (204 if keeps else 404, SITE)

    def test_the_body_of_a_preflight_is_read_so_that_the_connection_is_kept(
        self, policy_class: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE], allow_methods=["PUT"]))
        logging.getLogger("sanic.error").propagate = True
        head = f"Host: a\r\nOrigin: {SITE}\r\nAccess-Control-Request-Method: PUT\r\nContent-Length: 4\r\n\r\nbody"
        answer = raw(app, f"OPTIONS /hello HTTP/1.1\r\n{head}GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        assert [answer.count(line) for line in (b"HTTP/1.1 204", b"HTTP/1.1 200")] == [1, 1]
        assert [record for record in caplog.records if record.name == "sanic.error"] == []


def raw(app: Sanic[Any, Any], request: bytes) -> bytes:
    """Return what Sanic's own server answers to these bytes."""
    found = []

    @app.after_server_start
    async def ask(app: Sanic[Any, Any]) -> None:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(request)
        found.append(await reader.read())
        writer.close()
        await writer.wait_closed()
        app.stop()

    Sanic.test_mode = True
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app.run(sock=listener, single_process=True, motd=False, access_log=False)
    return found[0]


HANDSHAKE = (
    "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}\r\n"
)


class TestWebSockets:
    def app(self) -> Sanic[Any, Any]:
        app = make()

        @app.websocket("/socket")
        async def echo(request: Request, session: Websocket) -> None:
            await session.close()

        return app

    def open(self, app: Sanic[Any, Any], origin: str | None, upgrade: str = "websocket") -> bytes:
        line = f"Origin: {origin}\r\nConnection: close\r\n" if origin else ""
        # A close frame, so that the server ends the session (RFC 6455, section 5.5.1).
        return raw(app, HANDSHAKE.format(upgrade=upgrade, origin=line).encode() + b"\x88\x80abcd")

    def test_handshakes_pass(self, policy_class: Any) -> None:
        for origin in (SITE, OTHER, None):
            app = self.app()
            CORS(app, policy_class(allow_origins=[SITE]))
            answer = self.open(app, origin)
            assert answer.startswith(b"HTTP/1.1 101")
            assert b"access-control" not in answer.lower()

    @pytest.mark.parametrize("upgrade", ["websocket", "WebSocket", "websocket ", "h2c, websocket"])
    def test_handshakes_of_other_sites_are_refused_where_that_was_asked_for(
        self, policy_class: Any, upgrade: str
    ) -> None:
        app = self.app()
        CORS(app, policy_class(allow_origins=[SITE]), check_websocket_origin=True)
        answer = self.open(app, OTHER, upgrade)
        assert answer.startswith(b"HTTP/1.1 403")
        assert b"access-control" not in answer.lower()

    def test_handshakes_of_allowed_sites_and_of_no_browser_open_where_they_are_checked(self, policy_class: Any) -> None:
        for arguments, origin, status in (
            ({"policy": policy_class(allow_origins=[SITE])}, SITE, b"101"),
            ({"policy": policy_class(allow_origins=[SITE])}, None, b"101"),
            ({"routes": {"/other/": policy_class(allow_origins=[SITE])}}, SITE, b"403"),
            ({"routes": {"/other/": policy_class(allow_origins=[SITE])}}, None, b"101"),
            ({"policy": None}, OTHER, b"101"),
        ):
            app = self.app()
            CORS(app, check_websocket_origin=True, **arguments)
            assert self.open(app, origin).startswith(b"HTTP/1.1 " + status)

    @pytest.mark.parametrize(("origin", "sent"), [(SITE, ["accept"]), (OTHER, ["close"]), (None, ["accept"])])
    def test_under_asgi_a_handshake_is_refused_by_a_close(
        self, policy_class: Any, origin: str | None, sent: list[str]
    ) -> None:
        app = self.app()
        CORS(app, policy_class(allow_origins=[SITE]), check_websocket_origin=True)
        messages: list[Any] = []
        scope = {
            "type": "websocket",
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/socket",
            "raw_path": b"/socket",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"origin", origin.encode())] if origin else [],
            "subprotocols": [],
        }

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            messages.append(message)

        async def run() -> None:
            Sanic.test_mode = True
            app.asgi = True
            await app._startup()
            await app(scope, receive, send)

        asyncio.run(run())
        assert [message["type"].removeprefix("websocket.") for message in messages][: len(sent)] == sent
        if origin == OTHER:
            assert messages == [{"type": "websocket.close", "code": 1008}]


class TestRoutes:
    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/items/7", True),
            ("/items/a%2Fb", True),
            ("/%69tems/7", False),
            ("/%74wo/7", True),
            ("/caf%C3%A9", True),
            ("/caf%c3%a9", False),
            ("/items/a%20b%c3%a9", True),
            ("/closed/x", False),
            ("/closed%2Fx", False),
            ("/items%2Fx", False),
            ("/%2Fitems/7", False),
            ("//items/7", False),
            ("/items/%2E%2E/x", False),
            ("/items%5Cx", False),
            ("/closed%252Fx", True),
        ],
    )
    def test_a_path_gets_the_policy_of_both_ways_of_reading_it(
        self, policy_class: Any, path: str, allowed: bool
    ) -> None:
        app = make()
        one, two = policy_class(allow_origins=[SITE]), policy_class(allow_origins=[SITE])
        CORS(app, routes={"/items/": one, "/café": one, "/": two, "/closed/": None})
        answer = raw(app, f"GET {path} HTTP/1.1\r\nConnection: close\r\nOrigin: {SITE}\r\n\r\n".encode())
        assert (f"access-control-allow-origin: {SITE}".encode() in answer) is allowed

    def test_policy_and_routes_may_be_replaced_while_it_runs(self, get: Any, policy_class: Any) -> None:
        app = make()
        shim = CORS(app, policy_class(allow_origins=[OTHER]))
        found = []
        for change in (
            {},
            {"policy": policy_class(allow_origins=[SITE])},
            {"routes": {"/sub/": policy_class(allow_origins=[SITE])}},
            {"policy": None},
        ):
            for name, value in change.items():
                setattr(shim, name, value)
            found.append([ACAO in get(app, path)[1] for path in ("/hello", "/sub/hello")])
        assert found == [[False, False], [True, True], [False, True], [False, False]]


class TestRequests:
    def test_the_application_is_told_what_was_decided_where_that_is_wanted(self, get: Any, policy_class: Any) -> None:
        app = make()

        @app.get("/view")
        async def view(request: Request) -> HTTPResponse:
            decision = request.ctx.fastcors
            return text(f"{decision.allowed} {decision.reason}")

        CORS(app, policy_class(allow_origins=[SITE]), tell_application=True)
        assert get(app, "/view")[2] == b"True ok"
        assert get(app, "/view", Origin=OTHER)[2] == b"False origin-not-allowed"

    def test_nothing_is_told_or_counted_where_that_is_not_wanted(self, get: Any, policy_class: Any) -> None:
        for count in (False, True):
            app = make()
            app.add_route(lambda request: text(str(vars(request.ctx))), "/view", name="view")
            policy = policy_class(allow_origins=[SITE])
            CORS(app, policy, count_decisions=count)
            assert get(app, "/view")[2] == b"{}"
            get(app, "/view", Origin=OTHER)
            get(app, "/view", "OPTIONS", **ASKS_PUT)
            counts = {reason.value: number for reason, number in policy.counts().items() if number}
            expected = {"ok": 1, "origin-not-allowed": 1, "method-not-allowed": 1}
            assert counts == (expected if count else {})

    def test_it_is_told_too_where_something_was_in_the_context_before(self, get: Any, policy_class: Any) -> None:
        app = make()

        @app.signal("http.lifecycle.request")
        async def note(request: Request) -> None:
            request.ctx.noted = "noted"

        @app.get("/view")
        async def view(request: Request) -> HTTPResponse:
            return text(f"{request.ctx.noted} {request.ctx.fastcors.reason}")

        CORS(app, policy_class(allow_origins=[SITE]), tell_application=True)
        assert get(app, "/view")[2] == b"noted ok"

    def test_a_request_class_and_a_context_of_the_applications_own_are_kept(self, get: Any, policy_class: Any) -> None:
        class Context:
            __slots__ = ("value",)

        class Own(Request):
            more = "more"

            @staticmethod
            def make_context() -> Any:
                return Context()

        app = make(request_class=Own)

        @app.get("/view")
        async def view(request: Any) -> HTTPResponse:
            request.ctx.value = request.more
            return text(f"{type(request).__name__} {request.ctx.value}")

        CORS(app, policy_class(allow_origins=[SITE]), tell_application=True)
        status, headers, body = get(app, "/view")
        assert (status, headers[ACAO], body) == (200, SITE, b"Own more")

    def test_an_asynchronous_function_is_awaited(self, get: Any, policy_class: Any) -> None:
        async def allow(origin: str) -> bool:
            await asyncio.sleep(0)
            return origin == SITE

        app = make()
        CORS(app, policy_class(allow_origin_func=allow, allow_methods=["PUT"]))
        assert get(app, "/fail")[1][ACAO] == SITE
        assert get(app, "/hello", "OPTIONS", **ASKS_PUT)[0] == 204
        assert ACAO not in get(app, "/hello", Origin=OTHER)[1]
        assert get(app, "/hello", "OPTIONS", **{**ASKS_PUT, "Origin": OTHER})[0] == 403

    @pytest.mark.parametrize(
        "value", [b"https://app.example.com\xe9", b"\xff", "https://äpp.example.com".encode(), b""]
    )
    def test_a_malformed_origin_is_refused_and_never_sent_back(self, policy_class: Any, value: bytes) -> None:
        app = make()
        CORS(app, policy_class(dangerously_reflect_any_origin=True))
        answer = raw(app, b"GET /hello HTTP/1.1\r\nConnection: close\r\nOrigin: " + value + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"vary: Origin" in answer
        assert b"access-control" not in answer

    def test_two_lines_of_origin_are_refused(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        line = f"Origin: {SITE}\r\n"
        answer = raw(app, f"GET /hello HTTP/1.1\r\nConnection: close\r\n{line}{line}\r\n".encode())
        assert b"vary: Origin" in answer
        assert b"access-control" not in answer

    def test_what_the_server_cannot_read_gets_its_own_answer(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        answer = raw(app, f"GET /hello HTTP/7\r\nOrigin: {SITE}\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"access-control" not in answer


class TestTheApplicationStays:
    def test_it_is_the_object_that_it_was(self) -> None:
        app = make()
        before = repr(app), type(app).__name__, type(app).__module__, Sanic.get_app(app.name)
        CORS(app, allow_origins=[SITE])
        assert (repr(app), type(app).__name__, type(app).__module__, Sanic.get_app(app.name)) == before
        assert isinstance(app, Sanic)
        with pytest.raises(AttributeError, match=r"instance to use instance\.ctx"):
            app.own = 1  # type: ignore[attr-defined]

    def test_routes_blueprints_and_middlewares_may_be_added_later(self, get: Any) -> None:
        app = Sanic("late", configure_logging=False)
        app.config.AUTO_EXTEND = False
        CORS(app, allow_origins=[SITE])
        part = Blueprint("part", url_prefix="/part")
        part.add_route(hello, "/hello")
        app.blueprint(part)
        app.add_route(hello, "/hello")

        @app.on_response
        async def mark(request: Request, response: HTTPResponse) -> None:
            response.headers["x-mark"] = "1"

        for path in ("/hello", "/part/hello"):
            _, headers, _ = get(app, path)
            assert (headers[ACAO], headers["x-mark"]) == (SITE, "1")


class TestRefused:
    def test_cors_twice(self, get: Any) -> None:
        app = make()
        CORS(app, allow_origins=[SITE])
        with pytest.raises(RuntimeError, match="has CORS already: a request can have only one policy"):
            CORS(app, allow_origins=[OTHER])
        assert get(app, "/hello")[1][ACAO] == SITE

    def test_what_is_no_sanic_application(self) -> None:
        app = make()
        for wrong in (None, make, Sanic, Blueprint("b"), app.router, CORSMiddleware(app, None), "app"):
            with pytest.raises(TypeError, match=r"app must be a sanic\.Sanic"):
                CORS(wrong, allow_origins=[SITE])  # type: ignore[arg-type]

    def test_handle_errors_by_its_name(self) -> None:
        for arguments in ({"allow_origins": [SITE]}, {"policy": fastcors.Policy(allow_origins=[SITE])}):
            with pytest.raises(PolicyError, match="responds to every exception") as caught:
                CORS(make(), handle_errors=True, **arguments)  # type: ignore[call-arg]
            assert [(issue.code, issue.field) for issue in caught.value.issues] == [
                ("unknown-parameter", "handle_errors")
            ]

    def test_a_wrong_policy_and_the_application_stays_as_it_was(self, get: Any) -> None:
        app = make()
        for error, arguments in (
            (TypeError, {}),
            (PolicyError, {"allow_origins": ["https://App.example.com/"]}),
            (PolicyError, {"routes": {"api": None}}),
            (ValueError, {"allow_origins": [SITE], "on_conflict": "both"}),
            (PolicyError, {"allow_origins": [SITE], "check_websocket_origin": "no"}),
        ):
            with pytest.raises(error):
                CORS(app, **arguments)
        assert type(app) is Sanic
        assert ACAO not in get(app, "/hello")[1]

    def test_the_import_without_sanic(self) -> None:
        script = "import sys; sys.modules['sanic'] = None; import fastcors.sanic"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert 'ImportError: fastcors.sanic needs Sanic, which pip install "fastcors[sanic]"' in done.stderr
