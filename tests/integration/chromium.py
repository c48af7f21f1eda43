"""A page in a real Chromium, headless, where there is one on this machine."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60
NAMES = ("chromium", "chromium-browser", "google-chrome")
HTML = """<!doctype html><title>page</title><script type="module">
const report = result => fetch("/result", {{method: "POST", body: JSON.stringify(result)}});
const run = async () => {{ {script} }};
try {{ await report({{result: await run()}}); }} catch (error) {{ await report({{error: String(error)}}); }}
</script>"""


def need_chromium() -> str:
    """The path of Chromium. Skips the test where there is none."""
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    pytest.skip("there is no Chromium on this machine")


class _Site(ThreadingHTTPServer):
    """Serves one page, and takes what its script reports."""

    def __init__(self, script: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.page = HTML.format(script=script).encode()
        self.results: queue.Queue[Any] = queue.Queue()


class _Handler(BaseHTTPRequestHandler):
    server: _Site

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.page if self.path == "/" else b"")

    def do_POST(self) -> None:
        self.server.results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def _served(script: str, port: int) -> Iterator[_Site]:
    with _Site(script, port) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def console_of(log: str) -> list[str]:
    """The messages of the page's console in what Chromium logs."""
    return re.findall(r'^\[.*?:CONSOLE[^\]]*\] "(.*)", source: .*$', log, re.MULTILINE)


def in_chromium(script: str, folder: Path, log: Path | None = None, port: int = 0) -> Any:
    """What the script returns on a page of ``http://localhost:PORT``: the body of an async function in JavaScript.

    Returns ``{"result": …}``, or ``{"error": …}`` where it throws. ``folder`` is for the browser's profile, and ``log``
    a file for what it logs, from which ``console_of`` takes the messages of the console. The port 0 is any free one.
    """
    chromium = need_chromium()
    with _served(script, port) as site:
        url = f"http://localhost:{site.server_address[1]}/"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        with (log or Path(os.devnull)).open("wb") as file:
            browser = subprocess.Popen(
                [chromium, *flags, "--enable-logging=stderr", f"--user-data-dir={folder}", url],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
            )
        try:
            return site.results.get(timeout=PATIENCE)
        finally:
            browser.terminate()
            browser.wait(PATIENCE)
