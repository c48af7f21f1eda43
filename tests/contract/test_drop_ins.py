"""The rows of the contract, hostile origins and advisories through every drop-in, over both engines.

A drop-in has the options and the answers of its library; what a page may do is held against ``Policy``. Where it is
otherwise, ``tests/compat/<library>/door.py`` says so, and why.
"""

from __future__ import annotations

import logging
import pkgutil
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from types import ModuleType
from typing import Any

import pytest

import fastcors.compat
from fastcors import InsecurePolicyWarning
from tests.contract import doors, policies
from tests.contract.cases import BAD_ORIGINS, CASES
from tests.contract.drop_ins import DROP_INS
from tests.support import browser, packages
from tests.support.drop_in import Ask, DropIn, check_safe, difference
from tests.support.exchange import APP_BODY, APP_STATUS, Answer, Req, pre
from tests.support.origins import INVALID, LENIENT, SHELL, STRICT, WILDCARD_REFUSED

SITE, EVIL = b"https://app.example.com", b"https://evil.example"
ACAO, ACAH, ACAPN = (f"access-control-allow-{what}" for what in ("origin", "headers", "private-network"))

every_drop_in = pytest.mark.parametrize("drop_in", DROP_INS.values(), ids=lambda drop_in: drop_in.name)
with_expressions = pytest.mark.parametrize(
    "drop_in", [drop_in for drop_in in DROP_INS.values() if drop_in.expression], ids=lambda drop_in: drop_in.name
)


@pytest.fixture
def backend(engine: ModuleType) -> str:
    return "python" if engine.__name__.endswith("_twin.engine") else "cython"


def reference(policy_class: Any, parameters: Mapping[str, Any]) -> Ask:
    """What ``Policy`` answers with these parameters."""
    policy = policy_class(**parameters)
    return lambda req: doors.decide(policy, req)


def compare(drop_in: DropIn, names: list[str], found: Mapping[str, str]) -> None:
    """Assert that each row that differs is named by the drop-in, and that each difference it names for these is one."""
    named = [here for here in drop_in.differs if any(re.fullmatch(here.rows, name) for name in names)]
    covering = {name: [here for here in named if here.covers(name, found[name])] for name in found}
    lines = [f"{name}: {found[name]}" for name, these in covering.items() if not these]
    lines += [f"no longer: {here}" for here in named if not any(here in these for these in covering.values())]
    assert not lines, "\n".join(lines)


def test_every_drop_in_has_its_door() -> None:
    """A new module of fastcors.compat needs its ``tests/compat/<name>/door.py``."""
    modules = {found.name for found in pkgutil.iter_modules(fastcors.compat.__path__) if found.name[0] != "_"}
    assert set(DROP_INS) == modules


@every_drop_in
def test_policies_that_a_library_cannot_say_are_named_with_the_reason(drop_in: DropIn) -> None:
    assert set(drop_in.unsaid) <= set(policies.K)
    assert all(drop_in.unsaid.values())


@every_drop_in
def test_the_rows_of_the_contract_hold_but_for_the_named_differences(
    policy_class: Any, backend: str, drop_in: DropIn
) -> None:
    found: dict[str, str] = {}
    asks = {
        name: (drop_in.over(backend, drop_in.options(parameters)), reference(policy_class, parameters))
        for name, parameters in policies.K.items()
        if name not in drop_in.unsaid
    }
    cases = [case for case in CASES if case.policy in asks]
    assert len(cases) > 300
    for case in cases:
        ask, expected = asks[case.policy]
        answer = ask(case.req)
        check_safe(answer)
        if answer.app_ran:
            assert (answer.status, answer.body) == (APP_STATUS, APP_BODY), case
        credentials = policies.K[case.policy].get("allow_credentials", False)
        here = difference(case.req, answer, expected(case.req), credentials)
        if here:
            found[str(case)] = here
    compare(drop_in, [str(case) for case in cases], found)


