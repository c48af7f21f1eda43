"""The settings ``FASTCORS`` and ``FASTCORS_POLICY``, and the system checks of them and of the middleware's place."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import override_settings

from fastcors import Policy, PolicyError
from fastcors._shims import marks
from fastcors.django import CORSMiddleware, checks, conf
from tests.unit import test_docs
from tests.unit.django.project import COMMON, MIDDLEWARE, OTHER, SITE

POLICY = Policy(allow_origins=[SITE])
"""What a dotted path leads to."""
PATH = f"{__name__}.POLICY"
NO_POLICY = {"allow_origins": [SITE]}
CORSHEADERS = "corsheaders.middleware.CorsMiddleware"


class Mine(CORSMiddleware):
    """A project's own subclass."""


class MySecurity(SecurityMiddleware):
    """A project's own subclass of a middleware that answers."""


def issues(**settings: Any) -> list[tuple[str, str]]:
    with override_settings(**settings):
        try:
            conf.read()
        except PolicyError as error:
            return [(issue.code, issue.field) for issue in error.issues]
    return []


def found(**settings: Any) -> list[str]:
    """The ids of what the checks say about these settings."""
    with override_settings(**settings):
        return [str(message.id) for message in checks.check_settings()]


@pytest.fixture(autouse=True)
def _no_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_in_use", False)


# What is allowed


@pytest.mark.parametrize(
    "settings",
    [
        {"FASTCORS_POLICY": POLICY},
        {"FASTCORS_POLICY": PATH},
        {"FASTCORS": {"policy": POLICY}},
        {"FASTCORS": {"policy": PATH, "on_conflict": "keep", "preflight_continue": True}},
        {"FASTCORS": {"allow_origins": [SITE]}},
        {"FASTCORS": {"routes": {"/": POLICY}}},
        {"FASTCORS": {"routes": {"/": {"allow_origins": [SITE]}}}},
        {"FASTCORS": None, "FASTCORS_POLICY": POLICY},
    ],
    ids=str,
)
def test_what_is_allowed_is_said_in_one_of_several_ways(settings: dict[str, Any]) -> None:
    with override_settings(**settings):
        rules = conf.read()
    assert rules.policy == POLICY if rules.routes is None else rules.routes.find("/x") == POLICY
    given = settings.get("FASTCORS") or {}
    assert rules.keep is ("on_conflict" in given)
    assert rules.continues is ("preflight_continue" in given)


