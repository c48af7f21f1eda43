"""``probe`` says of a server what a real browser says of it, and ``why`` understands what the browser wrote."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastcors._browser.exchange import fetch, origin_of
from fastcors._browser.rules import Rule, Verdict
from fastcors.cli import main
from tests.integration.chromium import in_chromium, need_chromium
from tests.integration.mistakes import CASES, Case, serve_mistakes

PAGE = "http://localhost:7999"

SCRIPT = """
const found = [];
for (const [number, {method, headers, credentials}] of CASES.entries()) {
  const options = {method, headers, credentials: credentials ? "include" : "omit"};
  found.push(await fetch(URL_OF_SERVER + "/" + number, options).then(() => true, () => false));
}
return {origin: location.origin, found};
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve_mistakes() as url:
        yield url


def rule_of(server: str, number: int, page: str = PAGE) -> Rule:
    case = CASES[number]
    done = fetch(f"{server}/{number}", page, case.method, list(case.headers.items()), credentials=case.credentials)
    return done.verdict.rule


def passes(server: str, number: int, page: str) -> bool:
    return Verdict(rule_of(server, number, page)).passes


def number_of(name: str) -> int:
    (number,) = [number for number, case in enumerate(CASES) if case.name == name]
    return number


def test_chromium_and_probe_agree_about_every_server(server: str, tmp_path: Path) -> None:
    need_chromium()
    cases = [{"method": case.method, "headers": dict(case.headers), "credentials": case.credentials} for case in CASES]
    script = f"const CASES = {json.dumps(cases)}, URL_OF_SERVER = {json.dumps(server)};\n{SCRIPT}"
    told = in_chromium(script, tmp_path)["result"]
    ours = [passes(server, number, told["origin"]) for number in range(len(CASES))]
    assert dict(zip((case.name for case in CASES), ours, strict=True)) == dict(
        zip((case.name for case in CASES), told["found"], strict=True)
    )


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("all is right", Rule.PASSES),
        ("all is right, with a preflight", Rule.PASSES),
        ("no header", Rule.ORIGIN_MISSING),
        ("every origin with credentials", Rule.ORIGIN_WILDCARD),
        ("another origin", Rule.ORIGIN_MISMATCH),
        ("a slash at the end", Rule.ORIGIN_MISMATCH),
        ("no scheme", Rule.ORIGIN_INVALID),
        ("two lines", Rule.ORIGIN_MULTIPLE),
        ("a list", Rule.ORIGIN_MULTIPLE),
        ("credentials not allowed", Rule.CREDENTIALS),
        ("credentials True", Rule.CREDENTIALS),
        ("preflight not found", Rule.PREFLIGHT_STATUS),
        ("preflight needs a login", Rule.ORIGIN_MISSING),
        ("preflight redirected", Rule.PREFLIGHT_REDIRECT),
        ("method missing", Rule.METHOD),
        ("method in lower case", Rule.METHOD),
        ("methods malformed", Rule.METHODS_INVALID),
        ("header missing", Rule.HEADER),
        ("headers malformed", Rule.HEADERS_INVALID),
        ("every header, with Authorization", Rule.AUTHORIZATION),
        ("every header and Authorization", Rule.PASSES),
        ("redirect without a header", Rule.ORIGIN_MISSING),
        ("redirect with a password", Rule.REDIRECT_USERINFO),
        ("redirect to a file", Rule.REDIRECT_SCHEME),
        ("fastcors allows", Rule.PASSES),
        ("fastcors allows no credentials", Rule.CREDENTIALS),
    ],
)
def test_a_mistake_is_called_by_its_name(server: str, name: str, rule: Rule) -> None:
    assert rule_of(server, number_of(name)) is rule


def arguments_of(server: str, case: Case) -> list[str]:
    arguments = ["probe", f"{server}/{CASES.index(case)}", "--origin", PAGE, "--method", case.method]
    for name, value in case.headers.items():
        arguments += ["--header", f"{name}: {value}"]
    return [*arguments, *(["--credentials"] if case.credentials else [])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_exit_status_is_the_verdict(server: str, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([*arguments_of(server, case), "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert status == (0 if told["passes"] else 1)
    assert told["rule"] == rule_of(server, CASES.index(case)).value
    main(arguments_of(server, case))
    assert ("passes" if told["passes"] else "blocked") in capsys.readouterr().out


def test_what_browsers_only_warn_of_passes_and_says_what_to_change(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[number_of("every header, with Authorization")]
    assert main(arguments_of(server, case)) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "passes: authorization-under-wildcard" in told
    assert "The page may read the answer, but the browser warns about it." in told
    assert "Name Authorization in allow_headers beside '*'." in told


def test_a_server_that_does_not_answer_is_an_error_and_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        status = main(["probe", f"http://127.0.0.1:{taken.getsockname()[1]}/", "--origin", PAGE])
    assert status == 3
    assert "no answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["localhost:8000/", "--origin", PAGE],
        ["http://localhost:8000/", "--origin", "app.example.com"],
        ["http://localhost:8000/", "--origin", "https://app.example.com/"],
        ["http://localhost:8000/", "--origin", PAGE, "--method", "TRACE"],
        ["http://localhost:8000/", "--origin", PAGE, "--header", "Cookie: a=1"],
        ["http://localhost:8000/", "--origin", PAGE, "--header", "X-A: 1\r\nX-B: 1"],
    ],
    ids=" ".join,
)
def test_what_no_browser_would_send_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["probe", *arguments])
    assert stopped.value.code == 2
    assert "error" in capsys.readouterr().err


def test_a_page_of_the_same_origin_needs_no_cors(server: str) -> None:
    assert fetch(f"{server}/{number_of('no header')}", str(origin_of(server))).verdict.rule is Rule.SAME_ORIGIN
