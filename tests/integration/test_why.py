"""``why`` understands what the console of a browser says: every message that Chromium and Firefox have for CORS."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from fastcors._browser.exchange import fetch
from fastcors._browser.messages import CAUSES, recognise
from fastcors._browser.rules import Rule
from fastcors.cli import main
from fastcors.decision import Reason
from tests.integration.chromium import console_of, in_chromium, need_chromium
from tests.integration.mistakes import CASES, serve_mistakes
from tests.integration.test_probe import SCRIPT

AT = (
    "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS "
    "policy: "
)
PREFLIGHT = "Response to preflight request doesn't pass access control check: "
FIREFOX = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
    "https://api.example.com/items. "
)
NO_ORIGIN = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
WILDCARD = (
    "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the "
    "request's credentials mode is 'include'."
)
MULTIPLE = (
    "The 'Access-Control-Allow-Origin' header contains multiple values 'https://a.example, https://b.example', but "
    "only one is allowed."
)
INVALID = "The 'Access-Control-Allow-Origin' header contains the invalid value 'app.example.com'."
MISMATCH = (
    "The 'Access-Control-Allow-Origin' header has a value 'https://other.example' that is not equal to the supplied "
    "origin."
)
CREDENTIALS = (
    "The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the "
    "request's credentials mode is 'include'."
)

CHROMIUM = {
    NO_ORIGIN: Rule.ORIGIN_MISSING,
    WILDCARD: Rule.ORIGIN_WILDCARD,
    MULTIPLE: Rule.ORIGIN_MULTIPLE,
    INVALID: Rule.ORIGIN_INVALID,
    MISMATCH: Rule.ORIGIN_MISMATCH,
    CREDENTIALS: Rule.CREDENTIALS,
    PREFLIGHT + NO_ORIGIN: Rule.ORIGIN_MISSING,
    PREFLIGHT + WILDCARD: Rule.ORIGIN_WILDCARD,
    PREFLIGHT + MULTIPLE: Rule.ORIGIN_MULTIPLE,
    PREFLIGHT + INVALID: Rule.ORIGIN_INVALID,
    PREFLIGHT + MISMATCH: Rule.ORIGIN_MISMATCH,
    PREFLIGHT + CREDENTIALS: Rule.CREDENTIALS,
    PREFLIGHT + "It does not have HTTP ok status.": Rule.PREFLIGHT_STATUS,
    PREFLIGHT + "Redirect is not allowed for a preflight request.": Rule.PREFLIGHT_REDIRECT,
    "Cannot parse Access-Control-Allow-Methods response header field in preflight response.": Rule.METHODS_INVALID,
    "Cannot parse Access-Control-Allow-Headers response header field in preflight response.": Rule.HEADERS_INVALID,
    "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.": Rule.METHOD,
    "Request header field x-key is not allowed by Access-Control-Allow-Headers in preflight response.": Rule.HEADER,
    "Redirect location 'https://u:p@b.example/' contains a username and password, which is disallowed for cross-origin "
    "requests.": Rule.REDIRECT_USERINFO,
    "Cross origin requests are only supported for protocol schemes: chrome, chrome-extension, data, http, https, "
    "isolated-app.": Rule.NOT_HTTP,
    'Request mode is "same-origin" but the URL\'s origin is not same as the request origin '
    "'https://app.example.com'.": Rule.MODE,
    "Permission was denied for this request to access the `local` address space.": Rule.LOCAL_NETWORK,
    "The request client is not a secure context and the resource is in more-private address space "
    "`loopback`.": Rule.LOCAL_NETWORK,
}
"""What comes behind "has been blocked by CORS policy:", for each member of Chromium's ``Network.CorsError``."""

FIREFOX_REASONS = {
    "CORSDisabled": ("CORS disabled).", Rule.NO_ANSWER),
    "CORSDidNotSucceed2": ("CORS request did not succeed). Status code: (null).", Rule.NO_ANSWER),
    "CORSOriginHeaderNotAdded": ("CORS header ‘Origin’ cannot be added).", Rule.NOT_HTTP),
    "CORSExternalRedirectNotAllowed": ("CORS request external redirect not allowed).", Rule.PREFLIGHT_REDIRECT),
    "CORSRequestNotHttp": ("CORS request not http).", Rule.NOT_HTTP),
    "CORSMissingAllowOrigin2": (
        "CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.",
        Rule.ORIGIN_MISSING,
    ),
    "CORSMultipleAllowOriginNotAllowed": (
        "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
        Rule.ORIGIN_MULTIPLE,
    ),
    "CORSAllowOriginNotMatchingOrigin": (
        "CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://other.example’).",
        Rule.ORIGIN_MISMATCH,
    ),
    "CORSNotSupportingCredentials": (
        "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).",
        Rule.ORIGIN_WILDCARD,
    ),
    "CORSMethodNotFound": ("Did not find method in CORS header ‘Access-Control-Allow-Methods’).", Rule.METHOD),
    "CORSMissingAllowCredentials": (
        "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",
        Rule.CREDENTIALS,
    ),
    "CORSPreflightDidNotSucceed3": (
        "CORS preflight response did not succeed). Status code: 404.",
        Rule.PREFLIGHT_STATUS,
    ),
    "CORSInvalidAllowMethod": (
        "invalid token ‘b@d’ in CORS header ‘Access-Control-Allow-Methods’).",
        Rule.METHODS_INVALID,
    ),
    "CORSInvalidAllowHeader": (
        "invalid token ‘b@d’ in CORS header ‘Access-Control-Allow-Headers’).",
        Rule.HEADERS_INVALID,
    ),
    "CORSMissingAllowHeaderFromPreflight2": (
        "header ‘x-key’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight "
        "response).",
        Rule.HEADER,
    ),
}
"""What stands behind "Reason:", under the names that Firefox has for its messages."""


