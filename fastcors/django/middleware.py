"""The middleware: a request is answered by the policy of the settings, or by that of its view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from fastcors._engine import Decision, merge_store
from fastcors._shims.mapping import fill, join
from fastcors._shims.marks import are_in_use
from fastcors._shims.messages import preflight_headers, sets_origin
from fastcors.decision import Reason
from fastcors.django.conf import Rules, current
from fastcors.django.views import policy_of_request, policy_of_response
from fastcors.policy import Policy

__all__ = ["CORSMiddleware"]


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
        if request.method == "OPTIONS" or rules.notes or (policy is not None and policy.origin_check is not None):
            return self._decide_first(request, rules, policy)
        origin = request.META.get("HTTP_ORIGIN")
        response = self.get_response(request)
        if are_in_use():
            policy = policy_of_response(request, policy)
        if policy is not None and not merge_store(policy, origin, response.headers._store):
            join(response.headers, _decide(policy, _environ(request, origin)), keep=rules.keep)
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        rules = current()
        policy = rules.policy if rules.routes is None else rules.routes.find(request.path_info)
        if request.method == "OPTIONS" or rules.notes or (policy is not None and policy.origin_check is not None):
            return await self._decide_first_async(request, rules, policy)
        origin = request.META.get("HTTP_ORIGIN")
        response: HttpResponseBase = await self.get_response(request)
        if are_in_use():
            policy = policy_of_response(request, policy)
        if policy is not None and not merge_store(policy, origin, response.headers._store):
            join(response.headers, await _decide_async(policy, _environ(request, origin)), keep=rules.keep)
        return response

    def _decide_first(self, request: HttpRequest, rules: Rules, given: Policy | None) -> HttpResponseBase:
        """Answer any request; ``given`` is the policy of the settings for its path."""
        environ = _environ(request, request.META.get("HTTP_ORIGIN"))
        preflight = _is_preflight(environ)
        policy = policy_of_request(request, given, preflight) if preflight or rules.notes else given
        decision = None if policy is None else _decide(policy, environ)
        _note(request, policy, decision, rules)
        if preflight and decision is not None and not rules.continues:
            return _response(decision)
        response: HttpResponseBase = self.get_response(request)
        if are_in_use() and not preflight:
            own = policy_of_response(request, given)
            if own is not policy:
                decision = None if own is None else _decide(own, environ)
        return _merged(response, decision, rules)

    async def _decide_first_async(self, request: HttpRequest, rules: Rules, given: Policy | None) -> HttpResponseBase:
        environ = _environ(request, request.META.get("HTTP_ORIGIN"))
        preflight = _is_preflight(environ)
        policy = policy_of_request(request, given, preflight) if preflight or rules.notes else given
        decision = None if policy is None else await _decide_async(policy, environ)
        _note(request, policy, decision, rules)
        if preflight and decision is not None and not rules.continues:
            return _response(decision)
        response: HttpResponseBase = await self.get_response(request)
        if are_in_use() and not preflight:
            own = policy_of_response(request, given)
            if own is not policy:
                decision = None if own is None else await _decide_async(own, environ)
        return _merged(response, decision, rules)


def _environ(request: HttpRequest, origin: object) -> dict[str, Any]:
    """Return a copy of the request's environ as servers have it (PEP 3333): Django decodes the path in its own.

    ``origin`` is the ``HTTP_ORIGIN`` that it had at first, whatever has happened to it since.
    """
    scope = getattr(request, "scope", None) or {}
    path = request.path_info.encode("utf-8", "surrogatepass").decode("latin-1")
    environ = {**request.META, "HTTP_ORIGIN": origin, "PATH_INFO": path}
    # Django writes every method in upper case, and methods are case-sensitive (RFC 9110, section 9.1).
    environ["REQUEST_METHOD"] = scope.get("method", environ.get("REQUEST_METHOD"))
    return environ


def _note(request: HttpRequest, policy: Policy | None, decision: Decision | None, rules: Rules) -> None:
    """Tell the application of a decision, and count it, where the settings say so."""
    if rules.tells:
        request.fastcors = None if decision is None else decision.outcome
    if rules.counts and policy is not None and decision is not None:
        policy._count(decision.reason)


def _is_preflight(environ: dict[str, Any]) -> bool:
    """Return whether a request is a preflight (Fetch, section 4.8, "CORS-preflight fetch")."""
    return (
        environ["REQUEST_METHOD"] == "OPTIONS"
        and isinstance(environ["HTTP_ORIGIN"], str)
        and isinstance(environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"), str)
    )


def _decide(policy: Policy, environ: dict[str, Any]) -> Decision:
    check = policy.origin_check
    if check is None or not check.is_async:
        return policy.decide_wsgi(environ)
    decision: Decision = async_to_sync(_decide_async)(policy, environ)
    return decision


async def _decide_async(policy: Policy, environ: dict[str, Any]) -> Decision:
    """Decide; where the policy's function is asynchronous and has to say something, wait for that."""
    check = policy.origin_check
    if check is None or not check.is_async:
        return policy.decide_wsgi(environ)
    decision = policy.decide_wsgi(environ, origin_granted=False)
    if decision.reason is Reason.ORIGIN_NOT_ALLOWED:
        granted = await check.ask(decision.origin, check.request_of_environ(environ))
        decision = policy.decide_wsgi(environ, origin_granted=granted)
    return decision


def _response(decision: Decision) -> HttpResponse:
    """Return the answer to a preflight."""
    response = HttpResponse(decision.body, status=decision.status)
    del response.headers["Content-Type"]
    fill(response.headers, decision.headers_str + preflight_headers(decision))
    return response


def _merged(response: HttpResponseBase, decision: Decision | None, rules: Rules) -> HttpResponseBase:
    """Return the application's response with the headers, or the policy's answer to a preflight in its place."""
    if decision is None:
        return response
    if rules.keep and decision.kind == "preflight" and not sets_origin(response.headers.items()):
        response.close()
        return _response(decision)
    join(response.headers, decision, keep=rules.keep)
    return response
