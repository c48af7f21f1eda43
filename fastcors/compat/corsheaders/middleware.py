"""The middleware: what a Django request is answered by the settings."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from fastcors._engine import Engine, merge_store
from fastcors._shims.mapping import join
from fastcors.compat.corsheaders.dangers import findings
from fastcors.compat.corsheaders.rules import current
from fastcors.compat.corsheaders.signals import check_request_enabled
from fastcors.errors import InsecurePolicyWarning
from fastcors.policy import Decision

__all__ = [
    "ACCESS_CONTROL_ALLOW_CREDENTIALS",
    "ACCESS_CONTROL_ALLOW_HEADERS",
    "ACCESS_CONTROL_ALLOW_METHODS",
    "ACCESS_CONTROL_ALLOW_ORIGIN",
    "ACCESS_CONTROL_ALLOW_PRIVATE_NETWORK",
    "ACCESS_CONTROL_EXPOSE_HEADERS",
    "ACCESS_CONTROL_MAX_AGE",
    "ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
    "CorsMiddleware",
    "decide",
    "explain",
]

ACCESS_CONTROL_ALLOW_CREDENTIALS = "access-control-allow-credentials"
ACCESS_CONTROL_ALLOW_HEADERS = "access-control-allow-headers"
ACCESS_CONTROL_ALLOW_METHODS = "access-control-allow-methods"
ACCESS_CONTROL_ALLOW_ORIGIN = "access-control-allow-origin"
ACCESS_CONTROL_ALLOW_PRIVATE_NETWORK = "access-control-allow-private-network"
ACCESS_CONTROL_EXPOSE_HEADERS = "access-control-expose-headers"
ACCESS_CONTROL_MAX_AGE = "access-control-max-age"
ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK = "access-control-request-private-network"

_REQUESTED_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
_LISTS = ("origin_found_in_white_lists", "regex_domain_match")
_HOOKS = (*_LISTS, "add_response_headers", "check_preflight", "check_signal", "is_enabled")


class CorsMiddleware:
    """Answers preflights, and puts the headers of CORS on the responses of a Django project.

    A subclass may override ``is_enabled``, ``check_signal``, ``origin_found_in_white_lists``, ``regex_domain_match``,
    ``check_preflight`` and ``add_response_headers``. Whatever they say, an origin is only sent back if a browser can
    send it.
    """

    sync_capable = True
    async_capable = True

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]],
    ) -> None:
        self.get_response: Callable[[HttpRequest], Any] = get_response
        self.async_mode = bool(iscoroutinefunction(get_response))
        if self.async_mode:
            markcoroutinefunction(self)
        self._overridden = frozenset(
            name for name in _HOOKS if getattr(type(self), name) is not getattr(CorsMiddleware, name)
        )
        self._plain = not self.async_mode and not self._overridden
        current()  # settings that cannot be read are an error now, and not with the first request
        for finding in findings():
            hint = "" if finding.hint is None else f"; write {finding.hint}"
            warnings.warn(f"{finding.message}{hint}", InsecurePolicyWarning, stacklevel=2)

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a request; in asynchronous mode, return the coroutine that does."""
        rules = current()
        if not self._plain or request.method == "OPTIONS" or check_request_enabled.receivers:
            return self._answer_async(request) if self.async_mode else self._answer(request)
        # What follows is what _answer() does, where it is plain.
        enabled = request._cors_enabled = rules.path is None or rules.applies(request.path_info)
        response = self.get_response(request)
        if getattr(request, "_cors_enabled", enabled):
            _write(response, request, rules.engine)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = self.check_preflight(request)
        if response is None:
            response = self.get_response(request)
        self.add_response_headers(request, response)
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        if self._overridden:
            response = self.check_preflight(request)
            if response is None:
                response = await self.get_response(request)
            self.add_response_headers(request, response)
            return response
        request._cors_enabled = current().applies(request.path_info) or await _ask(request)
        response = _preflight_response(request)
        if response is None:
            response = await self.get_response(request)
        enabled = getattr(request, "_cors_enabled", None)
        if enabled is None:
            enabled = current().applies(request.path_info) or await _ask(request)
        if enabled:
            rules = current()
            granted = rules.may_grant(request.META.get("HTTP_ORIGIN")) and await _ask(request)
            _write(response, request, rules.granting if granted else rules.engine)
        return response

    def check_preflight(self, request: HttpRequest) -> HttpResponseBase | None:
        """Return the response to a preflight, to which the headers are added afterwards; None for other requests."""
        request._cors_enabled = self.is_enabled(request)
        return _preflight_response(request)

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Put the headers of CORS on the response to a request, and return it."""
        enabled = getattr(request, "_cors_enabled", None)
        if self.is_enabled(request) if enabled is None else enabled:
            _write(response, request, self._engine(request))
        return response

    def is_enabled(self, request: HttpRequest) -> bool:
        """Return whether CORS is for this request's path."""
        return current().applies(request.path_info) or self.check_signal(request)

    def check_signal(self, request: HttpRequest) -> bool:
        """Return whether a receiver of the signal allows the request."""
        return any(result for _, result in check_request_enabled.send(sender=None, request=request))

    def origin_found_in_white_lists(self, origin: str, url: SplitResult) -> bool:
        """Return whether the settings list this origin, or an expression matches it."""
        return current().listing.is_origin_allowed(origin) or self.regex_domain_match(origin)

    def regex_domain_match(self, origin: str) -> bool:
        """Return whether an expression of the settings matches the whole of this origin."""
        return current().matches(origin)

    def _engine(self, request: HttpRequest) -> Engine:
        """Return the engine that decides: that of the settings, unless somebody else has been asked."""
        rules, origin = current(), request.META.get("HTTP_ORIGIN")
        if rules.all_origins or not origin:
            return rules.engine
        if self._overridden.isdisjoint(_LISTS):
            granted = rules.may_grant(origin) and self.check_signal(request)
            return rules.granting if granted else rules.engine
        try:
            url = urlsplit(origin)
        except ValueError:
            return rules.refusing
        found = self.origin_found_in_white_lists(origin, url) or self.check_signal(request)
        return rules.granting if found else rules.refusing


