"""Time a newcomer's way, in the README's own words: from a clone to the first answer in a browser.

The commands and the file are read from README.md, before its first section: the shell block is how to install, the
first block of Python is the file, and the sentences around it say how to run it ("run `…`") and what to try on a page
("call `fetch(…)`"). The commands run in
an empty folder, one after the other in one shell, with an empty home and nothing of this environment. Then headless
Chromium opens a page of the first origin that the file allows, and one of an origin that it does not allow.

python tools/newcomer.py [--pip-cache] [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

TOP = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from bench.report.machine import machine  # noqa: E402 - needs the path
from tests.integration.chromium import NAMES, in_chromium  # noqa: E402

RESULTS = TOP / "bench" / "results" / "newcomer.json"
PATIENCE = 60
"""Seconds that the application may take until it listens."""

KEPT = ("LANG", "LC_ALL", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy")
"""The variables that a newcomer has too: the language, and how to reach the network."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Way(NamedTuple):
    """What README.md says to do."""

    install: Sequence[str]
    """The commands before the file, each as it stands there."""
    file: str
    """The name of the file."""
    source: str
    run: str
    """The command that starts the application."""
    script: str
    """The JavaScript to try on a page."""

    @property
    def commands(self) -> list[str]:
        """Every command, in order."""
        return [*self.install, self.run]

    @property
    def origin(self) -> str:
        """The first origin that the file allows: where the page is."""
        return _only(re.findall(r'allow_origins=\["([^"]+)"', self.source), "allow_origins")

    @property
    def url(self) -> str:
        """What the JavaScript fetches."""
        return _only(re.findall(r'fetch\("([^"]+)"', self.script), "fetch()")

    @property
    def clone(self) -> str:
        """The address that is cloned."""
        return _only(re.findall(r"^git clone (\S+)$", "\n".join(self.install), re.MULTILINE), "git clone")


def _only(found: Sequence[str], what: str) -> str:
    if len(found) != 1:
        raise SystemExit(f"README.md must have one {what} before its first section, not {len(found)}")
    return found[0]


def read(text: str) -> Way:
    """Return what a README says to do before its first section."""
    start = text.partition("\n## ")[0]
    bodies: dict[str, list[str]] = {"sh": [], "python": []}
    for language, body in _BLOCK.findall(start):
        bodies.setdefault(language, []).append(body)
    install = [line for line in _only(bodies["sh"], "shell block").splitlines() if line.strip()]
    words = " ".join(_BLOCK.sub("", start).split())
    return Way(
        install,
        _only(re.findall(r"Save this as `(\w+\.py)`", words), "file name"),
        bodies["python"][0],
        _only(re.findall(r"Save this as `[^`]+`, and run `([^`]+)`", words), "command that runs the file"),
        "await " + _only(re.findall(r"call `(fetch\([^`]+\))`", words), "fetch()"),
    )


def scrubbed(home: Path, way: Way, pip_cache: bool) -> dict[str, str]:
    """Return the environment of somebody who has nothing yet.

    The address of the clone stands for what is committed in this checkout.
    """
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if ".venv" not in Path(folder).parts]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"HOME": str(home), "PATH": os.pathsep.join(path), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{TOP.as_uri()}.insteadOf"}
    environment["GIT_CONFIG_VALUE_0"] = way.clone
    if pip_cache:
        command = [sys.executable, "-m", "pip", "cache", "dir"]
        environment["PIP_CACHE_DIR"] = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.strip()
    return environment


