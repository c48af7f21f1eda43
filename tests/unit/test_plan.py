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
    assert limits.keys() - of_engine.keys() == {"MAX_DECLARED", "MAX_HOST", "MAX_LABEL"}


def test_the_parts_have_a_bit_each_and_the_native_engine_has_the_same_in_the_same_order() -> None:
    assert [1 << number for number in range(len(FIELDS))] == list(PARTS.values())
    enumerated = re.findall(r"^        FC_PART_(\w+)$", DECIDE.read_text(encoding="utf-8"), re.M)
    assert enumerated == list(PARTS)


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("none", Part.ORIGIN),
        ("none", Part.TIMING),
        ("allowed", Part.METHOD_REQUESTED),
        ("refused", Part.ORIGIN),
        ("refused", Part.HEADERS_REQUESTED),
        ("bare_allowed", Part.METHOD_REQUESTED),
        ("bare_refused", Part.ORIGIN),
        ("refused_origin", Part.ORIGIN),
        ("refused_origin", Part.METHOD_REQUESTED),
        ("refused_method", Part.METHOD_REQUESTED),
        ("refused_method", Part.HEADERS_REQUESTED),
        ("garbled", Part.METHOD_REQUESTED),
        ("garbled", Part.HEADERS_REQUESTED),
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


LOOSE = ["HTTPS://A.example", "https://a_b.example:80", "http://[::1]:3000", "x://y"]
BARE = ["www.example.com", "a_b.example:80", "[::1]:3000", "X"]
NEVER = ["https://a.example/", "a b", "https://a.example,https://b.example", 'a"b', "a" * 254, "", "\xe9", "a\r\nX: y"]
KINDS = {
    "loose": (Plan(reflect=True, allowed=Part.ORIGIN, loose_origins=True), LOOSE, BARE),
    "bare": (Plan(reflect=True, bare_allowed=Part.ORIGIN), BARE, LOOSE),
}


@pytest.mark.parametrize("kind", KINDS)
def test_loose_origins_have_a_scheme_and_bare_hosts_have_none_and_neither_could_harm_a_header(
    engine: ModuleType, kind: str
) -> None:
    plan, passing, others = KINDS[kind]
    strict, odd = engine.Engine(Plan(reflect=True), []), engine.Engine(plan, [])
    for origin in passing:
        assert strict.is_origin_allowed(origin) is (origin in ("http://[::1]:3000", "x://y"))
        assert odd.decide("GET", origin).headers_str == [("Access-Control-Allow-Origin", origin)]
    for origin in others:
        assert odd.is_origin_allowed(origin) is strict.is_origin_allowed(origin)
    for origin in NEVER:
        assert ("Access-Control-Allow-Origin", origin) not in odd.decide("GET", origin).headers_str


def test_a_loose_plan_compares_listed_origins_without_case_and_asks_about_the_others(engine: ModuleType) -> None:
    asked: list[str] = []
    plan = Plan(loose_origins=True, bare_allowed=0, origin_func=lambda origin: asked.append(origin) is None)
    policy = engine.Engine(plan, ["https://a.example", "http://b.example:*", "localhost"])
    assert policy.is_origin_allowed("HTTPS://A.EXAMPLE")
    assert policy.is_origin_allowed("LocalHost")
    assert asked == []
    assert policy.is_origin_allowed("HTTP://B.example")
    assert policy.is_origin_allowed("www.example.com")
    assert not any(map(policy.is_origin_allowed, [*NEVER, "null"]))
    assert asked == ["HTTP://B.example", "www.example.com"]


def test_a_plan_that_filters_leaves_out_the_names_that_are_not_allowed(engine: ModuleType) -> None:
    plan = Plan(
        names=("x-a", "x-c"), filters_names=True, refused_names=Part.HEADERS_REQUESTED, accepted=Part.HEADERS_REQUESTED
    )
    policy = engine.Engine(plan, ["*"])
    for asked, sent in (("x-b,x-a, X-C,x-d", "x-a,x-c"), ("x-a,x-c", "x-a,x-c"), ("x-b", None), ("x-a,<b>", None)):
        decision = policy.decide("OPTIONS", "https://a.example", "GET", asked)
        assert dict(decision.headers_str).get("Access-Control-Allow-Headers") == sent
    many = ",".join(["x-b"] * 127 + ["x-a"])
    assert policy.decide("OPTIONS", "https://a.example", "GET", many).headers[0][1] == b"x-a"
    assert policy.decide("OPTIONS", "https://a.example", "GET", "x-b,x-a").detail == "x-b"


def test_a_plan_that_leaves_what_the_application_set_takes_out_what_it_has_a_line_of(engine: ModuleType) -> None:
    said = {Part.CREDENTIALS: "true", Part.EXPOSE: "x-a", Part.VARY: "Origin"}
    parts = Part.ORIGIN | Part.CREDENTIALS | Part.EXPOSE | Part.VARY
    policy = engine.Engine(Plan(allowed=parts, values=lines(said), leaves=True), ["https://a.example"])
    decision = policy.decide("GET", "https://a.example")
    own = [("access-control-allow-credentials", "no"), ("Access-Control-Max-Age", "1"), ("vary", "X-B")]
    merged = decision.merge_wsgi([*own, ("Access-Control-Expose-Headers", "x-b")])
    assert sorted(merged) == [
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Origin", "https://a.example"),
        ("Access-Control-Expose-Headers", "x-a"),
        ("Access-Control-Expose-Headers", "x-b"),
        ("Access-Control-Max-Age", "1"),
        ("Vary", "Origin"),
        ("vary", "X-B"),
    ]
    assert decision.merge_wsgi(merged) == merged
    mine = [("access-control-allow-origin", "*"), ("Vary", "Origin")]
    assert decision.merge_wsgi(mine) == mine


class Sly(str):
    """A text that says something else than it is."""

    __slots__ = ()

    def __contains__(self, text: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __str__(self) -> str:
        return "*"

    def isascii(self) -> bool:
        return False

    def endswith(self, *_: object) -> bool:
        return True


@pytest.mark.parametrize("whole", [False, True])
def test_an_engine_lists_what_a_text_is_and_not_what_its_class_says(engine: ModuleType, whole: bool) -> None:
    given = [Sly("https://a.example"), Sly("http://b.example:81")]
    made = engine.Engine(Plan(listed_whole=whole), given)
    assert [type(text) for text in made.origins()] == [str, str]
    assert made.origins() == sorted(map(str.__str__, given))
    assert made.is_origin_allowed("https://a.example")
    assert not made.is_origin_allowed("https://evil.example")
    with pytest.raises(TypeError, match="an origin pattern must be str, not bytes"):
        engine.Engine(Plan(listed_whole=whole), [b"https://a.example"])


@pytest.mark.parametrize("field", ["methods", "names", "values"])
def test_a_plan_has_plain_texts(engine: ModuleType, field: str) -> None:
    texts = (*lines({Part.VARY: Sly("Origin")}),) if field == "values" else (Sly("PUT"),)
    with pytest.raises(TypeError, match="a plan must have plain str, not Sly"):
        engine.Engine(Plan()._replace(**{field: texts}), ["https://a.example"])
