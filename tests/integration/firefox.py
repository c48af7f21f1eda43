"""A page in a real Firefox, headless, where there is one on this machine: driven by Marionette, which is part of it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60
NAMES = ("firefox-esr", "firefox")
PREFERENCES = {"marionette.port": 0, "browser.shell.checkDefaultBrowser": False, "app.update.enabled": False}


def need_firefox() -> str:
    """The path of Firefox. Skips the test where there is none."""
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    pytest.skip("there is no Firefox on this machine")


class Firefox:
    """A connection to a running Firefox: each message is its length, a colon, and a JSON array."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._read()  # the greeting
        self._send("WebDriver:NewSession", {})
        self._send("WebDriver:SetTimeouts", {"script": PATIENCE * 1000})

    def _read(self) -> Any:
        digits = b""
        while (one := self._stream.read(1)) != b":":
            assert one, "Firefox has ended"
            digits += one
        return json.loads(self._stream.read(int(digits)))

    def _send(self, command: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def open(self, url: str) -> None:
        """Load a page."""
        self._send("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        """What the body of an async function returns, which reads these as ``arguments``."""
        text = (
            f"const [done] = [...arguments].slice(-1); (async () => {{ {script} }})().then(done, e => done(String(e)));"
        )
        result = self._send("WebDriver:ExecuteAsyncScript", {"script": text, "args": list(arguments)})
        return result["value"]

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()


@contextmanager
def open_firefox(folder: Path) -> Iterator[Firefox]:
    """A Firefox with its profile in ``folder``, which ends with the block."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen(
        [need_firefox(), "--headless", "--no-remote", "--marionette", "--profile", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        firefox = Firefox(_port(folder / "MarionetteActivePort", process))
        try:
            yield firefox
        finally:
            firefox.close()
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that Firefox writes into a file when it listens."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if text.strip().isdigit():
            return int(text)
        time.sleep(0.05)
    raise AssertionError("Firefox did not start")
