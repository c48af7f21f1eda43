"""The contract's rows 1 to 41 over real sockets, for ASGI, RSGI, WSGI and Flask, on the servers that people run.

The cases are those of tests/contract/cases.py, sent as bytes. What cannot be said on a wire is in process only:
values with a line end, which would be other lines, and those with white space at an edge, which is not part of a field
value (RFC 9112, section 5); row 38's invalid policy and row 39, which are about configuration. Row 38 under load is in
test_live.py. A server may refuse by itself what is longer or stranger than it takes: no CORS header may be in that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.contract import expect
from tests.contract.cases import CASES, K1_ACTUAL, LOCAL, ONLY_VARY, Case, local
from tests.contract.expect import ACAC, ACAO, ACEH, VARY, Exactly
from tests.integration.apps import STATUSES
from tests.integration.wire import Process, Response, message
from tests.support.exchange import APP_BODY, APP_STATUS, Req

LONG = os.environ.get("FASTCORS_LONG", "") not in ("", "0")
ROWS = sorted({case.row for case in CASES})
HOSTILE_POLICIES = ("K2",)
"""Those that get the row of megabytes, unless it may take longer."""
TAKEN = 4000
"""Bytes of a head that every server takes."""
REFUSALS = (400, 413, 414, 431)


class Door(NamedTuple):
    server: str
    application: str
    prefix: str = ""

    def __str__(self) -> str:
        framework = "-sanic" if "sanic_app" in self.application and self.server != "sanic" else ""
        return self.server + framework + self.prefix.replace("/", "-")


DOORS = [
    Door("uvicorn-httptools", "tests.integration.apps:asgi"),
    Door("uvicorn-h11", "tests.integration.apps:asgi"),
    Door("granian-asgi", "tests.integration.apps:asgi"),
    Door("gunicorn-asgi", "tests.integration.apps:asgi"),
    Door("granian-rsgi", "tests.integration.apps:rsgi"),
    Door("gunicorn", "tests.integration.apps:wsgi"),
    Door("granian-wsgi", "tests.integration.apps:wsgi"),
    Door("gunicorn", "tests.integration.apps:wsgi", "/flask"),
    Door("granian-wsgi", "tests.integration.apps:wsgi", "/flask"),
    Door("aiohttp", "tests.integration.request_apps:aiohttp_app"),
    Door("sanic", "tests.integration.request_apps:sanic_app"),
    Door("uvicorn-httptools", "tests.integration.request_apps:sanic_app"),
]


class Site(NamedTuple):
    """A server, and where the applications are."""

    process: Process
    prefix: str

    def ask(self, policy: str, req: Req, what: str = "ok") -> Response:
        return self.process.ask(self.raw(policy, req, what))

    def try_to_ask(self, policy: str, req: Req) -> Response | None:
        return self.process.connection.ask(self.raw(policy, req))

    def raw(self, policy: str, req: Req, what: str = "ok") -> bytes:
        return message(req.method, f"{self.prefix}/{policy}/{what}", req.lines())


FEW_ROWS = ["02", "03", "04", "05", "06", "07", "08", "09", "12", "13", "20", "24", "26", "30", "31"]
OTHERS = [
    Door("hypercorn", "tests.integration.apps:asgi"),
    Door("hypercorn-trio", "tests.integration.apps:asgi"),
    Door("daphne", "tests.integration.apps:asgi"),
    Door("hypercorn-wsgi", "tests.integration.apps:wsgi"),
    Door("hypercorn-wsgi", "tests.integration.apps:wsgi", "/flask"),
]
ENVIRONMENTS = {"": {}, **({"pure": {"FASTCORS_PURE": "1"}} if LONG else {})}


@pytest.fixture(
    scope="session", params=[(door, name) for name in ENVIRONMENTS for door in DOORS], ids=lambda p: str(p[0]) + p[1]
)
def site(request: pytest.FixtureRequest, start: Callable[..., Process]) -> Site:
    door, environment = request.param
    return Site(start(door.server, door.application, **ENVIRONMENTS[environment]), door.prefix)


def values(req: Req) -> list[bytes]:
    return [*req.origins, *([] if req.acrm is None else [req.acrm]), *req.acrh, *filter(None, [req.acrpn])]


def can_be_sent(case: Case) -> bool:
    return all(value == value.strip(b" \t") and not set(value) & set(b"\r\n") for value in values(case.req))


def may_be_refused(case: Case) -> bool:
    """Whether a server may have limits of its own, or strict ideas of field values, that it is beyond."""
    found = values(case.req)
    odd = any((byte < 0x20 and byte != 0x09) or byte > 0x7E for value in found for byte in value)
    return odd or len(found) > 60 or sum(map(len, found)) > TAKEN


def check(case: Case, response: Response | None) -> None:
    if not all(line.isascii() for line in case.req.acrh):
        # No browser sends it, and not every server hands it over.
        assert response is None or b"\xe9".decode("latin-1") not in repr(response.headers)
        return
    if response is None or (response.status in REFUSALS and case.status != response.status):
        assert may_be_refused(case), response
        assert response is None or not [name for name, _ in response.headers if name.startswith("access-control-")]
        return
    ran = bool(response.values("x-app"))
    assert ran is (case.status is None)
    assert (response.status, response.body) == ((APP_STATUS, APP_BODY) if ran else (case.status, b""))
    expect.check(response.cors(), case.headers)


SENT = [case for case in CASES if can_be_sent(case)]


def check_row(site: Site, row: str) -> None:
    failures = {}
    for case in SENT:
        if case.row != row or (row == "40" and case.policy not in HOSTILE_POLICIES and not LONG):
            continue
        try:
            check(case, site.try_to_ask(case.policy, case.req))
        except AssertionError as error:
            failures[str(case)] = str(error)
    assert not failures


@pytest.mark.parametrize("row", ROWS)
def test_row(site: Site, row: str) -> None:
    check_row(site, row)


@pytest.mark.parametrize("row", ROWS if LONG else FEW_ROWS)
@pytest.mark.parametrize("door", OTHERS, ids=str)
def test_row_on_other_servers(start: Callable[..., Process], door: Door, row: str) -> None:
    check_row(Site(start(door.server, door.application), door.prefix), row)


@pytest.mark.parametrize("row", ["07", "08", "09", "12", "13"])
@pytest.mark.parametrize("server", ["gunicorn", "granian-wsgi", "hypercorn-wsgi"])
def test_preflights_of_a_flask_view_with_a_policy_of_its_own(
    start: Callable[..., Process], server: str, row: str
) -> None:
    check_row(Site(start(server, "tests.integration.apps:wsgi"), "/view"), row)


def test_all_rows_have_cases_that_can_be_sent() -> None:
    assert {case.row for case in SENT} == set(ROWS)
    assert len(SENT) > 0.7 * len(CASES)


PREFLIGHT = local(b"PURGE", b"authorization")
ACTUALS = {"allowed": Req(b"GET", (LOCAL,)), "refused": Req(b"GET", (b"https://evil.example",)), "none": Req()}


@pytest.mark.parametrize("req", [*ACTUALS.values(), PREFLIGHT, Req(b"OPTIONS")], ids=str)
def test_row_01_without_a_policy_everything_is_left_alone(site: Site, req: Req) -> None:
    response = site.ask("none", req)
    assert (response.status, response.body, response.cors()) == (APP_STATUS, APP_BODY, {})
    response = site.ask("none", req, "own")
    assert response.cors()[ACAO] == "https://app.example"


@pytest.mark.parametrize("req", ACTUALS.values(), ids=ACTUALS)
def test_row_21_vary_of_all_layers_is_kept(site: Site, req: Req) -> None:
    assert site.ask("outer-K7", req, "vary").vary() == ["before", "foo", "origin"]
    assert site.ask("K7", req, "vary").vary() == ["foo", "origin"]
    assert site.ask("K7", req).vary() == ["origin"]


@pytest.mark.parametrize("what", [*STATUSES, "raise"])
def test_row_35_every_answer_of_the_application_gets_the_headers(site: Site, what: str) -> None:
    response = site.ask("K1", ACTUALS["allowed"], what)
    assert response.status == STATUSES.get(what, 500)
    expect.check(response.cors(), K1_ACTUAL)
    assert b"broken" not in response.body
    for kind in ("refused", "none"):
        expect.check(site.ask("K1", ACTUALS[kind], what).cors(), ONLY_VARY)
    assert site.ask("K1", PREFLIGHT, what).status == 204


def test_row_36_the_policys_headers_alone_leave_the_server(site: Site) -> None:
    expect.check(site.ask("K1", ACTUALS["allowed"], "own").cors(), K1_ACTUAL)
    expect.check(site.ask("K7", ACTUALS["allowed"], "own").cors(), {ACAO: LOCAL.decode(), VARY: Exactly("origin")})
    for kind in ("refused", "none"):
        expect.check(site.ask("K1", ACTUALS[kind], "own").cors(), ONLY_VARY)
    for req in ACTUALS.values():
        expect.check(site.ask("K4", req, "own").cors(), {ACAO: "*", ACEH: "*"})


def test_row_37_what_an_outer_layer_does_to_the_list_stays_there(site: Site) -> None:
    for req in (*ACTUALS.values(), PREFLIGHT):
        before = site.ask("K1", req)
        for _ in range(3):
            site.ask("outer-K1", req)
        after = site.ask("K1", req)
        assert (after.status, after.cors()) == (before.status, before.cors())
    assert ACAC in site.ask("K1", ACTUALS["allowed"]).cors()


def test_answers_do_not_depend_on_those_before_them(site: Site) -> None:
    """One connection, where the server keeps it: each answer is framed as it should be, and nothing leaks."""
    refused = local(b"PATCH")
    for req, status in 3 * [*((req, APP_STATUS) for req in ACTUALS.values()), (PREFLIGHT, 204), (refused, 403)]:
        response = site.ask("K1", req)
        assert (response.status, response.body) == (status, APP_BODY if status == APP_STATUS else b"")
        assert (ACAO in response.cors()) is (req.origins == (LOCAL,) and req is not refused)