HOSTILE: dict[str, dict[str, Any]] = {
    "list": {"allow_origins": ["https://example.com", "https://a.example.com:8443"]},
    "wildcard": {"allow_origins": ["https://*.example.com"], "allow_credentials": True},
    "any-port": {"allow_origins": ["http://localhost:*", "https://example.com:*"]},
    "reflect-credentials": policies.K["reflect-credentials"],
}
ORIGINS = list(dict.fromkeys([*STRICT, *LENIENT, *INVALID, *WILDCARD_REFUSED, *SHELL, *BAD_ORIGINS.values()]))


def hostile_names(configurations: Iterable[str]) -> list[str]:
    return [f"hostile-{name}-{origin[:60]!r}" for name in configurations for origin in ORIGINS]


@pytest.mark.long_on_twin
@every_drop_in
def test_hostile_origins_pass_where_policy_lets_them_but_for_the_named_differences(
    policy_class: Any, backend: str, drop_in: DropIn
) -> None:
    found: dict[str, str] = {}
    given = {name: drop_in.options(parameters) for name, parameters in HOSTILE.items()}
    parameters = dict(HOSTILE)
    if drop_in.expression is not None:
        regex = r"https://([a-z0-9-]+\.)*example\.com"
        given["expression"], parameters["expression"] = drop_in.expression(regex), {"allow_origin_regex": regex}
    for name, options in given.items():
        ask, expected = drop_in.over(backend, options), reference(policy_class, parameters[name])
        credentials = parameters[name].get("allow_credentials", False)
        for origin in ORIGINS:
            for req in (Req(b"GET", (origin,)), pre(b"GET", origin=origin)):
                answer = ask(req)
                check_safe(answer)
                here = difference(req, answer, expected(req), credentials)
                if here:
                    found[f"hostile-{name}-{origin[:60]!r}"] = here
    compare(drop_in, hostile_names(given), found)


@every_drop_in
def test_each_named_difference_is_about_rows_and_has_its_reason(drop_in: DropIn) -> None:
    names = [str(case) for case in CASES if case.policy not in drop_in.unsaid]
    names += hostile_names([*HOSTILE, "expression"])
    for here in drop_in.differs:
        assert any(re.fullmatch(here.rows, name) for name in names), here
        assert here.request
        assert here.why


def may_read(req: Req, answer: Answer, credentials: bool) -> bool:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    return browser.cors_check(browser.Request(*req.origins, credentials=credentials), headers)


@every_drop_in
def test_a_cache_that_goes_by_vary_lets_no_page_read_what_it_may_not(backend: str, drop_in: DropIn) -> None:
    """An answer without ``Vary: Origin`` may be handed to a page of any other origin."""
    for name in ("K1", "K4", "K6", "K7", "K8", "wildcard", "any-port", "null", "reflect-credentials"):
        parameters = policies.K[name]
        ask = drop_in.over(backend, drop_in.options(parameters))
        credentials = parameters.get("allow_credentials", False)
        origins = [b"http://localhost:9090", b"https://foo.com", b"https://a.example.com", EVIL, b"null"]
        answers = {origin: ask(Req(b"GET", (origin,))) for origin in origins}
        for one, other in permutations(origins, 2):
            vary = answers[one].cors().get("vary", "").lower()
            if "origin" not in vary and "*" not in vary:
                req = Req(b"GET", (other,))
                assert may_read(req, answers[one], credentials) <= may_read(req, answers[other], credentials), name


@pytest.mark.parametrize("drop_in", DROP_INS.values(), ids=lambda drop_in: drop_in.name)
def test_a_drop_in_says_why_a_request_gets_what_it_gets(backend: str, drop_in: DropIn) -> None:
    options = drop_in.options(policies.K["K1"])
    asked = {
        "ok": Req(b"GET", (b"http://localhost:9090",)),
        "not-cors": Req(),
        "origin-not-allowed": Req(b"GET", (EVIL,)),
        "origin-malformed": Req(b"GET", (b"https://user@example.com",)),
    }
    with packages.over(backend):
        for reason, req in asked.items():
            decision, words = drop_in.explained(options, req)
            assert decision.reason.value == reason
            assert len(words) > 20
    assert "localhost:9090" in drop_in.explained(options, pre(b"GET", origin=EVIL))[1]


# Advisories


