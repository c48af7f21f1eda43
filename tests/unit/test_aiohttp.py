"""``fastcors.aiohttp.CORS``: outside of all that answers in the application, which stays the object that it was."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from aiohttp import WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDict

import fastcors
from fastcors import PolicyError
from fastcors.aiohttp import CORS
from fastcors.asgi import CORSMiddleware

SITE = "https://app.example.com"
OTHER = "https://other.example.com"
FROM_SITE = {"Origin": SITE}
ACAO = "access-control-allow-origin"
ASKS_PUT = {"Access-Control-Request-Method": "PUT"}


class BrokenError(Exception):
    """What the applications here raise."""


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def fail(request: web.Request) -> web.Response:
    raise BrokenError("secret")


async def gone(request: web.Request) -> web.Response:
    raise web.HTTPGone(text="no more", headers={"X-Own": "1"})


async def move(request: web.Request) -> web.Response:
    raise web.HTTPFound("/hello")


async def late(request: web.Request) -> web.Response:
    raise asyncio.TimeoutError


async def nothing(request: web.Request) -> Any:
    return None


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Access-Control-Allow-Origin": "*", "Vary": "Accept"})
    await response.prepare(request)
    await response.write(b"one,")
    await response.write_eof(b"two")
    return response


async def break_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"one,")
    raise BrokenError


async def socket(request: web.Request) -> web.WebSocketResponse:
    session = web.WebSocketResponse()
    await session.prepare(request)
    await session.send_str("open")
    await session.close()
    return session


LOOP = asyncio.new_event_loop()
"""An application belongs to the loop that it has run on."""

VIEWS = (hello, fail, gone, move, late, nothing, stream, break_off, socket)


def make(**arguments: Any) -> web.Application:
    app, inner = web.Application(**arguments), web.Application()
    for part in (app, inner):
        part.add_routes([web.get(f"/{view.__name__}", view) for view in VIEWS])
    app.add_subapp("/sub", inner)
    return app


@pytest.fixture(scope="session", autouse=True)
def close_loop() -> Iterator[None]:
    """Close the loop after all tests."""
    yield
    LOOP.close()


def serve(app: web.Application, use: Callable[[Any], Awaitable[Any]], **arguments: Any) -> Any:
    """Return what ``use`` returns for a client of the application, which runs on a server of its own."""

    async def run() -> Any:
        async with TestClient(TestServer(app), **arguments) as client:
            return await use(client)

    return LOOP.run_until_complete(run())


def get(app: web.Application, path: str, method: str = "GET", **headers: str) -> Any:
    """Return (status, headers with lower-case names but Date, body) for a request from the site."""

    async def use(client: Any) -> Any:
        sent = FROM_SITE | {name.replace("_", "-"): value for name, value in headers.items()}
        async with client.request(method, path, headers=sent, allow_redirects=False) as response:
            found = {name.lower(): value for name, value in response.headers.items() if name != "Date"}
            assert len(found) == len(response.headers) - 1
            return response.status, found, await response.read()

    return serve(app, use)


def raw(app: web.Application, request: bytes) -> bytes:
    """Return what the server answers to these bytes, until it closes the connection."""

    async def use(client: Any) -> bytes:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    answer: bytes = serve(app, use)
    return answer


class TestAnswers:
    @pytest.mark.parametrize("prefix", ["", "/sub"])
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/hello", 200),
            ("HEAD", "/hello", 200),
            ("GET", "/fail", 500),
            ("GET", "/gone", 410),
            ("GET", "/move", 302),
            ("GET", "/late", 504),
            ("GET", "/nothing", 500),
            ("GET", "/nowhere", 404),
            ("PUT", "/hello", 405),
            ("OPTIONS", "/hello", 405),
        ],
    )
    def test_every_answer_has_the_headers_and_all_else_as_it_was(
        self, policy_class: Any, prefix: str, method: str, path: str, status: int
    ) -> None:
        without, app = make(), make()
        CORS(app, policy_class(allow_origins=[SITE]))
        before, after = get(without, prefix + path, method), get(app, prefix + path, method)
        assert after == (status, {**before[1], ACAO: SITE, "vary": "Origin"}, before[2])
        assert before[0] == status

    def test_a_stream_has_the_policys_headers_in_place_of_its_own(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, body = get(app, "/stream")
        assert (status, headers[ACAO], headers["vary"], body) == (200, SITE, "Accept, Origin", b"one,two")

    def test_files_have_the_headers(self, policy_class: Any, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("a")
        app = make()
        app.router.add_static("/static", tmp_path)
        CORS(app, policy_class(allow_origins=[SITE]))
        found = get(app, "/static/a.txt")
        answers = [
            found,
            get(app, "/static/a.txt", If_None_Match=found[1]["etag"]),
            get(app, "/static/a.txt", Range="bytes=5-"),
            get(app, "/static/b.txt"),
            get(app, "/static/a.txt", "POST"),
        ]
        assert [status for status, _, _ in answers] == [200, 304, 416, 404, 405]
        assert {headers[ACAO] for _, headers, _ in answers} == {SITE}

    def test_the_headers_go_in_after_the_applications_signals_and_middlewares(self, policy_class: Any) -> None:
        async def sign(request: web.Request, response: web.StreamResponse) -> None:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["X-Signed"] = "1"

        @web.middleware
        async def vary(request: web.Request, handler: Any) -> Any:
            response = await handler(request)
            response.headers["Vary"] = "Cookie"
            return response

        app = make(middlewares=[vary])
        app.on_response_prepare.append(sign)
        CORS(app, policy_class(allow_origins=[SITE]))
        _, headers, _ = get(app, "/hello")
        assert (headers[ACAO], headers["x-signed"], headers["vary"]) == (SITE, "1", "Cookie, Origin")

    def test_headers_that_several_responses_share_are_left_as_they_are(self, policy_class: Any) -> None:
        shared = CIMultiDict({"X-Own": "1", "Access-Control-Allow-Origin": "https://own.example", "Date": "today"})

        async def view(request: web.Request) -> web.Response:
            return web.Response(headers=shared)

        app = make()
        app.add_routes([web.get("/a", view), web.get("/b", view)])
        CORS(app, routes={"/a": policy_class(allow_origins=[SITE])})
        assert get(app, "/a")[1][ACAO] == SITE
        assert (shared["Access-Control-Allow-Origin"], "Vary" in shared) == ("https://own.example", False)

        async def both(client: Any) -> Any:
            return [(await client.get(path, headers=FROM_SITE)).headers[ACAO] for path in ("/a", "/b", "/a")]

        app = make()
        app.add_routes([web.get("/a", view), web.get("/b", view)])
        CORS(app, routes={"/a": policy_class(allow_origins=[SITE])})
        assert serve(app, both) == [SITE, "https://own.example", SITE]

    def test_a_request_that_the_server_cannot_read_gets_the_servers_own_answer(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        answer = raw(app, b"GET /hello HTTP/1.1\r\nOrigin : " + SITE.encode() + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.0 400")
        assert b"access-control" not in answer.lower()


class TestExceptions:
    @pytest.mark.parametrize("debug", [False, True])
    @pytest.mark.parametrize("path", ["/fail", "/break_off", "/late", "/nothing"])
    @pytest.mark.parametrize("accept", ["text/html", "*/*"])
    def test_the_log_and_the_page_are_those_that_there_are_without(
        self, policy_class: Any, caplog: pytest.LogCaptureFixture, debug: bool, path: str, accept: str
    ) -> None:
        def run(app: web.Application) -> Any:
            caplog.clear()

            async def use(client: Any) -> Any:
                try:
                    async with client.get(path, headers=FROM_SITE | {"Accept": accept}) as response:
                        return response.status, await response.text(), response.headers.get(ACAO)
                except Exception as error:
                    return type(error).__name__

            LOOP.set_debug(debug)
            with caplog.at_level(logging.DEBUG, "aiohttp"):
                answer = serve(app, use)
            LOOP.set_debug(False)
            records = [
                (record.name, record.levelname, record.getMessage(), frames(record.exc_info))
                for record in caplog.records
                if record.name == "aiohttp.server"
            ]
            return answer, records

        without, log = run(make())
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        found, own_log = run(app)
        assert own_log == log
        assert log or path == "/nothing"
        if path == "/break_off":
            assert found == without
        else:
            assert found == (*without[:2], SITE)
            assert ("secret" in found[1]) is (debug and path == "/fail")

    def test_an_error_of_a_middleware_or_a_signal_is_answered_with_the_headers(self, policy_class: Any) -> None:
        @web.middleware
        async def broken(request: web.Request, handler: Any) -> Any:
            raise BrokenError

        app = make(middlewares=[broken])
        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, _ = get(app, "/hello")
        assert (status, headers[ACAO]) == (500, SITE)

    def test_an_expectation_that_fails_is_answered_with_the_headers(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, _ = get(app, "/hello", Expect="miracles")
        assert (status, headers[ACAO]) == (417, SITE)


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
    def test_they_are_answered_before_all_middlewares(self, policy_class: Any) -> None:
        @web.middleware
        async def authenticate(request: web.Request, handler: Any) -> Any:
            raise web.HTTPUnauthorized

        app = make(middlewares=[authenticate])
        CORS(app, policy_class(allow_origins=[SITE], allow_methods=["PUT"], max_age=7))
        for path in ("/hello", "/nowhere", "/sub/hello"):
            status, headers, body = get(app, path, "OPTIONS", **ASKS_PUT)
            assert (status, body, headers[ACAO], headers["access-control-max-age"]) == (204, b"", SITE, "7")
            assert not {"content-length", "content-type"} & set(headers)
        status, headers, body = get(app, "/hello", "OPTIONS", **{**ASKS_PUT, "Origin": OTHER})
        assert (status, body, headers["content-length"], ACAO in headers) == (403, b"", "0", False)
        assert get(app, "/hello", "OPTIONS")[0] == 401
        assert get(app, "/hello")[0] == 401

    def test_a_refusal_says_why_with_debug(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE], debug=True))
        status, headers, body = get(app, "/hello", "OPTIONS", **ASKS_PUT)
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert b"method-not-allowed" in body

    @pytest.mark.parametrize("on_conflict", ["replace", "keep"])
    def test_the_application_may_answer_them(self, policy_class: Any, on_conflict: Any) -> None:
        own = {"Access-Control-Allow-Origin": "https://own.example", "Access-Control-Allow-Methods": "DELETE"}

        async def answers(request: web.Request) -> web.Response:
            return web.Response(status=202, headers=own)

        async def raises(request: web.Request) -> web.Response:
            raise web.HTTPAccepted(headers=own)

        async def silent(request: web.Request) -> web.Response:
            return web.Response(status=202, text="mine")

        async def refuses(request: web.Request) -> web.Response:
            raise web.HTTPNotFound

        app = make()
        for view in (answers, raises, silent, refuses):
            app.router.add_route("OPTIONS", f"/{view.__name__}", view)
        policy = policy_class(allow_origins=[SITE], allow_methods=["PUT"])
        CORS(app, policy, preflight_continue=True, on_conflict=on_conflict)
        keeps = on_conflict == "keep"
        expected = {
            "/answers": (202, "https://own.example" if keeps else SITE, "DELETE" if keeps else "PUT"),
            "/raises": (202, "https://own.example" if keeps else SITE, "DELETE" if keeps else "PUT"),
            "/silent": (204 if keeps else 202, SITE, "PUT"),
            "/refuses": (204 if keeps else 404, SITE, "PUT"),
        }
        for path, answer in expected.items():
            status, headers, _ = get(app, path, "OPTIONS", **ASKS_PUT)
            assert (status, headers[ACAO], headers["access-control-allow-methods"]) == answer


class TestWebSockets:
    def open(self, app: web.Application, **headers: str) -> Any:
        async def use(client: Any) -> Any:
            try:
                session = await client.ws_connect("/socket", headers=headers)
            except WSServerHandshakeError as error:
                return error.status
            text = await session.receive_str()
            assert ACAO not in session._response.headers
            await session.close()
            return text

        return serve(app, use)

    def test_handshakes_pass(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        assert self.open(app, Origin=SITE) == "open"
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))
        assert self.open(app, Origin=OTHER) == "open"

    def test_handshakes_of_other_sites_are_refused_where_that_was_asked_for(self, policy_class: Any) -> None:
        for headers, expected in (({"Origin": SITE}, "open"), ({"Origin": OTHER}, 403), ({}, "open")):
            app = make()
            CORS(app, policy_class(allow_origins=[SITE]), check_websocket_origin=True)
            assert self.open(app, **headers) == expected
            app = make()
            CORS(app, routes={"/other/": policy_class(allow_origins=[SITE])}, check_websocket_origin=True)
            assert self.open(app, **headers) == (403 if headers else "open")
            app = make()
            CORS(app, None, check_websocket_origin=True)
            assert self.open(app, **headers) == "open"


class TestRoutes:
    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/items/7", True),
            ("/items/a%2Fb", True),
            ("/%69tems/7", True),
            ("/caf%C3%A9", True),
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
        head = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: {SITE}\r\n\r\n"
        answer = raw(app, head.encode())
        assert (f"Access-Control-Allow-Origin: {SITE}".encode() in answer) is allowed

    def test_policy_and_routes_may_be_replaced_while_it_runs(self, policy_class: Any) -> None:
        app = make()
        shim = CORS(app, policy_class(allow_origins=[OTHER]))

        async def use(client: Any) -> Any:
            found = []

            async def look() -> None:
                for path in ("/hello", "/sub/hello"):
                    found.append(ACAO in (await client.get(path, headers=FROM_SITE)).headers)

            await look()
            shim.policy = policy_class(allow_origins=[SITE])
            await look()
            shim.routes = {"/sub/": policy_class(allow_origins=[SITE])}
            await look()
            shim.policy = None
            await look()
            return found

        assert serve(app, use) == [False, False, True, True, False, True, False, False]


class TestRequests:
    def test_the_application_is_told_what_was_decided_where_that_is_wanted(self, policy_class: Any) -> None:
        async def view(request: web.Request) -> web.Response:
            decision = request["fastcors"]
            return web.Response(text=f"{decision.allowed} {decision.reason}")

        app = make()
        app.router.add_get("/view", view)
        CORS(app, policy_class(allow_origins=[SITE]), tell_application=True)
        assert get(app, "/view")[2] == b"True ok"
        assert get(app, "/view", Origin=OTHER)[2] == b"False origin-not-allowed"

    def test_nothing_is_told_or_counted_where_that_is_not_wanted(self, policy_class: Any) -> None:
        async def view(request: web.Request) -> web.Response:
            return web.Response(text=str(list(request)))

        for count in (False, True):
            app = make()
            app.router.add_get("/view", view)
            policy = policy_class(allow_origins=[SITE])
            CORS(app, policy, count_decisions=count)
            assert get(app, "/view")[2] == b"[]"
            get(app, "/view", Origin=OTHER)
            get(app, "/view", "OPTIONS", **ASKS_PUT)
            counts = {reason.value: number for reason, number in policy.counts().items() if number}
            expected = {"ok": 1, "origin-not-allowed": 1, "method-not-allowed": 1}
            assert counts == (expected if count else {})

    def test_a_clone_of_a_request_is_under_the_decision_on_the_request(self, policy_class: Any) -> None:
        @web.middleware
        async def clone(request: web.Request, handler: Any) -> Any:
            made = request.clone(headers={}, rel_url="/hello")
            assert made["fastcors"] is request["fastcors"]
            response = await handler(made)
            await response.prepare(made)
            return response

        app = make(middlewares=[clone])
        CORS(app, policy_class(allow_origins=[SITE]), tell_application=True)
        assert get(app, "/hello")[1][ACAO] == SITE

    def test_what_the_application_puts_in_place_of_the_decision_changes_nothing(self, policy_class: Any) -> None:
        async def view(request: web.Request) -> web.Response:
            del request["fastcors"]
            return web.Response(headers={"Access-Control-Allow-Origin": "*"})

        app = make()
        app.router.add_get("/view", view)
        CORS(app, policy_class(allow_origins=[OTHER]), tell_application=True)
        assert ACAO not in get(app, "/view")[1]

    def test_an_asynchronous_function_is_awaited(self, policy_class: Any) -> None:
        async def allow(origin: str) -> bool:
            await asyncio.sleep(0)
            return origin == SITE

        app = make()
        CORS(app, policy_class(allow_origin_func=allow, allow_methods=["PUT"]))
        assert get(app, "/fail")[1][ACAO] == SITE
        assert get(app, "/hello", "OPTIONS", **ASKS_PUT)[0] == 204
        app = make()
        CORS(app, policy_class(allow_origin_func=allow, allow_methods=["PUT"]))
        assert ACAO not in get(app, "/hello", Origin=OTHER)[1]
        assert get(app, "/hello", "OPTIONS", **{**ASKS_PUT, "Origin": OTHER})[0] == 403

    @pytest.mark.parametrize(
        "value", [b"https://app.example.com\xe9", b"\xff", "https://äpp.example".encode(), b"", b"a" * 9]
    )
    def test_a_malformed_origin_is_refused_and_never_sent_back(self, policy_class: Any, value: bytes) -> None:
        app = make()
        CORS(app, policy_class(dangerously_reflect_any_origin=True))
        answer = raw(app, b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: " + value + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"Vary: Origin" in answer
        assert b"access-control" not in answer.lower()

    def test_two_lines_of_origin_are_refused(self, policy_class: Any) -> None:
        app = make()
        CORS(app, policy_class(allow_origins=[SITE]))

        async def use(client: Any) -> bool:
            answer = await client.get("/hello", headers=CIMultiDict([("Origin", SITE), ("Origin", SITE)]))
            return ACAO in answer.headers

        assert serve(app, use) is False

    def test_a_request_class_of_the_applications_own_is_kept(self, policy_class: Any) -> None:
        class Own(web.Request):
            """A request with something more."""

            more = "more"

        async def view(request: Any) -> web.Response:
            assert (type(request).__name__, type(request).__doc__) == ("Own", Own.__doc__)
            return web.Response(text=request.more)

        app = make()
        app.router.add_get("/view", view)
        make_request = app._make_request
        vars(app)["_make_request"] = lambda *arguments: make_request(*arguments, _cls=Own)
        CORS(app, policy_class(allow_origins=[SITE]))
        status, headers, body = get(app, "/view")
        assert (status, headers[ACAO], body) == (200, SITE, b"more")

    def test_the_repr_of_a_request_is_what_it_was(self, policy_class: Any) -> None:
        async def view(request: web.Request) -> web.Response:
            return web.Response(text=f"{request!r} {type(request).__module__}")

        app = make()
        app.router.add_get("/view", view)
        CORS(app, policy_class(allow_origins=[SITE]))
        assert get(app, "/view")[2] == b"<Request GET /view > aiohttp.web_request"


class TestTheApplicationStays:
    def test_it_is_the_object_that_it_was(self) -> None:
        app = web.Application()
        before = repr(app), type(app), dict(app)
        CORS(app, allow_origins=[SITE])
        assert (repr(app), type(app), dict(app)) == before

    def test_routes_signals_and_sub_applications_may_be_added_later(self) -> None:
        app = web.Application()
        CORS(app, allow_origins=[SITE])
        inner = web.Application()
        inner.router.add_get("/hello", hello)
        app.add_subapp("/in", inner)
        app.router.add_get("/hello", hello)
        assert get(app, "/hello")[1][ACAO] == get(app, "/in/hello")[1][ACAO] == SITE

    def test_a_method_that_a_monitor_replaces_later_is_called(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = make()
        CORS(app, allow_origins=[SITE])
        seen = []
        handle = web.Application._handle

        async def watched(self: Any, request: Any) -> Any:
            seen.append(request.path)
            return await handle(self, request)

        monkeypatch.setattr(web.Application, "_handle", watched)
        assert get(app, "/hello")[1][ACAO] == SITE
        assert seen == ["/hello"]


class TestRefused:
    def test_cors_twice(self) -> None:
        app = web.Application()
        CORS(app, allow_origins=[SITE])
        with pytest.raises(RuntimeError, match="has CORS already: a request can have only one policy"):
            CORS(app, allow_origins=[OTHER])
        assert get(app, "/")[1][ACAO] == SITE

    def test_what_is_no_application_of_aiohttp(self) -> None:
        app = web.Application()
        for wrong in (None, make, app.router, web.RouteTableDef(), CORSMiddleware(lambda s, r, t: None, None), "app"):
            with pytest.raises(TypeError, match=r"app must be a aiohttp\.web\.Application|an aiohttp"):
                CORS(wrong, allow_origins=[SITE])  # type: ignore[arg-type]

    def test_a_part_of_another_application_before_and_after_it_becomes_one(self) -> None:
        part, outer = web.Application(), web.Application()
        outer.add_subapp("/part", part)
        with pytest.raises(RuntimeError, match=r"part of another one.*routes="):
            CORS(part, allow_origins=[SITE])
        part = web.Application()
        CORS(part, allow_origins=[SITE])
        with pytest.raises(RuntimeError, match=r"part of another one.*routes="):
            outer.add_subapp("/other", part)

    def test_an_application_that_runs(self) -> None:
        app = make()
        assert get(app, "/hello")[0] == 200
        with pytest.raises(RuntimeError, match="runs already"):
            CORS(app, allow_origins=[SITE])

    def test_handle_errors_by_its_name(self) -> None:
        for arguments in ({"allow_origins": [SITE]}, {"policy": fastcors.Policy(allow_origins=[SITE])}):
            with pytest.raises(PolicyError, match="responds to every exception") as caught:
                CORS(web.Application(), handle_errors=True, **arguments)  # type: ignore[call-arg]
            assert [(issue.code, issue.field) for issue in caught.value.issues] == [
                ("unknown-parameter", "handle_errors")
            ]

    def test_a_wrong_policy_and_the_application_stays_as_it_was(self) -> None:
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
        assert ACAO not in get(app, "/hello")[1]

    def test_the_import_without_aiohttp(self) -> None:
        script = "import sys; sys.modules['aiohttp'] = None; import fastcors.aiohttp"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert 'ImportError: fastcors.aiohttp needs aiohttp, which pip install "fastcors[aiohttp]"' in done.stderr
