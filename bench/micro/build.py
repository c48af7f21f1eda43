"""Builds the extensions of the benchmarks, ``bench.micro._floor`` and ``bench.micro._loops``, beside their sources.

``python -m bench.micro.build`` does nothing where they are newer than everything they are made of.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

__all__ = ["build"]

MICRO = Path(__file__).resolve().parent
TOP = MICRO.parents[1]
PARTS = [*TOP.glob("src/*.pyx"), *TOP.glob("src/*.pxd"), *TOP.glob("src/*.pxi")]
SOURCES = {
    "_floor": [MICRO / "_floor.pyx", MICRO / "build.py"],
    "_loops": [MICRO / "_loops.pyx", MICRO / "build.py", *PARTS],
}
# As in setup.py: what is timed must be compiled like what is shipped.
COMPILE_ARGS = [] if sys.platform == "win32" else ["-O3", "-fvisibility=hidden", "-fno-strict-aliasing"]
COMPILE_ARGS += ["-fno-plt"] if sys.platform == "linux" else []


def is_stale(name: str) -> bool:
    """Whether an extension is older than one of its sources, or is not there."""
    built = MICRO / (name + sysconfig.get_config_var("EXT_SUFFIX"))
    return not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in SOURCES[name])


def build() -> None:
    """Build what is stale. Takes some 20 s the first time, a few milliseconds the next."""
    stale = [name for name in SOURCES if is_stale(name)]
    if not stale:
        return
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension  # type: ignore[import-untyped]

    extensions = [
        Extension(f"bench.micro.{name}", [str(MICRO / f"{name}.pyx")], extra_compile_args=COMPILE_ARGS)
        for name in stale
    ]
    modules = cythonize(extensions, include_path=[str(TOP / "src")], force=True, quiet=True)  # type: ignore[no-untyped-call]
    distribution = Distribution({"name": "bench", "packages": ["bench", "bench.micro"], "ext_modules": modules})
    distribution.package_dir = {"": str(TOP)}
    command = distribution.get_command_obj("build_ext")
    command.inplace = True
    command.build_temp = str(TOP / "build" / "bench")
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    build()
