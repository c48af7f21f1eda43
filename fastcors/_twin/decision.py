"""Decision: the verdict on one request, and the headers that follow from it in each output form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar

from fastcors._config.plan import Plan, body_of
from fastcors._explain.sentences import debug_body, explain
from fastcors._http1 import body_headers, encoded, lowered
from fastcors._twin.decide import Verdict
from fastcors._twin.fields import HPACK, QPACK, QPACK_PREFIX, Table, field_lines
from fastcors._twin.find import Request
from fastcors._twin.merge import Merged, Pairs, merge, names_stay, text_pairs
from fastcors._twin.merge_head import bytes_of, joined_head, read_head
from fastcors._twin.response import response
from fastcors._twin.write import write
from fastcors.decision import Outcome, Reason, Requested, escape

_DETAIL_IS_ORIGIN = (
    Reason.ORIGIN_MALFORMED,
    Reason.ORIGIN_NULL,
    Reason.ORIGIN_MULTIPLE,
    Reason.ORIGIN_NOT_ALLOWED,
)
_M = TypeVar("_M", bound=Any)
_DETAIL_IS_METHOD = (Reason.METHOD_MALFORMED, Reason.METHOD_NOT_ALLOWED)


class Facts(NamedTuple):
    """What a Decision shows."""

    policy: Any
    """The engine that decided, which is a policy. It makes decisions, so it is not named here."""
    request: Request
    verdict: Verdict


class Decision:
    """The verdict on one request. Made by an engine only; immutable."""

    __slots__ = ("_facts",)
    _facts: Facts

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Decision is not made to be subclassed")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Decision cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Decision cannot be changed")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Decision cannot be pickled: it belongs to one request")

    def __copy__(self) -> Decision:
        return self

    def __deepcopy__(self, memo: object) -> Decision:
        return self

    @property
    def kind(self) -> Literal["none", "actual", "preflight"]:
        """What the request is: not CORS, an actual request, or a preflight."""
        return _facts(self).verdict.kind

    @property
    def reason(self) -> Reason:
        """Why it is allowed or not."""
        return _facts(self).verdict.reason

    @property
    def allowed(self) -> bool:
        """False where something is refused; True also for a request that is not CORS."""
        return self.reason in (Reason.OK, Reason.NOT_CORS)

    @property
    def status(self) -> int | None:
        """The status to answer a preflight with; None for other requests."""
        plan: Plan = self.policy.plan
        verdict = _facts(self).verdict
        if verdict.kind != "preflight":
            return None
        return plan.refused_status if verdict.failures else plan.accepted_status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers to send, lower-case names; a new list each time."""
        facts = _facts(self)
        return write(facts.policy.plan, facts.request, facts.verdict)

    @property
    def headers_str(self) -> list[tuple[str, str]]:
        """The headers to send as WSGI has them, Title-Case names; a new list each time."""
        return _titled(self.headers)

    @property
    def block(self) -> bytes:
        """The headers to send as HTTP/1.1 field lines with Title-Case names, CRLF after each."""
        return "".join(f"{name}: {value}\r\n" for name, value in self.headers_str).encode("ascii")

    @property
    def body(self) -> bytes:
        """The body to answer a preflight with: why it is refused in debug mode, otherwise what the plan says."""
        plan: Plan = self.policy.plan
        verdict = _facts(self).verdict
        if verdict.kind != "preflight":
            return b""
        return debug_body(self) if verdict.failures and plan.explains else body_of(plan, verdict.failures)

    @property
    def headers_str_lower(self) -> list[tuple[str, str]]:
        """The headers to send as RSGI has them, lower-case names; a new list each time."""
        return _text(self.headers)

    @property
    def hpack(self) -> bytes:
        """The headers to send as HTTP/2 field lines (HPACK); of a preflight all of its response, ``:status`` first.

        They can be put behind any field block of a connection.
        """
        return self._field_lines(HPACK)

    @property
    def qpack(self) -> bytes:
        """The headers to send as an HTTP/3 field section (QPACK), which is whole: prefix, then :attr:`qpack_lines`."""
        return QPACK_PREFIX + self._field_lines(QPACK)

    @property
    def qpack_lines(self) -> bytes:
        """The headers to send as HTTP/3 field lines (QPACK) without a section's prefix; otherwise as :attr:`hpack`."""
        return self._field_lines(QPACK)

    def _field_lines(self, table: Table) -> bytes:
        facts = _facts(self)
        plan: Plan = facts.policy.plan
        parts = [number for number in range(len(plan.values)) if facts.verdict.parts >> number & 1]
        constant = [plan.values[number] is not None for number in parts]
        fields = [(*pair, made) for pair, made in zip(self.headers, constant, strict=True)]
        return field_lines(table, fields, self.status, self.body)

    @property
    def asgi_messages(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The two messages of the ASGI response to a preflight, new ones each time; None for other requests."""
        status = self.status
        if status is None:
            return None
        body = self.body
        headers = self.headers + encoded(body_headers(status, body))
        return (
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        )

    @property
    def rsgi_response(self) -> tuple[int, list[tuple[str, str]]] | None:
        """The status and headers of the RSGI response to a preflight; None for other requests."""
        status = self.status
        if status is None:
            return None
        return status, self.headers_str_lower + lowered(body_headers(status, self.body))

    @property
    def response(self) -> bytes | None:
        """The complete HTTP/1.1 response to a preflight, its body included; None for other kinds of requests."""
        status = self.status
        return None if status is None else response(status, self.block, self.body)

    @property
    def origin(self) -> str | bytes | None:
        """The Origin as it was given; the first of several."""
        return _facts(self).request.given_origin

    @property
    def request_method(self) -> str | bytes | None:
        """The Access-Control-Request-Method as it was given; the first of several."""
        return _facts(self).request.given_method

    @property
    def requested(self) -> Requested | None:
        """What a preflight requests; None for other requests."""
        request = _facts(self).request
        if request.requested_method is None:
            return None
        method, lines = request.requested_method, request.requested_headers
        return Requested(method, request.several_methods, lines, request.private_network)

    @property
    def detail(self) -> str:
        """The value that was refused, escaped, at most 256 characters; empty where there is none."""
        if self.reason in _DETAIL_IS_ORIGIN:
            return escape(self.origin)
        if self.reason in _DETAIL_IS_METHOD:
            return escape(self.request_method)
        return escape(_facts(self).verdict.offender)

    @property
    def policy(self) -> Any:
        """The policy that decided."""
        return _facts(self).policy

    @property
    def outcome(self) -> Outcome:
        """What the policy said, with nothing of the request; the same object for all requests with this reason."""
        outcomes: dict[Reason, Outcome] = self.policy._outcomes
        return outcomes[self.reason]

    def _verdict(self) -> tuple[object, ...]:
        """What was decided, in the form in which the tests compare both engines."""
        return tuple(_facts(self).verdict)

    def explain(self) -> str:
        """Say in a few plain sentences what was decided, why, and which parameter changes it."""
        _facts(self)
        return explain(self)

    def merge_asgi(
        self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
    ) -> list[tuple[bytes, bytes]]:
        """Return a new ASGI header list: the application's, Vary merged, and the policy's after them.

        Every Access-Control-* header of the application is left out; with ``on_conflict="keep"``, where it set
        Access-Control-Allow-Origin, all of its own stay and Vary alone is added. To merge twice changes nothing.
        TypeError for anything but pairs of bytes or str, UnicodeEncodeError for a str beyond latin-1.
        """
        before, ours, after = self._merged_pairs(headers, on_conflict)
        return _encoded(before) + ours + _encoded(after)

    def merge_rsgi(
        self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
    ) -> list[tuple[str, str]]:
        """Return a new RSGI header list, merged as :meth:`merge_asgi` does: the policy's names in lower case."""
        before, ours, after = self._merged_pairs(headers, on_conflict)
        return before + _text(ours) + after

    def merge_wsgi(
        self, headers: Iterable[object], /, *, on_conflict: Literal["replace", "keep"] = "replace"
    ) -> list[tuple[str, str]]:
        """Return a new WSGI header list, merged as :meth:`merge_asgi` does."""
        before, ours, after = self._merged_pairs(headers, on_conflict)
        return before + _titled(ours) + after

    def merge_multidict(self, headers: _M, /, *, on_conflict: Literal["replace", "keep"] = "replace") -> _M:
        """Return a copy of a multidict of str, merged as :meth:`merge_asgi` does; the given one stays as it is.

        It can be iterated, has ``items``, ``copy``, ``clear`` and ``add``, and ignores the letter case of names. Where
        no name in it is of CORS, ``Vary`` or ``Timing-Allow-Origin``, its values may be anything.
        """
        if getattr(headers, "add", None) is None:
            raise TypeError(f"headers must be a multidict, which has add(name, value), not {type(headers).__name__}")
        stay = not self._exposes_present() and names_stay(headers)
        before, ours, after = self._merged_pairs(() if stay else headers.items(), on_conflict)
        merged: _M = headers.copy()
        if not stay:
            merged.clear()
        for name, value in before + _titled(ours) + after:
            merged.add(name, value)
        return merged

    def _exposes_present(self) -> bool:
        """Whether the names that a response carries are listed in it."""
        return self.kind == "actual" and self.allowed and self.policy.plan.exposes_present

    def _merged_pairs(self, headers: Iterable[object], on_conflict: str) -> Merged:
        _facts(self)
        _check_conflict(on_conflict)
        return self._merged(text_pairs(headers), on_conflict)

    def _merged(self, pairs: Pairs, on_conflict: str) -> Merged:
        plan: Plan = self.policy.plan
        return merge(
            pairs,
            self.headers,
            keep=on_conflict == "keep",
            owns_timing=plan.owns_timing,
            exposes_present=self._exposes_present(),
            leaves=plan.leaves,
        )

    def merge_head(
        self, head: bytes | bytearray | memoryview, /, *, on_conflict: Literal["replace", "keep"] = "replace"
    ) -> bytes:
        """Return the head of an HTTP/1 response with this decision's headers, merged as :meth:`merge_asgi` does.

        It is a status line, field lines, the empty line, and nothing behind it. What the policy has no say in is copied
        byte for byte, but that a folded line becomes one line. The head of an informational response (1xx) is left as
        it is. ValueError: it is no such head.
        """
        _facts(self)
        _check_conflict(on_conflict)
        read = read_head(bytes_of(head))
        if read.is_informational:
            return read.start + b"".join(read.lines) + b"\r\n"
        return joined_head(read, self._merged(read.pairs, on_conflict))

    def __repr__(self) -> str:
        return (
            f"Decision(kind={self.kind!r}, allowed={self.allowed}, reason={self.reason.value!r}, status={self.status})"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Decision):
            return NotImplemented
        return _content(self) == _content(other)

    def __hash__(self) -> int:
        return hash(_content(self))


def make(facts: Facts) -> Decision:
    """Return the Decision that shows these facts."""
    decision = Decision.__new__(Decision)
    object.__setattr__(decision, "_facts", facts)
    return decision


def _check_conflict(on_conflict: str) -> None:
    if on_conflict not in ("replace", "keep"):
        raise ValueError('on_conflict must be "replace" or "keep"')


def _facts(decision: Decision) -> Facts:
    try:
        return decision._facts
    except AttributeError:
        raise TypeError("this Decision was not made by a policy") from None


def _content(decision: Decision) -> tuple[object, ...]:
    return (
        decision.kind,
        decision.allowed,
        decision.reason,
        decision.status,
        tuple(decision.headers),
        decision.body,
    )


def _text(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("ascii")) for name, value in headers]


def _titled(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("ascii").title(), value.decode("ascii")) for name, value in headers]


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