@pytest.mark.parametrize("settings", [{"FASTCORS_POLICY": None}, {"FASTCORS": {"policy": None}}], ids=str)
def test_none_says_that_views_alone_have_cors(settings: dict[str, Any]) -> None:
    with override_settings(**settings):
        assert conf.read() == conf.Rules(None)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [("settings-missing", "FASTCORS")]),
        ({"FASTCORS": {}}, [("settings-missing", "FASTCORS")]),
        ({"FASTCORS": {"on_conflict": "keep"}}, [("settings-missing", "FASTCORS")]),
        ({"FASTCORS": NO_POLICY, "FASTCORS_POLICY": POLICY}, [("settings-several", "FASTCORS")]),
        ({"FASTCORS": NO_POLICY, "FASTCORS_POLICY": None}, [("settings-several", "FASTCORS")]),
        ({"FASTCORS": {"policy": POLICY, "max_age": 5}}, [("settings-several", "FASTCORS")]),
        ({"FASTCORS": {"policy": POLICY, "routes": {"/": None}}}, [("settings-several", "FASTCORS")]),
        ({"FASTCORS": [SITE]}, [("settings-type", "FASTCORS")]),
        ({"FASTCORS": POLICY}, [("settings-type", "FASTCORS")]),
        ({"FASTCORS_POLICY": NO_POLICY}, [("settings-type", "FASTCORS_POLICY")]),
        ({"FASTCORS_POLICY": Policy}, [("settings-type", "FASTCORS_POLICY")]),
        ({"FASTCORS_POLICY": f"{__name__}.NO_POLICY"}, [("settings-type", "FASTCORS_POLICY")]),
        ({"FASTCORS_POLICY": f"{__name__}.NOTHING"}, [("settings-import", "FASTCORS_POLICY")]),
        ({"FASTCORS_POLICY": "policy"}, [("settings-import", "FASTCORS_POLICY")]),
        ({"FASTCORS": {"policy": "nowhere.policy"}}, [("settings-import", "policy")]),
        ({"FASTCORS": {**NO_POLICY, "on_conflict": "merge"}}, [("on-conflict-unknown", "on_conflict")]),
        ({"FASTCORS": {**NO_POLICY, "on_conflict": []}}, [("on-conflict-unknown", "on_conflict")]),
        ({"FASTCORS": {**NO_POLICY, "preflight_continue": "yes"}}, [("wrong-type", "preflight_continue")]),
        ({"FASTCORS": {**NO_POLICY, "tell_application": 1}}, [("wrong-type", "tell_application")]),
        ({"FASTCORS": {**NO_POLICY, 5: 1}}, [("unknown-parameter", "int")]),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_has_a_code(settings: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert issues(**settings) == expected


def test_everything_wrong_is_said_at_once() -> None:
    wrong = {
        "allow_origins": ["https://A.example"],
        "max_age": -1,
        "CORS_ALLOW_CREDENTIALS": True,
        "routes": {"api": None},
        "on_conflict": "x",
        "preflight_continue": 1,
    }
    assert [code for code, _ in issues(FASTCORS=wrong)] == [
        "unknown-parameter",
        "wrong-type",
        "on-conflict-unknown",
        "settings-several",
        "route-no-slash",
        "origin-upper-case",
        "max-age-negative",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("handle_errors", "Django answers for exceptions"),
        ("check_websocket_origin", "fastcors.asgi.CORSMiddleware has it"),
        ("allow_origin", "did you mean allow_origins?"),
        ("CORS_ALLOWED_ORIGINS", "did you mean allow_origins?"),
        ("on_conflicts", "did you mean on_conflict?"),
    ],
)
def test_an_unknown_name_is_answered_with_what_was_meant(name: str, said: str) -> None:
    with override_settings(FASTCORS={**NO_POLICY, name: True}), pytest.raises(PolicyError, match=re.escape(said)):
        conf.read()


@pytest.mark.parametrize("field", ["allow_origins", "allow_methods", "max_age"])
def test_a_route_says_where_it_is_wrong(field: str) -> None:
    routes = {"/api/": {**NO_POLICY, field: object()}}
    ((_, where),) = issues(FASTCORS={"routes": routes})
    assert where == f"routes['/api/'].{field}"


# Ids


def test_every_code_has_an_id_of_its_own() -> None:
    assert set(checks.CODES) == test_docs.codes_in_source()
    assert len(set(checks.CODES)) == len(checks.CODES)


def test_ids_do_not_change() -> None:
    assert checks.id_of(checks.CODES[0]) == "fastcors.E001"
    assert {code: checks.id_of(code) for code in ("origins-string", "wrong-type", "settings-type")} == {
        "origins-string": "fastcors.E002",
        "wrong-type": "fastcors.E082",
        "settings-type": "fastcors.E106",
    }


