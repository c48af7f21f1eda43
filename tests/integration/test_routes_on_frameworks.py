"""Routes cannot be left: real frameworks on real servers, paths as they are on the wire, handshakes included."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("falcon")
pytest.importorskip("litestar")
pytest.importorskip("starlette")

from tests.integration.routed import ASGI, OPEN, PARTNER, SECRET, WSGI
from tests.integration.test_live import handshake
from tests.integration.wire import Process, Response, message

ASGI_SERVERS = ["uvicorn-httptools", "uvicorn-h11", "hypercorn", "daphne", "granian-asgi", "gunicorn-asgi"]
WSGI_SERVERS = ["gunicorn-threads", "granian-wsgi", "hypercorn-wsgi"]
ORIGIN = (b"origin", PARTNER.encode())

UNCLEAR = [
    *("//admin/secret", "/%2Fadmin/secret", "/%2fadmin/secret", "///admin/secret", "/admin//secret", "//exact", "//"),
    *("/./admin/secret", "/x/../admin/secret", "/%2e/admin/secret", "/x/%2e%2e/admin/secret", "/x/..%2fadmin/secret"),
    *("/admin\\secret", "/%5cadmin/secret", "/x/..\\admin/secret", "/x%5C..%5Cadmin/secret", "/admin/secret//"),
    *("/exact%0a", "/admin/secret%0A", "/admin/secret%00", "/items/7/secret%7f", "/admin/secret%250a"),
    *("/%252Fadmin/secret", "/x/%252e%252e/admin/secret", "/items//7/secret", "/files/7//private/a/b"),
]
"""Paths that some application takes for another one."""
CLOSED = [*SECRET, *(path + "/" for path in SECRET), "/%61dmin/secret", "/admin%2Fsecret", "/admin%2fsecret/"]
"""Paths under routes that lead to no policy."""
ADMIN_SOCKETS = [
    "/admin/ws",
    "/admin/ws/",
    "//admin/ws",
    "/%2Fadmin/ws",
    "/./admin/ws",
    "/x/..%2fadmin/ws",
    "//ws",
    "/ws//",
]


class Client:
    """A page of the partner's, which asks one framework on one server. Its paths lie below ``place``."""

    def __init__(self, server: Process, framework: str, place: str = "") -> None:
        self.server = server
        self.host = (b"host", framework.encode() + b".example")
        self.place = place + ("/mounted" if framework.startswith("mounted") else "")

    def get(self, path: str) -> Response | None:
        """The response. None: the server took it for no request."""
        return self.server.connection.ask(message("GET", self.place + path, [self.host, ORIGIN]))

    def preflight(self, path: str) -> Response | None:
        """The response to a preflight for GET."""
        asked = (b"access-control-request-method", b"GET")
        return self.server.connection.ask(message("OPTIONS", self.place + path, [self.host, ORIGIN, asked]))

    def open(self, path: str) -> str | None:
        """What a WebSocket was opened to; None where it was not."""
        protocols = (b"sec-websocket-protocol", b"secret, open")
        response = handshake(self.server, self.place + path, ORIGIN, protocols, host=self.host)
        if response.status == 101:
            return ", ".join(response.values("sec-websocket-protocol"))
        assert response.status in (400, 403), response
        return None


def asgi_cases() -> list[tuple[str, str, str, str]]:
    """Server, framework, root path, and what of it comes over the wire: a proxy may have taken it off, or not."""
    cases = []
    for server in ASGI_SERVERS:
        for framework in ASGI:
            cases.append((server, framework, "", ""))
            puts_root_into_path = server.startswith("uvicorn")
            if not puts_root_into_path:
                cases.append((server, framework, "/v1", "/v1"))
            if puts_root_into_path or not framework.startswith("mounted"):
                cases.append((server, framework, "/v1", ""))
    return cases


@pytest.fixture(scope="session", params=asgi_cases(), ids=lambda case: f"{case[0]}-{case[1]}{case[2]}{case[3]}")
def asgi_client(request: pytest.FixtureRequest, start: Callable[..., Process]) -> Client:
    server, framework, root, place = request.param
    environment = {"ROOT_PATH": root} if root else {}
    return Client(start(server, "tests.integration.routed:asgi", **environment), framework, place)


@pytest.fixture(
    scope="session",
    params=[(server, framework) for server in WSGI_SERVERS for framework in WSGI],
    ids=lambda param: "-".join(param),
)
def wsgi_client(request: pytest.FixtureRequest, start: Callable[..., Process]) -> Client:
    server, framework = request.param
    return Client(start(server, "tests.integration.routed:wsgi"), framework)


def is_left_alone(response: Response | None) -> bool:
    """Whether nothing was added to a response, or there is none."""
    return response is None or response.cors() in ({}, {"vary": "Accept"})


def secrets_that_ran(client: Client) -> set[str]:
    """Ask for every path; return those for which the closed part of the application ran, none of which may be read."""
    ran = set()
    for path in [*UNCLEAR, *CLOSED]:
        for response in (client.get(path), client.preflight(path)):
            assert is_left_alone(response), (path, response)
        response = client.get(path)
        if response is not None and response.body == b"secret":
            ran.add(path)
    return ran


def may_be_read(client: Client, path: str) -> bool:
    response = client.get(path)
    assert response is not None
    assert response.body == b"open", (path, response)
    found = response.cors()
    return found == {
        "access-control-allow-origin": PARTNER,
        "access-control-allow-credentials": "true",
        "vary": "Origin",
    }


def test_no_closed_part_of_an_asgi_application_is_ever_readable(asgi_client: Client) -> None:
    assert set(SECRET) <= secrets_that_ran(asgi_client)
    assert all(may_be_read(asgi_client, path) for path in OPEN)


def test_no_closed_part_of_a_wsgi_application_is_ever_readable(wsgi_client: Client) -> None:
    assert set(SECRET) <= secrets_that_ran(wsgi_client)
    assert all(may_be_read(wsgi_client, path) for path in OPEN)


def test_no_page_opens_a_websocket_of_a_closed_part(asgi_client: Client) -> None:
    assert asgi_client.open("/ws") == "open"
    # This server takes what follows two slashes for a host, so the application routes by the open path after it.
    reads_host = asgi_client.server.name == "daphne" and asgi_client.place == ""
    for path in ADMIN_SOCKETS:
        opened = asgi_client.open(path)
        assert opened is None or (reads_host and path.startswith("//") and opened == "open"), path


def test_frameworks_do_run_closed_parts_for_paths_that_look_like_others(start: Callable[..., Process]) -> None:
    flask = Client(start("gunicorn-threads", "tests.integration.routed:wsgi"), "flask")
    assert {"//admin/secret", "/%2Fadmin/secret", "//exact", "/%61dmin/secret"} <= secrets_that_ran(flask)
    litestar = Client(start("uvicorn-h11", "tests.integration.routed:asgi"), "litestar")
    assert {"//admin/secret", "/admin//secret", "/exact/", "/admin/", "/items//7/secret"} <= secrets_that_ran(litestar)
