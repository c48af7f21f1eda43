"""explain(): a decision in plain sentences.

The sentences about what to change are written from the proposals of :mod:`fastcors._explain.proposals`.
Everything that a client sent passes through :func:`fastcors.decision.escape` before it becomes text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

from fastcors._config.diagnosis import is_exact_shell
from fastcors._config.patterns import parse as parse_pattern
from fastcors._config.plan import Plan
from fastcors._config.settings import Settings
from fastcors._config.words import Words
from fastcors._explain.proposals import Advice, advise
from fastcors._grammar import MAX_METHOD, MAX_ORIGIN, SAFELISTED_METHODS, is_local, parse_origin
from fastcors.decision import Reason, Requested, escape, text_of

__all__ = ["debug_body", "explain"]

MAX_SHOWN = 8
"""The number of configured or requested values that an explanation lists."""
_MAX_LISTED = 600  # characters of them
_OTHER_SCHEME = {"http": "https", "https": "http", "ws": "wss", "wss": "ws"}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class _Policy(Protocol):
    @property
    def plan(self) -> Plan: ...
    @property
    def settings(self) -> Settings: ...
    def origins(self) -> list[str]: ...
    def origin_count(self) -> int: ...
    def decide(self, method: str, origin: str, *, origin_granted: bool | None) -> _Decision: ...


class _Decision(Protocol):
    @property
    def kind(self) -> Literal["none", "actual", "preflight"]: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def status(self) -> int | None: ...
    @property
    def headers(self) -> list[tuple[bytes, bytes]]: ...
    @property
    def origin(self) -> str | bytes | None: ...
    @property
    def request_method(self) -> str | bytes | None: ...
    @property
    def requested(self) -> Requested | None: ...
    @property
    def detail(self) -> str: ...
    @property
    def policy(self) -> _Policy: ...


def debug_body(decision: _Decision) -> bytes:
    """Return the body of a refused preflight in debug mode: a line with the reason, then explain()."""
    return f"{decision.reason}\n{explain(decision)}\n".encode("ascii")


def explain(decision: _Decision, *, credentials: bool | None = None) -> str:
    """Return a few sentences, one a line: what the request is, the verdict, why, and what to change.

    ``credentials`` says whether the page asked for them, which no request shows; ``None`` where nobody knows. The text
    is printable ASCII and newlines, whatever the client sent, and its length is bounded.
    """
    lines = [_what(decision), _verdict(decision)]
    advice = advise(decision)
    if decision.reason is Reason.OK:
        lines += _about_credentials(decision, credentials)
    elif decision.reason is not Reason.NOT_CORS:
        facts, configured = _FACTS[decision.reason.value.partition("-")[0]](decision)
        lines += [*facts, *_advised(advice, decision.policy.plan.words), *configured]
    return "\n".join(lines)


def _what(decision: _Decision) -> str:
    if decision.kind == "none":
        return "This is not a CORS request: it has no Origin header."
    origin = f"'{escape(decision.origin)}'"
    if decision.kind == "actual":
        return f"This is an actual CORS request from the origin {origin}."
    method = f"'{escape(decision.request_method)}'"
    return f"This is a preflight request from the origin {origin} for the method {method}."


def _verdict(decision: _Decision) -> str:
    if decision.kind == "none":
        return "The application answers it; nothing is refused."
    if decision.kind == "preflight":
        verdict = "allowed" if decision.allowed else "refused"
        return f"It is {verdict} with the status {decision.status} ({decision.reason})."
    if decision.allowed:
        return "It is allowed (ok): the application answers it, and the page may read the response."
    if _any_origin(decision.policy):
        return f"The application answers it, with the same '*' as for every request ({decision.reason})."
    return f"The application answers it, but a page of another site may not read the response ({decision.reason})."


def _about_credentials(decision: _Decision, asked: bool | None) -> list[str]:
    """Return what becomes of the page's credentials: cookies, client certificates, HTTP authentication."""
    if asked is False or (b"access-control-allow-credentials", b"true") in decision.headers:
        return []
    missing = "because the answer has no 'Access-Control-Allow-Credentials: true'"
    if asked:
        return [f"The page asked for credentials, so the browser still refuses the response, {missing}."]
    return [
        "No request shows whether the page asked for credentials (credentials: 'include' in fetch(), "
        f"withCredentials in XMLHttpRequest). If it did, the browser still refuses the response, {missing}: "
        f"{_is_off(decision.policy.plan.words.allow_credentials, 'credentials')}."
    ]


def _is_off(option: str | None, what: str) -> str:
    return f"there is no option for {what}" if option is None else f"{option} is False"


_Facts = tuple[Iterable[str], Iterable[str]]
"""The sentences before what to change, and those after it."""


