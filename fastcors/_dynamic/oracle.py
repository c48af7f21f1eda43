"""Dynamic origins: a regular expression and a function, behind one bounded cache.

Both engines share this. They ask only about an origin that is a serialised one of the strict grammar and that no
pattern covers. Nothing that a function does, short of leaving the process, becomes more than "not allowed".
"""

from __future__ import annotations

import inspect
import logging
import math
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

from fastcors._config.expressions import matcher
from fastcors._config.settings import Settings
from fastcors._grammar import MAX_ORIGIN, is_local, parse_origin
from fastcors.decision import escape

__all__ = ["ASYNCHRONOUS", "OriginCheck", "check_of"]

_ERROR_TTL = 1.0
"""Seconds for which an error is remembered: a hiccup of a database must not shut an origin out for long."""
_MAX_LOGGED = 100
"""Classes of errors that are logged, each once."""

ASYNCHRONOUS = "allow_origin_func is asynchronous: await policy.origin_check.ask(origin), and give origin_granted"

_logger = logging.getLogger("fastcors")


class OriginCheck:
    """Answers whether an origin is allowed by ``allow_origin_regex`` or ``allow_origin_func``.

    The answers are kept: those of the regular expression until there is no room, those of the function for
    ``origin_cache_ttl`` seconds, at most ``origin_cache_size`` that allow and as many that refuse, the least recently
    used going first. So a flood of invented origins evicts no good one. Threads, event loops and trio share it; who
    asks about an origin that is being asked about waits for that answer.
    """

    __slots__ = (
        "_allowed",
        "_flights",
        "_func",
        "_local_http",
        "_lock",
        "_logged",
        "_matches",
        "_now",
        "_refused",
        "_size",
        "_ttl",
        "is_async",
    )

    is_async: bool
    """Whether the function is asynchronous, so that only :meth:`ask` can ask it."""

    def __init__(self, settings: Settings) -> None:
        regex = settings.allow_origin_regex
        self._matches = None if regex is None else matcher(regex)
        self._func: Callable[[str], Any] | None = settings.allow_origin_func
        self.is_async = _is_async(self._func)
        # Anyone on the network can speak for another http: origin, so it may not be listed either.
        self._local_http = settings.allow_credentials and not settings.dangerously_allow_insecure_origins
        self._ttl = settings.origin_cache_ttl
        self._size = settings.origin_cache_size
        # When each answer ends, by origin.
        self._allowed: OrderedDict[str, float] = OrderedDict()
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._flights: dict[Hashable, _Flight] = {}
        self._lock = threading.RLock()  # held for a few operations, never while a function runs
        self._logged: set[str] = set()
        self._now = time.monotonic

    def cached(self, origin: str) -> bool | None:
        """The answer as far as it is known with no call of the function; ``None``: it is not."""
        answer = self._remembered(origin)
        return self._by_rule(origin) if answer is None else answer

    def allows(self, origin: str | bytes | None) -> bool:
        """Whether the origin is allowed. What is no origin of the strict grammar is not, and nobody is asked.

        Raises TypeError where the function is asynchronous; what a function raises is logged, not raised.
        """
        if self.is_async:
            raise TypeError(ASYNCHRONOUS)
        text = _exact(origin)
        answer = self.cached(text)
        if answer is not None:
            return answer
        around = list(_calls_around())
        if (self, text) in around:
            return self._circular(text)
        while True:
            with self._lock:
                flight = self._flights.get(text)
                if flight is None:
                    answer = self._remembered(text)  # it may have come in right now
                    if answer is not None:
                        return answer
                    mine = self._flights[text] = _Flight(_ThreadEvent())
            if flight is None:
                break
            if around:
                return self._call(text)  # what it waited for could wait for it
            flight.done.wait()
            if flight.answer is not None:
                return flight.answer
        try:
            mine.answer = self._call(text)
        finally:
            with self._lock:
                del self._flights[text]
            mine.done.set()
        return mine.answer

    async def ask(self, origin: str | bytes | None) -> bool:
        """The same for either kind of function, with no wait but for it. It runs on asyncio and on trio."""
        text = _exact(origin)
        answer = self.cached(text)
        if answer is not None:
            return answer
        if not self.is_async:
            return self.allows(text)
        around = list(_calls_around())
        if (self, text) in around:
            return self._circular(text)
        running = _running_loop()
        if running is None:
            return await self._await(text)
        loop, event = running
        key = (loop, text)  # a flight is of one loop: its events are
        while (flight := self._flights.get(key)) is not None:
            if around:
                return await self._await(text)
            await flight.done.wait()
            answer = flight.answer if flight.answer is not None else self._remembered(text)
            if answer is not None:
                return answer
            # Who asked was cancelled. The first to come back here asks next.
        mine = self._flights[key] = _Flight(event())
        try:
            mine.answer = await self._await(text)
        finally:
            del self._flights[key]
            with suppress(RuntimeError):  # of a loop that is closed already
                mine.done.set()
        return mine.answer

    def _remembered(self, origin: str) -> bool | None:
        for answer, entries in ((True, self._allowed), (False, self._refused)):
            ends = entries.get(origin)
            if ends is not None and ends > self._now():
                with suppress(KeyError):  # another thread may have evicted it
                    entries.move_to_end(origin)
                return answer
        return None

    def _by_rule(self, origin: str) -> bool | None:
        """What follows without the function."""
        parts = parse_origin(origin)
        if parts is None or not parts.strict:
            return False
        if self._local_http and parts.scheme == "http" and not is_local(parts.host):
            return False
        if self._matches is not None and self._matches(origin):
            return self._keep(origin, True, math.inf)
        return self._keep(origin, False, math.inf) if self._func is None else None

    def _keep(self, origin: str, answer: bool, seconds: float) -> bool:
        if seconds > 0:
            entries, others = (self._allowed, self._refused) if answer else (self._refused, self._allowed)
            with self._lock:
                others.pop(origin, None)
                entries[origin] = self._now() + seconds
                entries.move_to_end(origin)
                if len(entries) > self._size:
                    entries.popitem(last=False)
        return answer

    def _call(self, origin: str) -> bool:
        assert self._func is not None  # noqa: S101 - or else the regular expression has answered
        try:
            result = self._func(origin)
        except Exception as error:
            return self._failed(origin, error)
        return self._answered(origin, result)

    async def _await(self, origin: str) -> bool:
        assert self._func is not None  # noqa: S101 - or else the regular expression has answered
        try:
            result = await self._func(origin)
        except Exception as error:
            return self._failed(origin, error)
        return self._answered(origin, result)

    def _answered(self, origin: str, result: object) -> bool:
        if result is True or result is False:
            return self._keep(origin, result, self._ttl)
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
        return self._keep(origin, False, min(self._ttl, _ERROR_TTL))

    def _log(self, kind: str, said: str) -> None:
        if kind not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(kind)
            _logger.error("allow_origin_func %s. The origin is not allowed; this is logged once.", said)


