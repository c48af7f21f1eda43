"""The engine in pure Python: the oracle of the tests, and the fallback where there is no native one.

It has the same names as ``fastcors._core`` and is written for reading. A request goes through in one
direction: ``find`` finds the values that matter, the Engine decides (``match`` and
``decide`` check), and the Decision writes (``decision`` and ``merge``).
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NoReturn, TypeVar

from fastcors._config.settings import Settings
from fastcors._dynamic.oracle import ASYNCHRONOUS, OriginCheck, check_of
from fastcors._twin import write
from fastcors._twin.decide import check_headers, check_method
from fastcors._twin.decision import Decision, Facts, make
from fastcors._twin.find import (
    MAX_ELEMENT_OWS,
    MAX_EMPTY_ELEMENTS,
    MAX_HEADER_BYTES,
    MAX_HEADER_NAMES,
    MAX_LINES,
    MAX_METHOD,
    MAX_ORIGIN,
    Request,
    check,
    is_a,
    is_true,
    items,
    raw,
    request_of_environ,
    request_of_headers,
    request_of_scope,
)
from fastcors._twin.match import Origins, parse, sift
from fastcors.decision import Reason
from fastcors.errors import BufferTooSmallError

__all__ = [
    "MAX_ELEMENT_OWS",
    "MAX_EMPTY_ELEMENTS",
    "MAX_HEADER_BYTES",
    "MAX_HEADER_NAMES",
    "MAX_LINES",
    "MAX_METHOD",
    "MAX_ORIGIN",
    "Decision",
    "Engine",
    "sift",
]

_Self = TypeVar("_Self", bound="Engine")


class Engine:
    """A compiled policy. Immutable, and safe to share between threads.

    ``settings`` and ``origins`` are checked already; what is no origin pattern at all raises ValueError.
    ``origins`` may be ``["*"]``. Exact origins that a pattern covers, and duplicates, are dropped.
    """

    __slots__ = ("_origin_check", "_origins", "_settings")
    _origin_check: OriginCheck | None
    _origins: Origins
    _settings: Settings

    def __new__(cls: type[_Self], settings: Settings, origins: Sequence[str]) -> _Self:
        if not isinstance(settings, Settings):
            raise TypeError(f"settings must be Settings, not {type(settings).__name__}")
        self = object.__new__(cls)
        object.__setattr__(self, "_settings", settings)
        object.__setattr__(self, "_origins", Origins(origins, settings.dangerously_reflect_any_origin))
        object.__setattr__(self, "_origin_check", check_of(settings))
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __reduce__(self) -> tuple[type[Engine], tuple[Settings, list[str]]]:
        return type(self), (self.settings, self.origins())

    @property
    def settings(self) -> Settings:
        """Everything that the policy says but its origins."""
        return self._settings

    @property
    def origin_check(self) -> OriginCheck | None:
        """What is asked about an origin that no pattern covers; None where there is no regex and no function."""
        return self._origin_check

    def origins(self) -> list[str]:
        """Return the origin patterns, sorted; a new list."""
        return list(self._origins.patterns)

    def origin_count(self) -> int:
        """Return the number of origin patterns, without making a list of them."""
        return len(self._origins.patterns)

    def decide(
        self,
        method: str | bytes,
        origin: str | bytes | None,
        request_method: str | bytes | None = None,
        request_headers: str | bytes | Sequence[str | bytes] | None = None,
        *,
        request_private_network: str | bytes | None = None,
        origin_granted: bool | None = None,
    ) -> Decision:
        """Decide on a request, given as its method and the values of its Origin and Access-Control-Request-*.

        None stands for an absent header. TypeError for wrong types; whatever a client sends raises nothing.

        ``origin_granted`` is the answer of ``await policy.origin_check.ask(origin)``. Where it is None the policy
        asks by itself, which raises TypeError with an asynchronous function.
        """
        request = Request(method, origin, request_method, request_headers, request_private_network)  # type: ignore[arg-type]
        check(request)
        return self._decide(self._asked(request, origin_granted))

    def decide_asgi(self, scope: Mapping[str, Any], /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of an ASGI "http" scope."""
        return self._decide(self._asked(request_of_scope(scope), origin_granted))

    def decide_wsgi(self, environ: Mapping[str, Any], /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of a WSGI environ."""
        return self._decide(self._asked(request_of_environ(environ), origin_granted))

    def response_headers(self, headers: object, /) -> tuple[tuple[bytes, bytes], ...]:
        """Return the CORS headers for the response to an actual request with these ASGI headers."""
        return tuple(self._decide(self._asked(request_of_headers(headers), None)).headers)

    def is_origin_allowed(self, origin: str | bytes | None, /) -> bool:
        """Return whether the policy allows this origin. An absent one (None) is not allowed."""
        request = Request("GET", origin)
        check(request)
        request = self._asked(request, None)
        return origin is not None and self._check_origin(request) is Reason.OK

    def write_into(
        self,
        buffer: Any,
        offset: int,
        method: str | bytes,
        origin: str | bytes | None,
        request_method: str | bytes | None = None,
        request_headers: str | bytes | Sequence[str | bytes] | None = None,
        *,
        request_private_network: str | bytes | None = None,
    ) -> int:
        """Write ``Decision.block`` into the buffer from the offset on; return the number of bytes.

        BufferTooSmallError where it does not fit: nothing is written then. ValueError for an offset
        outside the buffer, TypeError for a buffer that is not writable contiguous bytes.
        """
        start = operator.index(offset)
        network = request_private_network
        with _writable(buffer) as view:
            decision = self.decide(method, origin, request_method, request_headers, request_private_network=network)
            if not 0 <= start <= len(view):
                raise ValueError(f"offset {start} is outside the buffer of {len(view)} bytes")
            block = decision.block
            if len(block) > len(view) - start:
                raise BufferTooSmallError(len(block), len(view) - start)
            with view[start : start + len(block)] as target:
                BytesIO(block).readinto(target)  # a slice assignment would refuse ctypes' char formats
        return len(block)

    def _asked(self, request: Request, granted: bool | None) -> Request:
        """Return the request with the answer of the regex or function, where the patterns do not settle it."""
        if granted is not None and not isinstance(granted, bool):
            raise TypeError(f"origin_granted must be True, False or None, not {type(granted).__name__}")
        asks = self._origin_check
        if asks is None:
            return request
        if granted is None:
            if asks.is_async:
                raise TypeError(ASYNCHRONOUS)
            if request.origin is None or self._check_origin(request) is not Reason.ORIGIN_NOT_ALLOWED:
                return request
            lines = request.request_headers
            if is_a(lines, list):  # what is asked may change the caller's list
                request = request._replace(request_headers=items(lines, MAX_LINES))
            granted = asks.allows(raw(request.origin, MAX_ORIGIN).decode("latin-1"))
        return request._replace(granted=granted)

    def _decide(self, request: Request) -> Decision:
        origin, asked = request.origin, request.request_method
        if origin is None:
            headers = self._actual_headers(None, cors=False)
            return make(Facts(self, "none", Reason.NOT_CORS, None, headers, origin, asked))
        if asked is not None and raw(request.method, MAX_METHOD) == b"OPTIONS":
            return self._decide_preflight(request, origin, asked)
        reason = self._check_origin(request)
        headers = self._actual_headers(_exact(origin) if reason is Reason.OK else None)
        return make(Facts(self, "actual", reason, None, headers, origin, asked))

    def _check_origin(self, request: Request) -> Reason:
        assert request.origin is not None  # noqa: S101 - the caller has seen to it
        if request.several_origins:
            return Reason.ORIGIN_MULTIPLE
        origin = raw(request.origin, MAX_ORIGIN)
        if not origin or len(origin) > MAX_ORIGIN:
            return Reason.ORIGIN_MALFORMED
        text = origin.decode("latin-1")
        origins = self._origins
        if text in origins.exact:
            return Reason.OK
        if text == "null":
            allowed = self._settings.dangerously_allow_null_origin or origins.any_origin
            return Reason.OK if allowed else Reason.ORIGIN_NULL
        parsed = parse(text)
        if parsed is None:
            return Reason.ORIGIN_MULTIPLE if "," in text else Reason.ORIGIN_MALFORMED
        if origins.any_origin or (parsed.strict and (origins.reflect or request.granted)):
            return Reason.OK
        if origins.is_covered(parsed):
            return Reason.OK
        return Reason.ORIGIN_NOT_ALLOWED

    def _actual_headers(self, origin: bytes | None, cors: bool = True) -> write.Headers:
        return write.actual(self._settings, self._origins.any_origin, origin, cors)

    def _decide_preflight(self, request: Request, origin: str | bytes, asked: str | bytes) -> Decision:
        settings = self._settings
        reason, earned, offender = self._check_preflight(request, origin, asked)
        status = settings.preflight_status
        if reason is not Reason.OK:
            if not settings.debug:
                status, earned = settings.preflight_failure_status, []
            elif status in (204, 205):
                status = 200  # these two have no body
        headers = earned + write.preflight_vary(settings, self._origins.any_origin)
        return make(Facts(self, "preflight", reason, status, headers, origin, asked, offender))

    def _check_preflight(
        self, request: Request, origin: str | bytes, asked: str | bytes
    ) -> tuple[Reason, write.Headers, bytes]:
        """Return the reason, the headers earned up to the first failure, and the header name that failed.

        Only what a browser can cause earns anything: an earned header could let a request that was garbled
        on its way through, which is refused without debug.
        """
        settings = self._settings
        earned: write.Headers = []
        reason = self._check_origin(request)
        if reason is not Reason.OK:
            return reason, earned, b""
        earned += write.allow_origin(settings, b"*" if self._origins.any_origin else _exact(origin))
        method = raw(asked, MAX_METHOD)
        # A browser sends one requested method. Of several none is believed.
        reason = Reason.METHOD_MALFORMED if request.several_methods else check_method(method, settings)
        if reason is Reason.METHOD_NOT_ALLOWED:
            # With no list of methods Fetch lets a request with an upload listener go on, whatever its method.
            return reason, [*earned, (write.ACAM, b", ".join(write.SAFELISTED))], b""
        if reason is not Reason.OK:
            return reason, [], b""
        earned += write.allow_methods(settings, method)
        found = check_headers(request.request_headers, settings)
        if found.reason is Reason.HEADER_NOT_ALLOWED:
            return found.reason, earned + write.requested_headers(found.names), found.offender
        if found.reason is not Reason.OK:
            return found.reason, [], found.offender
        earned += write.allow_headers(settings, found.names)
        private = is_true(request.request_private_network)
        if private and not settings.allow_private_network:
            return Reason.PRIVATE_NETWORK_NOT_ALLOWED, earned, b""
        earned += write.max_age(settings)
        if private:
            earned.append((write.ACAPN, b"true"))
        return Reason.OK, earned, b""


def _exact(origin: str | bytes) -> bytes:
    """Return the bytes of an allowed origin: the caller's own object where it is exact bytes."""
    return origin if type(origin) is bytes else raw(origin, MAX_ORIGIN)


def _writable(buffer: Any) -> memoryview:
    """Return a view of a writable, contiguous buffer of one-byte items."""
    try:
        view = memoryview(buffer)
    except (TypeError, BufferError):
        raise TypeError(f"buffer must be writable contiguous bytes, not {type(buffer).__name__}") from None
    if view.readonly or not view.c_contiguous or view.itemsize != 1 or view.ndim != 1:
        raise TypeError("buffer must be writable contiguous bytes")
    return view
