"""What every framework's ``CORS(app, …)`` shares: what it refuses, and the arguments that go to the shim.

A framework's module finds the place outside of all that responds in the application, puts the shim there, and leaves
the application the object that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from fastcors._config.keywords import PolicyParameters
from fastcors._config.parameters import SHIM_OPTIONS
from fastcors._engine import ASGIShim, Before, Behind
from fastcors._shims.marks import EXEMPT, Own, make_own
from fastcors._shims.options import NOT_GIVEN, OUTCOME_KEY, OnConflict, ShimConfig
from fastcors._shims.root_path import with_clear_path, with_sent_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fastcors._shims.marks import ByRoute
    from fastcors._types import ASGIApp, Receive, Scope, Send
    from fastcors.decision import Outcome
    from fastcors.policy import Policy

__all__ = [
    "INSTEAD",
    "ASGIArguments",
    "RequestArguments",
    "ShimArguments",
    "check_kind",
    "check_no_shim",
    "own_of_part",
    "put_before_asgi_calls",
    "put_before_wsgi_calls",
    "same_named",
    "says_nothing",
    "shim_before_calls",
    "tell_state",
]

INSTEAD = "Change the policy of the shim that CORS returned, or use routes"
"""What to do in the place of a second ``CORS`` for an application."""

S = TypeVar("S", bound=ShimConfig)


class ShimArguments(PolicyParameters, total=False):
    """The keyword arguments of every shim but ``routes``: its options, and the parameters of a policy."""

    handle_errors: bool
    preflight_continue: bool
    on_conflict: OnConflict
    tell_application: bool
    count_decisions: bool


class ASGIArguments(ShimArguments, total=False):
    """The keyword arguments of ``fastcors.asgi.CORSMiddleware`` but ``routes``."""

    check_websocket_origin: bool


class RequestArguments(PolicyParameters, total=False):
    """The keyword arguments of ``CORS`` but ``routes``, where the framework responds to every exception itself."""

    preflight_continue: bool
    on_conflict: OnConflict
    check_websocket_origin: bool
    tell_application: bool
    count_decisions: bool


def tell_state(scope: Scope, outcome: Outcome) -> None:
    """Put an outcome into the state of a request too, which frameworks call ``request.state``."""
    scope.setdefault("state", {})[OUTCOME_KEY] = outcome


def check_kind(app: object, kind: type, name: str) -> None:
    """Raise TypeError where ``app`` is no application of the framework; ``name`` is what people call its class."""
    if not isinstance(app, kind):
        raise TypeError(f"app must be a {name}, not {app!r:.100}; for a part of one use routes={{'/path/': policy}}")


def check_no_shim(name: str, found: Iterable[object], instead: str) -> None:
    """Raise RuntimeError where a shim is among the objects and classes that were ``found`` in an application.

    ``name`` is what the message calls the application, and ``instead`` says what to do.
    """
    shims = (ShimConfig, ASGIShim)
    if any(issubclass(each if isinstance(each, type) else type(each), shims) for each in found):
        raise RuntimeError(f"{name} has CORS already: a request can have only one policy. {instead}")


def same_named(kind: type, body: dict[str, Any]) -> Any:
    """Return a subclass of an application's class under the same name, with what is in ``body`` over it."""
    named = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    metaclass: Any = type(kind)
    return metaclass(kind.__name__, (kind,), named | {"__slots__": ()} | body)


_BEFORE_CALLS = "_fastcors"
"""Where the class of an application has that application and the shim that calls of it go through."""


def shim_before_calls(app: object) -> object:
    """Return the shim that calls of an application go through; None where there is none."""
    owner, shim = getattr(type(app), _BEFORE_CALLS, (None, None))
    return shim if owner is app else None


def put_before_wsgi_calls(app: Any, make: Callable[[WSGIApplication], S]) -> S:
    """Put a shim before all calls of a WSGI application, which gets a subclass of its class for that.

    ``make`` makes the shim for what stands behind it. That looks up the class's own ``__call__`` at each call, because
    monitors put theirs into the class of a framework.
    """
    kind = type(app)
    shim: Any = make(Behind(app, kind))

    def call(self: object, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        if self is not app:
            return kind.__call__(self, environ, start_response)
        return shim(environ, start_response)

    app.__class__ = same_named(kind, {"__call__": Before(app, shim, call), _BEFORE_CALLS: (app, shim)})
    return shim  # type: ignore[no-any-return]


def put_before_asgi_calls(app: Any, make: Callable[[ASGIApp], S], *, cuts_root_path: bool = False, **body: object) -> S:
    """Put a shim before all calls of an ASGI application, which gets a subclass of its class for that.

    ``make`` makes the shim for what stands behind it, as for WSGI. ``cuts_root_path``: the framework cuts ``root_path``
    out of a path wherever it is there; what is routed so gets no CORS. ``body`` is what the subclass has besides.
    """
    kind = type(app)
    shim: Any = make(Behind(app, kind, with_sent_path if cuts_root_path else None))

    async def call(self: object, scope: Scope, receive: Receive, send: Send) -> None:
        if self is not app:
            await kind.__call__(self, scope, receive, send)
            return
        await shim(with_clear_path(scope) if cuts_root_path else scope, receive, send)

    before = Before(app, shim, call, cuts_root_path)
    app.__class__ = same_named(kind, {"__call__": before, _BEFORE_CALLS: (app, shim), **body})
    return shim  # type: ignore[no-any-return]


def says_nothing(policy: object, routes: object, arguments: Mapping[str, object]) -> bool:
    """Return whether the arguments of a ``CORS(app, …)`` allow nothing, so that only views can."""
    return policy is NOT_GIVEN and routes is None and set(arguments) <= set(SHIM_OPTIONS)


def own_of_part(policy: Policy | None, methods: ByRoute | None, parameters: Mapping[str, Any]) -> Own:
    """Return what ``CORS(part, …)`` with these arguments says: no CORS where None was given as the policy.

    Raises as :func:`fastcors._shims.marks.make_own` does.
    """
    if policy is None:
        return EXEMPT
    return make_own(None if policy is NOT_GIVEN else policy, methods, parameters, "CORS")
