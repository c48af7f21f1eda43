"""CORS for Litestar applications: ``CORS(app, …)``, and decorators for single handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

try:
    from litestar import Controller, Litestar, Router
    from litestar.handlers import BaseRouteHandler
except ImportError as error:
    raise ImportError('fastcors.litestar needs Litestar, which pip install "fastcors[litestar]" brings') from error

from fastcors._shims.attach import (
    check_kind,
    check_no_shim,
    own_of_part,
    put_before_asgi_calls,
    says_nothing,
    shim_before_calls,
    tell_state,
)
from fastcors._shims.marks import EXEMPT, MARK, Own, by_route, make_own, mark, use
from fastcors._shims.options import NOT_GIVEN
from fastcors._shims.views import Views
from fastcors.asgi import CORSMiddleware
from fastcors.litestar.routes import Routes

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters
    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.marks import ByRoute
    from fastcors._shims.routes import Routes as GivenRoutes
    from fastcors.policy import Policy

__all__ = ["CORS", "cors_exempt", "cross_origin"]

F = TypeVar("F", bound="Callable[..., Any] | BaseRouteHandler")


@overload
def CORS(
    app: Litestar,
    policy: Policy | None = ...,
    *,
    routes: GivenRoutes | None = ...,
    methods: ByRoute | None = ...,
    **arguments: Unpack[ASGIArguments],
) -> CORSMiddleware: ...
@overload
def CORS(
    app: Router,
    policy: Policy | None = ...,
    *,
    methods: ByRoute | None = ...,
    **parameters: Unpack[PolicyParameters],
) -> CORSMiddleware | None: ...
def CORS(  # noqa: N802 - what every framework's module calls it
    app: Router,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: GivenRoutes | None = None,
    methods: ByRoute | None = None,
    **arguments: Any,
) -> CORSMiddleware | None:
    """Put CORS in front of a Litestar application, and return the shim.

    The shim stands outside of everything that answers in ``app``, its routing, its handlers of exceptions and its
    ``before_send`` hooks included, so that every response has the headers. ``app`` stays the object that it was: it is
    what servers, test clients and plugins get, and handlers may still be registered.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware`; with ``tell_application=True`` the outcome is
    ``request.state.fastcors`` too. Of the shim that is returned, ``policy`` and ``routes`` may be replaced while
    requests run. ``methods="route"`` gives a preflight the methods that the route of its path has, in the place of
    ``allow_methods``.

    Handlers with ``@cross_origin`` and ``@cors_exempt`` go by what they say. Where they say everything, ``CORS(app)``
    will do; without any of them, that is a RuntimeError when the application starts.

    For a router, ``CORS(router, policy)`` says what its handlers go by, wherever it is registered after that, and
    returns None. The application needs its own ``CORS(app)`` for that to be seen.

    Raises TypeError where ``app`` is no Litestar application, RuntimeError where it has CORS already, also by its own
    ``cors_config``, and PolicyError with everything that is wrong in parameters or routes.
    """
    if isinstance(app, Router) and not isinstance(app, Litestar):
        if routes is not None:
            raise TypeError("routes belong to an application: give a part of it a policy, CORS(part, policy)")
        _mark(app, own_of_part(policy, methods, arguments))
        return None
    check_kind(app, Litestar, "litestar.Litestar")
    name = f"the application {app!r:.100}"
    check_no_shim(
        name,
        [shim_before_calls(app), *(getattr(each, "middleware", each) for each in app.middleware)],
        "Change the policy of the shim that CORS returned, use routes, or take the middleware out",
    )
    if app.cors_config is not None:
        raise RuntimeError(f"{name} has CORS already: a request can have only one policy. Take cors_config out")
    only = says_nothing(policy, routes, arguments)
    views = Views(Routes(app), by_route=by_route(methods), only=only)
    first = None if only else policy
    kind = type(app)

    def register(self: Litestar, value: Any) -> None:
        kind.register(self, value)
        shim._look_again()

    shim = put_before_asgi_calls(
        app,
        lambda behind: CORSMiddleware(behind, first, routes=routes, **arguments),
        cuts_root_path=True,
        register=register,
    )
    shim._also_tell = tell_state
    shim._look_at(views)
    return shim


@overload
def cross_origin(policy: Policy, *, methods: ByRoute | None = ...) -> Callable[[F], F]: ...
@overload
def cross_origin(
    *, methods: ByRoute | None = ..., **policy_parameters: Unpack[PolicyParameters]
) -> Callable[[F], F]: ...
def cross_origin(
    policy: Policy | None = None, *, methods: ByRoute | None = None, **policy_parameters: Any
) -> Callable[[F], F]:
    """Give a handler a policy of its own: ``@cross_origin(policy)``, or with the parameters of a policy.

    For functions, below ``@get(…)`` or above it, those of WebSockets included, and for controllers. It marks the
    handler and changes nothing else of it: ``CORS(app, …)`` of the application finds it by its routes, and its policy
    holds in the place of the application's, with nothing inherited.

    ``methods="route"`` gives a preflight the methods that the route of its path has, in the place of ``allow_methods``.

    Raises PolicyError with everything that is wrong, TypeError for a policy together with parameters, and RuntimeError
    for a handler that has a policy already.
    """
    own = make_own(policy, methods, policy_parameters)

    def decorator(view: F) -> F:
        return _mark(view, own)

    return decorator


def cors_exempt(view: F) -> F:
    """Take a handler out: its responses stay as they are, and a preflight for it goes to the application."""
    return _mark(view, EXEMPT)


M = TypeVar("M")


def _mark(view: M, own: Own) -> M:
    """Leave a mark on a function, or in ``opt`` of what has layers of options, which Litestar hands down."""
    is_controller = isinstance(view, type) and issubclass(view, Controller)
    if not (is_controller or isinstance(view, (BaseRouteHandler, Router))):
        return mark(view, own)
    layered: Any = view
    opt = layered.opt if isinstance(getattr(layered, "opt", None), Mapping) else {}
    if MARK in (vars(view).get("opt") or {} if is_controller else opt):
        raise RuntimeError(f"{view!r:.100} has a policy already, and there is only one for each handler")
    layered.opt = {**opt, MARK: own}
    use()
    return view
