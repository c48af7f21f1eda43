"""AWS Lambda: Mangum turns the events of API Gateway, of function URLs and of load balancers into ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("mangum", reason="mangum is not installed")

from mangum import Mangum

from tests.deployment.app import SITE, asgi

ACAO = "access-control-allow-origin"


def gateway_2(method: str, headers: dict[str, str]) -> dict[str, Any]:
    """An event of an HTTP API or of a function URL, payload version 2.0."""
    http = {"method": method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"http": http, "stage": "$default"},
        "isBase64Encoded": False,
    }


def gateway_1(method: str, headers: dict[str, str]) -> dict[str, Any]:
    """An event of a REST API, payload version 1.0."""
    return {
        "resource": "/",
        "path": "/",
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "resourcePath": "/",
            "httpMethod": method,
            "path": "/",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def load_balancer(method: str, headers: dict[str, str]) -> dict[str, Any]:
    """An event of an application load balancer."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:region:1:targetgroup/a/b"}},
        "httpMethod": method,
        "path": "/",
        "queryStringParameters": {},
        "headers": headers,
        "body": "",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("event", [gateway_2, gateway_1, load_balancer], ids=lambda event: event.__name__)
class TestEvents:
    @pytest.fixture(autouse=True)
    def loop(self) -> Iterator[None]:
        """The loop that Mangum finds, or would make and leave open."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        yield
        asyncio.set_event_loop(None)
        loop.close()

    def ask(self, event: Any, method: str, **headers: str) -> tuple[int, dict[str, str]]:
        """The status and the headers that the function gives back, names in lower case."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = Mangum(asgi, lifespan="off")(event(method, {"host": "api.example", **sent}), None)
        many = answer.get("multiValueHeaders") or {}
        found = {**{name: values[0] for name, values in many.items()}, **(answer.get("headers") or {})}
        return answer["statusCode"], {name.lower(): value for name, value in found.items()}

    def test_what_is_allowed_can_be_read_and_nothing_else(self, event: Any) -> None:
        status, headers = self.ask(event, "GET", origin=SITE)
        assert (status, headers[ACAO], headers["vary"]) == (200, SITE, "Origin")
        status, headers = self.ask(event, "GET", origin="https://other.example.com")
        assert (status, headers.get(ACAO), headers["vary"]) == (200, None, "Origin")

    def test_preflights_are_answered(self, event: Any) -> None:
        status, headers = self.ask(event, "OPTIONS", origin=SITE, access_control_request_method="PUT")
        assert (status, headers[ACAO], headers["access-control-allow-methods"]) == (204, SITE, "PUT")
        status, headers = self.ask(event, "OPTIONS", origin=SITE, access_control_request_method="DELETE")
        assert (status, headers.get(ACAO)) == (403, None)
