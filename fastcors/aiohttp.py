"""CORS for aiohttp's web applications: ``CORS(app, …)``."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

try:
    from aiohttp import hdrs
    from aiohttp.web_app import Application
    from aiohttp.web_exceptions import HTTPException
    from aiohttp.web_request import Request
    from aiohttp.web_response import Response, StreamResponse
except ImportError as error:
    raise ImportError('fastcors.aiohttp needs aiohttp, which pip install "fastcors[aiohttp]" brings') from error

from fastcors._shims.attach import INSTEAD, check_kind, check_no_shim
from fastcors._shims.messages import sets_origin
from fastcors._shims.options import NOT_GIVEN, OUTCOME_KEY
from fastcors._shims.requests import RequestShim, is_handshake

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastcors._engine import Decision, Engine
    from fastcors._shims.attach import RequestArguments
    from fastcors._shims.routes import Routes
    from fastcors.decision import Outcome
    from fastcors.declared import DeclaredRequest
    from fastcors.policy import Policy

__all__ = ["CORS", "Shim"]

_SHIM = "_fastcors"
_METHODS = ("_handle", "_make_request", "pre_freeze")
_PART = (
    "the application is part of another one, or runs already: give CORS the outermost application, before it runs;"
    " for a part of it there is routes={'/path/': policy}"
)


def CORS(  # noqa: N802 - what every framework's module calls it
    app: Application,
    policy: Policy | None = NOT_GIVEN,
    *,
    routes: Routes | None = None,
    **arguments: Unpack[RequestArguments],
) -> Shim:
    """Put CORS in front of an ``aiohttp.web.Application``, and return the shim.

    The shim stands outside of the application's middlewares, its signals and what the server makes of an exception, so
    that every response has the headers. ``app`` stays the object that it was: it is what runners, servers and test
    clients get, and routes, middlewares, signals and sub-applications may still be added to it.

    The arguments are those of :class:`fastcors.asgi.CORSMiddleware` but ``handle_errors``, as aiohttp responds to every
    exception by itself. Of the shim that is returned, ``policy`` and ``routes`` may be replaced while requests run.

    Raises TypeError where ``app`` is no application of aiohttp or nothing is allowed, RuntimeError where it has CORS
    already, is a part of another application or runs, and PolicyError with everything that is wrong in parameters or
    routes.
    """
    check_kind(app, Application, "aiohttp.web.Application")
    check_no_shim(
        f"the application {app!r:.100}",
        [getattr(app, _SHIM, None)],
        INSTEAD,
    )
    if app.pre_frozen:
        raise RuntimeError(_PART)
    return Shim(app, policy, routes=routes, **arguments)


class Shim(RequestShim[Request, StreamResponse]):
    """CORS in front of an application of aiohttp. Made by :func:`CORS`."""

    def __init__(self, app: Application, policy: Policy | None = NOT_GIVEN, **arguments: Any) -> None:
        super().__init__(policy, **arguments)
        self.app = app
        self._kinds: dict[type[Request], type[Request]] = {}
        # Monitors replace methods of the class, at any time; somebody may have replaced those of this application.
        self._replaced = {name: found for name in _METHODS if (found := _own_method(app, name)) is not None}
        make = self._make_request
        if "_make_request" not in self._replaced and type(app)._make_request is Application._make_request:
            make = _make_quickly(app, _with_headers(Request, self))
        own = {_SHIM: self, "_handle": self._respond, "_make_request": make, "pre_freeze": self._pre_freeze}
        for name, value in own.items():
            object.__setattr__(app, name, value)  # past the application's own, which warns of other names

    def _call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a method of the application, as it is without CORS."""
        if name in self._replaced:
            return self._replaced[name](*arguments, **named)
        return getattr(type(self.app), name)(self.app, *arguments, **named)

    def _pre_freeze(self) -> None:
        """Freeze the application, unless another one takes it in before it has run: only the outermost one answers."""
        if self.app._loop is None:
            raise RuntimeError(_PART)
        self._call("pre_freeze")

    def _make_request(self, *arguments: Any, **named: Any) -> Request:
        """Make a request in the application's own way, and give it the class that writes the policy's headers."""
        request: Request = self._call("_make_request", *arguments, **named)
        kind = type(request)
        request.__class__ = self._kinds.get(kind) or self._kinds.setdefault(kind, _with_headers(kind, self))
        return request

    def _path_of(self, request: Request) -> str:
        return request.rel_url.raw_path

    def _decide(self, policy: Engine, request: Request, granted: bool | None = None) -> Decision:
        path = None if policy.origin_check is None else self._seen_path(policy, request)
        return policy.decide_pairs(request.method, request._message.raw_headers, origin_granted=granted, path=path)

    def _seen(self, policy: Policy, request: Request) -> DeclaredRequest | None:
        assert policy.origin_check is not None  # noqa: S101 - its function is asked
        path = self._seen_path(policy, request)
        return policy.origin_check.request_of_pairs(request.method, path, request._message.raw_headers)

    def _keep_decision(self, request: Request, decision: Decision) -> None:
        request._fastcors = decision

    def _tell(self, request: Request, outcome: Outcome) -> None:
        request._state[OUTCOME_KEY] = outcome  # past the request's own way, which warns of names that are text

    def _opens_websocket(self, request: Request) -> bool:
        return is_handshake(request.headers.getall(hdrs.UPGRADE, ()))

    def _run(self, request: Request) -> Awaitable[StreamResponse]:
        if self._replaced:
            response: Awaitable[StreamResponse] = self._call("_handle", request)
            return response
        return type(self.app)._handle(self.app, request)

    async def _run_preflight(self, request: Request, decision: Decision) -> StreamResponse:
        try:
            response = await self._run(request)
        except HTTPException as error:
            if error.prepared or sets_origin(error.headers.items()):
                raise
            return await self._answer_preflight(request, decision)
        if not isinstance(response, StreamResponse) or response.prepared or sets_origin(response.headers.items()):
            return response
        return await self._answer_preflight(request, decision)

    async def _answer_preflight(self, request: Request, decision: Decision) -> Response:
        assert decision.status is not None  # noqa: S101 - a preflight has one
        if not decision.body:
            return Response(status=decision.status)
        return Response(status=decision.status, body=decision.body, content_type="text/plain", charset="utf-8")

    async def _refuse_websocket(self, request: Request) -> Response:
        return Response(status=403)


