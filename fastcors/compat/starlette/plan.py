"""What Starlette's middleware answers, as a plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from fastcors._config.plan import Part, Plan, lines
from fastcors._config.settings import Settings
from fastcors._grammar import is_one_value
from fastcors.compat._dialect.dangers import origin_regex
from fastcors.compat._dialect.words import STARLETTE

__all__ = ["Options", "arguments", "is_writable"]

_CONSTANT = {
    "Access-Control-Allow-Origin": Part.ORIGIN_ANY,
    "Access-Control-Allow-Credentials": Part.CREDENTIALS,
    "Access-Control-Allow-Methods": Part.METHODS,
    "Access-Control-Allow-Headers": Part.HEADERS,
    "Access-Control-Max-Age": Part.MAX_AGE,
    "Access-Control-Expose-Headers": Part.EXPOSE,
    "Vary": Part.VARY_PREFLIGHT,
}


class Options(NamedTuple):
    """The attributes of the middleware that say what it answers."""

    star: bool
    """``allow_all_origins``; and so the next."""
    explicit: bool
    methods: tuple[str, ...]
    names: tuple[str, ...]
    any_name: bool
    private_network: bool
    regex: re.Pattern[str] | None
    simple_headers: tuple[tuple[str, str], ...]
    preflight_headers: tuple[tuple[str, str], ...]


def is_writable(origin: object) -> bool:
    """Whether an origin may be sent back once somebody has allowed it."""
    return isinstance(origin, str) and is_one_value(origin)


def arguments(options: Options, origins: Collection[object]) -> tuple[Plan, list[str], Settings]:
    """Return what an engine is made of. Whether ``"*"`` is among the origins is said by the options."""
    listed = [text for text in origins if is_writable(text) and text not in ("*", "null")]
    null = "null" in origins
    texts = ["*"] if options.star else [str(text) for text in listed]
    return _plan(options, null), texts, _settings(options, null)


def _plan(options: Options, null: bool) -> Plan:
    simple, preflight = _parts(options.simple_headers), _parts(options.preflight_headers)
    origin = Part.ORIGIN if options.explicit else Part.ORIGIN_ANY
    allowed = origin | Part.VARY | sum(simple.keys() & {Part.CREDENTIALS, Part.EXPOSE})
    accepted = origin | sum(preflight.keys() - {Part.ORIGIN_ANY, Part.HEADERS})
    accepted |= Part.HEADERS_REQUESTED if options.any_name else Part.HEADERS & sum(preflight)
    if options.private_network:
        accepted |= Part.PRIVATE_NETWORK
    return Plan(
        listed_whole=True,
        null=null,
        origin_regex=None if options.regex is None or options.star else origin_regex(options.regex),
        safelists=False,
        methods=tuple(name for name in options.methods if name != "*" and name.isascii()),
        names=("*",) if options.any_name else tuple(name for name in options.names if name.isascii()),
        any_name_authorizes=True,
        private_network=options.private_network,
        every_failure=True,
        none=Part.VARY,
        allowed=allowed,
        refused=Part.VARY if options.explicit else allowed,  # "*" is what each origin gets
        accepted=accepted,
        refused_origin=accepted & ~Part.ORIGIN,
        refused_method=accepted,
        refused_names=accepted,
        refused_network=accepted & ~Part.PRIVATE_NETWORK,
        garbled=accepted & ~Part.HEADERS_REQUESTED,
        values=lines({Part.VARY: "Origin", Part.PRIVATE_NETWORK: "true", **simple, **preflight, Part.ORIGIN_ANY: "*"}),
        names_as_sent=True,
        accepted_status=200,
        refused_status=400,
        accepted_body="OK",
        refused_body="Disallowed CORS ",
        failures=("origin", "method", "headers", "private-network"),
        words=STARLETTE,
    )


def _parts(headers: tuple[tuple[str, str], ...]) -> Mapping[int, str]:
    """Return the constant parts of an answer with these headers."""
    return {_CONSTANT[name]: value for name, value in headers if name in _CONSTANT}


def _settings(options: Options, null: bool) -> Settings:
    """Return the options in the words of a policy, which has the same names for them; ``explain()`` reads these."""
    headers = dict(options.simple_headers)
    return Settings(
        allow_origin_regex=None if options.regex is None else options.regex.pattern,
        allow_methods=options.methods,
        allow_headers=("*",) if options.any_name else options.names,
        allow_credentials="Access-Control-Allow-Credentials" in headers,
        allow_private_network=options.private_network,
        dangerously_allow_insecure_origins=True,
        dangerously_allow_public_suffixes=True,
        dangerously_allow_null_origin=null,
    )
