"""``python -m fastcors playground``: its servers over real sockets, and its page in Chromium and Firefox."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import fastcors
from tests.integration.chromium import need_chromium
from tests.integration.firefox import Firefox, open_firefox

pytest.importorskip("uvicorn")

from fastcors.playground.cases import cases
from fastcors.playground.command import start
from fastcors.playground.web import check

SECONDS = 60
CASES = [case["name"] for case in cases("http://localhost:1")]


def send(
    url: str, method: str = "GET", body: object = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, Any]:
    """Send a request to one of the playground's servers; returns the status, the headers and the body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=SECONDS)
    text = None if body is None else json.dumps(body)
    lines = {"Host": parts.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    with contextlib.closing(connection):
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, text, lines)
        response = connection.getresponse()
        data = response.read()
        is_json = response.headers["Content-Type"] == "application/json" and data
        return response.status, response.headers, json.loads(data) if is_json else data


class Playground:
    """A running playground, and what its page does over HTTP."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.origin: str = config["origin"]
        self.other: str = config["other"]
        self.api: str = config["servers"][0]["url"]
        self.token: str = send(f"{self.origin}/config")[2]["token"]

    def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        """POST to the page's server, as its page does it unless the headers say otherwise."""
        ours = {"Origin": self.origin, "X_Playground_Token": self.token}
        status, _, value = send(f"{self.origin}{path}", "POST", body, **{**ours, **headers})
        return status, value

    def use(self, **policy: object) -> int:
        """Put a policy in force; returns the number of the last exchange before it."""
        status, value = self.post("/policy", {"policy": json.dumps(policy)})
        assert (status, value["problems"]) == (200, [])
        return int(value["after"])


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with contextlib.ExitStack() as stack:
        yield Playground(start(stack))


def test_the_page_is_served_with_a_content_security_policy(playground: Playground) -> None:
    status, headers, body = send(playground.origin)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert playground.api in policy
    assert "unsafe" not in policy
    assert b"innerHTML" not in body
    assert not re.search(rb"(src|href)=[\"']?https?:", body)


def test_a_host_that_is_not_ours_gets_nothing(playground: Playground) -> None:
    port = urlsplit(playground.origin).port
    status, _, value = send(f"{playground.origin}/config", Host=f"rebound.example:{port}")
    assert (status, "token" in value) == (421, False)
    assert playground.post("/policy", {"policy": '{"allow_origins": "*"}'}, Host=f"rebound.example:{port}")[0] == 403


@pytest.mark.parametrize("path", ["/policy", "/check", "/result"])
def test_only_the_own_page_is_served(playground: Playground, path: str) -> None:
    body = {"policy": '{"allow_origins": "*"}'}
    assert playground.post(path, body)[0] == 200
    assert playground.post(path, body, Origin=playground.other)[0] == 200
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": playground.api},
        {"X_Playground_Token": ""},
        {"X_Playground_Token": playground.token + "x"},
        {"X_Playground_Token": "\u00e9"},
    ):
        assert playground.post(path, body, **headers)[0] == 403


def test_a_refused_post_leaves_the_policy_as_it_is(playground: Playground) -> None:
    playground.use(allow_origins=["https://a.example"])
    assert playground.post("/policy", {"policy": '{"allow_origins": "*"}'}, X_Playground_Token="guess")[0] == 403
    _, headers, _ = send(f"{playground.api}/items", Origin="https://b.example")
    assert headers["Access-Control-Allow-Origin"] is None


def test_a_body_that_is_no_json_object_is_a_400(playground: Playground) -> None:
    for body in ([], "text", 7):
        assert playground.post("/check", body)[0] == 400
    assert playground.post("/check", {}, Content_Length="99999999")[0] == 400
    assert playground.post("/nothing", {})[0] == 404


def test_a_policy_replaces_the_one_in_force(playground: Playground) -> None:
    for origin in ("https://a.example", "https://b.example"):
        playground.use(allow_origins=[origin])
        _, headers, _ = send(f"{playground.api}/items", Origin=origin)
        assert headers["Access-Control-Allow-Origin"] == origin


