"""Builds the engine and its leaves for the fuzzer: sanitized, and with a count of what ran.

gcc will do, and so will clang, which is taken where it is installed: libFuzzer itself comes with atheris.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["Compiler", "Instrumented", "attach", "build", "compiler"]

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SOURCES = [
    *TOP.glob("src/*.p*"),
    *TOP.glob("fastcors/**/*.h"),
    *TOP.glob("fastcors/*.pxd"),
    TOP / "setup.py",
    *HERE.glob("*.pyx"),
    *HERE.glob("*.c"),
    Path(__file__),
]
MODULES = ("fastcors._core", "tests.fuzz._leaves")


class Compiler:
    """What differs between the compilers: flags, and which libraries are loaded before Python."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = TOP / "build" / "fuzz" / name
        self.flags = "-fsanitize=fuzzer-no-link" if name == "clang" else "-fsanitize-coverage=trace-pc,trace-cmp"

    def environment(self) -> dict[str, str]:
        """Return the variables for a build."""
        link = "" if self.name == "clang" else str(self.folder / "coverage.o")
        return {
            **os.environ,
            "CC": self.name,
            "LDSHARED": f"{self.name} -shared",
            "CFLAGS": self.flags,
            "LDFLAGS": link,
            "FASTCORS_SANITIZE": "1",
            # Cython adds nothing to NULL, which clang would call undefined; C defines it from C2y on. clang appends
            # this behind the flags of setup.py.
            "CCC_OVERRIDE_OPTIONS": "#+-fno-sanitize=pointer-overflow",
        }

    def preloaded(self) -> list[str]:
        """Return the libraries that a process needs before Python itself begins."""
        if self.name == "clang":
            import atheris

            return [str(Path(atheris.path()) / "asan_with_fuzzer.so")]
        return [self._file("libasan.so"), self._file("libubsan.so")]

    def _file(self, name: str) -> str:
        command = [self.name, f"-print-file-name={name}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def compiler() -> Compiler:
    """Return clang where it is installed, else gcc."""
    return Compiler("clang" if shutil.which("clang") else "gcc")


def file_of(folder: Path, module: str) -> Path:
    """Return where an extension is in a folder."""
    return folder.joinpath(*module.split(".")).with_name(module.rpartition(".")[2] + SUFFIX)


def build(chosen: Compiler) -> None:
    """Build what is older than its sources. Takes half a minute, once."""
    newest = max(path.stat().st_mtime for path in SOURCES)
    built = [file_of(chosen.folder, module) for module in MODULES]
    if all(path.exists() and path.stat().st_mtime > newest for path in built):
        return
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.name == "gcc":
        command = ["gcc", "-std=gnu11", "-O2", "-fPIC", "-fvisibility=hidden", "-Wall", "-c", str(HERE / "coverage.c")]
        subprocess.run([*command, "-o", str(chosen.folder / "coverage.o")], check=True)
    for script in ([str(TOP / "setup.py")], ["-m", "tests.fuzz.build_leaves"]):
        arguments = ["--quiet", "build_ext", "--force"]
        folders = [f"--build-temp={chosen.folder / 'temp'}", f"--build-lib={chosen.folder}"]
        subprocess.run([sys.executable, *script, *arguments, *folders], cwd=TOP, env=chosen.environment(), check=True)


class Instrumented(MetaPathFinder):
    """Finds the instrumented extensions in place of the ordinary ones."""

    def __init__(self, chosen: Compiler) -> None:
        self.folder = chosen.folder

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where an extension is; None for every other module."""
        return spec_from_file_location(fullname, file_of(self.folder, fullname)) if fullname in MODULES else None


def attach(chosen: Compiler) -> None:
    """Tell libFuzzer of what gcc's counters are. Clang's code does so itself."""
    if chosen.name == "clang":
        return
    fuzzer = str(import_module("atheris.core_with_libfuzzer").__file__)
    for module in MODULES:
        library = ctypes.CDLL(str(file_of(chosen.folder, module)))
        if not library.attach(fuzzer.encode()):
            raise SystemExit(f"{fuzzer} has no libFuzzer that takes counters")
