"""The shims behind real servers in their default settings, spoken to over real sockets, byte for byte.

Each server gets a socket that listens already, on a port that the system chose: a request that comes before
the server is ready waits in the socket's queue, so nothing here polls or sleeps.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import fastcors
from fastcors.wsgi import CORSMiddleware
from tests.support.shims import middleware

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds that a server may take for anything."""

ORIGIN = "http://localhost:9090"
POLICY: dict[str, Any] = {
    "allow_origins": [ORIGIN, "https://*.example.com"],
    "allow_credentials": True,
    "allow_methods": ["PUT", "PURGE"],
    "allow_headers": ["Authorization", "X-A", "X-B"],
    "expose_headers": ["X-Foo"],
    "max_age": 30,
}
CONSTANT_HEADERS = [(b"content-type", b"text/plain"), (b"vary", b"accept")]
"""One list for all responses, as applications have them: nobody may change it."""
STATUSES = {"/304": 304, "/404": 404, "/302": 302}


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answer by path; see the tests."""
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/raise":
        raise RuntimeError("the application is broken")
    headers = CONSTANT_HEADERS
    if path == "/own":
        headers = [*headers, (b"Access-Control-Allow-Origin", b"*"), (b"access-control-allow-credentials", b"true")]
    status = STATUSES.get(path, 200)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if status == 304 else b"hello"
    await send({"type": "http.response.body", "body": body, "more_body": path == "/stream"})
    if path == "/stream":
        await send({"type": "http.response.body", "body": b" again"})


def wsgi_app(environ: Any, start_response: Any) -> Any:
    """The same in WSGI."""
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise RuntimeError("the application is broken")
    headers = [(name.decode(), value.decode()) for name, value in CONSTANT_HEADERS]
    if path == "/own":
        headers += [("access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")]
    status = STATUSES.get(path, 200)
    start_response(f"{status} Whatever", headers)
    if status == 304:
        return []
    return iter([b"hello", b" again"]) if path == "/stream" else [b"hello"]


def make_wsgi() -> CORSMiddleware:
    """Make what gunicorn serves; the engine is the one that its environment chooses."""
    return CORSMiddleware(wsgi_app, fastcors.Policy(**POLICY), handle_errors=True)


class Response(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """The lines of that name."""
        return [value for key, value in self.headers if key.lower() == name]

    def cors(self) -> dict[str, str]:
        """The CORS headers, each of which may be there once only."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name.lower().startswith("access-control-"):
                assert name.lower() not in found
                found[name.lower()] = value
        return found

    def vary(self) -> list[str]:
        """The elements of Vary, sorted, lower-case."""
        return sorted(part.strip().lower() for value in self.values("vary") for part in value.split(","))


class Server(NamedTuple):
    """A running server. ``talk`` sends raw bytes on one connection and returns its responses."""

    name: str
    port: int

    def talk(self, *requests: bytes) -> list[Response]:
        responses = []
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            for request in requests:
                connection.sendall(request)
                method = request.partition(b" ")[0].decode()
                parsed = http.client.HTTPResponse(connection, method=method)
                parsed.begin()
                responses.append(Response(parsed.status, parsed.getheaders(), parsed.read()))
        return responses

    def ask(self, method: str, *lines: str | bytes, path: str = "/ok") -> Response:
        return self.talk(message(method, *lines, "Connection: close", path=path))[0]


def message(method: str, *lines: str | bytes, path: str = "/ok") -> bytes:
    """An HTTP/1.1 request with these header lines, as they are."""
    raw = [line.encode("ascii") if isinstance(line, str) else line for line in lines]
    return b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), b"Host: api.example", *raw, b"", b""])


def preflight(*lines: str | bytes, method: str = "PUT", origin: str = ORIGIN) -> tuple[str | bytes, ...]:
    return (f"Origin: {origin}", f"Access-Control-Request-Method: {method}", *lines)


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=64)


