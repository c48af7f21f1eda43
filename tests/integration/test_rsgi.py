"""The RSGI shim on granian: every kind of response, bodies, WebSockets, hooks; and what stands in for granian."""

from __future__ import annotations

import inspect
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.rsgi_app import FILE, SITE, shape
from tests.integration.wire import PATIENCE, Process, message
from tests.support.rsgi import Headers, Proto, WebSocketProto

APP = "tests.integration.rsgi_app:app"
DEBUG = "tests.integration.rsgi_app:debug"
ORIGIN = (b"origin", SITE.encode())
EVIL = (b"origin", b"https://evil.example")
HOST = (b"host", b"api.example")


@pytest.fixture(scope="session", params=[{}, {"GRANIAN_LOG_ACCESS": "1"}], ids=["", "access-log"])
def server(request: pytest.FixtureRequest, start: Callable[..., Process]) -> Process:
    return start("granian-rsgi", APP, **request.param)


CONTENTS: dict[str, tuple[int, bytes]] = {
    "empty": (204, b""),
    "str": (200, "text: \u20ac".encode()),
    "bytes": (200, b"bytes: \xff"),
    "file": (200, FILE.read_bytes()),
    "range": (206, FILE.read_bytes()[3:11]),
    "stream": (200, b"one two"),
    "body": (200, b""),
    "chunks": (200, b""),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_every_kind_of_response_gets_the_headers(server: Process, kind: str) -> None:
    for origin, added in ((ORIGIN, {"access-control-allow-origin": SITE}), (EVIL, {})):
        response = server.ask(message("GET", f"/{kind}", [HOST, origin]))
        assert (response.status, response.body) == CONTENTS[kind]
        assert response.cors() == {**added, "vary": "foo, Origin"}
        assert response.values("x-app") == ["1"]


@pytest.mark.parametrize("kind", ["body", "chunks"])
def test_the_body_of_a_request_reaches_the_application(server: Process, kind: str) -> None:
    sent = b"x" * 100_000
    head = message("PUT", f"/{kind}", [HOST, ORIGIN]).replace(b"content-length: 0", b"content-length: 100000")
    response = server.ask(head + sent)
    assert (response.status, response.body) == (200, sent)
    assert response.cors()["access-control-allow-origin"] == SITE


def test_a_preflight_is_answered(server: Process) -> None:
    for method, status in ((b"PUT", 204), (b"PATCH", 403)):
        asked = (b"access-control-request-method", method)
        response = server.ask(message("OPTIONS", "/str", [HOST, ORIGIN, asked]))
        assert (response.status, response.body, response.values("x-app")) == (status, b"", [])
        assert response.cors().get("access-control-allow-methods") == ("PUT" if status == 204 else None)


def test_the_reason_of_a_refused_preflight_is_in_the_body_in_debug_mode(start: Callable[..., Process]) -> None:
    asked = (b"access-control-request-method", b"PATCH")
    response = start("granian-rsgi", DEBUG).ask(message("OPTIONS", "/str", [HOST, ORIGIN, asked]))
    assert response.values("content-length") == [str(len(response.body))]
    assert b"PATCH" in response.body


def test_an_exception_is_the_servers_unless_errors_are_handled(start: Callable[..., Process]) -> None:
    response = start("granian-rsgi", APP).ask(message("GET", "/raises", [HOST, ORIGIN]))
    assert (response.status, response.cors()) == (500, {})
    process = start("granian-rsgi", DEBUG)
    response = process.ask(message("GET", "/raises", [HOST, ORIGIN]))
    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert response.cors() == {"access-control-allow-origin": SITE, "vary": "Origin"}
    assert "the application is broken" in process.whole_output()


def test_a_file_that_is_not_there_is_the_servers_own_404(server: Process) -> None:
    response = server.ask(message("GET", "/no-file", [HOST, ORIGIN]))
    assert (response.status, response.cors()) == (404, {})


def test_text_beyond_latin_1_leaves_the_server_as_without_the_shim(server: Process) -> None:
    response = server.ask(message("GET", "/text", [HOST, ORIGIN]))
    assert response.values("x-name") == ["\u20ac".encode().decode("latin-1")]
    assert response.cors()["access-control-allow-origin"] == SITE


def frame(text: bytes) -> bytes:
    """A masked frame of text (RFC 6455, section 5.2), with a mask of zeros."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, b"101"), (EVIL, b"403"), ((b"x", b"y"), b"101")])
def test_a_websocket_is_served_for_allowed_origins_alone(
    server: Process, origin: tuple[bytes, bytes], status: bytes
) -> None:
    lines = [
        (b"connection", b"Upgrade"),
        (b"upgrade", b"websocket"),
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(message("GET", "/ws", [HOST, *lines, origin]))
        stream = connection.makefile("rb")
        assert stream.readline().split()[1] == status
        while stream.readline().strip():
            pass
        if status == b"101":
            connection.sendall(frame(b"hello"))
            assert stream.read(2 + 8) == b"\x81\x08" + b"2: hello"


def test_the_hooks_of_the_application_are_called(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    process = Process("granian-rsgi", APP, NOTES=str(notes))
    try:
        assert process.ask(message("GET", "/empty", [HOST, ORIGIN])).status == 204
        assert notes.read_text() == "init False\n"
    finally:
        process.end()
        process.wait()
    assert notes.read_text() == "init False\ndel False\n"


LINES: list[list[tuple[bytes, bytes]]] = [
    [],
    [(b"Origin", b"https://a.example")],
    [(b"ORIGIN", b"")],
    [(b"x-dup", b"1"), (b"origin", b"a"), (b"X-DUP", b"2"), (b"x-dup", b"1")],
    [(b"x-odd", b"\xc3\xa9")],
    [(b"x-odd", b"a\tb")],
    [(b"x-odd", b"\xe9"), (b"x-dup", b"\xe9"), (b"x-dup", b"2")],
    [(b"x-dup", b"1"), (b"x-dup", b"\xe9")],
]


@pytest.mark.parametrize("lines", LINES, ids=repr)
def test_the_headers_of_the_tests_say_what_granians_say(server: Process, lines: list[tuple[bytes, bytes]]) -> None:
    response = server.ask(message("GET", "/objects", [HOST, *lines]))
    assert json.loads(response.body) == shape(Headers([HOST, *lines]))


def parameters(function: Any) -> list[tuple[str, bool]]:
    """The names of the parameters of a method, and whether they may be left out."""
    found = list(inspect.signature(function).parameters.values())
    return [(each.name, each.default is not inspect.Parameter.empty) for each in found]


def test_the_protocol_objects_of_the_tests_and_of_the_shim_take_what_granians_take(server: Process) -> None:
    rsgi = pytest.importorskip("granian.rsgi", reason="granian is not installed")
    from fastcors.rsgi import _Protocol

    responses = [name for name in dir(rsgi.HTTPProtocol) if name.startswith("response_")]
    assert sorted(responses) == sorted(name for name in dir(Proto) if name.startswith("response_"))
    for kind in (Proto, _Protocol):
        for name in responses:
            assert parameters(getattr(kind, name)) == parameters(getattr(rsgi.HTTPProtocol, name))
    for name in ("accept", "close"):
        assert parameters(getattr(WebSocketProto, name)) == parameters(getattr(rsgi.WebsocketProtocol, name))
