"""Dynamic origins: a regular expression and a function, behind one bounded cache.

Both engines share this. They ask only about an origin that is a serialised one of the strict grammar and that no
pattern covers. Nothing that a function does, short of leaving the process, becomes more than "not allowed".
"""

from __future__ import annotations

import inspect
import logging
import math
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from fastcors._config.functions import ASYNCHRONOUS, is_asynchronous
from fastcors._config.plan import Plan
from fastcors._dynamic import declare
from fastcors._dynamic.calls import await_function, call_function, calls_around
from fastcors._dynamic.flights import Flights, thread_event
from fastcors._dynamic.loops import Loop, running_loop
from fastcors._dynamic.memory import Memory
from fastcors._grammar import MAX_ORIGIN, is_bare_host, is_local, is_loose_origin, parse_origin
from fastcors.decision import escape
from fastcors.declared import DeclaredRequest

__all__ = ["Given", "OriginCheck"]

_ERROR_TTL = 1.0
"""Seconds for which an error is remembered: a hiccup of a database must not shut an origin out for long."""
_MAX_LOGGED = 100
"""Classes of errors that are logged, each once."""

Given = DeclaredRequest | Mapping[str, str | bytes | None] | None
"""What a caller may say of a request, beside its origin."""

_logger = logging.getLogger("fastcors")


