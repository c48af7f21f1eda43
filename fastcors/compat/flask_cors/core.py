"""What Flask-CORS has in its module of this name: the constants, and the functions behind the options."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, cast

from flask import Response, request
from werkzeug.datastructures import Headers, MultiDict

from fastcors.compat.flask_cors._constants import (
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
from fastcors.compat.flask_cors._options import (
    LOG,
    Options,
    get_app_kwarg_dict,
    merge_options,
    serialize_options,
)
from fastcors.compat.flask_cors._patterns import (
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
from fastcors.decision import escape

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

_LOWERED_ORIGIN = ACL_ORIGIN.lower()


def get_cors_options(appInstance: Any, *dicts: Mapping[str, Any]) -> Options:  # noqa: N803
    """Return the options of an app, overridden by each mapping in turn, compiled."""
    return serialize_options(merge_options(appInstance, *dicts))


def get_cors_origins(options: Options, request_origin: str | None) -> list[str] | None:
    """Return the value of ``Access-Control-Allow-Origin`` for an ``Origin`` in a list, or None."""
    pairs = options.answer(request_origin).pairs
    return [pairs[0][1]] if pairs else None


def get_allow_headers(options: Options, acl_request_headers: str | None) -> str | None:
    """Return which of the requested header names are allowed, or None where none were requested."""
    return options.headers.allowed(acl_request_headers)


def get_cors_headers(
    options: Options, request_headers: Mapping[str, str], request_method: str
) -> MultiDict[str, str | int | None]:
    """Return the headers that a response to a request gets."""
    answer = options.answer(request_headers.get("Origin"))
    pairs = list(answer.pairs)
    if pairs:
        if request_headers.get(ACL_REQUEST_HEADER_PRIVATE_NETWORK) == "true":
            pairs.append(_private_network(options))
        if request_method == "OPTIONS":
            names = request_headers.get(ACL_REQUEST_HEADERS)
            pairs.extend(options.preflight(request_headers.get(ACL_REQUEST_METHOD), names))
    if answer.vary:
        pairs.append(("Vary", "Origin"))
    return MultiDict(cast("list[tuple[str, str | int | None]]", pairs))


def set_cors_headers(resp: Response, options: Options) -> Response:
    """Add to a response what the current request gets, unless somebody did so before, and return the response."""
    if not hasattr(resp, FLASK_CORS_EVALUATED):
        respond(resp, options, request.environ)
    return resp


def respond(response: Response, options: Options, environ: Mapping[str, Any]) -> None:
    """Add to a response what a request gets by these options, and mark it: whoever comes later leaves it alone.

    A response whose ``Access-Control-Allow-Origin`` the application has set itself is its own affair.
    """
    setattr(response, FLASK_CORS_EVALUATED, True)
    headers = response.headers
    if not isinstance(headers, Headers):  # somebody has put a mapping there
        response.headers = headers = Headers(headers)
    varies = False
    for name, value in headers:  # one pass: every look-up in Headers is one
        if len(name) == len("Vary") and name.lower() == "vary":
            varies = varies or _names_origin(value)
        elif len(name) == len(ACL_ORIGIN) and name.lower() == _LOWERED_ORIGIN:
            LOG.debug("the application has set %s itself", ACL_ORIGIN)
            return
    origin = environ.get("HTTP_ORIGIN")
    answer = options.answer(origin)
    if LOG.isEnabledFor(logging.DEBUG):
        verdict = "allowed" if answer.pairs else "not allowed"
        LOG.debug("Origin '%s' is %s by %s", escape(origin), verdict, options)
    if answer.pairs:
        for name, value in answer.pairs:
            headers.add(name, value)
        if environ.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true":
            headers.set(*_private_network(options))
        if environ["REQUEST_METHOD"] == "OPTIONS":
            _respond_to_preflight(headers, options, environ)
    if answer.vary and not varies:
        headers.add("Vary", "Origin")


def _respond_to_preflight(headers: Headers, options: Options, environ: Mapping[str, Any]) -> None:
    method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    pairs = options.preflight(method, environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"))
    if method and not pairs:
        LOG.info("the requested method '%s' is not among those allowed", escape(method))
    for name, value in pairs:
        headers.set(name, value)


def _private_network(options: Options) -> tuple[str, str]:
    return ACL_RESPONSE_PRIVATE_NETWORK, "true" if options.allow_private_network else "false"


def _names_origin(vary: str) -> bool:
    """Return whether a ``Vary`` line says already that the response depends on ``Origin``."""
    return any(token.strip().lower() in ("origin", "*") for token in vary.split(","))
