"""What the shims share: their options, and the policy or the table of routes that they go by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from fastcors._engine import Engine, Router
from fastcors._shims.routes import Routes, check_routes, is_policy
from fastcors.policy import Policy

if TYPE_CHECKING:
    from fastcors._config.parameters import PolicyParameters

__all__ = ["Configurable", "OnConflict"]

OnConflict = Literal["replace", "keep"]


class Configurable:
    """The mixin of both shims: what they are configured with, and how that is changed while they run.

    All that says which policy a request gets is one attribute, so that a change is seen as a whole or not at all.
    """

    _rules: Engine | Router | None
    _router: type[Router]
    _guarded: bool
    _keep: bool
    _continue: bool
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
        policy: Engine | None,
        routes: Routes | None,
        parameters: PolicyParameters,
        handle_errors: bool,
        preflight_continue: bool,
        on_conflict: OnConflict,
    ) -> None:
        given = {"policy": policy is not None, "routes": routes is not None, "parameters of a policy": bool(parameters)}
        names = [name for name, is_given in given.items() if is_given]
        if len(names) > 1:
            raise TypeError(f"give a policy, routes or parameters of a policy, and not {' and '.join(names)} together")
        if on_conflict not in ("replace", "keep"):
            raise ValueError(f'on_conflict must be "replace" or "keep", not {on_conflict!r}')
        if routes is not None:
            self.routes = routes
        else:
            self.policy = Policy(**parameters) if parameters else policy
        self._guarded = bool(handle_errors)
        self._continue = bool(preflight_continue)
        self._keep = on_conflict == "keep"

    @property
    def policy(self) -> Engine | None:
        """The policy for every path; ``None`` where there is none, or a table of routes instead.

        It may be assigned at any time, also in place of routes: each request sees what was there or what comes, whole.
        """
        return cast("Engine", self._rules) if is_policy(self._rules) else None

    @policy.setter
    def policy(self, policy: Engine | None) -> None:
        if policy is not None and not is_policy(policy):
            raise TypeError(f"policy must be a fastcors.Policy or None, not {policy!r:.100}")
        self._check_waiting(policy)
        self._rules = policy

    @property
    def routes(self) -> Mapping[str, Engine | None] | None:
        """The table of routes, read-only; ``None`` where one policy is for every path.

        A key is a path, and stands for that alone; or it ends in ``/``, and stands for all that begins with it. The
        longest that fits has its way: its policy, or ``None`` for no CORS. What fits none gets no CORS. Paths are
        compared as the server gives them (``scope["path"]``, ``PATH_INFO``), decoded and with their letter case.

        It may be assigned at any time, as :attr:`policy` may. Raises :class:`fastcors.PolicyError`.
        """
        return MappingProxyType(self._rules.routes) if isinstance(self._rules, self._router) else None

    @routes.setter
    def routes(self, routes: Routes | None) -> None:
        checked = None if routes is None else check_routes(routes)
        for policy in (checked or {}).values():
            self._check_waiting(policy)
        self._rules = None if checked is None else self._router(checked)

    def _check_waiting(self, policy: Engine | None) -> None:
        check = getattr(policy, "origin_check", None)
        if check is not None and check.is_async and not self._can_wait:
            raise TypeError("allow_origin_func is asynchronous, which WSGI cannot wait for: give a synchronous one")

    def _policy_at(self, path: Any, wsgi: bool) -> Engine | None:
        rules = self._rules
        if isinstance(rules, self._router):
            return rules.find_wsgi(path) if wsgi else rules.find(path)
        return cast("Engine | None", rules)
