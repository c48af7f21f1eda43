"""Builds the sdist, a wheel from the sdist, and uses the wheel in an empty environment, away from the source tree."""

from __future__ import annotations

import subprocess
import sys
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


LARGEST_EXTENSION = 500_000
"""Bytes. With debug information it would be five times that."""


def run(*command: object, cwd: Path | None = None, **environment: str) -> None:
    import os

    subprocess.run([str(part) for part in command], cwd=cwd, check=True, env={**os.environ, **environment})


def use(wheel: Path, room: Path, backend: str) -> None:
    """Install a wheel, with its run-time dependencies and nothing else, and use it."""
    home = room / f"empty-{backend}"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    run(python, "-E", "-W", "error", "-c", USE, backend, cwd=room)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    ).stdout
    names = {line.partition("==")[0] for line in listed.splitlines()} - {"pip", "setuptools"}
    assert names == {"fastcors", "idna", "publicsuffixlist"}, names


def check_size(wheel: Path) -> None:
    """See that the extension holds what runs, and nothing for a debugger."""
    with zipfile.ZipFile(wheel) as archive:
        sizes = [entry.file_size for entry in archive.infolist() if Path(entry.filename).match("_core.*")]
    assert len(sizes) == 1, wheel
    assert sizes[0] <= LARGEST_EXTENSION, f"the extension has {sizes[0]:,} bytes"


def main() -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        run(sys.executable, "-m", "build", "--quiet", "--sdist", "--outdir", room, TOP)
        sdist = next(room.glob("fastcors-*.tar.gz"))
        run(*pip, "--wheel-dir", room / "native", sdist)
        native = next((room / "native").glob("*.whl"))
        check_size(native)
        use(native, room, "cython")
        run(*pip, "--wheel-dir", room / "pure", sdist, FASTCORS_PURE="1")
        use(next((room / "pure").glob("*-none-any.whl")), room, "python")


if __name__ == "__main__":
    main()