def _make_quickly(app: Application, kind: type[Request]) -> Any:
    """Return what makes requests of a class in aiohttp's own way: an object that gets its class later is a slow one."""
    make_request = Application._make_request

    def make(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> Request:
        return make_request(app, message, payload, protocol, writer, task, kind)

    return make


def _own_method(app: Application, name: str) -> Any:
    """Return the method that was put into an application in place of its class's; None where there is none."""
    method = getattr(app, name)
    return None if method == getattr(type(app), name).__get__(app) else method


def _with_headers(kind: type[Request], shim: Shim) -> type[Request]:
    """Return the class of a request, under its own name, that puts the policy's headers into each response.

    The server prepares every response by the request's ``_prepare_hook``, which sends the application's signals; also
    what it makes of an exception. What is in the place of ``response.headers`` then is sent.
    """

    class WithHeaders(kind):  # type: ignore[misc, valid-type]
        ATTRS = kind.ATTRS | {"_fastcors"}
        _fastcors: Decision | None = None

        async def _prepare_hook(self, response: StreamResponse) -> None:
            await super()._prepare_hook(response)
            decision = self._fastcors
            if decision is not None and response._status != 101:  # which says nothing to pages
                # Anew: a CIMultiDict that the application gave to several responses is in all of them.
                response._headers = decision.merge_multidict(response.headers, on_conflict=shim._on_conflict)

        def clone(self, **changes: Any) -> Request:
            made: Any = super().clone(**changes)
            made._fastcors = self._fastcors
            return made  # type: ignore[no-any-return]

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(WithHeaders, name, getattr(kind, name))
    return WithHeaders
