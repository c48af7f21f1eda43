"""A drop-in for ``starlette.middleware.cors``: exchange the import, and nothing else.

The parameters, their positions and defaults, bodies, status codes and methods are those of Starlette 1.10.
Starlette itself is imported only where a subclass overrides a method that takes or returns its objects.

What it was given is read once, into an engine; a list or set of origins again where it has changed since. Assigning
an attribute, or a subclass, makes it read its attributes for each request instead, as Starlette does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
from fastcors._engine import ASGIShim, Engine, Watched
from fastcors._shims.messages import encoded
from fastcors._types import ASGIApp, Message, Receive, Scope, Send
from fastcors.compat.starlette import config
from fastcors.compat.starlette.headers import (
    ANY,
    Asked,
    Encoded,
    Names,
    Pairs,
    body_headers,
    is_writable,
    matches,
    outcome,
    text_of,
)
from fastcors.decision import Reason

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

_GENERAL: Any = object()
"""What stands in place of an engine where there is none for a configuration: each request takes the general way."""

_Reply = Callable[["str | None"], "str | None"]
"""What Access-Control-Allow-Origin says to an origin; None: nothing."""

_vary = Engine(*compiled(Settings(), [])).decide("GET", None)
"""Takes the application's own headers of that kind out, and merges ``Vary: Origin``."""


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
        self._rules = _GENERAL
        self._guarded = self._keep = False
        self._continue = True  # preflights are not the engine's: the answers are Starlette's

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
        self._simple, self._preflight = Encoded(without=_ORIGIN.lower()), Encoded()
        self._names = Names()
        self._overridden = frozenset(
            name for name in _HOOKS if getattr(type(self), name) is not getattr(CORSMiddleware, name)
        )
        self._as_given = type(self) is CORSMiddleware
        self._replies: Watched | None = None
        if self._as_given:
            self._accepted = encoded(self.preflight_headers.items()) + body_headers(b"OK")
            if config.is_fixed(self.allow_origins):
                self._replies = Watched(self.allow_origins, self._make_replies)
                if self._can_have_engine(exposed):
                    watched: Any = Watched(self.allow_origins, partial(self._engine, exposed))
                    for_good = self.allow_all_origins or type(self.allow_origins) in (tuple, frozenset)
                    self._rules = (watched.current() or _GENERAL) if for_good else watched

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await self(scope, receive, send)

        # What servers look at: see fastcors.asgi.
        vars(self)["__call__"] = call
        vars(self)["_ready"] = True

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute. What was made ready of the old values is out of use from then on."""
        super().__setattr__(name, value)
        if "_ready" in vars(self) and name != "app":
            super().__setattr__("_rules", _GENERAL)
            super().__setattr__("_as_given", False)
            super().__setattr__("_replies", None)
            if name in _HOOKS:
                super().__setattr__("_overridden", self._overridden | {name})

    def _can_have_engine(self, exposed: Collection[str]) -> bool:
        """Whether an engine can answer requests that are no preflights as Starlette does."""
        return self.allow_origin_regex is None and not (self.allow_credentials and tuple(exposed) == ("*",))

    def _engine(self, exposed: Collection[str], origins: Collection[str]) -> Engine | None:
        """The engine for requests that are no preflights; None where there are entries that are no origins."""
        if not self.allow_all_origins and not config.are_origins(origins):
            return None
        plan = config.plan_of_responses(
            self.allow_all_origins, bool(self.allow_credentials), exposed, "null" in origins
        )
        return Engine(plan, ["*"] if self.allow_all_origins else [text for text in origins if text != "null"])

    def _make_replies(self, origins: Collection[str]) -> Callable[[str | None], str | None]:
        """A function for what Access-Control-Allow-Origin says, by these origins, which nobody changes."""

        def reply(origin: str | None) -> str | None:
            if not self.preflight_explicit_allow_origin:
                return "*"
            return origin if origin and is_writable(origin) and self._is_allowed(origin, origins) else None

        return lru_cache(maxsize=1024)(reply)

    # What a subclass may override

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of this origin may read the responses."""
        return self._is_allowed(origin, self.allow_origins)

    def _is_allowed(self, origin: str, origins: Collection[str]) -> bool:
        if self.allow_all_origins and not self.preflight_explicit_allow_origin:
            return True  # the answer repeats nothing of it
        if origin in origins:
            return True
        if not config.is_origin(origin):
            return False
        regex = self.allow_origin_regex
        return self.allow_all_origins or (regex is not None and matches(regex, origin))

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight with these headers, as Starlette's own object."""
        from starlette.responses import PlainTextResponse  # only where somebody asks for its objects

        failures, more = self._judge(Asked(request_headers.raw), self._reply)
        status, body = outcome(failures)
        return PlainTextResponse(body, status_code=status, headers={**self.preflight_headers, **more})

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Let the application answer, by way of :meth:`send`."""
        await self.app(scope, receive, partial(self.send, send=send, request_headers=request_headers))

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Send a message of the application's, with the headers in the one that starts the response."""
        if message["type"] == "http.response.start":
            message = self._merged(message, Asked(request_headers.raw).origin, self._reply)
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
            scope = {**scope, "headers": list(scope["headers"])}
        replies = self._replies
        reply: _Reply = self._reply if replies is None else replies.current()  # by one list, whole
        if scope["method"] == "OPTIONS":
            accepted = self._accept(scope, reply) if self._as_given else None
            if accepted is not None:
                await _send(send, 200, accepted, b"OK")
                return
            asked = Asked(scope["headers"])
            if asked.origin is not None and asked.method is not None:
                await self._answer(asked, reply, scope, receive, send)
                return
        if not self._overridden.isdisjoint(("simple_response", "send", "allow_explicit_origin")):
            from starlette.datastructures import Headers

            await self.simple_response(scope, receive, send, request_headers=Headers(scope=scope))
            return
        found = ANY.decide_asgi(scope)
        # Of several origins none is believed.
        origin = "" if found.reason is Reason.ORIGIN_MULTIPLE else text_of(found.origin)

        async def send_merged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = self._merged(message, origin, reply)
            await send(message)

        await self.app(scope, receive, send_merged)

    def _merged(self, message: Message, origin: str | None, reply: _Reply) -> Message:
        """A copy of a message that starts a response, with the headers in it."""
        headers = _vary.merge_asgi(message.get("headers", ()))
        if origin is not None:
            headers += self._granted(reply(origin))
            if "allow_explicit_origin" in self._overridden:
                self._grant_explicitly(headers, origin)
        return {**message, "headers": headers}

    def _granted(self, allowed: str | None) -> Pairs:
        """What a response gets beside ``Vary``, where this is what Access-Control-Allow-Origin says."""
        if allowed is None:
            return []
        return [*self._simple.pairs(self.simple_headers), (b"access-control-allow-origin", allowed.encode("ascii"))]

    def _grant_explicitly(self, headers: Pairs, origin: str) -> None:
        """Let a subclass write the origin, in place of what was written of it."""
        from starlette.datastructures import MutableHeaders

        own = (b"access-control-allow-origin", origin.encode("latin-1"))
        if headers[-1] == own:
            headers.pop()
            self.allow_explicit_origin(MutableHeaders(raw=headers), origin)

    def _reply(self, origin: str | None) -> str | None:
        """What Access-Control-Allow-Origin says to this origin; None: nothing."""
        if self.allow_all_origins and not self.preflight_explicit_allow_origin:
            return "*"
        # Past a method that is overridden, nothing is written but what is sure to stay within its line.
        if not origin or not is_writable(origin) or not self.is_allowed_origin(origin=origin):
            return None
        return origin

    def _accept(self, scope: Scope, reply: _Reply) -> Pairs | None:
        """The headers for a preflight in which all is well; None for any other request."""
        decision = self._names.engine(self.allow_headers).decide_asgi(scope)
        if decision.kind != "preflight" or decision.reason is not Reason.OK:
            return None
        if text_of(decision.request_method) not in self.allow_methods:
            return None
        headers = self._accepted.copy()
        if self.preflight_explicit_allow_origin:
            allowed = reply(text_of(decision.origin))
            if allowed is None:
                return None
            headers.append((b"access-control-allow-origin", allowed.encode("ascii")))
        if self.allow_all_headers:
            lines = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
            if lines:
                headers.append((b"access-control-allow-headers", b", ".join(lines)))
        return headers

    async def _answer(self, asked: Asked, reply: _Reply, scope: Scope, receive: Receive, send: Send) -> None:
        if "preflight_response" in self._overridden:
            from starlette.datastructures import Headers

            response = self.preflight_response(request_headers=Headers(scope=scope))
            await response(scope, receive, send)
            return
        failures, more = self._judge(asked, reply)
        status, text = outcome(failures)
        body = text.encode("ascii")
        if more.keys().isdisjoint(self.preflight_headers):
            headers = self._preflight.pairs(self.preflight_headers) + encoded(more.items())
        else:  # a subclass has its own
            headers = encoded({**self.preflight_headers, **more}.items())
        headers += body_headers(body)
        await _send(send, status, headers, body)

    def _judge(self, asked: Asked, reply: _Reply) -> tuple[list[str], dict[str, str]]:
        """What is wrong with a preflight, and the headers that its answer gets beside the constant ones."""
        failures, more = [], {}
        allowed = reply(asked.origin)
        if allowed is None:
            failures.append("origin")
        elif self.preflight_explicit_allow_origin:
            more[_ORIGIN] = allowed
        if asked.method not in self.allow_methods:
            failures.append("method")
        if asked.names:
            if not self._names.allow(self.allow_headers, asked.names):
                failures.append("headers")
            elif self.allow_all_headers:
                more["Access-Control-Allow-Headers"] = ", ".join(asked.names)
        if asked.private:
            if self.allow_private_network:
                more["Access-Control-Allow-Private-Network"] = "true"
            else:
                failures.append("private-network")
        return failures, more


CORSMiddleware._adopt()


async def _send(send: Send, status: int, headers: Pairs, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
