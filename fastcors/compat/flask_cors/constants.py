"""The names of the headers and of the options, as Flask-CORS exports them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypedDict

ACL_ORIGIN = "Access-Control-Allow-Origin"
ACL_METHODS = "Access-Control-Allow-Methods"
ACL_ALLOW_HEADERS = "Access-Control-Allow-Headers"
ACL_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
ACL_CREDENTIALS = "Access-Control-Allow-Credentials"
ACL_MAX_AGE = "Access-Control-Max-Age"
ACL_RESPONSE_PRIVATE_NETWORK = "Access-Control-Allow-Private-Network"

ACL_REQUEST_METHOD = "Access-Control-Request-Method"
ACL_REQUEST_HEADERS = "Access-Control-Request-Headers"
ACL_REQUEST_HEADER_PRIVATE_NETWORK = "Access-Control-Request-Private-Network"

ALL_METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]

FLASK_CORS_EVALUATED = "_FLASK_CORS_EVALUATED"
"""The attribute of a response that CORS has dealt with: whoever comes later leaves it alone."""

RegexObject = re.Pattern

ResourcePattern = str | re.Pattern[str]
ResourceSpec = ResourcePattern | list[ResourcePattern] | dict[ResourcePattern, dict[str, Any]]
OriginsInput = ResourcePattern | Iterable[ResourcePattern]
HeadersInput = ResourcePattern | Iterable[ResourcePattern]
MethodsInput = str | Iterable[str]
ExposeHeadersInput = str | Iterable[str] | None
MaxAgeInput = timedelta | int | str | None


class CrossOriginOptionsInput(TypedDict, total=False):
    """The options of ``cross_origin``, all of them optional."""

    origins: OriginsInput
    methods: MethodsInput
    expose_headers: ExposeHeadersInput
    allow_headers: HeadersInput
    supports_credentials: bool
    max_age: MaxAgeInput
    send_wildcard: bool
    vary_header: bool
    automatic_options: bool
    always_send: bool
    allow_private_network: bool


class CorsOptionsInput(CrossOriginOptionsInput, total=False):
    """The options of ``CORS``, which are those of ``cross_origin`` and two more."""

    resources: ResourceSpec
    intercept_exceptions: bool


DEFAULT_OPTIONS: CorsOptionsInput = {
    "origins": "*",
    "methods": ALL_METHODS,
    "allow_headers": "*",
    "expose_headers": None,
    "supports_credentials": False,
    "max_age": None,
    "send_wildcard": False,
    "automatic_options": True,
    "vary_header": True,
    "resources": "/*",
    "intercept_exceptions": True,
    "always_send": True,
    "allow_private_network": False,
}

CONFIG_OPTIONS = [
    f"CORS_{name}"
    for name in (
        "ORIGINS",
        "METHODS",
        "ALLOW_HEADERS",
        "EXPOSE_HEADERS",
        "SUPPORTS_CREDENTIALS",
        "MAX_AGE",
        "SEND_WILDCARD",
        "AUTOMATIC_OPTIONS",
        "VARY_HEADER",
        "RESOURCES",
        "INTERCEPT_EXCEPTIONS",
        "ALWAYS_SEND",
        "ALLOW_PRIVATE_NETWORK",
    )
]
"""The names of the options in ``app.config``."""
