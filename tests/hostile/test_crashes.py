"""The interpreter survives everything: the nastiest parts run in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ABUSE = Path(__file__).with_name("abuse.py")
PARTS = [
    "half_built",
    "wrong_arguments",
    "plans",
    "sabotage",
    "lifetimes",
    "copies",
    "initialised_again",
    "shims",
    "collections",
]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=ABUSE.parents[2],
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.long_on_twin
@pytest.mark.parametrize("part", PARTS)
def test_the_interpreter_survives(engine: ModuleType, part: str) -> None:
    backend = "cython" if engine.__name__.endswith("_core") else "python"
    done = run(str(ABUSE), backend, part)
    assert (done.returncode, done.stdout) == (0, "survived\n"), done.stderr[-3000:]


@pytest.mark.long
@pytest.mark.parametrize("part", ["sabotage", "shims", "collections"])
def test_the_debug_allocator_finds_no_use_of_dead_memory(engine: ModuleType, part: str) -> None:
    backend = "cython" if engine.__name__.endswith("_core") else "python"
    done = run(str(ABUSE), backend, part, PYTHONMALLOC="debug")
    assert (done.returncode, done.stdout) == (0, "survived\n"), done.stderr[-3000:]


SEED = os.environ.get("FASTCORS_SEED", "1")
"""What the adversary's choices come from; `make test-sanitize` makes a fresh one for each run, and says which."""


@pytest.mark.parametrize("rounds", [16, pytest.param(400, marks=pytest.mark.long)])
def test_python_code_that_runs_in_between_finds_no_dead_memory(engine: ModuleType, rounds: int) -> None:
    native = engine.__name__.endswith("_core")
    allocator = os.environ.get("PYTHONMALLOC", "debug")  # a sanitizer brings its own
    rounds //= 1 if allocator == "debug" else 4
    arguments = ["cython" if native else "python", SEED, str(rounds)]
    done = run(str(ABUSE.with_name("adversary.py")), *arguments, PYTHONMALLOC=allocator)
    assert (done.returncode, done.stdout) == (0, "survived\n"), f"FASTCORS_SEED={SEED}\n{done.stderr[-3000:]}"


def test_policies_and_decisions_alive_at_exit_are_silent(engine: ModuleType) -> None:
    """Module globals, a cycle and a decision whose policy goes first: shutdown prints nothing."""
    code = f"""
import {engine.__name__} as module
from fastcors._config.plan import compiled
from fastcors._config.settings import Settings
policy = module.Engine(*compiled(Settings(debug=True), ["https://a.example", "https://*.b.example"]))
decision = policy.decide(b"OPTIONS", b"https://a.example", b"PUT")
class Holder: pass
holder = Holder()
holder.me, holder.decision = holder, policy.decide(b"GET", b"https://x.b.example")
import sys
sys.modules["keep"] = policy
del policy
"""
    done = run("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
