"""The middleware: a request is answered by the policy of the settings, or by that of its view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from fastcors._engine import Decision, merge_store
from fastcors._shims.mapping import fill, join
from fastcors._shims.messages import preflight_headers, sets_origin
from fastcors.decision import Reason
from fastcors.django.conf import Rules, current
from fastcors.django.views import OwnPolicy, policy_of_preflight, policy_of_response
from fastcors.policy import Policy

__all__ = ["CORSMiddleware"]

_KEYS = (
    "REQUEST_METHOD",
    "HTTP_ORIGIN",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
    "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
)


class CORSMiddleware:
    """Answers preflights, and puts the headers of CORS on the responses of a Django project.

    It is the first one in ``MIDDLEWARE``: what stands before it answers without the headers. Django makes responses of
    exceptions below it, so errors have the headers too. What is allowed is said by the settings ``FASTCORS`` or
    ``FASTCORS_POLICY``, and a mistake in them is a PolicyError when Django makes its middlewares.
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
        current()

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a request; in asynchronous mode, return the coroutine that does."""
        if self.async_mode:
            return self._answer_async(request)
        rules = current()
        policy = rules.policy if rules.routes is None else rules.routes.find(request.path_info)
        if request.method == "OPTIONS" and _is_preflight(request):
            return self._answer_preflight(request, rules, policy)
        origin = request.META.get("HTTP_ORIGIN")
        response = self.get_response(request)
        if OwnPolicy.in_use:
            policy = policy_of_response(request, policy)
        if policy is not None and not merge_store(policy, origin, response.headers._store):
            join(response.headers, _decide(policy, {"HTTP_ORIGIN": origin}), keep=rules.keep)
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        rules = current()
        policy = rules.policy if rules.routes is None else rules.routes.find(request.path_info)
        if request.method == "OPTIONS" and _is_preflight(request):
            return await self._answer_preflight_async(request, rules, policy)
        origin = request.META.get("HTTP_ORIGIN")
        response: HttpResponseBase = await self.get_response(request)
        if OwnPolicy.in_use:
            policy = policy_of_response(request, policy)
        if policy is not None and not merge_store(policy, origin, response.headers._store):
            join(response.headers, await _decide_async(policy, {"HTTP_ORIGIN": origin}), keep=rules.keep)
        return response

    def _answer_preflight(self, request: HttpRequest, rules: Rules, policy: Policy | None) -> HttpResponseBase:
        policy = policy_of_preflight(request, policy) if OwnPolicy.in_use else policy
        decision = None if policy is None else _decide(policy, request.META)
        if decision is not None and not rules.continues:
            return _response(decision)
        response: HttpResponseBase = self.get_response(request)
        return response if decision is None else _continued(response, decision, rules)

    async def _answer_preflight_async(
        self, request: HttpRequest, rules: Rules, policy: Policy | None
    ) -> HttpResponseBase:
        policy = policy_of_preflight(request, policy) if OwnPolicy.in_use else policy
        decision = None if policy is None else await _decide_async(policy, request.META)
        if decision is not None and not rules.continues:
            return _response(decision)
        response: HttpResponseBase = await self.get_response(request)
        return response if decision is None else _continued(response, decision, rules)


def _is_preflight(request: HttpRequest) -> bool:
    """Return whether an OPTIONS request is a preflight (Fetch, section 4.8, "CORS-preflight fetch").

    Django writes every method in upper case; methods are case-sensitive (RFC 9110, section 9.1).
    """
    meta = request.META
    scope = getattr(request, "scope", None) or {}
    return (
        isinstance(meta.get("HTTP_ORIGIN"), str)
        and isinstance(meta.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"), str)
        and meta.get("REQUEST_METHOD") == "OPTIONS"
        and scope.get("method", "OPTIONS") == "OPTIONS"
    )


def _decide(policy: Policy, meta: dict[str, Any]) -> Decision:
    check = policy.origin_check
    if check is None or not check.is_async:
        return policy.decide_wsgi(meta)
    decision: Decision = async_to_sync(_decide_async)(policy, meta)
    return decision


async def _decide_async(policy: Policy, meta: dict[str, Any]) -> Decision:
    """Decide; where the policy's function is asynchronous and has to say something, wait for that."""
    check = policy.origin_check
    if check is None or not check.is_async:
        return policy.decide_wsgi(meta)
    # A copy: what is decided on must be what was asked about, whatever happens to the request meanwhile.
    meta = {key: meta.get(key) for key in _KEYS}
    decision = policy.decide_wsgi(meta, origin_granted=False)
    if decision.reason is Reason.ORIGIN_NOT_ALLOWED and await check.ask(decision.origin):
        decision = policy.decide_wsgi(meta, origin_granted=True)
    return decision


def _response(decision: Decision) -> HttpResponse:
    """Return the answer to a preflight."""
    response = HttpResponse(decision.body, status=decision.status)
    del response.headers["Content-Type"]
    fill(response.headers, decision.headers_str + preflight_headers(decision))
    return response


def _continued(response: HttpResponseBase, decision: Decision, rules: Rules) -> HttpResponseBase:
    """Return the application's answer to a preflight with the headers, or the policy's own in its place."""
    if rules.keep and not sets_origin(response.headers.items()):
        response.close()
        return _response(decision)
    join(response.headers, decision, keep=rules.keep)
    return response