WARNINGS = {
    "Authorization will not be covered by the wildcard symbol (*) in CORS `Access-Control-Allow-Headers` handling.": (
        "Chromium"
    ),
    "(Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` header is not covered. To include "
    "the `Authorization` header, it must be explicitly listed in CORS header `Access-Control-Allow-Headers`.).": (
        "Firefox"
    ),
}
"""What a console says of a request that passes all the same."""


@pytest.mark.parametrize("text", WARNINGS)
def test_a_warning_about_authorization_is_not_taken_for_a_malformed_header(text: str) -> None:
    found = recognise(text)
    assert found is not None
    assert (found.cause.rule, found.browser) == (Rule.AUTHORIZATION, WARNINGS[text])
    assert found.cause.title == "Authorization under '*'"


def test_every_rule_that_a_console_speaks_of_has_one_cause() -> None:
    rules = [cause.rule for cause in CAUSES]
    assert len(rules) == len(set(rules))


@pytest.mark.parametrize("text", CHROMIUM)
def test_every_message_of_chromium_is_understood(text: str) -> None:
    found = recognise(AT + text)
    assert found is not None
    assert (found.cause.rule, found.browser) == (CHROMIUM[text], "Chromium")
    assert found.values["url"] == "https://api.example.com/items"
    assert found.values["page"] == "https://app.example.com"


@pytest.mark.parametrize("key", FIREFOX_REASONS)
def test_every_message_of_firefox_is_understood(key: str) -> None:
    text, rule = FIREFOX_REASONS[key]
    for quoted in (text, text.replace("‘", "'").replace("’", "'")):
        found = recognise(f"{FIREFOX}(Reason: {quoted}")
        assert found is not None
        assert (found.cause.rule, found.browser) == (rule, "Firefox")
        assert found.values["url"] == "https://api.example.com/items"


def test_the_console_of_a_real_chromium_names_the_rule_that_probe_names(tmp_path: Path) -> None:
    need_chromium()
    cases = [{"method": case.method, "headers": dict(case.headers), "credentials": case.credentials} for case in CASES]
    log = tmp_path / "log"
    with serve_mistakes() as server:
        script = f"const CASES = {json.dumps(cases)}, URL_OF_SERVER = {json.dumps(server)};\n{SCRIPT}"
        told = in_chromium(script, tmp_path / "profile", log)["result"]
        said: dict[int, Rule] = {}
        for message in console_of(log.read_text(encoding="utf-8", errors="replace")):
            found = recognise(message)
            if found is not None:
                assert found.browser == "Chromium"
                assert found.values["page"] == told["origin"]
                number = re.search(r"/(\d+)'", message)
                assert number is not None
                said[int(number[1])] = found.cause.rule
        ours = {}
        for number, case in enumerate(CASES):
            headers = list(case.headers.items())
            done = fetch(f"{server}/{number}", told["origin"], case.method, headers, credentials=case.credentials)
            if not done.verdict.passes:
                ours[number] = done.verdict.rule
    assert len(said) > 20
    names = {number: case.name for number, case in enumerate(CASES)}
    silent = ours.keys() - said.keys()
    # Of a redirect to a URL that is not http: or https: the console says nothing about CORS.
    assert {names[number] for number in silent} == {"redirect to a file"}
    assert {names[number]: rule for number, rule in said.items()} == {
        names[number]: rule for number, rule in ours.items() if number in said
    }


def test_every_reason_that_a_request_can_be_refused_for_is_named() -> None:
    named = {reason for cause in CAUSES for reason in cause.reasons}
    assert named == set(Reason)


def test_the_message_may_be_broken_into_lines_or_read_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = (AT + NO_ORIGIN).replace("CORS policy: ", "CORS\n   policy: ").replace("present on", "present\n on")
    monkeypatch.setattr("sys.stdin", io.StringIO(message))
    assert main(["why", "-", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rule"] == "allow-origin-missing"
    assert told["probe"] == "fastcors probe https://api.example.com/items --origin https://app.example.com"


def test_what_is_no_message_about_cors_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "Uncaught", "TypeError:", "x", "is", "undefined"]) == 1
    assert "not a message of" in capsys.readouterr().err


def test_what_the_message_holds_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    main(["why", "Method \x1b[31mPUT is not allowed by Access-Control-Allow-Methods in preflight response."])
    assert "\x1b" not in capsys.readouterr().out


def test_a_long_message_takes_no_time() -> None:
    for text in ("The 'Access-Control-Allow-Origin' header contains multiple values '" * 20_000, "‘" * 1_000_000):
        assert recognise(text) is None
