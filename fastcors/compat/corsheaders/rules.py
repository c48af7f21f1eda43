"""The settings, compiled: a plan for the engine.

They are compiled anew where a setting has changed, which Django says by a signal, and where somebody has changed a list
that is in them, which :func:`current` sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from fastcors._config.checks import quote
from fastcors._config.expressions import ERRORS
from fastcors._config.plan import Part, Plan, lines
from fastcors._config.settings import Settings
from fastcors._engine import Engine
from fastcors._grammar import is_token
from fastcors.compat._dialect.dangers import origin_regex
from fastcors.compat._dialect.words import CORSHEADERS
from fastcors.compat.corsheaders.checks import check_settings
from fastcors.compat.corsheaders.conf import conf
from fastcors.compat.corsheaders.dangers import as_sent, listed
from fastcors.decision import Reason

__all__ = ["Rules", "current"]

_LISTS = (
    "CORS_ALLOWED_ORIGINS",
    "CORS_ALLOWED_ORIGIN_REGEXES",
    "CORS_ALLOW_HEADERS",
    "CORS_ALLOW_METHODS",
    "CORS_EXPOSE_HEADERS",
)
_UNREADABLE: tuple[type[Exception], ...] = (TypeError, ValueError, *ERRORS)
_WRITABLE = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings at one moment, compiled."""

    given: list[Any]
    """The lists of the settings, which somebody may change."""
    copies: list[Any]
    """What they were when they were compiled."""
    engine: Engine
    listing: Engine
    """Allows the listed origins alone."""
    granting: Engine
    """Allows what a receiver of the signal may allow, beside the listed origins."""
    refusing: Engine
    """Allows no origin."""
    matches: Callable[[str], bool]
    """Returns whether an expression matches the whole of an origin."""
    all_origins: bool
    path: re.Pattern[str] | None
    """What a path must match from its beginning; None where each does."""

    def applies(self, path: str) -> bool:
        """Return whether CORS is for this path, as Django routes by it (``request.path_info``)."""
        return self.path is None or self.path.match(path) is not None

    def may_grant(self, origin: str | None) -> bool:
        """Return whether a receiver of the signal is asked: the origin is well-formed, and no setting allows it."""
        return origin is not None and self.engine.decide("GET", origin).reason is Reason.ORIGIN_NOT_ALLOWED


_rules: Rules | None = None


def current() -> Rules:
    """Return the settings as they are now, compiled. ImproperlyConfigured where they cannot be."""
    global _rules
    rules = _rules
    if rules is None or rules.given != rules.copies:
        rules = _rules = _compiled()
    return rules


def _forget(*, setting: str, **_: object) -> None:
    global _rules
    if setting.startswith("CORS_"):
        _rules = None


setting_changed.connect(_forget, dispatch_uid="fastcors.compat.corsheaders")


def _compiled() -> Rules:
    values = [getattr(conf, name) for name in _LISTS]
    given = [value for value in values if isinstance(value, (list, set))]
    copies = [type(value)(value) for value in given]
    try:
        origins, regexes, headers, methods, exposed = map(listed, values)
        matches = _matcher(regexes)
        path = re.compile(conf.CORS_URLS_REGEX)
        plan, settings = _plan(headers, methods, exposed, "null" in origins, matches if regexes else None)
    except _UNREADABLE as error:
        wrong = [f"{message.msg} [{message.id}]" for message in check_settings()] or [str(error)]
        raise ImproperlyConfigured("; ".join(wrong)) from error
    star = bool(conf.CORS_ALLOW_ALL_ORIGINS)
    patterns = [origin for origin in map(as_sent, origins) if origin is not None]
    engine = Engine(plan, ["*"] if star else patterns, settings)
    return Rules(
        given=given,
        copies=copies,
        engine=engine,
        listing=Engine(plan._replace(origin_func=None), patterns, settings),
        granting=Engine(plan._replace(reflect=True), patterns, settings),
        refusing=Engine(plan._replace(null=False, origin_func=None), [], settings),
        matches=matches,
        all_origins=star,
        path=None if path.pattern == "^.*$" else path,
    )


def _matcher(regexes: list[str | re.Pattern[str]]) -> Callable[[str], bool]:
    expressions = [origin_regex(re.compile(regex)) for regex in regexes]
    return lambda origin: any(expression.fullmatch(origin) for expression in expressions)


def _plan(
    headers: list[str], methods: list[str], exposed: list[str], null: bool, matches: Callable[[str], bool] | None
) -> tuple[Plan, Settings]:
    """Return the plan, and what explain() looks at.

    A preflight is answered with the whole lists, whatever it asks for: the browser compares (Fetch, section 4.8).
    """
    credentials, network = bool(conf.CORS_ALLOW_CREDENTIALS), bool(conf.CORS_ALLOW_PRIVATE_NETWORK)
    max_age = conf.CORS_PREFLIGHT_MAX_AGE
    values = {
        Part.ORIGIN_ANY: "*",
        Part.CREDENTIALS: "true",
        Part.METHODS: _line("CORS_ALLOW_METHODS", methods),
        Part.HEADERS: _line("CORS_ALLOW_HEADERS", headers),
        Part.MAX_AGE: _line("CORS_PREFLIGHT_MAX_AGE", [str(max_age)]),
        Part.PRIVATE_NETWORK: "true",
        Part.EXPOSE: _line("CORS_EXPOSE_HEADERS", exposed),
        Part.VARY: "origin",
    }
    star = bool(conf.CORS_ALLOW_ALL_ORIGINS) and not credentials
    allowed = Part.VARY | (Part.ORIGIN_ANY if star else Part.ORIGIN) | (Part.CREDENTIALS if credentials else 0)
    allowed |= Part.EXPOSE if exposed else 0
    accepted = allowed | (Part.METHODS if methods else 0) | (Part.HEADERS if headers else 0)
    accepted |= (Part.MAX_AGE if max_age else 0) | (Part.PRIVATE_NETWORK if network else 0)
    # With credentials browsers take "*" as a name (Fetch, section 3.3.5), which nothing that is asked for has.
    nobodys = {"*"} if credentials else set()
    names = tuple({name.strip().lower() for name in headers if is_token(name.strip().encode())} - nobodys)
    verbs = tuple({method.strip() for method in methods} - nobodys)
    plan = Plan(
        null=null,
        origin_func=matches,
        methods=verbs,
        names=names,
        private_network=network,
        every_failure=True,
        none=Part.VARY,
        allowed=allowed,
        refused=allowed if star else Part.VARY,
        accepted=accepted,
        refused_origin=Part.VARY,
        refused_method=accepted,
        refused_names=accepted,
        refused_network=accepted,
        garbled=accepted,
        values=lines(values),
        accepted_status=200,
        refused_status=200,
        words=CORSHEADERS,
    )
    settings = Settings(
        allow_origin_func=matches,
        allow_methods=tuple(sorted(verbs)),
        allow_headers=tuple(sorted(names)),
        allow_credentials=credentials,
        allow_private_network=network,
        dangerously_allow_null_origin=null,
    )
    return plan, settings


def _line(setting: str, values: list[str]) -> str:
    """Return a list as the value of a header. ValueError for what cannot stand in one (RFC 9110, section 5.5)."""
    line = ", ".join(values)
    if _WRITABLE.fullmatch(line) is None:
        raise ValueError(f"{setting} has characters that no header may have: {quote(line)}")
    return line.strip()
