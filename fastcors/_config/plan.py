"""Plan: what an answer consists of in each case, as data. Configuration becomes one, and the engines run it.

A plan says three things, and the list of origins, of which there may be a million, stands beside it:

- **How is a request matched?** Which origins pass beside the listed ones, which methods and header names, and whether
  the first failure of a preflight ends the matter or every step is taken.
- **Which parts does an answer have?** A part is one header line (:class:`Part`). Each case has a set of parts: no
  ``Origin``, allowed, refused, a preflight accepted, and a preflight that failed at a step. Where a preflight fails at
  several steps, its answer has the parts that are in all of their sets.
- **What does a part say?** A part is constant (``values``), or repeats what the engine has validated of the request:
  the origin, the method, the header names.

An engine never writes an origin, a method or a name that did not pass, whatever a plan says: :func:`check_plan` refuses
such plans.

How the libraries that fastcors stands in for are said in these fields:

================  =====================================================================================================
library           fields
================  =====================================================================================================
``Policy``        the defaults; ``refused_*`` are all the same, and empty or ``Vary`` alone, but with ``debug``, where
                  ``explains`` is set and they hold what the request had earned before it failed
Starlette         ``listed_whole``, since its lists know no patterns; ``origin_regex``, an expression of its own;
                  ``safelists`` off; ``every_failure`` on, with ``failures`` and both bodies; ``refused_*`` are what is
                  accepted without what failed; ``names_as_sent``
django-cors-      ``every_failure`` on; ``refused_*`` are what is accepted, with the status 200; ``refused_origin`` is
headers           ``Vary`` alone
Flask-CORS        ``loose_origins``, ``bare_allowed``, ``filters_names``, ``names_as_sent``, ``leaves``; no
                  ``safelists``; 200 for all preflights; ``none`` may have an origin that is the same for all
wsgicors, falcon  ``bare_allowed``
================  =====================================================================================================
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from fastcors._config.settings import OriginFunc, Settings
from fastcors._config.vary import vary_tokens
from fastcors._config.words import POLICY, Words
from fastcors._grammar import SAFELISTED_METHODS

__all__ = [
    "FIELDS",
    "Part",
    "Plan",
    "body_of",
    "check_plan",
    "compiled",
    "lines",
    "methods_line",
    "plan_of",
    "timing_line",
]


class Part:
    """The parts of an answer, one bit each, in the order in which they are written."""

    ORIGIN_ANY = 1 << 0
    """Access-Control-Allow-Origin with a constant value, mostly ``*``."""
    ORIGIN = 1 << 1
    """Access-Control-Allow-Origin with the request's origin."""
    CREDENTIALS = 1 << 2
    METHODS = 1 << 3
    METHODS_SAFELISTED = 1 << 4
    """Access-Control-Allow-Methods with the three methods that always pass."""
    METHOD_REQUESTED = 1 << 5
    """Access-Control-Allow-Methods with the requested method; left out where it is safelisted."""
    HEADERS = 1 << 6
    HEADERS_REQUESTED = 1 << 7
    """Access-Control-Allow-Headers with the requested names that passed; left out where there are none."""
    MAX_AGE = 1 << 8
    PRIVATE_NETWORK = 1 << 9
    """Access-Control-Allow-Private-Network; left out where the preflight does not request it."""
    EXPOSE = 1 << 10
    TIMING_ANY = 1 << 11
    """Timing-Allow-Origin with a constant value: ``*`` or a list."""
    TIMING = 1 << 12
    """Timing-Allow-Origin with the request's origin."""
    VARY = 1 << 13
    VARY_PREFLIGHT = 1 << 14


FIELDS = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Allow-Private-Network",
    "Access-Control-Expose-Headers",
    "Timing-Allow-Origin",
    "Timing-Allow-Origin",
    "Vary",
    "Vary",
)
"""The header field of each part, from the lowest bit on."""

_REPEATED = Part.ORIGIN | Part.TIMING | Part.METHOD_REQUESTED | Part.HEADERS_REQUESTED


class Expression(Protocol):
    """A regular expression of another library's, compiled by somebody who knows how that library reads it."""

    def fullmatch(self, text: str, /) -> object:
        """Return a true value where the whole of a text matches."""


