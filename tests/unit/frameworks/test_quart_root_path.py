"""``fastcors.quart.CORS`` behind ``root_path``, which Quart also takes off within a segment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("quart")

from quart import Quart

import fastcors.quart
from fastcors import Policy
from tests.support.shims import shims_over

SITE = "https://app.example.com"


@pytest.fixture(params=["cython", "python"])
def app(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Quart:
    """An application in which ``/admin`` gets no CORS, and everything else does, with the shim of either engine."""
    shims = shims_over(request.param)
    monkeypatch.setattr(fastcors.quart, "CORSMiddleware", shims["asgi"])
    app = Quart("shop")

    async def answer() -> str:
        return "ran"

    for path in ("/admin", "/items"):
        app.add_url_rule(path, path, answer)
    fastcors.quart.CORS(app, routes={"/": Policy(allow_origins=[SITE]), "/admin/": None})
    return app


def get(app: Quart, path: str) -> tuple[int, str | None]:
    """The status of an answer behind ``root_path``, and the origin that may read it."""

    async def ask() -> Any:
        return await app.test_client().get(
            path, headers={"Origin": SITE}, root_path="/v1", scope_base={"path": path, "root_path": "/v1"}
        )

    answer = asyncio.run(ask())
    return answer.status_code, answer.headers.get("access-control-allow-origin")


def test_no_page_reads_a_closed_part_by_a_path_that_begins_with_root_path_within_a_segment(app: Quart) -> None:
    assert get(app, "/v1admin") == (200, None)
    assert get(app, "/v1/admin") == (200, None)


def test_a_path_with_root_path_in_front_keeps_its_policy(app: Quart) -> None:
    assert get(app, "/v1/items") == (200, SITE)
    assert get(app, "/v1/nowhere") == (404, SITE)
