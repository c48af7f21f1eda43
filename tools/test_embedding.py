"""Builds the native examples against a wheel of fastcors in an empty environment, and runs their tests there.

``examples/c-extension`` by the C compiler, ``examples/cython-server`` by Cython, ``examples/rust-extension`` by cargo:
what they use of fastcors is what the wheel holds. Where there is no cargo, that is said, and Rust is left out.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from test_package import TOP, environment, install, run

LIBRARY = {"darwin": "libgate.dylib", "win32": "gate.dll"}.get(sys.platform, "libgate.so")


def copied(name: str, room: Path) -> Path:
    """Copy an example away from the source tree, without what was built there."""
    built = shutil.ignore_patterns("target", "build", "*.so", "*.pyd", "core.c", "__pycache__")
    return Path(shutil.copytree(TOP / "examples" / name, room / name, ignore=built))


def run_tests(python: Path, folder: Path) -> None:
    """Run the tests of an example in its own folder."""
    run(python, "-E", "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", cwd=folder)


def build_by_setup(python: Path, folder: Path) -> None:
    """Build an example by its setup.py, and run its tests."""
    run(python, "-E", "setup.py", "--quiet", "build_ext", "--inplace", cwd=folder)
    run_tests(python, folder)


def build_by_cargo(python: Path, folder: Path) -> None:
    """Build the example in Rust, and run its tests."""
    target = folder / "target"
    # So that the crates are not compiled anew each time, CARGO_TARGET_DIR may name a folder that stays.
    target = Path(os.environ.get("CARGO_TARGET_DIR", target))
    run("cargo", "build", "--quiet", "--release", "--locked", cwd=folder, PYO3_PYTHON=str(python))
    suffix = ".pyd" if sys.platform == "win32" else str(sysconfig.get_config_var("EXT_SUFFIX"))
    shutil.copy(target / "release" / LIBRARY, folder / f"gate{suffix}")
    run_tests(python, folder)


def main() -> None:
    """Build a wheel, install it with nothing else of ours, and build the examples against it."""
    os.environ.pop("FASTCORS_PURE", None)
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        run(sys.executable, "-m", "build", "--quiet", "--outdir", room / "wheel", TOP)  # the wheel from the sdist
        python = environment(room, "embedding")
        install(python, next((room / "wheel").glob("*.whl")), "setuptools>=77", "cython>=3.3,<3.4", "pytest>=8")
        build_by_setup(python, copied("c-extension", room))
        print("the extension in C works with the wheel")
        build_by_setup(python, copied("cython-server", room))
        print("the server in Cython works with the wheel")
        if shutil.which("cargo") is None:
            print("cargo is not installed: the extension in Rust was not built")
            return
        build_by_cargo(python, copied("rust-extension", room))
        print("the extension in Rust works with the wheel")


if __name__ == "__main__":
    main()
