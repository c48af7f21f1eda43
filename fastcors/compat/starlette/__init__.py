"""A drop-in for ``starlette.middleware.cors``: exchange the import, and nothing else.

The parameters, their positions and defaults, bodies, status codes and methods are those of Starlette 1.10.
Starlette itself is imported only where a subclass overrides a method that takes or returns its objects.

What it was given becomes an engine, which decides on every request; a list or set of origins or methods again where it
has changed since. A subclass, or an instance of which an attribute was assigned, takes its attributes as they are at
each request, as Starlette does, and calls the methods that it overrides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from fastcors._config.checks import plain_str
from fastcors._engine import ASGIShim, Decision, Engine, Watched
from fastcors._header_list import check_header_list
from fastcors._http1 import encoded
from fastcors._shims.messages import preflight_headers, send_response
from fastcors._types import ASGIApp, Message, Receive, Scope, Send
from fastcors.compat.starlette import config
from fastcors.compat.starlette.plan import Options, arguments, is_writable
from fastcors.decision import text_of

if TYPE_CHECKING:
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.responses import Response

__all__ = ["ALL_METHODS", "SAFELISTED_HEADERS", "CORSMiddleware"]

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
"""What ``allow_methods=["*"]`` stands for."""
SAFELISTED_HEADERS = {"Accept", "Accept-Language", "Content-Language", "Content-Type"}
"""Allowed on every preflight, whatever ``allow_headers`` says."""

_ORIGIN = "Access-Control-Allow-Origin"
_HOOKS = ("is_allowed_origin", "preflight_response", "simple_response", "send", "allow_explicit_origin")
_MAX_ORIGIN = 328
"""Characters of an origin that are looked at: more than any has."""


class _Made(NamedTuple):
    """The engines that attributes make."""

    options: Options
    origins: tuple[object, ...]
    listed: Engine
    """By the list of origins."""
    granting: Engine
    """For an origin that a method of a subclass, or a container of somebody's own, has allowed."""
    refusing: Engine


