"""How the settings of django-cors-headers say a policy, and what follows of it that differs from the contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

import tests.compat.django_pages  # noqa: F401 - which configures Django
from tests.support.drop_in import Ask, Difference, DropIn, every_method, split
from tests.support.exchange import APP_BODY, APP_HEADERS, APP_STATUS, METHODS, Answer, Req, call_wsgi, lower_of

MIDDLEWARE = "fastcors.compat.corsheaders.middleware"


def options(policy: Mapping[str, Any]) -> dict[str, Any]:
    exact, expressions = split(policy)
    methods, headers = policy.get("allow_methods", []), policy.get("allow_headers", [])
    given: dict[str, Any] = {
        "CORS_ALLOW_METHODS": METHODS if methods == "*" else every_method(methods),
        "CORS_ALLOW_HEADERS": list(headers),
        "CORS_EXPOSE_HEADERS": list(policy.get("expose_headers", [])),
        "CORS_ALLOW_CREDENTIALS": policy.get("allow_credentials", False),
        "CORS_ALLOW_PRIVATE_NETWORK": policy.get("allow_private_network", False),
    }
    if exact == ["*"]:
        given["CORS_ALLOW_ALL_ORIGINS"] = True
    else:
        given |= {"CORS_ALLOWED_ORIGINS": exact, "CORS_ALLOWED_ORIGIN_REGEXES": expressions}
    if "max_age" in policy:
        given["CORS_PREFLIGHT_MAX_AGE"] = policy["max_age"]
    return given


def make(given: dict[str, Any]) -> Ask:
    calls: list[HttpRequest] = []
    headers = {name.decode(): value.decode() for name, value in APP_HEADERS}

    def thing(request: HttpRequest) -> HttpResponse:
        calls.append(request)
        return HttpResponse(APP_BODY, status=APP_STATUS, headers=headers)

    overriding = override_settings(
        ROOT_URLCONF=(path("thing", thing),), MIDDLEWARE=[f"{MIDDLEWARE}.CorsMiddleware"], DEBUG=False, **given
    )
    # Of the package over each engine: Django takes both for one receiver, by the id that it is connected with.
    setting_changed.connect(importlib.import_module("fastcors.compat.corsheaders.rules")._forget)
    with overriding:
        handler = WSGIHandler()

    def ask(req: Req) -> Answer:
        before = len(calls)
        with overriding:
            result = call_wsgi(handler, req.environ())
        return Answer(len(calls) > before, int(result.status[:3]), lower_of(result.headers), result.body)

    return ask


def expression(regex: str) -> dict[str, Any]:
    return {"CORS_ALLOWED_ORIGIN_REGEXES": [regex]}


def decide(given: dict[str, Any], req: Req) -> tuple[Any, str]:
    middleware = importlib.import_module(MIDDLEWARE)
    with override_settings(**given):
        request = WSGIRequest(req.environ())
        return middleware.decide(request), middleware.explain(request)


DIFFERS = (
    Difference(
        "(11|40)-.*|31-two-headers-(129-names|over-8KiB.*|.*ows.*)",
        "a preflight for more header names, commas, lines or white space than a browser sends",
        "allowed",
        "The answer has the lists of the settings, whatever is asked for; none of it is read or repeated.",
    ),
    Difference(
        "(13-K2-.*|14-K2-8KiB-.*)",
        'a preflight for header names, with `CORS_ALLOW_HEADERS = ["*"]` and credentials',
        "refused",
        "`*` is the name that stands in the answer, and browsers take it for a name with credentials.",
    ),
    Difference(
        "17-K4-get-without-origin",
        "without `Origin`, where any origin is allowed",
        "refused",
        "Only a request with `Origin` gets the headers.",
    ),
    Difference(
        r"hostile-reflect-credentials-b'(null|app://-|https?://[a-z0-9._-]+(:8443)?)'",
        "from `null` or an origin with an odd host, where any origin is allowed with credentials",
        "allowed",
        "Any `Origin` is repeated there; here, any that a browser can send. It is warned of.",
    ),
)

DROP_IN = DropIn(
    "corsheaders",
    options,
    make,
    unsaid={
        "reflect": "`*` without credentials is sent as it is",
        "timing": "there is no option for Timing-Allow-Origin",
        "star-timing": "there is no option for Timing-Allow-Origin",
    },
    differs=DIFFERS,
    expression=expression,
    explained=decide,
)
