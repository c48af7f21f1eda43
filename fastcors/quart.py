"""CORS for Quart applications: ``CORS(app, …)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from quart import Quart
except ImportError as error:
    raise ImportError('fastcors.quart needs Quart, which pip install "fastcors[quart]" brings') from error

from fastcors._shims.attach import check_kind, check_no_shim
from fastcors._shims.options import NOT_GIVEN
from fastcors._shims.root_path import with_clear_path, with_sent_path
from fastcors.asgi import CORSMiddleware

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._shims.attach import ASGIArguments
    from fastcors._shims.routes import Routes
    from fastcors._types import Receive, Scope, Send
    from fastcors.policy import Policy

__all__ = ["CORS"]

_EXTENSION = "fastcors"


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Quart,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[ASGIArguments],
) -> CORSMiddleware:
    """Put CORS in front of a Quart application, and return the shim, which ``app.extensions["fastcors"]`` is too.

    It wraps ``app.asgi_app``, which stands outside of Quart's error handlers and its ``before_request`` functions, so
    that every response has the headers. ``app`` stays the object that it was: ``quart run``, servers and test clients
    get it, and routes, blueprints and handlers may still be added to it.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware`. Of the shim that is returned, ``policy`` and
    ``routes`` may be replaced while requests run.

    Raises TypeError where ``app`` is no Quart application or nothing is allowed, RuntimeError where it has CORS
    already, and PolicyError with everything that is wrong in parameters or routes.
    """
    check_kind(app, Quart, "quart.Quart")
    check_no_shim(
        f"the Quart application {app.name!r}",
        [app.extensions.get(_EXTENSION), app.asgi_app],
        f'Change app.extensions["{_EXTENSION}"].policy, or use routes',
    )
    inner: Any = app.asgi_app  # which Quart types more narrowly than ASGI does

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(with_sent_path(scope), receive, send)

    shim = CORSMiddleware(behind, policy, routes=routes, **arguments)

    async def in_front(scope: Scope, receive: Receive, send: Send) -> None:
        await shim(with_clear_path(scope), receive, send)

    app.extensions[_EXTENSION] = shim
    app.asgi_app = in_front  # type: ignore[assignment,method-assign]
    return shim
