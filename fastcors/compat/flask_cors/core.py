"""What Flask-CORS has in its module of this name: the constants, and the functions behind the options."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, cast

from flask import Response, request
from werkzeug.datastructures import Headers, MultiDict

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
    LOG,
    Options,
    Pairs,
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
_VARY = ("Vary", "Origin")
_ASKED = (
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
    "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
)


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
    pairs: Pairs = ()
    if answer.pairs:
        asked = map(request_headers.get, (ACL_REQUEST_METHOD, ACL_REQUEST_HEADERS, ACL_REQUEST_HEADER_PRIVATE_NETWORK))
        pairs = answer.pairs + _asked_for(options, request_method, *asked)
    if answer.vary:
        pairs += (_VARY,)
    return MultiDict(cast("list[tuple[str, str | int | None]]", list(pairs)))


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
    own = []
    for name, value in headers:  # one pass: every look-up in Headers is one
        if len(name) == len("Vary"):
            varies = varies or (name.lower() == "vary" and _names_origin(value))
        elif name[:1] in "Aa" and name[:15].lower() == "access-control-":
            own.append(name.lower())
    if own and _LOWERED_ORIGIN in own:
        LOG.debug("the application has set %s itself", ACL_ORIGIN)
        return
    origin = environ.get("HTTP_ORIGIN")
    answer = options.answer(origin)
    if LOG.isEnabledFor(logging.DEBUG):
        verdict = "allowed" if answer.pairs else "not allowed"
        LOG.debug("Origin '%s' is %s by %s", escape(origin), verdict, options)
    if answer.pairs:
        pairs = answer.pairs
        if environ["REQUEST_METHOD"] == "OPTIONS" or _ASKED[-1] in environ:
            pairs += _asked_for(options, environ["REQUEST_METHOD"], *map(environ.get, _ASKED))
        for name, value in pairs:
            if own and name != ACL_EXPOSE_HEADERS and name.lower() in own:
                headers.set(name, value)  # no browser takes two of these
            else:
                headers.add(name, value)
    if answer.vary and not varies:
        headers.add(*_VARY)


def _asked_for(
    options: Options, verb: str, method: str | None, names: str | None, private_network: str | None
) -> Pairs:
    """Return what an allowed origin gets for the three ``Access-Control-Request-`` headers."""
    pairs: Pairs = ()
    if private_network == "true":
        pairs = ((ACL_RESPONSE_PRIVATE_NETWORK, "true" if options.allow_private_network else "false"),)
    if verb != "OPTIONS":
        return pairs
    allowed = options.preflight(method, names)
    if method and not allowed:
        LOG.info("the requested method '%s' is not among those allowed", escape(method))
    return pairs + allowed


def _names_origin(vary: str) -> bool:
    """Return whether a ``Vary`` line says already that the response depends on ``Origin``."""
    return any(token.strip().lower() in ("origin", "*") for token in vary.split(","))
