"""The drop-in for django-cors-headers: what no browser sends is never allowed and never sent back."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.compat.corsheaders.project import GOOD, HEADERS, ORIGIN, cors, get, get_async, preflight, project, receiver
from tests.contract.cases import BAD_ORIGINS, HOSTILE_ACRH
from tests.support.origins import INVALID, LENIENT, STRICT

EVERYTHING: dict[str, dict[str, Any]] = {
    "any origin with credentials": {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
    "an expression for everything": {"CORS_ALLOWED_ORIGIN_REGEXES": [r"(?s).*"]},
    "a receiver that allows everything": {},
}
NO_ORIGINS = [origin for origin in [*INVALID, *BAD_ORIGINS.values()] if origin != b"null"]


@pytest.mark.parametrize("settings", EVERYTHING.values(), ids=EVERYTHING)
def test_what_is_no_origin_is_never_sent_back(settings: dict[str, Any]) -> None:
    with project(**settings), receiver(lambda sender, request, **_: not settings):
        for raw in NO_ORIGINS:
            origin = raw.decode("latin-1")
            assert cors(get(origin=origin)) == {"vary": "origin"}, raw[:100]
            assert cors(preflight(origin=origin)) == {"vary": "origin"}, raw[:100]
        for raw in STRICT:
            assert cors(get(origin=raw.decode()))[ORIGIN] == raw.decode()


@pytest.mark.parametrize("name", list(EVERYTHING)[1:])
def test_what_browsers_send_beyond_the_grammar_passes_only_where_it_is_listed(name: str) -> None:
    settings = EVERYTHING[name]
    with project(**settings), receiver(lambda sender, request, **_: not settings):
        for raw in LENIENT:
            assert cors(get(origin=raw.decode())) == {"vary": "origin"}, raw
    with project(CORS_ALLOWED_ORIGINS=[raw.decode() for raw in LENIENT]):
        for raw in LENIENT:
            assert cors(get(origin=raw.decode()))[ORIGIN] == raw.decode()


def test_near_misses_of_a_listed_origin_do_not_pass() -> None:
    near = [
        GOOD[:-1],
        GOOD + "m",
        GOOD.upper(),
        GOOD + "/",
        GOOD + ":443",
        GOOD + ".",
        "http" + GOOD[5:],
        f"{GOOD},{GOOD}",
    ]
    near += ["https://x@app.example.com", "https://appxexample.com", "https://evilapp.example.com", f"{GOOD}.evil.org"]
    with project(CORS_ALLOWED_ORIGINS=[GOOD], CORS_ALLOWED_ORIGIN_REGEXES=[r"https://app\.example\.org"]):
        for origin in near:
            assert cors(get(origin=origin)) == {"vary": "origin"}, origin


def test_two_origin_lines_are_not_believed() -> None:
    with project(CORS_ALLOWED_ORIGINS=[GOOD]):
        assert cors(get(origin=f"{GOOD},{GOOD}")) == {"vary": "origin"}
        assert cors(get_async(origin=f"{GOOD},{GOOD}")) == {"vary": "origin"}


@pytest.mark.parametrize("lines", HOSTILE_ACRH.values(), ids=HOSTILE_ACRH)
def test_requested_names_cost_no_more_than_good_ones_and_reach_no_header(lines: list[bytes]) -> None:
    value = b",".join(lines).decode()
    with project(CORS_ALLOWED_ORIGINS=[GOOD], CORS_ALLOW_HEADERS=["x-a"]):
        before = time.process_time()
        response = preflight(HTTP_ACCESS_CONTROL_REQUEST_HEADERS=value)
        assert time.process_time() - before < 0.5
        assert cors(response)[HEADERS] == "x-a"
        assert all(len(text) < 200 for text in cors(response).values())
