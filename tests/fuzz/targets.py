"""The targets of the fuzzer by their names, and where the seeds of each are."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

__all__ = ["PLANTED", "SEEDS", "Target", "targets"]

SEEDS = Path(__file__).with_name("seeds")

_MODULES = {
    # The targets of a module, and its folder of seeds where they have one in common.
    "readers": (("values", "pairs", "asgi", "wsgi", "rsgi", "mapping", "h2", "feed"), "requests"),
    "raw": (("head",), "heads"),
    "writers": (("merge_asgi", "merge_wsgi", "merge_rsgi", "merge_multidict"), "responses"),
    "shims": (("asgi_shim", "wsgi_shim", "rsgi_shim"), "exchanges"),
    "response_heads": (("merge_head",), ""),
    "tables": (("routes", "patterns"), ""),
    "leaves": (
        (
            *("origin", "names", "table", "field", "c_api", "c_hpack", "c_qpack"),
            *("c_head", "c_write_head", "c_merge_head", "c_routes"),
        ),
        "",
    ),
}
_FOLDERS = {
    "c_api": "requests",
    "c_hpack": "requests",
    "c_qpack": "requests",
    "c_head": "heads",
    "c_write_head": "heads",
    "c_merge_head": "merge_head",
    "c_routes": "routes",
}
"""The folders of targets whose seeds have another name."""


class Target(NamedTuple):
    """A function that takes any bytes, and raises where something does not hold."""

    module: str
    name: str
    seeds: Path

    @property
    def needs_leaves(self) -> bool:
        """Whether it needs ``tests.fuzz._leaves``, which is built for the fuzzer alone."""
        return self.module == "leaves"

    def function(self) -> Callable[[bytes], None]:
        """Return the function itself."""
        found: Callable[[bytes], None] = getattr(import_module(f"tests.fuzz.{self.module}"), self.name)
        return found


PLANTED = Target("leaves", "planted", SEEDS / "origin")
"""A target with a fault in it that the fuzzer must find before anything else."""


def targets() -> list[Target]:
    """Return all targets."""
    return [
        Target(module, name, SEEDS / (folder or _FOLDERS.get(name, name)))
        for module, (names, folder) in _MODULES.items()
        for name in names
    ]
