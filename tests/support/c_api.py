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
    "BLOCK",
    "BODY",
    "GRANTED",
    "HPACK",
    "INCLUDE",
    "NOT_GRANTED",
    "PAGE",
    "QPACK",
    "QPACK_LINES",
    "RESPONSE",
    "STRICT",
    "UNKNOWN",
    "Said",
    "SaidOfHead",
    "WroteHead",
    "answer",
    "answer_head",
    "built",
    "compiled_module",
    "loaded",
    "settled",
    "write_head",
]

SOURCE = Path(__file__).with_suffix(".c")
INCLUDE = Path(__file__).resolve().parents[2] / "fastcors" / "include"
PAGE = b"https://app.example.com"
UNKNOWN, GRANTED, NOT_GRANTED = range(3)
BLOCK, RESPONSE, HPACK, QPACK, QPACK_LINES, BODY = range(6)
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


def compiled_module(folder: Path, include: Path = INCLUDE, source: Path = SOURCE, *, strict: bool = True) -> Path:
    """Compile a module in a folder, against the header in another; `strict`: every warning is an error."""
    linker = sysconfig.get_config_var("LDSHARED")
    if not linker:
        pytest.skip("there is no compiler that Python knows how to call")
    built = folder / (source.stem + sysconfig.get_config_var("EXT_SUFFIX"))
    command = [*shlex.split(linker), "-fPIC", "-std=c99", *(STRICT if strict else []), f"-I{include}"]
    command += ["-isystem", sysconfig.get_path("include"), str(source), "-o", str(built)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return built


def loaded(path: Path, name: str = "c_api") -> Any:
    """Import the module from its file. ImportError: it does not fit the fastcors that is here."""
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
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
    """What decide() said, and what a writer returned and left in the buffer."""

    kind: int
    reason: str
    status: int
    allowed: int
    must_ask: int
    written: tuple[int, int, int]
    buffer: bytes

    @property
    def wrote(self) -> bytes:
        """What was written; the buffer must be large enough."""
        return self.buffer[: self.written[2]]


def said_of(*values: Any) -> Said:
    """Return what was said, once it is checked that no shorter buffer had anything written into it."""
    *said, faults = values
    assert faults == 0
    return Said(*said)


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
    form: int = BLOCK,
) -> Said:
    given = lines if isinstance(lines, int) else tuple(lines)
    return said_of(
        *built().answer(policy, form, room, granted, method, origin, request_method, private_network, *several, given)
    )


def settled(
    policy: Any,
    method: bytes,
    origin: bytes | None,
    *asked: Any,
    declared: tuple[Any, ...] = (),
    several: tuple[bool, bool] = (False, False),
    **more: Any,
) -> tuple[Said, int]:
    """What is said in the end, and what was granted for it: where C has to ask, it asks and decides again.

    ``declared``: the request for a function that sees it, or nothing.
    """
    said = answer(policy, method, origin, *asked, several=several, **more)
    if not said.must_ask:
        return said, UNKNOWN
    granted = built().ask(policy, method, origin, several[0], *declared)
    assert granted != UNKNOWN
    again = answer(policy, method, origin, *asked, several=several, granted=granted, **more)
    assert not again.must_ask
    assert granted == GRANTED or again[:4] == said[:4]
    return again, granted


class SaidOfHead(NamedTuple):
    """What request_from_head() found, and what was said then."""

    size: int
    method: bytes | None
    target: bytes | None
    said: Said


def answer_head(
    policy: Any, head: bytes, *, granted: int = UNKNOWN, room: int = 20_000, form: int = BLOCK
) -> SaidOfHead:
    """Find in a raw head, decide and write."""
    *found, said = built().answer_head(policy, form, room, granted, head)
    return SaidOfHead(*found, said_of(*said))


class WroteHead(NamedTuple):
    """What write_head_into() found, said and wrote."""

    found: int
    must_ask: int
    reason: str
    after: int
    written: tuple[int, int, int]
    buffer: bytes


def write_head(policy: Any, head: bytes, *, whole: bool = False, room: int = 20_000, finds: int = 1) -> WroteHead:
    """Read a head, decide and write by one call."""
    return WroteHead(*built().write_head(policy, head, whole, room, finds))
