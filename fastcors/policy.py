"""``Policy``: configuration in, everything checked once, compiled.

This is where bad configuration is found, and nowhere else. Everything that is wrong is reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar, final, overload

from fastcors._config.checks import (
    check_bool,
    check_disclose,
    check_max_age,
    check_origin_cache_size,
    check_origin_cache_ttl,
    check_origin_func,
    check_origin_timeout,
    check_status,
    unknown_parameter,
)
from fastcors._config.danger import OriginRules
from fastcors._config.expressions import check_origin_regex
from fastcors._config.names import check_exposed_headers, check_headers, check_methods
from fastcors._config.origins import check_origins
from fastcors._config.settings import OriginFunc, Settings
from fastcors._config.timing import check_timing
from fastcors._engine import Engine, sift
from fastcors.errors import PolicyError, PolicyIssue

if TYPE_CHECKING:
    from fastcors.decision import Reason, Requested

    _Engine = Engine

    @final
    class Decision:
        """The verdict on one request. Made by a policy only; immutable. Each engine has its own class for it."""

        @property
        def kind(self) -> Literal["none", "actual", "preflight"]:
            """What the request is: not CORS, an actual request, or a preflight."""

        @property
        def reason(self) -> Reason:
            """Why it is allowed or not."""

        @property
        def allowed(self) -> bool:
            """False where something is refused; True also for a request that is not CORS."""

        @property
        def status(self) -> int | None:
            """The status to answer a preflight with; None for other requests."""

        @property
        def headers(self) -> list[tuple[bytes, bytes]]:
            """The headers to send, lower-case names; a new list each time."""

        @property
        def headers_str(self) -> list[tuple[str, str]]:
            """The headers to send as WSGI has them, Title-Case names; a new list each time."""

        @property
        def block(self) -> bytes:
            """The headers to send as HTTP/1.1 field lines with Title-Case names, CRLF after each."""

        @property
        def body(self) -> bytes:
            """The body to answer a refused preflight with in debug mode, ASCII text; otherwise empty."""

        @property
        def origin(self) -> str | bytes | None:
            """The Origin as it was given; the first of several."""

        @property
        def request_method(self) -> str | bytes | None:
            """The Access-Control-Request-Method as it was given; the first of several."""

        @property
        def requested(self) -> Requested | None:
            """What a preflight asks for; None for other requests."""

        @property
        def detail(self) -> str:
            """The value that was refused, escaped, at most 256 characters; empty where there is none."""

        @property
        def policy(self) -> Policy:
            """The policy that decided."""

        def explain(self) -> str:
            """Say in a few plain sentences what was decided, why, and which parameter changes it."""

        def merge_asgi(
            self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> list[tuple[bytes, bytes]]:
            """Return a new ASGI header list: the application's, Vary merged, and the policy's after them."""

        def merge_wsgi(
            self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> list[tuple[str, str]]:
            """Return a new WSGI header list, merged as :meth:`merge_asgi` does."""
else:
    from fastcors._engine import Decision

    _Engine = object  # the mixin goes before any engine; the tests use it with both

__all__ = ["SHIM_OPTIONS", "Configured", "Decision", "Policy"]

PARAMETERS = ("allow_origins", *Settings._fields)
_DEFAULTS: dict[str, object] = {"allow_origins": [], **Settings()._asdict()}
_ORDER = {name: position for position, name in enumerate(PARAMETERS)}
_LISTS = ("allow_origins", "allow_methods", "allow_headers", "expose_headers", "timing_allow_origin")
SHIM_OPTIONS = ("routes", "handle_errors", "preflight_continue", "on_conflict", "check_websocket_origin")
"""What a shim takes beside a policy, for the advice to somebody who gives it to one."""
_SHOWN_ORIGINS = 8

_T = TypeVar("_T")
_Self = TypeVar("_Self", bound="Configured")

_FIXED = (
    "a policy does not change: make another one, Policy.from_dict({{**policy.to_dict(), {name!r}: {value!r:.100}}})"
)


class _Parameter(Generic[_T]):
    """A parameter as an attribute of the policy, to read: as in ``to_dict``, but with a tuple for a list."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, policy: None, owner: type) -> _Parameter[_T]: ...
    @overload
    def __get__(self, policy: Configured, owner: type) -> _T: ...
    def __get__(self, policy: Configured | None, owner: type) -> _Parameter[_T] | _T:
        if policy is None:
            return self
        value: Any = policy.to_dict()[self._name] if self._name in _LISTS else getattr(policy.settings, self._name)
        return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]


