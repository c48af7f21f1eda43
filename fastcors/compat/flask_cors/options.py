"""A set of options in its compiled form: an engine, which says what a request gets.

Raw options (arguments, configuration, a resource's mapping) become :class:`Options` in :func:`serialize_options`,
once for each different set of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import current_app

from fastcors._config.plan import Plan
from fastcors._engine import Engine
from fastcors.compat._dialect.warn import Finding
from fastcors.compat.flask_cors.constants import CONFIG_OPTIONS, DEFAULT_OPTIONS
from fastcors.compat.flask_cors.names import HeaderRules
from fastcors.compat.flask_cors.origins import CREDENTIALS_UNLESS_CONFIGURED, OriginRules, findings
from fastcors.compat.flask_cors.patterns import flexible_str, get_regexp_pattern, resolve, sanitize_regex_param
from fastcors.compat.flask_cors.plan import plan_of, settings_of, with_network

LOG = logging.getLogger("flask_cors.core")

_NAMES = {name: name.removeprefix("CORS_").lower() for name in CONFIG_OPTIONS}
_MAX_CACHED = 64
_HEADER_VALUE = re.compile(r"[\t -~]*")  # RFC 9110, section 5.5: "should limit ... to US-ASCII"
_REQUESTED_HEADERS = "HTTP_ACCESS_CONTROL_REQUEST_HEADERS"
_REQUESTED_NETWORK = "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK"


class Options:
    """One set of options, checked and compiled. It never changes, and threads share it.

    Raises ValueError for any origin with both credentials and ``send_wildcard``, for what is no regular expression,
    and for a value that cannot be in a header.
    """

    __slots__ = (
        "_engines",
        "allow_all_origins",
        "allow_headers",
        "allow_private_network",
        "allowed_methods",
        "always_send",
        "automatic_options",
        "engine",
        "expose_headers",
        "headers",
        "intercept_exceptions",
        "max_age",
        "methods",
        "origins",
        "rules",
        "send_wildcard",
        "supports_credentials",
        "vary_header",
    )

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.supports_credentials = bool(raw.get("supports_credentials"))
        self.send_wildcard = bool(raw.get("send_wildcard"))
        self.automatic_options = bool(raw.get("automatic_options"))
        self.vary_header = bool(raw.get("vary_header"))
        self.intercept_exceptions = bool(raw.get("intercept_exceptions"))
        self.always_send = bool(raw.get("always_send"))
        self.allow_private_network = bool(raw.get("allow_private_network"))

        self.rules = OriginRules(_patterns(raw.get("origins")), self.supports_credentials)
        self.origins = self.rules.patterns
        self.allow_all_origins = self.rules.any_origin
        if self.allow_all_origins and self.supports_credentials and self.send_wildcard:
            raise ValueError("supports_credentials, send_wildcard and the origin '*' exclude one another in browsers")

        self.headers = HeaderRules(
            [resolve("allow_headers", pattern, ignore_case=True) for pattern in _patterns(raw.get("allow_headers"))]
        )
        self.allow_headers = self.headers.patterns
        self.expose_headers = _header_value("expose_headers", flexible_str(raw.get("expose_headers")))
        methods = _header_value("methods", flexible_str(raw.get("methods")))
        self.methods = methods and methods.upper()
        self.allowed_methods = {method.strip() for method in (self.methods or "").split(",")} - {"", "*"}
        self.max_age = _header_value("max_age", _seconds(raw.get("max_age")))

        self.engine = Engine(plan_of(self), self.rules.listed, settings_of(self))
        self._engines: dict[tuple[Any, ...], Engine] = {}

    def __repr__(self) -> str:
        return f"<options for the origins {[get_regexp_pattern(pattern) for pattern in self.origins]}>"

    def engine_for_names(self, environ: Mapping[str, Any]) -> Engine:
        """Return the engine that decides on the request of an environ: one that lists what expressions allow of it."""
        return self._engine_for(False, self._names(environ))

    def engine_for(self, environ: Mapping[str, Any]) -> Engine:
        """Return the same, or one that answers a request for a private network which is no preflight too."""
        if _REQUESTED_NETWORK not in environ and not self.headers.regexes:
            return self.engine  # as nearly always
        return self._engine_for(environ.get(_REQUESTED_NETWORK) == "true", self._names(environ))

    def _names(self, environ: Mapping[str, Any]) -> str | None:
        """Return the names that a request asks for, where an expression may allow some of them."""
        return environ.get(_REQUESTED_HEADERS) if self.headers.regexes else None

    def _engine_for(self, asks_network: bool, names: str | None) -> Engine:
        if not asks_network and not names:
            return self.engine
        key = (asks_network, self.headers.matched(names) if names else ())
        engine = self._engines.get(key)
        if engine is None:
            if len(self._engines) >= _MAX_CACHED:
                self._engines = {}
            engine = self._engines[key] = self._variant(*key)
        return engine

    def _variant(self, asks_network: bool, names: tuple[str, ...]) -> Engine:
        plan: Plan = self.engine.plan
        plan = plan._replace(names=(*plan.names, *names))
        return Engine(with_network(plan) if asks_network else plan, self.rules.listed, self.engine.settings)


def serialize_options(opts: Mapping[str, Any]) -> Options:
    """Return raw options compiled. Unknown ones are logged. Raises ValueError as :class:`Options` does."""
    known = {}
    for name, value in opts.items():
        if name in DEFAULT_OPTIONS:
            known[name] = value
        else:
            LOG.warning("Unknown option passed to Flask-CORS: %s", name)
    known.pop("resources", None)
    frozen = tuple((name, type(value), _frozen(value)) for name, value in known.items())  # True is not 1 here
    try:
        return _compiled(frozen)
    except TypeError:  # a value that cannot be hashed
        return Options(known)


@lru_cache(maxsize=128)
def _compiled(frozen: tuple[tuple[str, type, Any], ...]) -> Options:
    return Options({name: value for name, _, value in frozen})


def merge_options(app: Any, *dicts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults, overridden by the configuration of the app, then by each mapping in turn."""
    merged: dict[str, Any] = {**DEFAULT_OPTIONS, **get_app_kwarg_dict(app)}
    for options in dicts:
        merged.update(options)
    return merged


def get_app_kwarg_dict(app: Any = None) -> dict[str, Any]:
    """Return the options that the configuration of an app sets; of the current one, where that is None.

    A blueprint has no configuration, and None in one means that it is not set.
    """
    config = getattr(app or current_app, "config", {})
    return {option: config[name] for name, option in _NAMES.items() if config.get(name) is not None}


def kept(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options that can be read more than once: an iterator among them becomes a tuple."""
    return {name: tuple(value) if isinstance(value, Iterator) else value for name, value in options.items()}


def insecure(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Return each thing about merged options that is not safe. Raises ValueError for invalid patterns."""
    return findings(_patterns(raw.get("origins")), bool(raw.get("supports_credentials")))


def insecure_by_itself(given: Mapping[str, Any]) -> Iterator[Finding]:
    """Return the same for the options of a decorator, which does not know yet what the application configures."""
    if given.get("origins") is not None:
        yield from insecure(given)
    elif given.get("supports_credentials"):
        yield CREDENTIALS_UNLESS_CONFIGURED


def _patterns(value: Any) -> list[Any]:
    return [] if value is None else sanitize_regex_param(value)


def _frozen(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value, key=str))
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _seconds(value: Any) -> str | None:
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return None if value is None or isinstance(value, bool) else str(value)


def _header_value(option: str, value: str | None) -> str | None:
    if value is not None and not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"{option}: {value!a} cannot be in a header")
    return value
