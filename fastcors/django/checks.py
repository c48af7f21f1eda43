"""System checks: everything that is wrong with the settings, each with its id, and the place in ``MIDDLEWARE``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from fastcors._shims.marks import are_in_use
from fastcors.django.conf import POLICY_SETTING, SETTING, read
from fastcors.django.middleware import CORSMiddleware
from fastcors.errors import PolicyError, PolicyIssue

__all__ = ["ANSWERS", "CODES", "PLACES", "check_settings", "id_of"]

CODES = (
    "origins-missing",
    "origins-string",
    "origins-type",
    "origin-type",
    "origin-empty",
    "origin-list",
    "origin-whitespace",
    "origin-too-long",
    "origin-null",
    "origin-file",
    "origin-websocket",
    "origin-expression",
    "origin-quoted",
    "origin-no-scheme",
    "origin-scheme",
    "origin-upper-case",
    "origin-userinfo",
    "origin-unicode",
    "origin-host",
    "origin-ipv4",
    "origin-ipv6",
    "origin-punycode",
    "origin-port",
    "origin-default-port",
    "origin-wildcard",
    "origin-wildcard-ip",
    "origin-wildcard-label",
    "origin-wildcard-mixed",
    "origin-trailing-slash",
    "origin-path",
    "origin-query",
    "origin-fragment",
    "origins-wildcard-credentials",
    "origin-insecure",
    "origin-public-suffix",
    "origin-regex-syntax",
    "origin-regex-empty",
    "origin-regex-unsupported",
    "origin-regex-slow",
    "origin-regex-any-site",
    "origin-regex-public-suffix",
    "origin-regex-open",
    "origin-regex-insecure",
    "origin-regex-unjudged",
    "origin-func-arguments",
    "origin-func-generator",
    "origin-cache-ttl-range",
    "origin-cache-size-range",
    "origin-timeout-range",
    "origin-timeout-synchronous",
    "methods-string",
    "methods-type",
    "method-type",
    "method-token",
    "method-forbidden",
    "method-case",
    "method-wildcard",
    "method-too-long",
    "headers-string",
    "headers-type",
    "header-type",
    "header-token",
    "header-forbidden",
    "header-wildcard",
    "header-response-only",
    "header-too-long",
    "exposed-headers-string",
    "exposed-headers-type",
    "exposed-header-type",
    "exposed-header-token",
    "exposed-header-forbidden",
    "exposed-header-wildcard",
    "exposed-header-request-only",
    "max-age-negative",
    "max-age-too-long",
    "max-age-fraction",
    "preflight-status-range",
    "preflight-failure-status-range",
    "timing-origin-wildcard",
    "timing-origins-too-long",
    "disclose-unknown",
    "wrong-type",
    "unknown-parameter",
    "routes-type",
    "routes-empty",
    "route-type",
    "route-no-slash",
    "route-host",
    "route-template",
    "route-expression",
    "route-wildcard",
    "route-query",
    "route-escape",
    "route-backslash",
    "route-dot-segment",
    "route-empty-segment",
    "route-unicode",
    "route-too-long",
    "route-too-deep",
    "route-duplicate",
    "route-policy",
    "on-conflict-unknown",
    "settings-import",
    "settings-missing",
    "settings-several",
    "settings-type",
    "route-control",
    "vary-names-string",
    "vary-names-type",
    "vary-name-type",
    "vary-name-token",
    "vary-name-wildcard",
    "vary-name-pseudo",
    "vary-name-origin",
    "vary-name-too-long",
    "vary-too-many",
    "vary-unused",
    "vary-without-function",
    "vary-missing",
    "name-unprintable",
    "name-too-long",
)
"""Every code of a :class:`fastcors.PolicyIssue`. The first one is ``fastcors.E001``; a new one comes at the end."""

PLACES = {
    "fastcors.W011": "a middleware before `CORSMiddleware` can answer without the headers",
    "fastcors.W012": "another middleware for CORS is in `MIDDLEWARE`",
    "fastcors.W013": "there are settings or decorated views, and no `CORSMiddleware` in `MIDDLEWARE`",
    "fastcors.W014": "`CORSMiddleware` is in `MIDDLEWARE` more than once",
}
"""What can be wrong about the place of the middleware, by id."""

ANSWERS = {
    "django.middleware.security.SecurityMiddleware": "redirects to https (SECURE_SSL_REDIRECT)",
    "django.middleware.common.CommonMiddleware": "redirects (APPEND_SLASH, PREPEND_WWW) and refuses hosts",
    "django.middleware.locale.LocaleMiddleware": "redirects to the path with a language",
    "django.middleware.http.ConditionalGetMiddleware": "answers 304 anew",
    "django.middleware.cache.CacheMiddleware": "answers from the cache",
    "django.middleware.cache.FetchFromCacheMiddleware": "answers from the cache",
    "django.contrib.sessions.middleware.SessionMiddleware": "answers 400 where a session was deleted",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware": "answers in place of a 404",
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware": "answers in place of a 404",
    "whitenoise.middleware.WhiteNoiseMiddleware": "answers for static files",
}
"""Middlewares that answer by themselves, and what."""

_OTHERS = ("corsheaders.middleware.CorsMiddleware", "fastcors.compat.corsheaders.middleware.CorsMiddleware")


def id_of(code: str) -> str:
    """Return the id of the system check for the code of an issue."""
    return f"fastcors.E{CODES.index(code) + 1:03}"


def check_settings(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Return an error for each issue of the settings, and a warning for each of the middleware's place."""
    is_set = any(getattr(settings, name, None) is not None for name in (SETTING, POLICY_SETTING))
    places = list(_places())
    messages = list(_issues()) if is_set or places else []
    return [*messages, *_place_warnings(places, is_set or are_in_use())]