def test_a_policy_with_problems_is_not_put_in_force(playground: Playground) -> None:
    playground.use(allow_origins=["https://a.example"])
    _, value = playground.post("/policy", {"policy": '{"allow_origins": "*", "allow_credentials": true}'})
    assert [problem["code"] for problem in value["problems"]] == ["origins-wildcard-credentials"]
    _, headers, _ = send(f"{playground.api}/items", Origin="https://a.example")
    assert headers["Access-Control-Allow-Origin"] == "https://a.example"


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ({"allow_origins": ["https://a.com", "https://B.com/"]}, {"allow_origins": ["https://a.com", "https://b.com"]}),
        ({"allow_origins": "https://a.com/"}, {"allow_origins": ["https://a.com"]}),
        ({"allow_origin": ["https://a.com"]}, {"allow_origins": ["https://a.com"]}),
        ({"allow_origins": "*", "max_age": -1}, {"allow_origins": "*", "max_age": 0}),
        ({"allow_origins": "*", "debug": "yes"}, {"allow_origins": "*", "debug": True}),
    ],
)
def test_a_hint_is_taken_in_one_step(text: dict[str, Any], fixed: dict[str, Any]) -> None:
    policy, shown = check(json.dumps(text))
    assert policy is None
    proposed = [problem["fixed"] for problem in shown["problems"] if problem["fixed"] is not None]
    assert proposed == [fixed]
    assert check(json.dumps(fixed))[1] == {"problems": []}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"debug": true, "debug": false}', "[" * 50_000])
def test_a_text_that_is_no_policy_is_a_problem_and_no_exception(text: str) -> None:
    policy, shown = check(text)
    assert policy is None
    assert [problem["code"] for problem in shown["problems"]] == ["json"]


def test_the_record_has_what_went_over_the_wire(playground: Playground) -> None:
    after = playground.use(allow_origins=[playground.origin], allow_methods=["PUT"], max_age=5)
    asked = {"Origin": playground.origin, "Access_Control_Request_Method": "PUT"}
    status, headers, _ = send(f"{playground.api}/items?run=wire", "OPTIONS", **asked)
    request = {"path": "/items", "mode": "cors", "method": "PUT", "headers": []}
    _, told = playground.post("/result", {"run": "wire", "after": after, "request": request, "verdict": "readable"})
    (one,) = told["exchanges"]
    assert ["origin", playground.origin] in one["headers"]
    assert (one["method"], one["answer"]["status"]) == ("OPTIONS", status)
    assert sorted(map(tuple, one["answer"]["headers"])) == sorted(
        (name.lower(), value) for name, value in headers.items()
    )
    assert one["told"]["reason"] == "ok"
    assert "Access-Control-Max-Age: the browser may remember this preflight for 5 seconds." in told["caches"]
    assert playground.post("/result", {"run": "another", "after": 0})[1]["exchanges"] == []


def test_cookies_of_other_programs_are_not_shown(playground: Playground) -> None:
    after = playground.use(allow_origins=[playground.origin])
    send(f"{playground.api}/items?run=cookies", Cookie="session=secret; fastcors-demo=1")
    _, told = playground.post("/result", {"run": "cookies", "after": after})
    assert "secret" not in json.dumps(told)
    assert ["cookie", "fastcors-demo=1; (others, not shown)"] in told["exchanges"][0]["headers"]


def test_strange_requests_do_no_harm(playground: Playground) -> None:
    playground.use(allow_origins=[playground.origin])
    for query in ("run=%ff", "run=" + "x" * 5000, "&" * 5000, "run=a&run=b", "%00"):
        assert send(f"{playground.api}/items?{query}", Origin="\u00e9\u00ff")[0] == 200
    assert send(f"{playground.api}/nothing")[0] == 404


def test_a_signal_ends_the_command() -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(fastcors.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-m", "fastcors", "playground", "--port", "0", "--api-port", "0"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "Running until Ctrl-C.\n")
        url = re.search(r"http://localhost:\d+", "".join(lines))
        assert url
        assert send(url[0])[0] == 200
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SECONDS)
    finally:
        watchdog.cancel()
        process.kill()
    assert (process.returncode, out.strip(), err) == (0, "stopped", "")


def test_without_uvicorn_it_names_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    from fastcors.cli import main

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["playground"]) == 2
    assert 'pip install "fastcors[demo]"' in capsys.readouterr().err


@pytest.fixture(scope="module")
def page(playground: Playground) -> Iterator[Any]:
    """The page in Chromium, its first example sent."""
    path = need_chromium()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(playground.origin)
        opened.wait_for_selector("#result[data-done]", state="attached")
        yield opened
        browser.close()


def press(page: Any, selector: str) -> None:
    """Press a button that sends, and wait for the result."""
    page.evaluate("delete document.getElementById('result').dataset.done")
    page.click(selector)
    page.wait_for_selector("#result[data-done]", state="attached")


