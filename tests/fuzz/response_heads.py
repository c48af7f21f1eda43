"""The target that merges a decision into the head of a response as it came over the wire."""

from __future__ import annotations

import re
from typing import Any

from tests.differential.pair import Raised, outcome
from tests.fuzz.inputs import chosen
from tests.fuzz.raw import exact

_OURS = re.compile(rb"^access-control-[^:]*", re.IGNORECASE | re.MULTILINE)


def merge_head(data: bytes) -> None:
    """Check ``merge_head``: a line for the policy, one for the origin (an empty one: none), then the head."""
    first, _, rest = data.partition(b"\n")
    origin, _, head = rest.partition(b"\n")
    one, two = (engine.decide("GET", origin or None) for engine in chosen(first))
    for on_conflict in ("replace", "keep"):
        merged = outcome(one.merge_head, exact(head), on_conflict=on_conflict)
        assert merged == outcome(two.merge_head, head, on_conflict=on_conflict)
        if isinstance(merged, Raised):
            assert merged.type is ValueError
            return
        _check_merged(one, head, merged, on_conflict)


def _check_merged(decision: Any, head: bytes, merged: bytes, on_conflict: str) -> None:
    """Check that it is one head, which a second merge leaves as it is, and where the policy alone speaks of CORS."""
    assert merged.endswith(b"\r\n\r\n")
    assert merged.count(b"\r\n\r\n") == 1
    assert merged.count(b"\r") == merged.count(b"\n") == merged.count(b"\r\n")
    plan = decision.policy.plan
    assert plan.leaves or decision.merge_head(merged, on_conflict=on_conflict) == merged
    if on_conflict == "replace" and head[9:10] != b"1" and not plan.leaves:
        names = {name.lower() for name in _OURS.findall(merged)} - {b"access-control-expose-headers"}
        wanted = {name for name, _ in decision.headers if name.startswith(b"access-control-")}
        assert names == wanted - {b"access-control-expose-headers"}
