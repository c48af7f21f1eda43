"""What the gateway promises to pages, services and operators, over real sockets."""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from config import ConfigError, snapshot_of
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from world import PAGE, SECONDS, World, head_of

OTHER = "https://elsewhere.example"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n"
HI = b"Content-Length: 2\r\n\r\nhi"
GZIP = b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.end()


@pytest.fixture
def client(world: World) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=SECONDS)
    yield connection
    connection.close()


def send(world: World, data: bytes) -> bytes:
    """Send bytes as they are, and return all that comes until the gateway writes no more."""
    with socket.create_connection(("127.0.0.1", world.port), timeout=SECONDS) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


# CORS


def test_the_services_own_cors_headers_give_way_to_the_policys(client: http.client.HTTPConnection) -> None:
    client.request("GET", "/items", headers={"Origin": PAGE})
    response = client.getresponse()
    assert response.read() == b'["a", "b"]'
    assert response.headers.get_all("Access-Control-Allow-Origin") == [PAGE]
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert sorted(",".join(response.headers.get_all("Vary") or []).replace(" ", "").split(",")) == ["Accept", "Origin"]
    client.request("GET", "/items", headers={"Origin": OTHER})
    response = client.getresponse()
    assert response.read() == b'["a", "b"]'
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(("method", "status"), [("PUT", 204), ("DELETE", 403)])
def test_a_preflight_never_reaches_a_service(client: http.client.HTTPConnection, method: str, status: int) -> None:
    client.request("OPTIONS", "/down", headers={"Origin": PAGE, "Access-Control-Request-Method": method})
    response = client.getresponse()
    assert (response.status, response.read()) == (status, b"")
    assert ("Access-Control-Allow-Methods" in response.headers) == (status == 204)


def test_the_policy_is_that_of_the_route_by_host_and_path(client: http.client.HTTPConnection) -> None:
    for path, host, allowed in (
        ("/feeds/news", "localhost", "*"),
        ("/items", "localhost", None),
        ("/items", "ADMIN.localhost:8001", "https://admin.example.com"),
        ("/feeds/news", "admin.localhost", "https://admin.example.com"),
    ):
        client.request("GET", path, headers={"Host": host, "Origin": "https://admin.example.com"})
        response = client.getresponse()
        response.read()
        assert response.headers["Access-Control-Allow-Origin"] == allowed


def test_a_path_that_may_be_read_in_two_ways_and_a_malformed_host_are_in_no_route(
    client: http.client.HTTPConnection,
) -> None:
    for path, host in (("//items", "localhost"), ("/a/../items", "localhost"), ("/items", "a,admin.localhost")):
        client.request("GET", path, headers={"Host": host, "Origin": PAGE})
        response = client.getresponse()
        response.read()
        assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (404, None)


def test_a_page_can_read_the_errors_of_the_service_and_of_the_gateway(client: http.client.HTTPConnection) -> None:
    for path, status in (("/none", 404), ("/broken", 500), ("/down", 502)):
        client.request("GET", path, headers={"Origin": PAGE})
        response = client.getresponse()
        response.read()
        assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (status, PAGE)


# Streaming


def test_events_come_as_the_service_sends_them(client: http.client.HTTPConnection) -> None:
    client.request("GET", "/events", headers={"Origin": PAGE})
    response = client.getresponse()
    begun = time.monotonic()
    assert response.readline() == b"data: 0\n"
    first = time.monotonic() - begun
    assert response.read().endswith(b"data: 4\n\n")
    assert first < (time.monotonic() - begun) / 2


def test_a_response_is_not_held_back_until_its_end(world: World, client: http.client.HTTPConnection) -> None:
    go_on = threading.Event()

    def script(connection: socket.socket, number: int) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
        assert go_on.wait(SECONDS)
        connection.sendall(b"two")

    world.put_before(script)
    client.request("GET", "/own/x")
    response = client.getresponse()
    assert response.read(3) == b"one"
    go_on.set()
    assert response.read() == b"two"


