"""Builds ``tests.fuzz._leaves``; the arguments, which ``instrumented.py`` gives, are those of setuptools."""

from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

TOP = Path(__file__).resolve().parents[2]
SANITIZE = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-fvisibility=hidden",
    "-UNDEBUG",
]

setup(
    name="fuzz",
    packages=[],
    ext_modules=cythonize(
        [
            Extension(
                "tests.fuzz._leaves",
                [str(Path(__file__).with_name("_leaves.pyx").relative_to(TOP))],
                include_dirs=[str(TOP / "fastcors" / "include")],
                extra_compile_args=SANITIZE,
                extra_link_args=SANITIZE,
            )
        ],
        include_path=[str(TOP / "src"), str(TOP)],
        build_dir=str(TOP / "build" / "fuzz"),
        quiet=True,
    ),
)
