"""The examples in C and in Cython, by the last lines of their READMEs: each is built, and passes its own tests.

``make test-embedding`` builds them against a wheel, and the one in Rust too.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastcors

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "examples"
SECONDS = 300.0
BUILT = ("build", "target", "*.so", "*.pyd", "core.c", "__pycache__")

pytestmark = pytest.mark.skipif(fastcors.backend != "cython", reason="C takes policies of the native engine alone")


def commands(name: str) -> list[list[str]]:
    """The commands of the README's only block after the first, which installs; each for the Python of this test."""
    (block,) = re.findall(r"```sh\n(.*?)```", (EXAMPLES / name / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    _, *lines = block.replace("&&\n", "&&").splitlines()
    folder = f"cd examples/{name}"
    found = [command.strip() for line in lines for command in line.split("&&")]
    assert found[0] == folder
    return [
        [sys.executable if word == "python" else word for word in shlex.split(command)]
        for command in found
        if command != folder
    ]


@pytest.mark.parametrize("name", ["c-extension", pytest.param("cython-server", marks=pytest.mark.long)])
def test_an_example_builds_and_passes_its_tests_by_its_commands(name: str, tmp_path: Path) -> None:
    if name == "cython-server" and (importlib.util.find_spec("Cython") is None or sys.platform == "win32"):
        pytest.skip("Cython is not installed")
    folder = shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns(*BUILT))
    # Cython finds the .pxd of a clone there, as it finds that of an installed package by itself.
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    ran = []
    for words in commands(name):
        if words[1:] == ["serve.py"]:
            continue  # which serves until Ctrl+C
        command = [*words, "-p", "no:cacheprovider"] if "pytest" in words else words
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        ran.append(done.stdout)
    assert re.search(r"\d+ passed", ran[-1])


def test_the_extensions_in_c_and_in_rust_have_one_test_file() -> None:
    one, two = ((EXAMPLES / name / "test_gate.py").read_bytes() for name in ("c-extension", "rust-extension"))
    assert one == two


def test_the_bindings_of_rust_have_the_fields_and_functions_of_the_header_in_their_order() -> None:
    include = Path(fastcors.get_include())
    header = re.sub(r"/\*.*?\*/", "", (include / "fastcors.h").read_text(encoding="utf-8"), flags=re.DOTALL)
    rust = re.sub(r"//.*", "", (include / "fastcors.rs").read_text(encoding="utf-8"))
    structs = {
        name: re.findall(r"(?:\(\*)?(\w+)(?:\)\([^;]*\)|\[\d+\])?;", body)
        for body, name in re.findall(r"typedef struct fastcors_\w+ \{(.*?)\} fastcors_(\w+);", header, re.DOTALL)
    }
    mirrored = {
        name.lower(): re.findall(r"pub (\w+):", body)
        for name, body in re.findall(r"pub struct (\w+) \{\n(.*?)\n\}", rust, re.DOTALL)
    }
    assert set(structs) == {"text", "request", "verdict", "written", "api"}
    assert {name: mirrored[name] for name in structs} == structs
    constants = dict(re.findall(r"pub const ([A-Z_]+): \w+ = (-?\d+);", rust))
    values = dict(re.findall(r"\bFASTCORS_([A-Z_]+)(?: =)? (-?\d+)", header))
    assert constants == {name: values[name] for name in constants}


def test_the_declarations_for_cython_have_every_name_of_the_header() -> None:
    header = re.sub(
        r"/\*.*?\*/", "", (Path(fastcors.get_include()) / "fastcors.h").read_text(encoding="utf-8"), flags=re.S
    )
    declared = (TOP / "fastcors/__init__.pxd").read_text(encoding="utf-8")
    names = set(re.findall(r"\b(?:fastcors|FASTCORS)_\w+\b", header)) - {"FASTCORS_H"}
    assert names == set(re.findall(r"\b(?:fastcors|FASTCORS)_\w+\b", declared))
    functions = set(re.findall(r"\(\*(\w+)\)\(", header))
    assert functions == set(re.findall(r"\(\*(\w+)\)\(", declared))
