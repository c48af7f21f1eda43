"""``python -m fastcors explain``: exit statuses, both output forms, policy errors, and escaping."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fastcors
from fastcors.cli import main

PAGE = "https://app.example.com"
POLICY = [
    *("--allow-origin", PAGE),
    *("--allow-origin", "https://*.example.org"),
    *("--allow-method", "PATCH", "--allow-method", "DELETE"),
    *("--allow-header", "Content-Type"),
    *("--expose-header", "X-Total"),
    "--allow-credentials",
    *("--max-age", "600"),
]


def explain(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """The exit status, standard output and standard error of ``explain``."""
    try:
        status = main(["explain", *argv])
    except SystemExit as error:
        status = int(error.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def explain_json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the JSON object of ``explain --json``."""
    status, out, _ = explain(capsys, "--json", *argv)
    value = json.loads(out)
    assert isinstance(value, dict)
    return status, value


@pytest.mark.parametrize(
    ("argv", "status", "kind", "reason"),
    [
        (["--origin", PAGE], 0, "actual", "ok"),
        (["--origin", "https://shop.example.org"], 0, "actual", "ok"),
        (["--origin", "https://evil.example"], 1, "actual", "origin-not-allowed"),
        (
            ["--origin", "https://pr-1.app.example", "--allow-origin-regex", r"https://pr-\d\.app\.example"],
            0,
            "actual",
            "ok",
        ),
        (
            ["--origin", "https://pr-x.app.example", "--allow-origin-regex", r"https://pr-\d\.app\.example"],
            *(1, "actual", "origin-not-allowed"),
        ),
        (["--origin", "null"], 1, "actual", "origin-null"),
        (["--origin", ""], 1, "actual", "origin-malformed"),
        (["--origin", PAGE, "--method", "PATCH"], 0, "preflight", "ok"),
        (["--origin", PAGE, "--method", "delete"], 0, "preflight", "ok"),
        (["--origin", PAGE, "--method", "patch"], 1, "preflight", "method-not-allowed"),
        (["--origin", PAGE, "--method", "PURGE"], 1, "preflight", "method-not-allowed"),
        (["--origin", PAGE, "--header", "content-type"], 0, "preflight", "ok"),
        (["--origin", PAGE, "--header", "x-debug"], 1, "preflight", "header-not-allowed"),
        (["--origin", PAGE, "--preflight"], 0, "preflight", "ok"),
        (["--origin", PAGE, "--private-network"], 1, "preflight", "private-network-not-allowed"),
        (["--origin", PAGE, "--private-network", "--allow-private-network"], 0, "preflight", "ok"),
        ([], 0, "none", "not-cors"),
        (["--method", "PATCH", "--header", "x-debug"], 0, "none", "not-cors"),
    ],
)
def test_verdicts(capsys: pytest.CaptureFixture[str], argv: list[str], status: int, kind: str, reason: str) -> None:
    got, value = explain_json(capsys, *argv, *POLICY)
    assert (got, value["kind"], value["reason"]) == (status, kind, reason)
    assert value["allowed"] is (status == 0)
    assert value["explanation"]
    assert (value["actual"] is not None) is (kind == "preflight")
    got, out, err = explain(capsys, *argv, *POLICY)
    assert (got, err) == (status, "")
    assert reason in out