@pytest.mark.parametrize("wrong", test_docs.WRONG, ids=lambda wrong: wrong.code)
def test_an_issue_is_an_error_with_the_id_of_its_code_and_the_hint(
    wrong: test_docs.Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wrong.code == "origin-regex-slow":
        monkeypatch.setattr("fastcors._config.expressions._re2", None)
    given = wrong.parameters if "routes" in wrong.parameters else {**test_docs.EXAMPLE, **wrong.parameters}
    with override_settings(FASTCORS=given, MIDDLEWARE=[MIDDLEWARE]):
        (message,) = checks.check_settings()
    assert message.id == checks.id_of(wrong.code)
    assert (message.hint or "").removeprefix("Write ") == (wrong.hint or "")
    assert message.is_serious()
    assert f"[{wrong.code}]" in message.msg


# The place in MIDDLEWARE


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ([MIDDLEWARE, COMMON], []),
        ([f"{__name__}.Mine", COMMON], []),
        (["fastcors.django.middleware.CORSMiddleware", COMMON], []),
        ([COMMON, MIDDLEWARE], ["W011"]),
        ([f"{__name__}.MySecurity", COMMON, MIDDLEWARE], ["W011", "W011"]),
        (["whitenoise.middleware.WhiteNoiseMiddleware", MIDDLEWARE], ["W011"]),
        (["django.middleware.gzip.GZipMiddleware", "nowhere.Nothing", MIDDLEWARE], []),
        ([MIDDLEWARE, CORSHEADERS], ["W012"]),
        (["fastcors.compat.corsheaders.middleware.CorsMiddleware", MIDDLEWARE], ["W012"]),
        ([COMMON], ["W013"]),
        ([MIDDLEWARE, MIDDLEWARE], ["W014"]),
    ],
    ids=str,
)
def test_a_place_that_is_not_right_is_warned_of(middleware: list[str], expected: list[str]) -> None:
    for package in ("corsheaders", "whitenoise"):
        if any(path.startswith(f"{package}.") for path in middleware):
            pytest.importorskip(package)
    assert found(FASTCORS=NO_POLICY, MIDDLEWARE=middleware) == [f"fastcors.{number}" for number in expected]


@pytest.mark.parametrize("name", [name for name in checks.ANSWERS if name.startswith("django.")])
def test_every_middleware_that_is_said_to_answer_is_there_and_warned_of(name: str) -> None:
    installed = [f"django.contrib.{app}" for app in ("contenttypes", "sites", "sessions", "flatpages", "redirects")]
    with override_settings(INSTALLED_APPS=installed):
        assert found(FASTCORS=NO_POLICY, MIDDLEWARE=[name, MIDDLEWARE]) == ["fastcors.W011"]


def test_a_project_that_does_not_use_it_hears_nothing() -> None:
    assert found(MIDDLEWARE=[COMMON]) == []
    with override_settings(MIDDLEWARE=[MIDDLEWARE]):
        assert found() == [checks.id_of("settings-missing")]


def test_decorated_views_without_the_middleware_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_in_use", True)
    assert found(MIDDLEWARE=[COMMON]) == ["fastcors.W013"]


# The app


def test_the_app_has_its_label_and_its_checks_run_once() -> None:
    before = set(registry.registry.registered_checks)
    try:
        with override_settings(INSTALLED_APPS=["fastcors.django"], MIDDLEWARE=[MIDDLEWARE]):
            assert apps.get_app_config("fastcors").name == "fastcors.django"
            with override_settings(FASTCORS=NO_POLICY):
                call_command("check", fail_level="WARNING")
            with override_settings(FASTCORS={"allow_origins": SITE}), pytest.raises(SystemCheckError) as caught:
                call_command("check")
        assert str(caught.value).count("fastcors.E002") == 1
    finally:
        registry.registry.registered_checks.intersection_update(before)


def test_without_django_the_import_names_the_package_to_install() -> None:
    code = 'import sys; sys.modules["django"] = None; import fastcors.django'
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 'ImportError: fastcors.django needs Django, which pip install "fastcors[django]" brings' in result.stderr


def test_a_change_of_a_setting_is_seen_at_once() -> None:
    with override_settings(FASTCORS=NO_POLICY):
        middleware = CORSMiddleware(lambda request: HttpResponse())
        first = conf.current()
        assert conf.current() is first
        with override_settings(DEBUG=True):
            assert conf.current() is first
        with override_settings(FASTCORS={"allow_origins": [OTHER]}):
            assert conf.current().policy == Policy(allow_origins=[OTHER])
    assert middleware.async_mode is False
