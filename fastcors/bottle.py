"""CORS for Bottle applications: ``CORS(app, …)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from bottle import Bottle
except ImportError as error:
    raise ImportError('fastcors.bottle needs Bottle, which pip install "fastcors[bottle]" brings') from error

from fastcors._shims.attach import INSTEAD, check_kind, check_no_shim
from fastcors._shims.options import NOT_GIVEN
from fastcors.wsgi import CORSMiddleware

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._shims.attach import ShimArguments
    from fastcors._shims.routes import Routes
    from fastcors.policy import Policy

__all__ = ["CORS"]


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Bottle,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ShimArguments],
) -> CORSMiddleware:
    """Put CORS in front of a Bottle application, and return the shim, which ``app.wsgi`` is too.

    It wraps ``app.wsgi``, outside of Bottle's plugins, hooks and error handlers, so every response has the headers.
    ``app`` stays the object that it was: ``app.run()``, ``bottle.run(app)``, servers and test clients get it, and
    routes, plugins and mounted applications may still be added to it. ``bottle.default_app()`` is the application that
    functions with ``@bottle.route`` are in.

    The arguments are those of :class:`fastcors.wsgi.CORSMiddleware`. Of the shim that is returned, ``policy`` and
    ``routes`` may be replaced while requests run.

    Raises TypeError where ``app`` is no Bottle application or nothing is allowed, RuntimeError where it has CORS
    already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Bottle, "bottle.Bottle")
    check_no_shim(f"the application {app!r:.100}", [app.wsgi], INSTEAD)
    shim = CORSMiddleware(app.wsgi, policy, routes=routes, **arguments)
    app.wsgi = shim  # which a call of the application calls
    return shim
