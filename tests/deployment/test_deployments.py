"""Each way to deploy: the answers are right in every process, from the engine that the table names."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

import fastcors
from tests.deployment.app import SITE
from tests.deployment.ways import WAYS, Way
from tests.integration.commands import Started, free_port
from tests.integration.wire import ROOT, Connection, Response, message
from tests.support.installed import need_distributions

pytestmark = pytest.mark.long

OTHER = "https://other.example.com"
ACAO = "access-control-allow-origin"


class Deployed(NamedTuple):
    way: Way
    server: Started

    def ask(self, method: str = "GET", path: str = "/", origin: str = SITE, **headers: str) -> Response:
        """Ask on a connection of its own, so that any worker may answer."""
        self.server.connect().close()
        connection = Connection(self.server.port)
        lines = [(b"Host", b"127.0.0.1"), (b"Origin", origin.encode())]
        lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        try:
            response = connection.ask(message(method, self.way.path + path, lines))
            assert response is not None, self.server.output
            return response
        finally:
            connection.close()


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.name)
def deployed(request: pytest.FixtureRequest) -> Iterator[Deployed]:
    """The application, deployed in one of the ways."""
    way: Way = request.param
    need_distributions(*way.packages)
    missing = way.lacks()
    if missing is not None:
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp())  # which others than this user can be let into
    try:
        port = None
        if way.prepare is not None:
            port = free_port()
            way.prepare(folder, port)
        arguments = [argument.replace("{folder}", str(folder)) for argument in way.arguments]
        server = Started(arguments, ROOT, lambda said: said.count(way.ready) >= way.workers, port)
        try:
            deployed = Deployed(way, server)
            if way.first is not None:
                Deployed(replace(way, path=way.first), server).ask()
            yield deployed
        finally:
            server.end()
    finally:
        shutil.rmtree(folder)


def engine_of(way: Way) -> str:
    """The engine that a way has, where the tests run over the native one."""
    return way.engine if fastcors.backend == "cython" else "python"


def test_what_is_allowed_can_be_read_and_nothing_else(deployed: Deployed) -> None:
    response = deployed.ask()
    assert (response.status, response.cors()) == (200, {ACAO: SITE, "vary": "Origin"})
    response = deployed.ask(origin=OTHER)
    assert (response.status, response.cors()) == (200, {"vary": "Origin"})


def test_preflights_are_answered(deployed: Deployed) -> None:
    response = deployed.ask("OPTIONS", Access_Control_Request_Method="PUT")
    assert (response.status, response.body, response.cors()[ACAO]) == (204, b"", SITE)
    response = deployed.ask("OPTIONS", Access_Control_Request_Method="DELETE")
    assert (response.status, response.body, set(response.cors())) == (403, b"", {"vary"})


def test_every_worker_answers_from_its_engine_while_others_wait_for_a_function(deployed: Deployed) -> None:
    def ask(number: int) -> tuple[int, str]:
        origin = OTHER if number % 2 else SITE
        response = deployed.ask(path="/asked/", origin=origin)
        assert response.cors().get(ACAO) == (None if number % 2 else SITE)
        body = json.loads(response.body)
        return body["process"], body["backend"]

    found: set[tuple[int, str]] = set()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            found |= set(pool.map(ask, range(8)))
            if len(found) >= deployed.way.workers:
                break
    assert [engine for _, engine in found] == [engine_of(deployed.way)] * deployed.way.workers


def test_a_process_that_has_no_native_engine_for_an_application_says_so(deployed: Deployed) -> None:
    warned = (deployed.way.engine, fastcors.backend) == ("python", "cython")
    assert deployed.server.says(lambda said: "RuntimeWarning: fastcors runs in pure Python" in said, 0) == warned
