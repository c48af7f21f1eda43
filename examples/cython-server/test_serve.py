"""What the server promises to pages and to HTTP, over real sockets."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import core
import pytest
from serve import HEAD, decisions_per_second, serving

from fastcors import Policy

PAGE = "https://app.example.com"
TENANT = "https://tenant.example"
SECONDS = 20.0
GET = b"GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example.com\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def known(origin: str) -> bool:
    return origin == TENANT


POLICY = Policy(
    allow_origins=["https://*.example.com"], allow_origin_func=known, allow_methods=["PUT"], allow_headers=["X-Token"]
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(POLICY, threads=4) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    yield connection
    connection.close()


def send(port: int, *pieces: bytes) -> bytes:
    """Send bytes as they are, and return all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("origin", "allowed"), [(PAGE, PAGE), (TENANT, TENANT), ("https://elsewhere.example", None), ("null", None)]
)
def test_a_response_has_the_lines_of_the_policy(
    client: http.client.HTTPConnection, origin: str, allowed: str | None
) -> None:
    client.request("GET", "/", headers={"Origin": origin})
    response = client.getresponse()
    assert (response.status, response.read()) == (200, b"hello\n")
    assert response.headers["Access-Control-Allow-Origin"] == allowed
    assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize(("method", "status"), [("PUT", 204), ("DELETE", 403)])
def test_a_preflight_is_answered_by_the_policy(client: http.client.HTTPConnection, method: str, status: int) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-token"}
    client.request("OPTIONS", "/", headers=headers)
    response = client.getresponse()
    assert (response.status, response.read()) == (status, b"")
    assert response.headers["Access-Control-Allow-Methods"] == ("PUT" if status == 204 else None)


def test_many_requests_share_a_connection(client: http.client.HTTPConnection) -> None:
    sockets = set()
    for method, body in (("GET", b"hello\n"), ("HEAD", b""), ("GET", b"hello\n")):
        client.request(method, "/", headers={"Origin": PAGE})
        sockets.add(client.sock)
        assert client.getresponse().read() == body
    assert len(sockets) == 1


def test_requests_that_come_in_one_piece_or_byte_by_byte_are_answered_in_their_order(port: int) -> None:
    for pieces in ([GET * 500 + LAST], [bytes([byte]) for byte in GET + LAST]):
        answer = send(port, *pieces)
        expected = 500 if len(pieces) == 1 else 1
        assert answer.count(b"HTTP/1.1 200 OK\r\n") == expected + 1
        assert answer.count(b"Access-Control-Allow-Origin: https://app.example.com\r\n") == expected


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"this is no HTTP\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\nHost: a\n\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, b"431"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", b"413"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: chunked\r\n\r\n", b"413"),
        (b"GET / HTTP/1.0\r\n\r\n", b"200"),
        (LAST, b"200"),
    ],
)
def test_a_connection_ends_after_its_last_answer(port: int, request_: bytes, status: bytes) -> None:
    answer = send(port, request_)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1 ") == 1


def test_two_origin_lines_are_refused(port: int) -> None:
    doubled = GET.replace(b"\r\n\r\n", b"\r\nOrigin: https://app.example.com\r\nConnection: close\r\n\r\n")
    assert b"Access-Control-Allow-Origin" not in send(port, doubled)


def test_a_client_that_goes_away_takes_nobody_with_it(port: int) -> None:
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            connection.sendall(GET[:20])
    assert send(port, LAST).startswith(b"HTTP/1.1 200")


def test_many_clients_at_a_time_are_served_by_all_threads(port: int) -> None:
    counts: list[int] = []

    def work() -> None:
        counts.append(send(port, GET * 200 + LAST).count(b"Allow-Origin: https://app.example.com\r\n"))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [200] * 16


def test_decisions_are_counted_by_threads_without_the_gil() -> None:
    policy = Policy(allow_origins=["https://*.example.com"])
    assert core.decide_often(policy, HEAD, 100) == 100
    assert core.decide_often(Policy(allow_origins=["https://a.example"]), HEAD, 100) == 0
    assert decisions_per_second(policy, 2, 1000) > 0