class Plan(NamedTuple):
    """What an answer consists of in each case. Sets of parts are ints, a bit for each :class:`Part`."""

    listed_whole: bool = False
    """Whether the listed origins stand for themselves, whatever they are; or else they are patterns."""
    reflect: bool = False
    """Whether each origin of the strict grammar is allowed (Fetch, section 3.2)."""
    null: bool = False
    """Whether ``null`` is allowed. It is where the origins are ``*``, too."""
    origin_regex: str | Expression | None = None
    """Allows what it matches as a whole; of the strict grammar, as the function."""
    origin_func: OriginFunc | None = None
    vary: tuple[str, ...] = ()
    """What the function sees of a request as its second argument; where that is nothing it takes the origin alone."""
    origin_cache_ttl: float = 60
    origin_cache_size: int = 4096
    origin_timeout: float | None = None
    loose_origins: bool = False
    """Whether the listed origins pass in any letter case, and ``reflect``, the regex and the function are for all that
    looks like an origin (``is_loose_origin``)."""
    local_http: bool = False
    """Whether the regex and the function can allow no ``http:`` origin but local ones."""
    safelists: bool = True
    """Whether GET, HEAD and POST always pass (Fetch, section 2.2.1, "CORS-safelisted method")."""
    methods: tuple[str, ...] = ()
    """What Access-Control-Request-Method may be; ``*`` for any that Fetch does not forbid."""
    names: tuple[str, ...] = ()
    """What Access-Control-Request-Headers may name, in lower case; ``*`` for any, but not for ``authorization``."""
    any_name_authorizes: bool = False
    """Whether ``*`` in ``names`` covers ``authorization`` too, as where names are sent back (Fetch, section 3.3.5)."""
    private_network: bool = False
    """Whether a preflight may request access to a private network."""
    every_failure: bool = False
    """Whether a preflight goes through every step; or else the first that fails ends it."""

    none: int = 0
    """The parts for a request with no ``Origin``."""
    allowed: int = 0
    refused: int = 0
    bare_allowed: int | None = None
    """The parts for an allowed host with no scheme, ``localhost``; None: it is no origin, and malformed.

    No browser sends one, but tests do. It is listed whole, or ``reflect``, the regex or the function allows it; a
    pattern covers none.
    """
    bare_refused: int = 0
    accepted: int = 0
    """The parts for a preflight in which all is well."""
    refused_origin: int = 0
    """The parts for a preflight whose origin is not allowed; and so on, step by step."""
    refused_method: int = 0
    refused_names: int = 0
    refused_network: int = 0
    garbled: int = 0
    """The parts for a preflight with what no browser sends: a method or a name that is no token, or too much of it."""
    values: tuple[str | None, ...] = (None,) * len(FIELDS)
    """What each constant part says, from the lowest bit on; see :func:`lines`."""
    filters_names: bool = False
    """Whether a name that is not allowed is left out, and the next one looked at; or else it is the last."""
    names_as_sent: bool = False
    """Whether names are sent back in their own letter case, with ``", "`` between two; or else lower, with a comma."""
    exposes_present: bool = False
    """Whether Access-Control-Expose-Headers lists the names that a response carries."""
    leaves: bool = False
    """Whether an application's own headers stay: all of them, and nothing but ``Vary`` is added, where it has set
    Access-Control-Allow-Origin; or else those of which the answer has no line, and Access-Control-Expose-Headers."""

    name: str | None = None
    """What the policy is called in logs, and in what applications are told."""
    accepted_status: int = 204
    refused_status: int = 403
    accepted_body: str = ""
    refused_body: str = ""
    """What the body of a refused preflight begins with; ``failures``, those of the steps that failed, follow."""
    failures: tuple[str, str, str, str] = ("", "", "", "")
    """What the steps are called in the body: the origin, the method, the header names, the private network."""
    explains: bool = False
    """Whether the body of a refused preflight says why in sentences instead."""
    words: Words = POLICY
    """What the options are called that the plan comes from, for explanations."""

    @property
    def owns_timing(self) -> bool:
        """Whether any answer has ``Timing-Allow-Origin``, so that the application's own gives way to it."""
        actual = self.none | self.allowed | self.refused | (self.bare_allowed or 0) | self.bare_refused
        refused = self.refused_origin | self.refused_method | self.refused_names | self.refused_network
        return bool((actual | self.accepted | refused | self.garbled) & (Part.TIMING | Part.TIMING_ANY))


def lines(values: Mapping[int, str]) -> tuple[str | None, ...]:
    """Return what each part says as :attr:`Plan.values` has it, from a mapping of single parts."""
    return tuple(values.get(1 << number) for number in range(len(FIELDS)))


