"""What the project promises to pages: copy this file with the example. With pytest-django, drop the first two lines."""

from __future__ import annotations

import os

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

PAGE = "https://app.example.com"
OTHER = "https://elsewhere.example"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_the_page_reads_and_sees_the_exposed_header(client: Client) -> None:
    response = client.get("/articles/7", headers={"Origin": PAGE})
    assert response.json() == {"article": 7}
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Expose-Headers"] == "etag"


def test_a_preflight_of_a_write_is_allowed_and_that_of_a_deletion_is_not(client: Client) -> None:
    for method, status in (("PUT", 204), ("DELETE", 403)):
        asked = {"Origin": PAGE, "Access-Control-Request-Method": method}
        assert client.options("/articles/7", headers=asked).status_code == status


@pytest.mark.parametrize(("path", "status"), [("/articles/404", 404), ("/none", 404), ("/broken", 500)])
def test_the_page_can_read_errors(client: Client, path: str, status: int) -> None:
    response = client.get(path, headers={"Origin": PAGE})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_everybody_reads_the_feed(client: Client) -> None:
    assert client.get("/feed", headers={"Origin": OTHER}).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("origin", "path"), [(OTHER, "/articles/7"), (PAGE, "/internal")])
def test_nobody_else_reads_the_rest(client: Client, origin: str, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(path, headers={"Origin": origin}).headers


def test_the_checks_of_the_project_pass() -> None:
    call_command("check", fail_level="WARNING")
