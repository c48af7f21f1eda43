"""The doors, as fixtures: their servers, their commands, and what watches them. Each starts once, for all its tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.frameworks.cells import Place
from tests.frameworks.commands import CommandLine
from tests.frameworks.door import DOORS, load
from tests.frameworks.exchange import Pair
from tests.frameworks.watched import Watched
from tests.support.installed import need_distributions

ROWS = {name: load(name) for name in DOORS}
ALL = os.environ.get("FASTCORS_LONG", "0") not in ("", "0")
"""Whether every server of a door is tried, or the first one."""
ON_SERVERS = [Place(name, server) for name, door in ROWS.items() for server in door.servers[: None if ALL else 1]]
COMMANDS = [(Place(name, None), command) for name, door in ROWS.items() for command in door.commands or (None,)]


def need(place: Place) -> None:
    """Skip the tests of a door whose framework or server is not installed."""
    server = [] if place.server is None else [place.server.partition("-")[0]]
    need_distributions(*place.door.packages, *server)


@pytest.fixture(scope="session", params=ON_SERVERS, ids=lambda place: f"{place.name}-on-{place.server}")
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A door's application on a server, with CORS and without."""
    need(request.param)
    pair = Pair(request.param)
    yield pair
    pair.end()


@pytest.fixture(scope="session", params=DOORS)
def watched(request: pytest.FixtureRequest) -> Iterator[Watched]:
    """What test clients, monitors and a debugger see of a door's application."""
    place = Place(request.param, None)
    need(place)
    return Watched(place)


@pytest.fixture(
    scope="session", params=COMMANDS, ids=[f"{place.name}-{command or 'none'}" for place, command in COMMANDS]
)
def command(request: pytest.FixtureRequest) -> CommandLine:
    """A command of a framework's."""
    place, name = request.param
    need(place)
    return CommandLine(place, name)