def _about_origin(decision: _Decision) -> _Facts:
    reason, policy = decision.reason, decision.policy
    if reason is Reason.ORIGIN_NULL:
        return [
            "Sandboxed frames, local files and some redirects send the origin 'null', and any site can send it."
        ], []
    origin = text_of(decision.origin or "", MAX_ORIGIN + 1)
    if reason is Reason.ORIGIN_MULTIPLE:
        found = "its value holds a comma" if "," in origin else "there is more than one Origin line"
        return [f"A browser sends one origin, but {found}."], []
    if reason is Reason.ORIGIN_MALFORMED:
        if len(origin) > MAX_ORIGIN:
            return [f"The origin is longer than {MAX_ORIGIN} bytes, and no serialised origin is that long."], []
        if is_exact_shell(origin):
            return ["Programs that embed a browser send such origins. They pass only if they are listed exactly."], []
        why = "This is not a serialised origin: that is scheme://host or scheme://host:port, in lower case."
        return [why, *_nearest(_corrections(origin), origin, policy)], []
    words = policy.plan.words
    facts = [f"No pattern of {words.allow_origins} covers this origin.", *_about_check(origin, policy.settings, words)]
    facts += _nearest(_neighbours(origin, policy), origin, policy)
    if decision.kind == "actual":
        facts.append(
            "If the page comes from this server itself, nothing is wrong: browsers send an Origin with its requests "
            "too (with every method but GET and HEAD), and let it read the response without CORS."
        )
    count = policy.origin_count()
    if count <= MAX_SHOWN:
        return facts, [f"{words.allow_origins} is {_listing(policy.origins())}."]
    return facts, [f"{words.allow_origins} has {count} patterns."]


def _about_check(origin: str, settings: Settings, words: Words) -> list[str]:
    """Return what the regular expression and the function, which have not allowed the origin, have to do with it."""
    regex, func = settings.allow_origin_regex, settings.allow_origin_func
    if regex is None and func is None:
        return []
    parts = parse_origin(origin)
    if parts is None or not parts.strict:
        asked = " and ".join(dict.fromkeys((words.allow_origin_regex, words.allow_origin_func)))
        return [f"{asked} {'do' if ' and ' in asked else 'does'} not apply to such a host; it must be listed exactly."]
    careful = settings.allow_credentials and not settings.dangerously_allow_insecure_origins
    if careful and parts.scheme == "http" and not is_local(parts.host):
        return [f"With {words.allow_credentials} only a list can allow an http: origin that is not local."]
    lines = []
    if regex is not None:
        shown = escape(regex).replace("\\\\", "\\")  # as it was written
        lines.append(f"{_first(words.allow_origin_regex)} does not match the whole origin: '{shown}'.")
    if func is not None:
        seen = f" for this request (it looks at {_listing(settings.vary)} too)" if settings.vary else ""
        lines.append(f"{_first(words.allow_origin_func)} does not allow it{seen}.")
    return lines


def _first(option: str) -> str:
    """Return an option as it begins a sentence: what is no name has a capital."""
    return option[0].upper() + option[1:] if " " in option else option


def _nearest(candidates: Iterator[tuple[str, str]], origin: str, policy: _Policy) -> list[str]:
    """Return the sentence of the first candidate that is another origin than this and is allowed."""
    for candidate, sentence in candidates:
        # No regex or function is asked: these are no origins of requests.
        if candidate != origin and policy.decide("GET", candidate, origin_granted=False).allowed:
            return [sentence.format(there=f"'{escape(candidate)}'")]
    return []


_DIFFERS = "It differs from {there}, which is allowed, only in "


def _corrections(origin: str) -> Iterator[tuple[str, str]]:
    """Give what a malformed origin may have been meant to be, each with what to say if that is allowed."""
    yield origin.strip(), _DIFFERS + "white space around it."
    yield origin.lower(), _DIFFERS + "letter case."
    yield origin.rstrip("/"), _DIFFERS + "a trailing slash."
    yield origin.strip().lower().rstrip("/"), _DIFFERS + "white space, letter case or a slash."
    yield re.sub(":[0-9]+$", "", origin), _DIFFERS + "a default port that is spelled out."


def _neighbours(origin: str, policy: _Policy) -> Iterator[tuple[str, str]]:
    """Give well-formed origins near this one, each with what to say if that is allowed."""
    scheme, _, authority = origin.partition("://")
    host = re.sub(":[0-9]+$", "", authority)
    port = authority[len(host) :]
    patterns = policy.plan.words.patterns
    if scheme in _OTHER_SCHEME:
        yield f"{_OTHER_SCHEME[scheme]}://{authority}", _DIFFERS + "the scheme."
    yield (
        f"{scheme}://{host}",
        _DIFFERS + ("the port; a pattern that ends in ':*' stands for every port." if patterns else "the port."),
    )
    if host in _LOCAL_HOSTS:
        for other in _LOCAL_HOSTS:
            yield f"{scheme}://{other}{port}", _same_machine("the name")
    if policy.origin_count() <= MAX_SHOWN:
        yield from _listed_near(origin, policy.origins())
    yield (
        f"{scheme}://any-sub-domain.{authority}",
        "A pattern with '*.' covers sub-domains only, not the domain itself.",
    )
    yield f"{scheme}://www.{authority}", _DIFFERS + "'www.' before the host."
    yield f"{scheme}://{authority.removeprefix('www.')}", _DIFFERS + "'www.' before the host."
    labels = [re.sub("_|^-|-$", "x", label) for label in host.removesuffix(".").split(".")]
    yield (
        f"{scheme}://{'.'.join(labels)}{port}",
        "A host with '_', a hyphen at a label's edge or a trailing dot passes only if it is listed exactly.",
    )
    parent = authority.partition(".")[2]
    wider = "; a pattern with '*.' does" if patterns else ""
    yield f"{scheme}://{parent}", f"{{there}} is allowed, but does not cover its sub-domains{wider}."


