"""What the server promises to pages and to HTTP, over real sockets: copy this file with the example."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
from main import application, policy_for
from server import LARGEST_BODY, LARGEST_HEAD, serve

PAGE = "https://app.example.com"
OTHER = "https://elsewhere.example"
SECONDS = 20.0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The server in a thread of its own."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(serve(application, policy_for(PAGE), 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture
def client(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    yield connection
    connection.close()


def send(port: int, data: bytes) -> bytes:
    """Send bytes as they are, and return all that comes until the server writes no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_many_requests_share_a_connection(client: http.client.HTTPConnection) -> None:
    sockets = set()
    for method, path, body in (("GET", "/hello", b"hello"), ("HEAD", "/hello", b""), ("GET", "/none", b"Not Found")):
        client.request(method, path, headers={"Origin": PAGE})
        sockets.add(client.sock)
        response = client.getresponse()
        assert response.read() == body
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert len(sockets) == 1


def test_headers_are_merged_into_those_of_the_application(client: http.client.HTTPConnection) -> None:
    client.request("GET", "/hello", headers={"Origin": PAGE})
    response = client.getresponse()
    assert response.headers.get_all("Vary") == ["Accept, Origin"]
    assert response.headers["Access-Control-Expose-Headers"] == "x-served-by"


@pytest.mark.parametrize(("method", "status"), [("PUT", 204), ("DELETE", 403)])
def test_a_preflight_is_answered_by_the_policy(client: http.client.HTTPConnection, method: str, status: int) -> None:
    client.request("OPTIONS", "/broken", headers={"Origin": PAGE, "Access-Control-Request-Method": method})
    response = client.getresponse()
    assert (response.status, response.read()) == (status, b"")
    assert ("Access-Control-Allow-Methods" in response.headers) == (status == 204)


def test_another_site_may_read_nothing(client: http.client.HTTPConnection) -> None:
    client.request("GET", "/hello", headers={"Origin": OTHER})
    assert "Access-Control-Allow-Origin" not in client.getresponse().headers


def test_an_error_of_the_application_is_a_500_that_the_page_can_read(client: http.client.HTTPConnection) -> None:
    client.request("GET", "/broken", headers={"Origin": PAGE})
    response = client.getresponse()
    assert response.status == 500
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("chunked", [False, True])
def test_content_that_is_too_large_is_a_413_that_the_page_can_read(
    client: http.client.HTTPConnection, chunked: bool
) -> None:
    content = b"x" * (LARGEST_BODY + 1)
    body = iter([content]) if chunked else content
    client.request("POST", "/echo", body, {"Origin": PAGE}, encode_chunked=chunked)
    response = client.getresponse()
    assert response.status == 413
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_requests_that_come_in_one_piece_are_answered_in_their_order(port: int) -> None:
    first = b"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
    last = b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = send(port, first + last)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert answer.index(b"\r\n\r\none") < answer.index(b"\r\n\r\nhello")
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"no HTTP\r\n\r\n", b"400"),
        (b"GET /hello HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\nX: " + b"x" * LARGEST_HEAD + b"\r\n\r\n", b"431"),
        (b"GET /hello HTTP/1.0\r\n\r\n", b"200"),
        (b"PUT /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", b"200"),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"200"),
        (b"PUT /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a\r\nContent-Length: 2\r\n\r\nhi", b"501"),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
    ],
)
def test_a_connection_ends_after_its_last_answer(port: int, request_: bytes, status: bytes) -> None:
    answer = send(port, request_)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer


def test_a_head_without_an_end_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(b"GET /hello HTTP/1.1\r\nHost: a\r\nX: ")
        for _ in range(64):
            connection.sendall(b"x" * 8192)
        assert connection.recv(12) == b"HTTP/1.1 431"


def test_trailers_are_no_headers_and_have_a_limit(port: int) -> None:
    head = b"PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n"
    origin = b"Origin: " + PAGE.encode() + b"\r\n\r\n"
    assert b"Access-Control-Allow-Origin" not in send(port, head + origin)
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(head + b"X: ")
        for _ in range(128):
            connection.sendall(b"x" * 8192)
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_client_that_waits_for_100_continue_gets_it(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(b"PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hi")
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_two_origin_lines_are_refused(port: int) -> None:
    line = b"Origin: " + PAGE.encode() + b"\r\n"
    answer = send(port, b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + line + line + b"\r\n")
    assert b"Access-Control-Allow-Origin" not in answer