def body_of(plan: Plan, failures: int) -> bytes:
    """Return the body of the answer to a preflight; ``failures`` has a bit for each step that failed, the first's low.

    Not for a refused one under a plan that explains.
    """
    if failures == 0:
        return plan.accepted_body.encode("latin-1")
    failed = [name for step, name in enumerate(plan.failures) if failures >> step & 1 and name]
    return (plan.refused_body + ", ".join(failed)).encode("latin-1")


def compiled(settings: Settings, origins: list[str]) -> tuple[Plan, list[str], Settings]:
    """Return what an engine is made of for a policy: ``Engine(*compiled(settings, origins))``."""
    return plan_of(settings, origins == ["*"]), origins, settings


def plan_of(settings: Settings, any_origin: bool) -> Plan:
    """Return the plan of a :class:`fastcors.Policy`; ``any_origin``: its origins are ``*``."""
    allowed, refused = _actual(settings, any_origin)
    accepted, vary = _accepted(settings, any_origin)
    earned = accepted if settings.debug else 0
    origin = Part.ORIGIN_ANY | Part.ORIGIN | Part.CREDENTIALS
    methods = Part.METHODS | Part.METHOD_REQUESTED
    status = settings.preflight_failure_status
    if settings.debug:
        # These two have no body (RFC 9110, sections 15.3.5 and 15.3.6).
        status = 200 if settings.preflight_status in (204, 205) else settings.preflight_status
    return Plan(
        reflect=settings.dangerously_reflect_any_origin,
        null=settings.dangerously_allow_null_origin,
        origin_regex=settings.allow_origin_regex,
        origin_func=settings.allow_origin_func,
        vary=settings.vary,
        origin_cache_ttl=settings.origin_cache_ttl,
        origin_cache_size=settings.origin_cache_size,
        origin_timeout=settings.origin_timeout,
        # Anyone on the network can speak for another http: origin, so it may not be listed either.
        local_http=settings.allow_credentials and not settings.dangerously_allow_insecure_origins,
        methods=settings.allow_methods,
        names=settings.allow_headers,
        any_name_authorizes=settings.allow_credentials,
        private_network=settings.allow_private_network,
        none=refused,
        allowed=allowed,
        refused=refused,
        accepted=accepted | vary,
        # In debug the browser gets what the request had earned before it failed, so that its console names the step;
        # never a max-age. Only what a browser can cause earns anything: for a request that was garbled on its way, an
        # earned header could let through what is refused without debug.
        refused_origin=vary,
        # With no list of methods Fetch lets a request with an upload listener go on, whatever its method.
        refused_method=vary | (earned & origin) | (Part.METHODS_SAFELISTED if settings.debug else 0),
        refused_names=vary | (earned & (origin | methods)) | (Part.HEADERS_REQUESTED if settings.debug else 0),
        refused_network=vary | (earned & ~Part.MAX_AGE),
        garbled=vary,
        values=lines(_values(settings)),
        exposes_present=_exposes_present(settings),
        name=settings.name,
        accepted_status=settings.preflight_status,
        refused_status=status,
        explains=settings.debug,
    )


def check_plan(plan: Plan) -> None:
    """Raise ValueError for a plan with which something of a request could be written that did not pass.

    Nor may it have parts that are none, or a constant part without a value. TypeError: a text in it is of a subclass of
    str, whose methods could say something else the next time.
    """
    for text in (*plan.methods, *plan.names, *filter(None, plan.values)):
        if type(text) is not str:
            raise TypeError(f"a plan must have plain str, not {type(text).__name__}")
    repeated = {
        "none": _REPEATED,
        "allowed": Part.METHOD_REQUESTED | Part.HEADERS_REQUESTED,
        "refused": _REPEATED,
        "bare_allowed": Part.METHOD_REQUESTED | Part.HEADERS_REQUESTED,
        "bare_refused": _REPEATED,
        "accepted": 0,
        "refused_origin": Part.ORIGIN | Part.TIMING,
        "refused_method": Part.METHOD_REQUESTED,
        "refused_names": 0,
        "refused_network": 0,
        "garbled": Part.METHOD_REQUESTED | Part.HEADERS_REQUESTED,
    }
    if not plan.every_failure:  # the steps after the first that failed are not taken
        repeated["refused_origin"] |= _REPEATED | Part.PRIVATE_NETWORK
        repeated["refused_method"] |= Part.HEADERS_REQUESTED | Part.PRIVATE_NETWORK
    if len(plan.values) != len(FIELDS):
        raise ValueError(f"values must have {len(FIELDS)} entries")
    said = sum(1 << number for number, value in enumerate(plan.values) if value is not None)
    if said & _REPEATED:
        raise ValueError("values cannot have what a part says that repeats something of the request")
    for field, parts in repeated.items():
        written = getattr(plan, field) or 0
        if written & ~(said | _REPEATED):
            raise ValueError(f"{field} has parts that say nothing")
        if written & parts:
            raise ValueError(f"{field} cannot have parts that repeat what has not passed by then")


