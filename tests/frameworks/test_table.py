"""The tables in docs/frameworks.md have every cell of every door, and say what the doors say."""

from __future__ import annotations

import pytest

from tests.frameworks.cells import COLUMNS, cells_of, kept
from tests.frameworks.door import DOORS, load
from tests.frameworks.table import WATCHED
from tests.integration.wire import ROOT


@pytest.mark.parametrize("name", DOORS)
def test_every_cell_of_a_row_was_measured_and_says_what_the_door_says(name: str) -> None:
    door, found = load(name), kept(name)
    assert set(found["servers"]) == set(door.servers), "make test-frameworks WRITE=1"
    on_servers = [column for column in COLUMNS if column not in WATCHED]
    for server, columns in {None: WATCHED, **dict.fromkeys(door.servers, on_servers)}.items():
        assert cells_of(found, server) == {column: door.why_not(column, server) for column in columns}


@pytest.mark.parametrize("name", DOORS)
def test_a_reason_is_for_a_cell_that_there_is(name: str) -> None:
    door = load(name)
    cells = {*COLUMNS, *(f"{server}: {column}" for server in door.servers for column in COLUMNS)}
    assert set(door.lacks) <= cells


@pytest.mark.parametrize("name", DOORS)
def test_a_door_has_a_page(name: str) -> None:
    assert (ROOT / "docs" / "frameworks" / load(name).page).exists()


def test_nothing_is_kept_of_a_door_that_is_gone() -> None:
    assert sorted(path.stem for path in (ROOT / "tests/frameworks/measured").glob("*.json")) == DOORS
