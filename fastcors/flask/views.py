"""Views of a Flask application that have a policy of their own: what a decorator makes of one, and how it is found.

A decorated view carries an :class:`OwnPolicy`. Under one key of the environ it says which policy its response gets, and
a shim writes that policy's headers. Where the application has no ``CORS(app)``, its first decorated view that is called
sees to that, and a view answers preflights itself.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, Response, request
from flask.views import MethodView, View
from werkzeug.wsgi import ClosingIterator

from fastcors._shims.messages import preflight_headers
from fastcors.flask.urls import asks_preflight, match
from fastcors.flask.writer import EXTENSION, KEY, SHIM_KEY, current_context, write_for

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask.ctx import RequestContext
    from werkzeug.routing import Rule

    from fastcors.policy import Decision, Policy

__all__ = ["MARK", "OwnPolicy", "ViewPolicies", "decorate", "own_at", "own_policy"]

MARK = "_fastcors"  # in the __dict__ of a view, so that functools.wraps hands it on to the decorators above

F = TypeVar("F", bound="Callable[..., Any] | type[View]")


class OwnPolicy:
    """What a view says about CORS. ``for_methods`` makes its policy for preflights where that depends on the rule."""

    in_use = False
    """Whether any view of this process has one, also where a decorator above hides it."""

    __slots__ = ("_by_methods", "_for_methods", "_preflight", "actual", "automatic_options", "exempt")

    def __init__(
        self,
        policy: Policy | None,
        *,
        automatic_options: bool = True,
        attach_to_all: bool = True,
        for_methods: Callable[[frozenset[str]], Policy] | None = None,
    ) -> None:
        self.automatic_options = automatic_options
        self.exempt = policy is None
        self._preflight = policy
        self.actual = policy if attach_to_all else None
        self._for_methods = for_methods
        self._by_methods: dict[frozenset[str], Policy] = {}

    def policy_for(self, method: str, rule: Rule | None) -> Policy | None:
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
    own = getattr(view, MARK, None)
    if own is None and (view_class := getattr(view, "view_class", None)) is not None:
        handler = getattr(view_class, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(view_class, "get", None)
        own = getattr(handler, MARK, None)
    return cast("OwnPolicy | None", own)


def own_at(app: Flask, endpoint: str, method: str) -> OwnPolicy | None:
    """Return what is said about the view of an endpoint: by itself, or by the nearest blueprint that it is of."""
    own = own_policy(app.view_functions.get(endpoint), method)
    name = endpoint.rpartition(".")[0]
    while own is None and name:
        own = vars(app.blueprints.get(name, app)).get(MARK)
        name = name.rpartition(".")[0]
    return own


class ViewPolicies:
    """Says which policy a response gets: that of the view which the request was matched with, where it has one.

    A view that was called says so itself, under the shim's key of the environ. This is for what was answered in its
    place.
    """

    __slots__ = ("_app", "by_endpoint")

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.by_endpoint: dict[str, _PolicyByMethod | Policy | None] = {}

    def __call__(self, environ: WSGIEnvironment, default: Policy | None) -> Policy | None:
        """Return the policy, ``default`` where no view has one of its own, or None for no CORS."""
        if not self.by_endpoint:
            return default
        # Every werkzeug.Request puts itself there, also one of a middleware; only Flask's have a rule, and only those
        # of this application a rule of its map.
        rule: Rule | None = getattr(environ.get("werkzeug.request"), "url_rule", None)
        if rule is None or rule.map is not self._app.url_map:
            return default
        own = self.by_endpoint.get(rule.endpoint, default)
        return own(environ["REQUEST_METHOD"], default) if isinstance(own, _PolicyByMethod) else own

    def read(self) -> None:
        """Learn the policies of the application's views, all of which are registered before its first request."""
        for endpoint, view in self._app.view_functions.items():
            methods = getattr(getattr(view, "view_class", None), "methods", None) or ("GET",)
            owns = {own_at(self._app, endpoint, method) for method in methods}
            if owns == {None}:
                continue
            (own,) = owns if len(owns) == 1 else (None,)
            if own is not None and own.policy_for("OPTIONS", None) is own.actual:
                self.by_endpoint[endpoint] = own.actual
            else:
                self.by_endpoint[endpoint] = _PolicyByMethod(self._app, endpoint)


