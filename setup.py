"""Builds the one extension, ``fastcors._core``. Everything else is in pyproject.toml.

The extension is required. These variables of the environment change the build:

FASTCORS_PURE=1      build without it, for a machine with no C compiler
FASTCORS_DEBUG=1     keep what a debugger needs: debug information and assertions
FASTCORS_WERROR=1    every compiler warning is an error (-Wall -Wextra)
FASTCORS_SANITIZE=1  AddressSanitizer and UBSan, for the test-suite
FASTCORS_ANNOTATE=1  write src/_core.html, Cython's annotated source
"""

import os
import sys

from setuptools import Extension, setup


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
        extra_compile_args=compile_args,
        extra_link_args=link_args,
    )
    return cythonize([core], include_path=["src"], annotate=enabled("FASTCORS_ANNOTATE"))


setup(ext_modules=extensions())