def test_credentials_are_refused_where_the_policy_does_not_allow_them(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--origin", PAGE, "--credentials", "--allow-origin", PAGE]
    status, value = explain_json(capsys, *argv)
    assert (status, value["allowed"], value["reason"], value["passes"]) == (1, True, "ok", False)
    assert value["credentials"] == {"asked": True, "allowed": False}
    assert value["proposals"] == [{"parameter": "allow_credentials", "value": True}]
    status, out, _ = explain(capsys, *argv)
    assert status == 1
    assert "refused: credentials" in out
    assert "Set allow_credentials to True." in out
    status, value = explain_json(capsys, *argv, "--allow-credentials")
    assert (status, value["passes"], value["proposals"]) == (0, True, [])
    assert "credentials" not in value["explanation"]


def test_a_preflight_fails_for_the_credentials_of_the_request_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--origin", PAGE, "--method", "PUT", "--credentials", "--allow-origin", PAGE, "--allow-method", "PUT"]
    status, out, _ = explain(capsys, *argv)
    assert status == 1
    assert "a browser does not send it, because the preflight is refused" in out
    assert explain(capsys, *argv, "--allow-credentials")[0] == 0


@pytest.mark.parametrize(
    ("origin", "policy", "why"),
    [
        (PAGE, ["--allow-origin", "*"], '"*" lets in any site'),
        ("http://10.0.0.7", ["--allow-origin", "http://10.0.0.7"], "open to anyone on the network"),
        ("http://10.0.0.7", ["--allow-origin-regex", "http://10[.]0[.]0[.]7"], "open to anyone on the network"),
    ],
)
def test_allow_credentials_is_not_proposed_where_the_policy_cannot_have_it(
    capsys: pytest.CaptureFixture[str], origin: str, policy: list[str], why: str
) -> None:
    status, value = explain_json(capsys, "--origin", origin, "--credentials", *policy)
    assert (status, value["proposals"]) == (1, [])
    assert why in value["explanation"]
    assert "Set allow_credentials" not in value["explanation"]


def test_credentials_are_left_open_where_nobody_says_whether_the_page_asks_for_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = explain(capsys, "--origin", PAGE, "--allow-origin", PAGE)
    assert status == 0
    assert "No request shows whether the page asked for credentials" in " ".join(out.split())
    assert "If the page asks for credentials, add --credentials to see what happens then." in out
    for other in (["--allow-origin", PAGE, "--allow-credentials"], ["--allow-origin", "https://other.example"]):
        assert "--credentials" not in explain(capsys, "--origin", PAGE, *other)[1]


def test_json_has_both_requests_and_the_policy(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--origin", PAGE, "--method", "PATCH"]
    argv += ["--header", "X-B", "--header", "Content-Type", "--header", "x-b"]
    status, value = explain_json(capsys, *argv, *POLICY, "--allow-header", "x-b")
    assert status == 0
    assert value["request"] == {
        "method": "OPTIONS",
        "headers": {
            "Origin": PAGE,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "content-type,x-b",
        },
    }
    assert value["status"] == 204
    assert value["headers"]["Access-Control-Allow-Origin"] == PAGE
    assert value["headers"]["Access-Control-Max-Age"] == "600"
    actual = value["actual"]
    assert actual["request"] == {"method": "PATCH", "headers": {"Origin": PAGE}}
    assert (actual["kind"], actual["reason"], actual["status"]) == ("actual", "ok", None)
    assert actual["allowed"] is True
    assert actual["headers"]["Access-Control-Expose-Headers"] == "x-total"
    assert fastcors.Policy.from_dict(value["policy"]).to_dict() == value["policy"]


def test_text_shows_what_is_sent_and_answered(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = explain(capsys, "--origin", PAGE, "--method", "PURGE", *POLICY)
    lines = out.splitlines()
    assert "  > OPTIONS" in lines
    assert "  > Access-Control-Request-Method: PURGE" in lines
    assert "  < 403" in lines
    assert "  refused: method-not-allowed" in lines
    assert any("a browser does not send it" in line for line in lines)
    assert "\x1b" not in out


def test_the_policy_can_be_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"allow_origins": [PAGE], "allow_methods": ["PATCH"]}))
    status, value = explain_json(capsys, "--origin", PAGE, "--method", "PATCH", "--policy", str(file))
    assert (status, value["reason"]) == (0, "ok")
    status, out, err = explain(capsys, "--policy", str(file), "--debug", "--max-age", "5")
    assert (status, out) == (2, "")
    assert "leave these out: debug, max_age" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("{", "not JSON"),
        ("[1]", "a JSON object"),
        ('{"allow_origins": "*", "allow_origins": []}', "'allow_origins' is given twice"),
        ("[" * 200_000, "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_policy_file_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | bytes | None, message: str
) -> None:
    file = tmp_path / "policy.json"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    status, out, err = explain(capsys, "--policy", str(file), "--json")
    assert status == 2
    assert json.loads(out)["error"] == "policy-file"
    assert message in err
    assert "Traceback" not in err


def test_every_issue_is_listed_with_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["--allow-origin", "HTTPS://App.Example.com/", "--allow-method", "CONNECT", "--max-age", "86401"]
    status, out, err = explain(capsys, "--origin", PAGE, *wrong)
    assert (status, out) == (2, "")
    for field in ("allow_origins", "allow_methods", "max_age"):
        assert field in err
    assert "hint: https://app.example.com" in err
    status, value = explain_json(capsys, "--origin", PAGE, *wrong)
    assert (status, value["error"]) == (2, "policy")
    assert {issue["field"] for issue in value["issues"]} == {"allow_origins", "allow_methods", "max_age"}
    for issue in value["issues"]:
        assert set(issue) == {"code", "field", "value", "message", "hint"}
    assert any(issue["hint"] and "https://app.example.com" in issue["hint"] for issue in value["issues"])


def test_a_policy_without_origins_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, value = explain_json(capsys, "--origin", PAGE)
    assert (status, value["issues"][0]["field"]) == (2, "allow_origins")


def test_an_unknown_parameter_has_a_hint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"allow_origin": [PAGE]}))
    status, value = explain_json(capsys, "--policy", str(file))
    assert status == 2
    assert any("allow_origins" in (issue["hint"] or "") for issue in value["issues"])


