"""``python -m fastcors demo``: the table, the ports, the page, and the end of every process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

import fastcors

pytest.importorskip("uvicorn")
pytest.importorskip("gunicorn")
pytest.importorskip("rich")

SECONDS = 90  # for everything that a test waits for: far above what it takes
EPHEMERAL = ["--page-port", "0", "--asgi-port", "0", "--wsgi-port", "0"]


def start(*argv: str) -> subprocess.Popen[str]:
    """The demo as a process with piped output."""
    env = {**os.environ, "PYTHONPATH": str(Path(fastcors.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "fastcors", "demo", *argv],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def get(url: str, path: str = "/", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """GET from a server of the demo."""
    port = urlsplit(url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def listens(url: str) -> bool:
    """Whether anything still holds the listening socket; a worker left alone would."""
    try:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=SECONDS).close()
    except OSError:
        return False
    return True


class Demo:
    """A running demo."""

    def __init__(self, *argv: str) -> None:
        self.process = start(*argv)
        self._watchdog = threading.Timer(SECONDS, self.process.kill)
        self._watchdog.start()
        assert self.process.stdout
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "Running until Ctrl-C" in line:
                break
        self.output = "".join(lines)
        self.urls = re.findall(r"http://[a-z0-9.]+:\d+(?=  )", self.output)[:4]

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send the signal; the exit status and everything that was printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, self.output + out + err

    def close(self) -> None:
        """End it, if a test has not done so."""
        self._watchdog.cancel()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    running = Demo(*EPHEMERAL)
    yield running
    running.close()


def test_once_prints_the_table_and_ends(tmp_path: Path) -> None:
    file = tmp_path / "exchanges.json"
    process = start("--once", "--json", str(file))
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    for text in ("server", "request", "expected", "got", "reason", "decide", "uvicorn", "gunicorn"):
        assert text in out
    assert "\x1b" not in out
    assert fastcors.backend in out
    result: dict[str, Any] = json.loads(file.read_text())
    exchanges = result["exchanges"]
    assert len(exchanges) >= 24
    assert all(exchange["ok"] for exchange in exchanges)
    assert all(exchange["decide_ns"] > 0 for exchange in exchanges)
    by_server = [[e["request"] for e in exchanges if e["server"] == name] for name in ("uvicorn", "gunicorn")]
    assert by_server[0] == by_server[1]
    assert {"ok", "origin-null", "not-cors", "headers-too-large"} <= {e["reason"] for e in exchanges}
    assert not any(listens(server["url"]) for server in result["servers"])


def test_a_taken_port_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("--once", "--asgi-port", str(port))
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    found = re.search(rf"port {port} is taken, so the asgi server uses (\d+)", out)
    assert found
    assert f":{found[1]} " in out


def test_the_page_is_served(demo: Demo) -> None:
    page, other, *_ = demo.urls
    assert urlsplit(page).port == urlsplit(other).port
    status, headers, body = get(page)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"fastcors" in body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(rb"(src|href)=[\"']?https?:", body)
    assert get(page, "/nothing")[0] == 404


def test_explain_answers_as_the_servers_do(demo: Demo) -> None:
    page, other, asgi, wsgi = demo.urls
    config = json.loads(get(page, "/config")[2])
    assert [server["url"] for server in config["servers"]] == [asgi, wsgi]
    query = urlencode([("origin", page), ("method", "PATCH"), ("header", "content-type")])
    told = json.loads(get(page, "/explain?" + query)[2])
    assert (told["kind"], told["reason"], told["status"]) == ("preflight", "ok", 204)
    assert told["actual"]["headers"]["Access-Control-Allow-Origin"] == page
    for origin in (page, other, "null", "https://a.example.com", "https://evil.example"):
        told = json.loads(get(page, "/explain?" + urlencode({"origin": origin}))[2])
        for url in (asgi, wsgi):
            status, headers, _ = get(url, "/items", Origin=origin)
            assert status == 200
            expected = told["headers"].get("Access-Control-Allow-Origin")
            assert headers["Access-Control-Allow-Origin"] == expected
    assert get(page, "/explain?" + "a=1&" * 500)[0] == 400


def test_an_error_of_the_application_is_readable(demo: Demo) -> None:
    page, _, *apis = demo.urls
    for url in apis:
        status, headers, _ = get(url, "/boom", Origin=page)
        assert (status, headers["Access-Control-Allow-Origin"]) == (500, page)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_all(number: signal.Signals) -> None:
    running = Demo(*EPHEMERAL)
    try:
        assert all(map(listens, running.urls))
        status, output = running.end(number)
    finally:
        running.close()
    assert status == 0
    assert "Traceback" not in output
    assert len(running.urls) == 4
    assert not any(map(listens, running.urls))


def test_the_servers_end_with_a_demo_that_is_killed() -> None:
    running = Demo(*EPHEMERAL)
    try:
        running.end(signal.SIGKILL)
        deadline = time.monotonic() + SECONDS
        while any(map(listens, running.urls)):
            assert time.monotonic() < deadline, "a server outlived the demo"
    finally:
        running.close()


def test_the_output_of_a_server_that_dies_is_shown() -> None:
    from fastcors.demo.servers import Server, ServerError, reserve

    server = Server("nonsense", "the server", reserve(0), "http://localhost:8000")
    try:
        with pytest.raises(ServerError, match=r"(?s)the server ended with status 1\..*KeyError: 'nonsense'"):
            server.wait_ready(lambda: False, SECONDS)
    finally:
        server.stop()


def test_the_next_free_port_is_not_one_that_is_wanted() -> None:
    from fastcors.demo.servers import reserve

    with reserve(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        wanted = range(port, port + 3)
        with reserve(port, avoid=wanted) as sock:
            assert sock.getsockname()[1] not in wanted


def test_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    process = start("--once", "--json", str(tmp_path / "nowhere" / "x.json"))
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("fastcors: ")
    assert "Traceback" not in err


def test_without_its_packages(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from fastcors.cli import main

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "rich" else found(name))
    assert main(["demo", "--once"]) == 2
    assert 'the demo needs rich: pip install "fastcors[demo]"' in capsys.readouterr().err
