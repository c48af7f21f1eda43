"""``Policy``: configuration in, everything checked once, compiled.

This is where bad configuration is found, and nowhere else. Everything that is wrong is reported at once.
"""

from __future__ import annotations

from fastcors._config.readable import PARAMETERS, LazySignature, Readable, to_json
from fastcors._engine import Engine, sift

TYPE_CHECKING = False  # typing is not loaded for it, as fastcors._config.readable says

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal, NoReturn, TypeVar, final

    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters
    from fastcors.decision import Outcome, Reason, Requested

    _Engine = Engine
    _Self = TypeVar("_Self", bound="Configured")
    _MultiDict = TypeVar("_MultiDict", bound=Any)

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
        def headers_str_lower(self) -> list[tuple[str, str]]:
            """The headers to send as RSGI has them, lower-case names; a new list each time."""

        @property
        def hpack(self) -> bytes:
            """The headers to send as HTTP/2 field lines (HPACK); of a preflight all of its response, ``:status`` first.

            They can be put behind any field block of a connection.
            """

        @property
        def qpack(self) -> bytes:
            """The headers to send as an HTTP/3 field section (QPACK), which is whole: prefix, then ``qpack_lines``."""

        @property
        def qpack_lines(self) -> bytes:
            """The headers to send as HTTP/3 field lines (QPACK) without a section's prefix; otherwise as ``hpack``."""

        @property
        def asgi_messages(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
            """The two messages of the ASGI response to a preflight, new ones each time; None for other requests."""

        @property
        def rsgi_response(self) -> tuple[int, list[tuple[str, str]]] | None:
            """The status and headers of the RSGI response to a preflight; None for other requests."""

        @property
        def response(self) -> bytes | None:
            """The complete HTTP/1.1 response to a preflight, its body included; None for other kinds of requests."""

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
            """What a preflight requests; None for other requests."""

        @property
        def detail(self) -> str:
            """The value that was refused, escaped, at most 256 characters; empty where there is none."""

        @property
        def policy(self) -> Policy:
            """The policy that decided."""

        @property
        def outcome(self) -> Outcome:
            """What the policy said, with nothing of the request; the same object for all requests with this reason."""

        def explain(self) -> str:
            """Say in a few plain sentences what was decided, why, and which parameter changes it."""

        def merge_asgi(
            self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> list[tuple[bytes, bytes]]:
            """Return a new ASGI header list: the application's, Vary merged, and the policy's after them."""

        def merge_rsgi(
            self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> list[tuple[str, str]]:
            """Return a new RSGI header list, merged as :meth:`merge_asgi` does: the policy's names in lower case."""

        def merge_wsgi(
            self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> list[tuple[str, str]]:
            """Return a new WSGI header list, merged as :meth:`merge_asgi` does."""

        def merge_multidict(
            self, headers: _MultiDict, /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> _MultiDict:
            """Return a copy of a multidict of str, merged as :meth:`merge_asgi` does; the given one stays as it is.

            It can be iterated, has ``items``, ``copy``, ``clear`` and ``add``, and ignores the letter case of names.
            """

        def merge_head(
            self, head: bytes | bytearray | memoryview, /, *, on_conflict: Literal["replace", "keep"] = "replace"
        ) -> bytes:
            """Return the head of an HTTP/1 response, as it came over the wire, merged as :meth:`merge_asgi` does.

            It ends with its empty line. ValueError for what is no such head.
            """
else:
    from fastcors._engine import Decision

    _Engine = object  # the mixin goes before any engine; the tests use it with both

__all__ = ["Configured", "Decision", "Policy"]

_SHOWN_ORIGINS = 8

_FIXED = (
    "a policy does not change: make another one, Policy.from_dict({{**policy.to_dict(), {name!r}: {value!r:.100}}})"
)


def _check_positional(cls: type, positional: tuple[object, ...]) -> None:
    """Raise TypeError for arguments without their names, which say what they mean."""
    if not positional:
        return
    from collections.abc import Mapping

    first = positional[0]
    if isinstance(first, Mapping):
        advice = f"{cls.__name__}.from_dict(mapping) takes a mapping of parameters"
    else:
        origins = [first] if isinstance(first, str) and first != "*" else first
        shown = f"{origins!r:.100}" if isinstance(origins, (str, list, tuple)) else "[...]"
        advice = f"write {cls.__name__}(allow_origins={shown})"
    raise TypeError(f"every parameter of a policy is given by its name: {advice}")


class Configured(Readable, _Engine):
    """What makes a policy of an engine: keyword parameters, checks, and the way back to a configuration."""

    __slots__ = ()

    def __new__(cls: type[_Self], /, *positional: NoReturn, **parameters: Unpack[PolicyParameters]) -> _Self:
        """Check everything and compile it. Raises PolicyError with all that is wrong."""
        _check_positional(cls, positional)
        given: Mapping[Any, object] = parameters
        return cls._made(given)

    @classmethod
    def from_dict(cls: type[_Self], mapping: Mapping[str, Any]) -> _Self:
        """A policy from a mapping of parameters, as from JSON or TOML. Raises PolicyError.

        The mapping says everything: a ``__new__`` that a subclass may have is not called.
        """
        from collections.abc import Mapping

        if not isinstance(mapping, Mapping):
            from fastcors.errors import PolicyError, PolicyIssue

            message = f"expected a mapping of parameters, not {type(mapping).__name__}"
            message += "; json.loads makes one of JSON text" if isinstance(mapping, (str, bytes)) else ""
            raise PolicyError([PolicyIssue("wrong-type", "configuration", mapping, message)])
        return cls._made(mapping)

    @classmethod
    def _made(cls: type[_Self], given: Mapping[Any, object]) -> _Self:
        from fastcors._config.parameters import made_of

        return super().__new__(cls, *made_of(given, sift))

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
        values = {**self.settings._asdict(), "allow_origins": ("*",) if star else tuple(origins)}
        return {name: to_json(values[name]) for name in PARAMETERS}

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
        """Whether both allow the same and have the same name, however that was spelled."""
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
        from fastcors._config.parameters import TABLE

        shown = []
        values = self.to_dict()
        for parameter in TABLE:
            name, value = parameter.name, values[parameter.name]
            if value == to_json(parameter.default):
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


Configured.__signature__ = LazySignature(Configured.__new__, "Policy")  # type: ignore[attr-defined]


class Policy(Configured, Engine):
    """Who may read the responses of a service from a script on another site, checked and compiled.

    A policy is built once and never changes. It may be shared between threads, pickled, compared, and
    turned back into its configuration: ``Policy.from_dict(policy.to_dict()) == policy``. All parameters
    are keywords. Wherever a list is expected, any iterable of ``str`` will do, and ``"*"`` means "any".

    Raises :class:`PolicyError` with everything that is wrong at once: each of its ``issues`` has a ``code``,
    the ``field``, the ``value``, a ``message`` and, where one is known, the corrected value as ``hint``.
    What each parameter goes by is named with its section: of Fetch (https://fetch.spec.whatwg.org/) and of RFC 9110
    (https://www.rfc-editor.org/rfc/rfc9110) mostly. One that has no section is of fastcors alone.

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
        ``["http://[::1]:8080"]``               ``["http://[0:0:0:0:0:0:0:1]"]``: RFC 5952, section 4
        ``["chrome-extension://<id>"]``         ``["file://"]``: its origin is ``null``
        ``"*"``, ``["*"]``                      ``["*", "https://example.com"]``: ``*`` stands alone
                                                ``["https://Example.com"]``, ``["https://example.com/"]``
                                                ``["example.com"]``, ``["null"]``, ``[]``
        ======================================  ==========================================================

        With ``allow_credentials`` also prohibited: ``"*"`` (Fetch, section 3.3.5); ``http:`` origins that are neither
        ``localhost`` names (RFC 6761, section 6.3) nor loopback addresses, since anyone on the network can speak for
        them; ``*.`` before a public suffix (https://publicsuffix.org/, ``"https://*.github.io"``), since anyone can
        have a name there.
    ``allow_origin_regex`` (str or compiled pattern of str; default None)
        Allows what it matches as a whole, never a part, beside ``allow_origins``. ``google-re2`` matches where
        ``fastcors[re2]`` is installed; else ``re``, which is not given what can take long. It is asked about
        well-formed origins only (Fetch, section 3.2). Permitted: ``"https://pr-[0-9]+[.]example[.]com"``.
        Prohibited: look-around, back-references; with credentials what matches any site.
    ``allow_origin_func`` (a function of an origin, or of it and the request, synchronous or asynchronous; default None)
        Is given a well-formed origin (Fetch, section 3.2) as ``str`` that neither a pattern nor the regex covers.
        ``True`` allows it, ``False`` does not, and neither does an exception, which is logged once for each class of
        exceptions. An asynchronous one needs the ASGI shim, or a server that awaits
        ``policy.origin_check.ask(origin)``.
    ``vary`` (an iterable of request header names, ":method", ":path" and ":authority"; default none)
        What the function sees of the request beside its origin: a :class:`DeclaredRequest`, its second argument. Its
        answers are remembered by origin and these values, and the names of headers are in ``Vary`` (RFC 9110, section
        12.5.5). Permitted: ``[":authority", "X-Tenant"]``. Prohibited: ``"*"``; with a function of an origin alone.
    ``origin_cache_ttl`` (int or float of seconds or a ``timedelta``, 0 to 86400; default 60)
        How long what the function says is kept; an error is kept a second at most. 0 keeps none.
    ``origin_cache_size`` (int, 1 to 1000000; default 4096)
        How many origins that the regex or the function allowed are remembered, and how many that they refused.
    ``origin_timeout`` (int or float of seconds or a ``timedelta``, more than 0, at most 86400; default None)
        How long an asynchronous function may take. What takes longer is cancelled, and means no for a second.
    ``allow_methods`` (``"*"`` or an iterable of methods; default none)
        GET, HEAD and POST always pass (Fetch, section 2.2.1, "CORS-safelisted method"). Case-sensitive (RFC 9110,
        section 9.1): ``patch`` is not ``PATCH``; but DELETE, GET, HEAD, OPTIONS, POST and PUT are upper-cased (Fetch,
        section 2.2.1, "normalize"). Permitted: ``["PUT", "delete", "PURGE"]``. Prohibited: CONNECT, TRACE and TRACK
        (Fetch, section 2.2.1, "forbidden method"); what is no token (RFC 9110, section 5.6.2); more than 64 bytes.
    ``allow_headers`` (``"*"`` or an iterable of request header names in any letter case; default none)
        Without credentials ``*`` does not cover ``Authorization`` (Fetch, section 2.2.2, "CORS non-wildcard
        request-header name"); name it too: ``["*", "Authorization"]``. Permitted: ``["Content-Type", "X-Api-Key"]``.
        Prohibited: ``Cookie``, ``Host``, ``Sec-...``, ``Proxy-...`` and the others that only the browser sets (Fetch,
        section 2.2.2, "forbidden request-header"); ``Access-Control-Allow-...`` and other response headers; what is
        no token (RFC 9110, section 5.1).
    ``expose_headers`` (``"*"`` or an iterable of response header names in any letter case; default none)
        What scripts may read beyond what they always may (Fetch, section 2.2.2, "CORS-safelisted response-header
        name"). With credentials ``"*"`` lists the names that each response carries, as browsers take ``*`` literally
        then (Fetch, section 3.3.5). Permitted: ``["ETag", "X-Total-Count"]``. Prohibited: ``Set-Cookie``,
        ``Set-Cookie2`` (Fetch, section 2.2.2, "forbidden response-header name"); names of requests only, such as
        ``Origin``, ``Cookie``, ``If-Match``.
    ``allow_credentials`` (bool; default False)
        Whether requests may carry cookies, client certificates and HTTP authentication (Fetch, section 3.3.5).
    ``max_age`` (int of seconds or a ``timedelta`` of whole ones, 0 to 86400; default None)
        How long a browser may keep the answer to a preflight. ``None`` leaves the header out: five seconds
        (Fetch, section 4.8). 0 turns that cache off. Whole seconds (RFC 9111, section 1.2.2). Firefox keeps 86400 s
        at most, Chromium 7200, WebKit 600.
    ``allow_private_network`` (bool; default False)
        Whether a public site may ask a service in a private network (https://wicg.github.io/private-network-access/,
        section 3.1: a draft that browsers have given up for Local Network Access, which needs no header).
    ``timing_allow_origin`` (bool, ``"*"`` or an iterable of origins; default False)
        Who may read detailed timings (Fetch, section 4.11, "TAO check"). ``True``: allowed origins, where a request
        says its own. A list, or ``"*"``: those, on every response, as images and scripts are requested without
        ``Origin``. Permitted: ``["https://rum.example"]``. Prohibited: patterns, and more than 2048 bytes.
    ``disclose`` (``"full"`` or ``"minimal"``; default ``"full"``)
        Whether an accepted preflight names all allowed methods and headers, which lets browsers keep more in
        their cache, or just those that were requested.
    ``preflight_status`` (int, any 2xx; default 204)
        The status of accepted preflights (Fetch, section 4.8, wants an "ok status").
    ``preflight_failure_status`` (int, any 4xx or 2xx; default 403)
        The status of refused preflights, which carry no CORS header and so fail with any status (Fetch, section 4.10).
    ``name`` (str of 1 to 100 printable characters; default None)
        What the policy is called in logs, and in the :class:`Outcome` that an application is told.
    ``debug`` (bool; default False)
        Whether a refused preflight says why: in its body, and in the browser's console unless the origin was the
        reason. It stays refused.
    ``dangerously_allow_insecure_origins`` (bool; default False)
        Lets ``http:`` origins be listed in spite of credentials.
    ``dangerously_allow_public_suffixes`` (bool; default False)
        Lets ``*.`` stand before a public suffix in spite of credentials.
    ``dangerously_allow_null_origin`` (bool; default False)
        Allows the origin ``null`` (Fetch, section 3.2), which any sandboxed frame has. ``"null"`` may be listed then,
        or not.
    ``dangerously_reflect_any_origin`` (bool; default False)
        Allows every well-formed origin, with credentials too, by sending it back. ``allow_origins`` is
        checked, but makes no difference, and may be left out.
    """

    __slots__ = ()