def run_uvicorn(policy: Any, http_parser: str) -> Iterator[Server]:
    """Run uvicorn in a thread; the interface is detected, as it is by default."""
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    if http_parser == "httptools":
        pytest.importorskip("httptools", reason="httptools is not installed")
    config = uvicorn.Config(
        middleware("asgi", policy)(asgi_app, policy, handle_errors=True),
        http=http_parser,
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    listener = listening()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Server(f"uvicorn-{http_parser}", listener.getsockname()[1])
        assert config.interface == "asgi3", "the shim was taken for an application of another interface"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()
        assert not thread.is_alive()


def run_gunicorn(pure: bool, log: Path) -> Iterator[Server]:
    """Run gunicorn with one sync worker; it inherits the listening socket."""
    if importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed")
    listener = listening()
    descriptor = listener.fileno()
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"fd://{descriptor}", "--workers", "1", "--worker-class", "sync",
        "--log-level", "warning", "tests.integration.test_servers:make_wsgi()",
    ]  # fmt: skip
    environment = {**os.environ, "FASTCORS_PURE": "1" if pure else "", "PYTHONPATH": str(ROOT)}
    environment.pop("GUNICORN_CMD_ARGS", None)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, pass_fds=[descriptor], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield Server("gunicorn", listener.getsockname()[1])
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listener.close()


Runner = Callable[[ModuleType, Any, Path], Iterator[Server]]
RUNNERS: dict[str, Runner] = {
    "uvicorn-httptools": lambda engine, policy, log: run_uvicorn(policy, "httptools"),
    "uvicorn-h11": lambda engine, policy, log: run_uvicorn(policy, "h11"),
    "gunicorn-sync": lambda engine, policy, log: run_gunicorn(engine.__name__.endswith("_twin.engine"), log),
}


@pytest.fixture(scope="module", params=RUNNERS)
def server(
    request: pytest.FixtureRequest,
    engine: ModuleType,
    policy_class: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server in front of the policy above, over the engine under test."""
    log = tmp_path_factory.mktemp("server") / "log"
    yield from RUNNERS[request.param](engine, policy_class(**POLICY), log)


ALLOWED = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "x-foo",
}


def test_a_request_without_origin_reaches_the_application(server: Server) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        response = server.ask(method, "Content-Length: 0")
        assert (response.status, response.body) == (200, b"hello")
        assert response.cors() == {}
        assert response.vary() == ["accept", "origin"]


def test_an_allowed_origin_gets_the_headers_in_any_letter_case(server: Server) -> None:
    for name in ("Origin", "origin", "ORIGIN", "oRiGiN"):
        response = server.ask("GET", f"{name}: {ORIGIN}")
        assert (response.status, response.body) == (200, b"hello")
        assert {key: value.lower() for key, value in response.cors().items()} == ALLOWED
        assert response.vary() == ["accept", "origin"]


def test_the_same_answer_comes_again_and_again_on_one_connection(server: Server) -> None:
    """Nothing leaks from one response into the next, and a preflight's answer is framed as it should be."""
    if server.name == "gunicorn":
        pytest.skip("gunicorn's sync worker closes each connection")
    get = message("GET", f"Origin: {ORIGIN}")
    other = message("GET", "Origin: https://evil.example")
    good, bad = message("OPTIONS", *preflight()), message("OPTIONS", *preflight(method="PATCH"))
    responses = server.talk(get, good, get, bad, get, other, good, good, bad, bad, other, get)
    assert [response.status for response in responses] == [200, 204, 200, 403, 200, 200, 204, 204, 403, 403, 200, 200]
    for index in (0, 2, 4, 11):
        assert responses[index].cors().keys() == ALLOWED.keys()
        assert responses[index].vary() == ["accept", "origin"]
        assert responses[index].body == b"hello"
    for index in (5, 10):
        assert responses[index].cors() == {}


@pytest.mark.parametrize(
    "lines",
    [
        ("Origin: https://evil.example",),
        (f"Origin: {ORIGIN}", f"Origin: {ORIGIN}"),
        (f"Origin: {ORIGIN}", "Origin: https://evil.example"),
        ("Origin: https://evil.example", f"Origin: {ORIGIN}"),
        (f"Origin: {ORIGIN}, {ORIGIN}",),
        (f"Origin: {ORIGIN} {ORIGIN}",),
        (f"Origin: {ORIGIN}\tx",),
        ("Origin:",),
        ("Origin: null",),
        (b"Origin: http://localhost:9090\xe9",),
        (b"Origin: https://\xe9.example.com",),
        (b"Origin: https://a.example.com\x0b",),
        (b"Origin: https://a.example.com\x7f",),
        (b"Origin: https://a\x00.example.com",),
        (b"Origin: https://a.example.com\r x",),
        (b"Origin: " + ORIGIN.encode() + b"\r\n ,https://evil.example",),
        ("Origin: https://" + "a." * 4000 + "example.com",),
    ],
    ids=lambda lines: repr(lines)[:50],
)
def test_no_other_origin_line_is_allowed(server: Server, lines: tuple[str | bytes, ...]) -> None:
    response = server.ask("GET", *lines)
    assert response.cors() == {}
    if response.status == 200:  # the server itself refuses some of these
        assert response.body == b"hello"
        assert response.vary() == ["accept", "origin"]
    else:
        assert response.status in (400, 431)
    asked = server.ask("OPTIONS", *lines, "Access-Control-Request-Method: GET")
    assert asked.status in (400, 403, 431)
    assert asked.cors() == {}


def test_a_preflight_is_answered_with_204_and_no_body(server: Server) -> None:
    response = server.ask("OPTIONS", *preflight("Access-Control-Request-Headers: x-a"), path="/raise")
    assert (response.status, response.body) == (204, b"")
    assert response.values("content-type") == []
    assert response.values("content-length") == []
    found = response.cors()
    assert found.pop("access-control-allow-headers").split(", ") == ["authorization", "x-a", "x-b"]
    assert set(found.pop("access-control-allow-methods").split(", ")) >= {"PUT", "PURGE"}
    assert found == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-max-age": "30",
    }
    assert response.vary() == ["access-control-request-headers", "access-control-request-method", "origin"]