@pytest.mark.parametrize("name", ["allow_origins", "allow_methods", "allow_headers", "expose_headers"])
def test_a_list_may_be_spelled_as_the_parameter_is(capsys: pytest.CaptureFixture[str], name: str) -> None:
    value = {"allow_origins": PAGE, "allow_methods": "PURGE"}.get(name, "x-a")
    origin = [] if name == "allow_origins" else ["--allow-origin", PAGE]
    for option in ("--" + name.replace("_", "-"), "--" + name.replace("_", "-").removesuffix("s")):
        status, answer = explain_json(capsys, "--origin", PAGE, *origin, option, value)
        assert status == 0
        assert answer["policy"][name] == [value]


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--allow_origins", "--allow-origins"),
        ("--allow-orgin=https://a.example", "--allow-origin"),
        ("--max_age", "--max-age"),
        ("--credentails", "--credentials"),
        ("--allow-credential", "--allow-credentials"),
        ("--zzz", None),
    ],
)
def test_an_unknown_option_is_the_commands_error_and_names_the_nearest(
    capsys: pytest.CaptureFixture[str], option: str, hint: str | None
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["explain", option, "x"])
    err = capsys.readouterr().err
    assert caught.value.code == 2
    assert "explain: error: unrecognized arguments" in err
    assert f"(did you mean {hint}?)" in err if hint else "did you mean" not in err


@pytest.mark.parametrize("argv", [["schema"], ["explain", "--origin", PAGE, "--allow-origin", PAGE, "--json"]])
def test_who_reads_no_further_is_no_error(argv: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        command = [sys.executable, "-m", "fastcors", *argv]
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (141, b"")


def test_any_origin(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--origin", PAGE, "--method", "PATCH", "--header", "x-a"]
    star = ["--allow-origin", "*", "--allow-method", "*", "--allow-header", "*", "--expose-header", "*"]
    status, value = explain_json(capsys, *argv, *star)
    assert (status, value["headers"]["Access-Control-Allow-Origin"]) == (0, "*")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "argv",
    [
        ["--origin", "https://a\x1b[31m.example", *POLICY],
        ["--origin", "https://\u0430pp.example.com", *POLICY],
        ["--origin", "https://a\udcff.example", *POLICY],
        ["--origin", PAGE, "--method", "PA\x1b[2JTCH\r\n", *POLICY],
        ["--origin", PAGE, "--header", "x\x9b31m\x7f\u2028", *POLICY],
        ["--allow-origin", "https://a\x1b]0;x\x07.example"],
        ["--allow-origin", PAGE, "--allow-method", "\x1b[31m\n"],
        ["--allow-origin", PAGE, "--disclose", "\x1b[31m"],
        ["--policy", "/nowhere/\x1b[31m\n"],
        ["--policy", "/nowhere/\0"],
        ["--max-age", "\x1b[31m"],
        ["--\x1b[31m"],
    ],
)
def test_nothing_is_printed_unescaped(capsys: pytest.CaptureFixture[str], argv: list[str], as_json: bool) -> None:
    status, out, err = explain(capsys, *argv, *(["--json"] if as_json else []))
    assert status in (1, 2)
    assert re.fullmatch(r"[\n -~]*", out + err)


def test_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--max-age", "soon"], ["--no-such-option"], ["--dangerously-allow", *POLICY], ["--origin"]):
        status, out, err = explain(capsys, *argv)
        assert (status, out) == (2, "")
        assert "error: " in err


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = explain(capsys, "--help")
    assert status == 0
    names = ["origin", "method", "header", "preflight", "credentials", "json", "policy", "disclose", "max-age"]
    names += ["allow-origin", "allow-method", "allow-header", "expose-header", "allow-credentials", "debug"]
    names += ["preflight-status", "preflight-failure-status"]
    names += ["allow-private-network", "timing-allow-origin", "private-network"]
    names += ["allow-insecure-origins", "allow-public-suffixes", "allow-null-origin", "reflect-any-origin"]
    for name in names:
        dangerous = name.endswith(("-origins", "-suffixes", "null-origin", "any-origin"))
        assert re.search(rf"--{'dangerously-' if dangerous else ''}{name}\b", out), name
    assert "examples:" in out
    assert "exit status:" in out


def test_every_policy_parameter_has_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = explain(capsys, "--help")
    # A command line has no functions, and runs too shortly to remember what they said.
    none = {"allow_origin_func", "vary", "origin_cache_ttl", "origin_cache_size", "origin_timeout"}
    for name in set(fastcors.Policy(allow_origins=[PAGE]).to_dict()) - none:
        option = {
            "allow_origins": "--allow-origin",
            "allow_methods": "--allow-method",
            "allow_headers": "--allow-header",
            "expose_headers": "--expose-header",
        }.get(name, "--" + name.replace("_", "-"))
        assert option in out


def test_as_a_process() -> None:
    root = str(Path(fastcors.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": root}

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fastcors", *argv], env=env, capture_output=True, text=True, timeout=60
        )

    version = run("--version")
    assert version.returncode == 0
    assert version.stdout == f"fastcors {fastcors.__version__} ({fastcors.backend})\n"
    assert run().returncode == 2
    assert "explain" in run("--help").stdout
    assert run("explain", "--origin", PAGE, *POLICY).returncode == 0
    refused = run("explain", "--origin", "https://evil.example", *POLICY)
    assert (refused.returncode, refused.stderr) == (1, "")
    assert run("explain", "--origin", PAGE).returncode == 2
