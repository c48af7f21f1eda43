"""CORS for one view: the decorator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import update_wrapper
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, Response, after_this_request, current_app, make_response, request

from fastcors.compat.flask_cors.core import FLASK_CORS_EVALUATED, respond
from fastcors.compat.flask_cors.options import (
    configured,
    insecure,
    insecure_by_itself,
    kept,
    merge_options,
    remembered,
    serialize_options,
)
from fastcors.compat.flask_cors.warn import Place, caller

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors.compat.flask_cors.constants import CrossOriginOptionsInput
    from fastcors.compat.flask_cors.options import Options

LOG = logging.getLogger("flask_cors.decorator")

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def _current(proxy: T) -> T:
    """Return what a proxy of Flask's stands for now: each attribute of the proxy itself is a look-up of that."""
    return cast("T", proxy._get_current_object())  # type: ignore[attr-defined]


class _Configured:
    """The decorator's options as they are in an application: compiled again where they or its configuration changed."""

    __slots__ = ("_given", "_last", "_place", "_told")

    def __init__(self, given: dict[str, Any], place: Place) -> None:
        self._given = given
        self._place = place
        self._told: set[str] = set()
        self._last: tuple[tuple[Any, ...], Options] | None = None
        serialize_options(given)  # what cannot be is said here, and not with the first request
        place.warn(insecure_by_itself(given), self._told)

    def options(self, app: Flask) -> Options:
        values = (*configured(app), *self._given.values())  # lists among them may have changed
        last = self._last
        if last is not None and last[0] == values:
            return last[1]
        raw = merge_options(app, self._given)
        options = serialize_options(raw)
        self._place.warn(insecure(raw), self._told)
        self._last = remembered(values), options
        return options


def cross_origin(*args: Any, **kwargs: Unpack[CrossOriginOptionsInput]) -> Callable[[F], F]:
    """Return a decorator that adds CORS headers to the responses of a view, those to its exceptions included.

    It goes below ``@app.route(…)``. Positional arguments are ignored. The options are those of ``CORS``, but for
    ``resources`` and ``intercept_exceptions``; what is not given here comes from the application's configuration.
    With ``automatic_options`` (True) OPTIONS is answered with Flask's default response and the headers. Raises
    ValueError and warns as ``CORS`` does, here; about what the configuration adds, at the first request.
    """
    given = kept(kwargs)
    configuration = _Configured(given, caller())

    def decorator(view: F) -> F:
        LOG.debug("CORS for the view %s", view)
        if given.get("automatic_options", True):
            # What Flask looks at when it adds the rule: OPTIONS comes here, and not to its own handler.
            attributes: Any = view
            attributes.required_methods = {*getattr(view, "required_methods", ()), "OPTIONS"}
            attributes.provide_automatic_options = False

        is_async = iscoroutinefunction(view)

        def wrapper(*args: Any, **kwargs: Any) -> Response:
            app = _current(current_app)
            options = configuration.options(app)
            environ = _current(request).environ

            def add(response: Response) -> Response:
                if not hasattr(response, FLASK_CORS_EVALUATED):
                    respond(response, options, environ)
                return response

            if options.automatic_options and environ["REQUEST_METHOD"] == "OPTIONS":
                return add(app.make_default_options_response())
            try:
                run = app.ensure_sync(view) if is_async else view
                return add(make_response(run(*args, **kwargs)))
            except Exception:
                after_this_request(add)  # Flask makes the response
                raise

        return cast("F", update_wrapper(wrapper, view))

    return decorator
