"""Section 6 of the contract: debug mode, explain(), and that nothing a client sent comes out unescaped.

The verdict of the modelled browser must be the engine's verdict, with debug on and off.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract import doors, expect, policies
from tests.support.browser import Request, cors_check, preflight_passes, requests_behind
from tests.support.exchange import Req, drive, no_receive, pre
from tests.support.shims import middleware

LOCAL = policies.LOCAL.encode()
ORIGINS = [
    LOCAL,
    b"https://a.example.com",
    b"http://a.example.com:1",
    b"https://foo.com",
    b"https://evil.example",
    b"https://a_b.example.com",
    b"null",
    b"",
    b"bad origin",
    b"https://a.example, https://b.example",
]
METHODS = [
    b"GET",
    b"PUT",
    b"POST",
    b"PATCH",
    b"PURGE",
    b"patch",
    b"TRACE",
    b"connect",
    b"",
    b"P UT",
    b"M" * 65,
]
HEADER_LINES: list[list[bytes]] = [
    [],
    [b"authorization"],
    [b"X-A,x-b"],
    [b"x-header-1", b"x-header-2"],
    [b"foo,x-nope,bar"],
    [b"x-nope"],
    [b"authorization,x-nope"],
    [b"authorization" + b"," * 17],
    [b"," * 17],
    [b""] * 17,
    [b"authorization,   foo"],
    [b",".join([b"authorization"] * 129)],
    [b",".join([b"foo"] * 129)],
    [b"authorization", b"x" * 8192],
    [b"," * 9000],
    [b" " * 9000],
    [b"au thorization"],
    [b"authorization", b"\xe9"],
    [b"*"],
]


def preflights(policy: Any) -> Iterator[tuple[bytes, bytes, list[bytes], bytes | None]]:
    """Every combination for origins that pass, a few for the others."""
    for origin in ORIGINS:
        passes = policy.is_origin_allowed(origin)
        for method in METHODS if passes else METHODS[:3]:
            for lines in HEADER_LINES if passes else HEADER_LINES[:2]:
                for private in (None, b"true"):
                    yield origin, method, lines, private


@pytest.mark.parametrize("name", policies.K)
def test_the_browser_reaches_the_engines_verdict_with_debug_on_and_off(policy_class: Any, name: str) -> None:
    plain = policies.built(policy_class, name)
    debug = policies.built(policy_class, name, debug=True)
    credentials = plain.settings.allow_credentials
    for origin, method, lines, private in preflights(plain):
        one = plain.decide(b"OPTIONS", origin, method, lines, request_private_network=private)
        two = debug.decide(b"OPTIONS", origin, method, lines, request_private_network=private)
        case = (origin, method, lines, private)
        assert (one.kind, one.allowed, one.reason) == (two.kind, two.allowed, two.reason), case
        assert one.detail == two.detail, case
        for request in requests_behind(origin, method, lines, private_network=bool(private)):
            expected = one.allowed and (credentials or not request.credentials)
            assert preflight_passes(request, one.status, one.headers) is expected, case
            assert preflight_passes(request, two.status, two.headers) is expected, case


@pytest.mark.parametrize("name", policies.K)
def test_the_browser_shows_an_actual_response_exactly_where_the_engine_allows_it(policy_class: Any, name: str) -> None:
    for debug in (False, True):
        policy = policies.built(policy_class, name, debug=debug)
        star = policies.K[name]["allow_origins"] == "*"
        credentials = policy.settings.allow_credentials
        for origin in ORIGINS:
            decision = policy.decide(b"POST", origin)
            for with_credentials in (False, True):
                request = Request(origin, b"POST", credentials=with_credentials)
                # A public policy's `*` is static: it stays where the Origin value is malformed.
                expected = (decision.allowed or star) and (credentials or not with_credentials)
                assert cors_check(request, decision.headers) is expected, (origin, with_credentials)


def test_debug_changes_nothing_but_refused_preflights(policy_class: Any) -> None:
    for name in policies.K:
        plain = policies.built(policy_class, name)
        debug = policies.built(policy_class, name, debug=True)
        for req in (
            Req(),
            Req(b"GET", (LOCAL,)),
            Req(b"GET", (b"https://evil.example",)),
            pre(b"GET", origin=LOCAL),
            pre(b"GET", b"authorization", origin=LOCAL),
        ):
            origin = req.origins[0] if req.origins else None
            one = plain.decide(req.method, origin, req.acrm, list(req.acrh))
            two = debug.decide(req.method, origin, req.acrm, list(req.acrh))
            if one.kind == "preflight" and not one.allowed:
                continue
            assert (one.status, one.headers, one.body) == (two.status, two.headers, two.body)


REFUSALS = {
    "origin-not-allowed": pre(b"GET", origin=b"https://evil.example"),
    "origin-malformed": pre(b"GET", origin=b"not an origin"),
    "origin-null": pre(b"GET", origin=b"null"),
    "origin-multiple": pre(b"GET", origin=b"https://a.example,https://b.example"),
    "method-not-allowed": pre(b"PUT", origin=LOCAL),
    "method-malformed": pre(b"P UT", origin=LOCAL),
    "header-not-allowed": pre(b"PURGE", b"authorization,x-nope", origin=LOCAL),
    "headers-malformed": pre(b"PURGE", b"authorization,x nope", origin=LOCAL),
    "headers-too-large": pre(b"PURGE", b"a" * 9000, origin=LOCAL),
    "private-network-not-allowed": pre(b"PURGE", b"authorization", origin=LOCAL, private=b"true"),
}
DOORS = [door for door in doors.DOORS if door.name in ("decide", "decide_asgi", "decide_wsgi", "asgi", "wsgi")]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refused_preflight_in_debug_mode_names_its_reason(policy_class: Any, door: doors.Door, reason: str) -> None:
    policy = policies.built(policy_class, "K1", debug=True)
    answer = door.open(policy, REFUSALS[reason])
    assert not answer.app_ran
    assert answer.status == 200
    assert answer.body.decode("ascii").startswith(reason)
    assert reason in answer.body.decode("ascii")
    found = answer.cors()
    assert "access-control-max-age" not in found
    assert expect.VARY_PREFLIGHT.accepts(found["vary"])
    if reason.startswith("origin"):
        assert set(found) == {"vary"}


@pytest.mark.parametrize(("reason", "req"), REFUSALS.items(), ids=REFUSALS)
def test_each_refusal_has_its_reason_and_explanation(policy_class: Any, reason: str, req: Req) -> None:
    for debug in (False, True):
        decision = policies.built(policy_class, "K1", debug=debug).decide(
            req.method, req.origins[0], req.acrm, list(req.acrh), request_private_network=req.acrpn
        )
        assert decision.reason.value == reason
        assert reason in decision.explain()
        assert bool(decision.body) is debug
        if debug:
            assert decision.explain() in decision.body.decode("ascii")


@pytest.mark.parametrize(("status", "shown"), [(200, 200), (201, 201), (204, 200), (205, 200), (299, 299)])
def test_a_status_without_content_gives_way_to_200_in_debug_mode(policy_class: Any, status: int, shown: int) -> None:
    """RFC 9110, 15.3.5 and 15.3.6: 204 and 205 have no content; the reason is in the body."""
    policy = policy_class(allow_origins=[policies.LOCAL], preflight_status=status, debug=True)
    assert policy.decide(b"OPTIONS", LOCAL, b"PUT").status == shown
    assert policy.decide(b"OPTIONS", LOCAL, b"GET").status == status


def test_the_headers_that_were_earned_name_the_failing_step(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K1", debug=True)

    def found(name: str) -> set[str]:
        return set(doors.decide(policy, REFUSALS[name]).cors()) - {"vary"}

    earned = {expect.ACAO, expect.ACAC}
    assert earned <= found("method-not-allowed")
    assert earned | {expect.ACAM, expect.ACAH} == found("header-not-allowed")
    assert earned | {expect.ACAM, expect.ACAH} == found("private-network-not-allowed")
    value = doors.decide(policy, REFUSALS["header-not-allowed"]).cors()[expect.ACAH]
    assert expect.tokens(value) == ["authorization"]


def test_explain_names_the_configured_value_to_change(policy_class: Any) -> None:
    policy = policies.built(policy_class, "K1")

    def text(name: str) -> str:
        req = REFUSALS[name]
        decision = policy.decide(
            req.method, req.origins[0], req.acrm, list(req.acrh), request_private_network=req.acrpn
        )
        return str(decision.explain())

    assert "allow_origins" in text("origin-not-allowed")
    assert "https://evil.example" in text("origin-not-allowed")
    assert "dangerously_allow_null_origin" in text("origin-null")
    assert "allow_methods" in text("method-not-allowed")
    assert "PUT" in text("method-not-allowed")
    assert "allow_headers" in text("header-not-allowed")
    assert "x-nope" in text("header-not-allowed")
    assert "allow_private_network" in text("private-network-not-allowed")


NASTY = [
    b"\r\nSet-Cookie: a=b",
    b"\x00\x01\x1b[31m",
    b"\xff\xfe\x85\xa0",
    "\u202e\u2028\ufeff".encode(),
    b"%s%d{}{0}{self}%(x)s",
    b"<script>alert(1)</script>",
    b"'\"\\`",
    b"a" * 100_000,
    b"\xe9" * 100_000,
    b"\n" * 100_000,
]


@pytest.mark.parametrize("nasty", NASTY, ids=lambda value: repr(value[:20]))
def test_texts_made_of_a_request_are_short_printable_ascii(policy_class: Any, nasty: bytes) -> None:
    for debug in (False, True):
        for name in ("K1", "K4", "K6", "minimal", "reflect"):
            policy = policies.built(policy_class, name, debug=debug)
            for args in (
                (b"GET", nasty),
                (b"GET", nasty.decode("latin-1")),
                (b"GET", nasty.decode("utf-8", "surrogateescape")),
                (b"OPTIONS", LOCAL, nasty),
                (b"OPTIONS", LOCAL, b"GET", [nasty]),
                (b"OPTIONS", LOCAL, b"GET", [b"authorization", b"x-a," + nasty]),
                (b"OPTIONS", b"https://a.example.com" + nasty, b"GET"),
                (nasty, nasty, nasty, nasty),
            ):
                decision = policy.decide(*args)
                explanation = decision.explain()
                assert all(line.isascii() and line.isprintable() for line in explanation.split("\n"))
                assert decision.body.decode("ascii").replace("\n", "").isprintable() or not decision.body
                assert len(decision.detail) <= 256
                assert decision.detail.isascii()
                assert decision.detail.isprintable() or not decision.detail
                assert len(explanation) < 4000
                assert len(decision.body) < 4200
                for value in (repr(decision), str(decision)):
                    assert value.isascii()
                    assert value.isprintable()
                    assert len(value) < 4000
                # A line break of the client's can never start a line of ours.
                assert "\nSet-Cookie" not in explanation
                assert b"\nSet-Cookie" not in decision.block
                assert b"\nSet-Cookie" not in decision.body


def test_reasons_are_the_contracts(policy_class: Any) -> None:
    from fastcors.decision import Reason

    assert {
        "ok",
        "not-cors",
        "origin-malformed",
        "origin-null",
        "origin-multiple",
        "origin-not-allowed",
        "method-malformed",
        "method-not-allowed",
        "header-not-allowed",
        "headers-malformed",
        "headers-too-large",
        "private-network-not-allowed",
    } <= {reason.value for reason in Reason}
    policy = policies.built(policy_class, "K7")
    assert policy.decide(b"GET", None).reason is Reason.NOT_CORS
    assert policy.decide(b"GET", LOCAL).reason is Reason.OK
    assert policy.decide(b"GET", b"null").reason is Reason.ORIGIN_NULL


@pytest.mark.parametrize("handle_errors", [False, True])
@pytest.mark.parametrize("door", ["asgi", "wsgi"])
def test_a_failing_application_is_left_to_the_servers_log(
    policy_class: Any, door: str, handle_errors: bool, caplog: pytest.LogCaptureFixture
) -> None:
    policy = policies.built(policy_class, "K7")

    def wsgi_app(environ: Any, start_response: Any) -> Any:
        raise RuntimeError("broken")

    async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("broken")

    async def send(message: Any) -> None:
        pass

    app = middleware(door, policy)(asgi_app if door == "asgi" else wsgi_app, policy, handle_errors=handle_errors)

    def serve() -> None:
        if door == "asgi":
            drive(app(Req().scope(), no_receive, send))
        else:
            list(app(Req().environ(), lambda *_: None))

    with caplog.at_level(logging.DEBUG), pytest.raises(RuntimeError, match="broken"):
        serve()
    assert caplog.records == []
