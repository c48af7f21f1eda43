"""The plan of a set of options: what Flask-CORS answers, in the words of the engine."""

from __future__ import annotations

from typing import Protocol

from fastcors._config.plan import Part, Plan, lines
from fastcors._config.settings import Settings
from fastcors.compat._dialect.words import FLASK_CORS
from fastcors.compat.flask_cors.names import HeaderRules
from fastcors.compat.flask_cors.origins import OriginRules

__all__ = ["Checked", "plan_of", "settings_of", "with_network"]

_FOREVER = 86400
"""Seconds for which an answer of the expressions is remembered: it never changes."""


class Checked(Protocol):
    """A set of options that is checked: what a plan is made of."""

    allow_private_network: bool
    allowed_methods: set[str]
    always_send: bool
    expose_headers: str | None
    headers: HeaderRules
    max_age: str | None
    methods: str | None
    rules: OriginRules
    send_wildcard: bool
    supports_credentials: bool
    vary_header: bool


def plan_of(options: Checked) -> Plan:
    """Return what responses consist of by a set of options."""
    rules = options.rules
    any_origin = rules.any_origin
    same_for_all = any_origin and options.send_wildcard
    more = (Part.EXPOSE if options.expose_headers else 0) | (Part.CREDENTIALS if options.supports_credentials else 0)
    vary = Part.VARY if options.vary_header else 0
    allowed = more | (Part.ORIGIN_ANY if same_for_all else Part.ORIGIN)
    # An origin that is the same for everybody may be cached for everybody (Fetch, "CORS protocol and HTTP caches").
    allowed |= 0 if same_for_all or rules.only is not None else vary
    refused = allowed if same_for_all else vary
    constant = _without_origin(options)
    none = vary
    if constant is not None:
        none = Part.ORIGIN_ANY | more | (0 if constant == "*" or rules.only is not None else vary)
    listed = (Part.METHODS if options.methods else 0) | (Part.MAX_AGE if options.max_age else 0)
    accepted = allowed | listed | Part.HEADERS_REQUESTED | Part.PRIVATE_NETWORK
    return Plan(
        reflect=any_origin,
        null=any_origin or rules.null,
        origin_func=rules.asked,
        origin_cache_ttl=_FOREVER,
        loose_origins=True,
        safelists=False,
        methods=tuple(sorted(options.allowed_methods)),
        names=options.headers.listed,
        any_name_authorizes=True,
        private_network=True,  # which is answered with "false" where it is not allowed
        none=none,
        allowed=allowed,
        refused=refused,
        bare_allowed=allowed,
        bare_refused=refused,
        accepted=accepted,
        refused_origin=refused,
        refused_method=allowed,
        refused_names=accepted,
        refused_network=accepted,
        garbled=allowed,
        values=lines(_values(options, constant)),
        filters_names=True,
        names_as_sent=True,
        leaves=True,
        accepted_status=200,
        refused_status=200,
        words=FLASK_CORS,
    )


def settings_of(options: Checked) -> Settings:
    """Return the options in the words of a policy, which ``explain()`` reads."""
    rules = options.rules
    return Settings(
        allow_origin_func=rules.asked,
        allow_methods=tuple(sorted(options.allowed_methods)),
        allow_headers=("*", "authorization") if options.headers.listed == ("*",) else options.headers.listed,
        allow_credentials=options.supports_credentials,
        allow_private_network=options.allow_private_network,
        dangerously_allow_null_origin=rules.null,
        dangerously_reflect_any_origin=rules.any_origin,
    )


def with_network(plan: Plan) -> Plan:
    """Return the plan of options for requests that ask for a private network: not preflights alone are answered."""
    network = Part.PRIVATE_NETWORK
    sent = Part.ORIGIN | Part.ORIGIN_ANY
    return plan._replace(
        none=plan.none | (network if plan.none & sent else 0),
        allowed=plan.allowed | network,
        refused=plan.refused | (network if plan.refused & sent else 0),
        bare_allowed=plan.allowed | network,
        bare_refused=plan.refused | (network if plan.refused & sent else 0),
    )


def _without_origin(options: Checked) -> str | None:
    """Return what a request without ``Origin`` gets as the allowed one, or None."""
    if not options.always_send:
        return None
    if options.rules.any_origin:
        # With credentials a browser does not take "*".
        return None if options.supports_credentials else "*"
    return min(options.rules.literals, default=None)


def _values(options: Checked, constant: str | None) -> dict[int, str]:
    """Return what each constant part says."""
    values = {
        Part.ORIGIN_ANY: "*" if constant is None else constant,
        Part.CREDENTIALS: "true",  # case-sensitive (Fetch, section 3.3.3)
        Part.METHODS: options.methods or "",
        Part.MAX_AGE: options.max_age or "",
        Part.PRIVATE_NETWORK: "true" if options.allow_private_network else "false",
        Part.EXPOSE: options.expose_headers or "",
        Part.VARY: "Origin",
    }
    return {part: value for part, value in values.items() if value}
