"""The drop-in for django-cors-headers: its settings, the system checks of them, and the app."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from corsheaders import checks as their_checks
from corsheaders import conf as their_conf
from corsheaders import defaults as their_defaults
from django.apps import apps
from django.core.checks import registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from fastcors import Policy, PolicyError
from fastcors.compat.corsheaders import checks, dangers, defaults
from fastcors.compat.corsheaders.conf import conf
from tests.compat.corsheaders.project import APP, GOOD

NAMES = [name for name in dir(their_conf.Settings) if name.startswith("CORS_")]


def ids(**settings: Any) -> list[str]:
    with override_settings(**settings):
        return [str(message.id) for message in checks.check_settings()]


# Settings


def test_each_setting_and_default_is_that_of_django_cors_headers() -> None:
    assert len(NAMES) == 10
    for name in NAMES:
        assert getattr(conf, name) == getattr(their_conf.conf, name), name
    assert defaults.default_headers == their_defaults.default_headers
    assert defaults.default_methods == their_defaults.default_methods
    with pytest.raises(AttributeError, match="CORS_ALLOW_EVERYTHING"):
        _ = conf.CORS_ALLOW_EVERYTHING  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_of_the_project_counts(name: str) -> None:
    with override_settings(**{name: ["x"]}):
        assert getattr(conf, name) == ["x"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGINS"),
        ("CORS_ORIGIN_WHITELIST", "CORS_ALLOWED_ORIGINS"),
        ("CORS_ORIGIN_REGEX_WHITELIST", "CORS_ALLOWED_ORIGIN_REGEXES"),
    ],
)
def test_an_older_name_counts_and_the_new_one_goes_before_it(older: str, newer: str) -> None:
    with override_settings(**{older: ["x"]}):
        assert getattr(conf, newer) == ["x"]
        with override_settings(**{newer: ["y"]}):
            assert getattr(conf, newer) == ["y"]


# System checks


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"CORS_ALLOW_HEADERS": object}, "E001"),
    ({"CORS_ALLOW_HEADERS": [object]}, "E001"),
    ({"CORS_ALLOW_METHODS": object}, "E002"),
    ({"CORS_ALLOW_METHODS": [object]}, "E002"),
    ({"CORS_ALLOW_CREDENTIALS": object}, "E003"),
    ({"CORS_ALLOW_PRIVATE_NETWORK": object}, "E015"),
    ({"CORS_PREFLIGHT_MAX_AGE": "10"}, "E004"),
    ({"CORS_PREFLIGHT_MAX_AGE": -1}, "E004"),
    ({"CORS_ALLOW_ALL_ORIGINS": object}, "E005"),
    ({"CORS_ORIGIN_ALLOW_ALL": object}, "E005"),
    ({"CORS_ALLOWED_ORIGINS": object}, "E006"),
    ({"CORS_ALLOWED_ORIGINS": [object]}, "E006"),
    ({"CORS_ORIGIN_WHITELIST": object}, "E006"),
    ({"CORS_ALLOWED_ORIGINS": ["example.com"]}, "E013"),
    ({"CORS_ORIGIN_WHITELIST": ["example.com"]}, "E013"),
    ({"CORS_ALLOWED_ORIGINS": ["https://"]}, "E013"),
    ({"CORS_ALLOWED_ORIGINS": ["https://example.com/foobar"]}, "E014"),
    ({"CORS_ORIGIN_WHITELIST": ["https://example.com/foobar"]}, "E014"),
    ({"CORS_ALLOWED_ORIGINS": ["https://example.com?a"]}, "E014"),
    ({"CORS_ALLOWED_ORIGINS": ["https://example.com#a"]}, "E014"),
    ({"CORS_ALLOWED_ORIGIN_REGEXES": object}, "E007"),
    ({"CORS_ALLOWED_ORIGIN_REGEXES": [object]}, "E007"),
    ({"CORS_ORIGIN_REGEX_WHITELIST": object}, "E007"),
    ({"CORS_EXPOSE_HEADERS": object}, "E008"),
    ({"CORS_EXPOSE_HEADERS": [object]}, "E008"),
    ({"CORS_URLS_REGEX": object}, "E009"),
    ({"CORS_MODEL": "x"}, "E012"),
    ({"CORS_REPLACE_HTTPS_REFERER": object}, "E013"),
]


@pytest.mark.parametrize(("settings", "number"), WRONG)
def test_a_wrong_setting_has_the_id_that_django_cors_headers_gives_it_and_is_named(
    settings: dict[str, Any], number: str
) -> None:
    with override_settings(**settings):
        (message,) = checks.check_settings()
        (their_message,) = their_checks.check_settings()
    assert message.id == their_message.id == f"corsheaders.{number}"
    assert message.level == their_message.level
    assert str(*settings) in str(message.msg)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"CORS_ALLOWED_ORIGINS": ["http://example.com", "file://", "null"]},
        {"CORS_ALLOWED_ORIGIN_REGEXES": [re.compile("a")], "CORS_URLS_REGEX": re.compile("^/api/")},
        {"CORS_ALLOW_HEADERS": "*", "CORS_PREFLIGHT_MAX_AGE": 0, "CORS_EXPOSE_HEADERS": ()},
    ],
)
def test_settings_that_are_as_they_should_be_pass(settings: dict[str, Any]) -> None:
    assert ids(**settings) == []


def test_everything_wrong_is_said_at_once_and_an_origin_is_mended() -> None:
    wrong = {"CORS_ALLOW_METHODS": 1, "CORS_ALLOWED_ORIGINS": ["https://a.example/", "b.example", "https://[c"]}
    with override_settings(**wrong):
        messages = checks.check_settings()
    assert [message.id for message in messages] == [f"corsheaders.{n}" for n in ("E002", "E014", "E013", "E013")]
    assert [message.hint for message in messages[1:3]] == ["Write 'https://a.example'.", "Write 'https://b.example'."]


def test_a_string_of_an_origin_where_a_list_is_meant_is_an_error() -> None:
    assert ids(CORS_ALLOWED_ORIGINS=GOOD) == ["corsheaders.E006"]


def test_the_app_has_the_label_of_the_one_that_it_stands_in_for_and_its_checks_run() -> None:
    before = set(registry.registry.registered_checks)
    try:
        with override_settings(INSTALLED_APPS=[APP]):
            assert apps.get_app_config("corsheaders").name == APP
            call_command("check")
            with override_settings(CORS_ALLOW_ALL_ORIGINS=object), pytest.raises(SystemCheckError, match="E005"):
                call_command("check")
            with (
                override_settings(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True),
                pytest.raises(SystemCheckError, match=r"fastcors.W001"),
            ):
                call_command("check", fail_level="WARNING")
    finally:
        registry.registry.registered_checks.intersection_update(before)


# What is not safe, or has no effect


def warned(**settings: Any) -> list[tuple[str, str]]:
    with override_settings(**settings):
        return [(str(message.id), str(message.msg)) for message in checks.check_dangers()]


SITES = ["https://app.example.com", "http://192.168.1.5", "http://localhost:3000", "null"]
EXPRESSIONS = [
    r"https://.*example\.com",
    r"https://.*\.vercel\.app",
    r"https?://app\.example\.com",
    r".*",
    r"https://([a-z0-9-]+\.)*example\.com",
]


@pytest.mark.parametrize("credentials", [False, True])
@pytest.mark.parametrize("origin", ["*", *SITES])
def test_an_origin_is_warned_of_by_the_code_with_which_policy_refuses_it(origin: str, credentials: bool) -> None:
    try:
        Policy(allow_origins="*" if origin == "*" else [origin], allow_credentials=credentials)
        expected = []
    except PolicyError as error:
        expected = [issue.code for issue in error.issues]
    origins = {"CORS_ALLOW_ALL_ORIGINS": True} if origin == "*" else {"CORS_ALLOWED_ORIGINS": [origin]}
    found = warned(**origins, CORS_ALLOW_CREDENTIALS=credentials)
    assert [text.rpartition("[")[2][:-1] for _, text in found] == expected
    assert {number for number, _ in found} <= {"fastcors.W001"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_is_warned_of_by_the_codes_with_which_policy_refuses_it(expression: str) -> None:
    try:
        Policy(allow_origin_regex=expression, allow_credentials=True)
        expected = []
    except PolicyError as error:
        expected = [issue.code for issue in error.issues]
    found = warned(CORS_ALLOWED_ORIGIN_REGEXES=[expression], CORS_ALLOW_CREDENTIALS=True)
    assert [text.rpartition("[")[2][:-1] for _, text in found] == expected
    assert warned(CORS_ALLOWED_ORIGIN_REGEXES=[expression]) == []


@pytest.mark.parametrize("origin", ["https://*.example.com", "*", "https://app.example.com:443", "HTTPS://a.example/"])
@pytest.mark.parametrize("credentials", [False, True])
def test_a_listed_origin_that_no_browser_sends_is_warned_of(origin: str, credentials: bool) -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[GOOD, origin], CORS_ALLOW_CREDENTIALS=credentials):
        (finding,) = dangers.findings()
    assert finding.id == "fastcors.W002"
    assert origin in finding.message


def test_a_slow_expression_is_warned_of_unless_a_linear_engine_has_it() -> None:
    code = """
import sys
if {hide!r}: sys.modules["re2"] = None
from django.conf import settings
settings.configure(CORS_ALLOWED_ORIGIN_REGEXES=[r"https://([a-z]+)*\\.example"])
from fastcors.compat.corsheaders.checks import check_dangers
print([message.id for message in check_dangers()])
"""
    for hide, expected in ((True, "['fastcors.W003']"), (False, "[]")):
        result = subprocess.run([sys.executable, "-c", code.format(hide=hide)], capture_output=True, text=True)
        assert result.stdout.strip() == expected, result.stderr


def test_without_django_the_import_names_the_package_to_install() -> None:
    code = 'import sys; sys.modules["django"] = None; import fastcors.compat.corsheaders'
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 'ImportError: fastcors.compat.corsheaders needs Django: pip install "django>=5"' in result.stderr
