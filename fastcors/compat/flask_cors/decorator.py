"""CORS for one view: the decorator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from functools import update_wrapper
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Response, after_this_request, current_app, globals, make_response

from fastcors.compat._dialect.warn import Place, caller
from fastcors.compat.flask_cors.constants import CONFIG_OPTIONS, FLASK_CORS_EVALUATED
from fastcors.compat.flask_cors.options import insecure, insecure_by_itself, kept, merge_options, serialize_options
from fastcors.compat.flask_cors.shim import claim, expect_own_options, respond, shim_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.ctx import RequestContext
    from typing_extensions import Unpack

    from fastcors.compat.flask_cors.constants import CrossOriginOptionsInput
    from fastcors.compat.flask_cors.options import Options

LOG = logging.getLogger("flask_cors.decorator")

F = TypeVar("F", bound=Callable[..., Any])

# What is behind the proxies, each attribute of which takes several times as long. A Flask with one kind of context for
# applications and requests has the other variable alone.
_variable: Any = getattr(globals, "_cv_request", None) or globals._cv_app
_current_context: Callable[[], RequestContext] = _variable.get
_CONFIG_OPTIONS = frozenset(CONFIG_OPTIONS)
_NOTHING: list[Any] = []


class _Configured:
    """The decorator's options as they are in an application: compiled again where they or its configuration changed."""

    __slots__ = ("_given", "_last", "_lists", "_place", "_told")

    def __init__(self, given: dict[str, Any], place: Place) -> None:
        self._given = given
        self._lists = [value for value in given.values() if _may_change(value)]
        self._place = place
        self._told: set[str] = set()
        self._last: tuple[list[Any], list[Any] | None, Options] = [], None, serialize_options(given)
        place.warn_of(insecure_by_itself(given), self._told)

    def options(self, app: Flask) -> Options:
        config = app.config
        configured = _NOTHING
        if not config.keys().isdisjoint(_CONFIG_OPTIONS):
            configured = [config.get(name) for name in CONFIG_OPTIONS]
        seen, lists, options = self._last
        if lists == self._lists and seen == configured:
            return options
        raw = merge_options(app, self._given)
        seen, lists = _remembered(configured), _remembered(self._lists)
        options = serialize_options(raw)
        self._place.warn_of(insecure(raw), self._told)
        self._last = seen, lists, options
        return options


def _remembered(values: list[Any]) -> list[Any]:
    """Return values as they are now."""
    return [copy(value) if _may_change(value) else value for value in values]


def _may_change(value: object) -> bool:
    return isinstance(value, (list, set, dict))


def _awaited(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return what runs an asynchronous view as Flask does."""
    return lambda *args, **kwargs: current_app.ensure_sync(view)(*args, **kwargs)


def cross_origin(*args: Any, **kwargs: Unpack[CrossOriginOptionsInput]) -> Callable[[F], F]:
    """Return a decorator that adds CORS headers to the responses of a view, those to its exceptions included.

    It goes below ``@app.route(…)``. Positional arguments are ignored. The options are those of ``CORS``, but for
    ``resources`` and ``intercept_exceptions``; what is not given here comes from the application's configuration.
    With ``automatic_options`` (True) OPTIONS is answered with Flask's default response and the headers. Raises
    ValueError and warns as ``CORS`` does, here; about what the configuration adds, at the first request.
    """
    given = kept(kwargs)
    configuration = _Configured(given, caller())
    expect_own_options()

    def decorator(view: F) -> F:
        LOG.debug("CORS for the view %s", view)
        if given.get("automatic_options", True):
            # What Flask looks at when it adds the rule: OPTIONS comes here, and not to its own handler.
            attributes: Any = view
            attributes.required_methods = {*getattr(view, "required_methods", ()), "OPTIONS"}
            attributes.provide_automatic_options = False

        run = _awaited(view) if iscoroutinefunction(view) else view

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            context = _current_context()
            environ = context.request.environ
            options = configuration.options(context.app)
            answers = environ["REQUEST_METHOD"] == "OPTIONS" and options.automatic_options
            if claim(options, environ, over=True):
                return context.app.make_default_options_response() if answers else run(*args, **kwargs)
            app = context.app
            shim_of(app)  # for the next request

            def add(response: Response) -> Response:
                if not hasattr(response, FLASK_CORS_EVALUATED):
                    respond(response, options, environ)
                return response

            if answers:
                return add(app.make_default_options_response())
            try:
                return add(make_response(run(*args, **kwargs)))
            except Exception:
                after_this_request(add)  # Flask makes the response
                raise

        return cast("F", update_wrapper(wrapper, view))

    return decorator
