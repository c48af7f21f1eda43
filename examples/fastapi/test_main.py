"""What the API promises to pages: copy this file with the example."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from main import create_app

PAGE = "https://app.example.com"
OTHER = "https://elsewhere.example"


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(PAGE), base_url="https://api.example.com", raise_server_exceptions=False)


def test_the_page_signs_in_and_reads_with_its_cookie(client: TestClient) -> None:
    assert client.post("/session", headers={"Origin": PAGE}).status_code == 200
    response = client.get("/notes/7", headers={"Origin": PAGE})
    assert response.json() == {"note": 7}
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Access-Control-Expose-Headers"] == "x-version"


def test_a_preflight_needs_no_cookie(client: TestClient) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    response = client.options("/notes/7", headers=asked)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Methods"] == "PUT"
    assert response.headers["Access-Control-Max-Age"] == "600"


def test_the_page_can_read_what_is_wrong_with_its_request(client: TestClient) -> None:
    client.post("/session", headers={"Origin": PAGE})
    response = client.get("/notes/seven", headers={"Origin": PAGE})
    assert response.status_code == 422
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize(("path", "status"), [("/notes/7", 401), ("/none", 404), ("/broken", 500)])
def test_the_page_can_read_errors(client: TestClient, path: str, status: int) -> None:
    response = client.get(path, headers={"Origin": PAGE})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_another_site_may_read_nothing(client: TestClient, method: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/notes/7", headers={"Origin": OTHER}).headers
    asked = {"Origin": OTHER, "Access-Control-Request-Method": method}
    assert client.options("/notes/7", headers=asked).status_code == 403
