"""The two engines side by side, and what it means for them to agree."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, NamedTuple

import pytest

from fastcors._config.plan import Plan, compiled
from fastcors._config.settings import Settings

twin: Any = importlib.import_module("fastcors._twin.engine")
if os.environ.get("FASTCORS_REQUIRE_NATIVE") == "1":
    native: Any = importlib.import_module("fastcors._core")
else:
    native = pytest.importorskip("fastcors._core", exc_type=ImportError)

FIELDS = (
    "kind",
    "allowed",
    "reason",
    "status",
    "headers",
    "headers_str",
    "headers_str_lower",
    "block",
    "hpack",
    "qpack",
    "qpack_lines",
    "asgi_messages",
    "rsgi_response",
    "response",
    "body",
    "origin",
    "request_method",
    "requested",
    "detail",
)


class Raised(NamedTuple):
    """An exception: its exact type counts, its text does not."""

    type: type[BaseException]


def outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call returns, or which exception it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return Raised(type(error))


def exact(value: Any) -> Any:
    """The value with the exact type of everything in it, so that equality is equality of types too."""
    if type(value) in (list, tuple):
        return (type(value).__name__, [exact(item) for item in value])
    if isinstance(value, Enum):
        return value
    return (type(value), value)


def shown(decision: Any) -> Any:
    """Everything that a decision shows but its policy, and the verdict that all of it is made from; an exception stays
    as it is.
    """
    if isinstance(decision, Raised):
        return decision
    fields = {name: exact(getattr(decision, name)) for name in FIELDS}
    return fields | {"verdict": exact(decision._verdict()), "explain": decision.explain(), "repr": repr(decision)}


class Engines(NamedTuple):
    """The same policy in both engines."""

    native: Any
    twin: Any

    def both(self, function: Callable[[Any], Any]) -> Any:
        """Call the function with each engine; assert that both do the same, and return what that is."""
        one, two = outcome(function, self.native), outcome(function, self.twin)
        assert exact(one) == exact(two)
        return one

    def decisions(self, function: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Call the function with each engine; assert that the decisions show the same, and return them."""
        one, two = outcome(function, self.native), outcome(function, self.twin)
        assert shown(one) == shown(two)
        return one, two


def engines(settings: Settings, origins: Sequence[str]) -> Engines:
    """The policy in both engines."""
    return planned(*compiled(settings, list(origins)))


def planned(plan: Plan, origins: Sequence[str], settings: Settings | None = None) -> Engines:
    """The plan in both engines; both must take it and call its origins the same."""
    pair = Engines(*(module.Engine(plan, origins, settings) for module in (native, twin)))
    assert pair.native.origins() == pair.twin.origins()
    assert pair.native.origin_count() == pair.twin.origin_count()
    return pair
