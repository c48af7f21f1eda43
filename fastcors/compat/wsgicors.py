"""A drop-in for ``wsgicors``: exchange the import, and nothing else.

The names, options and attributes are those of wsgicors 0.7.0, with its factory for ini files. Each of its policies
becomes a plan and a list of origins, which ``fastcors.wsgi`` runs; where there are several, one is selected for each
request, by its origin and, if that is asked for, its method.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, NamedTuple

from fastcors._config.plan import Part, Plan, lines
from fastcors._config.settings import Settings
from fastcors._engine import Engine
from fastcors._grammar import is_bare_host
from fastcors.compat._dialect.dangers import dangers_of_expression, dangers_of_list, origin_regex
from fastcors.compat._dialect.entries import Globs, read_globs, read_value
from fastcors.compat._dialect.warn import warn, warn_of_dangers, warn_of_odd
from fastcors.compat._dialect.words import wsgicors_words
from fastcors.wsgi import CORSMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["CORS", "make_middleware"]

_OPTIONS = ("origin", "methods", "headers", "expose_headers", "credentials", "maxage")
_SAFE = "https://app.example.com"
_VALUES = {
    Part.ORIGIN_ANY: "*",
    Part.CREDENTIALS: "true",
    Part.VARY: "Origin",
    Part.VARY_PREFLIGHT: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


class Policy(NamedTuple):
    """One policy, as it was given."""

    name: str
    origin: str
    methods: list[str]
    headers: str
    expose_headers: str
    credentials: str
    maxage: str
    match: list[str]
    """Globs, where the origin is neither ``copy`` nor ``*``."""


class CORS(CORSMiddleware):
    """A WSGI application that answers preflights, and adds CORS headers to the responses of ``application``.

    ``CORS(application, origin="*", methods="*", …)`` has one policy. ``CORS(application, {"policy": "a, b", …})`` has
    several, whose options have names that begin as the policy's, ``a_origin``; ``matchstrategy="verbmatch"`` selects
    by the method, too. The policy ``deny`` allows nothing.

    Configurations that are not safe are accepted, with an :class:`fastcors.InsecurePolicyWarning`. Raises ValueError
    for what cannot be in a header.
    """

    def __init__(self, application: WSGIApplication, cfg: Mapping[str, Any] | None = None, **kw: Any) -> None:
        named = kw or cfg or {}
        if kw and "policy" not in kw:
            self.activepolicies, options = ["direct"], {"direct": kw}
            self.matchstrategy = "firstmatch"
        else:
            self.activepolicies = [name.strip() for name in named.get("policy", "deny").split(",")]
            self.matchstrategy = named.get("matchstrategy", "firstmatch")
            options = {name: _options_of(name, named) for name in self.activepolicies}
        self.policies = {name: _read(name, options[name]) for name in self.activepolicies}
        several = len(self.activepolicies) > 1
        self._engines = {
            name: Engine(Plan(refused_status=204), []) if name == "deny" else _engine(policy, several)
            for name, policy in self.policies.items()
        }
        self._other_methods = {
            name: engine if name == "deny" else _for_other_methods(engine) for name, engine in self._engines.items()
        }
        selects = several or self.activepolicies == ["deny"] or self.matchstrategy != "firstmatch"
        super().__init__(application, None if selects else self._engines[self.activepolicies[0]])  # type: ignore[arg-type]
        self.application = application
        if selects:
            self._policy_of_view = self._policy_of_response

    @staticmethod
    def matchpattern(accu: bool, pattern: str, host: str) -> bool:
        """Return whether a glob matches, or what was found before."""
        return accu or fnmatch(host, pattern)

    @staticmethod
    def matchlist(origin: str, allowed_origins: Iterable[str], case_sensitive: bool = False) -> bool:
        """Return whether one of the globs matches."""
        host = origin if case_sensitive else origin.lower()
        return any(fnmatch(host, pattern) for pattern in allowed_origins)

    def selectPolicy(  # noqa: N802 - the library's name
        self, origin: str | None, request_method: str | None = None
    ) -> tuple[str, str | None]:
        """Return the name of the policy for an origin, and what Access-Control-Allow-Origin says; None: nothing."""
        name, allowed = "deny", None
        if self.matchstrategy not in ("firstmatch", "verbmatch"):
            return name, allowed
        for name in self.activepolicies:
            policy = self.policies[name]
            if name == "deny":
                return name, None
            if self.matchstrategy == "verbmatch" and not self.matchlist(request_method or "", policy.methods, True):
                continue
            allowed = self._allowed(policy, origin)
            if allowed:
                break
        return name, allowed

    def _allowed(self, policy: Policy, origin: str | None) -> str | None:
        if policy.origin == "*" or not origin:
            return None if policy.origin == "copy" else policy.origin
        return origin if self._engines[policy.name].is_origin_allowed(origin) else None

    def policy_of(self, environ: WSGIEnvironment) -> Any:
        """Return what decides on a request, and explains: ``policy_of(environ).decide_wsgi(environ)``; or None."""
        return self._policy_of(environ)

    def _policy_of(self, environ: WSGIEnvironment) -> Any:
        """Return the engine for a request; None for no CORS."""
        if self._policy_of_view is None:
            return super()._policy_of(environ)
        origin, asked = environ.get("HTTP_ORIGIN"), environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        method = environ.get("REQUEST_METHOD")
        preflight = method == "OPTIONS" and origin is not None and asked is not None
        name, allowed = self.selectPolicy(origin, asked if preflight else method)
        if name == "deny" and not preflight:
            return None
        skipped = self.matchstrategy == "verbmatch" and not allowed
        return (self._other_methods if skipped else self._engines).get(name)

    def _policy_of_response(self, environ: WSGIEnvironment, policy: Any) -> Any:
        return self._policy_of(environ) if policy is None else policy


def make_middleware(app: WSGIApplication, cfg: Mapping[str, Any] | None = None, **kw: Any) -> CORS:
    """Return an application behind named policies: what PasteDeploy calls a ``paste.filter_app_factory``."""
    return CORS(app, {**(cfg or {}), **kw})


def _options_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a named policy, without its name."""
    start = f"{name}_"
    return {key[len(start) :]: value for key, value in given.items() if key.startswith(start)}