@with_expressions
@pytest.mark.parametrize("regex", [r"https://trusted\.com", r"^https://trusted\.com", r"https?://(www\.)?trusted\.com"])
def test_cve_2026_37737_a_regular_expression_matches_a_whole_origin(backend: str, drop_in: DropIn, regex: str) -> None:
    assert drop_in.expression is not None
    ask = drop_in.over(backend, drop_in.expression(regex))
    assert ask(Req(b"GET", (b"https://trusted.com",))).cors()[ACAO] == "https://trusted.com"
    for origin in (
        b"https://trusted.com.attacker.io",
        b"https://trusted.com.com",
        b"https://trusted.community",
        b"https://trusted.com:8080",
        b"https://trusted.com@attacker.io",
        b"https://trusted.com/",
        b"https://trusted.com\n",
        b"https://attacker.io/https://trusted.com",
        b"https://attacker.io?https://trusted.com",
        b"https://xtrusted.com",
    ):
        for req in (Req(b"GET", (origin,)), pre(b"GET", origin=origin)):
            assert ask(req).cors().get(ACAO) is None, origin


@with_expressions
def test_an_origin_over_327_bytes_reaches_no_regular_expression(backend: str, drop_in: DropIn) -> None:
    """Over the first one this expression would take longer than anybody can wait."""
    assert drop_in.expression is not None
    ask = drop_in.over(backend, drop_in.expression("(?:a*)*b"))
    for origin in (b"a" * 328, b"https://" + b"a" * 328):
        assert ask(Req(b"GET", (origin,))).cors().get(ACAO) is None


@every_drop_in
def test_cve_2024_6221_access_to_a_private_network_is_off_by_default(backend: str, drop_in: DropIn) -> None:
    origins = {"allow_origins": [SITE.decode()]}
    req = pre(b"GET", origin=SITE, private=b"true")
    assert drop_in.over(backend, drop_in.options(origins))(req).cors().get(ACAPN) != "true"


@pytest.mark.parametrize(
    "drop_in",
    [drop_in for drop_in in DROP_INS.values() if "reflect-credentials" not in drop_in.unsaid],
    ids=lambda drop_in: drop_in.name,
)
def test_cve_2025_34291_any_origin_with_credentials_is_warned_of(drop_in: DropIn) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask = drop_in.make(drop_in.options(policies.K["reflect-credentials"]))
        ask(Req(b"GET", (SITE,)))
    assert [warning.category for warning in caught] == [InsecurePolicyWarning]
    assert "origins-wildcard-credentials" in str(caught[0].message)


@every_drop_in
def test_a_denial_never_says_null_and_null_is_no_local_origin(backend: str, drop_in: DropIn) -> None:
    for origins in ([SITE.decode()], ["http://localhost:7860"], ["http://localhost:*"]):
        ask = drop_in.over(backend, drop_in.options({"allow_origins": origins}))
        for origin in (EVIL, b"null", b"", b"null\0", b"NULL"):
            for req in (Req(b"GET", (origin,)), pre(b"GET", origin=origin)):
                assert ask(req).cors().get(ACAO) is None, origin


@every_drop_in
def test_requested_header_names_are_not_amplified(backend: str, drop_in: DropIn) -> None:
    ask = drop_in.over(backend, drop_in.options({"allow_origins": [SITE.decode()], "allow_headers": "*"}))
    for names in (b"x," * 40_000, b"x" * 9_000, b", ".join([b"x"] * 5000)):
        assert len(ask(pre(b"GET", names, origin=SITE)).cors().get(ACAH, "")) <= 256


NASTY = "x\r\nFAKE LINE\x1b[31m\x00\x85é\\".encode()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What any logger writes at DEBUG."""
    root = logging.getLogger()
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(handler)


@every_drop_in
def test_cve_2024_1681_nothing_that_a_client_sent_is_logged_unescaped(
    backend: str, drop_in: DropIn, logged: list[str]
) -> None:
    for parameters in ({"allow_origins": [SITE.decode()]}, policies.K["K4"]):
        ask = drop_in.over(backend, drop_in.options(parameters))
        for origin in (NASTY, SITE):
            ask(Req(b"GET", (origin,)))
            ask(Req(b"OPTIONS", (origin,), NASTY, (NASTY,)))
    assert all(line.isascii() and line.isprintable() for line in logged)
