"""The extension module c_api.c, built against fastcors.h: what a server in C sees of fastcors."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

__all__ = [
    "GRANTED",
    "INCLUDE",
    "NOT_GRANTED",
    "PAGE",
    "STRICT",
    "Said",
    "answer",
    "built",
    "compiled_module",
    "loaded",
]

SOURCE = Path(__file__).with_suffix(".c")
INCLUDE = Path(__file__).resolve().parents[2] / "fastcors" / "include"
PAGE = b"https://app.example.com"
UNKNOWN, GRANTED, NOT_GRANTED = range(3)
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


def compiled_module(folder: Path, include: Path = INCLUDE, source: Path = SOURCE) -> Path:
    """Compile the module in a folder, every warning an error, against the header there is in another."""
    linker = sysconfig.get_config_var("LDSHARED")
    if not linker:
        pytest.skip("there is no compiler that Python knows how to call")
    built = folder / ("c_api" + sysconfig.get_config_var("EXT_SUFFIX"))
    command = [*shlex.split(linker), "-fPIC", "-std=c99", *STRICT, f"-I{include}"]
    command += ["-isystem", sysconfig.get_path("include"), str(source), "-o", str(built)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return built


def loaded(path: Path) -> Any:
    """Import the module from its file. ImportError: it does not fit the fastcors that is here."""
    loader = importlib.machinery.ExtensionFileLoader("c_api", str(path))
    spec = importlib.util.spec_from_file_location("c_api", path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@cache
def built() -> Any:
    """Return the module, compiled once in a process; the test is skipped where the native engine is not there."""
    pytest.importorskip("fastcors._core", exc_type=ImportError)
    with tempfile.TemporaryDirectory() as folder:
        return loaded(compiled_module(Path(folder)))


class Said(NamedTuple):
    """What decide() and write_block() said."""

    kind: int
    reason: str
    status: int
    allowed: int
    must_ask: int
    written: tuple[int, int, int]
    buffer: bytes

    @property
    def block(self) -> bytes:
        return self.buffer[: self.written[2]]


def answer(
    policy: Any,
    method: bytes = b"GET",
    origin: bytes | None = PAGE,
    request_method: bytes | None = None,
    lines: Sequence[bytes | None] | int = (),
    *,
    private_network: bytes | None = None,
    several: tuple[bool, bool] = (False, False),
    granted: int = UNKNOWN,
    room: int = 20_000,
) -> Said:
    given = lines if isinstance(lines, int) else tuple(lines)
    return Said(
        *built().answer(policy, room, granted, method, origin, request_method, private_network, *several, given)
    )
