"""A drop-in for ``falcon.CORSMiddleware``: exchange the import, and nothing else.

The parameters, defaults and methods are those of falcon 4.4, for WSGI and ASGI. They become plans, which the engine
runs; what a preflight may ask for is known with the response, in ``Allow``, and becomes a plan then. Needs falcon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

try:
    import falcon
except ImportError as error:
    raise ImportError('fastcors.compat.falcon needs falcon, which pip install "fastcors[falcon]" brings') from error

from fastcors._config.plan import Part, Plan, lines
from fastcors._config.settings import Settings
from fastcors._engine import Engine
from fastcors._grammar import is_bare_host, is_token
from fastcors.compat._dialect.dangers import dangers_of_list
from fastcors.compat._dialect.entries import Listed, read_origins, read_value
from fastcors.compat._dialect.warn import warn_of_dangers, warn_of_odd
from fastcors.compat._dialect.words import FALCON

if TYPE_CHECKING:
    from fastcors.policy import Decision

__all__ = ["CORSMiddleware"]

_ORIGIN = "access-control-allow-origin"
_KEPT = ("access-control-allow-origin", "access-control-allow-credentials")
_MAX_AGE = "86400"
_MAX_PREPARED = 4096
"""Origins, of which each has its answer from the start; a longer list goes without."""
_SAFE = "https://app.example.com"
_VARY_PREFLIGHT = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


class _Rules(NamedTuple):
    """What the parameters say of the origins, and what every answer has."""

    origins: Listed
    any_origin: bool
    credentials: bool
    exposed: str
    private_network: bool


class CORSMiddleware(falcon.CORSMiddleware[Any, Any]):
    """CORS headers for a falcon application, with the parameters of falcon's middleware of that name.

    ``allow_origins`` is ``"*"``, an origin or an iterable of them; ``allow_credentials`` says which of those may send
    credentials, ``"*"`` for all; ``expose_headers`` are names, in a list or in one string. What a preflight may ask
    for is what the resource has responders for, and any header.

    What it is given is read once. Configurations that are not safe are accepted, with an
    :class:`fastcors.InsecurePolicyWarning`.
    """

    def __init__(
        self,
        allow_origins: str | Iterable[str] = "*",
        expose_headers: str | Iterable[str] | None = None,
        allow_credentials: str | Iterable[str] | None = None,
        allow_private_network: bool = False,
    ) -> None:
        super().__init__(allow_origins, expose_headers, allow_credentials, allow_private_network)
        self._rules = list(_rules(self))
        self._engines = [_engine(rules) for rules in self._rules]
        self._answers = _Answers(self._engines)
        self._engines_for = lru_cache(maxsize=256)(self._make_engines)

    def process_response(self, req: Any, resp: Any, resource: object, req_succeeded: bool) -> None:
        """Put the headers of CORS into a response, after its responder: of a request for WSGI or for ASGI."""
        try:
            origin = req.env.get("HTTP_ORIGIN")
        except AttributeError:  # a request for ASGI
            origin = req.get_header("Origin")
        said = self._answers[origin]
        headers = resp._headers
        if req.method == "OPTIONS" and req_succeeded and self.decide(req).kind == "preflight":
            self._answer_preflight(req, resp, said)
        elif "access-control-allow-origin" in headers or "vary" in headers:
            _merge(headers, said)
        else:
            headers.update(said)

    def decide(self, req: Any, allow: str | None = None) -> Decision:
        """Return the decision on a request, which has a reason and explains; ``allow``: the resource's methods."""
        names = req.get_header("Access-Control-Request-Headers")
        engines = self._engines if allow is None else self._engines_for(allow, names is not None)
        return _of_first(engines, req.get_header("Origin")).decide(  # type: ignore[no-any-return]
            req.method,
            req.get_header("Origin"),
            req.get_header("Access-Control-Request-Method"),
            names,
            request_private_network=req.get_header("Access-Control-Request-Private-Network"),
        )

    def _answer_preflight(self, req: Any, resp: Any, said: Mapping[str, str]) -> None:
        headers = resp._headers
        if _ORIGIN not in said:  # as falcon's, this leaves the resource's answer to an OPTIONS request
            _merge(headers, said)
            return
        allow = headers.pop("allow", None)
        if allow is None:
            for name in [name for name in headers if name.startswith("access-control-")]:
                del headers[name]
            _merge(headers, {"vary": _VARY_PREFLIGHT})
        else:
            _merge(headers, _lowered(self.decide(req, allow)))

    def _make_engines(self, allow: str, names: bool) -> list[Any]:
        """Return engines for preflights about a resource; ``names``: whether they ask for any."""
        return [_engine(rules, allow, names) for rules in self._rules]


class _Answers(dict["str | None", dict[str, str]]):
    """The engines' answers to actual requests, by origin: there for who is listed, and otherwise asked for."""

    def __init__(self, engines: list[Any]) -> None:
        self._engines = engines
        self._everybody: dict[str, str] | None = None
        super().__init__({None: self._ask(None)})
        plan = engines[0].plan
        if plan.allowed == plan.refused:
            self._everybody = self._ask("")
        elif sum(engine.origin_count() for engine in engines) <= _MAX_PREPARED:
            listed = {origin for engine in engines for origin in engine.origins()} - {"*"}
            self.update({origin: self._ask(origin) for origin in listed})

    def __missing__(self, origin: str | None) -> dict[str, str]:
        return self._ask(origin) if self._everybody is None else self._everybody

    def _ask(self, origin: str | None) -> dict[str, str]:
        return _lowered(_of_first(self._engines, origin).decide("GET", origin))


