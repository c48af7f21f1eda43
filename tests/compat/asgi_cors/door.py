"""How asgi-cors' options say a policy, and what follows of it that differs from the contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.support.drop_in import Ask, Difference, DropIn, every_method, globs, split
from tests.support.exchange import Answer, AsgiApp, Req, call_asgi, text_of


def options(policy: Mapping[str, Any]) -> dict[str, Any]:
    exact, _ = split(policy)
    methods, headers = policy.get("allow_methods", []), policy.get("allow_headers", [])
    given: dict[str, Any] = {
        "methods": ["*"] if methods == "*" else every_method(methods),
        "headers": list(headers),
        "max_age": policy.get("max_age"),
    }
    if policy.get("dangerously_reflect_any_origin"):
        return {**given, "host_wildcards": ["*"]}
    if exact == ["*"]:
        return {**given, "allow_all": True}
    return {**given, "hosts": exact, "host_wildcards": globs(policy)}


def make(given: dict[str, Any]) -> Ask:
    app = AsgiApp()
    shim = importlib.import_module("fastcors.compat.asgi_cors").asgi_cors(app, **given)

    def ask(req: Req) -> Answer:
        before = len(app.calls)
        start, *bodies = call_asgi(shim, req.scope())
        body = b"".join(message.get("body", b"") for message in bodies)
        return Answer(len(app.calls) > before, start["status"], text_of(start["headers"]), body)

    return ask


def explained(given: dict[str, Any], req: Req) -> tuple[Any, str]:
    shim = importlib.import_module("fastcors.compat.asgi_cors").asgi_cors(AsgiApp(), **given)
    decision = shim.policy.decide_asgi(req.scope())
    return decision, decision.explain()


DIFFERS = (
    Difference(
        ".*",
        "a preflight",
        "application",
        "asgi-cors leaves preflights to the application, and adds its headers.",
    ),
    Difference(
        "[0-9]+-K[12369]-.*|hostile-(reflect-credentials|wildcard)-.*|s4-any-method-credentials-.*",
        "from an allowed origin, with credentials",
        "refused",
        "There is no option for credentials.",
    ),
    Difference(
        "27-any-port-v6-.*",
        "from `http://[::1]:9090`, with the wildcard `http://[::1]:*`",
        "refused",
        "`[…]` stands for one of the characters in it, as in `fnmatch`.",
    ),
    Difference(
        "s4-(star-)?pna-asked",
        "a preflight that asks for a private network",
        "refused",
        "There is no option for private networks.",
    ),
    Difference(
        "18-K4-(CONNECT|TRACE|TRACK|Trace)",
        "a preflight for a method that no browser sends, with `allow_all=True` and any method",
        "allowed",
        "Every answer is the same there.",
    ),
    Difference(
        "28-K4-preflight-from-.*",
        "a preflight from what is no origin, where any origin is allowed",
        "allowed",
        "The answer has the `*`, whatever the `Origin` is; nothing of it is repeated.",
    ),
)

DROP_IN = DropIn(
    "asgi_cors",
    options,
    make,
    unsaid={
        "reflect-credentials": "there is no option for credentials",
        "timing": "there is no option for Timing-Allow-Origin",
        "star-timing": "there is no option for Timing-Allow-Origin",
    },
    differs=DIFFERS,
    explained=explained,
)
