"""How wsgicors' options say a policy, and what follows of it that differs from the contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.support.drop_in import Ask, Difference, DropIn, every_method, globs, split
from tests.support.exchange import Answer, Req, WsgiApp, call_wsgi, lower_of


def options(policy: Mapping[str, Any]) -> dict[str, Any]:
    exact, _ = split(policy)
    methods, headers = policy.get("allow_methods", []), policy.get("allow_headers", [])
    return {
        "origin": "copy" if policy.get("dangerously_reflect_any_origin") else " ".join([*exact, *globs(policy)]),
        "methods": "*" if methods == "*" else ", ".join(every_method(methods)),
        "headers": "*" if headers == "*" else ", ".join(headers),
        "expose_headers": ", ".join(policy.get("expose_headers", [])),
        "credentials": "true" if policy.get("allow_credentials") else "false",
        "maxage": str(policy.get("max_age", "")),
    }


def make(given: dict[str, Any]) -> Ask:
    app = WsgiApp()
    shim = importlib.import_module("fastcors.compat.wsgicors").CORS(app, **given)

    def ask(req: Req) -> Answer:
        before = len(app.calls)
        result = call_wsgi(shim, req.environ())
        return Answer(len(app.calls) > before, int(result.status[:3]), lower_of(result.headers), result.body)

    return ask


def explained(given: dict[str, Any], req: Req) -> tuple[Any, str]:
    environ = req.environ()
    shim = importlib.import_module("fastcors.compat.wsgicors").CORS(WsgiApp(), **given)
    decision = shim.policy_of(environ).decide_wsgi(environ)
    return decision, decision.explain()


DIFFERS = (
    Difference(
        "19-K4-authorization.*",
        'a preflight for `Authorization`, with `headers="*"`',
        "allowed",
        "`*` stands for every name there, `Authorization` included.",
    ),
    Difference(
        r"(hostile-reflect-credentials|s4-reflect-get-from)-b'(null|app://-|https://[a-z0-9._-]+(:8443)?)'",
        'from `null` or an origin with an odd host, with `origin="copy"`',
        "allowed",
        "Any `Origin` is repeated there; here, any that a browser can send. With credentials it is warned of.",
    ),
    Difference(
        r"hostile-reflect-credentials-b'(NULL|example\.com|invalid_origin)'",
        'from a name without a scheme, with `origin="copy"`',
        "allowed",
        "The library's tests ask for it. No browser sends such an `Origin`.",
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
)

DROP_IN = DropIn(
    "wsgicors",
    options,
    make,
    unsaid={
        "timing": "there is no option for Timing-Allow-Origin",
        "star-timing": "there is no option for Timing-Allow-Origin",
    },
    differs=DIFFERS,
    explained=explained,
)
