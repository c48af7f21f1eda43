"""CORS for Starlette and FastAPI applications: ``CORS(app, …)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

try:
    from starlette.applications import Starlette
except ImportError as error:
    raise ImportError(
        'fastcors.starlette needs Starlette, which FastAPI or pip install "fastcors[starlette]" brings'
    ) from error

from fastcors._shims.attach import check_kind, check_no_shim, same_named, tell_state
from fastcors._shims.options import NOT_GIVEN
from fastcors.asgi import CORSMiddleware

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.routes import Routes
    from fastcors._types import ASGIApp, Receive, Scope, Send
    from fastcors.policy import Policy

__all__ = ["CORS"]

_SHIM = "_fastcors"


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Starlette,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ASGIArguments],
) -> CORSMiddleware:
    """Put CORS in front of a Starlette or FastAPI application, and return the shim.

    The shim stands outside of everything that answers in ``app``, its handlers of exceptions and its debug page
    included, so that every response has the headers. ``app`` stays the object that it was: it is what servers, test
    clients and instrumentation get, and routes, middlewares and handlers may still be added to it.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware`; with ``tell_application=True`` the outcome is
    ``request.state.fastcors`` too. Of the shim that is returned, ``policy`` and ``routes`` may be replaced while
    requests run.

    Raises TypeError where ``app`` is no application of these frameworks or nothing is allowed, RuntimeError where it
    has CORS already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Starlette, "starlette.applications.Starlette or a fastapi.FastAPI")
    check_no_shim(
        f"the application {app!r:.100}",
        [app.middleware_stack, vars(app).get(_SHIM), *(middleware.cls for middleware in app.user_middleware)],
        "Change the policy of the shim that CORS returned, use routes, or take the middleware out",
    )
    shim = CORSMiddleware(_not_started, policy, routes=routes, **arguments)
    shim._also_tell = tell_state
    if app.middleware_stack is not None:
        shim.app = app.middleware_stack
    vars(app)[_SHIM] = shim
    app.__class__ = _behind_the_shim(type(app))
    return shim


async def _not_started(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for the stack of middlewares, which the application builds at its first call."""
    raise RuntimeError("let the server run app, not what CORS(app, ...) returns: app is still the application")


def _stack(app: Starlette) -> ASGIApp | None:
    """The shim, once there is a stack of middlewares behind it; None before."""
    shim: CORSMiddleware = vars(app)[_SHIM]
    return None if shim.app is _not_started else shim


def _put_behind(app: Starlette, stack: ASGIApp | None) -> None:
    """Put a stack of middlewares behind the shim; None takes it away."""
    shim: CORSMiddleware = vars(app)[_SHIM]
    if stack is not shim:
        shim.app = _not_started if stack is None else stack


def _behind_the_shim(kind: type[Starlette]) -> type[Starlette]:
    """Return the class of an application, under the same name, in which ``middleware_stack`` is behind the shim.

    Whoever builds the stack, and whenever: instrumentation wraps or replaces ``app.build_middleware_stack``, looks
    into what that returns, and may build it anew.
    """
    return cast("type[Starlette]", same_named(kind, {"middleware_stack": property(_stack, _put_behind)}))
