"""Runs the tests with AddressSanitizer and UBSan compiled into the extension. Needs gcc and its runtimes, and Linux.

The sanitized extension takes the place of the ordinary one in ``fastcors/`` while the tests run.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
EXTENSION = TOP / "fastcors" / f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"


def runtime(name: str) -> str:
    """Return the path of one of gcc's runtime libraries."""
    answer = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def build(folder: str) -> Path:
    """Build the sanitized extension in a folder and return it."""
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--force", "--build-temp", folder, "--build-lib", folder],
        cwd=TOP,
        env={**os.environ, "FASTCORS_SANITIZE": "1"},
        check=True,
    )
    return Path(folder) / "fastcors" / EXTENSION.name


def main() -> int:
    """Run all tests, or with ``--quick`` the most hostile over the native engine, with the arguments for pytest."""
    arguments = sys.argv[1:]
    tests = ["tests", "--ignore=tests/integration"]
    adversary = "tests/hostile/test_crashes.py::test_python_code_that_runs_in_between_finds_no_dead_memory"
    short = [f"--deselect={adversary}[{engine}-16]" for engine in ("cython", "python")]  # the long one begins so
    if "--quick" in arguments:
        arguments.remove("--quick")
        tests = ["tests/hostile/test_crashes.py", "tests/contract/test_rows.py"]
        tests += ["tests/unit/test_head.py", "tests/unit/test_merge_head.py"]
        tests += ["-k", "cython and not debug_allocator"]
    seed = os.environ.get("FASTCORS_SEED") or str(secrets.randbits(32))
    print(f"FASTCORS_SEED={seed}", flush=True)
    environment = {
        **os.environ,
        "FASTCORS_REQUIRE_NATIVE": "1",
        "FASTCORS_SEED": seed,
        "LD_PRELOAD": f"{runtime('libasan.so')} {runtime('libubsan.so')}",
        "PYTHONMALLOC": "malloc",
        # CPython keeps memory to its end; a list of a lying length is a MemoryError, as without the sanitizer.
        # What is given back is filled, so that CPython, which is not instrumented, dies of reading it.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:max_free_fill_size=4096:free_fill_byte=221",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "long or not long", *tests, *short]
    with tempfile.TemporaryDirectory() as folder:
        sanitized = build(folder).read_bytes()
        ordinary = EXTENSION.read_bytes()
        # Replaced by renaming: a running process keeps the file that it has mapped.
        try:
            replace(sanitized)
            return subprocess.run([*command, *arguments], cwd=TOP, env=environment, check=False).returncode
        finally:
            replace(ordinary)


def replace(content: bytes) -> None:
    """Put an extension in place."""
    new = EXTENSION.with_suffix(".new")
    new.write_bytes(content)
    new.chmod(0o755)
    new.replace(EXTENSION)


if __name__ == "__main__":
    sys.exit(main())
