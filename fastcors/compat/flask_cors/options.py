"""A set of options in its compiled form: what a request gets is looked up, not worked out.

Raw options (arguments, configuration, a resource's mapping) become :class:`Options` in :func:`serialize_options`,
once for each different set of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from flask import current_app

from fastcors._grammar import MAX_METHOD, MAX_ORIGIN
from fastcors.compat.flask_cors.constants import (
    ACL_ALLOW_HEADERS,
    ACL_CREDENTIALS,
    ACL_EXPOSE_HEADERS,
    ACL_MAX_AGE,
    ACL_METHODS,
    ACL_ORIGIN,
    CONFIG_OPTIONS,
    DEFAULT_OPTIONS,
)
from fastcors.compat.flask_cors.origins import (
    CREDENTIALS_UNLESS_CONFIGURED,
    Finding,
    OriginRules,
    findings,
)
from fastcors.compat.flask_cors.patterns import flexible_str, get_regexp_pattern, resolve, sanitize_regex_param
from fastcors.compat.flask_cors.requested import HeaderRules

LOG = logging.getLogger("flask_cors.core")

Pairs = tuple[tuple[str, str], ...]

_NAMES = {name: name.removeprefix("CORS_").lower() for name in CONFIG_OPTIONS}
_MAX_CACHED = 256
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110, section 5.5, without the rules for the edges


class Answer(NamedTuple):
    """What every response to one ``Origin`` gets."""

    pairs: Pairs
    """The headers; empty where the origin is not allowed."""
    vary: bool
    """Whether the response must say that it depends on ``Origin``."""


class Options:
    """One set of options, checked and compiled. It never changes, and threads share it.

    Raises ValueError for any origin with both credentials and ``send_wildcard``, for what is no regular expression,
    and for a value that cannot be in a header.
    """

    __slots__ = (
        "_answers",
        "_methods",
        "_preflight",
        "_refused",
        "allow_all_origins",
        "allow_headers",
        "allow_private_network",
        "always_send",
        "automatic_options",
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
        self._methods = frozenset(method.strip() for method in (self.methods or "").split(","))
        self.max_age = _header_value("max_age", _seconds(raw.get("max_age")))

        preflight = ((ACL_MAX_AGE, self.max_age), (ACL_METHODS, self.methods))
        self._preflight = tuple((name, value) for name, value in preflight if value)
        self._refused = Answer((), self.vary_header)
        absent = self._without_origin()
        self._answers: dict[str | None, Answer] = {None: absent, "": absent}

    def __repr__(self) -> str:
        return f"<options for the origins {[get_regexp_pattern(pattern) for pattern in self.origins]}>"

    def answer(self, origin: str | None) -> Answer:
        """Return what a response gets for the request's ``Origin``; None where there is none."""
        known = self._answers.get(origin)
        return known if known is not None else self._decide(origin or "")

    def preflight(self, method: str | None, names: str | None) -> Pairs:
        """Return what an OPTIONS response gets beside its answer, for the ``Access-Control-Request-`` headers."""
        if not method or len(method) > MAX_METHOD or method.upper() not in self._methods:
            return ()
        allowed = self.headers.allowed(names)
        return ((ACL_ALLOW_HEADERS, allowed), *self._preflight) if allowed else self._preflight

    def _decide(self, origin: str) -> Answer:
        if len(origin) > MAX_ORIGIN:
            return self._refused  # not worth remembering
        if self.allow_all_origins and self.send_wildcard:
            answer = self._allowed("*")
        elif self.rules.allows(origin):
            answer = self._allowed(origin)
        else:
            answer = self._refused
        if len(self._answers) >= _MAX_CACHED:
            self._answers = {key: self._answers[key] for key in (None, "")}
        self._answers[origin] = answer
        return answer

    def _without_origin(self) -> Answer:
        if not self.always_send:
            return self._refused
        if self.allow_all_origins:
            # With credentials a browser does not take "*".
            return self._refused if self.supports_credentials else self._allowed("*")
        literals = [literal for literal in self.rules.literals.values() if literal.lower() != "null"]
        return self._allowed(min(literals)) if literals else self._refused

    def _allowed(self, value: str) -> Answer:
        pairs = [(ACL_ORIGIN, value)]
        if self.expose_headers:
            pairs.append((ACL_EXPOSE_HEADERS, self.expose_headers))
        if self.supports_credentials:
            pairs.append((ACL_CREDENTIALS, "true"))  # case-sensitive (Fetch, section 3.2.3)
        # An origin that is the same for everybody may be cached for everybody (Fetch, section 3.2.5).
        return Answer(tuple(pairs), self.vary_header and value not in ("*", self.rules.only))


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


def configured(app: Any) -> tuple[Any, ...]:
    """Return what the configuration of an app says now, to be compared with what it said before."""
    return tuple(map(app.config.get, CONFIG_OPTIONS))


def remembered(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return configured values as they are now: lists in them are copied, as somebody may change those."""
    return tuple(copy(value) if isinstance(value, (list, set, dict)) else value for value in values)


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
