"""What Django answers outside of its middlewares, where no middleware can put headers; what docs say to do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

import fastcors.asgi
from fastcors import Policy
from tests.support.exchange import Req, call_wsgi, lower_of
from tests.unit.django.project import MIDDLEWARE, ORIGIN, SITE, cors, project, send

POLICY = Policy(allow_origins=[SITE])
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"


async def messages_of(app: Any, **scope: Any) -> list[Any]:
    """What an ASGI application sends for a request from the site."""
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app({**Req(b"GET", (SITE.encode(),)).scope(), **scope}, receive, send)
    return messages


def names_of(messages: list[Any]) -> set[str]:
    return {name.decode().lower() for name, _ in messages[0]["headers"]}


def test_what_the_asgi_handler_answers_itself_has_the_headers_of_a_shim_around_it_alone() -> None:
    with project(POLICY):
        handler = ASGIHandler()
        bare = asyncio.run(messages_of(handler, query_string=b"\xff"))
        shim = fastcors.asgi.CORSMiddleware(handler, POLICY)
        shimmed = asyncio.run(messages_of(shim, query_string=b"\xff"))
    assert bare[0]["status"] == shimmed[0]["status"] == 400
    assert ORIGIN not in names_of(bare)
    assert ORIGIN in names_of(shimmed)


@pytest.fixture
def static(tmp_path: Path) -> dict[str, Any]:
    """Settings of a project with one static file."""
    (tmp_path / "font.woff").write_bytes(b"font")
    return {
        "INSTALLED_APPS": ["django.contrib.staticfiles"],
        "STATIC_URL": "/static/",
        "STATIC_ROOT": None,
        "STATICFILES_DIRS": [tmp_path],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": True,
    }


def test_files_of_runserver_have_no_headers(static: dict[str, Any]) -> None:
    environ = {**Req(b"GET", (SITE.encode(),)).environ(), "PATH_INFO": "/static/font.woff"}
    with override_settings(**static), project(POLICY):
        result = call_wsgi(StaticFilesHandler(WSGIHandler()), environ)
    assert (result.status, result.body) == ("200 OK", b"font")
    assert ORIGIN not in dict(lower_of(result.headers))


def test_files_of_whitenoise_below_have_the_policys_headers_and_not_its_own(static: dict[str, Any]) -> None:
    pytest.importorskip("whitenoise")
    with override_settings(**static), project(POLICY, middleware=(MIDDLEWARE, WHITENOISE)):
        response = send("/static/font.woff")
        assert b"".join(response.streaming_content) == b"font"
        response.close()
    assert cors(response) == {"vary": "Origin", ORIGIN: SITE}