def _check_positional(cls: type, positional: tuple[object, ...]) -> None:
    """Raise TypeError for arguments without their names, which say what they mean."""
    if not positional:
        return
    first = positional[0]
    if isinstance(first, Mapping):
        advice = f"{cls.__name__}.from_dict(mapping) takes a mapping of parameters"
    else:
        origins = [first] if isinstance(first, str) and first != "*" else first
        shown = f"{origins!r:.100}" if isinstance(origins, (str, list, tuple)) else "[...]"
        advice = f"write {cls.__name__}(allow_origins={shown})"
    raise TypeError(f"every parameter of a policy is given by its name: {advice}")


def _unknown(name: object, value: object) -> PolicyIssue:
    """The issue of a name that no parameter has; it may be one of a shim's."""
    elsewhere = f"no such parameter of a policy; a shim takes {name}" if name in SHIM_OPTIONS else ""
    return unknown_parameter(name, value, PARAMETERS, elsewhere)


class Configured(_Engine):
    """What makes a policy of an engine: keyword parameters, checks, and the way back to a configuration."""

    __slots__ = ()

    allow_origins = _Parameter["Literal['*'] | tuple[str, ...]"]()
    allow_origin_regex = _Parameter["str | None"]()
    allow_origin_func = _Parameter["OriginFunc | None"]()
    origin_cache_ttl = _Parameter[float]()
    origin_cache_size = _Parameter[int]()
    origin_timeout = _Parameter["float | None"]()
    allow_methods = _Parameter["Literal['*'] | tuple[str, ...]"]()
    allow_headers = _Parameter["Literal['*'] | tuple[str, ...]"]()
    expose_headers = _Parameter["Literal['*'] | tuple[str, ...]"]()
    allow_credentials = _Parameter[bool]()
    max_age = _Parameter["int | None"]()
    allow_private_network = _Parameter[bool]()
    timing_allow_origin = _Parameter["bool | Literal['*'] | tuple[str, ...]"]()
    disclose = _Parameter["Literal['full', 'minimal']"]()
    preflight_status = _Parameter[int]()
    preflight_failure_status = _Parameter[int]()
    debug = _Parameter[bool]()
    dangerously_allow_insecure_origins = _Parameter[bool]()
    dangerously_allow_public_suffixes = _Parameter[bool]()
    dangerously_allow_null_origin = _Parameter[bool]()
    dangerously_reflect_any_origin = _Parameter[bool]()

    def __new__(
        cls: type[_Self],
        /,
        *positional: NoReturn,
        allow_origins: Iterable[str] = (),
        allow_origin_regex: str | re.Pattern[str] | None = None,
        allow_origin_func: OriginFunc | None = None,
        origin_cache_ttl: float | timedelta = 60,
        origin_cache_size: int = 4096,
        origin_timeout: float | timedelta | None = None,
        allow_methods: Iterable[str] = (),
        allow_headers: Iterable[str] = (),
        expose_headers: Iterable[str] = (),
        allow_credentials: bool = False,
        max_age: int | timedelta | None = None,
        allow_private_network: bool = False,
        timing_allow_origin: bool | Iterable[str] = False,
        disclose: Literal["full", "minimal"] = "full",
        preflight_status: int = 204,
        preflight_failure_status: int = 403,
        debug: bool = False,
        dangerously_allow_insecure_origins: bool = False,
        dangerously_allow_public_suffixes: bool = False,
        dangerously_allow_null_origin: bool = False,
        dangerously_reflect_any_origin: bool = False,
        **unknown: NoReturn,  # a type checker refuses them; at run time they are issues like others
    ) -> _Self:
        """Check everything and compile it. Raises PolicyError with all that is wrong."""
        _check_positional(cls, positional)
        issues: list[PolicyIssue] = []

        def checked(result: tuple[_T, list[PolicyIssue]]) -> _T:
            value, found = result
            issues.extend(found)
            return value

        def flag(field: str, value: object) -> bool:
            return checked(check_bool(field, value))

        credentials = flag("allow_credentials", allow_credentials)
        dynamic = allow_origin_regex is not None or allow_origin_func is not None
        settings = Settings(
            allow_origin_func=checked(check_origin_func(allow_origin_func)),
            origin_cache_ttl=checked(check_origin_cache_ttl(origin_cache_ttl)),
            origin_cache_size=checked(check_origin_cache_size(origin_cache_size)),
            origin_timeout=checked(check_origin_timeout(origin_timeout, allow_origin_func)),
            allow_methods=checked(check_methods(allow_methods)),
            allow_headers=checked(check_headers(allow_headers, credentials=credentials)),
            expose_headers=checked(check_exposed_headers(expose_headers)),
            allow_credentials=credentials,
            max_age=checked(check_max_age(max_age)),
            allow_private_network=flag("allow_private_network", allow_private_network),
            timing_allow_origin=checked(check_timing(timing_allow_origin, sift)),
            disclose=checked(check_disclose(disclose)),
            preflight_status=checked(check_status("preflight_status", preflight_status, (2,), 204)),
            preflight_failure_status=checked(
                check_status("preflight_failure_status", preflight_failure_status, (4, 2), 403)
            ),
            debug=flag("debug", debug),
            dangerously_allow_insecure_origins=flag(
                "dangerously_allow_insecure_origins", dangerously_allow_insecure_origins
            ),
            dangerously_allow_public_suffixes=flag(
                "dangerously_allow_public_suffixes", dangerously_allow_public_suffixes
            ),
            dangerously_allow_null_origin=flag("dangerously_allow_null_origin", dangerously_allow_null_origin),
            dangerously_reflect_any_origin=flag("dangerously_reflect_any_origin", dangerously_reflect_any_origin),
        )
        rules = OriginRules(
            credentials=credentials,
            insecure=settings.dangerously_allow_insecure_origins,
            public_suffixes=settings.dangerously_allow_public_suffixes,
            null=settings.dangerously_allow_null_origin,
            reflect=settings.dangerously_reflect_any_origin,
            dynamic=dynamic,
        )
        regex = checked(check_origin_regex(allow_origin_regex, rules))
        origins = checked(check_origins(allow_origins, rules, sift))
        given: Mapping[str, object] = unknown
        issues += [_unknown(name, value) for name, value in given.items()]
        if issues:
            raise PolicyError(sorted(issues, key=lambda issue: _ORDER.get(issue.field, len(_ORDER))))
        return super().__new__(cls, settings._replace(allow_origin_regex=regex), origins)

    @classmethod
    def from_dict(cls: type[_Self], mapping: Mapping[str, Any]) -> _Self:
        """A policy from a mapping of parameters, as from JSON or TOML. Raises PolicyError.

        The mapping says everything: a ``__new__`` that a subclass may have is not called.
        """
        if not isinstance(mapping, Mapping):
            message = f"expected a mapping of parameters, not {type(mapping).__name__}"
            raise PolicyError([PolicyIssue("wrong-type", "configuration", mapping, message)])
        strange: list[PolicyIssue] = []
        parameters: dict[str, Any] = {}
        for name, value in mapping.items():
            if isinstance(name, str):
                parameters[name] = value
            else:
                strange.append(_unknown(name, value))
        try:
            policy = Configured.__new__(cls, **parameters)
        except PolicyError as error:
            raise PolicyError([*error.issues, *strange]) from None
        if strange:
            raise PolicyError(strange)
        return policy

    def to_dict(self) -> dict[str, Any]:
        """Every parameter, in a form that JSON takes: ``"*"`` or a list, and ``max_age`` in seconds.

        Lists are sorted and without duplicates or redundant patterns, so that equal policies have equal
        dictionaries. Origins are ``"*"`` where any is reflected, ``[]`` beside a regex or a function.
        ``allow_origin_func`` is the function itself, which JSON does not take.
        """
        origins = self.origins()
        reflect = self.settings.dangerously_reflect_any_origin
        dynamic = self.origin_check is not None  # which may not be beside "*"
        star = origins == ["*"] or (reflect and not dynamic)
        values: dict[str, Any] = {"allow_origins": "*" if star else origins}
        values.update(self.settings._asdict())
        for name, value in values.items():
            if isinstance(value, tuple):
                values[name] = "*" if value == ("*",) else list(value)
        return values

    def __setattr__(self, name: str, value: object) -> None:
        """Raise AttributeError for a parameter: a policy does not change."""
        if name in PARAMETERS:
            raise AttributeError(_FIXED.format(name=name, value=value))
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        """Raise AttributeError for a parameter: a policy does not change."""
        if name in PARAMETERS:
            raise AttributeError(_FIXED.format(name=name, value=None))
        super().__delattr__(name)

    def __eq__(self, other: object) -> bool:
        """Whether both allow the same, however that was spelled."""
        if not isinstance(other, Configured):
            return NotImplemented
        return (
            self.settings == other.settings
            and self.origin_count() == other.origin_count()
            and self.origins() == other.origins()
        )

    def __hash__(self) -> int:
        """A hash that does not go through the origins, of which there may be a million."""
        # Nor the function, which may be an object without one.
        return hash((self.settings._replace(allow_origin_func=None), self.origin_count()))

    def __repr__(self) -> str:
        """The parameters that are not the defaults, and the first few origins."""
        shown = []
        for name, value in self.to_dict().items():
            default = _DEFAULTS[name]
            if value == (list(default) if isinstance(default, tuple) else default):
                continue
            text = repr(value)
            if name == "allow_origins" and isinstance(value, list) and len(value) > _SHOWN_ORIGINS:
                first = ", ".join(map(repr, value[:_SHOWN_ORIGINS]))
                text = f"[{first}, ... {len(value) - _SHOWN_ORIGINS} more]"
            shown.append(f"{name}={text}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its configuration, and checked again when it comes back."""
        state = getattr(self, "__dict__", None)  # of a subclass
        return (type(self).from_dict, (self.to_dict(),), *([state] if state else []))

    def __copy__(self: _Self) -> _Self:
        """The policy itself: it never changes."""
        return self

    def __deepcopy__(self: _Self, memo: dict[int, Any]) -> _Self:
        """The policy itself: it never changes."""
        return self


class Policy(Configured, Engine):
    """Who may read the responses of a service from a script on another site, checked and compiled.

    A policy is built once and never changes. It may be shared between threads, pickled, compared, and
    turned back into its configuration: ``Policy.from_dict(policy.to_dict()) == policy``. All parameters
    are keywords. Wherever a list is expected, any iterable of ``str`` will do, and ``"*"`` means "any".

    Raises :class:`PolicyError` with everything that is wrong at once: each of its ``issues`` has a ``code``,
    the ``field``, the ``value``, a ``message`` and, where one is known, the corrected value as ``hint``.
    "Fetch" is https://fetch.spec.whatwg.org/.

    ``allow_origins`` (``"*"`` or an iterable of patterns; must be given)
        ``scheme://host[:port]`` as browsers send it (Fetch, section 3.2). ``*.`` as the leftmost label stands
        for one or more labels, never for none; ``:*`` stands for any port and for none.

        ======================================  ==========================================================
        permitted                               prohibited, and why
        ======================================  ==========================================================
        ``["https://example.com"]``             ``"https://example.com"``: a string, not a list
        ``["https://example.com:8443"]``        ``["https://example.com:443"]``: the default port
        ``["https://*.example.com"]``           ``["https://*example.com"]``, ``["https://a.*.com"]``
        ``["http://localhost:*"]``              ``["http://localhost:80*"]``, ``["http://*:8080"]``
        ``["https://xn--r8jz45g.jp"]``          ``["https://例え.jp"]``: browsers send punycode
        ``["http://127.0.0.1:8080"]``           ``["http://127.1"]``, ``["https://*.127.0.0.1"]``
        ``["http://[::1]:8080"]``               ``["http://[0:0:0:0:0:0:0:1]"]``: RFC 5952
        ``["chrome-extension://<id>"]``         ``["file://"]``: its origin is ``null``
        ``"*"``, ``["*"]``                      ``["*", "https://example.com"]``: ``*`` stands alone
                                                ``["https://Example.com"]``, ``["https://example.com/"]``
                                                ``["example.com"]``, ``["null"]``, ``[]``
        ======================================  ==========================================================

        With ``allow_credentials`` also prohibited: ``"*"``; ``http:`` origins that are neither ``localhost``
        names nor loopback addresses, since anyone on the network can speak for them; ``*.`` before a public
        suffix (``"https://*.github.io"``), since anyone can have a name there.
    ``allow_origin_regex`` (str or compiled pattern of str; default None)
        Allows what it matches as a whole, never a part, beside ``allow_origins``. ``google-re2`` matches where
        ``fastcors[re2]`` is installed; else ``re``, which is not given what can take long. It is asked about
        well-formed origins only (Fetch, section 3.2). Permitted: ``"https://pr-[0-9]+[.]example[.]com"``.
        Prohibited: look-around, back-references; with credentials what matches any site.
    ``allow_origin_func`` (a function of an origin, synchronous or asynchronous; default None)
        Is given a well-formed origin as ``str`` that neither a pattern nor the regex covers. ``True`` allows it,
        ``False`` does not, and neither does an exception, which is logged once for each class of exceptions. An
        asynchronous one needs the ASGI shim, or a server that awaits ``policy.origin_check.ask(origin)``.
    ``origin_cache_ttl`` (int or float of seconds or a ``timedelta``, 0 to 86400; default 60)
        How long the function's answer is kept; an error is kept a second at most. 0 keeps none.
    ``origin_cache_size`` (int, 1 to 1000000; default 4096)
        How many origins that the regex or the function allowed are remembered, and how many that they refused.
    ``origin_timeout`` (int or float of seconds or a ``timedelta``, more than 0, at most 86400; default None)
        How long an asynchronous function may take. What takes longer is cancelled, and means no for a second.
    ``allow_methods`` (``"*"`` or an iterable of methods; default none)
        GET, HEAD and POST always pass (Fetch, "CORS-safelisted method"). Case-sensitive: ``patch`` is not
        ``PATCH``; but DELETE, GET, HEAD, OPTIONS, POST and PUT are upper-cased, as Fetch does ("normalize").
        Permitted: ``["PUT", "delete", "PURGE"]``. Prohibited: CONNECT, TRACE and TRACK (Fetch, "forbidden
        method"); what is no token (RFC 9110, section 5.6.2); more than 64 bytes.
    ``allow_headers`` (``"*"`` or an iterable of request header names in any letter case; default none)
        Without credentials ``*`` does not cover ``Authorization`` (Fetch, "CORS non-wildcard request-header
        name"); name it too: ``["*", "Authorization"]``. Permitted: ``["Content-Type", "X-Api-Key"]``.
        Prohibited: ``Cookie``, ``Host``, ``Sec-...``, ``Proxy-...`` and the others that only the browser sets
        (Fetch, "forbidden request-header"); ``Access-Control-Allow-...`` and other response headers.
    ``expose_headers`` (``"*"`` or an iterable of response header names in any letter case; default none)
        What scripts may read beyond Fetch's "CORS-safelisted response-header name". With credentials ``"*"``
        lists the names that each response carries, as browsers take ``*`` literally then. Permitted:
        ``["ETag", "X-Total-Count"]``. Prohibited: ``Set-Cookie``, ``Set-Cookie2`` (Fetch, "forbidden
        response-header name"); names of requests only, such as ``Origin``, ``Cookie``, ``If-Match``.
    ``allow_credentials`` (bool; default False)
        Whether requests may carry cookies, client certificates and HTTP authentication.
    ``max_age`` (int of seconds or a ``timedelta`` of whole ones, 0 to 86400; default None)
        How long a browser may keep the answer to a preflight. ``None`` leaves the header out: five seconds
        (Fetch, "CORS-preflight fetch"). 0 turns that cache off. Firefox keeps 86400 s at most, Chromium 7200,
        WebKit 600.
    ``allow_private_network`` (bool; default False)
        Whether a public site may ask a service in a private network (Private Network Access, a draft that browsers
        have given up for Local Network Access, which needs no header).
    ``timing_allow_origin`` (bool, ``"*"`` or an iterable of origins; default False)
        Who may read detailed timings (Fetch, "TAO check"). ``True``: allowed origins, where a request says its
        own. A list, or ``"*"``: those, on every response, as images and scripts are asked for without ``Origin``.
        Permitted: ``["https://rum.example"]``. Prohibited: patterns, and more than 2048 bytes.
    ``disclose`` (``"full"`` or ``"minimal"``; default ``"full"``)
        Whether an accepted preflight names all allowed methods and headers, which lets browsers keep more in
        their cache, or just those that were asked for.
    ``preflight_status`` (int, any 2xx; default 204)
        The status of accepted preflights (Fetch: "ok status").
    ``preflight_failure_status`` (int, any 4xx or 2xx; default 403)
        The status of refused preflights, which carry no CORS header and so fail with any status.
    ``debug`` (bool; default False)
        Whether a refused preflight says why: in its body, and in the browser's console unless the origin was the
        reason. It stays refused.
    ``dangerously_allow_insecure_origins`` (bool; default False)
        Lets ``http:`` origins be listed in spite of credentials.
    ``dangerously_allow_public_suffixes`` (bool; default False)
        Lets ``*.`` stand before a public suffix in spite of credentials.
    ``dangerously_allow_null_origin`` (bool; default False)
        Allows the origin ``null``, which any sandboxed frame has. ``"null"`` may be listed then, or not.
    ``dangerously_reflect_any_origin`` (bool; default False)
        Allows every well-formed origin, with credentials too, by sending it back. ``allow_origins`` is
        checked, but makes no difference, and may be left out.
    """

    __slots__ = ()
