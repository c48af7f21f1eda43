"""Builds what the benchmarks need: their own extensions ``_api``, ``_floor`` and ``_loops`` beside their sources, and
the engine once more with a profile (``FASTCORS_PGO``), in ``build/profiled``.

``python -m bench.micro.build`` does nothing where they are newer than everything they are made of.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["PROFILED", "build", "build_profiled", "install_wheel"]

MICRO = Path(__file__).resolve().parent
TOP = MICRO.parents[1]
PARTS = [*TOP.glob("src/*.pyx"), *TOP.glob("src/*.pxd"), *TOP.glob("src/*.pxi"), *TOP.glob("fastcors/include/*")]
SOURCES = {
    "_api": [MICRO / "_api.pyx", MICRO / "build.py", *TOP.glob("fastcors/include/*"), TOP / "fastcors/__init__.pxd"],
    "_floor": [MICRO / "_floor.pyx", MICRO / "build.py"],
    "_loops": [MICRO / "_loops.pyx", MICRO / "build.py", *PARTS],
}
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
PROFILED = TOP / "build" / "profiled" / "fastcors" / f"_core{SUFFIX}"
# As in setup.py: what is timed must be compiled like what is shipped.
COMPILE_ARGS = [] if sys.platform == "win32" else ["-O3", "-fvisibility=hidden", "-fno-strict-aliasing"]
COMPILE_ARGS += ["-fno-plt"] if sys.platform == "linux" else []


def is_stale(built: Path, sources: list[Path]) -> bool:
    """Whether an extension is older than one of its sources, or is not there."""
    return not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in sources)


def build() -> None:
    """Build what is stale. Takes some 20 s the first time, a few milliseconds the next."""
    stale = [name for name, sources in SOURCES.items() if is_stale(MICRO / (name + SUFFIX), sources)]
    if not stale:
        return
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension  # type: ignore[import-untyped]

    extensions = [
        Extension(
            f"bench.micro.{name}",
            [str(MICRO / f"{name}.pyx")],
            include_dirs=[str(TOP / "fastcors" / "include")],
            extra_compile_args=COMPILE_ARGS,
        )
        for name in stale
    ]
    found_in = [str(TOP / "src"), str(TOP)]
    modules = cythonize(extensions, include_path=found_in, force=True, quiet=True)  # type: ignore[no-untyped-call]
    distribution = Distribution({"name": "bench", "packages": ["bench", "bench.micro"], "ext_modules": modules})
    distribution.package_dir = {"": str(TOP)}
    command = distribution.get_command_obj("build_ext")
    command.inplace = True
    command.build_temp = str(TOP / "build" / "bench")
    command.build_lib = str(TOP / "build" / "bench" / "lib")  # a wheel takes all that lies in setuptools' own
    command.ensure_finalized()
    command.run()


def build_profiled() -> bool:
    """Build the engine with a profile, if it is stale. Takes a minute. False: the compiler here cannot."""
    if is_stale(PROFILED, [*PARTS, TOP / "setup.py", TOP / "tools" / "train.py"]):
        folder = PROFILED.parents[1]
        command = [
            sys.executable,
            "setup.py",
            "--quiet",
            "build_ext",
            f"--build-lib={folder}",
            f"--build-temp={folder}",
        ]
        subprocess.run(command, cwd=TOP, env={**os.environ, "FASTCORS_PGO": "1"}, check=False, capture_output=True)
    return PROFILED.exists()


def install_wheel(room: Path) -> tuple[Path, Path]:
    """Build a wheel of this checkout and install it, without byte code, into a folder in ``room``.

    Returns the wheel and the folder. What an earlier build left in ``build/`` has no part in it.
    """
    settings = room / "setup.cfg"
    settings.write_text(f"[build]\nbuild_base = {room / 'build'}\n[egg_info]\negg_base = {room}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={room}", str(TOP)]
    subprocess.run(build, env={**os.environ, "DIST_EXTRA_CONFIG": str(settings)}, check=True)
    (wheel,) = room.glob("*.whl")
    folder = room / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--no-compile", f"--target={folder}", str(wheel)], check=True)
    return wheel, folder


if __name__ == "__main__":
    build()