class CORSMiddleware(ASGIShim):
    """CORS headers for an ASGI application, with the parameters of Starlette's middleware of that name.

    Configurations that are not safe are accepted, as there, with an :class:`fastcors.InsecurePolicyWarning` that
    names the parameter and the safe spelling. Whatever the configuration, an ``Origin`` is only sent back if it is
    one that a browser can send, or one that was listed byte for byte.
    """

    def __init__(
        self,
        app: ASGIApp,
        allow_origins: Collection[str] = (),
        allow_methods: Collection[str] = ("GET",),
        allow_headers: Collection[str] = (),
        allow_credentials: bool = False,
        allow_origin_regex: str | None = None,
        allow_private_network: bool = False,
        expose_headers: Collection[str] = (),
        max_age: int = 600,
    ) -> None:
        self.app = app
        self._guarded = self._keep = self._continue = False

        self.allow_origins = config.read_names("allow_origins", allow_origins)
        methods = config.read_names("allow_methods", allow_methods)
        headers = config.read_names("allow_headers", allow_headers)
        exposed = config.read_names("expose_headers", expose_headers)
        self.allow_origin_regex = None if allow_origin_regex is None else re.compile(allow_origin_regex)
        config.check_origins(self.allow_origins, bool(allow_credentials))
        config.check_regex(self.allow_origin_regex, bool(allow_credentials))

        self.allow_methods = ALL_METHODS if "*" in methods else methods
        self.allow_headers = sorted({name.lower() for name in (*SAFELISTED_HEADERS, *headers)})
        self.allow_all_origins = "*" in self.allow_origins
        self.allow_all_headers = "*" in headers
        self.allow_credentials = allow_credentials
        self.preflight_explicit_allow_origin = not self.allow_all_origins or allow_credentials
        self.allow_private_network = allow_private_network

        star = not self.preflight_explicit_allow_origin
        names = None if self.allow_all_headers else sorted(SAFELISTED_HEADERS.union(headers))
        self.simple_headers = config.simple_headers(star, bool(allow_credentials), exposed)
        self.preflight_headers = config.preflight_headers(
            star, bool(allow_credentials), self.allow_methods, names, max_age
        )
        self._made: _Made | None = None
        self._overridden = frozenset(
            name for name in _HOOKS if getattr(type(self), name) is not getattr(CORSMiddleware, name)
        )
        as_given = type(self) is CORSMiddleware
        fixed = config.is_fixed(self.allow_origins) and config.is_fixed(self.allow_methods)
        self._policies: Any = self._watch() if as_given and fixed else _GENERAL

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await self(scope, receive, send)

        # What servers look at: see fastcors.asgi.
        vars(self)["__call__"] = call
        vars(self)["_ready"] = True

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute. What was made ready of the old values is out of use from then on."""
        super().__setattr__(name, value)
        if "_ready" in vars(self) and name not in ("app", "_made"):
            super().__setattr__("_policies", _GENERAL)
            if name in _HOOKS:
                super().__setattr__("_overridden", self._overridden | {name})

    @property
    def policy(self) -> Engine:
        """What decides by the attributes as they are: ``policy.decide(...).explain()`` says why."""
        return self._current() or self._engines().listed

    # The engines

    def _watch(self) -> Any:
        """The engine for what was given; what has it made anew where a list or set can change."""
        options = self._options()

        def of_methods(origins: Collection[object], methods: Collection[str]) -> Engine:
            return Engine(*arguments(options._replace(methods=_texts(methods)), origins))

        def of_origins(origins: Collection[object]) -> Any:
            return _watched(self.allow_methods, partial(of_methods, origins))

        return of_origins(()) if self.allow_all_origins else _watched(self.allow_origins, of_origins)

    def _current(self) -> Engine | None:
        """The engine for a plain instance, as its lists are now; None where each request takes the attributes."""
        rules = self._policies
        while isinstance(rules, Watched):
            rules = rules.current()
        return None if rules is _GENERAL else rules

    def _engines(self) -> _Made:
        """The engines for the attributes as they are now."""
        origins = tuple(self.allow_origins) if config.is_fixed(self.allow_origins) else ()
        options, made = self._options(), self._made
        if made is None or made.options != options or made.origins != origins:
            plan, _, settings = arguments(options, ["null"])
            granting, refusing = (Engine(plan._replace(origin_regex=None), some, settings) for some in (["*"], []))
            if options.star and not options.explicit:
                refusing = granting  # "*" is for everybody
            made = self._made = _Made(options, origins, Engine(*arguments(options, origins)), granting, refusing)
        return made

    def _options(self) -> Options:
        return Options(
            star=bool(self.allow_all_origins),
            explicit=bool(self.preflight_explicit_allow_origin),
            methods=_texts(self.allow_methods),
            names=_texts(self.allow_headers),
            any_name=bool(self.allow_all_headers),
            private_network=bool(self.allow_private_network),
            regex=self.allow_origin_regex,
            simple_headers=tuple(self.simple_headers.items()),
            preflight_headers=tuple(self.preflight_headers.items()),
        )

    def _decide(self, scope: Scope) -> Decision:
        """Decide by the attributes and the methods that are overridden."""
        made = self._engines()
        if "is_allowed_origin" not in self._overridden and config.is_fixed(self.allow_origins):
            return made.listed.decide_asgi(scope)
        decision = made.refusing.decide_asgi(scope)
        origin = text_of(decision.origin or "", _MAX_ORIGIN)
        if made.granting is made.refusing or not is_writable(origin):
            return decision
        return made.granting.decide_asgi(scope) if self.is_allowed_origin(origin=origin) else decision

    # What a subclass may override

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of this origin may read the responses."""
        if not config.is_fixed(self.allow_origins) and origin in self.allow_origins:
            return True
        star = self.allow_all_origins and not self.preflight_explicit_allow_origin
        return star or self._engines().listed.is_origin_allowed(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight with these headers, as Starlette's own object."""
        from starlette.responses import PlainTextResponse  # only where somebody asks for its objects

        decision = self._decide({"method": "OPTIONS", "headers": request_headers.raw})
        body, headers = decision.body.decode("latin-1"), dict(self._answer_headers(decision))
        return PlainTextResponse(body, status_code=decision.status or 400, headers=headers)

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Let the application answer, by way of :meth:`send`."""
        await self.app(scope, receive, partial(self.send, send=send, request_headers=request_headers))

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Send a message of the application's, with the headers in the one that starts the response."""
        if message["type"] == "http.response.start":
            decision = self._decide({"method": "GET", "headers": request_headers.raw})
            message = self._merged(message, decision)
        await send(message)

    @staticmethod
    def allow_explicit_origin(headers: MutableHeaders, origin: str) -> None:
        """Write the origin of an allowed request into the headers of its response."""
        if is_writable(origin):
            headers[_ORIGIN] = origin

    # The general way

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer any request. The native engine comes here only with what is not an ordinary one."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if not isinstance(scope["headers"], (list, tuple)):
            check_header_list(scope["headers"])
            scope = {**scope, "headers": list(scope["headers"])}
        engine = self._current()
        if engine is None:
            await self._respond_by_attributes(scope, receive, send)
            return
        decision = engine.decide_asgi(scope)
        if decision.kind == "preflight":
            for message in decision.asgi_messages or ():
                await send(message)
            return

        async def send_merged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": decision.merge_asgi(message.get("headers") or ())}
            await send(message)

        await self.app(scope, receive, send_merged)

    async def _respond_by_attributes(self, scope: Scope, receive: Receive, send: Send) -> None:
        preflight = self._engines().refusing.decide_asgi(scope).kind == "preflight"
        if preflight and "preflight_response" in self._overridden:
            from starlette.datastructures import Headers

            response = self.preflight_response(request_headers=Headers(scope=scope))
            await response(scope, receive, send)
        elif not preflight and not self._overridden.isdisjoint(("simple_response", "send", "allow_explicit_origin")):
            from starlette.datastructures import Headers

            await self.simple_response(scope, receive, send, request_headers=Headers(scope=scope))
        elif preflight:
            decision = self._decide(scope)
            headers = encoded([*self._answer_headers(decision).items(), *preflight_headers(decision)])
            await send_response(send, decision.status or 400, headers, decision.body)
        else:
            decision = self._decide(scope)

            async def send_merged(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = self._merged(message, decision)
                await send(message)

            await self.app(scope, receive, send_merged)

    def _answer_headers(self, decision: Decision) -> dict[str, str]:
        """The headers of the answer to a preflight: the attribute's, and what repeats something of the request."""
        written = dict(decision.headers_str)
        asked = {"Access-Control-Allow-Private-Network"}
        if self.preflight_explicit_allow_origin:
            asked.add(_ORIGIN)
        if self.allow_all_headers:
            asked.add("Access-Control-Allow-Headers")
        return {**self.preflight_headers, **{name: written[name] for name in written.keys() & asked}}

    def _merged(self, message: Message, decision: Decision) -> Message:
        """A copy of a message that starts a response, with the headers in it."""
        headers = decision.merge_asgi(message.get("headers") or ())
        written = dict(decision.headers)
        if b"access-control-allow-origin" in written:
            headers += encoded(item for item in self.simple_headers.items() if item[0].lower().encode() not in written)
            if "allow_explicit_origin" in self._overridden and self.preflight_explicit_allow_origin:
                self._write_explicitly(headers, written[b"access-control-allow-origin"])
        return {**message, "headers": headers}

    def _write_explicitly(self, headers: list[tuple[bytes, bytes]], origin: bytes) -> None:
        """Let a subclass write the origin, in place of what was written of it."""
        from starlette.datastructures import MutableHeaders

        headers.remove((b"access-control-allow-origin", origin))
        self.allow_explicit_origin(MutableHeaders(raw=headers), origin.decode("latin-1"))


_GENERAL: Any = object()
"""What stands in place of an engine where each request takes the attributes as they are."""


def _texts(values: Collection[object]) -> tuple[str, ...]:
    return tuple(plain_str(value) for value in values if isinstance(value, str))


def _watched(values: Collection[Any], make: Callable[[Any], Any]) -> Any:
    """What is made of these; where they can change, what has it made anew then."""
    return make(values) if type(values) in (tuple, frozenset) else Watched(values, make)


CORSMiddleware._adopt()
