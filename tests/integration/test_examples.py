"""The examples, by the commands of their READMEs: each starts, answers a page, and passes its own tests."""

from __future__ import annotations

import http.client
import importlib.util
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.integration.chromium import need_chromium

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "examples"
SECONDS = 60.0
NEEDED = {
    "http1-server": ("httptools",),
    "django": ("django",),
    "fastapi": ("fastapi", "httpx", "uvicorn"),
    "flask": ("flask",),
    "gateway": ("httptools", "uvicorn", "uvloop", "websockets"),
}
"""The modules that each example imports; the keys are the folders."""

NATIVE = ("c-extension", "cython-server", "rust-extension")
"""The folders without a page, which test_native_examples.py tests."""

every_example = pytest.mark.parametrize("name", NEEDED)


def commands(name: str) -> list[str]:
    """The lines of the README's only block: install, start, test."""
    (block,) = re.findall(r"```sh\n(.*?)```", (EXAMPLES / name / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return block.splitlines()


def need_modules(name: str) -> None:
    for module in NEEDED[name]:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def python(command: str) -> list[str]:
    """The words of a command line that begins with ``python``, for the Python of this test."""
    first, *rest = shlex.split(command)
    assert first == "python"
    return [sys.executable, *rest]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP), "PAGE_PORT": "0", "API_PORT": "0"}


class Running(NamedTuple):
    """An example that serves."""

    page: str
    api: str


