"""Views of a Flask application that have a policy of their own: what a decorator makes of one, and how it is found.

A decorated view carries an :class:`OwnPolicy`. With ``CORS(app)`` it only says, under one key of the environ, which
policy the shim is to write. Without, it answers preflights itself and puts the headers into the response.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, Request, Response, after_this_request, current_app, request
from flask.views import MethodView, View
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from fastcors._answers import preflight_headers
from fastcors.wsgi import POLICY_KEY as KEY
from fastcors.wsgi import SHIM_KEY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import Rule

    from fastcors._engine import Decision, Engine

__all__ = [
    "EXTENSION",
    "KEY",
    "OwnPolicy",
    "asks_preflight",
    "current_request",
    "decorate",
    "find",
    "own_policies",
    "own_policy",
]

EXTENSION = "fastcors"
"""Under which name ``app.extensions`` has the shim."""

_MAX_METHOD = 64
"""Bytes; as in every policy."""
_MARK = "_fastcors"  # in the __dict__ of a view, so that functools.wraps hands it on to the decorators above

# The objects behind the proxies: an attribute of a proxy takes several times as long.
current_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]
current_app_object: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]

F = TypeVar("F", bound="Callable[..., Any] | type[View]")


class OwnPolicy:
    """What a view says about CORS. ``for_methods`` makes its policy for preflights where that depends on the rule."""

    in_use = False
    """Whether any view of this process has one, also where a decorator above hides it."""

    __slots__ = ("_by_methods", "_for_methods", "_preflight", "actual", "automatic_options", "exempt")

    def __init__(
        self,
        policy: Engine | None,
        *,
        automatic_options: bool = True,
        attach_to_all: bool = True,
        for_methods: Callable[[frozenset[str]], Engine] | None = None,
    ) -> None:
        self.automatic_options = automatic_options
        self.exempt = policy is None
        self._preflight = policy
        self.actual = policy if attach_to_all else None
        self._for_methods = for_methods
        self._by_methods: dict[frozenset[str], Engine] = {}

    def policy_for(self, method: str, rule: Rule | None) -> Engine | None:
        """Return the policy for a request with this method, or None for no CORS. ``rule`` is where it leads."""
        if method != "OPTIONS":
            return self.actual
        if self._for_methods is None or rule is None:
            return self._preflight
        methods = frozenset(rule.methods or ())
        policy = self._by_methods.get(methods)
        if policy is None:
            policy = self._by_methods[methods] = self._for_methods(methods)
        return policy


def own_policy(view: object, method: str) -> OwnPolicy | None:
    """Return what a registered view says about CORS; of a ``MethodView`` also what its method says."""
    own = getattr(view, _MARK, None)
    if own is None and (view_class := getattr(view, "view_class", None)) is not None:
        handler = getattr(view_class, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(view_class, "get", None)
        own = getattr(handler, _MARK, None)
    return cast("OwnPolicy | None", own)


def own_policies(app: Flask) -> dict[str, Any]:
    """Return what the views with policies of their own have, by endpoint: a policy, None, or a function of the method.

    The function takes the method and what to return for one that has no policy of its own.
    """
    found: dict[str, Any] = {}
    for endpoint, view in app.view_functions.items():
        methods = getattr(getattr(view, "view_class", None), "methods", None) or ("GET",)
        owns = {own_policy(view, method) for method in methods}
        if owns == {None}:
            continue
        (own,) = owns if len(owns) == 1 else (None,)
        if own is not None and own.policy_for("OPTIONS", None) is own.actual:
            found[endpoint] = own.actual
        else:
            found[endpoint] = functools.partial(_policy_by_method, view)
    return found


def _policy_by_method(view: object, method: str, default: object) -> object:
    own = own_policy(view, method)
    return default if own is None else own.policy_for(method, None)


def asks_preflight(environ: WSGIEnvironment) -> bool:
    """Return whether a request is a preflight (Fetch, "CORS-preflight request")."""
    return (
        environ.get("REQUEST_METHOD") == "OPTIONS"
        and environ.get("HTTP_ORIGIN") is not None
        and environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD") is not None
    )


def find(app: Flask, environ: WSGIEnvironment) -> tuple[OwnPolicy | None, Rule | None]:
    """Return what the view that a preflight is about says about CORS, and its rule; None where there is no view.

    It is the view that the request after the preflight would reach, that of the requested method; where the URL has
    none for it, the one that OPTIONS would reach.
    """
    method = str(environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
    if not 0 < len(method) <= _MAX_METHOD:  # no policy allows it, so nothing is done about its length
        method = "OPTIONS"
    try:
        adapter = app.create_url_adapter(app.request_class(environ, populate_request=False))
        if adapter is None:
            return None, None
        try:
            rule, _ = adapter.match(method=method, return_rule=True)
        except MethodNotAllowed:
            method = "OPTIONS"
            rule, _ = adapter.match(method=method, return_rule=True)
    except HTTPException:  # no such path or host, or a redirect: none of these comes from a view
        return None, None
    return own_policy(app.view_functions.get(rule.endpoint), method.upper()), rule


def decorate(view: F, own: OwnPolicy) -> F:
    """Return ``view`` with a policy of its own: a function, sync or async, or a class of views."""
    OwnPolicy.in_use = True
    if isinstance(view, type):
        if not issubclass(view, View):
            raise TypeError(f"{view.__name__} is no flask.views.View; decorate its instance's view function instead")
        view.decorators = [*view.decorators, functools.partial(decorate, own=own)]
        return view
    if isinstance(view, (staticmethod, classmethod)) or not callable(view):
        raise TypeError(f"a view function is expected, not {view!r:.100}")
    decorated: Callable[..., Any]
    if inspect.iscoroutinefunction(view):

        @functools.wraps(view)
        async def decorated(*args: Any, **kwargs: Any) -> Any:
            answer = _enter(own)
            return await view(*args, **kwargs) if answer is None else answer

    else:

        @functools.wraps(view)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            answer = _enter(own)
            return view(*args, **kwargs) if answer is None else answer

    setattr(decorated, _MARK, own)
    if not own.exempt:
        decorated.provide_automatic_options = False  # type: ignore[attr-defined]
        decorated.required_methods = _RequiredMethods(decorated)  # type: ignore[attr-defined]
    return cast("F", decorated)


class _RequiredMethods:
    """What Flask adds to the methods of a view's routes.

    Flask reads it just before it asks whether to answer OPTIONS itself. That is the moment to say no once more:
    ``View.as_view`` sets its own answer, None for "as always", on what its decorators return.
    """

    def __init__(self, view: Any) -> None:
        self._view = view
        self._methods = {*getattr(view, "required_methods", ()), "OPTIONS"}

    def __iter__(self) -> Iterator[str]:
        if self._view.provide_automatic_options is None:
            self._view.provide_automatic_options = False
        return iter(self._methods)


def _enter(own: OwnPolicy) -> Response | None:
    """Do what a decorated view does before it runs; an answer takes its place."""
    environ = current_request().environ
    if environ["REQUEST_METHOD"] == "OPTIONS":
        return _answer_options(own, environ)
    if KEY not in environ:
        _claim(environ, own.actual)
    return None


def _claim(environ: WSGIEnvironment, policy: Engine | None) -> None:
    """Choose the response's policy, where neither the shim has nor a decorated view that calls this one."""
    environ[KEY] = policy
    if policy is None or SHIM_KEY in environ:
        return
    if EXTENSION not in current_app_object().extensions:
        after_this_request(_attach)