_CALLS = (OriginCheck._call.__code__, OriginCheck._await.__code__)


def _ThreadEvent() -> threading.Event:  # noqa: N802
    return threading.Event()  # looked up now: gevent puts in its own


class _Flight:
    """A call that is under way, and those that wait for its answer."""

    __slots__ = ("answer", "done")

    def __init__(self, done: Any) -> None:
        self.done = done
        """An event of the thread's, the loop's or trio's."""
        self.answer: bool | None = None
        """Still ``None`` where it is done: the call was cancelled."""


def _calls_around() -> Iterator[tuple[OriginCheck, str]]:
    """The calls of a function that this one comes from, the innermost first: who asks, and about what.

    By the stack, as nothing else is certain: a server may run many requests in one task and one context.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code in _CALLS:
            yield frame.f_locals["self"], frame.f_locals["origin"]
        frame = frame.f_back


def check_of(settings: Settings) -> OriginCheck | None:
    """The check that a policy with these settings has, if any."""
    if settings.allow_origin_regex is None and settings.allow_origin_func is None:
        return None
    return OriginCheck(settings)


def _is_async(func: object) -> bool:
    """Whether calling it makes a coroutine: a function, a method, a partial, or an object with such a call."""
    call = None if func is None or isinstance(func, type) else inspect.getattr_static(func, "__call__", None)
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(call)


def _exact(origin: str | bytes | None) -> str:
    """An origin as an exact ``str``; ``""``, which is none, for what cannot be one."""
    if type(origin) is not str:
        if isinstance(origin, bytes):
            return bytes.__getitem__(origin, slice(MAX_ORIGIN + 1)).decode("latin-1")
        if not isinstance(origin, str):
            return ""
        origin = str.__getitem__(origin, slice(MAX_ORIGIN + 1))
    return origin if len(origin) <= MAX_ORIGIN else ""


def _running_loop() -> tuple[Hashable, Callable[[], Any]] | None:
    """What runs this coroutine, and its kind of event. Trio first: it can run as a guest of asyncio."""
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError):
            trio.lowlevel.current_task()
            return trio.lowlevel.current_trio_token(), trio.Event
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        with suppress(RuntimeError):
            return asyncio.get_running_loop(), asyncio.Event
    return None
