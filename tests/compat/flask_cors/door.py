"""How Flask-CORS' options say a policy, and what follows of it that differs from the contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.support.drop_in import Ask, Difference, DropIn, every_method, split
from tests.support.exchange import METHODS, FlaskApp, Req


def options(policy: Mapping[str, Any]) -> dict[str, Any]:
    exact, _ = split(policy)
    patterns = [origin for origin in policy["allow_origins"] if "*" in origin[1:]]
    methods, headers = policy.get("allow_methods", []), policy.get("allow_headers", [])
    given: dict[str, Any] = {
        "origins": [*exact, *patterns],
        "methods": METHODS if methods == "*" else every_method(methods),
        "allow_headers": list(headers),
        "expose_headers": list(policy.get("expose_headers", [])),
        "supports_credentials": policy.get("allow_credentials", False),
        "allow_private_network": policy.get("allow_private_network", False),
        "always_send": policy["allow_origins"] == "*",
    }
    if "max_age" in policy:
        given["max_age"] = policy["max_age"]
    return given


def make(given: dict[str, Any]) -> Ask:
    app = FlaskApp(own_options=False)
    importlib.import_module("fastcors.compat.flask_cors").CORS(app.flask, **given)
    return app.answer


def explained(given: dict[str, Any], req: Req) -> tuple[Any, str]:
    core = importlib.import_module("fastcors.compat.flask_cors.core")
    environ = req.environ()
    made = core.get_cors_options(FlaskApp(own_options=False).flask, given)
    decision = made.engine_for(environ).decide_wsgi(environ)
    return decision, decision.explain()


def expression(regex: str) -> dict[str, Any]:
    return {"origins": regex}


DIFFERS = (
    Difference(
        "0[36]-K1-options-.*",
        "OPTIONS that is no preflight",
        "no application",
        "Flask answers it for a view that does not name OPTIONS among its methods.",
    ),
    Difference(
        "(11|40)-.*|31-two-headers-.*ows.*",
        "a preflight for header names among too many commas, lines or white space",
        "allowed",
        "Names over a limit are not answered, and the origin is. A page that asks for no name may go on.",
    ),
    Difference(
        "19-K4-authorization.*",
        'a preflight for `Authorization`, with `allow_headers="*"`',
        "allowed",
        "`*` stands for every name there, `Authorization` included.",
    ),
    Difference(
        "26-example-.*EXAMPLE.*|s4-null-get-from-b'Null'|hostile-(list|expression)-.*[A-Z].*",
        "from an origin in another letter case",
        "allowed",
        "Origins are compared without case. Browsers send them in lower case.",
    ),
    Difference(
        "(17|28)-K4-.*",
        "from what is no origin, or from two, where any origin is allowed",
        "refused",
        "Any origin is answered by repeating the request's, and what is none is not repeated.",
    ),
    Difference(
        "17-K4-get-from-b'invalid_origin'",
        "from a name without a scheme, where any origin is allowed",
        "echoed",
        "Flask-CORS' test-suite asks for it. No browser sends such an `Origin`.",
    ),
    Difference(
        r"s4-reflect-.*|hostile-reflect-credentials-b'(\*|[A-Za-z0-9.:/_\[\]-]+)'",
        "from `null`, an origin with an odd host, or a value of the same characters, where any origin is allowed",
        "allowed",
        "Any `Origin` is repeated there. With credentials it is warned of.",
    ),
)

DROP_IN = DropIn(
    "flask_cors",
    options,
    make,
    unsaid={
        "timing": "there is no option for Timing-Allow-Origin",
        "star-timing": "there is no option for Timing-Allow-Origin",
    },
    differs=DIFFERS,
    expression=expression,
    explained=explained,
)
