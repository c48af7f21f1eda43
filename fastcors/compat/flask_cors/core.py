"""What Flask-CORS has in its module of this name: the constants, and the functions behind the options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from fastcors._engine import Decision, Engine
from fastcors.compat.flask_cors.constants import (
    ACL_ALLOW_HEADERS,
    ACL_CREDENTIALS,
    ACL_EXPOSE_HEADERS,
    ACL_MAX_AGE,
    ACL_METHODS,
    ACL_ORIGIN,
    ACL_REQUEST_HEADER_PRIVATE_NETWORK,
    ACL_REQUEST_HEADERS,
    ACL_REQUEST_METHOD,
    ACL_RESPONSE_PRIVATE_NETWORK,
    ALL_METHODS,
    CONFIG_OPTIONS,
    DEFAULT_OPTIONS,
    FLASK_CORS_EVALUATED,
    CorsOptionsInput,
    CrossOriginOptionsInput,
    RegexObject,
    ResourcePattern,
    ResourceSpec,
)
from fastcors.compat.flask_cors.options import (
    Options,
    get_app_kwarg_dict,
    merge_options,
    serialize_options,
)
from fastcors.compat.flask_cors.patterns import (
    ensure_iterable,
    flexible_str,
    get_regexp_pattern,
    parse_resources,
    probably_regex,
    re_fix,
    sanitize_regex_param,
    try_match_any_pattern,
    try_match_pattern,
)
from fastcors.compat.flask_cors.shim import LOG, respond

# With re, as people have it from here: from flask_cors.core import *
__all__ = [
    "ACL_ALLOW_HEADERS",
    "ACL_CREDENTIALS",
    "ACL_EXPOSE_HEADERS",
    "ACL_MAX_AGE",
    "ACL_METHODS",
    "ACL_ORIGIN",
    "ACL_REQUEST_HEADERS",
    "ACL_REQUEST_HEADER_PRIVATE_NETWORK",
    "ACL_REQUEST_METHOD",
    "ACL_RESPONSE_PRIVATE_NETWORK",
    "ALL_METHODS",
    "CONFIG_OPTIONS",
    "DEFAULT_OPTIONS",
    "FLASK_CORS_EVALUATED",
    "LOG",
    "CorsOptionsInput",
    "CrossOriginOptionsInput",
    "RegexObject",
    "ResourcePattern",
    "ResourceSpec",
    "ensure_iterable",
    "flexible_str",
    "get_allow_headers",
    "get_app_kwarg_dict",
    "get_cors_headers",
    "get_cors_options",
    "get_cors_origins",
    "get_regexp_pattern",
    "merge_options",
    "parse_resources",
    "probably_regex",
    "re",
    "re_fix",
    "sanitize_regex_param",
    "serialize_options",
    "set_cors_headers",
    "try_match_any_pattern",
    "try_match_pattern",
]


def get_cors_options(appInstance: Any, *dicts: Mapping[str, Any]) -> Options:  # noqa: N803
    """Return the options of an app, overridden by each mapping in turn, compiled."""
    return serialize_options(merge_options(appInstance, *dicts))


def get_cors_origins(options: Options, request_origin: str | None) -> list[str] | None:
    """Return the value of ``Access-Control-Allow-Origin`` for an ``Origin`` in a list, or None."""
    sent = _values(options.engine.decide("GET", request_origin or None), ACL_ORIGIN)
    return sent or None


def get_allow_headers(options: Options, acl_request_headers: str | None) -> str | None:
    """Return which of the requested header names are allowed, sorted, or None where none were requested."""
    if not acl_request_headers:
        return None
    environ = _environ({ACL_REQUEST_HEADERS: acl_request_headers}, "OPTIONS")
    plan = options.engine_for(environ).plan
    names = Engine(plan._replace(methods=("GET",)), ["*"])
    decision = names.decide("OPTIONS", "https://a.example", "GET", acl_request_headers)
    return ", ".join(sorted(", ".join(_values(decision, ACL_ALLOW_HEADERS)).split(", ")))


def get_cors_headers(
    options: Options, request_headers: Mapping[str, str], request_method: str
) -> MultiDict[str, str | int | None]:
    """Return the headers that a response to a request gets."""
    environ = _environ(request_headers, request_method)
    pairs: list[tuple[str, str | int | None]] = [*options.engine_for(environ).decide_wsgi(environ).headers_str]
    return MultiDict(pairs)


def set_cors_headers(resp: Response, options: Options) -> Response:
    """Add to a response what the current request gets, unless somebody did so before, and return the response."""
    if not hasattr(resp, FLASK_CORS_EVALUATED):
        respond(resp, options, request.environ)
    return resp


def _environ(headers: Mapping[str, str], method: str) -> dict[str, str]:
    """Return the environ of a request with these headers."""
    names = ("Origin", ACL_REQUEST_METHOD, ACL_REQUEST_HEADERS, ACL_REQUEST_HEADER_PRIVATE_NETWORK)
    found = {name: headers.get(name) for name in names}
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in found.items() if value is not None}
    return {"REQUEST_METHOD": method, **environ}


def _values(decision: Decision, name: str) -> list[str]:
    return [value for field, value in decision.headers_str if field == name]
