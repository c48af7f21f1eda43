"""Which rule of a Flask application's URL map a preflight is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from fastcors._grammar import MAX_METHOD

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import MapAdapter

__all__ = ["URLs", "asks_preflight", "match"]


def asks_preflight(environ: WSGIEnvironment) -> bool:
    """Return whether a request is a preflight (Fetch, section 3.3.2, "CORS-preflight request")."""
    return (
        environ.get("REQUEST_METHOD") == "OPTIONS"
        and environ.get("HTTP_ORIGIN") is not None
        and environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD") is not None
    )


def match(adapter: MapAdapter | None, environ: WSGIEnvironment) -> tuple[Rule | None, str]:
    """Return the rule that a preflight is about, None where there is none, and for which method.

    It is the rule that the request after the preflight would be matched with, by the requested method; where the URL
    has none for it, the one for OPTIONS.
    """
    method = _requested_method(environ)
    if adapter is None:
        return None, method
    try:
        try:
            return adapter.match(method=method, return_rule=True)[0], method.upper()
        except MethodNotAllowed:
            return adapter.match(method="OPTIONS", return_rule=True)[0], "OPTIONS"
    except HTTPException:  # no such path, or a redirect: none of these comes from a view
        return None, method


def _requested_method(environ: WSGIEnvironment) -> str:
    method = str(environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
    # No policy allows one that is longer, so nothing is done about its length.
    return method if 0 < len(method) <= MAX_METHOD else "OPTIONS"


class URLs:
    """The URL map of an application, asked in front of it: without a context, and mostly without a request."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        # The rule of a path without variables, by path and method. It grows no larger than the map: each rule is here
        # under its own path and its own methods. What is here stays true, whatever rules are added: the matcher tries
        # a path's literal parts first, and rules with the same path in their order. A cache of other paths would have
        # to know what converters do, and when to end.
        self._literal: dict[tuple[str, str], Rule] = {}

    def find(self, environ: WSGIEnvironment) -> tuple[Rule | None, str]:
        """Return what :func:`match` does, also None where the host has no rules."""
        app = self._app
        if not self._path_decides(environ):
            try:
                adapter = app.create_url_adapter(app.request_class(environ, populate_request=False))
            except HTTPException:
                return None, ""
            return match(adapter, environ)
        path = environ["PATH_INFO"]
        method = _requested_method(environ)
        rule = self._literal.get((path, method))
        if rule is None or rule.map is not app.url_map:
            # Server and scheme are for redirects, which count as no rule.
            text = path.encode("latin-1").decode(errors="replace")
            adapter = app.url_map.bind("localhost", subdomain=app.url_map.default_subdomain, path_info=text)
            rule, method = match(adapter, environ)
            if type(rule) is Rule and rule.rule == path and not rule.arguments and path.isascii():
                self._literal[path, method] = rule
        return rule, method

    def _path_decides(self, environ: WSGIEnvironment) -> bool:
        """Return whether path and method alone choose a rule: nothing overridden, and no host or websocket matters.

        A ``Host`` that is none is not looked at then: what comes after the preflight is still answered 404 or 400.
        """
        app = self._app
        return (
            type(app).create_url_adapter is Flask.create_url_adapter
            and "create_url_adapter" not in app.__dict__
            and type(app.url_map) is Map
            and not (app.url_map.host_matching or app.subdomain_matching)
            and app.config.get("SERVER_NAME") is None
            and app.config.get("TRUSTED_HOSTS") is None
            and app.request_class.trusted_hosts is None
            and "HTTP_UPGRADE" not in environ
            and type(environ.get("PATH_INFO")) is str
        )