def test_an_upload_is_not_held_back_until_its_end(world: World) -> None:
    seen: list[bytes] = []
    got = threading.Event()

    def script(connection: socket.socket, number: int) -> None:
        data = head_of(connection)
        while b"one" not in data:
            data += connection.recv(65536)
        got.set()
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(65536)
        seen.append(data)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    world.put_before(script)
    with socket.create_connection(("127.0.0.1", world.port), timeout=SECONDS) as connection:
        connection.sendall(b"PUT /own/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        assert got.wait(SECONDS)
        connection.sendall(b"3\r\ntwo\r\n0\r\nOrigin: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")
    assert seen[0].endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_upload_arrives_whole_and_takes_no_memory(
    world: World, client: http.client.HTTPConnection, chunked: bool
) -> None:
    piece, times = b"x" * 2**20, 64
    before = memory()
    headers = {"Origin": PAGE} if chunked else {"Origin": PAGE, "Content-Length": str(len(piece) * times)}
    client.request("PUT", "/upload", (piece for _ in range(times)), headers, encode_chunked=chunked)
    response = client.getresponse()
    assert response.read() == str(len(piece) * times).encode()
    assert memory() - before < len(piece) * times / 2


def memory() -> int:
    """Bytes of this process at their most."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return 1024 * int(line.split()[1])
    pytest.skip("the system does not say how much memory is in use")


def test_a_client_that_does_not_read_holds_the_service_up(world: World) -> None:
    sent: list[int] = []
    stuck = threading.Event()

    def script(connection: socket.socket, number: int) -> None:
        head_of(connection)
        connection.settimeout(0.5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        size = 0
        try:
            while size < 100_000_000:
                size += connection.send(b"x" * 65536)
        except TimeoutError:
            stuck.set()
        sent.append(size)

    world.put_before(script)
    with socket.create_connection(("127.0.0.1", world.port), timeout=SECONDS) as connection:
        connection.sendall(b"GET /own/x HTTP/1.1\r\nHost: a\r\n\r\n")
        assert stuck.wait(SECONDS)
    assert sent[0] < 50_000_000


# Connections


def test_requests_of_a_client_share_its_connection_and_one_to_the_service(world: World) -> None:
    def script(connection: socket.socket, number: int) -> None:
        while head := head_of(connection):
            content = b"" if head.startswith(b"HEAD") else b"%d" % number
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + content)

    service = world.put_before(script)
    client = http.client.HTTPConnection("127.0.0.1", world.port, timeout=SECONDS)
    sockets = set()
    for method in ("GET", "HEAD", "GET"):
        client.request(method, "/own/x")
        sockets.add(client.sock)
        assert client.getresponse().read() == (b"" if method == "HEAD" else b"1")
    client.close()
    assert (len(sockets), service.connections) == (1, 1)


def test_requests_that_come_in_one_piece_are_answered_in_their_order(world: World) -> None:
    first = b"PUT /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n"
    second = (
        b"OPTIONS /items HTTP/1.1\r\nHost: a\r\nOrigin: %b\r\nAccess-Control-Request-Method: PUT\r\n\r\n"
        % PAGE.encode()
    )
    third = b"GET /items HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = send(world, first + second + third * 20 + last)
    statuses = re.findall(rb"HTTP/1.1 (\d+) ", answer)
    assert statuses == [b"200", b"204", *[b"200"] * 20, b"404"]
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"no HTTP\r\n\r\n", b"400"),
        (b"GET /items HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /items HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"PUT /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + GZIP, b"501"),
        (b"GET /items HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70000 + b"\r\n\r\n", b"431"),
        (b"GET /items HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /events HTTP/1.0\r\n\r\n", b"200"),
        (b"GET http://a/items HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", b"200"),
        (b"GET /items HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", b"200"),
        (
            b"PUT /upload HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a\r\nContent-Length: 2\r\n\r\nhi",
            b"501",
        ),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
    ],
)
def test_a_connection_ends_after_its_last_answer(world: World, request_: bytes, status: bytes) -> None:
    answer = send(world, request_)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"transfer-encoding" not in answer.lower()


def test_the_head_for_a_service_has_nothing_of_the_clients_connection(world: World) -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket, number: int) -> None:
        heads.append(head_of(connection))
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\n\r\nall"
        )

    world.put_before(script)
    lines = b"Connection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nX-Forwarded-For: 1.2.3.4\r\nX-Kept: 1"
    answer = send(world, b"GET /own/x?q HTTP/1.1\r\nHost: a:80\r\n%b\r\n\r\n" % lines)
    assert heads[0].split(b"\r\n")[:-2] == [
        *(b"GET /own/x?q HTTP/1.1", b"Host: a:80", b"X-Kept: 1", b"X-Forwarded-For: 127.0.0.1"),
        *(b"X-Forwarded-Proto: http", b"X-Forwarded-Host: a:80"),
    ]
    assert answer.endswith(b"\r\n\r\nall")
    assert b"X-Hop" not in answer
    assert b"Keep-Alive" not in answer


# Services that fail


def test_a_request_is_repeated_where_the_service_closed_a_connection_that_was_kept(world: World) -> None:
    def script(connection: socket.socket, number: int) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
        head_of(connection)  # and no response to this one

    world.put_before(script)
    client = http.client.HTTPConnection("127.0.0.1", world.port, timeout=SECONDS)
    for expected in (b"1", b"2", b"3"):
        client.request("GET", "/own/x")
        assert client.getresponse().read() == expected
    client.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 O",
        b"no HTTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_a_service_that_dies_before_its_response_is_a_502_that_the_page_can_read(world: World, data: bytes) -> None:
    def script(connection: socket.socket, number: int) -> None:
        head_of(connection)
        connection.sendall(data)

    world.put_before(script)
    client = http.client.HTTPConnection("127.0.0.1", world.port, timeout=SECONDS)
    for _ in range(2):
        client.request("GET", "/own/x", headers={"Origin": PAGE})
        response = client.getresponse()
        response.read()
        assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (502, PAGE)
    client.close()


def test_a_service_that_dies_in_its_response_is_seen_by_the_client(world: World) -> None:
    def script(connection: socket.socket, number: int) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    world.put_before(script)
    client = http.client.HTTPConnection("127.0.0.1", world.port, timeout=SECONDS)
    client.request("GET", "/own/x")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        client.getresponse().read()
    client.close()


def test_what_a_service_sends_beyond_its_response_reaches_nobody(world: World) -> None:
    def script(connection: socket.socket, number: int) -> None:
        head_of(connection)
        evil = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood" + evil)
        head_of(connection)

    service = world.put_before(script)
    client = http.client.HTTPConnection("127.0.0.1", world.port, timeout=SECONDS)
    for _ in range(2):
        client.request("GET", "/own/x")
        assert client.getresponse().read() == b"good"
    client.close()
    assert service.connections == 2


# WebSockets


def test_a_websocket_of_an_allowed_page_is_a_tunnel(world: World) -> None:
    with connect(f"ws://127.0.0.1:{world.port}/socket", origin=PAGE) as websocket:  # type: ignore[arg-type]
        for message in ("one", b"two", "x" * 100_000):
            websocket.send(message)
            assert websocket.recv(SECONDS) == message


def test_a_websocket_of_another_page_is_refused(world: World) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(f"ws://127.0.0.1:{world.port}/", origin=OTHER):  # type: ignore[arg-type]
        pass
    assert caught.value.response.status_code == 403


# Configuration


def test_everything_that_is_wrong_with_a_configuration_is_said_at_once() -> None:
    upstreams = {"a": {"address": "x", "policy": {"allow_origins": ["https://A.example"]}}, "b": {"port": 1}}
    with pytest.raises(ConfigError) as caught:
        snapshot_of({"upstreams": upstreams, "routes": {"//A.example/": "a", "/": "c"}})
    text = "\n".join(caught.value.problems)
    for part in ("upstreams.a.address", "upstreams.a.policy.allow_origins", "upstreams.b.port", "//A.example/", "'c'"):
        assert part in text


def test_the_access_log_has_the_reason_and_nothing_unescaped(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.access")
    end = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: "
    send(world, b'GET /items?"\\' + end + b"https://x\xe9\r\n\r\n")
    send(world, b"GET /items" + end + b"https://x.example\r\n\r\n")
    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert any("actual origin-not-allowed https://x.example" in line for line in lines)
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_a_reload_loses_no_request_and_a_faulty_file_changes_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps(world.given), encoding="utf-8")
    command = [sys.executable, "gateway.py", str(file), "--port", "0"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    log: list[str] = []
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)

            def exposed() -> str | None:
                client.request("GET", "/items", headers={"Origin": PAGE})
                response = client.getresponse()
                assert response.read() == b'["a", "b"]'
                assert response.headers["Access-Control-Allow-Origin"] == PAGE
                return response.headers["Access-Control-Expose-Headers"]

            def reload(text: str) -> None:
                file.with_suffix(".new").write_text(text, encoding="utf-8")
                file.with_suffix(".new").replace(file)
                process.send_signal(signal.SIGHUP)

            def exposing(name: str) -> str:
                upstreams = json.loads(json.dumps(world.given["upstreams"]))
                upstreams["shop"]["policy"]["expose_headers"] = [name]
                return json.dumps({**world.given, "upstreams": upstreams, "access_log": False})

            for number in range(100):
                reload(exposing("X-Odd" if number % 2 else "X-Served-By"))
                assert exposed() in ("x-odd", "x-served-by")
            reload(exposing("X-Last"))  # no file before it has this, so that none of them is read after it
            until = time.monotonic() + SECONDS
            while exposed() != "x-last":  # reloads that follow quickly are joined, and the last one counts
                assert time.monotonic() < until
            reload("{")
            for line in process.stderr:
                log.append(line)
                if "the old configuration stays: gateway.json: " in line:
                    break
            assert exposed() == "x-last"
            client.close()
        finally:
            process.terminate()
            assert process.stderr is not None
            log += process.stderr.readlines()
    assert "Traceback" not in "".join(log)
