"""The cells of the tables in docs/frameworks.md: which there are, and what a run measured for each door.

A cell is what one test of test_cells.py holds for one framework on one server. ``measured/NAME.json`` keeps the cells
of a door; a run must find what is kept there, and writes it anew with ``make test-frameworks WRITE=1``.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.frameworks.door import Door, load
from tests.support.installed import is_installed

KEPT = Path(__file__).with_name("measured")
WRITE = os.environ.get("FASTCORS_WRITE", "0") not in ("", "0")

COLUMNS = {
    "no Origin": "requests without `Origin`, and a plain `OPTIONS`: the answer of the application",
    "allowed": "a page of an allowed origin can read the answer",
    "refused": "the application answers, and a page of another origin cannot read it",
    "preflight accepted": "204 on every path, without the application",
    "preflight refused": "403 with no CORS header: for another origin, method or header",
    "404": "where nothing is; a page can read it",
    "405": "where another method is; a page can read it",
    "handled exception": "a page can read what the framework's handler of exceptions answers",
    "unhandled exception": "a page can read the 500 of an exception that has no handler",
    "redirect": "a redirect has the headers",
    "stream": "what is sent in parts arrives in parts",
    "WebSocket": "opens for an allowed origin, and is refused for another one (`check_websocket_origin=True`)",
    "mounted part": "what is mounted has the headers, its 404 too",
    "test client": "the framework's own test client gets what a browser gets",
    "command line": "the framework's own command finds the application",
    "Sentry": "reports the same exceptions, with the same frames, and the same transactions",
    "OpenTelemetry": "records the same spans and exceptions",
    "debugger": "stops for exceptions at the same places",
}
"""Each column with what it says where a cell holds. All that is no CORS header is as it is without fastcors."""


class Place(NamedTuple):
    """Where a cell was measured."""

    name: str
    """The door, by its file."""
    server: str | None
    """The server; None for a cell that no server takes part in."""

    @property
    def door(self) -> Door:
        """The door."""
        return load(self.name)


def cell(column: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Decorate the test of a column, which takes a fixture that has a ``place``.

    Where the door gives a reason why the cell does not hold, the test must fail by an assertion.
    """
    assert column in COLUMNS

    def decorate(test: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(test)
        def hold(*arguments: Any, **fixtures: Any) -> None:
            (given,) = (*arguments, *fixtures.values())
            place: Place = given.place
            why = place.door.why_not(column, place.server)
            try:
                test(given)
            except AssertionError:
                if why is None:
                    raise
            else:
                assert why is None, f"{column!r} holds: take the reason out of tests/frameworks/doors/{place.name}.py"
            keep(place, column, why)

        hold.column = column  # type: ignore[attr-defined]
        return hold

    return decorate


def kept(name: str) -> dict[str, Any]:
    """What was measured for a door."""
    path = KEPT / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


_written: dict[str, dict[str, Any]] = {}


def keep(place: Place, column: str, why: str | None) -> None:
    """Write down why a cell does not hold, or None; where nothing is to be written, compare it with what is kept."""
    if not WRITE:
        cells = cells_of(kept(place.name), place.server)
        assert column in cells, f"{column!r} of {place.name} is not in its row: make test-frameworks WRITE=1"
        assert cells[column] == why, "the row says something else: make test-frameworks WRITE=1"
        return
    if place.name not in _written:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        _written[place.name] = {"python": python, "versions": versions(place.door.packages), "cells": {}, "servers": {}}
    found = _written[place.name]
    if place.server is not None:
        packages = [part for part in place.server.split("-") if is_installed(part)]
        found["servers"].setdefault(place.server, {"versions": versions(packages), "cells": {}})
    cells_of(found, place.server)[column] = why
    KEPT.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, sort_keys=True)
    (KEPT / f"{place.name}.json").write_text(f"{text}\n", encoding="utf-8")


def cells_of(found: dict[str, Any], server: str | None) -> dict[str, str | None]:
    """The cells of a door that were measured on this server, or on none."""
    part = found if server is None else found.get("servers", {}).get(server, {})
    cells: dict[str, str | None] = part.get("cells", {})
    return cells


def versions(packages: Any) -> dict[str, str]:
    """The versions of these distributions."""
    return {name: importlib.metadata.version(name) for name in packages}
