"""What writes the headers that decorated views ask for, in a Flask application without ``CORS(app)``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, globals

from fastcors.wsgi import POLICY_KEY as KEY
from fastcors.wsgi import SHIM_KEY, CORSMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask.ctx import RequestContext

    from fastcors._engine import Engine

__all__ = ["EXTENSION", "KEY", "SHIM_KEY", "Writer", "current_context", "write_for"]

EXTENSION = "fastcors"
"""Under which name ``app.extensions`` has the shim of ``CORS(app)``."""

# What is behind the proxies, each attribute of which takes several times as long. A Flask with one kind of context for
# applications and requests has the other variable alone.
_variable: Any = getattr(globals, "_cv_request", None) or globals._cv_app
current_context: Callable[[], RequestContext] = _variable.get
"""Returns the context of the request; raises LookupError outside of one."""

_lock = threading.Lock()


class Writer(CORSMiddleware):
    """A shim that writes what decorated views ask for, and has no policy of its own."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__(app, handle_errors=False)
        self._views = {}


def write_for(app: Flask) -> None:
    """See to it that the headers are written, from this request on. It may be called for each, and does it once.

    Only a request shows which application a view belongs to. From the next one on a shim is there, as the innermost:
    a response has its headers when it leaves Flask, whatever a middleware does with it or with the environ. Flask
    itself writes them for this request, for those that go past ``app.wsgi_app``, and for all where that is wrapped.
    """
    if _is_done(app):
        return
    with _lock:
        if _is_done(app):
            return
        app.process_response = _writing(app.process_response)  # type: ignore[assignment,method-assign]
        if "wsgi_app" not in app.__dict__ and type(app).wsgi_app is Flask.wsgi_app:
            app.wsgi_app = Writer(app.wsgi_app)  # type: ignore[method-assign]


def _is_done(app: Flask) -> bool:
    return EXTENSION in app.extensions or getattr(app.process_response, "_fastcors_writes", False)


def _writing(process: Callable[[Response], Response]) -> Callable[[Response], Response]:
    """Return what does the same with a response, and then what the shim would, where there is none."""

    def process_response(response: Response) -> Response:
        environ = current_context().request.environ
        if SHIM_KEY in environ:
            return process(response)
        try:
            response = process(response)
        finally:  # for an error's answer that fails here too, and that Flask sends as it is
            policy: Engine | None = environ.get(KEY)
            if policy is not None:
                before = list(iter(response.headers))  # without iter(), list() asks for the length first, in Python
                merged = policy.decide_wsgi(environ).merge_wsgi(before)
                # Werkzeug looks at each value that is assigned, so only what is new is.
                start = len(before) if merged[: len(before)] == before else 0
                response.headers[start:] = merged[start:]
        return response

    process_response._fastcors_writes = True  # type: ignore[attr-defined]
    return process_response
