"""Routes, WebSocket origins, and policies that change while requests run, on real servers over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.live import ROUTES, SITE
from tests.integration.wire import Connection, Process, Response, message

ASGI = ["uvicorn-httptools", "uvicorn-h11", "hypercorn", "daphne", "granian-asgi", "gunicorn-asgi"]
RSGI = ["granian-rsgi"]
WSGI = ["gunicorn-threads", "granian-wsgi"]
ORIGIN = (b"origin", SITE.encode())
EVIL = (b"origin", b"https://evil.example")
HOST = (b"host", b"api.example")


def run(start: Callable[..., Process], name: str) -> Process:
    interface = "wsgi" if name in WSGI else "rsgi" if name in RSGI else "asgi"
    return start(name, f"tests.integration.live:{interface}")


@pytest.fixture(scope="session", params=ASGI + RSGI + WSGI)
def server(request: pytest.FixtureRequest, start: Callable[..., Process]) -> Process:
    return run(start, request.param)


@pytest.fixture(scope="session", params=ASGI + RSGI)
def websocket_server(request: pytest.FixtureRequest, start: Callable[..., Process]) -> Process:
    return run(start, request.param)


PATHS: list[tuple[bytes, str | None]] = [
    (b"/api/", "api"),
    (b"/api/x/y", "api"),
    (b"/api", "api"),
    (b"/apix", None),
    (b"/API/x", None),
    (b"/", None),
    (b"/api/admin", "admin"),
    (b"/api/admin/", "admin"),
    (b"/api/admin/x", "admin"),
    (b"/api/administrator", "api"),
    (b"/api/%61dmin/x", "admin"),
    (b"/api%2Fadmin/x", "admin"),
    (b"/api%2fadmin%2fx", "admin"),
    (b"/api/%2561dmin/x", "api"),
    (b"/api//admin/x", None),
    (b"/api/%2Fadmin/x", None),
    (b"/api/admin//", None),
    (b"/api/x\\y", None),
    (b"/api/x%5cy", None),
    (b"//api/x", None),
    (b"/%2Fapi/x", None),
    (b"/api/../exact", None),
    (b"/api/./admin/x", None),
    (b"/api/%2e%2e/exact", None),
    (b"/api/admin/..", None),
    (b"/api/admin/..;/x", "admin"),
    (b"/api/health", None),
    (b"/api/health?x=1", None),
    (b"/api/health/", None),
    (b"/api/health/x", "api"),
    (b"/exact", "exact"),
    (b"/exact?x=/api/", "exact"),
    (b"/exact/", "exact"),
    (b"/exact/x", None),
    (b"/users/7", "user"),
    (b"/users/7/", "user"),
    (b"/users/%C3%BC", "user"),
    (b"/users/7/x", None),
    (b"/users/", None),
    (b"/%C3%BC/x", "umlaut"),
    (b"/%FC/x", None),
]


@pytest.mark.parametrize(("path", "name"), PATHS, ids=lambda value: str(value))
def test_the_longest_route_of_the_decoded_path_has_its_way(server: Process, path: bytes, name: str | None) -> None:
    response = server.ask(message("GET", path, [HOST, ORIGIN]))
    if name is None:
        assert response.cors() == {}
        return
    assert response.status == 200
    assert response.cors() == {
        "access-control-allow-origin": SITE,
        "access-control-expose-headers": f"x-{name}",
        "vary": "Origin",
    }
    assert server.ask(message("GET", path, [HOST, EVIL])).cors() == {"vary": "Origin"}
    asked = (b"access-control-request-method", name.upper().encode())
    assert server.ask(message("OPTIONS", path, [HOST, ORIGIN, asked])).status == 204
    asked = (b"access-control-request-method", b"OTHER")
    assert server.ask(message("OPTIONS", path, [HOST, ORIGIN, asked])).status == 403


def test_a_preflight_in_no_route_reaches_the_application(server: Process) -> None:
    for path in (b"/api/health", b"/elsewhere"):
        asked = (b"access-control-request-method", b"API")
        response = server.ask(message("OPTIONS", path, [HOST, ORIGIN, asked]))
        assert (response.status, response.body, response.cors()) == (200, path, {})


# WebSockets


def handshake(process: Process, path: str, *lines: tuple[bytes, bytes], host: tuple[bytes, bytes] = HOST) -> Response:
    upgrade = [
        (b"connection", b"Upgrade"),
        (b"upgrade", b"websocket"),
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    connection = Connection(process.port)
    try:
        response = connection.ask(message("GET", path, [host, *upgrade, *lines]))
    finally:
        connection.close()
    assert response is not None, process.output()
    return response


@pytest.mark.parametrize(
    ("path", "lines", "status"),
    [
        ("/api/chat", [ORIGIN], 101),
        ("/api/chat", [], 101),
        ("/api/chat", [EVIL], 403),
        ("/api/chat", [(b"origin", b"null")], 403),
        ("/api/chat", [(b"origin", b"")], 403),
        ("/api/chat", [ORIGIN, EVIL], 403),
        ("/api/chat", [(b"origin", b"https://site.example.evil.example")], 403),
        ("/api/%61dmin/chat", [ORIGIN], 101),
        ("/api/health", [ORIGIN], 403),
        ("/elsewhere", [ORIGIN], 403),
        ("/api//chat", [ORIGIN], 403),
        ("/%2Fapi/chat", [ORIGIN], 403),
        ("/api/./chat", [ORIGIN], 403),
        ("/api/health/", [ORIGIN], 403),
        ("/elsewhere", [], 101),
    ],
    ids=str,
)
def test_a_websocket_opens_for_allowed_origins_alone(
    websocket_server: Process, path: str, lines: list[tuple[bytes, bytes]], status: int
) -> None:
    response = handshake(websocket_server, path, *lines)
    if status == 403:
        assert response.status in (403, 400)  # a server may have refused what is no origin before
        assert response.cors() == {}
    else:
        assert response.status == status


# Policies that change


def policy_of(response: Response) -> str:
    """Which of the two policies a response is from; it must have everything of one and nothing of the other."""
    found = response.cors()
    assert found.pop("access-control-allow-origin") == SITE
    return {
        (
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "x-a"),
            ("vary", "Origin"),
        ): "a",
        (("access-control-expose-headers", "x-b"), ("vary", "Origin")): "b",
    }[tuple(sorted(found.items()))]


def preflight_policy_of(response: Response) -> str | None:
    """The same for a preflight for the method A; policy b refuses it."""
    found = response.cors()
    assert found.pop("vary").startswith("Origin, ")
    if response.status == 403:
        assert found == {}
        return None
    assert response.status == 204
    assert found == {
        "access-control-allow-origin": SITE,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "A",
        "access-control-max-age": "1",
    }
    return "a"


def test_row_38_each_request_sees_one_policy_whole(server: Process) -> None:
    get = message("GET", "/swap/x", [HOST, ORIGIN])
    preflight = message("OPTIONS", "/swap/x", [HOST, ORIGIN, (b"access-control-request-method", b"A")])
    seen: list[Any] = []
    errors: list[BaseException] = []

    def talk() -> None:
        connection = Connection(server.port)
        try:
            for number in range(60):
                read, request = (preflight_policy_of, preflight) if number % 3 == 2 else (policy_of, get)
                response = connection.ask(request)
                assert response is not None
                seen.append((read.__name__, read(response)))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, (errors, server.output())
    assert len(seen) == 240
    assert {("policy_of", "a"), ("policy_of", "b"), ("preflight_policy_of", "a"), ("preflight_policy_of", None)} == set(
        seen
    )


def test_row_38_what_is_no_policy_is_refused_and_the_old_one_stays(server: Process) -> None:
    response = server.ask(message("GET", "/swap/invalid", [HOST, ORIGIN]))
    assert response.body == b"TypeError TypeError PolicyError"
    before = policy_of(response)
    assert policy_of(server.ask(message("GET", "/swap/invalid", [HOST, ORIGIN]))) == before


def test_the_routes_are_those_that_the_paths_are_about() -> None:
    assert {name for _, name in PATHS if name} == {"api", "admin", "exact", "umlaut", "user"}
    assert sum(policy is not None for policy in ROUTES.values()) == 5
