"""What writes the headers that decorated views want, in a Flask application without ``CORS(app)``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from flask import Flask, Response, globals

from fastcors.wsgi import POLICY_KEY as KEY
from fastcors.wsgi import SHIM_KEY, CORSMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from flask.ctx import RequestContext

    from fastcors.policy import Policy

__all__ = ["EXTENSION", "KEY", "SHIM_KEY", "Writer", "current_context", "write_for"]

EXTENSION = "fastcors"
"""Under which name ``app.extensions`` has the shim of ``CORS(app)``."""

# What is behind the proxies, each attribute of which takes several times as long. A Flask with one kind of context for
# applications and requests has the other variable alone.
_variable: Any = getattr(globals, "_cv_request", None) or globals._cv_app
current_context: Callable[[], RequestContext] = _variable.get
"""Returns the context of the request; raises LookupError outside of one."""

_lock = threading.Lock()


def _none_but_under_the_key(environ: WSGIEnvironment, policy: Policy | None) -> Policy | None:
    """Return no policy: a view that has one put it into the environ, where the shim looks first."""
    return policy


class Writer(CORSMiddleware):
    """A shim that writes what decorated views want, and has no policy of its own."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__(app, None, handle_errors=False)
        self._policy_of_view = _none_but_under_the_key


def write_for(context: RequestContext) -> None:
    """See to it that the headers of this request are written, and those of later ones.

    Only a request shows which application a view belongs to. From the next one on a shim is there, as the innermost:
    a response has its headers when it leaves Flask, whatever a middleware does with it or with the environ. Flask
    itself writes them for this request, for those that go past ``app.wsgi_app``, and for all where that is wrapped.
    """
    app = context.app
    if EXTENSION in app.extensions or getattr(app.process_response, "_fastcors_stays", False):
        return
    with _lock:
        waiting = getattr(app.process_response, "_fastcors_waiting", None)
        if waiting is None:
            waiting = WeakSet()
            if "wsgi_app" not in app.__dict__ and type(app).wsgi_app is Flask.wsgi_app:
                app.wsgi_app = Writer(app.wsgi_app)  # type: ignore[method-assign]
            app.process_response = _writing(app, waiting)  # type: ignore[assignment,method-assign]
        waiting.add(context)


def _writing(app: Flask, waiting: WeakSet[RequestContext]) -> Callable[[Response], Response]:
    """Return a replacement for ``app.process_response`` that also adds the policy's headers, where no shim does.

    It removes itself once requests come through the shim, and no request that did not is still ``waiting``.
    """
    was_own = "process_response" in app.__dict__
    process: Callable[[Response], Response] = app.process_response

    def process_response(response: Response) -> Response:
        environ = current_context().request.environ
        if SHIM_KEY in environ:
            if not waiting:
                leave()
            return process(response)
        try:
            response = process(response)
        finally:  # for an error's answer that fails here too, and that Flask sends as it is
            policy: Policy | None = environ.get(KEY)
            if policy is not None:
                before = list(iter(response.headers))  # without iter(), list() looks up the length first, in Python
                merged = policy.decide_wsgi(environ).merge_wsgi(before)
                # Werkzeug looks at each value that is assigned, so only what is new is.
                start = len(before) if merged[: len(before)] == before else 0
                response.headers[start:] = merged[start:]
        return response

    def leave() -> None:
        with _lock:
            if waiting or app.__dict__.get("process_response") is not process_response:
                return
            if was_own:
                app.process_response = process  # type: ignore[assignment,method-assign]
            else:
                del app.process_response

    process_response._fastcors_waiting = waiting  # type: ignore[attr-defined]
    process_response._fastcors_stays = not isinstance(app.wsgi_app, Writer)  # type: ignore[attr-defined]
    return process_response
