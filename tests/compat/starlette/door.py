"""How Starlette's options say a policy, and what follows of it that differs from the contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.support.drop_in import Ask, Difference, DropIn, every_method, split
from tests.support.exchange import Answer, AsgiApp, Req, call_asgi, text_of


def options(policy: Mapping[str, Any]) -> dict[str, Any]:
    exact, expressions = split(policy)
    methods, headers = policy.get("allow_methods", []), policy.get("allow_headers", [])
    given: dict[str, Any] = {
        "allow_origins": exact,
        "allow_methods": ["*"] if methods == "*" else every_method(methods),
        "allow_headers": list(headers),
        "expose_headers": list(policy.get("expose_headers", [])),
        "allow_credentials": policy.get("allow_credentials", False),
        "allow_private_network": policy.get("allow_private_network", False),
    }
    if expressions:
        given["allow_origin_regex"] = "|".join(expressions)
    if "max_age" in policy:
        given["max_age"] = policy["max_age"]
    return given


def make(given: dict[str, Any]) -> Ask:
    app = AsgiApp()
    shim = importlib.import_module("fastcors.compat.starlette").CORSMiddleware(app, **given)

    def ask(req: Req) -> Answer:
        before = len(app.calls)
        start, *bodies = call_asgi(shim, req.scope())
        body = b"".join(message.get("body", b"") for message in bodies)
        return Answer(len(app.calls) > before, start["status"], text_of(start["headers"]), body)

    return ask


def expression(regex: str) -> dict[str, Any]:
    return {"allow_origin_regex": regex}


def explained(given: dict[str, Any], req: Req) -> tuple[Any, str]:
    shim = importlib.import_module("fastcors.compat.starlette").CORSMiddleware(AsgiApp(), **given)
    decision = shim.policy.decide_asgi(req.scope())
    return decision, decision.explain()


DIFFERS = (
    Difference(
        "17-K4-get-without-origin",
        "without `Origin`, where any origin is allowed",
        "refused",
        "Starlette adds headers only to cross-origin responses; a request without `Origin` is not cross-origin.",
    ),
    Difference(
        "09-K1-purge-content-type",
        "a preflight for `Content-Type`",
        "allowed",
        "`Accept`, `Accept-Language`, `Content-Language` and `Content-Type` are always allowed.",
    ),
    Difference(
        "19-K4-authorization.*",
        'a preflight for `Authorization`, with `allow_headers=["*"]`',
        "allowed",
        "`*` stands for every name there, `Authorization` included.",
    ),
    Difference(
        "(18-K4|s4-star-minimal|s4-any-method-credentials)-purge.*",
        'a preflight for a method such as `PURGE`, with `allow_methods=["*"]`',
        "refused",
        "`*` stands for the methods in `ALL_METHODS`.",
    ),
    Difference(
        "28-K4-preflight-from-.*",
        "a preflight from what is no origin, where any origin is allowed",
        "allowed",
        "The answer has the `*`, whatever the `Origin` is; nothing of it is repeated.",
    ),
    Difference(
        r"hostile-reflect-credentials-b'(\*|null|app://-|https?://[a-z0-9._-]+(:8443)?)'",
        "from `null` or an origin with an odd host, where any origin is allowed with credentials",
        "allowed",
        "Any `Origin` is repeated there; here, any that a browser can send. It is warned of.",
    ),
)

DROP_IN = DropIn(
    "starlette",
    options,
    make,
    unsaid={
        "reflect": "`*` without credentials is sent as it is",
        "timing": "there is no option for Timing-Allow-Origin",
        "star-timing": "there is no option for Timing-Allow-Origin",
    },
    differs=DIFFERS,
    expression=expression,
    explained=explained,
)
