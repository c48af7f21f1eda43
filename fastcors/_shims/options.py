"""What the shims share: their options, and the policy or the table of routes that they go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from fastcors._config.checks import check_bool, unknown_parameter
from fastcors._config.parameters import SHIM_OPTIONS
from fastcors._config.plan import Plan
from fastcors._config.readable import PARAMETERS
from fastcors._engine import Decision, Engine, Router
from fastcors._shims.by_request import Unread
from fastcors._shims.routes import Routes, advise_policy, check_routes, is_policy
from fastcors.decision import Outcome
from fastcors.errors import PolicyError, PolicyIssue
from fastcors.policy import Policy

if TYPE_CHECKING:
    import inspect

    from fastcors._config.keywords import PolicyParameters
    from fastcors._shims.views import Views

__all__ = ["CLOSED", "NOT_GIVEN", "OUTCOME_KEY", "OnConflict", "ShimConfig", "check_app", "check_flags"]

OUTCOME_KEY = "fastcors"
"""Where a scope or an environ has the :class:`fastcors.Outcome`. No client can set it: it is no header's key."""

OnConflict = Literal["replace", "keep"]

CLOSED = Engine(Plan(), [])
"""Allows no origin: the policy of a WebSocket handshake on a path that has none."""


class _NotGiven:
    """The default of ``policy``: ``None`` is said by somebody who wants no CORS."""

    def __repr__(self) -> str:
        return "<not given>"


NOT_GIVEN: Any = _NotGiven()


Gateway = Literal["ASGI", "RSGI", "WSGI"]

_NAMES: dict[Gateway, str] = {"ASGI": "an ASGI", "RSGI": "an RSGI", "WSGI": "a WSGI"}
_CALLS: dict[Gateway, str] = {
    "ASGI": "app(scope, receive, send)",
    "RSGI": "app(scope, proto)",
    "WSGI": "app(environ, start_response)",
}


def check_flags(**flags: object) -> list[bool]:
    """The options that are ``True`` or ``False``. Raises PolicyError for others: Python takes ``"false"`` for true."""
    checked = [check_bool(name, value) for name, value in flags.items()]
    issues = [issue for _, found in checked for issue in found]
    if issues:
        raise PolicyError(issues)
    return [value for value, _ in checked]


def check_app(app: object, gateway: Gateway) -> None:
    """Raise TypeError for what cannot be an application of the gateway interface."""
    wanted, call = _NAMES[gateway], _CALLS[gateway]
    if isinstance(app, str):
        raise TypeError(f"app must be {wanted} application, not {app!r:.100}: import it and give the object")
    if is_policy(app) or app is Policy or (isinstance(app, Mapping) and not callable(app)):
        raise TypeError(f"the application comes first: CORSMiddleware(app, policy), not {app!r:.100}")
    if not callable(app) and not hasattr(app, "__rsgi__"):
        raise TypeError(f"app must be {wanted} application, {call}, not {app!r:.100}{_advise_door(app)}")
    gateways = _gateways_of(app)
    if not gateways:
        name = f"{app!r:.100}, of {type(app).__module__}.{type(app).__qualname__},"
        raise TypeError(f"{name} is no {gateway} application: it cannot be called as {call}{_advise_door(app)}")
    if gateway not in gateways:
        other = gateways[0]
        module = f"fastcors.{other.lower()}"
        raise TypeError(f"{app!r:.100} is {_NAMES[other]} application: for {other} there is {module}.CORSMiddleware")


def _advise_door(app: object) -> str:
    """Return what fastcors has for the framework that the object is of: the end of a message."""
    from importlib.util import find_spec

    package = type(app).__module__.partition(".")[0]
    if package.isidentifier() and not package.startswith("_") and find_spec(f"fastcors.{package}") is not None:
        return f": for {package} there is fastcors.{package}.CORS(app, ...)"
    return ""


def _gateways_of(app: Any) -> list[Gateway]:
    """The interfaces that an application may be of, the likeliest first; all of them where nothing tells."""
    if isinstance(app, ShimConfig):
        return [app._gateway]
    has_method: list[Gateway] = ["RSGI"] if hasattr(app, "__rsgi__") else []
    return [*has_method, *(_gateways_of_call(app) if callable(app) else [])]


