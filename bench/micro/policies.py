"""The policies that are measured, each made once for an engine and a run."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from bench.micro.build import PROFILED
from bench.micro.inputs import origin, wildcard
from fastcors.policy import Configured

__all__ = ["LISTS", "MILLION", "engine_module", "policy", "policy_class"]

MILLION = 1_000_000

LISTS = {
    "1": lambda: [origin(7)],
    "9": lambda: [origin(i) for i in range(9)],
    "10": lambda: [origin(i) for i in range(10)],
    "1,000": lambda: [origin(i) for i in range(1000)],
    "100,000": lambda: [origin(i) for i in range(100_000)],
    "1,000,000": lambda: [origin(i) for i in range(MILLION)],
    "10 wildcards": lambda: [wildcard(i) for i in range(10)],
    "100,000 wildcards": lambda: [wildcard(i) for i in range(100_000)],
    "both": lambda: [
        *(origin(i) for i in range(MILLION)),
        *(wildcard(i) for i in range(100_000)),
    ],
}
"""The lists of origins, by the names they have in the table."""

MODULES = {
    "native": "fastcors._core",
    "twin": "fastcors._twin.engine",
    "loops": "bench.micro._loops",
    "profiled": "bench.micro.profiled._core",
}


def engine_module(side: str) -> ModuleType:
    """Import the engine of a side: ``native``, ``twin``, ``loops``, the copy that the C loops have, or ``profiled``, a
    build of its own with a profile. ImportError where there is none.
    """
    name = MODULES[side]
    if side != "profiled" or name in sys.modules:
        return importlib.import_module(name)
    spec = spec_from_file_location(name, PROFILED)
    if spec is None or spec.loader is None or not PROFILED.exists():
        raise ImportError("there is no profile-guided build; bench.micro.build makes it, with gcc")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@lru_cache
def policy_class(side: str) -> Any:
    """Make what ``fastcors.Policy`` is, over the engine of a side."""
    return type("Policy", (Configured, engine_module(side).Engine), {"__slots__": ()})


@lru_cache
def policy(side: str, listed: str) -> Any:
    """Make a policy with one of the lists of origins and, for the rest, what an API with a login has."""
    return policy_class(side)(
        allow_origins=LISTS[listed](),
        allow_credentials=True,
        allow_methods=["DELETE", "PATCH", "PUT"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=["ETag", "X-Total-Count"],
        max_age=600,
    )
