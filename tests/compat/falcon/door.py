"""How the options of falcon's middleware say a policy, and what follows of it that differs from the contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import falcon

from fastcors._grammar import is_token
from tests.support.drop_in import Ask, Difference, DropIn, every_method, split
from tests.support.exchange import APP_BODY, APP_HEADERS, APP_STATUS, Answer, Req, call_wsgi, lower_of, text_of


def options(policy: Mapping[str, Any]) -> dict[str, Any]:
    exact, _ = split(policy)
    methods = policy.get("allow_methods", [])
    return {
        "allow_origins": "*" if exact == ["*"] else exact,
        "expose_headers": list(policy.get("expose_headers", [])) or None,
        "allow_credentials": "*" if policy.get("allow_credentials") else None,
        "allow_private_network": policy.get("allow_private_network", False),
        "methods": "*" if methods == "*" else ", ".join(every_method(methods)),  # of the resource
    }


def make(given: dict[str, Any]) -> Ask:
    given = dict(given)
    methods = given.pop("methods", "GET")
    ran = []

    def resource(req: Any, resp: Any) -> None:
        asked = req.get_header("Access-Control-Request-Method")
        if req.method == "OPTIONS" and asked is not None and req.get_header("Origin") is not None:
            resp.set_header("Allow", asked if methods == "*" and is_token(asked.encode("latin-1")) else methods)
            return
        ran.append(req)
        resp.status, resp.data = APP_STATUS, APP_BODY
        for name, value in text_of(APP_HEADERS):
            resp.set_header(name, value)

    module = importlib.import_module("fastcors.compat.falcon")
    app: Any = falcon.App(middleware=[module.CORSMiddleware(**given)])
    app.add_sink(resource, "/")

    def ask(req: Req) -> Answer:
        before = len(ran)
        result = call_wsgi(app, req.environ())
        return Answer(len(ran) > before, int(result.status[:3]), lower_of(result.headers), result.body)

    return ask


def explained(given: dict[str, Any], req: Req) -> tuple[Any, str]:
    given = {name: value for name, value in given.items() if name != "methods"}
    middleware = importlib.import_module("fastcors.compat.falcon").CORSMiddleware(**given)
    decision = middleware.decide(falcon.Request(req.environ()))
    return decision, decision.explain()


DIFFERS = (
    Difference(
        "09-K1-purge-content-type|15-K3-bar.*|19-K4-authorization.*|31-two-headers-(last-line|longer|one|prefix).*|s4-minimal-x-c",
        "a preflight for header names",
        "allowed",
        "Every name is allowed there.",
    ),
    Difference(
        "18-K4-(CONNECT|TRACE|TRACK|Trace)|s4-any-method-credentials-trace",
        "a preflight for a method that no browser sends, where the resource says that it has it",
        "allowed",
        "The methods in `Allow` are allowed.",
    ),
    Difference(
        r"hostile-reflect-credentials-b'(null|app://-|https://[a-z0-9._-]+(:8443)?)'",
        "from `null` or an origin with an odd host, where any origin is allowed with credentials",
        "allowed",
        "Any `Origin` is repeated there; here, any that a browser can send. It is warned of.",
    ),
    Difference(
        r"hostile-reflect-credentials-b'(NULL|example\.com|invalid_origin)'",
        "from a name without a scheme, where any origin is allowed with credentials",
        "allowed",
        "falcon's tests ask for it. No browser sends such an `Origin`.",
    ),
    Difference(
        "17-K4-get-without-origin",
        "without `Origin`, where any origin is allowed",
        "refused",
        "falcon adds headers only to cross-origin responses; a request without `Origin` is not cross-origin.",
    ),
    Difference(
        "(20-K6|24-K10|27-any-port(-v6)?)-get-from-.*|hostile-(any-port|wildcard)-.*",
        "from an origin that a pattern stands for",
        "refused",
        "There are no patterns.",
    ),
)

DROP_IN = DropIn(
    "falcon",
    options,
    make,
    unsaid={
        "reflect": "`*` without credentials is sent as it is",
        "timing": "there is no option for Timing-Allow-Origin",
        "star-timing": "there is no option for Timing-Allow-Origin",
    },
    differs=DIFFERS,
    explained=explained,
)
