"""CORS for Litestar applications: ``CORS(app, …)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from litestar import Litestar
except ImportError as error:
    raise ImportError('fastcors.litestar needs Litestar, which pip install "fastcors[litestar]" brings') from error

from fastcors._shims.attach import check_kind, check_no_shim, put_before_asgi_calls, shim_before_calls, tell_state
from fastcors._shims.options import NOT_GIVEN
from fastcors.asgi import CORSMiddleware

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.routes import Routes
    from fastcors.policy import Policy

__all__ = ["CORS"]


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Litestar,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ASGIArguments],
) -> CORSMiddleware:
    """Put CORS in front of a Litestar application, and return the shim.

    The shim stands outside of everything that answers in ``app``, its routing, its handlers of exceptions and its
    ``before_send`` hooks included, so that every response has the headers. ``app`` stays the object that it was: it is
    what servers, test clients and plugins get, and handlers may still be registered.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware`; with ``tell_application=True`` the outcome is
    ``request.state.fastcors`` too. Of the shim that is returned, ``policy`` and ``routes`` may be replaced while
    requests run.

    Raises TypeError where ``app`` is no Litestar application or nothing is allowed, RuntimeError where it has CORS
    already, also by its own ``cors_config``, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Litestar, "litestar.Litestar")
    name = f"the application {app!r:.100}"
    check_no_shim(
        name,
        [shim_before_calls(app), *(getattr(each, "middleware", each) for each in app.middleware)],
        "Change the policy of the shim that CORS returned, use routes, or take the middleware out",
    )
    if app.cors_config is not None:
        raise RuntimeError(f"{name} has CORS already: there is one policy for a request. Take cors_config out")
    shim = put_before_asgi_calls(app, lambda behind: CORSMiddleware(behind, policy, routes=routes, **arguments))
    shim._also_tell = tell_state
    return shim
