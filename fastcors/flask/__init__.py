"""CORS for Flask applications: an extension, and decorators for single views.

``CORS(app, …)`` puts a policy in front of the whole application. ``@cross_origin(…)`` gives a view a policy of its own,
``@cors_exempt`` takes a view out, and ``@crossdomain(…)`` is ``cross_origin`` in the words of the old snippet. The
decorators work with the extension and without.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

try:
    from flask import Blueprint, Flask
    from flask.views import View
except ImportError as error:
    raise ImportError('fastcors.flask needs Flask, which pip install "fastcors[flask]" brings') from error

from fastcors._shims.attach import check_kind, check_no_shim
from fastcors._shims.marks import ByRoute, by_route, make_own
from fastcors._shims.options import NOT_GIVEN, OnConflict
from fastcors._shims.route_methods import RouteMethods, check_policy_by_route
from fastcors._shims.routes import Routes, advise_policy, is_policy
from fastcors.flask.config import OPTIONS, check_names, over, read
from fastcors.flask.crossdomain import crossdomain
from fastcors.flask.told import globals_class
from fastcors.flask.urls import URLs, asks_preflight
from fastcors.flask.views import MARK, OwnPolicy, ViewPolicies, decorate, own_at
from fastcors.flask.writer import EXTENSION, Writer
from fastcors.policy import Policy
from fastcors.wsgi import CORSMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack
    from werkzeug.routing import Rule

    from fastcors._config.keywords import PolicyParameters

__all__ = ["CORS", "cors_exempt", "cross_origin", "crossdomain"]

F = TypeVar("F", bound="Callable[..., Any] | type[View]")


class CORS:
    """The extension: ``CORS(app, policy)``, or ``cors = CORS(policy=policy)`` and ``cors.init_app(app)`` for each app.

    It wraps ``app.wsgi_app``. Preflights are answered there, before routing and authentication, and every response
    gets its headers there, errors and redirects included.

    Exactly one of ``policy``, ``routes`` (a mapping from paths to policies) and the parameters of
    :class:`fastcors.Policy`. What is not given is taken from ``app.config``: ``CORS_POLICY``, ``CORS_ROUTES``, or
    ``CORS_`` and the name of a parameter. Nothing there either is a TypeError; ``policy=None`` says that only decorated
    views have CORS.

    The other options are those of :class:`fastcors.wsgi.CORSMiddleware`, which ``app.extensions["fastcors"]`` is
    afterwards: its ``policy`` and ``routes`` may be replaced at any time. With ``tell_application=True`` the outcome of
    a request is ``g.fastcors`` too.

    Raises PolicyError with everything that is wrong in parameters, routes or the configuration, TypeError for a
    policy together with parameters, and RuntimeError for an application that has CORS already.
    """

    def __init__(
        self,
        app: Flask | Blueprint | None = None,
        policy: Policy | None = NOT_GIVEN,
        *,
        routes: Routes | None = None,
        methods: ByRoute | None = None,
        handle_errors: bool | None = None,
        preflight_continue: bool | None = None,
        on_conflict: OnConflict | None = None,
        tell_application: bool | None = None,
        count_decisions: bool | None = None,
        **policy_parameters: Unpack[PolicyParameters],
    ) -> None:
        options = (handle_errors, preflight_continue, on_conflict, tell_application, count_decisions)
        self._by_route = by_route(methods)
        self._given = _given(policy, routes, options, policy_parameters)
        if isinstance(app, Blueprint):
            _mark_blueprint(app, self._given, self._by_route)
        elif app is None:
            check_names(self._given)
        else:
            self.init_app(app)

    def init_app(
        self,
        app: Flask,
        policy: Policy | None = NOT_GIVEN,
        *,
        routes: Routes | None = None,
        methods: ByRoute | None = None,
        handle_errors: bool | None = None,
        preflight_continue: bool | None = None,
        on_conflict: OnConflict | None = None,
        tell_application: bool | None = None,
        count_decisions: bool | None = None,
        **policy_parameters: Unpack[PolicyParameters],
    ) -> None:
        """Put CORS in front of ``app``. What is given here goes before what the constructor was given."""
        check_kind(app, Flask, "flask.Flask")
        inner = app.wsgi_app.app if isinstance(app.wsgi_app, Writer) else app.wsgi_app
        check_no_shim(
            f"the Flask application {app.name!r}",
            [app.extensions.get(EXTENSION), inner],
            'Change app.extensions["fastcors"].policy, or use routes or @cross_origin',
        )
        options = (handle_errors, preflight_continue, on_conflict, tell_application, count_decisions)
        given = over(self._given, _given(policy, routes, options, policy_parameters))
        arguments = over(read(app.config), given)
        if set(arguments) <= set(OPTIONS):
            raise TypeError(
                "nothing is allowed: give the parameters of a policy (allow_origins=[...]), a policy or routes, or set"
                " CORS_ALLOW_ORIGINS in app.config; CORS(app, policy=None) is for views with @cross_origin alone"
            )
        shim = _Shim(app, inner, takes_methods=by_route(methods) or self._by_route, **arguments)
        app.wsgi_app = app.extensions[EXTENSION] = shim  # type: ignore[method-assign]
        if shim._tells:
            app.app_ctx_globals_class = globals_class(app.app_ctx_globals_class)


def _mark_blueprint(blueprint: Blueprint, given: dict[str, Any], of_route: bool) -> None:
    """Say what the views of a blueprint go by that have no policy of their own."""
    if "routes" in given or set(given) & set(OPTIONS):
        raise TypeError(
            "routes and options belong to an application: give a blueprint a policy, CORS(blueprint, policy)"
        )
    if MARK in vars(blueprint):
        raise RuntimeError(f"{blueprint!r:.100} has a policy already, and there is only one for each blueprint")
    if given == {"policy": None}:
        own = _EXEMPT
    else:
        said = make_own(given.pop("policy", None), "route" if of_route else None, given, "CORS")
        own = _own(said.policy, of_route=of_route, automatic_options=True)
    vars(blueprint)[MARK] = own
    OwnPolicy.in_use = True


def _own(policy: Policy | None, *, of_route: bool, automatic_options: bool) -> OwnPolicy:
    """Return what a view with this policy says; ``of_route``: its preflights have the methods of the rule."""
    for_methods = None
    if of_route and policy is not None:
        check_policy_by_route(policy)
        for_methods = partial(RouteMethods().policy, policy)
    return OwnPolicy(policy, automatic_options=automatic_options, for_methods=for_methods)


def _given(
    policy: Policy | None,
    routes: Routes | None,
    options: Iterable[object],
    parameters: PolicyParameters,
) -> dict[str, Any]:
    """Collect the arguments that were given, checked as far as that goes without the configuration.

    ``options`` are in the order of ``OPTIONS``, None for one that was not given.
    """
    said = {"policy": policy, "routes": routes, **dict(zip(OPTIONS, options, strict=True))}
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if policy is NOT_GIVEN:
        del given["policy"]
    elif policy is None:
        given["policy"] = None  # said like that: no CORS but that of decorated views
    for name, value in parameters.items():  # which several applications may share: what can be read once, is
        given[name] = list(value) if isinstance(value, Iterator) else value
    if given.get("policy") is not None or routes is not None:
        CORSMiddleware(_no_app, **given)
    return given


def _no_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise AssertionError("never called")


class _Shim(CORSMiddleware):
    """The shim in front of a Flask application; it knows of views with a policy of their own."""

    def __init__(
        self,
        flask: Flask,
        inner: WSGIApplication,
        *,
        handle_errors: bool = False,
        takes_methods: bool = False,
        **arguments: Any,
    ) -> None:
        self._takes_methods = takes_methods
        self._with_methods: dict[int, OwnPolicy] = {}  # by the policy without, which it keeps alive
        super().__init__(self._first, handle_errors=handle_errors, **arguments)
        self._view_policies = self._policy_of_view = ViewPolicies(flask)
        self._flask = flask
        self._inner = inner
        self._urls = URLs(flask)
        self._shims: dict[tuple[int, bool], CORSMiddleware] = {}
        self._lock = threading.Lock()
        self._looked = False

    def _first(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Stand in for the application until its first request, which is when all of its views are known."""
        with self._lock:
            if not self._looked:
                if OwnPolicy.in_use:
                    self._view_policies.read()
                elif not self._takes_methods:
                    self._policy_of_view = None
                self._looked = True
                self.app = self._inner
        return self._inner(environ, start_response)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        may_have_own = self._view_policies.by_endpoint if self._looked else OwnPolicy.in_use
        if (may_have_own or self._takes_methods) and asks_preflight(environ):
            rule, method = self._urls.find(environ)
            own = None if rule is None else own_at(self._flask, rule.endpoint, method)
            if own is None and self._takes_methods:
                own = self._own_with_methods(self._policy_of(environ))
            if own is not None:
                return self._shim_for(own, rule)(environ, start_response)
        return super()._respond(environ, start_response)

    def _use(self, given: Any) -> None:
        """Let requests go by what is given, which leaves the methods out where the rules say them."""
        policies = (given,) if is_policy(given) else () if given is None else given.routes.values()
        for policy in policies if self._takes_methods else ():
            if policy is not None:
                check_policy_by_route(policy)
        super()._use(given)

    def _own_with_methods(self, policy: Policy | None) -> OwnPolicy | None:
        """Return what a view says that goes by the application's policy, with the methods of its rule."""
        if policy is None:
            return None
        own = self._with_methods.get(id(policy))
        if own is None:
            own = self._with_methods[id(policy)] = _own(policy, of_route=True, automatic_options=True)
        return own

    def _shim_for(self, own: OwnPolicy, rule: Rule | None) -> CORSMiddleware:
        """Return the shim that answers preflights for a view, or lets the application do it."""
        policy = own.policy_for("OPTIONS", rule)
        key = id(policy), own.automatic_options  # a policy in here stays alive
        shim = self._shims.get(key)
        if shim is None:
            shim = self._shims[key] = CORSMiddleware(
                self.app,
                policy,
                handle_errors=self._guarded,
                preflight_continue=self._continue or not own.automatic_options,
                on_conflict="keep" if self._keep else "replace",
                tell_application=self._tells,
                count_decisions=self._counts,
            )
        return shim


