"""Views with policies of their own behind a real server: Starlette's and Litestar's on uvicorn."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from tests.integration.commands import Started
from tests.integration.wire import ROOT

for name in ("litestar", "starlette", "uvicorn"):
    pytest.importorskip(name)

SITE, PARTNER = "https://app.example.com", "https://partner.example"


@pytest.fixture(scope="module", params=["starlette", "of_litestar"])
def server(request: pytest.FixtureRequest) -> Iterator[Started]:
    arguments = ["uvicorn", "--fd", "{fd}", f"tests.integration.views_app:{request.param}"]
    started = Started(arguments, ROOT, lambda said: "Application startup complete" in said)
    try:
        yield started
    finally:
        started.end()


def ask(server: Started, method: str, path: str, origin: str, **headers: str) -> tuple[int, str | None, bytes]:
    """The status, the origin that may read the answer, and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Origin": origin, **named})
        response = connection.getresponse()
        return response.status, response.headers["Access-Control-Allow-Origin"], response.read()
    finally:
        connection.close()


def test_each_view_has_its_own_policy(server: Started) -> None:
    assert ask(server, "PUT", "/items/7", PARTNER) == (200, PARTNER, b"changed")
    assert ask(server, "PUT", "/items/7", SITE) == (200, None, b"changed")
    assert ask(server, "GET", "/items/7", SITE) == (200, SITE, b"other")
    assert ask(server, "GET", "/elsewhere/x", SITE) == (200, SITE, b"other")
    assert ask(server, "GET", "/admin/secret", SITE) == (200, None, b"secret")


def test_a_preflight_is_for_the_view_that_the_method_reaches(server: Started) -> None:
    for origin, method, status in (
        (PARTNER, "PUT", 204),
        (SITE, "PUT", 403),
        (SITE, "GET", 204),
        (PARTNER, "GET", 403),
    ):
        allowed = origin if status == 204 else None
        answer = ask(server, "OPTIONS", "/items/7", origin, Access_Control_Request_Method=method)
        assert answer == (status, allowed, b"")
    assert ask(server, "OPTIONS", "/admin/secret", SITE, Access_Control_Request_Method="GET")[1] is None


@pytest.mark.parametrize(
    "path",
    ["//admin/secret", "/%2Fadmin/secret", "/admin//secret", "/./admin/secret", "/admin\\secret", "/admin/secret%0a"],
)
def test_an_exempt_view_cannot_be_read_by_another_path(server: Started, path: str) -> None:
    for origin in (SITE, PARTNER):
        assert ask(server, "GET", path, origin)[1] is None
        assert ask(server, "OPTIONS", path, origin, Access_Control_Request_Method="GET")[1] is None
