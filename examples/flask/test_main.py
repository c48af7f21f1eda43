"""What the API promises to pages: copy this file with the example."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from main import create_app

PAGE = "https://app.example.com"
OTHER = "https://elsewhere.example"


@pytest.fixture
def client() -> FlaskClient:
    return create_app(PAGE).test_client()


def test_the_page_reads_with_cookies_and_sees_the_exposed_header(client: FlaskClient) -> None:
    response = client.get("/api/orders", headers={"Origin": PAGE})
    assert response.json == [7, 8]
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Access-Control-Expose-Headers"] == "x-total"


def test_a_preflight_needs_no_key(client: FlaskClient) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-api-key"}
    response = client.options("/api/orders/7", headers=asked)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Headers"] == "x-api-key"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/api/orders/7", 403), ("GET", "/api/none", 404), ("GET", "/api/broken", 500)],
)
def test_the_page_can_read_errors(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method, headers={"Origin": PAGE})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_everybody_reads_what_is_public_without_cookies(client: FlaskClient) -> None:
    response = client.get("/public/prices", headers={"Origin": OTHER})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(("origin", "path"), [(OTHER, "/api/orders"), (PAGE, "/api/internal/health")])
def test_nobody_else_reads_the_rest(client: FlaskClient, origin: str, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(path, headers={"Origin": origin}).headers
