"""What was decided reaches the application, and is counted: through each shim, over both engines."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from typing import Any

import pytest

from fastcors import Outcome, PolicyError, Reason
from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, pre
from tests.support.rsgi import Proto, RsgiApp, WebSocketProto, call_rsgi, scope_of
from tests.support.shims import middleware

YES, NO = b"https://yes.example", b"https://no.example"
TOLD = {"tell_application": True}

REQUESTS = {
    "no origin": (Req(), Reason.NOT_CORS),
    "allowed": (Req(origins=(YES,)), Reason.OK),
    "not listed": (Req(origins=(NO,)), Reason.ORIGIN_NOT_ALLOWED),
    "malformed": (Req(origins=(b"https://NO.example",)), Reason.ORIGIN_MALFORMED),
    "null": (Req(origins=(b"null",)), Reason.ORIGIN_NULL),
    "comma": (Req(origins=(b"https://a.example,https://b.example",)), Reason.ORIGIN_MULTIPLE),
    "preflight": (pre(b"PUT", origin=YES), Reason.OK),
    "preflight, origin": (pre(b"PUT", origin=NO), Reason.ORIGIN_NOT_ALLOWED),
    "preflight, malformed origin": (pre(b"PUT", origin=b"x y"), Reason.ORIGIN_MALFORMED),
    "preflight, method": (pre(b"PATCH", origin=YES), Reason.METHOD_NOT_ALLOWED),
    "preflight, header": (pre(b"PUT", b"x-no", origin=YES), Reason.HEADER_NOT_ALLOWED),
    "preflight, too much": (pre(b"PUT", b"," * 20, origin=YES), Reason.HEADERS_TOO_LARGE),
    "preflight, network": (pre(b"PUT", origin=YES, private=b"true"), Reason.PRIVATE_NETWORK_NOT_ALLOWED),
}


def made(policy_class: type[Any], **more: Any) -> Any:
    return policy_class(**{"allow_origins": [YES.decode()], "allow_methods": ["PUT"], "name": "partners", **more})


class Served:
    """An application behind a shim of any interface: where the shim puts the outcome, if it can, and counts it."""

    def __init__(self, interface: str, policy: Any = None, /, **options: Any) -> None:
        self.interface = interface
        self.app: Any = {"asgi": AsgiApp, "rsgi": RsgiApp, "wsgi": WsgiApp}[interface]()
        shim = middleware(interface, policy if policy is not None else next(iter(options["routes"].values())))
        self.shim = shim(self.app, **({} if policy is None else {"policy": policy}), **options)

    def get(self, req: Req, **more: Any) -> Any:
        """Send a request, and return the server's own scope or environ afterwards."""
        if self.interface == "rsgi":
            scope = scope_of(req, path=req.path, **more)
            call_rsgi(self.shim, scope)
            return scope
        place = {**(req.scope() if self.interface == "asgi" else req.environ()), **more}
        (call_asgi if self.interface == "asgi" else call_wsgi)(self.shim, place)
        return place

    def seen(self) -> Any:
        """What the application got last."""
        call = self.app.calls[-1]
        return call[0] if self.interface == "asgi" else call


both_interfaces = pytest.mark.parametrize("interface", ["asgi", "wsgi"])
every_interface = pytest.mark.parametrize("interface", ["asgi", "rsgi", "wsgi"])


