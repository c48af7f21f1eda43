"""CORS for Starlette and FastAPI applications: ``CORS(app, …)``, and decorators for single views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

try:
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute, Host, Mount, Router
except ImportError as error:
    raise ImportError(
        'fastcors.starlette needs Starlette, which FastAPI or pip install "fastcors[starlette]" brings'
    ) from error

from fastcors._shims.attach import check_kind, check_no_shim, own_of_part, same_named, says_nothing, tell_state
from fastcors._shims.marks import EXEMPT, by_route, make_own, mark
from fastcors._shims.options import NOT_GIVEN
from fastcors._shims.views import Views
from fastcors.asgi import CORSMiddleware
from fastcors.starlette.routes import SHIM, Routes, check_is_seen

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._config.parameters import PolicyParameters
    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.marks import ByRoute
    from fastcors._shims.routes import Routes as GivenRoutes
    from fastcors._types import ASGIApp, Receive, Scope, Send
    from fastcors.policy import Policy

__all__ = ["CORS", "cors_exempt", "cross_origin"]

F = TypeVar("F", bound="Callable[..., Any] | BaseRoute")


@overload
def CORS(
    app: Starlette,
    policy: Policy | None = ...,
    *,
    routes: GivenRoutes | None = ...,
    methods: ByRoute | None = ...,
    **arguments: Unpack[ASGIArguments],
) -> CORSMiddleware: ...
@overload
def CORS(
    app: Router | Mount | Host,
    policy: Policy | None = ...,
    *,
    methods: ByRoute | None = ...,
    **parameters: Unpack[PolicyParameters],
) -> None: ...
def CORS(  # noqa: N802 - what every framework's module calls it
    app: Starlette | Router | Mount | Host,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: GivenRoutes | None = None,
    methods: ByRoute | None = None,
    **arguments: Any,
) -> CORSMiddleware | None:
    """Put CORS in front of a Starlette or FastAPI application, and return the shim.

    The shim stands outside of everything that answers in ``app``, its handlers of exceptions and its debug page
    included, so that every response has the headers. ``app`` stays the object that it was: it is what servers, test
    clients and instrumentation get, and routes, middlewares and handlers may still be added to it.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware`; with ``tell_application=True`` the outcome is
    ``request.state.fastcors`` too. Of the shim that is returned, ``policy`` and ``routes`` may be replaced while
    requests run. ``methods="route"`` gives a preflight the methods that the routes of its path have, in the place of
    ``allow_methods``.

    Views with ``@cross_origin`` and ``@cors_exempt`` go by what they say. Where they say everything, ``CORS(app)`` will
    do; without any of them, that is a RuntimeError when the application starts.

    For a part of an application, a router or a mount, ``CORS(part, policy)`` says what its views go by, wherever it is
    included or mounted, and returns None. The application needs its own ``CORS(app)`` for that to be seen.

    Raises TypeError where ``app`` is no application of these frameworks, RuntimeError where it has CORS already, and
    PolicyError with everything that is wrong in parameters or routes.
    """
    if isinstance(app, (Router, Mount, Host)):
        if routes is not None:
            raise TypeError("routes are for an application: a part of one has a policy, CORS(part, policy)")
        check_is_seen(app)
        mark(app, own_of_part(policy, methods, arguments))
        return None
    check_kind(app, Starlette, "starlette.applications.Starlette or a fastapi.FastAPI")
    check_no_shim(
        f"the application {app!r:.100}",
        [app.middleware_stack, vars(app).get(SHIM), *(middleware.cls for middleware in app.user_middleware)],
        "Change the policy of the shim that CORS returned, use routes, or take the middleware out",
    )
    only = says_nothing(policy, routes, arguments)
    views = Views(Routes(app), by_route=by_route(methods), only=only)
    shim = CORSMiddleware(_not_started, None if only else policy, routes=routes, **arguments)
    shim._also_tell = tell_state
    shim._look_at(views)
    if app.middleware_stack is not None:
        shim.app = app.middleware_stack
    vars(app)[SHIM] = shim
    app.__class__ = _behind_the_shim(type(app))
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
    """Give a view a policy of its own: ``@cross_origin(policy)``, or with the parameters of a policy.

    For functions, sync and async, those of an ``APIRouter`` and of WebSockets included, for classes of endpoints and
    for single methods of one. It marks the view and changes nothing of it: ``CORS(app, …)`` of the application finds it
    by its routes, and its policy holds in the place of the application's, with nothing inherited. It goes below
    ``@app.get(…)``.

    ``methods="route"`` gives a preflight the methods that the routes of its path have, in the place of
    ``allow_methods``.

    Raises PolicyError with everything that is wrong, TypeError for a policy together with parameters, and RuntimeError
    for a view that has a policy already.
    """
    own = make_own(policy, methods, policy_parameters)

    def decorator(view: F) -> F:
        return mark(view, own)

    return decorator


def cors_exempt(view: F) -> F:
    """Take a view out: its responses stay as they are, and a preflight for it goes to the application."""
    return mark(view, EXEMPT)


async def _not_started(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for the stack of middlewares, which the application builds at its first call."""
    raise RuntimeError("let the server run app, not what CORS(app, ...) returns: app is still the application")


def _stack(app: Starlette) -> ASGIApp | None:
    """The shim, once there is a stack of middlewares behind it; None before."""
    shim: CORSMiddleware = vars(app)[SHIM]
    if shim.app is _not_started:
        return None
    if shim._views is not None and shim._views.is_stale():
        shim._look_again()
    return shim


def _put_behind(app: Starlette, stack: ASGIApp | None) -> None:
    """Put a stack of middlewares behind the shim; None takes it away."""
    shim: CORSMiddleware = vars(app)[SHIM]
    if stack is not shim:
        shim.app = _not_started if stack is None else stack


def _behind_the_shim(kind: type[Starlette]) -> type[Starlette]:
    """Return the class of an application, under the same name, in which ``middleware_stack`` is behind the shim.

    Whoever builds the stack, and whenever: instrumentation wraps or replaces ``app.build_middleware_stack``, looks
    into what that returns, and may build it anew.
    """
    return cast("type[Starlette]", same_named(kind, {"middleware_stack": property(_stack, _put_behind)}))
