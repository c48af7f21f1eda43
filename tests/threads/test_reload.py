"""Policies, routes and applications that one thread replaces while others serve: each request sees one, whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.exchange import AsgiApp, Req, WsgiApp, call_asgi, call_wsgi, drive, lower_of, pre, text_of
from tests.support.rsgi import Proto, scope_of
from tests.support.shims import middleware
from tests.threads.together import rounds, while_changing

RELOADS = rounds(100)
ORIGIN = b"https://a.example"
Answers = Callable[[Any, Req], list[tuple[str, str]]]


def by_asgi(shim: Any, req: Req) -> list[tuple[str, str]]:
    return text_of(call_asgi(shim, req.scope())[0]["headers"])


def by_wsgi(shim: Any, req: Req) -> list[tuple[str, str]]:
    return lower_of(call_wsgi(shim, req.environ()).headers)


def by_rsgi(shim: Any, req: Req) -> list[tuple[str, str]]:
    proto = Proto()
    drive(shim(scope_of(req), proto))
    return proto.given[0].headers


async def rsgi_app(scope: Any, proto: Any) -> None:
    proto.response_empty(200, [("content-type", "text/x-app")])


DOORS: dict[str, tuple[Any, Answers]] = {
    "asgi": (AsgiApp, by_asgi),
    "wsgi": (WsgiApp, by_wsgi),
    "rsgi": (lambda: rsgi_app, by_rsgi),
}


def new_policy(policy_class: type[Any], number: int) -> Any:
    """A policy that nobody else holds, and whose answers tell which one it is, twice."""
    return policy_class(
        allow_origins=[ORIGIN.decode()],
        allow_methods=["PUT"],
        allow_headers=[f"X-{number}"],
        max_age=number,
        expose_headers=[f"X-{number}", f"Y-{number}"],
    )


def check(headers: list[tuple[str, str]], *, preflight: bool) -> None:
    """See that the headers are those of one policy."""
    found = dict(headers)
    assert found["access-control-allow-origin"] == ORIGIN.decode()
    if preflight:
        number = found["access-control-max-age"]
        assert found["access-control-allow-headers"] == f"x-{number}"
    else:
        first, second = found["access-control-expose-headers"].split(", ")
        assert (first[:2], second) == ("x-", f"y-{first[2:]}")


def serve_while(answers: Answers, shim: Any, change: Callable[[int], None]) -> None:
    """Change the shim in one thread, over and over, while the others send it requests."""
    actual, preflight = Req(b"GET", (ORIGIN,)), pre(b"PUT", origin=ORIGIN)

    def use() -> None:
        check(answers(shim, actual), preflight=False)
        check(answers(shim, preflight), preflight=True)

    while_changing(change, use, RELOADS)


@pytest.mark.parametrize("door", DOORS)
def test_each_request_sees_one_policy_whole_while_it_is_replaced(policy_class: type[Any], door: str) -> None:
    make_app, answers = DOORS[door]
    shim = middleware(door, policy_class)(make_app(), new_policy(policy_class, 0))

    def change(step: int) -> None:
        shim.policy = new_policy(policy_class, step)  # which takes the last reference to the one before

    serve_while(answers, shim, change)
    assert shim.policy.to_dict()["max_age"] == RELOADS - 1


@pytest.mark.parametrize("door", DOORS)
def test_each_request_sees_one_table_of_routes_while_it_is_replaced(policy_class: type[Any], door: str) -> None:
    make_app, answers = DOORS[door]
    shim = middleware(door, policy_class)(make_app(), routes={"/": new_policy(policy_class, 0)})

    def change(step: int) -> None:
        policy = new_policy(policy_class, step)
        if step % 3 == 0:
            shim.policy = policy
        else:
            shim.routes = {"/thing": policy} if step % 3 == 1 else {"/": None, "/{name}": policy}

    serve_while(answers, shim, change)


@pytest.mark.parametrize("door", ["asgi", "wsgi"])
def test_each_request_sees_one_application_while_it_is_replaced(policy_class: type[Any], door: str) -> None:
    make_app, answers = DOORS[door]
    shim = middleware(door, policy_class)(make_app(), new_policy(policy_class, 7))

    def change(step: int) -> None:
        shim.app = make_app()

    serve_while(answers, shim, change)