@both_interfaces
@pytest.mark.parametrize(("req", "reason"), REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize(
    "variant", [{}, {"debug": True}, {"allow_origin_func": lambda origin: False}], ids=["plain", "debug", "function"]
)
def test_the_application_is_told_why(
    policy_class: type[Any], interface: str, req: Req, reason: Reason, variant: dict[str, Any]
) -> None:
    served = Served(interface, made(policy_class, **variant), **TOLD)
    place = served.get(req)
    assert place["fastcors"] == Outcome(reason, reason in (Reason.OK, Reason.NOT_CORS), "partners")
    assert bool(served.app.calls) is not req.is_preflight
    if served.app.calls:
        assert served.seen() is place


@both_interfaces
@pytest.mark.parametrize(("req", "reason"), REQUESTS.values(), ids=REQUESTS)
def test_all_requests_with_a_reason_share_one_outcome(
    policy_class: type[Any], interface: str, req: Req, reason: Reason
) -> None:
    policy = made(policy_class)
    served = Served(interface, policy, **TOLD)
    found = [served.get(req)["fastcors"] for _ in range(3)]
    decision = policy.decide_asgi(req.scope())
    assert (decision.reason, decision.outcome.reason) == (reason, reason)
    assert all(one is decision.outcome for one in found)


@both_interfaces
def test_nobody_is_told_unless_somebody_wants_it(policy_class: type[Any], interface: str) -> None:
    policy = made(policy_class)
    for options in ({}, {"tell_application": False}, {"handle_errors": True}, {"count_decisions": True}):
        served = Served(interface, policy, **options)
        for req, _ in REQUESTS.values():
            assert "fastcors" not in served.get(req)


@both_interfaces
def test_a_client_cannot_forge_what_was_decided(policy_class: type[Any], interface: str) -> None:
    """The keys of what a client sends begin with HTTP_; no request has a say in those of a scope."""
    forged = tuple((name, b"forged") for name in (b"fastcors", b"http_fastcors", b"Fastcors", b"x-fastcors"))
    req = Req(origins=(NO,), more=forged)
    for options in ({}, TOLD):
        served = Served(interface, made(policy_class), **options)
        place = served.get(req)
        assert "forged" not in repr(place.get("fastcors"))
        assert ("fastcors" in place) is bool(options)
    from_headers = [key for key, value in req.environ().items() if value == "forged"]
    assert len(from_headers) == 3
    assert all(key.startswith("HTTP_") for key in from_headers)


@both_interfaces
def test_a_path_without_a_policy_has_no_outcome_and_each_policy_its_name(
    policy_class: type[Any], interface: str
) -> None:
    routes = {
        "/partners/": made(policy_class),
        "/public/": policy_class(allow_origins="*"),
        "/closed/": None,
    }
    served = Served(interface, routes=routes, **TOLD)
    assert served.get(Req(origins=(NO,), path="/partners/x"))["fastcors"].policy_name == "partners"
    assert served.get(Req(origins=(NO,), path="/public/x"))["fastcors"] == Outcome(Reason.OK, True, None)
    for path in ("/closed/x", "/elsewhere"):
        assert "fastcors" not in served.get(Req(origins=(YES,), path=path))


@both_interfaces
def test_what_was_there_under_the_key_is_replaced(policy_class: type[Any], interface: str) -> None:
    served = Served(interface, made(policy_class), **TOLD)
    assert served.get(Req(origins=(YES,)), fastcors="another shim's")["fastcors"].reason is Reason.OK


def test_an_application_answers_preflights_and_is_told(policy_class: type[Any]) -> None:
    for interface in ("asgi", "wsgi"):
        served = Served(interface, made(policy_class), preflight_continue=True, **TOLD)
        served.get(pre(b"PATCH", origin=YES))
        assert served.seen()["fastcors"].reason is Reason.METHOD_NOT_ALLOWED


def test_an_application_with_an_odd_header_list_is_told_and_so_is_what_stands_around(policy_class: type[Any]) -> None:
    served = Served("asgi", made(policy_class), **TOLD)
    for headers in (iter(Req(origins=(NO,)).lines()), tuple(Req(origins=(NO,)).lines())):
        place = served.get(Req(), headers=headers)
        assert place["fastcors"] is served.seen()["fastcors"]
        assert place["fastcors"].reason is Reason.ORIGIN_NOT_ALLOWED
        assert len(list(served.seen()["headers"])) == len(Req(origins=(NO,)).lines())


def test_a_handshake_is_told_and_counted(policy_class: type[Any]) -> None:
    policy = made(policy_class)
    served = Served("asgi", policy, check_websocket_origin=True, count_decisions=True, **TOLD)
    for origin, reason in ((YES, Reason.OK), (NO, Reason.ORIGIN_NOT_ALLOWED)):
        assert served.get(Req(origins=(origin,)), type="websocket")["fastcors"].reason is reason
    assert (policy.counts()[Reason.OK], policy.counts()[Reason.ORIGIN_NOT_ALLOWED]) == (1, 1)


def test_a_handshake_of_rsgi_is_counted_where_its_origin_is_checked(policy_class: type[Any]) -> None:
    for checked in (True, False):
        policy = made(policy_class)
        served = Served("rsgi", policy, check_websocket_origin=checked, count_decisions=True)
        served.shim._callback = accept
        for origin in (YES, NO):
            drive(served.shim(scope_of(Req(origins=(origin,)), proto="ws"), WebSocketProto()))
        assert (policy.counts()[Reason.OK], policy.counts()[Reason.ORIGIN_NOT_ALLOWED]) == (checked, checked)


async def accept(scope: Any, proto: Any) -> None:
    await proto.accept()


def test_an_asynchronous_function_is_awaited_and_its_answer_told(policy_class: type[Any]) -> None:
    async def func(origin: str) -> bool:
        await asyncio.sleep(0)
        return origin == YES.decode()

    async def main() -> None:
        for _ in range(2):
            for req in (Req(origins=(YES,)), pre(b"GET", origin=YES), Req(origins=(NO,)), pre(b"GET", origin=NO)):
                scope = req.scope()
                await shim(scope, None, send)
                assert scope["fastcors"].allowed is (req.origins[0] == YES)

    async def send(message: Any) -> None:
        pass

    policy = policy_class(allow_origin_func=func)
    shim = middleware("asgi", policy)(AsgiApp(), policy, count_decisions=True, **TOLD)
    asyncio.run(main())
    assert (policy.counts()[Reason.OK], policy.counts()[Reason.ORIGIN_NOT_ALLOWED]) == (4, 4)


def test_the_answer_of_an_asynchronous_function_is_counted_on_rsgi(policy_class: type[Any]) -> None:
    async def func(origin: str) -> bool:
        await asyncio.sleep(0)
        return origin == YES.decode()

    async def main() -> None:
        for _ in range(2):
            for req in (Req(origins=(YES,)), pre(b"GET", origin=YES), Req(origins=(NO,)), pre(b"GET", origin=NO)):
                await shim(scope_of(req), Proto())

    policy = policy_class(allow_origin_func=func)
    shim = middleware("rsgi", policy)(RsgiApp(), policy, count_decisions=True)
    asyncio.run(main())
    assert (policy.counts()[Reason.OK], policy.counts()[Reason.ORIGIN_NOT_ALLOWED]) == (4, 4)


# Counts


@every_interface
@pytest.mark.parametrize("options", [{}, {"preflight_continue": True}, {"handle_errors": True}], ids=str)
def test_each_decision_is_counted_by_its_reason(
    policy_class: type[Any], interface: str, options: dict[str, Any]
) -> None:
    policy = made(policy_class)
    served = Served(interface, policy, count_decisions=True, **options)
    expected = dict.fromkeys(Reason, 0)
    for times, (req, reason) in enumerate(REQUESTS.values(), 1):
        for _ in range(times):
            served.get(req)
        expected[reason] += times
        assert policy.counts() == expected
    assert list(policy.counts()) == list(Reason)


@both_interfaces
def test_what_is_told_is_counted_as_well(policy_class: type[Any], interface: str) -> None:
    policy = made(policy_class)
    served = Served(interface, policy, count_decisions=True, **TOLD)
    for times, (req, reason) in enumerate(REQUESTS.values(), 1):
        assert served.get(req)["fastcors"].reason is reason
        assert sum(policy.counts().values()) == times


@every_interface
def test_nothing_is_counted_unless_somebody_wants_it(policy_class: type[Any], interface: str) -> None:
    policy = made(policy_class)
    served = Served(interface, policy, **({} if interface == "rsgi" else TOLD))
    for req, _ in REQUESTS.values():
        served.get(req)
        policy.decide_asgi(req.scope())
    assert set(policy.counts().values()) == {0}
    policy.counts()[Reason.OK] = 5
    assert policy.counts()[Reason.OK] == 0


def test_a_policy_of_several_shims_counts_for_all_and_another_one_for_itself(policy_class: type[Any]) -> None:
    policy, other = made(policy_class), made(policy_class)
    for interface in ("asgi", "rsgi", "wsgi"):
        Served(interface, policy, count_decisions=True).get(Req())
    served = Served("asgi", routes={"/a/": policy, "/b/": other}, count_decisions=True)
    served.get(Req(path="/a/"))
    served.get(Req(path="/c/"))
    assert (policy.counts()[Reason.NOT_CORS], other.counts()[Reason.NOT_CORS]) == (4, 0)
    served.shim.policy = other
    served.get(Req())
    assert (policy.counts()[Reason.NOT_CORS], other.counts()[Reason.NOT_CORS]) == (4, 1)


# Views with policies of their own, as Flask has them


def viewed(policy_class: type[Any], own: Any) -> tuple[Served, Any]:
    """A shim for a policy and an application whose views are under ``own``."""
    policy = made(policy_class)
    served = Served("wsgi", policy, count_decisions=True, **TOLD)
    served.shim._policy_of_view = lambda environ, default: own
    return served, policy


def test_the_policy_of_a_view_has_the_last_word(policy_class: type[Any]) -> None:
    own = policy_class(allow_origins=[NO.decode()], name="view")
    served, policy = viewed(policy_class, own)
    place = served.get(Req(origins=(NO,)))
    assert place["fastcors"] == Outcome(Reason.OK, True, "view")
    assert served.seen() is place
    assert (own.counts()[Reason.OK], sum(policy.counts().values())) == (1, 0)


def test_a_view_that_is_exempt_has_no_outcome(policy_class: type[Any]) -> None:
    served, policy = viewed(policy_class, None)
    assert "fastcors" not in served.get(Req(origins=(NO,)))
    assert sum(policy.counts().values()) == 0


def test_a_view_without_a_policy_of_its_own_has_that_of_the_application(policy_class: type[Any]) -> None:
    served, policy = viewed(policy_class, None)
    served.shim._policy_of_view = lambda environ, default: default
    assert served.get(Req(origins=(YES,)))["fastcors"] == Outcome(Reason.OK, True, "partners")
    assert sum(policy.counts().values()) == 1


# What is wrong


@pytest.mark.parametrize(
    ("interface", "option"),
    [
        *itertools.product(["asgi", "wsgi"], ["tell_application", "count_decisions"]),
        ("rsgi", "count_decisions"),
    ],
)
def test_the_options_are_true_or_false(policy_class: type[Any], interface: str, option: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Served(interface, made(policy_class), **{option: "false"})
    assert [(issue.field, issue.code, issue.hint) for issue in caught.value.issues] == [(option, "wrong-type", "False")]


def test_an_outcome_is_a_value(policy_class: type[Any]) -> None:
    outcome = made(policy_class).decide("GET", None).outcome
    assert (*outcome,) == (Reason.NOT_CORS, True, "partners")
    assert outcome == made(policy_class).decide("GET", None).outcome
    with pytest.raises(AttributeError):
        outcome.reason = Reason.OK
    assert inspect.getdoc(Outcome)
