"""The engine in pure Python: the oracle of the tests, and the fallback where there is no native one.

It has the same names as ``fastcors._core`` and is written for reading. A request goes through in one direction, and
each step is a module: ``find`` makes a Request of what a server has, ``decide`` turns it into a Verdict, ``write``
turns that into headers. ``Decision`` shows all three to a caller.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, SupportsIndex, TypeVar

from fastcors._config.functions import ASYNCHRONOUS
from fastcors._config.plan import Plan, check_plan
from fastcors._config.settings import Settings
from fastcors._dynamic.oracle import Given, OriginCheck
from fastcors._dynamic.start import check_of
from fastcors._grammar import (
    MAX_ELEMENT_OWS,
    MAX_EMPTY_ELEMENTS,
    MAX_HEADER_BYTES,
    MAX_HEADER_NAMES,
    MAX_LINES,
    MAX_METHOD,
    MAX_ORIGIN,
    MAX_PATH,
    MAX_SEGMENTS,
    is_loose_origin,
)
from fastcors._header_list import readable
from fastcors._twin.counts import Counts
from fastcors._twin.decide import decide, match_origin
from fastcors._twin.decision import Decision, Facts, make
from fastcors._twin.find import (
    Request,
    request_of_environ,
    request_of_h2,
    request_of_headers,
    request_of_mapping,
    request_of_pairs,
    request_of_rsgi,
    request_of_scope,
    request_of_values,
)
from fastcors._twin.head import read_head
from fastcors._twin.into import room, write_into_room
from fastcors._twin.match import Origins, sift
from fastcors.decision import Outcome, Reason, Written, outcomes_of
from fastcors.declared import DeclaredRequest

__all__ = [
    "MAX_ELEMENT_OWS",
    "MAX_EMPTY_ELEMENTS",
    "MAX_HEADER_BYTES",
    "MAX_HEADER_NAMES",
    "MAX_LINES",
    "MAX_METHOD",
    "MAX_ORIGIN",
    "MAX_PATH",
    "MAX_SEGMENTS",
    "Decision",
    "Engine",
    "sift",
]

_Self = TypeVar("_Self", bound="Engine")
_See = Callable[[OriginCheck], DeclaredRequest | None]


class Engine:
    """A plan and a list of origins, ready to decide. Immutable, and safe to share between threads.

    The configuration that they come from is checked already, and ``settings`` is what it was, which the engine itself
    does not read. What is no origin pattern at all raises ValueError. ``origins`` may be ``["*"]``. Exact origins that
    a pattern covers, and duplicates, are dropped.
    """

    __slots__ = ("_counts", "_origin_check", "_origins", "_outcomes", "_plan", "_settings")
    _counts: Counts
    _origin_check: OriginCheck | None
    _origins: Origins
    _outcomes: dict[Reason, Outcome]
    _plan: Plan
    _settings: Settings

    def __new__(cls: type[_Self], plan: Plan, origins: Sequence[str], settings: Settings | None = None) -> _Self:
        if not isinstance(plan, Plan):
            raise TypeError(f"plan must be Plan, not {type(plan).__name__}")
        check_plan(plan)
        self = object.__new__(cls)
        object.__setattr__(self, "_plan", plan)
        hosts = plan.bare_allowed is not None
        object.__setattr__(self, "_origins", Origins(origins, whole=plan.listed_whole, bare=hosts))
        object.__setattr__(self, "_settings", Settings() if settings is None else settings)
        object.__setattr__(self, "_origin_check", check_of(plan))
        object.__setattr__(self, "_outcomes", {outcome.reason: outcome for outcome in outcomes_of(plan.name)})
        object.__setattr__(self, "_counts", Counts())
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._plan, self.origins(), self._settings)

    @property
    def plan(self) -> Plan:
        """What an answer consists of in each case."""
        return self._plan

    @property
    def settings(self) -> Settings:
        """The configuration that the plan comes from; of a policy everything that it says but its origins."""
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

    def counts(self) -> dict[Reason, int]:
        """Return how many decisions there were by reason, of those that are counted; a new dictionary."""
        return self._counts.by_reason()

    def _count(self, reason: Reason) -> None:
        """Count a decision."""
        self._counts.add(reason)

    def decide(
        self,
        method: str | bytes,
        origin: str | bytes | None,
        request_method: str | bytes | None = None,
        request_headers: str | bytes | Sequence[str | bytes] | None = None,
        *,
        request_private_network: str | bytes | None = None,
        origin_granted: bool | None = None,
        request: Given = None,
    ) -> Decision:
        """Decide on a request, given as its method and the values of its Origin and Access-Control-Request-*.

        None stands for an absent header. TypeError for wrong types; whatever a client sends raises nothing.

        ``origin_granted`` is what ``await policy.origin_check.ask(origin)`` returns. Where it is None the policy
        asks by itself, which raises TypeError with an asynchronous function. ``request`` has what the policy's ``vary``
        declares beside the method, where it declares something: ``{":authority": "api.example.com"}``.
        """
        found = request_of_values(method, origin, request_method, request_headers, request_private_network)
        return self._decide(found, origin_granted, lambda check: check.request_of(method, request))

    def decide_asgi(self, scope: Mapping[str, Any], /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of an ASGI "http" scope."""
        if self._plan.vary and hasattr(scope, "get"):
            scope = {**scope, "headers": readable(scope.get("headers"))}
        found = request_of_scope(scope)
        return self._decide(found, origin_granted, lambda check: check.request_of_scope(scope, scope["headers"]))

    def decide_pairs(
        self,
        method: str | bytes,
        headers: object,
        /,
        *,
        origin_granted: bool | None = None,
        path: str | bytes | None = None,
    ) -> Decision:
        """Decide on a request, given as its method and its header fields: pairs of bytes or str, in order.

        Names may be in any letter case, and ``headers`` any iterable. TypeError for wrong types. ``path`` is the
        decoded path, where the policy's ``vary`` declares that.
        """
        headers = readable(headers) if self._plan.vary else headers
        found = request_of_pairs(method, headers)
        return self._decide(found, origin_granted, lambda check: check.request_of_pairs(method, path, headers))

    def decide_head(
        self,
        head: Any,
        start: SupportsIndex = 0,
        end: SupportsIndex | None = None,
        /,
        *,
        method: str | bytes | None = None,
        path: str | bytes | None = None,
        origin_granted: bool | None = None,
    ) -> Decision:
        """Decide on a request, given as its head as it came over the wire, in HTTP/1.1 or 1.0.

        ``head[start:end]``, of ``bytes``, a ``bytearray`` or a ``memoryview``, begins with the request line or, where
        ``method`` is given, with the first field line. It goes on to the empty line, and what comes after that is not
        looked at. A head that is cut or malformed (RFC 9112, sections 3 and 5) is no CORS request. TypeError for wrong
        types; ``path`` is the decoded path, where the policy's ``vary`` declares that.
        """
        found = read_head(head, start, end, method)
        return self._decide(
            request_of_pairs(found.method, found.pairs),
            origin_granted,
            lambda check: check.request_of_pairs(found.method, path, found.pairs),
        )

    def decide_mapping(
        self,
        method: str | bytes,
        headers: Any,
        /,
        *,
        origin_granted: bool | None = None,
        path: str | bytes | None = None,
    ) -> Decision:
        """Decide on a request, given as its method and a mapping of its header fields.

        The mapping has ``getall``, ``get_list``, ``getlist`` or ``get_all`` and ignores the letter case of names; or it
        has ``get`` alone; or it is a dictionary, in which names may be in any letter case and a list or tuple has an
        item for each line. TypeError for wrong types. ``path`` is the decoded path, where the policy's ``vary``
        declares that.
        """
        found = request_of_mapping(method, headers)
        return self._decide(found, origin_granted, lambda check: check.request_of_mapping(method, path, headers))

    def decide_h2(
        self, headers: object, /, *, origin_granted: bool | None = None, path: str | bytes | None = None
    ) -> Decision:
        """Decide on a request, given as its header list in HTTP/2 or HTTP/3: pairs of bytes or str in order.

        It begins with the pseudo-header fields; without exactly one ``:method`` it is no preflight. TypeError for what
        is no list of pairs. ``path`` is the decoded path, by default that of ``:path``.
        """
        pairs: Any = readable(headers)
        found = request_of_h2(pairs)
        return self._decide(found, origin_granted, lambda check: check.request_of_h2(path, pairs))

    def decide_rsgi(self, scope: Any, /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of an RSGI scope."""
        return self._decide(request_of_rsgi(scope), origin_granted, lambda check: check.request_of_rsgi(scope))

    def decide_wsgi(self, environ: Mapping[str, Any], /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of a WSGI environ."""
        return self._decide(
            request_of_environ(environ), origin_granted, lambda check: check.request_of_environ(environ)
        )

    def response_headers(self, headers: object, /) -> tuple[tuple[bytes, bytes], ...]:
        """Return the CORS headers for the response to an actual request with these ASGI headers.

        TypeError where the policy's ``vary`` declares the method or the path.
        """
        headers = readable(headers) if self._plan.vary else headers
        found = request_of_headers(headers)
        return tuple(self._decide(found, None, lambda check: check.request_of_headers(headers)).headers)

    def is_origin_allowed(self, origin: str | bytes | None, /) -> bool:
        """Return whether the policy allows this origin. An absent one (None) is not allowed.

        TypeError where the policy has ``vary``: ``decide`` takes the request.
        """
        found = request_of_values("GET", origin, None, None, None)
        found = self._ask(found, None, lambda check: check.request_of(None, None))
        return found.origin is not None and match_origin(self._plan, self._origins, found) is Reason.OK

    def write_into(
        self,
        buffer: Any,
        offset: SupportsIndex,
        method: str | bytes,
        origin: str | bytes | None,
        request_method: str | bytes | None = None,
        request_headers: str | bytes | Sequence[str | bytes] | None = None,
        *,
        request_private_network: str | bytes | None = None,
        origin_granted: bool | None = None,
        request: Given = None,
        whole: bool = False,
    ) -> Written:
        """Write ``Decision.block`` into the buffer from the offset on; return kind, status and number of bytes.

        With ``whole=True`` a preflight gets its complete response in its place, ``Decision.response``.
        BufferTooSmallError where it does not fit: nothing is written then. ValueError for an offset
        outside the buffer, TypeError for a buffer that is not writable contiguous bytes.
        """
        whole = bool(whole)
        at = operator.index(offset)
        with room(buffer) as view:
            decision = self.decide(
                method,
                origin,
                request_method,
                request_headers,
                request_private_network=request_private_network,
                origin_granted=origin_granted,
                request=request,
            )
            return write_into_room(decision, view, at, whole=whole)

    def write_head_into(
        self,
        buffer: Any,
        offset: SupportsIndex,
        head: Any,
        start: SupportsIndex = 0,
        end: SupportsIndex | None = None,
        /,
        *,
        method: str | bytes | None = None,
        path: str | bytes | None = None,
        origin_granted: bool | None = None,
        whole: bool = False,
    ) -> Written:
        """Decide on a raw head as :meth:`decide_head` does, and write as :meth:`write_into` does."""
        whole = bool(whole)
        at = operator.index(offset)
        with room(buffer) as view:
            decision = self.decide_head(head, start, end, method=method, path=path, origin_granted=origin_granted)
            return write_into_room(decision, view, at, whole=whole)

    def _decide(self, request: Request, granted: bool | None, see: _See) -> Decision:
        request = self._ask(request, granted, see)
        return make(Facts(self, request, decide(self._plan, self._origins, request)))

    def _ask(self, request: Request, granted: bool | None, see: _See) -> Request:
        """Return the request with what the regex or function says, where the patterns do not settle it.

        ``see`` returns what the function sees of the request beside its origin.
        """
        if granted is not None and not isinstance(granted, bool):
            raise TypeError(f"origin_granted must be True, False or None, not {type(granted).__name__}")
        asks = self._origin_check
        if asks is None:
            return request
        if granted is None:
            if asks.is_async:
                raise TypeError(ASYNCHRONOUS)
            seen = see(asks)
            if request.origin is None:
                return request
            text = request.origin.decode("latin-1")
            reason = match_origin(self._plan, self._origins, request)
            loose = reason is Reason.ORIGIN_MALFORMED and self._plan.loose_origins and is_loose_origin(text)
            if reason is not Reason.ORIGIN_NOT_ALLOWED and not loose:
                return request
            granted = asks.allows(text, seen)
        return request._replace(granted=granted)
