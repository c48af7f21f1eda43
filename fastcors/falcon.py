"""CORS for Falcon applications of both gateway interfaces: ``CORS(app, …)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

try:
    import falcon
    import falcon.asgi
except ImportError as error:
    raise ImportError('fastcors.falcon needs Falcon, which pip install "fastcors[falcon]" brings') from error

import fastcors.asgi
import fastcors.wsgi
from fastcors._shims.attach import (
    INSTEAD,
    check_kind,
    check_no_shim,
    put_before_asgi_calls,
    put_before_wsgi_calls,
    shim_before_calls,
)
from fastcors._shims.options import NOT_GIVEN

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._shims.attach import ASGIArguments, ShimArguments
    from fastcors._shims.routes import Routes
    from fastcors.policy import Policy

__all__ = ["CORS"]


@overload
def CORS(  # type: ignore[overload-overlap]  # falcon.asgi.App is a subclass of falcon.App
    app: falcon.asgi.App[Any, Any],
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ASGIArguments],
) -> fastcors.asgi.CORSMiddleware: ...
@overload
def CORS(
    app: falcon.App[Any, Any],
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ShimArguments],
) -> fastcors.wsgi.CORSMiddleware: ...
def CORS(  # noqa: N802 - what every framework's module calls it
    app: falcon.App[Any, Any],
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Any,
) -> fastcors.asgi.CORSMiddleware | fastcors.wsgi.CORSMiddleware:
    """Put CORS in front of a Falcon application, and return the shim.

    The shim stands outside of Falcon's middlewares, sinks and error handlers, so that every response has the headers.
    ``app`` stays the object that it was: servers and ``falcon.testing`` get it, and routes, middlewares and handlers
    may still be added to it.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware` for a ``falcon.asgi.App``, and those of
    :class:`fastcors.wsgi.CORSMiddleware` for a ``falcon.App``. Of the shim that is returned, ``policy`` and ``routes``
    may be replaced while requests run.

    Raises TypeError where ``app`` is no Falcon application or nothing is allowed, RuntimeError where it has CORS
    already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, falcon.App, "falcon.App or a falcon.asgi.App")
    check_no_shim(f"the application {app!r:.100}", [shim_before_calls(app)], INSTEAD)
    if isinstance(app, falcon.asgi.App):
        return put_before_asgi_calls(
            app, lambda behind: fastcors.asgi.CORSMiddleware(behind, policy, routes=routes, **arguments)
        )
    return put_before_wsgi_calls(
        app, lambda behind: fastcors.wsgi.CORSMiddleware(behind, policy, routes=routes, **arguments)
    )