def _same_machine(differing: str) -> str:
    return (
        f"{{there}} is allowed. It is the same machine, but another origin: it differs in {differing}. "
        "Browsers compare names: 'localhost', '127.0.0.1' and '[::1]' are three different names."
    )


def _listed_near(origin: str, patterns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give the listed origins that differ in scheme, port or a name of this machine, the nearest first."""
    here = parse_pattern(origin)
    near: list[tuple[int, str, str]] = []
    for text in patterns:
        there = parse_pattern(text)
        if here is None or there is None or there.subdomains:
            continue
        local = here.host in _LOCAL_HOSTS and there.host in _LOCAL_HOSTS
        if here.host != there.host and not local:
            continue
        parts = [("the scheme", here.scheme != there.scheme), ("the name", here.host != there.host)]
        parts.append(("the port", there.port not in ("*", here.port)))
        differing = [name for name, differs in parts if differs]
        named = " and ".join(differing) if len(differing) < 3 else "the scheme, the name and the port"
        sentence = _same_machine(named) if "the name" in differing else _DIFFERS + named + "."
        port = here.port if there.port == "*" else there.port
        near.append((len(differing), f"{there.scheme}://{there.host}{':' if port else ''}{port}", sentence))
    for _, candidate, sentence in sorted(near):
        yield candidate, sentence


def _about_method(decision: _Decision) -> _Facts:
    method = text_of(decision.request_method or "", MAX_METHOD + 1)
    if decision.reason is Reason.METHOD_MALFORMED:
        return [], []
    configured = decision.policy.settings.allow_methods
    passing = (*configured, *(sorted(SAFELISTED_METHODS) if decision.policy.plan.safelists else ()))
    same = [name for name in passing if name.upper() == method.upper()]
    facts = [f"Methods are case-sensitive: '{name}' is allowed, '{escape(method)}' is not." for name in same]
    safelist = "; GET, HEAD and POST always pass" if decision.policy.plan.safelists else ""
    option = decision.policy.plan.words.allow_methods
    if option is None:
        return facts, [f"The methods are {_listing(configured)}{safelist}."]
    return facts, [f"{option} is {_listing(configured)}{safelist}."]


def _about_headers(decision: _Decision) -> _Facts:
    if decision.reason is not Reason.HEADER_NOT_ALLOWED:
        return [], []
    name, configured = decision.detail.lower(), decision.policy.settings.allow_headers
    words = decision.policy.plan.words
    facts = [f"The page wants to send the header '{decision.detail}', which is not allowed."]
    if name == "authorization" and "*" in configured:
        facts.append(f"'*' does not cover Authorization where {words.allow_credentials} is False.")
    return facts, [] if words.allow_headers is None else [f"{words.allow_headers} is {_listing(configured)}."]


def _about_private_network(decision: _Decision) -> _Facts:
    option = decision.policy.plan.words.allow_private_network
    return [f"It asks for access to a private network, and {_is_off(option, 'that')}."], []


_FACTS = {
    "origin": _about_origin,
    "method": _about_method,
    "header": _about_headers,
    "headers": _about_headers,
    "private": _about_private_network,
}


def _advised(advice: Advice, words: Words) -> list[str]:
    """Return what to change, a sentence for each parameter; or why nothing can be changed."""
    if advice.obstacles:
        return [*advice.obstacles[:MAX_SHOWN]]
    parameters = list(dict.fromkeys(proposal.parameter for proposal in advice.proposals))
    lines = []
    for parameter in parameters:
        values = [proposal.value for proposal in advice.proposals if proposal.parameter == parameter]
        first, trusts = parameter == parameters[0], parameter == words.allow_origins
        lines.append(_change(parameter, values, first=first, trusts=trusts))
    return lines


def _change(parameter: str, values: Sequence[str | bool], *, first: bool, trusts: bool) -> str:
    also = "" if first else " too; the request needs both"
    names = [value for value in values if isinstance(value, str)]
    if not names:
        return f"Set {parameter} to {values[0]}{also}."
    what = f"add {_listing(names)} to {parameter}{also}."
    if trusts:
        return f"If you trust this origin, {what}"
    return f"A{what[1:]}"


def _any_origin(policy: _Policy) -> bool:
    return policy.origin_count() == 1 and policy.origins() == ["*"]


def _listing(values: Sequence[str]) -> str:
    """Return values as a short list: the first few, and how many more there are."""
    if not values:
        return "empty"
    shown: list[str] = []
    for value in values[:MAX_SHOWN]:
        if shown and sum(map(len, shown)) + len(value) > _MAX_LISTED:
            break
        shown.append(f"'{escape(value)}'")
    more = len(values) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more > 0 else ", ".join(shown)
