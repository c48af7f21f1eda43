"""Plan: what an answer consists of, as data."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from fastcors import _grammar
from fastcors._config.plan import FIELDS, Part, Plan, check_plan, lines, plan_of
from fastcors._config.settings import Settings

DECIDE = Path(__file__).resolve().parents[2] / "src" / "decide.pxi"
PARTS = {name: value for name, value in vars(Part).items() if name.isupper()}


def test_a_limit_is_the_same_in_the_grammar_and_in_each_engine(engine: ModuleType) -> None:
    limits = {name: value for name, value in vars(_grammar).items() if name.startswith("MAX_")}
    of_engine = {name: value for name, value in vars(engine).items() if name.startswith("MAX_")}
    assert of_engine.items() <= limits.items()
    assert limits.keys() - of_engine.keys() == {"MAX_HOST", "MAX_LABEL"}


def test_the_parts_have_a_bit_each_and_the_native_engine_has_the_same_in_the_same_order() -> None:
    assert [1 << number for number in range(len(FIELDS))] == list(PARTS.values())
    enumerated = re.findall(r"^        FC_PART_(\w+)$", DECIDE.read_text(encoding="utf-8"), re.M)
    assert enumerated == list(PARTS)


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("none", Part.ORIGIN),
        ("none", Part.TIMING),
        ("allowed", Part.METHOD_ASKED),
        ("refused", Part.ORIGIN),
        ("refused", Part.HEADERS_ASKED),
        ("bare_allowed", Part.METHOD_ASKED),
        ("bare_refused", Part.ORIGIN),
        ("refused_origin", Part.ORIGIN),
        ("refused_origin", Part.METHOD_ASKED),
        ("refused_method", Part.METHOD_ASKED),
        ("refused_method", Part.HEADERS_ASKED),
        ("garbled", Part.METHOD_ASKED),
        ("garbled", Part.HEADERS_ASKED),
    ],
)
def test_a_plan_that_would_write_what_did_not_pass_is_refused(field: str, part: int) -> None:
    values = lines({Part.VARY: "Origin", Part.CREDENTIALS: "true"})
    check_plan(Plan(**{field: Part.VARY | Part.CREDENTIALS}, values=values))
    with pytest.raises(ValueError, match=f"{field} cannot"):
        check_plan(Plan(**{field: Part.VARY | part}, values=values))


@pytest.mark.parametrize("parts", [Part.VARY, Part.METHODS, 1 << len(FIELDS), -1, 1 << 40])
def test_a_plan_whose_parts_say_nothing_is_refused(engine: ModuleType, parts: int) -> None:
    with pytest.raises(ValueError, match="accepted"):
        engine.Engine(Plan(accepted=parts, values=lines({Part.CREDENTIALS: "true"})), [])


@pytest.mark.parametrize("any_origin", [False, True])
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("disclose", ["full", "minimal"])
def test_the_plan_of_a_policy_is_one_that_is_taken(any_origin: bool, debug: bool, disclose: str) -> None:
    names = ("*",)
    settings = Settings(
        allow_methods=names,
        allow_headers=names,
        expose_headers=names,
        max_age=5,
        timing_allow_origin=True,
        allow_private_network=True,
        debug=debug,
        disclose=disclose,  # type: ignore[arg-type]
    )
    for credentials in (False, True):
        plan = plan_of(settings._replace(allow_credentials=credentials), any_origin)
        check_plan(plan)
        assert plan.accepted & Part.MAX_AGE
        assert not plan.refused_network & Part.MAX_AGE
