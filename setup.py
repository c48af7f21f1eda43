"""Builds the one extension, ``fastcors._core``. Everything else is in pyproject.toml.

The extension is required. These variables of the environment change the build:

FASTCORS_PURE=1      build without it, for a machine with no C compiler; fastcors/_pure.py is the mark of such a build
FASTCORS_DEBUG=1     keep what a debugger needs: symbols, debug information and assertions
FASTCORS_WERROR=1    every compiler warning is an error (-Wall -Wextra)
FASTCORS_SANITIZE=1  AddressSanitizer and UBSan, for the test-suite
FASTCORS_PGO=1       build with a profile of tools/train.py: twice as long, and quicker where caches are cold; gcc
FASTCORS_ANNOTATE=1  write src/_core.html, Cython's annotated source
"""

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

MARK = '"""The mark of a build without the extension. fastcors._engine looks for it; setup.py writes it."""\n'


def enabled(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def extensions() -> list[Extension]:
    if enabled("FASTCORS_PURE"):
        return []
    from Cython.Build import cythonize

    compile_args: list[str] = []
    link_args: list[str] = []
    if sys.platform != "win32":
        compile_args = ["-O3", "-fvisibility=hidden", "-fno-strict-aliasing"]
        if sys.platform == "linux":
            compile_args.append("-fno-plt")  # CPython is called with no jump in between, which caches would hold too
        if enabled("FASTCORS_WERROR"):
            compile_args += ["-Wall", "-Wextra", "-Werror"]
        if not enabled("FASTCORS_DEBUG") and not enabled("FASTCORS_SANITIZE"):
            compile_args.append("-g0")  # CPython's own flags ask for debug information: seven bytes in eight
        if enabled("FASTCORS_DEBUG"):
            compile_args += ["-g", "-UNDEBUG"]
        if enabled("FASTCORS_SANITIZE"):
            sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
            compile_args += ["-O1", "-g", "-fno-omit-frame-pointer", "-UNDEBUG", *sanitize]
            link_args += sanitize
    core = Extension(
        "fastcors._core",
        ["src/_core.pyx"],
        include_dirs=["fastcors/include"],
        depends=["fastcors/include/fastcors.h"],
        extra_compile_args=compile_args,
        extra_link_args=link_args,
    )
    return cythonize([core], include_path=["src", "."], annotate=enabled("FASTCORS_ANNOTATE"))


class BuildExt(build_ext):
    """Builds the extension, with FASTCORS_PGO twice: to count what runs, and to be laid out by the counts."""

    def run(self) -> None:
        """Build what there is. Where it is built in place, debuggers and profilers find its symbols."""
        kept = self.inplace or enabled("FASTCORS_DEBUG") or enabled("FASTCORS_SANITIZE")
        if sys.platform == "linux" and not kept:
            for ext in self.extensions:
                ext.extra_link_args = [*ext.extra_link_args, "-Wl,-s", "-Wl,-z,noseparate-code"]
        super().run()

    def build_extension(self, ext: Extension) -> None:
        """Build one extension."""
        if not enabled("FASTCORS_PGO"):
            return super().build_extension(ext)
        compile_args, link_args = ext.extra_compile_args, ext.extra_link_args
        for counts in Path(self.build_temp).rglob("*.gcda"):
            counts.unlink()
        self.force = True
        ext.extra_compile_args = [*compile_args, "-fprofile-generate"]
        ext.extra_link_args = [*link_args, "-fprofile-generate"]
        super().build_extension(ext)
        subprocess.run([sys.executable, "tools/train.py", self.get_ext_fullpath(ext.name)], check=True)
        if not any(Path(self.build_temp).rglob("*.gcda")):
            raise SystemExit("FASTCORS_PGO needs gcc: the compiler left no counts after the training run")
        ext.extra_compile_args = [*compile_args, "-fprofile-use", "-fprofile-partial-training", "-Wno-missing-profile"]
        ext.extra_link_args = link_args
        return super().build_extension(ext)


class BuildPy(build_py):
    """Copies the Python files, and adds or takes away the mark of a build without the extension."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """Return the modules of a package. A mark that an earlier build left in the source tree is none of them."""
        modules = super().find_package_modules(package, package_dir)
        return [module for module in modules if module[:2] != ("fastcors", "_pure")]

    def run(self) -> None:
        """Build as ever, without what older builds left; the extension stays where this call has built it already.

        The mark goes where the package is imported from: into the source tree where editable.
        """
        if not self.editable_mode and not self.distribution.have_run.get("build_ext"):
            for path in Path(self.build_lib).rglob("*"):
                if path.is_file():  # not the folders: setuptools remembers which ones it has made
                    path.unlink()
        super().run()
        mark = Path("fastcors" if self.editable_mode else f"{self.build_lib}/fastcors", "_pure.py")
        if enabled("FASTCORS_PURE"):
            mark.write_text(MARK, encoding="utf-8")
        else:
            mark.unlink(missing_ok=True)


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt, "build_py": BuildPy})