def _read(name: str, options: Mapping[str, Any]) -> Policy:
    if "origin" not in options and name != "deny":
        warn(f"the policy {name!r} has no origin, and so allows nothing", UserWarning)
    origin, methods, headers, exposed, credentials, age = (str(options.get(option, "")) for option in _OPTIONS)
    match = [] if origin in ("copy", "*") else [glob.strip() for glob in origin.split(" ") if glob.strip() != "*"]
    listed = [method.strip() for method in methods.split(",")]
    return Policy(name, origin, listed, headers, exposed, credentials or "false", age, match)


def _engine(policy: Policy, several: bool) -> Engine:
    """Return the engine of a policy; ``several``: another origin may be under another one, so that all answers vary."""
    globs = read_globs(filter(None, policy.match))
    credentials = policy.credentials == "true"
    star = policy.origin == "*"
    _warn(policy, globs, credentials)
    plan = _plan(policy, several)
    everybody = star or policy.origin == "copy"
    bare = [text for text in globs.odd if is_bare_host(text)]
    settings = Settings(
        allow_origin_regex=globs.expression,
        allow_methods=plan.methods,
        allow_headers=plan.names,
        allow_credentials=credentials,
        dangerously_allow_null_origin=globs.null,
        dangerously_reflect_any_origin=credentials and everybody,
    )
    plan = plan._replace(origin_regex=globs.expression, null=globs.null, reflect=globs.any_origin)
    return Engine(plan, ["*"] if everybody else [*globs.patterns, *bare], settings)


