"""Builds fastcors in each way and uses it in an empty environment: an sdist, wheels, editable installs, a clone.

The native build and the pure one both. Where the extension is missing and nobody chose that, the import must say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

USE = """
import asyncio, sys, fastcors
from fastcors.asgi import CORSMiddleware

assert fastcors.backend == sys.argv[1], fastcors.backend
policy = fastcors.Policy(allow_origins=["https://*.example.com"], allow_methods=["PUT"])
decision = policy.decide("OPTIONS", "https://app.example.com", "PUT")
assert decision.allowed and decision.status == 204, decision.explain()

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})

sent = []
async def send(message):
    sent.append(message)

scope = {"type": "http", "method": "GET", "headers": [(b"origin", b"https://app.example.com")]}
asyncio.run(CORSMiddleware(app, policy)(scope, None, send))
assert (b"access-control-allow-origin", b"https://app.example.com") in sent[0]["headers"]
print("fastcors", fastcors.__version__, "works from", fastcors.__file__)
"""


LARGEST_EXTENSION = 614_000
"""Bytes: a twentieth above what it has, so that no build gets symbols or debug information unseen."""


def run(*command: object, cwd: Path | None = None, **environment: str) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, env={**os.environ, **environment})


def environment(room: Path, name: str) -> Path:
    """Return the Python of a new, empty environment."""
    home = room / name
    venv.create(home, with_pip=True)
    return home / "bin" / "python"


def install(python: Path, *what: object, **variables: str) -> None:
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what, **variables)


def use(python: Path, room: Path, backend: str) -> None:
    """Use what is installed, away from any source tree; every warning is an error."""
    run(python, "-E", "-W", "error", "-c", USE, backend, cwd=room)


def use_wheel(wheel: Path, room: Path, backend: str) -> Path:
    """Install a wheel, with its run-time dependencies and nothing else, and use it. Return the Python."""
    python = environment(room, f"wheel-{backend}")
    install(python, wheel)
    use(python, room, backend)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    ).stdout
    names = {line.partition("==")[0] for line in listed.splitlines()} - {"pip", "setuptools"}
    assert names == {"fastcors", "idna", "publicsuffixlist"}, names
    return python


def use_in_a_clone(python: Path, clone: Path) -> None:
    """Import fastcors where a clone without an extension hides the one that is installed: an error that says so."""
    command = [python, "-W", "error", "-c", "import fastcors; print(fastcors.backend)"]
    variables = {name: value for name, value in os.environ.items() if name != "FASTCORS_PURE"}
    found = subprocess.run(command, cwd=clone, env=variables, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stdout
    assert "the clone hides the fastcors that is installed" in found.stderr, found.stderr
    chosen = {**variables, "FASTCORS_PURE": "1"}
    found = subprocess.run(command, cwd=clone, env=chosen, capture_output=True, text=True, check=True)
    assert found.stdout == "python\n", found.stdout


def check_nothing_stays(clone: Path, room: Path) -> None:
    """Build a wheel where an older build has left modules: none of them is in it."""
    for stale in (clone / "build" / "lib" / name for name in ("fastcors/old.py", "bench/__init__.py")):
        stale.parent.mkdir(parents=True, exist_ok=True)
        stale.touch()
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run(*pip, "--wheel-dir", room / "clean", clone, FASTCORS_PURE="1")
    with zipfile.ZipFile(next((room / "clean").glob("*.whl"))) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} <= {"fastcors", clone.name + ".dist-info"}, names
    assert "fastcors/old.py" not in names


def use_editable(room: Path, clone: Path) -> None:
    """Install a clone editable, first pure and then native: each finds what it was built with, and leaves no mark."""
    python = environment(room, "editable")
    mark = clone / "fastcors" / "_pure.py"
    install(python, "--editable", clone, FASTCORS_PURE="1")
    assert mark.exists()
    use(python, room, "python")
    run(python, "-W", "error", "-c", USE, "python", cwd=clone)
    install(python, "build", FASTCORS_PURE="1")
    run(python, "-m", "build", "--quiet", "--sdist", "--outdir", room / "again", clone)
    with tarfile.open(next((room / "again").glob("*.tar.gz"))) as again:
        assert not [name for name in again.getnames() if name.endswith("/_pure.py")]
    install(python, "--editable", clone)
    assert not mark.exists()
    use(python, room, "cython")


def check_size(wheel: Path) -> None:
    """See that the extension holds what runs, and nothing for a debugger."""
    with zipfile.ZipFile(wheel) as archive:
        sizes = [entry.file_size for entry in archive.infolist() if entry.filename.endswith((".so", ".pyd"))]
    assert len(sizes) == 1, wheel
    assert sizes[0] <= LARGEST_EXTENSION, f"the extension has {sizes[0]:,} bytes"


def main() -> None:
    os.environ.pop("FASTCORS_PURE", None)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        run(sys.executable, "-m", "build", "--quiet", "--sdist", "--outdir", room, TOP)
        sdist = next(room.glob("fastcors-*.tar.gz"))
        with tarfile.open(sdist) as archive:
            archive.extractall(room, filter="data")
        clone = room / sdist.name.removesuffix(".tar.gz")
        run(*pip, "--wheel-dir", room / "native", sdist)
        wheel = next((room / "native").glob("*.whl"))
        check_size(wheel)
        native = use_wheel(wheel, room, "cython")
        use_in_a_clone(native, clone)
        run(*pip, "--wheel-dir", room / "pure", sdist, FASTCORS_PURE="1")
        use_wheel(next((room / "pure").glob("*-none-any.whl")), room, "python")
        check_nothing_stays(clone, room)
        use_editable(room, clone)


if __name__ == "__main__":
    main()
