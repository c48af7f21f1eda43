"""CORS for Starlette and FastAPI applications: ``CORS(app, …)``, and decorators for single views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
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

    from fastcors._config.keywords import PolicyParameters
    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.marks import ByRoute
    from fastcors._shims.routes import Routes as GivenRoutes
    from fastcors._types import ASGIApp, Receive, Scope, Send
    from fastcors.policy import Policy

__all__ = ["CORS", "cors_exempt", "cross_origin"]

_STACK = "middleware_stack"
"""Where an application has its stack of middlewares once it is built, and calls it for each request."""

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
            raise TypeError("routes belong to an application: give a part of it a policy, CORS(part, policy)")
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
    views = Views(Routes(app, partial(_watch_routes, app)), by_route=by_route(methods), only=only)
    shim = CORSMiddleware(_not_started, None if only else policy, routes=routes, **arguments)
    shim._also_tell = tell_state
    shim._look_at(views)
    vars(app)[SHIM] = shim
    app.__class__ = _behind_the_shim(type(app))
    app.middleware_stack = app.middleware_stack
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
    raise RuntimeError("give the server app itself, not what CORS(app, ...) returns")


class _Watch:
    """Stands before the shim of an application whose views have a say: has them read again after routes were added."""

    def __init__(self, shim: CORSMiddleware, views: Views) -> None:
        self._shim = shim
        self._views = views

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if self._views.is_stale():
            self._shim._look_again()
        return self._shim(scope, receive, send)


def _watch_routes(app: Starlette) -> None:
    """See from now on whether routes are added."""
    shim: CORSMiddleware = vars(app)[SHIM]
    if shim._views is not None and vars(app).get(_STACK) is shim:
        vars(app)[_STACK] = _Watch(shim, shim._views)


def _put_behind(app: Starlette, stack: ASGIApp | None) -> ASGIApp | None:
    """Put a stack of middlewares behind the shim, or take it away; return what stands in its place."""
    shim: CORSMiddleware = vars(app)[SHIM]
    if stack is None:
        shim.app = _not_started
        return None
    if stack is not shim and not isinstance(stack, _Watch):
        shim.app = stack
    views = shim._views
    return shim if views is None or not views.are_read else _Watch(shim, views)


def _behind_the_shim(kind: type[Starlette]) -> type[Starlette]:
    """Return the class of an application, under the same name, in which ``middleware_stack`` is behind the shim.

    Whoever builds the stack, and whenever: instrumentation wraps or replaces ``app.build_middleware_stack``, looks
    into what that returns, and may build it anew. Setting it is what is seen to, so that reading it, which each request
    does, costs what it did.
    """

    def set_attribute(app: Starlette, name: str, value: Any) -> None:
        kind.__setattr__(app, name, _put_behind(app, value) if name == _STACK else value)

    return cast("type[Starlette]", same_named(kind, {"__setattr__": set_attribute}))
