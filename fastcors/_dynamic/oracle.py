"""Dynamic origins: a regular expression and a function, behind one bounded cache.

Both engines share this. They ask only about an origin that is a serialised one of the strict grammar and that no
pattern covers. Nothing that a function does, short of leaving the process, becomes more than "not allowed".
"""

from __future__ import annotations

import inspect
import logging
import math
import time
from collections.abc import Callable
from typing import Any

from fastcors._config.expressions import matcher
from fastcors._config.functions import is_asynchronous
from fastcors._config.plan import Plan
from fastcors._dynamic.calls import await_function, call_function, calls_around
from fastcors._dynamic.flights import Flights, thread_event
from fastcors._dynamic.loops import Loop, running_loop
from fastcors._dynamic.memory import Memory
from fastcors._grammar import MAX_ORIGIN, is_bare_host, is_local, is_loose_origin, parse_origin
from fastcors.decision import escape

__all__ = ["ASYNCHRONOUS", "OriginCheck", "check_of"]

_ERROR_TTL = 1.0
"""Seconds for which an error is remembered: a hiccup of a database must not shut an origin out for long."""
_MAX_LOGGED = 100
"""Classes of errors that are logged, each once."""

ASYNCHRONOUS = "allow_origin_func is asynchronous: await policy.origin_check.ask(origin), and give origin_granted"

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
        "_timeout",
        "_ttl",
        "flights",
        "is_async",
        "memory",
    )

    is_async: bool
    """Whether the function is asynchronous, so that only :meth:`ask` can ask it."""

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.monotonic) -> None:
        regex = plan.origin_regex
        self._matches: Callable[[str], object] | None = None
        if regex is not None:
            self._matches = matcher(regex) if isinstance(regex, str) else regex.fullmatch
        self._func: Callable[[str], Any] | None = plan.origin_func
        self.is_async = is_asynchronous(self._func)
        self._local_http = plan.local_http
        self._bare = plan.bare_allowed is not None
        self._loose = plan.loose_origins
        self._ttl = plan.origin_cache_ttl
        self._timeout = plan.origin_timeout
        self.memory = Memory(plan.origin_cache_size, clock)
        self.flights = Flights()
        self._logged: set[str] = set()

    def cached(self, origin: str) -> bool | None:
        """Return whether the origin is allowed, as far as it is known with no call of the function, or None."""
        allowed = self.memory.get(origin)
        return self._by_rule(origin) if allowed is None else allowed

    def allows(self, origin: str | bytes | None) -> bool:
        """Return whether the origin is allowed. What is no origin of the strict grammar is not, and nobody is asked.

        Raises TypeError where the function is asynchronous; what a function raises is logged, not raised.
        """
        if self.is_async:
            raise TypeError(ASYNCHRONOUS)
        text = _plain_origin(origin)
        allowed = self.cached(text)
        if allowed is not None:
            return allowed
        around = calls_around()
        if around:  # what it waited for could wait for it
            return self._circular(text) if (self, text) in around else self._call(text)
        while allowed is None:
            flight, mine = self.flights.board(text, thread_event)
            if mine:
                with self.flights.lead(text, flight):
                    flight.result = self.memory.get(text)  # it may have come in right now
                    if flight.result is None:
                        flight.result = self._call(text)
            else:
                flight.done.wait()
            allowed = flight.result
        return allowed

    async def ask(self, origin: str | bytes | None) -> bool:
        """Return whether the origin is allowed; an asynchronous function is awaited, on asyncio and on trio."""
        text = _plain_origin(origin)
        allowed = self.cached(text)
        if allowed is not None:
            return allowed
        if not self.is_async:
            return self.allows(text)
        loop = running_loop()
        around = calls_around()
        if around or loop is None:  # what it waited for could wait for it; or there is nothing to wait with
            return self._circular(text) if (self, text) in around else await self._await(text, loop)
        key = (loop.key, text)  # a flight is of one loop, as its event is
        while allowed is None:
            flight, mine = self.flights.board(key, loop.event)
            if mine:
                with self.flights.lead(key, flight):
                    flight.result = self.memory.get(text)  # from another loop
                    if flight.result is None:
                        flight.result = await self._await(text, loop)
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

    def _call(self, origin: str) -> bool:
        assert self._func is not None  # noqa: S101 - or else the regular expression has decided
        try:
            result = call_function((self, origin), self._func, origin)
        except Exception as error:
            return self._failed(origin, error)
        return self._said(origin, result)

    async def _await(self, origin: str, loop: Loop | None) -> bool:
        assert self._func is not None  # noqa: S101 - or else the regular expression has decided
        running = await_function((self, origin), self._func, origin)
        try:
            if loop is None or self._timeout is None:
                result = await running
            else:
                result = await loop.in_time(running, self._timeout)
        except Exception as error:
            return self._failed(origin, error)
        return self._said(origin, result)

    def _said(self, origin: str, result: object) -> bool:
        if result is True or result is False:
            return self.memory.keep(origin, result, self._ttl)
        kind = type(result).__name__
        if inspect.iscoroutine(result):
            result.close()
            said = "returned a coroutine; an asynchronous one must be known as such: async def"
        else:
            said = f"returned {escape(kind)}, neither True nor False"
        return self._refuse(origin, f"result {kind}", said)

    def _circular(self, origin: str) -> bool:
        # Not kept: the call that is under way will say it.
        self._log("circular", f"asked the policy about the origin that it was asked about, {escape(origin)}")
        return False

    def _failed(self, origin: str, error: Exception) -> bool:
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        try:
            said = str(error)
        except Exception:
            said = ""
        where = ""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            where = f" ({escape(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno})"
        return self._refuse(origin, kind, f"raised {escape(kind)}: {escape(said)}{where}")

    def _refuse(self, origin: str, kind: str, said: str) -> bool:
        self._log(kind, said)
        return self.memory.keep(origin, False, min(self._ttl, _ERROR_TTL))

    def _log(self, kind: str, said: str) -> None:
        if kind not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(kind)
            _logger.error("allow_origin_func %s. The origin is not allowed; this is logged once.", said)


def check_of(plan: Plan) -> OriginCheck | None:
    """The check that an engine with this plan has, if any."""
    if plan.origin_regex is None and plan.origin_func is None:
        return None
    return OriginCheck(plan)


def _plain_origin(origin: str | bytes | None) -> str:
    """An origin as an exact ``str``; ``""``, which is none, for what cannot be one."""
    if type(origin) is not str:
        if isinstance(origin, bytes):
            return bytes.__getitem__(origin, slice(MAX_ORIGIN + 1)).decode("latin-1")
        if not isinstance(origin, str):
            return ""
        origin = str.__getitem__(origin, slice(MAX_ORIGIN + 1))
    return origin if len(origin) <= MAX_ORIGIN else ""