def _of_first(engines: list[Any], origin: str | None) -> Any:
    """Return the first engine that allows an origin, or the last."""
    for engine in engines[:-1]:
        if engine.is_origin_allowed(origin):
            return engine
    return engines[-1]


def _lowered(decision: Any) -> dict[str, str]:
    """Return the headers of a decision as falcon has them in a response."""
    return {name.lower(): value for name, value in decision.headers_str}


def _merge(headers: dict[str, str], said: Mapping[str, str]) -> None:
    """Put headers into those of a response. What it says of the origin itself stays, and ``Vary`` is added to."""
    keeps = _ORIGIN in headers
    for name, value in said.items():
        if name == "vary" and "vary" in headers:
            present = {token.strip().lower() for token in headers["vary"].split(",")}
            missing = [token for token in value.split(", ") if token.lower() not in present]
            if missing and "*" not in present:
                headers["vary"] = ", ".join(filter(None, [headers["vary"].strip(), *missing]))
        elif not (keeps and name in _KEPT):
            headers[name] = value


def _rules(given: CORSMiddleware) -> Iterator[_Rules]:
    """Yield what falcon's own attributes say, the rules for origins with credentials first."""
    origins, some = given.allow_origins, given.allow_credentials
    exposed, _ = read_value("expose_headers", given.expose_headers or "")
    any_origin, always = origins == "*", some == "*"
    listed = read_origins(() if any_origin else sorted(origins))
    chosen = read_origins(() if always else sorted(some if any_origin else set(some) & set(origins)))
    _warn(any_origin, always, listed, chosen)
    private = bool(given.allow_private_network)
    if any(chosen):
        yield _Rules(chosen, False, True, exposed, private)
    yield _Rules(listed, any_origin, always, exposed, private)


def _warn(any_origin: bool, always: bool, listed: Listed, chosen: Listed) -> None:
    """Warn of what is not safe about the origins."""
    everybody, null = ["*"] if any_origin else [], ["null"] if listed.null else []
    warn_of_dangers("allow_origins", dangers_of_list([*everybody, *listed.origins, *null], always), _SAFE)
    null = ["null"] if chosen.null and any_origin else []
    warn_of_dangers("allow_credentials", dangers_of_list([*chosen.origins, *null], credentials=True), _SAFE)
    warn_of_odd("allow_origins", listed.odd)
    warn_of_odd("allow_credentials", chosen.odd if any_origin else ())


def _engine(rules: _Rules, allow: str | None = None, names: bool = False) -> Any:
    """Return the engine of rules; with ``allow`` for preflights, to which the resource answered with these methods."""
    origin = Part.ORIGIN_ANY if rules.any_origin and not rules.credentials else Part.ORIGIN
    origin |= Part.CREDENTIALS if rules.credentials else 0
    allowed = origin | Part.VARY | (Part.EXPOSE if rules.exposed else 0)
    refused = allowed if origin & Part.ORIGIN_ANY else Part.VARY
    accepted = origin | Part.METHODS | Part.MAX_AGE | Part.VARY_PREFLIGHT
    accepted |= Part.PRIVATE_NETWORK if rules.private_network else 0
    methods = () if allow is None else tuple(filter(is_token, map(str.strip, allow.split(","))))
    plan = Plan(
        null=rules.origins.null,
        methods=methods,
        names=("*",),
        any_name_authorizes=True,
        names_as_sent=True,
        private_network=rules.private_network,
        none=Part.VARY,
        allowed=allowed,
        refused=refused,
        bare_allowed=allowed,
        bare_refused=refused,
        accepted=accepted | (Part.HEADERS_REQUESTED if names else Part.HEADERS),
        refused_origin=Part.VARY_PREFLIGHT,
        refused_method=accepted & ~Part.PRIVATE_NETWORK,
        refused_names=accepted,
        refused_network=accepted | (Part.HEADERS_REQUESTED if names else Part.HEADERS),
        garbled=Part.VARY_PREFLIGHT,
        words=FALCON,
        values=lines(
            {
                Part.ORIGIN_ANY: "*",
                Part.CREDENTIALS: "true",
                Part.METHODS: ", ".join(methods),
                Part.HEADERS: "*",
                Part.MAX_AGE: _MAX_AGE,
                Part.PRIVATE_NETWORK: "true",
                Part.EXPOSE: rules.exposed,
                Part.VARY: "Origin",
                Part.VARY_PREFLIGHT: _VARY_PREFLIGHT,
            }
        ),
    )
    settings = Settings(
        allow_methods=methods,
        allow_headers=("*", "authorization"),
        allow_credentials=rules.credentials,
        allow_private_network=rules.private_network,
        dangerously_allow_null_origin=rules.origins.null,
        dangerously_reflect_any_origin=rules.any_origin and rules.credentials,
    )
    bare = [text for text in rules.origins.odd if is_bare_host(text)]
    return Engine(plan, ["*"] if rules.any_origin else [*rules.origins.origins, *bare], settings)