@contextmanager
def started(name: str) -> Iterator[Running]:
    """The example, from its documented command to Ctrl+C."""
    need_modules(name)
    _, command, _ = commands(name)
    process = subprocess.Popen(
        python(command),
        cwd=TOP,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            page, api = (process.stdout.readline().split()[-1].rstrip("/") for _ in range(2))
            yield Running(page, api)
        finally:
            # A process that was started in the background ignores SIGINT, and so do its children.
            ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            process.send_signal(signal.SIGTERM if ignored else signal.SIGINT)
            code = process.wait(SECONDS)
    assert ignored or code == 0


def ask(url: str, method: str, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    """The response of a server, read to its end."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as connection:
        connection.request(method, path, headers=dict(headers))
        response = connection.getresponse()
        response.read()
        return response


class Exchange(NamedTuple):
    """A request of a page, and what it must get."""

    method: str
    path: str
    status: int
    allowed: str | None
    """What Access-Control-Allow-Origin is; PAGE stands for the page's origin."""
    requested: str | None = None
    """The method that a preflight requests."""


EXCHANGES = {
    "http1-server": [
        Exchange("GET", "/hello", 200, "PAGE"),
        Exchange("OPTIONS", "/echo", 204, "PAGE", requested="PUT"),
        Exchange("OPTIONS", "/echo", 403, None, requested="DELETE"),
        Exchange("GET", "/none", 404, "PAGE"),
        Exchange("GET", "/broken", 500, "PAGE"),
    ],
    "django": [
        Exchange("GET", "/articles/7", 200, "PAGE"),
        Exchange("OPTIONS", "/articles/7", 204, "PAGE", requested="PUT"),
        Exchange("OPTIONS", "/articles/7", 403, None, requested="DELETE"),
        Exchange("GET", "/feed", 200, "*"),
        Exchange("GET", "/internal", 200, None),
        Exchange("GET", "/articles/404", 404, "PAGE"),
        Exchange("GET", "/broken", 500, "PAGE"),
    ],
    "fastapi": [
        Exchange("POST", "/session", 200, "PAGE"),
        Exchange("OPTIONS", "/notes/7", 204, "PAGE", requested="PUT"),
        Exchange("OPTIONS", "/notes/7", 403, None, requested="DELETE"),
        Exchange("GET", "/notes/7", 401, "PAGE"),
        Exchange("GET", "/broken", 500, "PAGE"),
    ],
    "gateway": [
        Exchange("GET", "/items", 200, "PAGE"),
        Exchange("OPTIONS", "/items", 204, "PAGE", requested="PUT"),
        Exchange("OPTIONS", "/items", 403, None, requested="DELETE"),
        Exchange("GET", "/feeds/news", 200, "*"),
        Exchange("GET", "/events", 200, "PAGE"),
        Exchange("GET", "/none", 404, "PAGE"),
        Exchange("GET", "/broken", 500, "PAGE"),
        Exchange("GET", "/down", 502, "PAGE"),
        Exchange("GET", "//items", 404, None),
    ],
    "flask": [
        Exchange("GET", "/api/orders", 200, "PAGE"),
        Exchange("OPTIONS", "/api/orders/7", 204, "PAGE", requested="PUT"),
        Exchange("OPTIONS", "/api/orders/7", 403, None, requested="DELETE"),
        Exchange("GET", "/public/prices", 200, "*"),
        Exchange("GET", "/api/internal/health", 200, None),
        Exchange("PUT", "/api/orders/7", 403, "PAGE"),
        Exchange("GET", "/api/broken", 500, "PAGE"),
    ],
}


@every_example
def test_an_example_starts_by_its_command_and_answers_a_page(name: str) -> None:
    with started(name) as running:
        assert ask(running.page, "GET", "/", {}).status == 200
        for exchange in EXCHANGES[name]:
            headers = {"Origin": running.page}
            if exchange.requested is not None:
                headers["Access-Control-Request-Method"] = exchange.requested
            response = ask(running.api, exchange.method, exchange.path, headers)
            expected = running.page if exchange.allowed == "PAGE" else exchange.allowed
            assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (exchange.status, expected)
            other = headers | {"Origin": "https://elsewhere.example"}
            response = ask(running.api, exchange.method, exchange.path, other)
            assert response.headers["Access-Control-Allow-Origin"] == ("*" if exchange.allowed == "*" else None)


@every_example
def test_the_page_of_an_example_sees_in_a_browser_what_it_says(name: str, tmp_path: Path) -> None:
    """What is blocked "as it should be" is blocked; an announced status is the status; the rest is a success."""
    chromium = need_chromium()
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]
    with started(name) as running:
        command = [chromium, *flags, f"--user-data-dir={tmp_path}", running.page + "/"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=SECONDS)
    assert 'data-done="yes"' in done.stdout
    lines = re.findall(r"<li>(.*?)<code>(\w+)", done.stdout)
    assert len(lines) > 5
    for said, seen in lines:
        status = re.search(r": a (\d{3}) that", said)
        expected = "blocked" if "blocked, as it should be" in said else status[1] if status else "200"
        assert seen == expected, said


@every_example
def test_the_tests_of_an_example_pass_by_their_command(name: str) -> None:
    need_modules(name)
    *_, command = commands(name)
    match = re.fullmatch(r"cd (\S+) && (.*)", command)
    assert match is not None
    words = [*python(match[2]), "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=TOP / match[1], env=ENVIRONMENT, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)


def test_every_folder_is_tested_and_listed() -> None:
    folders = sorted(path.parent.name for path in EXAMPLES.glob("*/README.md"))
    assert folders == sorted([*NEEDED, *NATIVE])
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(\S+)\]\(\1/README\.md\) ", text, re.MULTILINE)) == folders


def test_the_pages_have_one_server_and_their_own_copy_of_it() -> None:
    assert len({path.read_bytes() for path in EXAMPLES.glob("*/page.py")}) == 1


def test_pyproject_has_the_extras_that_the_commands_install() -> None:
    text = (TOP / "pyproject.toml").read_text(encoding="utf-8")
    for name in NEEDED:
        _, _, _, what, *_ = shlex.split(commands(name)[0])
        match = re.fullmatch(r"\.\[(\w+)\]", what)
        assert match is not None
        assert re.search(rf"^{match[1]} = \[", text, re.MULTILINE)
