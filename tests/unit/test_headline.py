"""What the README says of the speed: one row for each framework, and libraries alone beside it."""

from __future__ import annotations

import pytest

pytest.importorskip("rich", reason="prints the tables")

from bench.report.table import HEADLINE, OURS, Comparison, comparisons
from tools.documents import measured


def row(title: str, peers: list[dict[str, object]], sure: bool = True) -> dict[str, object]:
    return {"section": f"{title}: added to a request", "name": "allowed", "best": 5.0, "sure": sure, "peers": peers}


def test_the_headline_has_libraries_and_neither_floors_nor_our_own_drop_ins() -> None:
    peers = [{"side": "sanic-ext", "cost": 9.0, "ratio": 1.8}, {"side": "drop-in", "cost": 6.0, "ratio": 1.2}]
    floor = [{"side": "N that reads", "cost": 2.0, "ratio": 0.4}]
    rows = [row("Sanic", peers), row("RSGI application", floor), row("aiohttp", peers, sure=False)]
    assert comparisons(rows) == [Comparison("Sanic", 5.0, "sanic-ext", 9.0, 1.8)]


def test_what_was_measured_has_the_frameworks_of_the_headline_in_their_order() -> None:
    found = comparisons(measured("latest.json")["rows"])
    assert len(found) > 5
    assert [title.partition(",")[0] for title in HEADLINE if any(title.startswith(one.title) for one in found)] == [
        one.title for one in found
    ]
    assert not {one.library for one in found} & set(OURS)
