"""Runs the tests on every CPython from 3.10 to 3.14 that this machine has, and says which it has not.

Looks for ``python3.N`` on the PATH and under pyenv. Each gets an environment of its own, ``.venv-3.N``, that is set
up once. The free-threaded builds, ``python3.13t`` and ``python3.14t``, run the tests of the engine and of threads, for
which no server is needed; ``tools/free-threaded`` makes one where there is none. Ends with status 1 where the tests of
one failed, or where there was no Python at all.

A Python that only a newer system has can run in a folder of that system. CPython 3.14 in Debian's unstable suite, as
root (uWSGI is compiled with the last three packages)::

    packages=python3.14-venv,python3.14-dev,ca-certificates,git,g++,libcrypt-dev,libexpat1-dev
    mmdebstrap --variant=apt --include=$packages sid FOLDER
    git clone --no-hardlinks . FOLDER/srv/fastcors
    unshare --mount bash -c 'mount -t proc proc FOLDER/proc && mount --rbind /dev FOLDER/dev &&
        chroot FOLDER bash -c "cd /srv/fastcors && python3.14 tools/test_all.py"'
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.13t", "3.14t")
"""With a ``t``: the free-threaded build."""
TOP = Path(__file__).resolve().parent.parent
ENGINE_TESTS = (
    "tests/threads",
    *("tests/contract/test_errors.py", "tests/contract/test_merging.py", "tests/contract/test_outcomes.py"),
    *("tests/differential/test_declared.py", "tests/differential/test_shims_agree.py"),
    *("tests/unit/test_before.py", "tests/unit/test_decide.py", "tests/unit/test_find.py", "tests/unit/test_head.py"),
    *("tests/unit/test_merge.py", "tests/unit/test_routes.py", "tests/unit/test_routes_of_hosts.py"),
    "tests/unit/test_write_into.py",
)
"""What the dependency group ``engine`` is enough for. ``tools/free-threaded`` and the workflow read it here."""


def works(python: Path, version: str) -> bool:
    """Whether this is that version, and not a shim of pyenv's for something that is not installed."""
    probe = (
        "import sys, sysconfig, venv; t = 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED'));"
        "print('%d.%d%s %s' % (*sys.version_info[:2], t, sys.implementation.name))"
    )
    try:
        answer = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == f"{version} cpython"


def find(version: str) -> Path | None:
    """Return the newest interpreter of a version."""
    candidates = []
    on_path = shutil.which(f"python{version}")
    if on_path:
        candidates.append(Path(on_path))
    candidates.append(TOP / "build" / "free-threaded" / "bin" / f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    number, free_threaded = version.rstrip("t"), "t" * version.endswith("t")
    candidates += sorted(pyenv.glob(f"versions/{number}.*{free_threaded}/bin/python"), reverse=True)
    return next((python for python in candidates if works(python, version)), None)


def run_tests(python: Path, version: str) -> bool:
    """Set up the version's environment and run the tests in it."""
    free_threaded = version.endswith("t")
    group = "engine" if free_threaded else "test"
    venv = TOP / f".venv-{version}"
    environment = {**os.environ, "FASTCORS_REQUIRE_NATIVE": "1"}
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    if not (venv / "bin" / "python").exists():
        subprocess.run([python, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
    # The extension of each version has a name of its own, so that all of them lie in the source tree side by side.
    what = ["--editable", str(TOP) if free_threaded else f"{TOP}[demo]", "--group", f"{TOP / 'pyproject.toml'}:{group}"]
    subprocess.run([*pip, "--prefer-binary", *what], env=quiet, check=True)
    command = [venv / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if free_threaded:  # whose tests of threads are better alone
        command += sys.argv[1:] or ENGINE_TESTS
    else:
        command += ["-n", "auto", "--dist", "loadfile", *sys.argv[1:]]
    return subprocess.run(command, cwd=TOP, env=environment, check=False).returncode == 0


def main() -> int:
    results: dict[str, str] = {}
    for version in VERSIONS:
        python = find(version)
        if python is None:
            results[version] = "skipped: not on this machine"
            continue
        print(f"== CPython {version}: {python}", flush=True)
        results[version] = "passed" if run_tests(python, version) else "FAILED"
    print("\n".join(f"CPython {version}: {result}" for version, result in results.items()))
    return 0 if "passed" in results.values() and "FAILED" not in results.values() else 1


if __name__ == "__main__":
    sys.exit(main())
