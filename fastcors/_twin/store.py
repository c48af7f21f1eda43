"""Merge for responses that keep their headers in a mapping without letter case.

Its store is a dictionary of names in lower case, each with the name as it is sent, and its value.
"""

from __future__ import annotations

from fastcors._twin.engine import Engine
from fastcors._twin.find import is_a
from fastcors._twin.merge import is_open_to
from fastcors.decision import Reason

__all__ = ["merge_store"]


def merge_store(policy: object, origin: object, store: object, /) -> bool:
    """Put the headers for an actual request with this Origin, a str or None, into the store of a response.

    False: nothing was done, as something in the store has to go or to change, or as the policy is not this engine's,
    has to wait for its function, or has one that sees the request.
    """
    if not isinstance(policy, Engine) or not (origin is None or is_a(origin, str)):
        return False
    check = policy.origin_check
    if policy.plan.leaves or (check is not None and (check.is_async or check.vary)):
        return False
    decision = policy.decide_wsgi({"HTTP_ORIGIN": origin})
    if policy.plan.exposes_present and decision.kind == "actual" and decision.reason is Reason.OK:
        return False
    if type(store) is not dict:
        return False
    names = list(store)  # in one step, whatever another thread does to it
    if not all(type(name) is str and is_open_to(name) for name in names):
        return False
    store.update({name.lower(): (name, value) for name, value in decision.headers_str})
    return True