def wires(page: Any) -> list[str]:
    """The first line of each request that the page shows."""
    lines: list[str] = page.locator(".wires .wire:first-of-type .first").all_text_contents()
    return lines


@pytest.mark.parametrize("name", CASES)
def test_each_case_ends_in_chromium_as_it_says(page: Any, playground: Playground, name: str) -> None:
    case = next(case for case in cases(playground.origin) if case["name"] == name)
    press(page, f"[data-case={name}]")
    assert page.get_attribute("#verdict", "data-verdict") == case["verdict"]
    assert page.get_attribute("#verdict", "data-expected") == case["verdict"]
    assert page.text_content("#reason") == f"fastcors: {case['reason']}"
    shown = page.get_attribute("#verdict", "class")
    assert ("warn" if name == "no-vary" else "good") in shown


def test_a_case_opened_from_the_other_address_ends_alike(page: Any, playground: Playground) -> None:
    page.goto(playground.other)
    page.wait_for_selector("#result[data-done]", state="attached")
    press(page, "[data-case=works]")
    assert page.get_attribute("#verdict", "data-verdict") == "readable"
    press(page, "[data-case=other]")
    assert page.get_attribute("#verdict", "data-verdict") == "blocked"
    page.goto(playground.origin)
    page.wait_for_selector("#result[data-done]", state="attached")


@pytest.mark.parametrize("name", ["include", "authorization", "other", "method", "header"])
def test_the_change_that_the_page_proposes_lets_the_request_pass(page: Any, name: str) -> None:
    press(page, f"[data-case={name}]")
    press(page, "button.take")
    assert page.get_attribute("#verdict", "data-verdict") == "readable"
    assert page.get_attribute("#verdict", "data-expected") == "readable"


def test_a_second_request_to_the_same_url_needs_no_preflight(page: Any) -> None:
    press(page, "[data-case=preflight]")
    assert wires(page) == ["→ OPTIONS /items", "→ PUT /items"]
    press(page, "#again")
    assert wires(page) == ["→ PUT /items"]
    assert "remembers the preflight" in page.text_content("#result")


def test_problems_show_as_one_types_and_a_click_takes_the_hint(page: Any) -> None:
    page.fill("#policy", '{"allow_origins": ["https://Example.com/"]}')
    page.wait_for_selector(".problems")
    assert "origin-upper-case" in page.text_content("#problems")
    assert page.is_disabled("#send")
    page.click(".problems button")
    page.wait_for_selector(".state")
    assert json.loads(page.input_value("#policy")) == {"allow_origins": ["https://example.com"]}
    assert page.is_enabled("#send")


def test_what_was_typed_is_shown_as_text(page: Any) -> None:
    press(page, "[data-case=works]")
    text = "<img src=x onerror=document.title='run'>"
    page.fill("#headers", f"x-text: {text}")
    page.fill("#policy", json.dumps({"allow_origins": "*", "allow_headers": ["x-text"]}))
    press(page, "#send")
    assert f"x-text: {text}" in page.text_content(".wires")
    page.fill("#policy", json.dumps({text: 1}))
    page.wait_for_selector(".problems")
    assert text in page.text_content("#problems")
    assert page.locator("main img").count() == 0
    assert page.title() == "fastcors playground"
    press(page, "[data-case=works]")


@pytest.fixture(scope="module")
def firefox(playground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """The page in Firefox."""
    with open_firefox(tmp_path_factory.mktemp("firefox")) as browser:
        browser.open(playground.origin)
        yield browser


PRESS = """
const shown = async () => {
  while (!document.getElementById("result")?.dataset.done) await new Promise(done => setTimeout(done, 20));
};
await shown();
delete document.getElementById("result").dataset.done;
document.querySelector(arguments[0]).click();
await shown();
const { verdict, expected } = document.getElementById("verdict").dataset;
return { verdict, expected, reason: document.getElementById("reason").textContent };
"""


@pytest.mark.parametrize("name", CASES)
def test_each_case_ends_in_firefox_as_it_says(firefox: Firefox, playground: Playground, name: str) -> None:
    case = next(case for case in cases(playground.origin) if case["name"] == name)
    verdict = case["verdict"]
    assert firefox.run(PRESS, f"[data-case={name}]") == {
        "verdict": verdict,
        "expected": verdict,
        "reason": f"fastcors: {case['reason']}",
    }