@contextmanager
def shell(folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> Iterator[tuple[Any, IO[str]]]:
    """Start a shell that takes commands from a pipe and reports the status of each; end it, and all that it started."""
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        ["/bin/sh"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        pass_fds=[theirs],
        start_new_session=True,
        text=True,
    )
    os.close(theirs)
    with os.fdopen(ours) as reports:
        assert process.stdin is not None
        process.stdin.write(f"exec 3>&{theirs}\n")
        try:
            yield process.stdin, reports
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.stdin.close()
            process.wait(PATIENCE)


def follow(way: Way, folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> dict[str, Any]:
    """Do what the README says. Return the seconds of each command, and of the first answer in a browser."""
    seconds: list[float] = []
    with shell(folder, environment, log) as (stdin, reports):
        for command in way.install:
            begun = time.monotonic()
            stdin.write(f"{command}\necho $? >&3\n")
            stdin.flush()
            status = reports.readline().strip()
            if status != "0":
                raise SystemExit(f"{command}: status {status or 'unknown'}\n{tail(log)}")
            seconds.append(time.monotonic() - begun)
            print(f"{seconds[-1]:8.1f} s  {command}", flush=True)
        (folder / way.file).write_text(way.source, encoding="utf-8")
        begun = time.monotonic()
        stdin.write(f"{way.run} 3>&-\necho $? >&3\n")
        stdin.flush()
        wait_for(way.url, log)
        seconds.append(time.monotonic() - begun)
        print(f"{seconds[-1]:8.1f} s  {way.run}", flush=True)
        begun = time.monotonic()
        answer = fetched(way, urlsplit(way.origin).port or 80)
        browser = time.monotonic() - begun
        if "result" not in answer or answer["result"]["status"] != 200:
            raise SystemExit(f"the page of {way.origin} got {answer}\n{tail(log)}")
        print(f"{browser:8.1f} s  the page of {way.origin} starts and reads {answer['result']['text']}", flush=True)
        refused = fetched(way, 0)
        if "error" not in refused:
            raise SystemExit(f"a page of another origin is to be refused, and got {refused}")
        print(f"            a page of another origin is refused: {refused['error']}", flush=True)
    return {
        "commands": [
            {"command": command, "seconds": round(took, 1)} for command, took in zip(way.commands, seconds, strict=True)
        ],
        "browser": round(browser, 1),
        "total": round(sum(seconds) + browser, 1),
        "answer": answer["result"]["text"],
    }


def fetched(way: Way, port: int) -> Any:
    """Return what a page on this port of localhost gets by the README's JavaScript; 0 for any free port."""
    script = f"const answer = {way.script}; return {{status: answer.status, text: await answer.text()}}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        return in_chromium(script, Path(profile), port=port)


def wait_for(url: str, log: IO[bytes]) -> None:
    """Wait until something listens at the address of a URL."""
    address = urlsplit(url)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if is_taken(address.port or 80):
            return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens at {url} after {PATIENCE} s\n{tail(log)}")


def is_taken(port: int) -> bool:
    """Whether something listens at this port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def tail(log: IO[bytes]) -> str:
    """Return the last lines that the commands wrote."""
    return "\n".join(Path(log.name).read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Time a newcomer's way: from a clone to the first answer in a browser."
    )
    parser.add_argument("--pip-cache", action="store_true", help="let pip use this user's cache; without it, none")
    parser.add_argument("--write", action="store_true", help="keep the figures, and write them into the documents")
    arguments = parser.parse_args()
    way = read((TOP / "README.md").read_text(encoding="utf-8"))
    if not any(map(shutil.which, NAMES)):
        raise SystemExit("this needs Chromium on the PATH")
    for url in (way.origin, way.url):
        if is_taken(urlsplit(url).port or 80):
            raise SystemExit(f"README.md uses {url}, and something on this machine listens there: end it first")
    cache = "pip with this user's cache" if arguments.pip_cache else "pip without a cache"
    print(f"README.md in an empty folder: no home, no .venv, {cache}; {way.clone} is the last commit of this checkout")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
        home, folder = Path(room, "home"), Path(room, "work")
        home.mkdir()
        folder.mkdir()
        with Path(room, "log").open("wb") as log:
            found = follow(way, folder, scrubbed(home, way, arguments.pip_cache), log)
    found |= {"date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "machine": machine()}
    found["pip_cache"] = arguments.pip_cache
    print(f"{found['total']:8.1f} s  {len(way.commands)} commands, from clone to the first answer in a browser")
    print(f"            {found['date']}, {found['machine']['cpu']}, {found['machine']['python']}")
    if arguments.write:
        from tools import documents

        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        documents.write("start.md")
        print(f"written: {RESULTS.relative_to(TOP)}, docs/start.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