class _PolicyByMethod:
    """The policies of a view that has several."""

    __slots__ = ("_app", "_endpoint")

    def __init__(self, app: Flask, endpoint: str) -> None:
        self._app = app
        self._endpoint = endpoint

    def __call__(self, method: str, default: Policy | None) -> Policy | None:
        own = own_at(self._app, self._endpoint, method)
        return default if own is None else own.policy_for(method, None)


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
            try:
                environ = current_context().request.environ
            except LookupError:
                environ = {}
            chosen = environ.get(SHIM_KEY)
            if chosen is not None and environ["REQUEST_METHOD"] != "OPTIONS":  # the quick way of what _enter does
                chosen.setdefault(KEY, own.actual)
                return view(*args, **kwargs)
            answer = _enter(own)
            return view(*args, **kwargs) if answer is None else answer

    setattr(decorated, MARK, own)
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


def _enter(own: OwnPolicy) -> Any:
    """Do what a decorated view does before it runs; an answer takes its place."""
    try:
        context = current_context()
    except LookupError:
        context = request._get_current_object()  # type: ignore[attr-defined]  # which says what is missing
    environ = context.request.environ
    if environ["REQUEST_METHOD"] == "OPTIONS":
        return _answer_options(own, context, environ)
    if KEY not in environ.get(SHIM_KEY, environ):
        _claim(own.actual, context, environ)
    return None


def _claim(policy: Policy | None, context: RequestContext, environ: WSGIEnvironment) -> None:
    """Choose the response's policy, where neither the shim has nor a decorated view that calls this one."""
    environ.get(SHIM_KEY, environ)[KEY] = policy
    if policy is not None and SHIM_KEY not in environ:
        write_for(context)


def _answer_options(own: OwnPolicy, context: RequestContext, environ: WSGIEnvironment) -> Response | None:
    """Answer an OPTIONS request, or return None where the view is to."""
    request, app = context.request, context.app
    if KEY not in environ.get(SHIM_KEY, environ):
        policy = own.policy_for("OPTIONS", request.url_rule)
        if asks_preflight(environ) and EXTENSION not in app.extensions:
            policy = _preflight_policy(own, context, environ)
            if policy is not None and own.automatic_options:
                return _preflight_response(policy.decide_wsgi(environ), app)
        _claim(policy, context, environ)
    if own.exempt:
        return None
    view_class = getattr(app.view_functions.get(request.endpoint or ""), "view_class", None)
    if view_class is not None and issubclass(view_class, MethodView):
        answers_itself = hasattr(view_class, "options")
    else:
        answers_itself = not own.automatic_options
    return None if answers_itself else app.make_default_options_response()


def _preflight_policy(own: OwnPolicy, context: RequestContext, environ: WSGIEnvironment) -> Policy | None:
    """Return the policy for a preflight that Flask took to this view, though it may be about another at its URL."""
    rule, method = match(context.url_adapter, environ)
    if rule is None:
        return None
    wanted = own_policy(context.app.view_functions.get(rule.endpoint), method)
    if wanted is None and rule.endpoint == context.request.endpoint:
        wanted = own  # which a decorator above hides
    return None if wanted is None else wanted.policy_for("OPTIONS", rule)


def _preflight_response(decision: Decision, app: Flask) -> Response:
    response = app.response_class(decision.body, decision.status)
    response.headers[:] = decision.headers_str + preflight_headers(decision)
    # Werkzeug gives a 204 no chunk at all. Hypercorn sends the start of a response with the first chunk, and never
    # without one: an empty one will do.
    response.get_app_iter = lambda environ: ClosingIterator([decision.body], response.close)  # type: ignore[method-assign]
    return response