def cross_origin(
    policy: Policy | None = None,
    *,
    methods: ByRoute | None = None,
    automatic_options: bool = True,
    **policy_parameters: Unpack[PolicyParameters],
) -> Callable[[F], F]:
    """Give a view a policy of its own: ``@cross_origin(policy)``, or with the parameters of a policy.

    For functions, sync and async, views of blueprints, classes of views and their ``decorators``. It goes below
    ``@app.route`` and above other decorators. With ``CORS(app)`` the view's own policy holds instead of the
    application's, for its preflights, its errors and what is answered in its place; without, for all that happens
    after Flask called the view.

    Preflights are answered without the view, unless ``automatic_options=False``: then it gets OPTIONS requests, and
    its answers get the headers. ``methods="route"`` gives them the methods of the rule, in the place of
    ``allow_methods``.

    Raises PolicyError with everything that is wrong, and TypeError for a policy together with parameters.
    """
    if not isinstance(automatic_options, bool):
        raise TypeError(f"automatic_options must be True or False, not {automatic_options!r:.100}")
    if policy is None:
        policy = Policy(**policy_parameters)
    elif policy_parameters:
        raise TypeError("cross_origin takes a policy or the parameters of one, not both")
    elif not is_policy(policy):
        advice = advise_policy(policy)
        raise TypeError(f"write @cross_origin(policy), with a fastcors.Policy, not {policy!r:.100}{advice}")
    CORSMiddleware(_no_app, policy)  # which refuses what only an asynchronous server can do
    own = _own(policy, of_route=by_route(methods), automatic_options=automatic_options)

    def decorator(view: F) -> F:
        return decorate(view, own)

    return decorator


def cors_exempt(view: F) -> F:
    """Take a view out: its responses stay as they are, and a preflight for it goes to the application."""
    return decorate(view, _EXEMPT)


_EXEMPT = OwnPolicy(None)
