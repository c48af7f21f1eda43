"""CORS for an application or a blueprint: the extension."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, request

from fastcors.compat._dialect.paths import PathRules
from fastcors.compat._dialect.warn import caller
from fastcors.compat.flask_cors.constants import FLASK_CORS_EVALUATED
from fastcors.compat.flask_cors.options import insecure, kept, merge_options, serialize_options
from fastcors.compat.flask_cors.patterns import get_regexp_pattern, parse_resources
from fastcors.compat.flask_cors.shim import BLUEPRINTS, claim, expect_own_options, respond, shim_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors.compat.flask_cors.constants import CorsOptionsInput, ResourcePattern
    from fastcors.compat.flask_cors.options import Options

LOG = logging.getLogger("flask_cors.extension")


class CORS:
    """Adds CORS headers to every response of a Flask application or blueprint whose path is under ``resources``.

    ``CORS(app, **options)``, or ``CORS(**options)`` and then ``init_app(app, **options)``. What sets an option, the
    first of these that does: the mapping of the resource, ``init_app``, the constructor, ``app.config`` under
    ``CORS_`` and the option's name in capitals, the default.

    ``origins`` (``"*"``): strings, patterns (``https://*.example.com``, ``http://localhost:*``) or regular expressions.
    ``methods`` (``ALL_METHODS``), ``allow_headers`` (``"*"``; also regular expressions), ``expose_headers`` (None).
    ``supports_credentials`` (False). ``max_age`` (None): seconds, or a ``timedelta``.
    ``send_wildcard`` (False): the origin ``*`` is answered with ``*`` instead of the request's origin.
    ``always_send`` (True): a request without ``Origin`` gets headers too. ``vary_header`` (True): ``Vary: Origin``.
    ``allow_private_network`` (False). ``automatic_options`` (True) is for ``cross_origin``.
    ``intercept_exceptions`` (True) is taken and changes nothing: Flask passes error responses through here anyway.
    ``resources`` (every path): a path, a regular expression that matches its beginning, a list of those, or a mapping
    of them to options of their own.

    Raises ValueError for options that contradict each other, and for what is no regular expression. What is accepted
    though it is not safe raises :class:`fastcors.InsecurePolicyWarning`, once.
    """

    def __init__(self, app: Flask | Blueprint | None = None, **kwargs: Unpack[CorsOptionsInput]) -> None:
        self._options: dict[str, Any] = kept(kwargs)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask | Blueprint, **kwargs: Unpack[CorsOptionsInput]) -> None:
        """Add CORS headers to the responses of an application or blueprint. It can be called for several."""
        given = merge_options(app, self._options, kept(kwargs))
        place = caller()
        told: set[str] = set()
        rules: list[tuple[ResourcePattern, Options]] = []
        for path, own in parse_resources(given["resources"]):
            raw = {**given, **kept(own)}
            options = serialize_options(raw)
            place.warn_of(insecure(raw), told)
            rules.append((path, options))
        LOG.debug("CORS for %s", [get_regexp_pattern(path) for path, _ in rules])
        shim = shim_of(app) if isinstance(app, Flask) else None
        if shim is not None:
            shim.put(rules)
        else:
            expect_own_options()
            app.after_request(make_after_request_function(rules))


def make_after_request_function(resources: list[tuple[ResourcePattern, Options]]) -> Callable[[Response], Response]:
    """Return a function for ``after_request`` that adds headers by the first of the resources that matches.

    For a blueprint, and for an application that has something else in front of it.
    """
    find = PathRules(resources).find

    def cors_after_request(response: Response) -> Response:
        environ = request.environ
        if not hasattr(response, FLASK_CORS_EVALUATED):
            options = find(environ.get("PATH_INFO", ""))
            if options is not None and not claim(options, environ, over=False):
                respond(response, options, environ)
        return response

    setattr(cors_after_request, BLUEPRINTS, True)
    return cors_after_request