HEADERS = "Access-Control-Request-Headers"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([f"{HEADERS}: x-a", f"{HEADERS}: x-b"], 204),
        ([f"{HEADERS}: x-a,authorization", f"{HEADERS}: X-B"], 204),
        ([f"{HEADERS}: x-a, x-b"], 204),
        ([*[f"{HEADERS}:"] * 16, f"{HEADERS}: x-a"], 204),
        ([*[f"{HEADERS}:"] * 17, f"{HEADERS}: x-a"], 403),
        ([f"{HEADERS}: ,,x-a,,"], 204),
        ([f"{HEADERS}: x-a" + "," * 17], 403),
        ([f"{HEADERS}: x-a", f"{HEADERS}: x-nope"], 403),
        ([f"{HEADERS}: x-a x-b"], 403),
        ([f"{HEADERS}: " + ",".join(["x-a"] * 128)], 204),
        ([f"{HEADERS}: " + ",".join(["x-a"] * 129)], 403),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_requested_headers_may_be_split_over_lines(server: Server, lines: list[str], status: int) -> None:
    response = server.ask("OPTIONS", *preflight(*lines))
    assert response.status == status
    assert response.body == b""
    assert bool(response.cors()) is (status == 204)


def test_a_refused_preflight_has_no_cors_header_and_no_body(server: Server) -> None:
    for lines in (preflight(method="PATCH"), preflight(method="put"), preflight(origin="https://evil.example")):
        response = server.ask("OPTIONS", *lines)
        assert (response.status, response.body) == (403, b"")
        assert response.cors() == {}
        assert response.values("content-length") == ["0"]


@pytest.mark.parametrize("path", ["/304", "/404", "/302", "/stream"])
def test_every_response_of_the_application_gets_the_headers(server: Server, path: str) -> None:
    response = server.ask("GET", f"Origin: {ORIGIN}", path=path)
    assert response.status == STATUSES.get(path, 200)
    assert response.cors().keys() == ALLOWED.keys()
    assert response.body == {"/304": b"", "/stream": b"hello again"}.get(path, b"hello")


def test_a_broken_application_gets_a_500_with_the_headers(server: Server) -> None:
    response = server.ask("GET", f"Origin: {ORIGIN}", path="/raise")
    assert response.status == 500
    assert response.cors().keys() == ALLOWED.keys()
    assert b"broken" not in response.body


def test_the_applications_own_cors_headers_do_not_leave_the_server(server: Server) -> None:
    response = server.ask("GET", f"Origin: {ORIGIN}", path="/own")
    assert response.cors()["access-control-allow-origin"] == ORIGIN
    assert server.ask("GET", "Origin: https://evil.example", path="/own").cors() == {}
    assert server.ask("GET", path="/own").cors() == {}


def test_a_head_request_gets_the_headers_of_a_get(server: Server) -> None:
    response = server.ask("HEAD", f"Origin: {ORIGIN}")
    assert (response.status, response.body) == (200, b"")
    assert response.cors().keys() == ALLOWED.keys()