def _exposes_present(settings: Settings) -> bool:
    """Whether the exposed names are those of each response, which only merging knows.

    With credentials browsers take a literal ``*`` as a name (Fetch, section 3.3.5), so the names are listed.
    """
    return settings.allow_credentials and "*" in settings.expose_headers


def _actual(settings: Settings, any_origin: bool) -> tuple[int, int]:
    """Return the parts for an actual request from an allowed origin, and for any other."""
    parts = Part.ORIGIN_ANY if any_origin else Part.ORIGIN | Part.VARY
    if settings.allow_credentials:
        parts |= Part.CREDENTIALS
    if settings.expose_headers and not _exposes_present(settings):
        parts |= Part.EXPOSE
    listed = 0
    if settings.timing_allow_origin is True:
        parts |= Part.TIMING_ANY if any_origin else Part.TIMING
    elif settings.timing_allow_origin:
        # The TAO check looks at the page's origin, and no-cors requests have no Origin: the list is for every response.
        listed = Part.TIMING_ANY
        parts |= listed
    # "*" is the same for every request, so that one cached response serves all.
    return parts, parts if any_origin else Part.VARY | listed


def _accepted(settings: Settings, any_origin: bool) -> tuple[int, int]:
    """Return the parts for an accepted preflight but ``Vary``, and ``Vary`` where preflights have it."""
    minimal = settings.disclose == "minimal"
    parts = Part.ORIGIN_ANY if any_origin else Part.ORIGIN
    if settings.allow_credentials:
        parts |= Part.CREDENTIALS
    # With credentials browsers take "*" as the name of a method or a header (Fetch, section 3.3.5).
    if minimal or (settings.allow_credentials and "*" in settings.allow_methods):
        parts |= Part.METHOD_REQUESTED
    elif not set(settings.allow_methods) <= SAFELISTED_METHODS:
        parts |= Part.METHODS
    if minimal or (settings.allow_credentials and "*" in settings.allow_headers):
        parts |= Part.HEADERS_REQUESTED
    elif settings.allow_headers:
        parts |= Part.HEADERS
    if settings.max_age is not None:
        parts |= Part.MAX_AGE
    if settings.allow_private_network:
        parts |= Part.PRIVATE_NETWORK
    static = any_origin and not minimal and not settings.allow_private_network
    return parts, 0 if static else Part.VARY_PREFLIGHT


def methods_line(settings: Settings) -> str:
    """Return what Access-Control-Allow-Methods says where it lists the configured methods.

    A browser that takes ``*`` for a name in its cache of preflights would send one for every request: so the methods
    beyond the safelisted that are in common use stand beside it.
    """
    any_method = settings.allow_methods == ("*",)
    return ", ".join(("*", "DELETE", "OPTIONS", "PATCH", "PUT") if any_method else settings.allow_methods)


def timing_line(settings: Settings) -> str:
    """Return what Timing-Allow-Origin says where it repeats nothing of the request."""
    return ", ".join(settings.timing_allow_origin) if isinstance(settings.timing_allow_origin, tuple) else "*"


def _values(settings: Settings) -> dict[int, str]:
    """Return what each constant part says."""
    declared = vary_tokens(settings.vary)
    preflight = ["Access-Control-Request-Method", "Access-Control-Request-Headers"]
    if settings.allow_private_network:
        preflight.append("Access-Control-Request-Private-Network")
    # What an answer depends on, once each (Fetch, "CORS protocol and HTTP caches").
    both = dict.fromkeys(["Origin", *preflight, *declared])
    return {
        Part.ORIGIN_ANY: "*",
        Part.CREDENTIALS: "true",
        Part.METHODS: methods_line(settings),
        Part.METHODS_SAFELISTED: "GET, HEAD, POST",
        Part.HEADERS: ", ".join(settings.allow_headers),
        Part.MAX_AGE: str(settings.max_age),
        Part.PRIVATE_NETWORK: "true",
        Part.EXPOSE: ", ".join(settings.expose_headers),
        Part.TIMING_ANY: timing_line(settings),
        Part.VARY: ", ".join(["Origin", *declared]),
        Part.VARY_PREFLIGHT: ", ".join(both),
    }