class OriginCheck:
    """Says whether an origin is allowed by ``allow_origin_regex`` or ``allow_origin_func``.

    What is said is kept: by the regular expression until there is no room, by the function for
    ``origin_cache_ttl`` seconds (see :class:`Memory`). Threads, event loops and trio share it. While one of them asks
    about an origin, the others wait for what it is told. ``clock`` returns the time in seconds.
    """

    __slots__ = (
        "_bare",
        "_func",
        "_local_http",
        "_logged",
        "_loose",
        "_matches",
        "_of",
        "_timeout",
        "_ttl",
        "flights",
        "is_async",
        "memory",
        "vary",
    )

    is_async: bool
    """Whether the function is asynchronous, so that only :meth:`ask` can ask it."""
    vary: tuple[str, ...]
    """What the function sees of a request beside its origin; empty where that is nothing."""

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.monotonic) -> None:
        regex = plan.origin_regex
        self._matches: Callable[[str], object] | None = None
        if regex is not None:
            from fastcors._config.expressions import matcher  # imports google-re2, which no other policy needs

            self._matches = matcher(regex) if isinstance(regex, str) else regex.fullmatch
        self._func: Callable[..., Any] | None = plan.origin_func
        self.is_async = is_asynchronous(self._func)
        self.vary = plan.vary
        self._local_http = plan.local_http
        self._bare = plan.bare_allowed is not None
        self._loose = plan.loose_origins
        self._ttl = plan.origin_cache_ttl
        self._timeout = plan.origin_timeout
        self._of = "" if plan.name is None else f" of the policy '{escape(plan.name)}'"
        self.memory = Memory(plan.origin_cache_size, clock)
        self.flights = Flights()
        self._logged: set[str] = set()

    def request_of_scope(self, scope: Mapping[str, Any], headers: object) -> DeclaredRequest | None:
        """Return what the function sees of an ASGI scope with these headers; None where that is nothing."""
        return declare.of_scope(self.vary, scope, headers) if self.vary else None

    def request_of_rsgi(self, scope: Any) -> DeclaredRequest | None:
        """Return what the function sees of an RSGI scope; None where that is nothing."""
        return declare.of_rsgi(self.vary, scope) if self.vary else None

    def request_of_pairs(self, method: object, path: object, headers: object) -> DeclaredRequest | None:
        """Return what the function sees of a method, a decoded path and header pairs; None where that is nothing.

        TypeError where it sees the path and there is none.
        """
        return declare.of_pairs(self.vary, method, path, headers) if self.vary else None

    def request_of_mapping(self, method: object, path: object, headers: object) -> DeclaredRequest | None:
        """Return what the function sees of a method, a decoded path and a mapping of headers; None for nothing.

        TypeError where it sees the path and there is none.
        """
        return declare.of_mapping(self.vary, method, path, headers) if self.vary else None

    def request_of_h2(self, path: object, headers: Iterable[Any]) -> DeclaredRequest | None:
        """Return what the function sees of a header list of HTTP/2 or HTTP/3; None where that is nothing."""
        return declare.of_h2(self.vary, path, headers) if self.vary else None

    def request_of_environ(self, environ: Mapping[str, Any]) -> DeclaredRequest | None:
        """Return what the function sees of a WSGI environ; None where that is nothing."""
        return declare.of_environ(self.vary, environ) if self.vary else None

    def request_of_headers(self, headers: object) -> DeclaredRequest | None:
        """Return what the function sees of ASGI headers; None where that is nothing. TypeError where it sees more."""
        return declare.of_headers(self.vary, headers) if self.vary else None

    def request_of(self, method: object, request: object) -> DeclaredRequest | None:
        """Return what the function sees of the ``request`` that a caller gave; None where that is nothing.

        TypeError where it sees something and the request does not say it.
        """
        return declare.of_given(self.vary, method, request) if self.vary else None

    def cached(self, origin: str, request: Given = None) -> bool | None:
        """Return whether the origin is allowed, as far as it is known with no call of the function, or None.

        ``request`` is that of :meth:`allows`.
        """
        return self._known(origin, self.request_of(None, request) if self.vary else None)

    def _known(self, origin: str, request: DeclaredRequest | None) -> bool | None:
        """Return whether the origin is allowed, as far as it is known with no call of the function, or None."""
        allowed = self.memory.get(origin)
        if allowed is None and request is not None:
            allowed = self.memory.get((origin, request.values))
        if allowed is None:
            allowed = self._by_rule(origin)
        return False if allowed is None and request is declare.UNFIT else allowed

    def allows(self, origin: str | bytes | None, request: Given = None) -> bool:
        """Return whether the origin is allowed. What is no origin of the strict grammar is not, and nobody is asked.

        ``request`` has what the policy's ``vary`` declares, where it declares something. Raises TypeError where that is
        missing, or where the function is asynchronous; what a function raises is logged, not raised.
        """
        if self.is_async:
            raise TypeError(ASYNCHRONOUS)
        text = _plain_origin(origin)
        seen = self.request_of(None, request) if self.vary else None
        allowed = self._known(text, seen)
        if allowed is not None:
            return allowed
        question = _question(text, seen)
        around = calls_around()
        if around:  # what it waited for could wait for it
            return self._circular(text) if (self, question) in around else self._call(text, seen)
        while allowed is None:
            flight, mine = self.flights.board(question, thread_event)
            if mine:
                with self.flights.lead(question, flight):
                    flight.result = self.memory.get(question)  # it may have come in right now
                    if flight.result is None:
                        flight.result = self._call(text, seen)
            else:
                flight.done.wait()
            allowed = flight.result
        return allowed

    async def ask(self, origin: str | bytes | None, request: Given = None) -> bool:
        """Return whether the origin is allowed; an asynchronous function is awaited, on asyncio and on trio.

        ``request`` is that of :meth:`allows`.
        """
        text = _plain_origin(origin)
        seen = self.request_of(None, request) if self.vary else None
        allowed = self._known(text, seen)
        if allowed is not None:
            return allowed
        if not self.is_async:
            return self.allows(text, seen)
        question = _question(text, seen)
        loop = running_loop()
        around = calls_around()
        if around or loop is None:  # what it waited for could wait for it; or there is nothing to wait with
            return self._circular(text) if (self, question) in around else await self._await(text, seen, loop)
        key = (loop.key, question)  # a flight is of one loop, as its event is
        while allowed is None:
            flight, mine = self.flights.board(key, loop.event)
            if mine:
                with self.flights.lead(key, flight):
                    flight.result = self.memory.get(question)  # from another loop
                    if flight.result is None:
                        flight.result = await self._await(text, seen, loop)
            else:
                await flight.done.wait()
            allowed = flight.result
        return allowed

    def _by_rule(self, origin: str) -> bool | None:
        """Return what follows without the function, or None."""
        parts = parse_origin(origin)
        if parts is None or not parts.strict:
            bare, loose = self._bare and is_bare_host(origin), self._loose and is_loose_origin(origin)
            if not bare and not loose:
                return False
        elif self._local_http and parts.scheme == "http" and not is_local(parts.host):
            return False
        if self._matches is not None and self._matches(origin):
            return self.memory.keep(origin, True, math.inf)
        return self.memory.keep(origin, False, math.inf) if self._func is None else None

    def _call(self, origin: str, request: DeclaredRequest | None) -> bool:
        assert self._func is not None  # noqa: S101 - or else the regular expression has decided
        question = _question(origin, request)
        arguments = (origin,) if request is None else (origin, request)
        try:
            result = call_function((self, question), self._func, *arguments)
        except Exception as error:
            return self._failed(question, error)
        return self._said(question, result)

    async def _await(self, origin: str, request: DeclaredRequest | None, loop: Loop | None) -> bool:
        assert self._func is not None  # noqa: S101 - or else the regular expression has decided
        question = _question(origin, request)
        arguments = (origin,) if request is None else (origin, request)
        running = await_function((self, question), self._func, *arguments)
        try:
            if loop is None or self._timeout is None:
                result = await running
            else:
                result = await loop.in_time(running, self._timeout)
        except Exception as error:
            return self._failed(question, error)
        return self._said(question, result)

    def _said(self, question: Hashable, result: object) -> bool:
        if result is True or result is False:
            return self.memory.keep(question, result, self._ttl)
        kind = type(result).__name__
        if inspect.iscoroutine(result):
            result.close()
            said = "returned a coroutine; an asynchronous one must be known as such: async def"
        else:
            said = f"returned {escape(kind)}, neither True nor False"
        return self._refuse(question, f"result {kind}", said)

    def _circular(self, origin: str) -> bool:
        # Not kept: the call that is under way will say it.
        self._log("circular", f"asked the policy about the origin that it was asked about, {escape(origin)}")
        return False

    def _failed(self, question: Hashable, error: Exception) -> bool:
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        try:
            said = str(error)
        except Exception:
            said = ""
        where = ""
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals.get("__name__") != DeclaredRequest.__module__:
                where = f" ({escape(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno})"
            trace = trace.tb_next
        return self._refuse(question, kind, f"raised {escape(kind)}: {escape(said)}{where}")

    def _refuse(self, question: Hashable, kind: str, said: str) -> bool:
        self._log(kind, said)
        return self.memory.keep(question, False, min(self._ttl, _ERROR_TTL))

    def _log(self, kind: str, said: str) -> None:
        if kind not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(kind)
            _logger.error("allow_origin_func%s %s. The origin is not allowed; this is logged once.", self._of, said)


def _question(origin: str, request: DeclaredRequest | None) -> Hashable:
    """Return what the function is asked: about the origin, and what it sees of the request."""
    return origin if request is None else (origin, request.values)


def _plain_origin(origin: str | bytes | None) -> str:
    """An origin as an exact ``str``; ``""``, which is none, for what cannot be one."""
    if type(origin) is not str:
        if isinstance(origin, bytes):
            return bytes.__getitem__(origin, slice(MAX_ORIGIN + 1)).decode("latin-1")
        if not isinstance(origin, str):
            return ""
        origin = str.__getitem__(origin, slice(MAX_ORIGIN + 1))
    return origin if len(origin) <= MAX_ORIGIN else ""