def _for_other_methods(engine: Engine) -> Engine:
    """Return the engine for requests whose method keeps them from a policy: it allows no method to any origin."""
    plan = engine.plan._replace(
        safelists=False,
        methods=(),
        none=Part.VARY,
        allowed=Part.VARY,
        refused=Part.VARY,
        bare_allowed=0,
        bare_refused=0,
        refused_origin=Part.VARY_PREFLIGHT,
        refused_method=Part.VARY_PREFLIGHT,
    )
    return Engine(plan, engine.origins(), engine.settings)


def _warn(policy: Policy, globs: Globs, credentials: bool) -> None:
    """Warn of what is not safe about the origins of a policy."""
    parameter = "origin" if policy.name == "direct" else f"{policy.name}_origin"
    any_origin = ["*"] if policy.origin in ("*", "copy") or globs.any_origin else []
    null = ["null"] if globs.null else []
    dangers = list(dangers_of_list([*any_origin, *globs.patterns, *null], credentials))
    for expression in globs.judged:
        dangers += dangers_of_expression(origin_regex(expression), credentials)
    warn_of_dangers(parameter, dangers, _SAFE)
    warn_of_odd(parameter, globs.odd)


def _plan(policy: Policy, several: bool) -> Plan:
    """Return what the answers under a policy consist of, whatever the origins."""
    values = dict(_VALUES)
    values[Part.METHODS], methods = read_value("methods", ", ".join(policy.methods))
    values[Part.HEADERS], names = read_value("headers", policy.headers)
    values[Part.EXPOSE], _ = read_value("expose_headers", policy.expose_headers)
    values[Part.MAX_AGE] = str(int(policy.maxage)) if policy.maxage else ""
    any_method = "*" in policy.methods
    static, accepted = _preflight_parts(policy, values)
    credentials = Part.CREDENTIALS if policy.credentials == "true" else 0
    star = policy.origin == "*"
    varies = Part.VARY if several or not star or credentials else 0
    allowed = (Part.ORIGIN_ANY if star and not credentials else Part.ORIGIN) | credentials
    allowed |= Part.EXPOSE if values[Part.EXPOSE] else 0
    others = 0 if allowed & Part.ORIGIN else allowed
    vary_preflight = Part.VARY_PREFLIGHT if varies or static != accepted else 0
    return Plan(
        safelists=not any_method,
        methods=("*",) if any_method else methods,
        names=("*",) if policy.headers == "*" else tuple(name.lower() for name in names),
        any_name_authorizes=policy.headers == "*",
        none=others | varies,
        allowed=allowed | varies,
        refused=others | varies,
        # No browser sends such a name, so that no cache is told apart by it.
        bare_allowed=allowed | (0 if star else Part.VARY),
        bare_refused=others,
        accepted=accepted | vary_preflight,
        refused_origin=vary_preflight,
        refused_method=static | vary_preflight,
        refused_names=(accepted & ~Part.HEADERS_REQUESTED) | vary_preflight,
        refused_network=accepted | vary_preflight,
        garbled=vary_preflight,
        values=lines(values),
        refused_status=204,
        words=wsgicors_words(policy.name),
    )


def _preflight_parts(policy: Policy, values: Mapping[int, str]) -> tuple[int, int]:
    """Return the parts of an accepted preflight: those that repeat no list of the request, and all."""
    static = Part.ORIGIN_ANY if policy.origin == "*" else Part.ORIGIN
    if policy.credentials == "true":
        static |= Part.CREDENTIALS
    static |= Part.MAX_AGE if values[Part.MAX_AGE] else 0
    accepted = static
    if "*" in policy.methods:
        accepted |= Part.METHOD_REQUESTED
    elif values[Part.METHODS]:
        static |= Part.METHODS
    if policy.headers == "*":
        accepted |= Part.HEADERS_REQUESTED
    elif values[Part.HEADERS]:
        static |= Part.HEADERS
    return static, accepted | static
