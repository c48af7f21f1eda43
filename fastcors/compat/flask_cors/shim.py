"""What stands in front of a Flask application: a shim that goes by resources, and by what views and blueprints say.

A view or a blueprint with options of its own leaves its engine in the environ, where the shim finds it. Where the
application's ``wsgi_app`` is no longer Flask's own there is no shim: the headers are written into Flask's response.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from werkzeug.datastructures import Headers

from fastcors._engine import Engine
from fastcors.compat._dialect.paths import PathRules
from fastcors.compat.flask_cors.constants import FLASK_CORS_EVALUATED
from fastcors.decision import escape
from fastcors.wsgi import POLICY_KEY, SHIM_KEY, CORSMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from fastcors.compat.flask_cors.constants import ResourcePattern
    from fastcors.compat.flask_cors.options import Options

__all__ = ["BLUEPRINTS", "LOG", "Shim", "claim", "expect_own_options", "respond", "shim_of"]

LOG = logging.getLogger("flask_cors.core")

BLUEPRINTS = "_fastcors_compat"
"""The attribute of a function for ``after_request`` that leaves options of a blueprint to the shim."""

_lock = threading.Lock()


class Shim(CORSMiddleware):
    """Answers preflights, and writes headers into the responses of a Flask application.

    From the first request on, which is when all of its views are known, it takes the shortest way that is left. What
    needs more than one engine for all paths is looked up for each request. Views that answer OPTIONS, and views or
    blueprints with options of their own, get preflights to answer by themselves.
    """

    others_have_options = False
    """Whether any view or blueprint of this process has options of its own."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.wsgi_app, None)
        self._flask = app
        self._looked = False
        self._paths: PathRules[Options] = PathRules([])
        self._policy_of_view = self._choose

    def put(self, rules: Sequence[tuple[ResourcePattern, Options]]) -> None:
        """Take rules for paths, which go before those that it has."""
        self._paths = PathRules([*rules, *self._paths.rules])

    def _policy_of(self, environ: WSGIEnvironment) -> Any:
        return self._choose(environ, None)

    def _choose(self, environ: WSGIEnvironment, _: object) -> Any:
        """Return the engine that decides on a request by its path, or None."""
        if not self._looked:
            self._look()
        options = self._paths.find(environ.get("PATH_INFO", ""))
        engine = None if options is None else options.engine_for_names(environ)
        if LOG.isEnabledFor(logging.DEBUG):
            log_decision(engine, environ)
        return engine

    def _look(self) -> None:
        """Find out which way is the shortest."""
        with _lock:
            self._continue = leaves_preflights(self._flask)
            options = self._paths.everywhere
            if options is not None and not self._needs_environ(options):
                self._policies: Any = options.engine
                self._policy_of_view = None
            self._looked = True

    def _needs_environ(self, options: Options) -> bool:
        return self.others_have_options or bool(options.headers.regexes) or LOG.isEnabledFor(logging.DEBUG)


def shim_of(app: Flask) -> Shim | None:
    """Return the shim in front of an application, which is put there now if need be.

    None where something else is in front of it, which may lead to other applications too, or a subclass is not
    Flask as it is.
    """
    with _lock:
        if not isinstance(app.wsgi_app, Shim):
            if "wsgi_app" in app.__dict__ or type(app).wsgi_app is not Flask.wsgi_app:
                return None
            app.wsgi_app = Shim(app)  # type: ignore[method-assign]
        return app.wsgi_app


def expect_own_options() -> None:
    """Take down that some view or blueprint has options of its own."""
    Shim.others_have_options = True


def leaves_preflights(app: Flask) -> bool:
    """Return whether preflights go on to an application: some blueprint has options of its own, or some view.

    A view has where OPTIONS requests come to it, decorated or not; otherwise Flask answers them by itself.
    """
    functions = [function for name, of in app.after_request_funcs.items() if name is not None for function in of]
    return any(getattr(function, BLUEPRINTS, False) for function in functions) or any(
        "OPTIONS" in (rule.methods or ()) and not getattr(rule, "provide_automatic_options", False)
        for rule in app.url_map.iter_rules()
    )


def claim(options: Options, environ: Mapping[str, Any], *, over: bool) -> bool:
    """Have a response written by options that a view or a blueprint has; return whether a shim is there to do it.

    ``over``: they go before those that another one has claimed.
    """
    chosen = environ.get(SHIM_KEY)
    if chosen is None:
        return False
    if over or POLICY_KEY not in chosen:
        chosen[POLICY_KEY] = options.engine_for(environ)
    return True


def respond(response: Response, options: Options, environ: Mapping[str, Any]) -> None:
    """Write into a response what a request gets by these options, and mark it: whoever comes later leaves it alone."""
    setattr(response, FLASK_CORS_EVALUATED, True)
    engine = options.engine_for(environ)
    if LOG.isEnabledFor(logging.DEBUG):
        log_decision(engine, environ)
    headers = response.headers
    if not isinstance(headers, Headers):  # somebody has put a mapping there
        response.headers = headers = Headers(headers)
    before = list(iter(headers))  # without iter(), list() looks up the length first, in Python
    merged = engine.decide_wsgi(environ).merge_wsgi(before)
    # Werkzeug looks at each value that is assigned, so only what is new is.
    start = len(before) if merged[: len(before)] == before else 0
    headers[start:] = merged[start:]


def log_decision(engine: Engine | None, environ: Mapping[str, Any]) -> None:
    """Log what is decided on a request, and why."""
    if engine is None:
        LOG.debug("no resource matches '%s'", escape(environ.get("PATH_INFO")))
        return
    decision = engine.decide_wsgi(environ)
    LOG.debug("Origin '%s': %s %s", escape(environ.get("HTTP_ORIGIN")), decision.reason.value, decision.detail)