def _answer_options(own: OwnPolicy, environ: WSGIEnvironment) -> Response | None:
    """Answer an OPTIONS request, or return None where the view is to."""
    request, app = current_request(), current_app_object()
    if KEY not in environ:
        policy = own.policy_for("OPTIONS", request.url_rule)
        if asks_preflight(environ) and EXTENSION not in app.extensions:
            policy = _preflight_policy(own, app, environ)
            if policy is not None and own.automatic_options:
                environ[KEY] = policy
                return _preflight_response(policy.decide_wsgi(environ), app)
        _claim(environ, policy)
    if own.exempt:
        return None
    view_class = getattr(app.view_functions.get(request.endpoint or ""), "view_class", None)
    if view_class is not None and issubclass(view_class, MethodView):
        answers_itself = hasattr(view_class, "options")
    else:
        answers_itself = not own.automatic_options
    return None if answers_itself else app.make_default_options_response()


def _preflight_policy(own: OwnPolicy, app: Flask, environ: WSGIEnvironment) -> Engine | None:
    """Return the policy for a preflight that Flask took to this view, though it may ask for another at its URL."""
    asked, rule = find(app, environ)
    if asked is None and rule is not None and rule.endpoint == current_request().endpoint:
        asked = own  # which a decorator above hides
    return None if asked is None else asked.policy_for("OPTIONS", rule)


def _preflight_response(decision: Decision, app: Flask) -> Response:
    response = app.response_class(decision.body, decision.status)
    response.headers[:] = decision.headers_str + preflight_headers(decision)
    return response


def _attach(response: Response) -> Response:
    """Put the headers into the response of a view, without the shim: also for ``abort()`` and exceptions."""
    environ = current_request().environ
    policy: Engine | None = environ[KEY]
    if policy is not None:
        before = list(iter(response.headers))  # without iter(), list() asks for the length first, in Python
        merged = policy.decide_wsgi(environ).merge_wsgi(before)
        # Werkzeug looks at each value that is assigned, so only what is new is.
        start = len(before) if merged[: len(before)] == before else 0
        response.headers[start:] = merged[start:]
    return response