def _gateways_of_call(app: Callable[..., object]) -> list[Gateway]:
    """The interfaces that can call an application, by how many arguments it takes and whether it is asynchronous."""
    import inspect

    asynchronous = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):
        return ["ASGI", "RSGI"] if asynchronous else ["ASGI", "WSGI", "RSGI"]
    found: list[Gateway] = ["ASGI"] if _takes(signature, 3) else []
    if _takes(signature, 2):
        if not asynchronous:
            found.append("WSGI")
        if asynchronous or "start_response" not in signature.parameters:  # one of the two names of PEP 3333
            found.append("RSGI")
    return found


def _takes(signature: inspect.Signature, arguments: int) -> bool:
    """Whether a function of this signature can be called with so many arguments."""
    try:
        signature.bind(*([None] * arguments))
    except TypeError:
        return False
    return True


class ShimConfig:
    """The mixin of all shims: what they are configured with, and how that is changed while they run.

    All that says which policy a request gets is one attribute, so that a change is seen as a whole or not at all.
    """

    _policies: Any
    _router: type[Router]
    _given: Policy | Router | None
    """What was configured. Requests go by it, unless the views of the application have a say."""
    _views: Views | None = None
    _wanted_look: object = None
    """Another object each time that the views have to be read anew."""
    _guarded: bool
    _keep: bool
    _continue: bool
    _tells: bool
    _counts: bool
    _notes: bool
    _also_tell: Callable[[Any, Outcome], None] | None
    _gateway: Gateway
    _options: tuple[str, ...] = SHIM_OPTIONS
    """The parameters that are not of a policy."""
    _can_wait = True
    """Whether an asynchronous ``allow_origin_func`` can be awaited."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls._adopt()

    @classmethod
    def _adopt(cls) -> None:
        """Take what the engine does for calls of the class's instances."""
        super()._adopt()  # type: ignore[misc]  # the shim's, which comes next

    def _configure(
        self,
        policy: Policy | None,
        routes: Routes | None,
        parameters: PolicyParameters,
        handle_errors: bool,
        preflight_continue: bool,
        on_conflict: OnConflict,
        tell_application: bool = False,
        count_decisions: bool = False,
    ) -> None:
        said = policy is not NOT_GIVEN
        policy = policy if said else None
        options = {name: value for name, value in {"policy": policy, "routes": routes}.items() if value is not None}
        self._check_names(parameters, options)
        if not options and not parameters and not said:
            raise TypeError(
                "nothing is allowed: give the parameters of a policy (allow_origins=[...]), a policy or routes;"
                " for no CORS at all, give policy=None"
            )
        if on_conflict not in ("replace", "keep"):
            raise ValueError(f'on_conflict must be "replace" or "keep", not {on_conflict!r}')
        flags = check_flags(
            handle_errors=handle_errors,
            preflight_continue=preflight_continue,
            tell_application=tell_application,
            count_decisions=count_decisions,
        )
        if routes is not None:
            self.routes = routes
        else:
            self.policy = self._make_policy(parameters) if parameters else policy
        self._guarded, self._continue, self._tells, self._counts = flags
        self._notes = self._tells or self._counts
        self._keep = on_conflict == "keep"

    @classmethod
    def _check_names(cls, parameters: Mapping[str, object], options: Mapping[str, object]) -> None:
        """Raise TypeError where a policy is said in two ways, and PolicyError for parameters that do not exist.

        ``options`` has the policy and the routes, as far as they were given.
        """
        strange = [name for name in parameters if name not in PARAMETERS]
        if strange and options:
            raise PolicyError([cls._unknown(name, parameters[name]) for name in strange])
        names = [*options, *(["parameters of a policy"] if parameters else [])]
        if len(names) > 1:
            raise TypeError(f"give only one of a policy, routes and parameters of a policy, not {' and '.join(names)}")

    @classmethod
    def _make_policy(cls, parameters: Mapping[str, Any]) -> Policy:
        """The policy of these parameters; the hints for those that do not exist know the shim's own as well."""
        try:
            return Policy(**parameters)
        except PolicyError as error:
            issues = [
                cls._unknown(issue.field, issue.value) if issue.code == "unknown-parameter" else issue
                for issue in error.issues
            ]
            raise PolicyError(issues) from None

    @classmethod
    def _unknown(cls, name: str, value: object) -> PolicyIssue:
        """The issue of a parameter that neither a policy nor the shim has."""
        elsewhere = "no such parameter here; fastcors.asgi.CORSMiddleware has it" if name in SHIM_OPTIONS else ""
        return unknown_parameter(name, value, (*PARAMETERS, "policy", *cls._options), elsewhere)

    @property
    def policy(self) -> Policy | None:
        """The policy for every path; ``None`` where there is none, or a table of routes instead.

        It may be assigned at any time, also in place of routes: each request sees what was there or what comes, whole.
        """
        return cast("Policy", self._given) if is_policy(self._given) else None

    @policy.setter
    def policy(self, policy: Policy | None) -> None:
        if policy is not None and not is_policy(policy):
            raise TypeError(f"policy must be a fastcors.Policy or None, not {policy!r:.100}{advise_policy(policy)}")
        self._check_waiting(policy)
        self._use(policy)

    @property
    def routes(self) -> Mapping[str, Policy | None] | None:
        """The table of routes, read-only; ``None`` where one policy is for every path.

        A key is a path; or it ends in ``/``, and stands for all paths below as well. ``{name}`` stands for one segment,
        ``{name:path}`` at the end for the rest. The key with the longest literal beginning decides: by its policy, or
        by ``None`` for no CORS. A path that no key stands for gets no CORS. Paths are those by which the application
        routes (``scope["path"]`` without ``root_path``, ``PATH_INFO``): decoded, and with their letter case.

        It may be assigned at any time, as :attr:`policy` may. Raises :class:`fastcors.PolicyError`.
        """
        return MappingProxyType(self._given.routes) if isinstance(self._given, self._router) else None

    @routes.setter
    def routes(self, routes: Routes | None) -> None:
        checked = None if routes is None else check_routes(routes)
        for policy in (checked or {}).values():
            self._check_waiting(policy)
        self._use(None if checked is None else self._router(checked))

    def _use(self, given: Policy | Router | None) -> None:
        """Let requests go by what is given, and by what the views of the application say."""
        if self._views is not None:
            self._views.check(given)
        self._given = given
        self._policies = given if self._views is None else Unread(self)

    def _look_at(self, views: Views) -> None:
        """Let the views of the application have a say."""
        self._views = views
        self._use(self._given)

    def _look_again(self) -> None:
        """Read the views of the application anew, at the next request."""
        self._wanted_look = object()
        self._policies = Unread(self)

    def _read_views(self) -> None:
        """Make the table of what is given and what the views say."""
        given, look = NOT_GIVEN, None
        while self._views is not None and (given is not self._given or look is not self._wanted_look):
            given, look = self._given, self._wanted_look  # which other threads may replace
            self._policies = self._views.policies(given, self._router, self._look_again)

    def _note(self, place: MutableMapping[str, Any], decision: Decision | None, *, count: bool = True) -> None:
        """Count a decision and tell the application, where that is wanted. ``place`` is the scope or the environ.

        ``None`` is no CORS after all, of which there is no outcome.
        """
        if decision is None:
            place.pop(OUTCOME_KEY, None)
            return
        if self._counts and count:
            decision.policy._count(decision.reason)
        if self._tells:
            place[OUTCOME_KEY] = decision.outcome
            if self._also_tell is not None:
                self._also_tell(place, decision.outcome)

    def __repr__(self) -> str:
        """What is in front of which application."""
        rules = "no CORS" if self._given is None else repr(self.policy or dict(self.routes or {}))
        return f"<{type(self).__module__}.{type(self).__qualname__}: {rules}>"

    def _check_waiting(self, policy: Policy | None) -> None:
        check = getattr(policy, "origin_check", None)
        if check is not None and check.is_async and not self._can_wait:
            raise TypeError(
                "allow_origin_func is asynchronous, and WSGI cannot wait for it: give a synchronous function"
            )