def decide(request: HttpRequest) -> Decision | None:
    """Return the decision by the settings, with its ``reason``; None where ``CORS_URLS_REGEX`` leaves the path out.

    No receiver of the signal is asked.
    """
    rules = current()
    return rules.engine.decide_wsgi(request.META) if rules.applies(request.path_info) else None


def explain(request: HttpRequest) -> str:
    """Return in a few sentences what the settings say to a request, why, and which of them to change."""
    decision = decide(request)
    if decision is None:
        return "CORS is not for this path: CORS_URLS_REGEX does not match it."
    return decision.explain()


async def _ask(request: HttpRequest) -> bool:
    """Return whether a receiver of the signal allows the request. Django runs synchronous ones in a thread."""
    if not check_request_enabled.receivers:
        return False
    return any(result for _, result in await check_request_enabled.asend(sender=None, request=request))


def _preflight_response(request: HttpRequest) -> HttpResponseBase | None:
    """Return an empty response to a preflight (Fetch, section 4.8) that CORS is for; None for other requests."""
    if request.method != "OPTIONS" or not request._cors_enabled or _REQUESTED_METHOD not in request.META:
        return None
    status = current().engine.decide_wsgi(request.META).status
    return None if status is None else HttpResponse(status=status, headers={"Content-Length": "0"})


def _write(response: HttpResponseBase, request: HttpRequest, engine: Engine) -> None:
    """Put the headers of CORS on a response in place of its own; its ``Vary`` keeps what it has.

    All that the application set of CORS goes: the settings are the one authority.
    """
    meta = request.META
    if request.method == "OPTIONS" or not merge_store(engine, meta.get("HTTP_ORIGIN"), response.headers._store):
        join(response.headers, engine.decide_wsgi(meta))
