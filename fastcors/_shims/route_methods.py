"""``methods="route"``: policies whose methods are those that a route has, one for each set of methods."""

from __future__ import annotations

from collections.abc import Iterable

from fastcors._grammar import FORBIDDEN_METHODS
from fastcors.policy import Policy

__all__ = ["RouteMethods", "check_policy_by_route"]


def check_policy_by_route(policy: Policy) -> None:
    """Raise TypeError for a policy that says by itself which methods are allowed."""
    if policy.settings is not None and policy.settings.allow_methods:
        raise TypeError('methods="route" takes the methods from each route: leave allow_methods out')


class RouteMethods:
    """The policies that were made of others, each by its methods. What was made once is given again."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, frozenset[str] | None], tuple[Policy, Policy]] = {}

    def policy(self, policy: Policy, methods: Iterable[str] | None) -> Policy:
        """Return the policy with these methods, those left out that no browser sends; None: with any.

        Threads may make one twice, and both are right.
        """
        key = id(policy), None if methods is None else frozenset(methods) - FORBIDDEN_METHODS
        found = self._made.get(key)  # the policy in it stays alive, so that its id is its own
        if found is None:
            allowed = "*" if key[1] is None else sorted(key[1])
            made = type(policy).from_dict({**policy.to_dict(), "allow_methods": allowed})
            found = self._made[key] = policy, made
        return found[1]