def _issues() -> Iterator[CheckMessage]:
    try:
        read()
    except PolicyError as error:
        for issue in error.issues:
            yield _message(issue)


def _message(issue: PolicyIssue) -> CheckMessage:
    name = issue.field if issue.field in (SETTING, POLICY_SETTING) else f"{SETTING}: {issue.field}"
    hint = None if issue.hint is None else f"Write {issue.hint}"
    return Error(f"{name}: {issue.message} [{issue.code}]", hint, id=id_of(issue.code))


def _middlewares() -> Iterator[tuple[str, Any]]:
    """Return the middlewares of the project. One that cannot be imported is for Django to say."""
    for path in settings.MIDDLEWARE:
        try:
            yield path, import_string(path)
        except ImportError:
            yield path, None


def _places() -> Iterator[int]:
    """Return where in ``MIDDLEWARE`` the middleware stands."""
    for number, (_, middleware) in enumerate(_middlewares()):
        if isinstance(middleware, type) and issubclass(middleware, CORSMiddleware):
            yield number


def _place_warnings(places: list[int], in_use: bool) -> Iterator[CheckMessage]:
    """Return what is wrong about the middleware's place."""
    if not places:
        if in_use:
            hint = "Put 'fastcors.django.CORSMiddleware' first in MIDDLEWARE"
            yield Warning("CORSMiddleware is not in MIDDLEWARE: no response has its headers.", hint, id="fastcors.W013")
        return
    if len(places) > 1:
        yield Warning("CORSMiddleware is in MIDDLEWARE more than once.", "Leave the first one", id="fastcors.W014")
    for number, (path, middleware) in enumerate(_middlewares()):
        kinds = [f"{kind.__module__}.{kind.__qualname__}" for kind in getattr(middleware, "__mro__", ())]
        if not set(kinds).isdisjoint(_OTHERS):
            message = f"{path} is in MIDDLEWARE too: two authorities say which origins may read."
            yield Warning(message, "Leave one of them", id="fastcors.W012")
        answers = next((ANSWERS[kind] for kind in kinds if kind in ANSWERS), None)
        if answers is not None and number < places[0]:
            message = f"{path} comes before CORSMiddleware, and {answers} without its headers."
            yield Warning(message, "Put CORSMiddleware first", id="fastcors.W011")
