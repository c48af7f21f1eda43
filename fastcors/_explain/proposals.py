"""What would make a refused request pass: changes of the configuration as data, or why no change can.

A proposal has passed the checks that :class:`fastcors.Policy` makes, so a policy with all of them can be built, and the
request passes it. Where one thing about the request cannot be allowed nothing is proposed, as no change would help.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from fastcors._config.diagnosis import diagnose, is_exact_shell
from fastcors._config.names import (
    NORMALIZED_METHODS,
    OTHER_METHODS,
    RESPONSE_ONLY_HEADERS,
    check_headers,
    check_methods,
)
from fastcors._config.patterns import parse
from fastcors._config.plan import Plan
from fastcors._config.settings import Settings
from fastcors._config.words import Words
from fastcors._grammar import (
    FORBIDDEN_METHODS,
    MAX_ELEMENT_OWS,
    MAX_EMPTY_ELEMENTS,
    MAX_HEADER_BYTES,
    MAX_HEADER_NAMES,
    MAX_METHOD,
    MAX_ORIGIN,
    SAFELISTED_METHODS,
    elements,
    is_local,
    is_token,
)
from fastcors.decision import Reason, Requested, escape, text_of

__all__ = ["Advice", "Proposal", "advise"]


class Proposal(NamedTuple):
    """One change of a configuration."""

    parameter: str
    """The option, by the name that it has where it was configured (``Plan.words``)."""
    value: str | bool
    """What to add to a list, or what to set a flag to."""

    def applied(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """Return a configuration, as ``Policy.to_dict()`` gives it, with this change."""
        if isinstance(self.value, bool):
            return {**configuration, self.parameter: self.value}
        listed = configuration[self.parameter]
        return {**configuration, self.parameter: [*([listed] if listed == "*" else listed), self.value]}


class Advice(NamedTuple):
    """What to do about a refusal: proposals, or why there are none. Both are empty where nothing is refused."""

    proposals: tuple[Proposal, ...] = ()
    obstacles: tuple[str, ...] = ()
    """Sentences, one for each thing about the request that no configuration allows."""


class _Policy(Protocol):
    @property
    def plan(self) -> Plan: ...
    @property
    def settings(self) -> Settings: ...
    def origins(self) -> list[str]: ...
    def origin_count(self) -> int: ...


class _Decision(Protocol):
    @property
    def allowed(self) -> bool: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def origin(self) -> str | bytes | None: ...
    @property
    def requested(self) -> Requested | None: ...
    @property
    def policy(self) -> _Policy: ...


def advise(decision: _Decision) -> Advice:
    """Return what to change so that the request passes. Only what is refused and what is asked for are looked at."""
    if decision.allowed:
        return Advice()
    settings, requested, words = decision.policy.settings, decision.requested, decision.policy.plan.words
    found = list(_about_origin(decision, settings, words))
    if requested is not None:
        always = SAFELISTED_METHODS if decision.policy.plan.safelists else ()
        found += _about_method(requested, settings, always, words)
        found += _about_headers(requested, settings, words)
        if requested.private_network and not settings.allow_private_network:
            found.append(_set(words.allow_private_network, "There is no option for access to private networks."))
    obstacles = tuple(item for item in found if isinstance(item, str))
    return Advice(() if obstacles else tuple(item for item in found if isinstance(item, Proposal)), obstacles)


_Found = Iterator[Proposal | str]


def _set(option: str | None, otherwise: str) -> Proposal | str:
    """Return that an option is to be set, or what is to be said where there is none."""
    return otherwise if option is None else Proposal(option, True)


def _add(option: str | None, value: str, otherwise: str) -> Proposal | str:
    """Return that a value is to be added to an option, or what is to be said where there is none."""
    return otherwise if option is None else Proposal(option, value)


def _about_origin(decision: _Decision, settings: Settings, words: Words) -> _Found:
    """Give the origin as a proposal, or why it cannot be listed; nothing where it is allowed already."""
    origin = text_of(decision.origin or "", MAX_ORIGIN + 1)
    if decision.reason is Reason.ORIGIN_NULL:
        yield (
            f"No safe setting allows 'null': {words.dangerously_allow_null_origin} would allow it for every site. "
            "Give the page an origin of its own: serve it over HTTP, outside of a sandbox."
        )
    elif decision.reason is Reason.ORIGIN_MULTIPLE:
        yield "Look for a proxy or a client that adds an Origin header; no parameter allows this."
    elif decision.reason is Reason.ORIGIN_MALFORMED:
        yield _why_malformed(origin, decision.policy) or Proposal(words.allow_origins, origin)
    elif decision.reason is Reason.ORIGIN_NOT_ALLOWED:
        yield _why_not_listed(origin, settings, words) or Proposal(words.allow_origins, origin)


def _why_malformed(origin: str, policy: _Policy) -> str | None:
    """Return why what is no serialised origin cannot be listed; None for that of a program that embeds a browser."""
    settings = policy.settings
    if origin == "file://" and not settings.dangerously_allow_null_origin:
        return "Every local file has this origin. Serve the page over HTTP, so that it has an origin of its own."
    if not is_exact_shell(origin) and origin != "file://":
        return "No parameter allows this, because browsers do not send it. Look for the client that sends it."
    if settings.dangerously_reflect_any_origin or (policy.origin_count() == 1 and policy.origins() == ["*"]):
        return "It passes only if it is listed, and this policy has no list. List the origins that you trust."
    return None


def _why_not_listed(origin: str, settings: Settings, words: Words) -> str | None:
    """Return why a well-formed origin is not to be listed, or None where it may be."""
    if settings.dangerously_reflect_any_origin:
        return (
            f"No parameter allows this: {words.dangerously_reflect_any_origin} sends back plain hosts only, and "
            "replaces the list. Give the host a name without '_', a final dot, or a hyphen at a label's edge."
        )
    pattern = parse(origin)
    if pattern is None:
        return f"{words.allow_origins} cannot list this origin: {diagnose(origin)[1]}."
    careful = settings.allow_credentials and not settings.dangerously_allow_insecure_origins
    if careful and pattern.scheme == "http" and not is_local(pattern.host):
        return (
            f"With {words.allow_credentials} '{escape(origin)}' must not be listed: anybody on the visitor's network "
            "can speak for an http: origin. Serve the page over https:, and list that origin."
        )
    return None


def _about_method(requested: Requested, settings: Settings, always: Collection[str], words: Words) -> _Found:
    """Give the method as a proposal, or why it cannot be listed; nothing where it is allowed already."""
    method = text_of(requested.method, MAX_METHOD + 1)
    if requested.several_methods:
        yield "There is more than one Access-Control-Request-Method line; a browser sends one."
    elif method in always or method in settings.allow_methods:
        return
    elif method.upper() in FORBIDDEN_METHODS:
        yield f"Fetch forbids the method '{escape(method)}' to every page, so it cannot be allowed."
    elif "*" in settings.allow_methods and not check_methods([method])[1]:
        return
    else:
        yield _why_no_method(method) or _add(words.allow_methods, method, words.no_methods)


def _why_no_method(method: str) -> str | None:
    """Return why a method that is not forbidden cannot be added to allow_methods, or None where it can."""
    upper, shown = method.upper(), escape(method)
    if len(method) > MAX_METHOD or not is_token(method):
        return f"Access-Control-Request-Method must be a token of 1 to {MAX_METHOD} bytes; no parameter allows this."
    if upper in NORMALIZED_METHODS and method != upper:
        return f"Browsers send '{upper}', however the page spells it. The client that sent '{shown}' is not a browser."
    if upper in OTHER_METHODS and method != upper:
        return f"Write '{upper}' in the page's fetch(): browsers send '{shown}' exactly as it is written there."
    if "*" in method:
        return f"'{shown}' is not a method that pages use: '*' in the name of a method means the character itself."
    issues = check_methods([method])[1]
    return f"The method cannot be allowed: {issues[0].message}." if issues else None


def _about_headers(requested: Requested, settings: Settings, words: Words) -> _Found:
    """Give each requested header name that is not allowed as a proposal, or why it cannot be listed."""
    names = list(elements(requested.headers))
    offender = next((name for name in names if name is not None and not is_token(name)), None)
    if offender is None and None in names:
        yield (
            f"Access-Control-Request-Headers is over a limit: {MAX_HEADER_BYTES} bytes, {MAX_HEADER_NAMES} names, "
            f"{MAX_EMPTY_ELEMENTS} empty elements, or {MAX_ELEMENT_OWS} bytes of white space beside a name. "
            "Browsers stay below these limits, and no parameter changes them."
        )
    elif offender is not None:
        yield (
            f"'{escape(offender)}' in Access-Control-Request-Headers is not a header name (RFC 9110 token); "
            "no parameter allows this."
        )
    else:
        for name in dict.fromkeys(name.decode("ascii").lower() for name in names if name is not None):
            if not _is_listed(name, settings):
                no_option = "There is no option for header names."
                yield _why_no_header(name, settings) or _add(words.allow_headers, name, no_option)


def _is_listed(name: str, settings: Settings) -> bool:
    """Return whether a requested name is allowed (Fetch, section 2.2.2, "CORS non-wildcard request-header name")."""
    if name in settings.allow_headers:
        return True
    return "*" in settings.allow_headers and (settings.allow_credentials or name != "authorization")


def _why_no_header(name: str, settings: Settings) -> str | None:
    """Return why a name cannot be added to allow_headers, or None where it can."""
    if name in RESPONSE_ONLY_HEADERS:
        return f"'{name}' is a response header: the server sends it. Take it out of the page's fetch()."
    if "*" in name:
        return f"'{escape(name)}' is not a header that pages send: '*' in a name means the character itself."
    issues = check_headers([name], credentials=settings.allow_credentials)[1]
    return f"The header cannot be allowed: {issues[0].message}." if issues else None
