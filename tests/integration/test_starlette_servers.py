"""``fastcors.starlette.CORS`` under the commands that people type: the application is found, and answers with CORS."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands import PATIENCE, Started

for name in ("fastapi", "fastapi_cli", "uvicorn"):
    pytest.importorskip(name)

APPLICATION = Path(__file__).with_name("starlette_app.py")
SITE = "https://app.example.com"
READY = "Application startup complete"


def ask(server: Started, method: str, path: str, **headers: str) -> tuple[int, str | None, bytes]:
    """The status, the origin that may read the answer, and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request(
            method, path, headers={"Origin": SITE} | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        response = connection.getresponse()
        return response.status, response.headers["Access-Control-Allow-Origin"], response.read()
    finally:
        connection.close()


COMMANDS = {
    "fastapi run": (["fastapi", "run", "--host", "127.0.0.1", "--port", "0", "starlette_app.py"], 1),
    "uvicorn --reload": (["uvicorn", "--reload", "--fd", "{fd}", "starlette_app:app"], 1),
    "uvicorn --workers 2": (["uvicorn", "--workers", "2", "--fd", "{fd}", "starlette_app:app"], 2),
}


@pytest.fixture(scope="module", params=COMMANDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    arguments, workers = COMMANDS[request.param]
    folder = tmp_path_factory.mktemp("application")
    shutil.copy(APPLICATION, folder)
    command = Started(arguments, folder, lambda said: said.count(READY) >= workers)
    try:
        yield command
    finally:
        command.end()


def test_answers_have_the_headers(server: Started) -> None:
    for _ in range(4):  # of both workers, likely
        assert ask(server, "GET", "/hello") == (200, SITE, b'"hello"')
    assert ask(server, "GET", "/nowhere") == (404, SITE, b'{"detail":"Not Found"}')
    assert ask(server, "GET", "/hello", Origin="https://evil.example") == (200, None, b'"hello"')


def test_preflights_are_answered(server: Started) -> None:
    assert ask(server, "OPTIONS", "/hello", Access_Control_Request_Method="PUT") == (204, SITE, b"")
    assert ask(server, "OPTIONS", "/hello", Access_Control_Request_Method="PATCH") == (403, None, b"")


def test_the_handlers_500_has_the_headers_and_the_server_logs_the_exception(server: Started) -> None:
    assert ask(server, "GET", "/fail") == (500, SITE, b'{"error":"RuntimeError"}')
    server.wait_until(lambda said: "RuntimeError: the application is broken" in said)
